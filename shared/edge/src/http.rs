//! Requests in, answers out: HTTP API, payload 2.0.

use crate::link::{self, Link};
use crate::problem::Problem;
use crate::routes::{Operation, Route};
use crate::{Platform, identity, signature};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use base64::Engine as _;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::refusal::{Fault, Refusal};
use forecourt_store::Failure;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::time::Instant;

/// Largest body that is read: 1 MiB.
pub const MAX_BODY: usize = 1_048_576;
/// Longest `Idempotency-Key`, in characters.
const MAX_KEY: usize = 255;
/// What is wrong with a query parameter that stands twice.
const TWICE: &str = "must be given once";

/// A request whose sender is known.
pub struct Call {
    /// What it wants.
    pub operation: Operation,
    /// Whose hand it is, and what it can reach.
    pub scope: Scope,
    /// When it came.
    pub now: DateTime<Utc>,
    /// The same by what measures how long it takes: a function has 20 seconds for it.
    pub began: Instant,
    /// Its body.
    pub body: Vec<u8>,
    /// Its `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// What the link names that it came by, where it needs no token (CAL-6, CAL-8).
    pub link: Option<Link>,
    /// The address in the network that it came from, as the gateway saw it.
    pub source_ip: Option<String>,
    headers: HeaderMap,
    path: HashMap<String, String>,
    query: HashMap<String, String>,
    /// What the query says more than once.
    twice: HashSet<String>,
    repeats: Arc<Repeats>,
}

/// Whether anything that a request asked for had been done before, and whether anything had not.
#[derive(Default)]
struct Repeats {
    again: AtomicBool,
    anew: AtomicBool,
}

impl Repeats {
    fn told(&self, answer: Answer) -> Answer {
        let all = self.again.load(Relaxed) && !self.anew.load(Relaxed);
        if all { answer.header("idempotent-replay", "true") } else { answer }
    }
}

/// What a request is answered.
#[derive(Debug)]
pub struct Answer {
    status: u16,
    body: String,
    headers: Vec<(&'static str, String)>,
    /// What it was about, for the log: ids only.
    about: String,
}

impl Answer {
    /// A body with a status.
    ///
    /// # Errors
    /// When the body cannot be written as JSON, which is a bug.
    pub fn new(status: u16, body: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_string(body).map_err(|e| Failure::Broken(format!("cannot write an answer: {e}")))?;
        Ok(Self { status, body, headers: Vec::new(), about: String::new() })
    }

    /// A text of a media type with a status.
    pub fn text(status: u16, media_type: &'static str, body: String) -> Self {
        Self { status, body, headers: vec![("content-type", media_type.into())], about: String::new() }
    }

    /// With a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With what it was about, for the log: ids only, no personal data.
    pub fn about(self, id: &impl ToString) -> Self {
        Self { about: id.to_string(), ..self }
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let mut answer = Self {
            status: problem.status,
            body: serde_json::to_string(&problem).unwrap_or_default(),
            headers: Vec::new(),
            about: problem.kind,
        };
        answer.headers.push(("content-type", "application/problem+json".into()));
        match answer.status {
            401 => answer.headers.push(("www-authenticate", "Bearer".into())),
            503 => answer.headers.push(("retry-after", "1".into())),
            _ => {}
        }
        answer
    }
}

impl Call {
    /// A part of the path, which the route has.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] of a `thing`, where it cannot be the name of one.
    pub fn part<T: std::str::FromStr>(&self, name: &str, thing: &'static str) -> Result<T, Refusal> {
        self.path.get(name).and_then(|text| text.parse().ok()).ok_or(Refusal::NotFound(thing))
    }

    /// The parts of the path by their names: what it is about.
    pub fn place(&self) -> String {
        let mut parts: Vec<String> = self.path.iter().map(|(name, part)| format!("{name}={part}")).collect();
        parts.sort();
        parts.join(" ")
    }

    /// Notes whether what it asks for, or a part of it, had been done by an earlier request of the same `Idempotency-Key`: where all had, its answer
    /// says `Idempotent-Replay: true` (INT-5).
    pub fn note_repeat(&self, again: bool) {
        let of = if again { &self.repeats.again } else { &self.repeats.anew };
        of.store(true, Relaxed);
    }

