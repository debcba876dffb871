//! The journeys at the desk: work on leads, administration, and letters by text message.

use super::cloud::Cloud;
use super::journey::{BOSS, CENTRES, NORTH, enquiry, lead, post, until};
use crate::support::world::Reply;
use http::Method;
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");

async fn patch(cloud: &Cloud, path: &str, version: Option<&str>, body: &Value) -> Reply {
    let headers: Vec<(&str, &str)> = [JSON].into_iter().chain(version.map(|version| ("if-match", version))).collect();
    cloud.request(Method::PATCH, BOSS, path, &headers, body.to_string().as_bytes()).await
}

/// Puts a user or settings. A repeat finds a user created already, so the status of a creation is not compared.
async fn put(cloud: &Cloud, path: &str, version: Option<&str>, body: &Value) -> Reply {
    let headers: Vec<(&str, &str)> = [JSON].into_iter().chain(version.map(|version| ("if-match", version))).collect();
    let reply = cloud.request(Method::PUT, BOSS, path, &headers, body.to_string().as_bytes()).await;
    Reply { status: if reply.status == 201 { 200 } else { reply.status }, ..reply }
}

/// Creates one event for two leads and for one that does not exist. As a client does, it repeats the request while the result of a lead is an
/// error of the server.
async fn plan(cloud: &Cloud, leads: [&Reply; 2]) -> Reply {
    let event = json!({"title": "Ask about winter tyres", "type": "phone_outbound", "date": "2026-11-27"});
    let body = json!({"leads": [leads[0].text("/id"), leads[1].text("/id"), "1000000000"], "event": event});
    for _ in 0..5 {
        let reply = post(cloud, BOSS, "/events", "k-3", &body).await;
        if reply.body["results"].as_array().unwrap().iter().all(|result| result["status"].as_u64() < Some(500)) {
            return reply;
        }
    }
    panic!("one event for several leads was never created");
}

pub async fn work(cloud: &Cloud) -> Vec<Reply> {
    let first = lead(cloud, NORTH, "k-1", &enquiry("wanda")).await;
    let second = lead(cloud, NORTH, "k-2", &enquiry("xaver")).await;
    let planned = plan(cloud, [&first, &second]).await;
    let tasks = format!("/leads/{}/tasks", first.text("/id"));
    let task = json!({"title": "Photograph the car", "start": "2026-11-23T10:00:00Z", "minutes": 30, "assignee": "cara"});
    let made = post(cloud, BOSS, &tasks, "k-4", &task).await;
    let one = format!("{tasks}/{}", made.text("/id"));
    until(cloud, "2026-11-23T09:10:00Z").await;
    let longer = patch(cloud, &one, None, &json!({"minutes": 45})).await;
    let done = post(cloud, BOSS, &format!("{one}/completion"), "k-5", &json!({"note": "in the folder"})).await;
    let contacts = format!("/leads/{}/contacts", second.text("/id"));
    let phones = json!([{"number": "0171 2345678", "type": "mobile"}]);
    let yves = json!({"first_name": "Yves", "last_name": "Yard", "emails": ["yves@example.com"], "phones": phones});
    let added = post(cloud, BOSS, &contacts, "k-6", &yves).await;
    let contact = added.headers["location"].to_str().unwrap().to_owned();
    let corrected = patch(cloud, &contact, None, &json!({"emails": ["yves.yard@example.com"]})).await;
    until(cloud, "2026-11-23T09:20:00Z").await;
    // The enquiry of the corrected contact is added to the lead. The wrong address leads to a lead of its own.
    let asks = |email: &str| json!({"type": "used_car", "source": "website", "contact": {"first_name": "Yves", "last_name": "Yard", "email": email}});
    let again = lead(cloud, NORTH, "k-7", &asks("yves.yard@example.com")).await;
    let other = lead(cloud, NORTH, "k-8", &asks("yves@example.com")).await;
    until(cloud, "2026-11-23T12:00:00Z").await;
    vec![first, second, planned, made, longer, done, added, corrected, again, other]
}

pub async fn office(cloud: &Cloud) -> Vec<Reply> {
    let user = |id: &str, name: &str| json!({"name": name, "email": format!("{id}@desk.example"), "language": "en", "role": "seller", "dealers": [NORTH]});
    let mut replies = vec![
        put(cloud, "/users/yara", None, &user("yara", "Yara")).await,
        put(cloud, "/users/yara", Some("\"1\""), &user("yara", "Yara Young")).await,
        put(cloud, "/dealers/north/users/yara", Some("\"1\""), &json!({"receives_leads": true, "assignable": true})).await,
        put(cloud, "/users/zoe", None, &user("zoe", "Zoe")).await,
        cloud.request(Method::DELETE, BOSS, "/users/zoe", &[("if-match", "\"1\"")], b"").await,
    ];
    let hook = json!({"url": "https://hooks.example.com/in", "events": ["lead.created"]});
    let made = post(cloud, BOSS, "/webhooks", "k-1", &hook).await;
    let path = format!("/webhooks/{}", made.text("/id"));
    let rotated = post(cloud, BOSS, &format!("{path}/secret"), "k-2", &json!({})).await;
    let version = rotated.headers["etag"].to_str().unwrap().to_owned();
    let changed = patch(cloud, &path, Some(&version), &json!({"events": ["lead.created", "lead.assigned"]})).await;
    until(cloud, "2026-11-23T09:10:00Z").await;
    for key in ["k-3", "k-4", "k-5", "k-6"] {
        replies.push(lead(cloud, NORTH, key, &enquiry(key)).await);
    }
    until(cloud, "2026-11-23T12:00:00Z").await;
    replies.extend([made, rotated, changed]);
    replies
}

pub async fn texts(cloud: &Cloud) -> Vec<Reply> {
    let media = json!({"media": ["email", "sms"], "reminder_hours": 1});
    let settings = put(cloud, "/dealers/north/appointment-settings", Some("\"1\""), &media).await;
    let customer = json!({"name": "Jana", "email": "jana@example.com", "phone": "0171 2345678"});
    let body = json!({"external_id": "c-1", "customer": customer, "kind": "showroom", "at": "2026-11-23T10:30:00Z"});
    let made = post(cloud, CENTRES, &format!("/dealers/{NORTH}/appointments"), "k-1", &body).await;
    until(cloud, "2026-11-23T09:20:00Z").await;
    let path = format!("/appointments/{}/time", made.text("/id"));
    let moved = post(cloud, BOSS, &path, "k-2", &json!({"at": "2026-11-23T11:15:00Z"})).await;
    until(cloud, "2026-11-23T12:30:00Z").await;
    let mut replies = vec![settings, made, moved];
    // A fault can leave it unclear whether a letter was sent, so these fields are not compared.
    for reply in &mut replies {
        for media in ["confirmed", "reminded"] {
            reply.body.as_object_mut().unwrap().remove(media);
        }
    }
    replies
}
