//! Ping-backs of the contact centre's system.

use super::appointments::{appointment, make};
use super::world::{Reply, Request, World};
use chrono::Utc;
use forecourt_domain::base::PartnerId;
use forecourt_store::keys::Key;
use forecourt_store::{Load, WebhookSecret};
use serde_json::{Value, json};

pub const PATH: &str = "/pingbacks/demo-group/centre-demo";

/// Creates a new secret for the contact centre's system.
pub async fn secret(world: &World, body: &Value) -> WebhookSecret {
    let made = world.post("gina.group", "/partners/centre-demo/signing-secret", body).await;
    assert_eq!((made.status, made.text("/url")), (201, "https://desk.example/pingbacks/demo-group/centre-demo"), "{}", made.body);
    let partner = PartnerId::parse("centre-demo").unwrap();
    let loaded = world.store.load(&world.scope(), &Load::of([Key::Signing(partner.clone())])).await.unwrap();
    let secret = world.store.secret().webhook(&world.scope(), &partner, &loaded.signing(&partner).unwrap().current).unwrap();
    assert_eq!(made.text("/secret"), secret.text());
    secret
}

/// Sends a ping-back with the given id, timestamp and signature.
pub async fn sent(world: &World, path: &str, [id, timestamp, signature]: [&str; 3], body: &str) -> Reply {
    let headers =
        [("content-type", "application/json"), ("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)];
    let headers: Vec<(&str, &str)> = headers.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    world.call(Request::post("", path).headers(&headers).body(body.as_bytes())).await
}

/// Returns the current real time in seconds: signatures do not use the virtual clock.
pub fn real() -> i64 {
    Utc::now().timestamp()
}

/// Sends a ping-back with a valid signature.
pub async fn ping(world: &World, secret: &WebhookSecret, id: &str, body: &Value) -> Reply {
    let (timestamp, body) = (real().to_string(), body.to_string());
    sent(world, PATH, [id, &timestamp, &secret.sign(id, &timestamp, body.as_bytes())], &body).await
}

pub fn attended(external: &str, at: &str) -> Value {
    json!({"type": "appointment.attended", "external_id": external, "at": at})
}

pub async fn external(world: &World, id: &str) -> String {
    let mut body = appointment("jana", "2026-11-23T10:00:00+01:00");
    body["external_id"] = json!(id);
    let made = make(world, "partner:centre-demo", &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.text("/id").to_owned()
}