    /// A query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Insists that the query asks for nothing but `known`, and that each says something: a filter that is misspelt, or was left empty, must not return
    /// everything.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] names every other one, every empty one, and every one that is given twice.
    pub fn only_queries(&self, known: &[&str], rule: &'static str) -> Result<(), Refusal> {
        let fault = |(name, value): (&String, &String)| match known.contains(&name.as_str()) {
            true if self.twice.contains(name) => Some(Fault::new(name.clone(), rule, TWICE)),
            false => Some(Fault::new(name.clone(), rule, format!("is not known; there are {}", known.join(", ")))),
            true => value.trim().is_empty().then(|| Fault::new(name.clone(), rule, "must not be empty; leave it out for all")),
        };
        let mut faults: Vec<Fault> = self.query.iter().filter_map(fault).collect();
        faults.sort_by(|a, b| a.field.cmp(&b.field));
        if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
    }

    /// A query parameter of a type.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] names it.
    pub fn query_as<T: std::str::FromStr>(&self, name: &'static str, rule: &'static str, must_be: &str) -> Result<Option<T>, Refusal> {
        if self.twice.contains(name) {
            return Err(Refusal::field(name, rule, TWICE));
        }
        let read = |text: &str| text.parse().map_err(|_| Refusal::field(name, rule, format!("must be {must_be}")));
        self.query(name).map(read).transpose()
    }

