//! API Gateway's local twin: finds the route, checks the token, hands the request on as an event of payload 2.0.

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
use std::collections::HashMap;

/// Which route a path is of, and its parts.
pub enum Matched {
    /// A route.
    Route(&'static Route, HashMap<String, String>),
    /// The path has routes, but for these methods.
    OtherMethods(String),
    /// The path is none of ours.
    Nothing,
}

/// Finds the route of a request.
pub fn route(method: &Method, path: &str) -> Matched {
    let on_path: Vec<_> = routes::all().filter_map(|route| parts(route.path, path).map(|parts| (route, parts))).collect();
    if on_path.is_empty() {
        return Matched::Nothing;
    }
    let methods = on_path.iter().map(|(route, _)| route.method).collect::<Vec<_>>().join(", ");
    let found = on_path.into_iter().find(|(route, _)| route.method == method.as_str());
    found.map_or(Matched::OtherMethods(methods), |(route, parts)| Matched::Route(route, parts))
}

fn parts(template: &str, path: &str) -> Option<HashMap<String, String>> {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    if template.len() != path.len() {
        return None;
    }
    let mut parts = HashMap::new();
    for (expected, given) in template.iter().zip(path) {
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !given.is_empty() => {
                parts.insert(name.to_owned(), percent_encoding::percent_decode_str(given).decode_utf8().ok()?.into_owned());
            }
            None if *expected == given => {}
            _ => return None,
        }
    }
    Some(parts)
}

/// The request as an event, if its token is good.
///
/// # Errors
/// 401 as a problem.
pub fn event(
    tokens: &Tokens,
    route: &Route,
    parts: HashMap<String, String>,
    uri: &Uri,
    headers: HeaderMap,
    body: &Bytes,
) -> Result<ApiGatewayV2httpRequest, Problem> {
    let authorizer = if route.is_open() { None } else { Some(authorized(tokens, &headers)?) };
    let mut event = ApiGatewayV2httpRequest::default();
    event.version = Some("2.0".into());
    event.route_key = Some(route.key());
    event.raw_path = Some(uri.path().to_owned());
    event.raw_query_string = uri.query().map(str::to_owned);
    event.path_parameters = parts;
    event.headers = headers;
    event.request_context.request_id = Some(uuid::Uuid::now_v7().to_string());
    event.request_context.authorizer = authorizer;
    // It listens on this machine only.
    event.request_context.http.source_ip = Some("127.0.0.1".into());
    match std::str::from_utf8(body) {
        Ok(text) => event.body = Some(text.to_owned()),
        Err(_) => {
            event.body = Some(base64_of(body));
            event.is_base64_encoded = true;
        }
    }
    Ok(event)
}

fn authorized(tokens: &Tokens, headers: &HeaderMap) -> Result<ApiGatewayRequestAuthorizer, Problem> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = token.ok_or_else(|| Problem::unauthenticated("send a token: Authorization: Bearer …; POST /_local/token gives one"))?;
    let claims = tokens.check(token.1.trim()).map_err(|why| Problem::unauthenticated(format!("the token is not good: {why}")))?;
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

/// A function's answer as an HTTP response.
pub fn response(answer: ApiGatewayV2httpResponse) -> Response {
    let status = u16::try_from(answer.status_code).ok().and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::BAD_GATEWAY);
    let body = match answer.body {
        Some(Body::Text(text)) => text.into_bytes(),
        Some(Body::Binary(bytes)) => bytes,
        _ => Vec::new(),
    };
    (status, answer.headers, body).into_response()
}

/// A problem as an HTTP response.
pub fn problem(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_string(problem).unwrap_or_default();
    let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
    if problem.status == 401 {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer"));
    }
    response
}
