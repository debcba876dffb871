//! Invitations to book a slot, and the time that events reserve.

use super::world::{ADMIN, Reply, Request, World, enquiry, gateway_event};
use aws_lambda_events::encodings::Body;
use forecourt_domain::base::{LeadId, UserId};
use forecourt_domain::slots::Day;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

/// Returns a new lead and the path of its invitation link.
pub async fn invited(world: &World, name: &str, body: &Value) -> (LeadId, String) {
    let id = world.lead(&enquiry(name)).await;
    (id, link(world, id, body).await)
}

async fn link(world: &World, id: LeadId, body: &Value) -> String {
    let made = world.post(ADMIN, &format!("/leads/{id}/invitations"), body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.text("/link").strip_prefix("https://desk.example").unwrap().to_owned()
}

pub fn drive() -> Value {
    json!({"type": "booked_test_drive"})
}

pub async fn book(world: &World, link: &str, from: &str) -> Reply {
    world.post("", &format!("{link}/booking"), &json!({"from": from})).await
}

pub async fn cancel(world: &World, link: &str) -> Reply {
    world.call(Request::delete("", &format!("{link}/booking"))).await
}

pub fn free(reply: &Reply) -> Vec<String> {
    reply.body["free"].as_array().unwrap().iter().map(|slot| slot["from"].as_str().unwrap().to_owned()).collect()
}

/// Sends a request as a browser does.
pub async fn browse(world: &World, method: Method, path: &str, language: &str, body: &str) -> (i64, HeaderMap, String) {
    let headers = [
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("accept-language", language),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let event = gateway_event(&world.tokens, Request::new(method, "", path).headers(&headers).body(body.as_bytes())).unwrap();
    let answer = world.system.http(event).await;
    let Some(Body::Text(text)) = answer.body else { panic!("no body") };
    (answer.status_code, answer.headers, text)
}

/// Returns the number of reserved quarter-hours on a user's day.
pub async fn taken(world: &World, user: &str, date: &str) -> u32 {
    let (user, date) = (UserId::parse(user).unwrap(), date.parse().unwrap());
    let loaded = world.store.load(&world.scope(), &Load::of([Key::Day(user.clone(), date)])).await.unwrap();
    loaded.day(&user, date).as_ref().map_or([0; 96], Day::occupied).iter().sum()
}
