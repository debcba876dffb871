//! Checks of the OpenAPI document: each parameter and each field of a body has its type and its limits.

use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, Request, World};
use forecourt_local::openapi;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn document() -> Value {
    serde_json::to_value(openapi::document()).unwrap()
}

/// Returns each operation with its id and its method.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let items = document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap());
    let operations = items.filter(|(method, _)| ["get", "post", "put", "patch", "delete"].contains(&method.as_str()));
    operations.map(|(method, it)| (it["operationId"].as_str().unwrap().to_owned(), method.clone(), it.clone())).collect()
}

fn is(schema: &Value, kind: &str) -> bool {
    let types = &schema["type"];
    types == kind || types.as_array().is_some_and(|types| types.iter().any(|one| one == kind))
}

/// Adds each place in a schema that has no type, or whose values have no limits.
fn unlimited(document: &Value, schema: &Value, at: &str, seen: &mut BTreeSet<String>, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        if seen.insert(reference.to_owned()) {
            let name = reference.rsplit('/').next().unwrap();
            unlimited(document, document.pointer(reference.trim_start_matches('#')).unwrap(), name, seen, found);
        }
        return;
    }
    let choices = ["oneOf", "anyOf"].into_iter().filter_map(|name| schema[name].as_array()).flatten();
    let choices: Vec<&Value> = choices.filter(|choice| choice["type"] != "null").collect();
    if !choices.is_empty() {
        choices.into_iter().for_each(|choice| unlimited(document, choice, at, seen, found));
        return;
    }
    let has = |names: &[&str]| names.iter().any(|name| schema.get(*name).is_some());
    let fault = if is(schema, "string") {
        (!has(&["enum", "format", "pattern", "maxLength"])).then_some("a text without enum, format, pattern or maxLength")
    } else if is(schema, "integer") {
        (!(has(&["minimum"]) && has(&["maximum", "format"]))).then_some("a number without minimum and maximum")
    } else if is(schema, "array") {
        unlimited(document, &schema["items"], &format!("{at}[]"), seen, found);
        None
    } else if is(schema, "object") {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            unlimited(document, property, &format!("{at}.{name}"), seen, found);
        }
        let open = ["EnquiryBody", "MailLeadBody", "ContactBody", "DeclarationBody", "EnquiryVehicleBody"].contains(&at);
        (!open && !has(&["additionalProperties"])).then_some("an object without additionalProperties")
    } else {
        (!is(schema, "boolean")).then_some("a value without a type")
    };
    found.extend(fault.map(|fault| format!("{at}: {fault}")));
}

#[test]
fn every_parameter_has_a_type_and_limits() {
    let (document, mut found, mut number) = (document(), Vec::new(), 0);
    for (id, _, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let at = format!("{id} {}", parameter["name"]);
            unlimited(&document, &parameter["schema"], &at, &mut BTreeSet::new(), &mut found);
            number += 1;
        }
    }
    assert!(number > 300, "{number}");
    assert!(found.is_empty(), "give these their values in shared/edge/src/routes:\n{}", found.join("\n"));
}

#[test]
fn every_body_has_a_schema_with_limits() {
    let (document, mut found, mut seen) = (document(), Vec::new(), BTreeSet::new());
    for (id, _, operation) in operations(&document) {
        for (media_type, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            if media_type.starts_with("text/") || media_type.ends_with("xml") {
                continue;
            }
            assert!(content["schema"]["$ref"].is_string(), "the body of {id} has no schema");
            unlimited(&document, &content["schema"], &id, &mut seen, &mut found);
        }
    }
    assert!(seen.len() > 40, "{seen:?}");
    assert!(found.is_empty(), "give these their limits in infra/local/src/openapi/limits.rs:\n{}", found.join("\n"));
}

#[test]
fn a_change_has_a_schema_of_its_own() {
    let document = document();
    let of = |method: &str| -> BTreeSet<String> {
        let all = operations(&document).into_iter().filter(|(_, is, _)| is == method);
        all.filter_map(|(.., it)| it["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str().map(str::to_owned)).collect()
    };
    assert!(of("patch").len() > 5);
    assert_eq!(of("patch").intersection(&of("post")).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// An example can be sent as it is: it has only fields of its schema.
#[test]
fn an_example_has_only_fields_of_its_schema() {
    let (document, mut number) = (document(), 0);
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let (Some(example), Some(fields)) = (schema["example"].as_object(), schema["properties"].as_object()) else { continue };
        let others: Vec<&String> = example.keys().filter(|field| !fields.contains_key(*field)).collect();
        assert!(others.is_empty(), "{name}: {others:?}");
        number += 1;
    }
    assert!(number > 10, "{number}");
}

/// SET-2: the document has the limit that the settings have for the name of a day off.
#[test]
fn set_2_the_name_of_a_day_off_has_its_limit() {
    let schema = &document()["components"]["schemas"]["DayOffBody"]["properties"]["name"];
    assert_eq!(schema["maxLength"], 100);
}

/// SET-10: an operation that refuses a request without `If-Match` says so. A user, a saved view
/// and a text are also created by `PUT`, without it.
#[test]
fn set_10_if_match_is_required_where_the_operation_requires_it() {
    let mut number = 0;
    for (id, _, operation) in operations(&document()) {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let header = parameters.iter().find(|parameter| parameter["name"] == "If-Match");
        let required = header.is_some_and(|header| header["required"] == true);
        let creates = ["SaveUser", "SaveView", "SaveText"].contains(&id.as_str());
        assert_eq!(required, header.is_some() && operation["responses"].get("428").is_some() && !creates, "{id}");
        number += usize::from(required);
    }
    assert!(number > 15, "{number}");
}

/// SET-10: the schemas of settings have the fields that the API takes.
#[tokio::test]
async fn set_10_the_schemas_of_settings_have_the_fields_of_the_settings() {
    let (world, document) = (World::new().await, document());
    for (part, schema) in [
        ("opening-hours", "OpeningHoursBody"),
        ("holidays", "HolidaysBody"),
        ("escalation", "EscalationBody"),
        ("mailbox", "MailboxBody"),
        ("configuration", "ConfigurationBody"),
        ("capacity", "CapacityBody"),
        ("appointment-settings", "AppointmentSettingsBody"),
        ("pool", "PoolBody"),
        ("distribution-groups", "DistributionGroupsBody"),
        ("routing-rules", "RoutingRulesBody"),
        ("deadline-rules", "DeadlineRulesBody"),
        ("follow-up-plans", "FollowUpPlansBody"),
        ("absences", "AbsencesBody"),
        ("limits", "LimitsBody"),
        ("follow-up-settings", "FollowUpSettingsBody"),
        ("users/anna.vogt", "DealerUserBody"),
        ("users/anna.vogt/absences", "UserAbsencesBody"),
        ("settings", "DealerSettingsBody"),
    ] {
        // The refusal of an unknown field names the known ones.
        let request = Request::put(ADMIN, &of_dealer(part)).json(&json!({"colour": "red"})).version(1);
        let refused = world.call(request).await;
        let detail = refused.body["errors"][0]["detail"].as_str().unwrap_or_default().to_owned();
        let known = detail.split_once("known fields are ").unwrap_or_else(|| panic!("{part}: {}", refused.body)).1;
        let known: BTreeSet<&str> = known.split(", ").collect();
        let described = document["components"]["schemas"][schema]["properties"].as_object().unwrap();
        assert_eq!(described.keys().map(String::as_str).collect::<BTreeSet<_>>(), known, "{part}");
    }
}
