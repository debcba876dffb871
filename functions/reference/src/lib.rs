//! The rules, the decisions and the API's description as pages for everyone, to which problems link.
//!
//! - **Triggers**: `GET /reference` and the pages below it.
//! - **Reads**: nothing. The documents are in the binary, so a release answers with its own. The function has no right to any data.
//! - **Writes**: nothing.
//! - **Failure**: 404 if there is no such page.

mod pages;

pub use pages::{page, slug};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use forecourt_edge::http::{self, Answer, Problem};

/// The OpenAPI document.
const DOCUMENT: &str = include_str!("../../../infra/openapi.json");
/// Pages contain no scripts, and load nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Answers a request of one of this function's routes.
pub fn handle(event: &ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    http::answer_open("reference", event, |event| {
        let path = event.raw_path.as_deref().unwrap_or_default();
        let answer = match path {
            "/reference/openapi.json" => Answer::text(200, "application/json", DOCUMENT.to_owned()),
            _ => Answer::text(200, "text/html; charset=utf-8", page(path).ok_or_else(Problem::no_route)?),
        };
        Ok(answer.header("cache-control", "public, max-age=300").header("content-security-policy", POLICY))
    })
}
