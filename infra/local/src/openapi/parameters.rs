//! The parameters of an operation: path, query and headers, each with its type and limits.

use forecourt_edge::formats::json::TimeBound;
use forecourt_edge::routes::{Access, Query, Row, Values};
use utoipa::PartialSchema as _;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{Deprecated, RefOr, Required, Schema};

const IDEMPOTENCY_KEY: &str = "Makes the request safe to repeat for thirty days: a repeat with the same key changes nothing and gets the first \
                               response with `Idempotent-Replay: true` (INT-5).";
const IF_MATCH: &str = "The ETag of the version that you saw; 412 if it is not current.";
const ETAGS: &str = r#"^(W/)?"?[0-9]+"?( *, *(W/)?"?[0-9]+"?)*$"#;
const ID: &str = "^[a-z0-9._-]{1,64}$";
const IDS: &str = "^ *[a-z0-9._-]{1,64} *(, *[a-z0-9._-]{1,64} *)*$";

/// Returns the parameters of a row.
pub(super) fn of(row: &Row) -> Vec<Parameter> {
    let route = &row.route;
    let names = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Parameter> = names.map(|name| in_path(route.path, name)).collect();
    parameters.extend(route.query.iter().map(in_query));
    if route.access == Access::Signature {
        parameters.extend(signature());
    } else if route.method == "POST" {
        let schema = text(1, 255).pattern(Some("^[!-~]([ -~]*[!-~])?$"));
        parameters.push(header("Idempotency-Key", IDEMPOTENCY_KEY, Required::False, schema));
    }
    if row.if_match {
        let required = row.problems.iter().any(|(status, _)| *status == 428) && !row.if_match_is_optional;
        let schema = text(1, 1_000).pattern(Some(ETAGS));
        parameters.push(header("If-Match", IF_MATCH, if required { Required::True } else { Required::False }, schema));
    }
    parameters
}

fn in_path(path: &str, name: &str) -> Parameter {
    let (schema, meaning) = match name {
        "id" if path.starts_with("/leads/") => (text(10, 12).pattern(Some("^[0-9]{3}-?[0-9]{3}-?[0-9]{4}$")), "The number of a lead."),
        "token" => (text(1, 2_000), "The token of the link."),
        "receipt" => (text(1, 200), "The receipt in the response to the enquiry."),
        "message" => (text(1, 200), "The id in the list of undelivered messages."),
        "stop" => (text(1, 64).pattern(Some("^[a-z]+-[A-Za-z0-9_-]+$")), "The id in the list of stops."),
        "order" => (text(1, 80), "The id in the list of orders."),
        "delivery" => (text(1, 200), "The id in the list of deliveries."),
        "page" => (text(1, 100).pattern(Some("^[A-Za-z0-9._-]+$")), "The name of the page."),
        _ => (text(1, 64).pattern(Some(ID)), ""),
    };
    let description = Some(meaning).filter(|meaning| !meaning.is_empty());
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
    parameter.description(description).schema(Some(schema)).build()
}

fn in_query(query: &Query) -> Parameter {
    let meaning = match query.now {
        Some(now) => format!("The former name of `{now}`."),
        None => query.meaning.to_owned(),
    };
    let parameter = ParameterBuilder::new().name(query.name).parameter_in(ParameterIn::Query).required(Required::False);
    let parameter = parameter.deprecated(query.now.map(|_| Deprecated::True));
    parameter.description(Some(meaning)).schema(Some(schema_of(query.values))).build()
}

/// Returns the schema of values.
pub(super) fn schema_of(values: Values) -> RefOr<Schema> {
    let typed = |kind| ObjectBuilder::new().schema_type(kind);
    match values {
        Values::Text(longest) => text(1, longest).into(),
        Values::Id => text(1, 64).pattern(Some(ID)).into(),
        Values::Ids => text(1, 10_000).pattern(Some(IDS)).into(),
        Values::OneOf(names) => typed(Type::String).enum_values(Some(names.iter().copied())).into(),
        Values::Number(least, most) => typed(Type::Integer).minimum(Some(least)).maximum(Some(most)).into(),
        Values::Flag => typed(Type::Boolean).into(),
        Values::Date => typed(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))).into(),
        Values::Bound => TimeBound::schema(),
    }
}

fn signature() -> [Parameter; 3] {
    let id = text(1, 255).pattern(Some("^[!-\\-/-~]+$"));
    let time = text(1, 12).pattern(Some("^[0-9]+$"));
    [
        ("webhook-id", "Your id of the message; a repeat with the same id gets the first response.", id),
        ("webhook-timestamp", "The time of sending in seconds since 1970, at most five minutes from now.", time),
        (
            "webhook-signature",
            "`v1,` and base64 of the HMAC-SHA256 over id.timestamp.body; several are separated by spaces.",
            text(1, 2_000),
        ),
    ]
    .map(|(name, meaning, schema)| header(name, meaning, Required::True, schema))
}

fn header(name: &str, meaning: &str, required: Required, schema: ObjectBuilder) -> Parameter {
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).required(required);
    parameter.description(Some(meaning)).schema(Some(schema)).build()
}

/// Returns the schema of a text with a length in characters.
fn text(shortest: usize, longest: usize) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).min_length(Some(shortest)).max_length(Some(longest))
}
