//! Responses, and the loop that every HTTP function runs.

use super::call::Call;
use super::problem::Problem;
use crate::Platform;
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forecourt_domain::base::Actor;
use forecourt_store::{Failure, fingerprint};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use std::future::Future;
use tokio::time::Instant;

/// A response.
#[derive(Debug)]
pub struct Answer {
    status: u16,
    body: String,
    /// Whether the body is base64 of bytes that are no text.
    is_base64: bool,
    headers: Vec<(&'static str, String)>,
    /// Its subject in the log line: ids only.
    about: String,
}

impl Answer {
    /// Creates a JSON response.
    ///
    /// # Errors
    /// [`Failure::Broken`] if the body cannot be serialized, which is a bug.
    pub fn new(status: u16, body: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_string(body).map_err(|e| Failure::Broken(format!("cannot serialize a response: {e}").into()))?;
        Ok(Self { status, body, is_base64: false, headers: Vec::new(), about: String::new() })
    }

    /// Creates a text response of another media type.
    pub fn text(status: u16, media_type: &'static str, body: String) -> Self {
        Self { status, body, is_base64: false, headers: vec![("content-type", media_type.into())], about: String::new() }
    }

    /// Creates a response of bytes of another media type.
    pub fn bytes(status: u16, media_type: &'static str, body: Vec<u8>) -> Self {
        match String::from_utf8(body) {
            Ok(text) => Self::text(status, media_type, text),
            Err(e) => Self { is_base64: true, ..Self::text(status, media_type, STANDARD.encode(e.as_bytes())) },
        }
    }

    /// Creates the response to a client that has the current version: 304 without a body.
    pub fn unchanged(tag: impl Into<String>) -> Self {
        let answer = Self { status: 304, body: String::new(), is_base64: false, headers: Vec::new(), about: String::new() };
        answer.header("etag", tag)
    }

    /// Adds a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds the hash of the body as the ETag, and lets clients keep the response and revalidate it each time. If the client already has
    /// this body (`If-None-Match`), the response is 304 without a body.
    pub fn revalidated(self, call: &Call) -> Self {
        let tag = format!("\"{}\"", fingerprint(self.body.as_bytes()));
        let answer = if call.has(&tag) { Self { status: 304, body: String::new(), ..self } } else { self };
        answer.header("etag", tag).header("cache-control", "private, no-cache")
    }

    /// Sets the subject in the log line: ids only, no personal data.
    pub fn about(self, id: &impl ToString) -> Self {
        Self { about: id.to_string(), ..self }
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let mut answer = Self {
            status: problem.status,
            body: serde_json::to_string(&problem).unwrap_or_default(),
            is_base64: false,
            headers: Vec::new(),
            about: problem.kind,
        };
        answer.headers.push(("content-type", "application/problem+json".into()));
        if answer.status == 401 {
            answer.headers.push(("www-authenticate", "Bearer".into()));
        }
        if let Some(seconds) = problem.retry_after {
            answer.headers.push(("retry-after", seconds.to_string()));
        }
        answer
    }
}

/// Answers a request with `handle`: finds the route, authenticates the sender, turns every failure into a problem, and writes one log line.
pub async fn answer<F, Fut>(platform: &Platform, event: ApiGatewayV2httpRequest, handle: F) -> ApiGatewayV2httpResponse
where
    F: FnOnce(Call) -> Fut,
    Fut: Future<Output = Result<Answer, Problem>> + Send,
{
    answer_as(platform, event, handle, Answer::from).await
}

/// As [`answer`], with `shown` to present problems: as a page where a person is the client.
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
    let (mut group, mut partner) = (None, None);
    let (answer, failed) = match Call::read(platform, event, started).boxed().await {
        Ok(mut call) => {
            let (replays, subject, sender) = (call.replays(), call.take_subject(), call.scope.clone());
            // Of the sender, the log has companies only: the access log has the user (PRV-1).
            group = Some(call.scope.group().to_string());
            partner = if let Actor::Partner(id) = call.scope.actor() { Some(id.to_string()) } else { None };
            match (Box::pin(handle(call)) as BoxFuture<'_, Result<Answer, Problem>>).await {
                Ok(answer) if replays.all() => (answer.header("idempotent-replay", "true"), None),
                Ok(answer) => (answer, None),
                Err(problem) => {
                    let problem = match subject {
                        Some(subject) => subject.checked(platform, problem).boxed().await,
                        None => problem,
                    };
                    refused(problem.named(platform, &sender).boxed().await, &request_id, shown)
                }
            }
        }
        Err(problem) => refused(problem, &request_id, shown),
    };
    let ms = started.elapsed().as_millis() as u64;
    tracing::info!(
        function = platform.function,
        request_id,
        route,
        group,
        partner,
        status = answer.status,
        about = answer.about,
        problem = failed,
        ms,
        "request"
    );
    write(answer)
}

/// Answers a request of a route that anyone may call ([`Access::Open`](crate::routes::Access::Open)): without a sender, and without the
/// store.
pub fn answer_open(
    function: &'static str,
    event: &ApiGatewayV2httpRequest,
    handle: impl FnOnce(&ApiGatewayV2httpRequest) -> Result<Answer, Problem>,
) -> ApiGatewayV2httpResponse {
    let started = Instant::now();
    let request_id = event.request_context.request_id.as_deref().unwrap_or_default();
    let route = event.route_key.as_deref().unwrap_or_default();
    let (answer, failed) = match handle(event) {
        Ok(answer) => (answer, None),
        Err(problem) => refused(problem, request_id, Answer::from),
    };
    let ms = started.elapsed().as_millis() as u64;
    tracing::info!(function, request_id, route, status = answer.status, problem = failed, ms, "request");
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

fn write(answer: Answer) -> ApiGatewayV2httpResponse {
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Browsers take the media type from the header only, and use https for a year. They ignore the latter over http.
    headers.insert(http::header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(http::header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    for (name, value) in &answer.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = i64::from(answer.status);
    response.headers = headers;
    response.is_base64_encoded = answer.is_base64;
    response.body = Some(Body::Text(answer.body));
    response
}
