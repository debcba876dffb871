//! The local twin of API Gateway: finds the route, checks the token, passes the request on as an event of payload format 2.0.

use crate::tokens::Tokens;
use aws_lambda_events::apigw::{
    ApiGatewayRequestAuthorizer, ApiGatewayRequestAuthorizerJwtDescription, ApiGatewayV2httpRequest, ApiGatewayV2httpResponse,
};
use aws_lambda_events::encodings::Body;
use axum::body::Bytes;
use axum::response::{IntoResponse as _, Response};
use forecourt_edge::http::Problem;
use forecourt_edge::routes::{self, Route};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use matchit::Router;
use std::collections::{BTreeMap, HashMap};
use std::str::Utf8Error;
use std::sync::LazyLock;

/// The result of routing a request.
pub enum Matched {
    /// The route, and the parameters in its path.
    Route(&'static Route, HashMap<String, String>),
    /// The path has routes, but only for these methods.
    OtherMethods(String),
    /// The path has no route.
    Nothing,
}

/// The routes of each path.
static ROUTER: LazyLock<Router<Vec<&'static Route>>> = LazyLock::new(|| {
    let mut routes_of: BTreeMap<&str, Vec<&Route>> = BTreeMap::new();
    for route in routes::all() {
        routes_of.entry(route.path).or_default().push(route);
    }
    let mut router = Router::new();
    for (path, routes) in routes_of {
        router.insert(path, routes).expect("no two paths of the table match the same requests");
    }
    router
});

/// Finds the route of a request.
pub fn route(method: &Method, path: &str) -> Matched {
    let Ok(matched) = ROUTER.at(path) else { return Matched::Nothing };
    let decoded = |(name, text): (&str, &str)| {
        let text = percent_encoding::percent_decode_str(text).decode_utf8()?;
        Ok::<_, Utf8Error>((name.to_owned(), text.into_owned()))
    };
    let Ok(parts) = matched.params.iter().map(decoded).collect::<Result<HashMap<_, _>, _>>() else { return Matched::Nothing };
    match matched.value.iter().find(|route| route.method == method.as_str()) {
        Some(route) => Matched::Route(route, parts),
        None => Matched::OtherMethods(matched.value.iter().map(|route| route.method).collect::<Vec<_>>().join(", ")),
    }
}

/// A request as the server received it.
pub struct Incoming<'a> {
    /// Its path and query.
    pub uri: &'a Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: &'a Bytes,
}

/// Returns the request as an event if its token is valid.
///
/// # Errors
/// 401 if the token is missing or invalid; 403 if it lacks the scope.
pub fn event(
    tokens: &Tokens,
    route: &Route,
    parts: HashMap<String, String>,
    request: Incoming<'_>,
) -> Result<ApiGatewayV2httpRequest, Problem> {
    let authorizer = if route.is_open() { None } else { Some(authorized(tokens, &request.headers)?) };
    let mut event = open_event(request);
    event.route_key = Some(route.key());
    event.path_parameters = parts;
    event.request_context.authorizer = authorizer;
    Ok(event)
}

/// Returns the request as an event without a route.
pub fn open_event(request: Incoming<'_>) -> ApiGatewayV2httpRequest {
    let Incoming { uri, headers, body } = request;
    let mut event = ApiGatewayV2httpRequest::default();
    event.version = Some("2.0".into());
    event.raw_path = Some(uri.path().to_owned());
    event.raw_query_string = uri.query().map(str::to_owned);
    event.headers = headers;
    event.request_context.request_id = Some(uuid::Uuid::now_v7().to_string());
    // The server listens on the loopback address only.
    event.request_context.http.source_ip = Some("127.0.0.1".into());
    match std::str::from_utf8(body) {
        Ok(text) => event.body = Some(text.to_owned()),
        Err(_) => {
            event.body = Some(base64_of(body));
            event.is_base64_encoded = true;
        }
    }
    event
}

fn authorized(tokens: &Tokens, headers: &HeaderMap) -> Result<ApiGatewayRequestAuthorizer, Problem> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = token.ok_or_else(|| Problem::unauthenticated("send a token: Authorization: Bearer …; POST /_local/token issues one"))?;
    let claims = tokens.check(token.1.trim()).map_err(|why| Problem::unauthenticated(format!("the token is invalid: {why}")))?;
    if let Some(scope) = tokens.lacks_scope(&claims) {
        return Err(Problem::new("forbidden", "Scope required", 403, format!("the token lacks the scope {scope}")));
    }
    let mut jwt = ApiGatewayRequestAuthorizerJwtDescription::default();
    jwt.claims = claims;
    let mut authorizer = ApiGatewayRequestAuthorizer::default();
    authorizer.jwt = Some(jwt);
    Ok(authorizer)
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Returns a function's answer as an HTTP response.
pub fn response(answer: ApiGatewayV2httpResponse) -> Response {
    let status = u16::try_from(answer.status_code).ok().and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::BAD_GATEWAY);
    let body = match answer.body {
        Some(Body::Text(text)) if answer.is_base64_encoded => {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default()
        }
        Some(Body::Text(text)) => text.into_bytes(),
        Some(Body::Binary(bytes)) => bytes,
        _ => Vec::new(),
    };
    let mut response = (status, answer.headers, body).into_response();
    for cookie in answer.cookies.iter().filter_map(|cookie| cookie.parse().ok()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Returns a problem as an HTTP response.
pub fn problem(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_string(problem).unwrap_or_default();
    let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
    if problem.status == 401 {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
