//! The client of the API: the console knows nothing else.
//!
//! An operation is a row of the table of routes, so an operation that does not exist does not compile or fails a test. In tests, the fields
//! that a screen reads are compared with the OpenAPI document.

mod data;
mod shape;

pub use data::Data;
pub use shape::Shapes;

use crate::http::{Http, NoAnswer};
use forecourt_edge::routes::{Operation, Route};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// The characters of an id that stay as they are in a path.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The API.
#[derive(Clone)]
pub struct Api {
    http: Arc<dyn Http>,
    url: String,
    shapes: Option<Arc<Shapes>>,
}

/// A request to the API.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ask<'a> {
    /// The values of the names in the path.
    pub(crate) parts: &'a [(&'static str, &'a str)],
    /// The parameters.
    pub(crate) query: Vec<(&'static str, String)>,
    /// The body.
    pub(crate) body: Option<Value>,
    /// A body that is not JSON: its media type and its text.
    pub(crate) text: Option<(&'static str, String)>,
    /// The version that the change is based on.
    pub(crate) if_match: Option<String>,
    /// The version that the console has already.
    pub(crate) if_none_match: Option<String>,
    /// The key under which a repeat of the request changes nothing.
    pub(crate) idempotency_key: Option<String>,
}

/// A file that the API returns.
pub(crate) enum Download {
    /// The file itself.
    File {
        /// Its media type.
        media_type: String,
        /// Its content.
        bytes: Vec<u8>,
    },
    /// The link to a file that is too large for an answer.
    Link(String),
}

/// The API refused a request, or did not answer it.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// A problem.
    #[error("{}: {}", .0.status, .0.detail)]
    Problem(Box<ApiProblem>),
    /// No answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// An answer that is neither JSON nor a problem.
    #[error("the API answered {0} with neither JSON nor a problem")]
    Unreadable(u16),
}

/// A problem of the API.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ApiProblem {
    /// The kind.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// The explanation, in English.
    #[serde(default)]
    pub detail: String,
    /// The rule that refuses.
    #[serde(default)]
    pub rule: Option<String>,
    /// The fields with errors.
    #[serde(default)]
    pub errors: Vec<FieldProblem>,
    /// What stands against the request until the user decides about it.
    #[serde(default)]
    pub obstacles: Vec<Obstacle>,
    /// The current version, if the request was based on an older one.
    #[serde(default)]
    pub current_version: Option<u64>,
    /// The id of the request, for support.
    #[serde(default)]
    pub request_id: String,
}

/// Something that stands against a request until the user decides about it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Obstacle {
    /// What it is, such as `double_booked`.
    pub what: String,
}

/// A field with an error.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct FieldProblem {
    /// The path of the field.
    pub field: String,
    /// The rule.
    pub rule: String,
    /// The explanation, in English.
    pub detail: String,
}

impl Api {
    /// The API at `url`.
    pub fn new(http: Arc<dyn Http>, url: &str) -> Self {
        Self { http, url: url.trim_end_matches('/').to_owned(), shapes: None }
    }

    /// Compares the fields that screens read with an OpenAPI document.
    #[must_use]
    pub fn compared_with(self, shapes: Arc<Shapes>) -> Self {
        Self { shapes: Some(shapes), ..self }
    }

    /// Returns the user of a token with all dealers: `GET /me`, page by page.
    pub(crate) async fn me(&self, token: &str) -> Result<Data, Unanswered> {
        let mut me = self.call(token, Operation::ReadMe, Ask::default()).await?;
        let mut after = me.text("after").to_owned();
        while !after.is_empty() {
            let more = self.call(token, Operation::ReadMe, Ask { query: vec![("after", after)], ..Ask::default() }).await?;
            after = more.text("after").to_owned();
            me.extend("dealers", more);
        }
        Ok(me)
    }

    /// Sends a request. A successful answer without a body is `null`.
    pub(crate) async fn call(&self, token: &str, operation: Operation, ask: Ask<'_>) -> Result<Data, Unanswered> {
        let response = self.send(token, operation, ask).await?;
        let status = response.status().as_u16();
        if !matches!(status, 200..=299 | 304) {
            return Err(refused(&response));
        }
        let etag = header(&response, "etag");
        let shape = self.shapes.as_ref().map(|shapes| shapes.of_answer(operation, status));
        let json = match response.body().as_slice() {
            [] => Value::Null,
            body => serde_json::from_slice(body).map_err(|_| Unanswered::Unreadable(status))?,
        };
        Ok(Data::new(json, shape).with_etag(etag, status == 304))
    }

    /// Asks for a file, which arrives with each of its bytes as it is.
    pub(crate) async fn download(&self, token: &str, operation: Operation, ask: Ask<'_>) -> Result<Download, Unanswered> {
        let response = self.send(token, operation, ask).await?;
        match (response.status().as_u16(), header(&response, "location")) {
            (303, Some(link)) => Ok(Download::Link(link)),
            (200, _) => {
                let media_type = header(&response, "content-type").unwrap_or_else(|| "application/octet-stream".to_owned());
                Ok(Download::File { media_type, bytes: response.into_body() })
            }
            _ => Err(refused(&response)),
        }
    }

    async fn send(&self, token: &str, operation: Operation, ask: Ask<'_>) -> Result<http::Response<Vec<u8>>, Unanswered> {
        let route = route(operation);
        let mut path = route.map_or("/", |route| route.path).to_owned();
        for (name, value) in ask.parts {
            path = path.replace(&format!("{{{name}}}"), &utf8_percent_encode(value, IN_PATH).to_string());
        }
        let query: Vec<_> = ask.query.iter().filter(|(_, value)| !value.is_empty()).collect();
        if !query.is_empty() {
            let pairs = query.into_iter().map(|(name, value)| (*name, value.as_str()));
            path = format!("{path}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish());
        }
        let method = route.map_or("GET", |route| route.method);
        let mut request = http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        request = request.header("authorization", format!("Bearer {token}")).header("accept", "application/json");
        let headers = [("if-match", ask.if_match), ("if-none-match", ask.if_none_match), ("idempotency-key", ask.idempotency_key)];
        for (name, value) in headers.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            request = request.header(name, value);
        }
        let json = ask.body.map(|body| ("application/json", body.to_string()));
        let body = match json.or(ask.text) {
            Some((media_type, body)) => {
                request = request.header("content-type", media_type);
                body.into_bytes()
            }
            None => Vec::new(),
        };
        let request = request.body(body).map_err(|e| NoAnswer::new(&self.url, e))?;
        Ok(self.http.send(request).await?)
    }
}

fn header(response: &http::Response<Vec<u8>>, name: &str) -> Option<String> {
    response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Returns the problem of an answer that is no success.
fn refused(response: &http::Response<Vec<u8>>) -> Unanswered {
    let status = response.status().as_u16();
    match serde_json::from_slice::<ApiProblem>(response.body()) {
        Ok(problem) => Unanswered::Problem(Box::new(ApiProblem { status, ..problem })),
        // The gateway's own answers: `{"message": "Unauthorized"}`.
        Err(_) if matches!(status, 401 | 403 | 429) => Unanswered::Problem(Box::new(ApiProblem { status, ..ApiProblem::default() })),
        Err(_) => Unanswered::Unreadable(status),
    }
}

/// Returns the route of an operation. `None` if the table has no such row, which a test excludes.
pub(crate) fn route(operation: Operation) -> Option<&'static Route> {
    forecourt_edge::routes::all().find(|route| route.operation == operation)
}
