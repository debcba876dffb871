//! Tests of a lead's page: elements, tasks, deadlines, contacts, lists (LEAD).

pub(crate) mod communication;
pub(crate) mod contacts;
pub(crate) mod deadlines;
pub(crate) mod documents;
pub(crate) mod elements;
pub(crate) mod header;
pub(crate) mod lists;
pub(crate) mod past_dates;
pub(crate) mod raw;
pub(crate) mod tasks;

use crate::support::world::{Reply, World};
use http::Method;
use serde_json::Value;

/// Sends a JSON body with further headers.
#[expect(clippy::too_many_arguments, reason = "the parts of an HTTP request")]
pub(crate) async fn send(world: &World, method: Method, who: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
    let headers: Vec<(&str, &str)> = [("content-type", "application/json")].iter().chain(headers).copied().collect();
    world.call(method, who, path, &headers, body.to_string().as_bytes()).await
}