    /// Whether the asker has the answer of this tag already (`If-None-Match`).
    pub fn has(&self, tag: &str) -> bool {
        let known = self.headers.get_all(http::header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        known.flat_map(|value| value.split(',')).map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
    }

    /// The media type of the body, without parameters, in lower case.
    pub fn media_type(&self) -> Option<String> {
        let value = self.headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
        value.split(';').next().map(|media| media.trim().to_ascii_lowercase()).filter(|media| !media.is_empty())
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Insists on a JSON body that says nothing unknown, and reads it.
    ///
    /// # Errors
    /// 415 for another media type, 400 for what is no JSON, 422 for fields that are not known.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, Problem> {
        self.is_json().and_then(|()| Ok(crate::json::read_known(&self.body)?))
    }

    /// Insists on a JSON body and reads what it understands of it: other systems say more than we know.
    ///
    /// # Errors
    /// 415 for another media type, 400 for what is no JSON.
    pub fn json_of_system<T: serde::de::DeserializeOwned>(&self) -> Result<T, Problem> {
        self.is_json().and_then(|()| Ok(crate::json::read(&self.body)?))
    }

    fn is_json(&self) -> Result<(), Problem> {
        match self.media_type().as_deref() {
            None | Some("application/json") => Ok(()),
            Some(other) => Err(Problem::media_type(format!("send application/json, not {other}"))),
        }
    }

    /// A field of the body, where that is a form's.
    pub fn form(&self, name: &str) -> Option<String> {
        let form = self.media_type().as_deref() == Some("application/x-www-form-urlencoded");
        form.then(|| query(&String::from_utf8_lossy(&self.body)).0.remove(name)).flatten()
    }

    /// The versions that the asker saw (`If-Match`), where they say: the change is for one of these only.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] when they are not of ours.
    pub fn if_match(&self) -> Result<Option<Vec<u64>>, Refusal> {
        let Some(value) = self.headers.get(http::header::IF_MATCH) else { return Ok(None) };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(None);
        }
        let version = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').parse();
        let versions: Result<Vec<u64>, _> = text.split(',').map(version).collect();
        versions.map(Some).map_err(|_| Refusal::field("If-Match", "SET-10", "must be the ETag of an earlier answer"))
    }
}

/// Answers a request by `handle`: finds the route and the sender, and turns every failure into a problem. One line in the log.
pub async fn answer<F, Fut>(platform: &Platform, event: ApiGatewayV2httpRequest, handle: F) -> ApiGatewayV2httpResponse
where
    F: FnOnce(Call) -> Fut,
    Fut: Future<Output = Result<Answer, Problem>> + Send,
{
    answer_as(platform, event, handle, Answer::from).await
}

/// The same with every problem as it is `shown`: a page, to a person.
pub async fn answer_as<F, Fut>(
    platform: &Platform,
    event: ApiGatewayV2httpRequest,
    handle: F,
    shown: impl FnOnce(Problem) -> Answer,
) -> ApiGatewayV2httpResponse
where
    F: FnOnce(Call) -> Fut,
    Fut: Future<Output = Result<Answer, Problem>> + Send,
{
    let started = Instant::now();
    let request_id = event.request_context.request_id.clone().unwrap_or_default();
    let route = event.route_key.clone().unwrap_or_default();
    let (answer, failed) = match call(platform, event, started).boxed().await {
        Ok(call) => {
            let repeats = call.repeats.clone();
            match (Box::pin(handle(call)) as BoxFuture<'_, _>).await {
                Ok(answer) => (repeats.told(answer), None),
                Err(problem) => refused(problem, &request_id, shown),
            }
        }
        Err(problem) => refused(problem, &request_id, shown),
    };
    let ms = started.elapsed().as_millis() as u64;
    tracing::info!(
        function = platform.function,
        request_id,
        route,
        status = answer.status,
        about = answer.about,
        problem = failed,
        ms,
        "request"
    );
    write(answer)
}

fn refused(mut problem: Problem, request_id: &str, shown: impl FnOnce(Problem) -> Answer) -> (Answer, Option<String>) {
    problem.request_id = request_id.to_owned();
    let kind = problem.kind.clone();
    if let Some(cause) = problem.cause.take() {
        tracing::error!(request_id, cause, "failed");
    }
    (shown(problem), Some(kind))
}

async fn call(platform: &Platform, mut event: ApiGatewayV2httpRequest, began: Instant) -> Result<Call, Problem> {
    let now = platform.clock.now();
    let route = event
        .route_key
        .as_deref()
        .and_then(Route::of)
        .ok_or_else(|| Problem::not_found("there is no such route; GET / shows all of them"))?;
    let text = event.body.take().unwrap_or_default();
    let body = match event.is_base64_encoded {
        true => base64::engine::general_purpose::STANDARD
            .decode(&text)
            .map_err(|_| Problem::malformed("the body is not base64 as announced"))?,
        false => text.into_bytes(),
    };
    if body.len() > MAX_BODY {
        return Err(Problem::too_large(MAX_BODY));
    }
    let (scope, link) = match event.path_parameters.get("token").filter(|_| route.is_open()) {
        _ if route.operation == Operation::ReceivePingBack => (signature::scope(platform, &event, &body).await?, None),
        // A link that is spoilt or foreign leads nowhere, as one that is too old does: without a hint which it is.
        Some(token) => link::verified(platform, route.operation, token).map(|(scope, link)| (scope, Some(link))).ok_or_else(no_link)?,
        None => (identity::scope(&platform.store, &event).await?, None),
    };
    let idempotency_key = match event.headers.get("idempotency-key") {
        None => None,
        Some(value) => match value.to_str() {
            Ok(key) if (1..=MAX_KEY).contains(&key.trim().len()) => Some(key.trim().to_owned()),
            _ => {
                return Err(Problem::invalid(vec![Fault::new(
                    "Idempotency-Key",
                    "INT-5",
                    format!("must be 1 to {MAX_KEY} ASCII characters"),
                )]));
            }
        },
    };
    let (query, twice) = event.raw_query_string.as_deref().map(query).unwrap_or_default();
    Ok(Call {
        operation: route.operation,
        scope,
        now,
        began,
        body,
        idempotency_key,
        link,
        source_ip: event.request_context.http.source_ip,
        headers: event.headers,
        path: event.path_parameters,
        query,
        twice,
        repeats: Arc::default(),
    })
}

/// What a link that leads nowhere is answered, whatever the reason (CAL-8).
pub fn no_link() -> Problem {
    Problem::not_found("this link is not good, or not any more")
}

/// The query as sent, and the names that stand in it more than once: none of their values may count alone.
fn query(raw: &str) -> (HashMap<String, String>, HashSet<String>) {
    let decode = |text: &str| percent(&text.replace('+', " "));
    let (mut query, mut twice) = (HashMap::new(), HashSet::new());
    for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name);
        if query.insert(name.clone(), decode(value)).is_some() {
            twice.insert(name);
        }
    }
    (query, twice)
}

fn percent(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn write(answer: Answer) -> ApiGatewayV2httpResponse {
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in &answer.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = i64::from(answer.status);
    response.headers = headers;
    response.body = Some(Body::Text(answer.body));
    response
}
