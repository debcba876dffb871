//! Signed ping-backs of the contact centre's system, and the journey in which its secret is replaced.

use super::cloud::Cloud;
use super::group::{BOSS, CENTRES, NORTH};
use super::journey::{post, until};
use crate::support::world::{Reply, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forecourt_domain::access::Scope;
use forecourt_domain::decision::{Decision, Item};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded, WebhookSecret};
use serde_json::{Value, json};

/// Creates a signing secret for the contact centre's system.
pub async fn sign(cloud: &Cloud) {
    let signing = json!({"partner": "centre-demo", "current": "first", "since": 0, "by": "system"});
    let signing = Item::Signing(serde_json::from_value(signing).unwrap());
    let scope = Scope::keys_only("demo-group".parse().unwrap());
    let load = Load::of([Key::Signing("centre-demo".parse().unwrap())]);
    let rule = |_: &Loaded, _| Ok((Some(Decision::default().with(signing.clone())), ()));
    cloud.undisturbed().decide(&scope, load, rule).await.unwrap();
}

/// Sends a ping-back of the contact centre's system, signed with the secret that `sign` created.
pub async fn ping(cloud: &Cloud, body: &Value) -> Reply {
    let scope = Scope::keys_only("demo-group".parse().unwrap());
    let secret = cloud.undisturbed().secret().webhook(&scope, &"centre-demo".parse().unwrap(), "first").unwrap();
    report(cloud, &secret, "m-1", body).await
}

/// Sends a ping-back of the contact centre's system with the message id `id`, signed with `secret`.
async fn report(cloud: &Cloud, secret: &WebhookSecret, id: &str, body: &Value) -> Reply {
    let (timestamp, body) = (chrono::Utc::now().timestamp().to_string(), body.to_string());
    let signature = secret.sign(id, &timestamp, body.as_bytes());
    let signed = [
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", timestamp.as_str()),
        ("webhook-signature", signature.as_str()),
    ];
    cloud.request(&Request::post("", "/pingbacks/demo-group/centre-demo").headers(&signed).body(body.as_bytes())).await
}

/// The group admin creates a secret for the contact centre's system and replaces it twice. First the previous secret stays valid, then all
/// previous ones become invalid. The system reports on an appointment with each of them. The group's admins get a mail of each secret.
pub async fn partner(cloud: &Cloud) -> Vec<Reply> {
    // A secret depends on the number of earlier requests, and its time is the real one. Only a signature proves that it is the right one.
    let next = async |key: &str, hours: u32| {
        let body = json!({"previous_good_for_hours": hours});
        let made = post(cloud, BOSS, "/partners/centre-demo/signing-secret", key, &body).await;
        let secret = WebhookSecret::new(&STANDARD.decode(made.text("/secret").trim_start_matches("whsec_")).unwrap());
        let has_previous = !made.body["previous_until"].is_null();
        (secret, Reply { body: json!({"has_previous": has_previous}), ..made })
    };
    // The stored appointment shows what a report has changed.
    let status = |reply: Reply| Reply { body: Value::Null, ..reply };
    let (first, first_reply) = next("k-1", 24).await;
    let appointment = json!({"external_id": "c-1", "customer": {"name": "Jana", "email": "jana@example.com"}, "kind": "showroom",
        "at": "2026-11-23T11:00:00Z"});
    let made = status(post(cloud, CENTRES, &format!("/dealers/{NORTH}/appointments"), "k-m", &appointment).await);
    until(cloud, "2026-11-23T09:15:00Z").await;
    let (second, second_reply) = next("k-2", 24).await;
    let moved = json!({"type": "appointment.moved", "external_id": "c-1", "at": "2026-11-23T09:14:00Z", "to": "2026-11-23T11:15:00Z"});
    let by_first = status(report(cloud, &first, "m-1", &moved).await);
    until(cloud, "2026-11-23T09:30:00Z").await;
    let (third, third_reply) = next("k-3", 0).await;
    let cancelled = json!({"type": "appointment.cancelled", "external_id": "c-1", "at": "2026-11-23T09:29:00Z"});
    let forged = [status(report(cloud, &first, "m-2", &cancelled).await), status(report(cloud, &second, "m-3", &cancelled).await)];
    until(cloud, "2026-11-23T11:20:00Z").await;
    let attended = json!({"type": "appointment.attended", "external_id": "c-1", "at": "2026-11-23T11:18:00Z"});
    let by_third = status(report(cloud, &third, "m-4", &attended).await);
    until(cloud, "2026-11-23T12:30:00Z").await;
    [first_reply, made, second_reply, by_first, third_reply].into_iter().chain(forged).chain([by_third]).collect()
}
