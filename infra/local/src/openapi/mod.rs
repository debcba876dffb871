//! The OpenAPI document, derived from the table of routes and the types that the functions read and write.

mod schemas;

use forecourt_edge::routes::{self, Access, Content, Row};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, PathsBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{HttpMethod, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder, Schema};

const ABOUT: &str = "The lead desk for car dealers. Errors are problem+json (RFC 9457) with a stable type and every field that breaks a rule; \
                     `Idempotency-Key` makes every POST safe to repeat; times are UTC.";
const IDEMPOTENCY_KEY: &str = "Makes the request safe to repeat for thirty days: a repeat with the same key changes nothing and gets the first \
                               response with `Idempotent-Replay: true` (INT-5).";
const IF_MATCH: &str = "The ETag of the version that you saw; 412 if it is not current.";
const SIGNATURE: [(&str, &str); 3] = [
    ("webhook-id", "Your id of the message; a repeat with the same id gets the first response."),
    ("webhook-timestamp", "The time of sending in seconds since 1970, at most five minutes from now."),
    ("webhook-signature", "`v1,` and base64 of the HMAC-SHA256 over id.timestamp.body; several are separated by spaces."),
];

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
    for parameter in parameters(row) {
        operation = operation.parameter(parameter);
    }
    for (status, meaning, body) in row.responses {
        let (media_type, schema) = content(body);
        let content = ContentBuilder::new().schema(Some(schema)).build();
        operation =
            operation.response(status.to_string(), ResponseBuilder::new().description(*meaning).content(media_type, content).build());
    }
    for (status, meaning) in row.problems {
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
    let rights: Vec<String> = row.rights.iter().map(|right| format!("`{right}`")).collect();
    let rights = match rights.as_slice() {
        [] => String::new(),
        [right] => format!("Requires the right {right}."),
        rights => format!("Requires the rights {}.", rights.join(" and ")),
    };
    let text = [row.description, &rights].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    Some(text).filter(|text| !text.is_empty())
}

fn parameters(row: &Row) -> Vec<Parameter> {
    let names = row.route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Parameter> = names.map(|name| parameter(name, ParameterIn::Path, "", Required::True)).collect();
    parameters.extend(row.query.iter().map(|(name, meaning)| parameter(name, ParameterIn::Query, meaning, Required::False)));
    if row.route.access == Access::Signature {
        parameters.extend(SIGNATURE.map(|(name, meaning)| parameter(name, ParameterIn::Header, meaning, Required::True)));
    } else if row.route.method == "POST" {
        parameters.push(parameter("Idempotency-Key", ParameterIn::Header, IDEMPOTENCY_KEY, Required::False));
    }
    if row.if_match {
        parameters.push(parameter("If-Match", ParameterIn::Header, IF_MATCH, Required::False));
    }
    parameters
}

fn parameter(name: &str, place: ParameterIn, meaning: &str, required: Required) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).build();
    let description = Some(meaning).filter(|meaning| !meaning.is_empty());
    ParameterBuilder::new().name(name).parameter_in(place).required(required).description(description).schema(Some(schema)).build()
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
    let described = |kind, text: &str| ObjectBuilder::new().schema_type(kind).description(Some(text)).build().into();
    match *content {
        Content::Json(name) => ("application/json", Ref::from_schema_name(name).into()),
        Content::Form(name) => ("application/x-www-form-urlencoded", Ref::from_schema_name(name).into()),
        Content::Object(text) => ("application/json", described(Type::Object, text)),
        Content::Text(media_type, text) => (media_type, described(Type::String, text)),
    }
}
