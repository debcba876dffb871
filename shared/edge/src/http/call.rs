//! A request whose sender is known.

use super::problem::Problem;
use super::{etag, query};
use crate::Platform;
use crate::auth::{self, Link};
use crate::formats::json;
use crate::routes::{Operation, Route};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine as _;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Fault, Refusal};
use http::HeaderMap;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::time::Instant;

/// Largest body in bytes: 1 MiB.
pub const MAX_BODY: usize = 1_048_576;
/// Longest `Idempotency-Key` in characters.
const MAX_KEY: usize = 255;
const TWICE: &str = "must be given once";

/// An authenticated request.
pub struct Call {
    /// The operation of its route.
    pub operation: Operation,
    /// The authenticated principal and the tenant it may access.
    pub scope: Scope,
    /// The time of the request, by the clock that rules go by.
    pub now: DateTime<Utc>,
    /// Its start on the monotonic clock. A function has 20 seconds for a request.
    pub began: Instant,
    /// The decoded body.
    pub body: Vec<u8>,
    /// The `Idempotency-Key` header.
    pub idempotency_key: Option<String>,
    /// The signed link in the path, on routes that take a link in place of a token (CAL-6, CAL-8).
    pub link: Option<Link>,
    /// The client's network address, as the gateway saw it.
    pub source_ip: Option<String>,
    headers: HeaderMap,
    path: HashMap<String, String>,
    query: HashMap<String, String>,
    /// The query parameters that are given more than once.
    repeated: HashSet<String>,
    replays: Arc<Replays>,
}

/// Whether any part of the request was a replay of an earlier one, and whether any part was new.
#[derive(Default)]
pub(super) struct Replays {
    replayed: AtomicBool,
    new: AtomicBool,
}

impl Replays {
    /// Whether the whole request was a replay.
    pub(super) fn all(&self) -> bool {
        self.replayed.load(Relaxed) && !self.new.load(Relaxed)
    }
}

impl Call {
    /// Reads a request: its route, its sender, its body.
    ///
    /// # Errors
    /// 404 for an unknown route, 401 for an unknown sender, 400, 413 or 422 for a request that cannot be read.
    pub(super) async fn read(platform: &Platform, mut event: ApiGatewayV2httpRequest, began: Instant) -> Result<Self, Problem> {
        let now = platform.clock.now();
        let route = event.route_key.as_deref().and_then(Route::of).ok_or_else(Problem::no_route)?;
        let text = event.body.take().unwrap_or_default();
        let body = match event.is_base64_encoded {
            true => base64::engine::general_purpose::STANDARD
                .decode(&text)
                .map_err(|_| Problem::malformed("the body is not valid base64, although the gateway marked it as base64"))?,
            false => text.into_bytes(),
        };
        if body.len() > MAX_BODY {
            return Err(Problem::too_large(MAX_BODY));
        }
        let (scope, link) = auth::authenticate(platform, route, &event, &body).await?;
        let (query, repeated) = event.raw_query_string.as_deref().map(query::decode).unwrap_or_default();
        Ok(Self {
            operation: route.operation,
            scope,
            now,
            began,
            body,
            idempotency_key: idempotency_key(&event.headers)?,
            link,
            source_ip: event.request_context.http.source_ip,
            headers: event.headers,
            path: event.path_parameters,
            query,
            repeated,
            replays: Arc::default(),
        })
    }

    pub(super) fn replays(&self) -> Arc<Replays> {
        self.replays.clone()
    }

    /// Returns a path parameter of the route.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] with `thing` if the text cannot be an id of that type.
    pub fn part<T: std::str::FromStr>(&self, name: &str, thing: &'static str) -> Result<T, Refusal> {
        self.path.get(name).and_then(|text| text.parse().ok()).ok_or(Refusal::NotFound(thing))
    }

    /// Returns all path parameters as `name=value`, sorted by name.
    pub fn place(&self) -> String {
        let mut parts: Vec<String> = self.path.iter().map(|(name, part)| format!("{name}={part}")).collect();
        parts.sort();
        parts.join(" ")
    }

