//! Journeys of people at a desk: users work on a lead, and admins change users, webhooks and calendar feeds.

use super::cloud::Cloud;
use super::group::{BOSS, NORTH, WEST};
use super::journey::{enquiry, lead, post, until};
use crate::support::world::{Reply, Request};
use http::Method;
use serde_json::{Value, json};

/// Sends a request without an idempotency key. With `version`, the request names it in `If-Match`.
async fn change(cloud: &Cloud, method: Method, path: &str, version: Option<&Value>, body: &Value) -> Reply {
    let request = Request::new(method, BOSS, path).json(body);
    let request = if let Some(version) = version.and_then(Value::as_u64) { request.version(version) } else { request };
    cloud.request(&request).await
}

/// Two leads get an event each by one request. On the first one, users plan and complete a task and a deadline, add and correct a contact,
/// and write to the customer.
pub async fn work(cloud: &Cloud) -> Vec<Reply> {
    let mut first = enquiry("nora");
    first["contact"]["phone"] = json!("0171 2345678");
    let first = lead(cloud, NORTH, "k-1", &first).await;
    let second = lead(cloud, NORTH, "k-2", &enquiry("olaf")).await;
    let path = format!("/leads/{}", first.text("/id"));
    let on = async |rest: &str, key: &str, body: Value| post(cloud, BOSS, &format!("{path}/{rest}"), key, &body).await;
    let page = async || cloud.request(&Request::get(BOSS, &path)).await;
    until(cloud, "2026-11-23T09:05:00Z").await;
    let event = json!({"title": "Call her", "type": "phone_outbound", "at": "2026-11-23T13:00:00Z"});
    let planned = post(cloud, BOSS, "/events", "k-b", &json!({"leads": [first.text("/id"), second.text("/id")], "event": event})).await;
    until(cloud, "2026-11-23T09:10:00Z").await;
    let message = on("communications", "k-s", json!({"medium": "sms", "text": "We have two of them."})).await;
    until(cloud, "2026-11-23T09:12:00Z").await;
    let letter = on("communications", "k-e", json!({"medium": "email", "subject": "Corsa", "text": "The red one?"})).await;
    let task =
        on("tasks", "k-t", json!({"title": "Photograph it", "start": "2026-11-23T10:00:00Z", "minutes": 30, "assignee": "ben"})).await;
    let task_path = format!("{path}/tasks/{}", task.text("/id"));
    let later = change(cloud, Method::PATCH, &task_path, None, &json!({"minutes": 45})).await;
    let finished = on(&format!("tasks/{}/completion", task.text("/id")), "k-f", json!({})).await;
    until(cloud, "2026-11-23T09:20:00Z").await;
    let deadline = on("deadlines", "k-d", json!({"title": "Price", "at": "2026-11-23T12:00:00Z"})).await;
    let contact = json!({"first_name": "Otto", "last_name": "Nord", "emails": ["otto@example.com"]});
    let added = on("contacts", "k-c", contact).await;
    let otto =
        added.body["contacts"].as_array().and_then(|all| all.iter().find(|one| one["last_name"] == "Nord")).cloned().unwrap_or_default();
    let corrected = change(
        cloud,
        Method::PATCH,
        &format!("{path}/contacts/{}", otto["id"].as_str().unwrap_or_default()),
        None,
        &json!({"emails": ["otto.nord@example.com"]}),
    )
    .await;
    until(cloud, "2026-11-23T15:00:00Z").await;
    let end = page().await;
    vec![first, second, planned, message, letter, task, later, finished, deadline, added, corrected, end]
}

/// Returns one response for what a removal and its repeat without a key may get: 200 and 404.
fn removed(reply: Reply) -> Reply {
    assert!(matches!(reply.status, 200 | 404), "{}", reply.body);
    Reply { status: 200, body: Value::Null, ..reply }
}

/// Returns one response for what a creation and its repeat without a key may get: the repeat finds the item as requested.
fn created(reply: Reply) -> Reply {
    Reply { status: if reply.status == 201 { 200 } else { reply.status }, ..reply }
}

