//! Appointments of the tests, made through the API.

use super::world::{ADMIN, NORDSTERN, Reply, World};
use serde_json::{Value, json};

pub const WHEN: &str = "2026-11-25T10:00:00+01:00";

pub fn appointment(name: &str, at: &str) -> Value {
    json!({"customer": {"name": name, "email": format!("{name}@example.com"), "phone": "0171 2345678"}, "kind": "showroom", "at": at})
}

pub async fn make(world: &World, who: &str, body: &Value) -> Reply {
    world.post(who, &format!("/dealers/{NORDSTERN}/appointments"), body).await
}

pub async fn made(world: &World, who: &str, body: &Value) -> String {
    let reply = make(world, who, body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.text("/id").to_owned()
}

pub async fn seen(world: &World, id: &str) -> Reply {
    world.system.settle().await;
    let reply = world.get(ADMIN, &format!("/appointments/{id}")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply
}
