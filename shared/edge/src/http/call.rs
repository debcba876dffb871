//! A request whose sender is known.

use super::problem::Problem;
use super::subject::Subject;
use super::{etag, query};
use crate::Platform;
use crate::auth::{self, Link};
use crate::formats::json;
use crate::routes::{Access, Operation, Route};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine as _;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, Fault, Refusal};
use forecourt_domain::lead::BulkNotice;
use http::HeaderMap;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// Largest body in bytes: 1 MiB.
pub const MAX_BODY: usize = 1_048_576;
/// The media type of JSON.
const JSON: &str = "application/json";
/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";
/// Longest `Idempotency-Key` in characters.
const MAX_KEY: usize = 255;

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
    /// The faults of the query parameters that can be found without reading their values.
    query_faults: Vec<Fault>,
    replays: Arc<Replays>,
    subject: Option<Subject>,
    /// The notices of the request's lead, which are sent for all leads together, if it is a part of a bulk action.
    bulk: Option<Arc<Mutex<Vec<BulkNotice>>>>,
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
    /// 404 for an unknown route or a lead that the sender may not see, 401 for an unknown sender, 400, 413 or 422 for a request that cannot
    /// be read.
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
        let sender = auth::authenticate(platform, route, &event, &body).await?;
        let subject = Subject::of(route, &sender.0, &event.path_parameters, now);
        match (Self::of(route, sender, event, body, (now, began)), subject) {
            (Ok(call), subject) => Ok(Self { subject, ..call }),
            (Err(problem), Some(subject)) => Err(subject.checked(platform, problem).await),
            (Err(problem), None) => Err(problem),
        }
    }

    /// Reads the request of a known sender.
    ///
    /// # Errors
    /// 400 or 422 for a request that cannot be read.
    fn of(
        route: &Route,
        (scope, link): (Scope, Option<Link>),
        mut event: ApiGatewayV2httpRequest,
        body: Vec<u8>,
        (now, began): (DateTime<Utc>, Instant),
    ) -> Result<Self, Problem> {
        let (mut query, repeated) = event.raw_query_string.as_deref().map(query::decode).unwrap_or_default();
        // Mail programs add parameters to a link.
        let query_faults = match route.access {
            Access::Link => Vec::new(),
            _ => query::check(route, &mut query, &repeated),
        };
        // Operations with parameters report the faults of all of them together.
        if route.query.is_empty() && !query_faults.is_empty() {
            return Err(Problem::invalid(query_faults));
        }
        // An empty body counts as JSON (API-3). Clients name no type for it, or that of a form. Pages of links do send forms.
        let is_untyped = matches!(media_type(&event.headers).as_deref(), None | Some(FORM)) && route.access != Access::Link;
        if is_untyped && body.trim_ascii().is_empty() {
            event.headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(JSON));
        }
        let body = content(route, body, &event.headers)?;
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
            query_faults,
            replays: Arc::default(),
            subject: None,
            bulk: None,
        })
    }

    /// Returns the request of one lead of a bulk action: with the rights of `scope`, the path parameters `path`, and the name `key` in the
    /// place of an `Idempotency-Key` (LEAD-10).
    pub fn of_bulk(operation: Operation, scope: Scope, now: DateTime<Utc>, path: &[(&str, String)], key: String) -> Self {
        Self {
            operation,
            scope,
            now,
            began: Instant::now(),
            body: Vec::new(),
            idempotency_key: Some(key),
            link: None,
            source_ip: None,
            headers: HeaderMap::new(),
            path: path.iter().map(|(name, part)| ((*name).to_owned(), part.clone())).collect(),
            query: HashMap::new(),
            repeated: HashSet::new(),
            query_faults: Vec::new(),
            replays: Arc::default(),
            subject: None,
            bulk: Some(Arc::default()),
        }
    }

    /// Returns the request of a list that a part of this request's body describes: its dealer, and the parameters of `operation`. Unknown
    /// and empty parameters are faults, as in a request of that list.
    pub fn of_list(&self, operation: Operation, dealer: &DealerId, parameters: HashMap<String, String>) -> Self {
        let mut query = parameters;
        let repeated = HashSet::new();
        let route = crate::routes::all().find(|route| route.operation == operation);
        let query_faults = route.map(|route| query::check(route, &mut query, &repeated)).unwrap_or_default();
        let path = HashMap::from([("dealer".to_owned(), dealer.to_string())]);
        let (scope, now, began) = (self.scope.clone(), self.now, self.began);
        let listed = Self::of_bulk(operation, scope, now, &[], String::new());
        Self { began, idempotency_key: None, path, query, query_faults, bulk: None, ..listed }
    }

    /// Whether it is the request of one lead of a bulk action.
    pub fn is_in_bulk(&self) -> bool {
        self.bulk.is_some()
    }

    /// Records the notices of the request's lead in the place of those of an earlier attempt.
    pub(crate) fn note_notices(&self, notices: Vec<BulkNotice>) {
        if let Some(noted) = &self.bulk {
            *noted.lock().unwrap_or_else(PoisonError::into_inner) = notices;
        }
    }

    /// Takes the notices of the request's lead.
    pub fn take_notices(&self) -> Vec<BulkNotice> {
        let noted = self.bulk.as_ref().map(|noted| std::mem::take(&mut *noted.lock().unwrap_or_else(PoisonError::into_inner)));
        noted.unwrap_or_default()
    }

    /// Takes the lead that the request is about.
    pub(super) fn take_subject(&mut self) -> Option<Subject> {
        self.subject.take()
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

    /// Returns the faults of the query parameters that are unknown, empty, too long or given more than once (API-1).
    pub(super) fn query_faults(&self) -> &[Fault] {
        &self.query_faults
    }

    /// Returns a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Parses one query parameter of a page whose address may have others, such as those that a mail program adds.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] if it does not parse or is given more than once.
    pub fn query_as<T: std::str::FromStr>(&self, name: &'static str, rule: &'static str, must_be: &str) -> Result<Option<T>, Refusal> {
        if self.repeated.contains(name) {
            return Err(Refusal::field(name, rule, query::TWICE));
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
        media_type(&self.headers)
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

    /// Reads a JSON body whose fields the caller checks.
    ///
    /// # Errors
    /// 415 for another media type, 400 for invalid JSON.
    pub fn json_value(&self) -> Result<serde_json::Value, Problem> {
        self.is_json().and_then(|()| Ok(json::read(&self.body)?))
    }

    fn is_json(&self) -> Result<(), Problem> {
        match self.media_type().as_deref() {
            None | Some(JSON) => Ok(()),
            Some(other) => Err(Problem::media_type(format!("send application/json, not {other}"))),
        }
    }

    /// Returns a field of a form body. `None` if the body is not a form.
    pub fn form(&self, name: &str) -> Option<String> {
        let form = self.media_type().as_deref() == Some(FORM);
        form.then(|| query::decode(&String::from_utf8_lossy(&self.body)).0.remove(name)).flatten()
    }
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(|media| media.trim().to_ascii_lowercase()).filter(|media| !media.is_empty())
}

/// Returns the body that the function reads. The empty JSON body of a POST is `{}` (API-3).
///
/// # Errors
/// 400 or 422 if the operation has no body and the request has one with content: it would be lost.
fn content(route: &Route, body: Vec<u8>, headers: &HeaderMap) -> Result<Vec<u8>, Problem> {
    #[derive(serde::Deserialize)]
    struct NoFields {}

    let (empty, null) = (body.trim_ascii().is_empty(), body.trim_ascii() == b"null");
    let may_be_json = matches!(media_type(headers).as_deref(), None | Some(JSON));
    match route.has_body {
        true if empty && may_be_json && route.method == "POST" => Ok(b"{}".to_vec()),
        false if !empty && !null && may_be_json && route.access != Access::Link => {
            json::read_known::<NoFields>(&body).map(|NoFields {}| body).map_err(Problem::from)
        }
        _ => Ok(body),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=MAX_KEY).contains(&key.trim().len()) => Ok(Some(key.trim().to_owned())),
        _ => Err(Refusal::field("Idempotency-Key", "INT-5", format!("must be 1 to {MAX_KEY} ASCII characters"))),
    }
}
