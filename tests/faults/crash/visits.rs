//! The journeys of appointments: a customer with an invitation, and the contact centre's system.

use super::cloud::Cloud;
use super::group::{BOSS, WEST};
use super::journey::{enquiry, lead, post, until};
use super::pingback::{ping, sign};
use crate::support::world::{Reply, Request};
use forecourt_domain::access::Scope;
use forecourt_domain::base::PartnerId;
use forecourt_domain::decision::{Decision, Item};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded, short};
use http::Method;
use serde_json::{Value, json};

/// A customer picks a time by an invitation, picks another one and cancels.
pub async fn invitation(cloud: &Cloud) -> Vec<Reply> {
    let new = lead(cloud, WEST, "k-1", &enquiry("jana")).await;
    let body = json!({"type": "booked_test_drive", "title": "Corsa"});
    let made = post(cloud, BOSS, &format!("/leads/{}/invitations", new.text("/id")), "k-2", &body).await;
    let link = made.text("/link").strip_prefix("https://desk.example").unwrap().to_owned();
    // A browser sends no idempotency key: a customer who repeats a booking gets a response that it is already booked.
    let customer = async |method: Method, path: &str, body: Value| {
        let json = [("content-type", "application/json")];
        let reply =
            cloud.request(&Request::new(method, "", &format!("{link}{path}")).headers(&json).body(body.to_string().as_bytes())).await;
        Reply { status: if reply.status == 201 { 200 } else { reply.status }, ..reply }
    };
    let book = async |from: &str| customer(Method::POST, "/booking", json!({"from": from})).await;
    let mut replies = vec![book("2026-11-23T12:00:00Z").await];
    until(cloud, "2026-11-23T09:20:00Z").await;
    replies.push(book("2026-11-23T13:00:00Z").await);
    until(cloud, "2026-11-23T09:40:00Z").await;
    replies.push(customer(Method::DELETE, "/booking", Value::Null).await);
    until(cloud, "2026-11-23T10:00:00Z").await;
    replies.extend([new, made]);
    replies
}

/// The customer of an appointment confirms, reschedules and cancels it by the link of a letter.
pub async fn customer_link(cloud: &Cloud) -> Vec<Reply> {
    let customer = json!({"name": "Jana", "email": "jana@example.com"});
    let body = json!({"customer": customer, "kind": "showroom", "at": "2026-11-23T12:30:00Z", "user": "will"});
    let made = post(cloud, BOSS, &format!("/dealers/{WEST}/appointments"), "k-1", &body).await;
    let (store, scope) = (cloud.undisturbed(), Scope::keys_only("demo-group".parse().unwrap()));
    let code = store.secret().channel(&scope, "jana@example.com").0[..12].to_owned();
    let token = store.secret().sign("appointment", &format!("demo-group/{}/{code}", made.text("/id")));
    let by_link = async |key: &str, path: &str, body: Value| post(cloud, "", &format!("/i/{token}/{path}"), key, &body).await;
    let mut replies = vec![by_link("k-2", "confirmation", json!({})).await];
    until(cloud, "2026-11-23T09:20:00Z").await;
    replies.push(by_link("k-3", "booking", json!({"from": "2026-11-23T13:00:00Z"})).await);
    until(cloud, "2026-11-23T09:40:00Z").await;
    replies.push(by_link("k-4", "cancellation", json!({})).await);
    until(cloud, "2026-11-23T10:00:00Z").await;
    replies.push(made);
    replies
}

/// The contact centre makes an appointment, moves it, and reports that the customer came; staff move it in between.
pub async fn appointments(cloud: &Cloud) -> Vec<Reply> {
    let (store, scope) = (cloud.undisturbed(), Scope::keys_only("demo-group".parse().unwrap()));
    let partner: PartnerId = "centre-demo".parse().unwrap();
    sign(cloud).await;
    let hook = json!({"id": "hook", "version": 1, "url": "https://hooks.example.com/in", "by": {"user": BOSS}, "created": 0, "secret": 1,
        "events": ["appointment.created", "appointment.moved", "appointment.attended"], "state": {"is": "on"}});
    let hooks = Item::Webhooks(serde_json::from_value(json!({"webhooks": [hook]})).unwrap());
    let rule = |_: &Loaded, _| Ok((Some(Decision::default().with(hooks.clone())), ()));
    store.decide(&scope, Load::of([Key::Webhooks]), rule).await.unwrap();
    let id = short(&store.secret().name(&scope, &["appointment", partner.as_str(), "c-1"]));
    let customer = json!({"name": "Jana", "email": "jana@example.com", "phone": "0171 2345678"});
    let made = json!({"appointment": {"external_id": "c-1", "customer": customer, "kind": "showroom", "at": "2026-11-23T10:30:00Z"}});
    cloud.enqueue_appointment(&made);
    until(cloud, "2026-11-23T09:10:00Z").await;
    // The centre's clock is ahead. Its message is delivered again after staff have moved the appointment.
    let ahead = json!({"type": "appointment.moved", "external_id": "c-1", "at": "2026-11-23T09:35:00Z", "to": "2026-11-23T11:00:00Z"});
    cloud.enqueue_appointment(&ahead);
    until(cloud, "2026-11-23T09:20:00Z").await;
    let time = json!({"at": "2026-11-23T11:15:00Z"});
    let mut moved = post(cloud, BOSS, &format!("/appointments/{id}/time"), "k-t", &time).await;
    until(cloud, "2026-11-23T09:40:00Z").await;
    cloud.enqueue_appointment(&ahead);
    until(cloud, "2026-11-23T11:20:00Z").await;
    let attended = ping(cloud, &json!({"type": "appointment.attended", "external_id": "c-1", "at": "2026-11-23T11:18:00Z"})).await;
    until(cloud, "2026-11-23T12:30:00Z").await;
    // A fault can leave it unclear whether a confirmation was sent, so these fields are not compared.
    for media in ["confirmed", "reminded"] {
        moved.body.as_object_mut().unwrap().remove(media);
    }
    vec![moved, attended]
}
