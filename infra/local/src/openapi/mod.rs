//! The OpenAPI document, derived from the table of routes and the types that the functions read and write.

mod configuration;
mod follow_ups;
mod limits;
mod mailbox;
mod parameters;
mod schemas;
mod settings;
mod users;

use forecourt_edge::routes::{self, Access, Content, ProblemResponse, Row};
use std::collections::BTreeMap;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{OperationBuilder, PathItem, PathsBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{HttpMethod, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder, Schema};

const ABOUT: &str = "The lead desk for car dealers. Errors are problem+json (RFC 9457) with a stable type and every field that breaks a rule; \
                     `Idempotency-Key` makes every POST safe to repeat; times are UTC.";

/// Every request can have an unknown parameter or field (API-1), or an invalid header.
const INVALID: ProblemResponse = (422, "A parameter, header or field is unknown or invalid; `errors` names each.");

/// Returns the document.
pub fn document() -> OpenApi {
    let mut paths = PathsBuilder::new();
    for row in routes::rows() {
        let method = match row.route.method {
            "GET" => HttpMethod::Get,
            "PUT" => HttpMethod::Put,
            "PATCH" => HttpMethod::Patch,
            "DELETE" => HttpMethod::Delete,
            _ => HttpMethod::Post,
        };
        paths = paths.path(row.route.path, PathItem::new(method, operation(row)));
    }
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build());
    OpenApiBuilder::new()
        .info(InfoBuilder::new().title("Forecourt").version(env!("CARGO_PKG_VERSION")).description(Some(ABOUT)).build())
        .paths(paths.build())
        .components(Some(schemas::components().security_scheme("token", bearer).build()))
        .security(Some([SecurityRequirement::new::<_, [&str; 0], &str>("token", [])]))
        .build()
}

fn operation(row: &Row) -> utoipa::openapi::path::Operation {
    let route = &row.route;
    let mut operation = OperationBuilder::new()
        .operation_id(Some(route.operation.id()))
        .summary(Some(row.summary))
        .description(description(row))
        .tag(route.function)
        .request_body(request_body(row));
    for parameter in parameters::of(row) {
        operation = operation.parameter(parameter);
    }
    // A status that occurs twice has two media types.
    let mut responses: BTreeMap<u16, ResponseBuilder> = BTreeMap::new();
    for (status, meaning, body) in row.responses {
        let (media_type, schema) = content(body);
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = responses.remove(status).unwrap_or_else(|| ResponseBuilder::new().description(*meaning));
        responses.insert(*status, response.content(media_type, content));
    }
    for (status, response) in responses {
        operation = operation.response(status.to_string(), response.build());
    }
    let invalid = !row.problems.iter().any(|(status, _)| *status == 422) && route.access != Access::Open;
    for (status, meaning) in row.problems.iter().chain(invalid.then_some(&INVALID)) {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let problem = ResponseBuilder::new().description(*meaning).content("application/problem+json", content).build();
        operation = operation.response(status.to_string(), problem);
    }
    if route.is_open() {
        operation = operation.security(SecurityRequirement::default());
    }
    operation.build()
}

/// Returns the description of the row and the rights that it needs. `None` if there is neither.
fn description(row: &Row) -> Option<String> {
    let rights: Vec<String> = row.route.rights.iter().map(|right| format!("`{right}`")).collect();
    let rights = match rights.as_slice() {
        [] => String::new(),
        [right] => format!("Requires the right {right}."),
        rights => format!("Requires the rights {}.", rights.join(" and ")),
    };
    let text = [row.description, &rights].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    Some(text).filter(|text| !text.is_empty())
}

fn request_body(row: &Row) -> Option<RequestBody> {
    let required = if row.body_is_optional { Required::False } else { Required::True };
    let mut body = RequestBodyBuilder::new().required(Some(required));
    for one in row.body {
        let (media_type, schema) = content(one);
        body = body.content(media_type, ContentBuilder::new().schema(Some(schema)).build());
    }
    Some(body.build()).filter(|_| !row.body.is_empty())
}

fn content(content: &Content) -> (&'static str, RefOr<Schema>) {
    let described = |text: &str| ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).description(Some(text)).build().into();
    match *content {
        Content::Json(name) => ("application/json", Ref::from_schema_name(name).into()),
        Content::Form(name) => ("application/x-www-form-urlencoded", Ref::from_schema_name(name).into()),
        Content::Text(media_type, text) => (media_type, described(text)),
    }
}