    /// Records whether the request, or a part of it, was carried out before under the same `Idempotency-Key`. If all parts were, the
    /// response has the header `Idempotent-Replay: true` (INT-5).
    pub fn note_repeat(&self, again: bool) {
        let of = if again { &self.replays.replayed } else { &self.replays.new };
        of.store(true, Relaxed);
    }

    /// Returns a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Returns a fault for every query parameter that is unknown, empty or given more than once, sorted by name.
    pub(super) fn query_faults(&self, known: &[&str], rule: &'static str) -> Vec<Fault> {
        let fault = |(name, value): (&String, &String)| match known.contains(&name.as_str()) {
            true if self.repeated.contains(name) => Some(Fault::new(name.clone(), rule, TWICE)),
            false => Some(Fault::new(name.clone(), rule, format!("is unknown; known parameters are {}", known.join(", ")))),
            true => value.trim().is_empty().then(|| Fault::new(name.clone(), rule, "must not be empty; omit it to select all")),
        };
        let mut faults: Vec<Fault> = self.query.iter().filter_map(fault).collect();
        faults.sort_by(|a, b| a.field.cmp(&b.field));
        faults
    }

    /// Parses one query parameter of a page whose address may have others, such as those that a mail program adds.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] if it does not parse or is given more than once.
    pub fn query_as<T: std::str::FromStr>(&self, name: &'static str, rule: &'static str, must_be: &str) -> Result<Option<T>, Refusal> {
        if self.repeated.contains(name) {
            return Err(Refusal::field(name, rule, TWICE));
        }
        let read = |text: &str| text.parse().map_err(|_| Refusal::field(name, rule, format!("must be {must_be}")));
        self.query(name).map(read).transpose()
    }

    /// Whether the client already has the response with this ETag (`If-None-Match`).
    pub fn has(&self, tag: &str) -> bool {
        etag::matches(&self.headers, tag)
    }

    /// Returns the versions in `If-Match`: the change applies to one of these only. `None` if the header is absent or `*`.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] if a tag is not one of ours.
    pub fn if_match(&self) -> Result<Option<Vec<u64>>, Refusal> {
        etag::if_match(&self.headers)
    }

    /// Returns the media type of the body in lower case, without parameters.
    pub fn media_type(&self) -> Option<String> {
        let value = self.headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
        value.split(';').next().map(|media| media.trim().to_ascii_lowercase()).filter(|media| !media.is_empty())
    }

    /// Returns a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Reads a JSON body and refuses unknown fields.
    ///
    /// # Errors
    /// 415 for another media type, 400 for invalid JSON, 422 for unknown fields.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, Problem> {
        self.is_json().and_then(|()| Ok(json::read_known(&self.body)?))
    }

    /// Reads a JSON body and ignores unknown fields, for bodies that other systems define.
    ///
    /// # Errors
    /// 415 for another media type, 400 for invalid JSON.
    pub fn json_of_system<T: serde::de::DeserializeOwned>(&self) -> Result<T, Problem> {
        self.is_json().and_then(|()| Ok(json::read(&self.body)?))
    }

    fn is_json(&self) -> Result<(), Problem> {
        match self.media_type().as_deref() {
            None | Some("application/json") => Ok(()),
            Some(other) => Err(Problem::media_type(format!("send application/json, not {other}"))),
        }
    }

    /// Returns a field of a form body. `None` if the body is not a form.
    pub fn form(&self, name: &str) -> Option<String> {
        let form = self.media_type().as_deref() == Some("application/x-www-form-urlencoded");
        form.then(|| query::decode(&String::from_utf8_lossy(&self.body)).0.remove(name)).flatten()
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=MAX_KEY).contains(&key.trim().len()) => Ok(Some(key.trim().to_owned())),
        _ => Err(Refusal::field("Idempotency-Key", "INT-5", format!("must be 1 to {MAX_KEY} ASCII characters"))),
    }
}