/// A user is created, works for two dealers, saves a view, changes the own language, and leaves. A webhook reports a lead, changes and is
/// deleted. A calendar feed is created and revoked.
pub async fn administration(cloud: &Cloud) -> Vec<Reply> {
    let user = json!({"name": "Ida Falk", "email": "ida@desk.example", "language": "en", "role": "seller", "dealers": [NORTH, WEST]});
    let new = created(change(cloud, Method::PUT, "/users/ida", None, &user).await);
    let mut renamed = user.clone();
    renamed["name"] = json!("Ida Vogt");
    let renamed = change(cloud, Method::PUT, "/users/ida", Some(&json!(1)), &renamed).await;
    let member = format!("/dealers/{NORTH}/users/ida");
    let settings = json!({"receives_leads": true, "assignable": true, "supervisor": BOSS});
    let joined = change(cloud, Method::PUT, &member, Some(&json!(1)), &settings).await;
    let view = json!({"name": "Mine", "screen": "leads", "query": "owner=ida"});
    let view = created(cloud.request(&Request::put("ida", "/me/views/mine").json(&view)).await);
    let german = cloud.request(&Request::patch("ida", "/me").json(&json!({"language": "de"})).version(2)).await;
    // The names of colleagues in the response are as old as the cache.
    let german = Reply { body: german.body["version"].clone(), ..german };
    let webhook = post(cloud, BOSS, "/webhooks", "k-w", &json!({"url": "https://dms.example/hooks", "events": ["lead.created"]})).await;
    let webhook_path = format!("/webhooks/{}", webhook.text("/id"));
    let feed = post(cloud, BOSS, "/calendar-feeds", "k-f", &json!({})).await;
    until(cloud, "2026-11-23T09:10:00Z").await;
    let first = lead(cloud, NORTH, "k-1", &enquiry("nora")).await;
    until(cloud, "2026-11-23T09:20:00Z").await;
    let shown = cloud.request(&Request::get(BOSS, &webhook_path)).await;
    let moved = change(cloud, Method::PATCH, &webhook_path, Some(&shown.body["version"]), &json!({"url": "https://dms.example/new"})).await;
    let left = removed(change(cloud, Method::DELETE, &member, Some(&json!(2)), &json!({})).await);
    let deleted = removed(change(cloud, Method::DELETE, "/users/ida", Some(&json!(3)), &json!({})).await);
    let revoked = removed(change(cloud, Method::DELETE, &format!("/calendar-feeds/{}", feed.text("/id")), None, &json!({})).await);
    let shown = cloud.request(&Request::get(BOSS, &webhook_path)).await;
    let off = removed(change(cloud, Method::DELETE, &webhook_path, Some(&shown.body["version"]), &json!({})).await);
    until(cloud, "2026-11-23T12:00:00Z").await;
    vec![new, renamed, joined, webhook, feed, first, moved, left, deleted, revoked, off, view, german]
}

/// Anna has three leads with an event and a task, and is taken off the dealer. Ben loses the right to work leads and hands over to Cara.
pub async fn leavers(cloud: &Cloud) -> Vec<Reply> {
    let mut leads = Vec::new();
    for (i, name) in ["nora", "olaf", "petra", "quirin"].into_iter().enumerate() {
        let made = lead(cloud, NORTH, &format!("k-{i}"), &enquiry(name)).await;
        let owner = if i == 3 { "ben" } else { "anna" };
        let path = format!("/leads/{}/assignment", made.text("/id"));
        leads.push((made, post(cloud, BOSS, &path, &format!("k-a{i}"), &json!({"user": owner})).await));
    }
    let path = |i: usize| format!("/leads/{}", leads[i].0.text("/id"));
    let event = json!({"title": "Delivery", "type": "delivery", "at": "2026-11-24T13:00:00Z"});
    let planned = post(cloud, BOSS, &format!("{}/events", path(0)), "k-e", &event).await;
    let task = json!({"title": "Photograph it", "start": "2026-11-24T10:00:00Z", "minutes": 30, "assignee": "anna"});
    let task = post(cloud, BOSS, &format!("{}/tasks", path(3)), "k-t", &task).await;
    // Everybody is notified before anna leaves, whatever fails.
    until(cloud, "2026-11-23T09:22:00Z").await;
    let member = format!("/dealers/{NORTH}/users/anna");
    let gone = removed(change(cloud, Method::DELETE, &member, Some(&json!(1)), &json!({})).await);
    until(cloud, "2026-11-23T09:58:00Z").await;
    let mut ben = cloud.request(&Request::get(BOSS, "/users/ben")).await.body;
    ben["role"] = json!("contact_centre");
    let lost = change(cloud, Method::PUT, "/users/ben?hand_over=user:cara", Some(&json!(1)), &ben).await;
    let lost = Reply { body: Value::Null, ..lost };
    until(cloud, "2026-11-23T10:35:00Z").await;
    for i in 0..4 {
        let owner = cloud.request(&Request::get(BOSS, &path(i))).await.text("/owner").to_owned();
        assert!(!["anna", "ben"].contains(&&*owner), "{owner} still owns a lead");
    }
    let orders = cloud.request(&Request::get(BOSS, &format!("/dealers/{NORTH}/hand-overs"))).await;
    for order in orders.body["hand_overs"].as_array().into_iter().flatten() {
        assert_eq!(order["state"], "done", "{order}");
    }
    vec![planned, task, gone, lost]
}
