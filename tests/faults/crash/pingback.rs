//! Signed ping-backs of the contact centre's system.

use super::cloud::Cloud;
use crate::support::world::{Reply, Request};
use forecourt_domain::access::Scope;
use forecourt_domain::decision::{Decision, Item};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
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

/// Sends a signed ping-back of the contact centre's system.
pub async fn ping(cloud: &Cloud, body: &Value) -> Reply {
    let scope = Scope::keys_only("demo-group".parse().unwrap());
    let (timestamp, body) = (chrono::Utc::now().timestamp().to_string(), body.to_string());
    let secret = cloud.undisturbed().secret().webhook(&scope, &"centre-demo".parse().unwrap(), "first").unwrap();
    let signature = secret.sign("m-1", &timestamp, body.as_bytes());
    let signed = [
        ("content-type", "application/json"),
        ("webhook-id", "m-1"),
        ("webhook-timestamp", timestamp.as_str()),
        ("webhook-signature", signature.as_str()),
    ];
    cloud.request(&Request::post("", "/pingbacks/demo-group/centre-demo").headers(&signed).body(body.as_bytes())).await
}
