//! Checks of the architecture: dependencies between crates, generated files, routes, sample events.

use crate::support::world::{NORDSTERN, World};
use crate::support::{files, root};
use forecourt_edge::routes::{self, Operation};
use forecourt_local::{openapi, template};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Returns the workspace crates that a manifest names.
fn depends_on(manifest: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(manifest).unwrap();
    let own = text.lines().find_map(|line| line.strip_prefix("name = \"")).unwrap().trim_end_matches('"').to_owned();
    let names = text.lines().filter_map(|line| line.strip_suffix(".workspace = true")).filter(|name| name.starts_with("forecourt-"));
    names.map(str::to_owned).filter(|name| *name != own).collect()
}

#[test]
fn crate_dependencies_point_one_way() {
    let set = |names: &[&str]| names.iter().map(|n| format!("forecourt-{n}")).collect::<BTreeSet<_>>();
    assert_eq!(depends_on(&root().join("shared/domain/Cargo.toml")), set(&[]));
    assert_eq!(depends_on(&root().join("shared/store/Cargo.toml")), set(&["domain"]));
    assert_eq!(depends_on(&root().join("shared/edge/Cargo.toml")), set(&["domain", "store"]));
    for function in std::fs::read_dir(root().join("functions")).unwrap() {
        let manifest = function.unwrap().path().join("Cargo.toml");
        let allowed = set(&["domain", "store", "edge"]);
        assert!(depends_on(&manifest).is_subset(&allowed), "{}", manifest.display());
    }
}

#[test]
fn the_domain_has_no_io_and_no_async_code() {
    let manifest = std::fs::read_to_string(root().join("shared/domain/Cargo.toml")).unwrap();
    for outside in ["aws", "tokio", "uuid", "rand", "tracing", "async"] {
        assert!(!manifest.contains(outside), "the domain depends on {outside}");
    }
    for file in files(&root().join("shared/domain/src"), "rs") {
        let text = std::fs::read_to_string(&file).unwrap();
        for word in ["Utc::now", "Instant::now", "async fn", "std::env", "std::fs", "println!"] {
            assert!(!text.contains(word), "{} says {word}", file.display());
        }
    }
}

#[test]
fn only_the_store_uses_dynamodb_and_only_its_module_keys_builds_keys() {
    for folder in ["functions", "shared/domain", "shared/edge"] {
        for file in files(&root().join(folder), "rs") {
            let text = std::fs::read_to_string(&file).unwrap();
            let allowed = file.ends_with("shared/edge/src/start/mod.rs");
            assert!(allowed || !text.contains("aws_sdk_dynamodb"), "{} speaks DynamoDB", file.display());
            assert!(!text.contains("#L#"), "{} makes a key", file.display());
        }
    }
}

/// A stored type has one name for each field and reads every value of another release. Only single texts, such as ids and addresses, are
/// checked when they are read; see docs/upgrading.md.
#[test]
fn stored_types_have_no_aliases_and_no_checks_that_refuse_items_of_another_release() {
    for folder in ["shared/domain/src", "shared/store/src"] {
        for file in files(&root().join(folder), "rs") {
            let text = std::fs::read_to_string(&file).unwrap();
            for attribute in text.split("serde(").skip(1).map(|rest| rest.split(")]").next().unwrap()) {
                let of_text = attribute.replace("try_from = \"String\"", "");
                for word in ["alias", "deny_unknown_fields", "try_from"] {
                    assert!(!of_text.contains(word), "{}: serde({attribute})", file.display());
                }
            }
        }
    }
}

/// Each module of `edge` uses only modules before it in this list, so that there is no cycle.
#[test]
fn the_modules_of_edge_depend_one_way() {
    let order = [
        "environment",
        "metrics",
        "files",
        "resolver",
        "mail_server",
        "platform",
        "start",
        "routes",
        "formats",
        "auth",
        "http",
        "queue",
        "usecase",
    ];
    let rank = |module: &str| order.iter().position(|known| *known == module).unwrap_or_else(|| panic!("{module} is not in the order"));
    let source = root().join("shared/edge/src");
    for file in files(&source, "rs").into_iter().filter(|file| !file.ends_with("lib.rs")) {
        let own = file.strip_prefix(&source).unwrap().components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let own = own.trim_end_matches(".rs");
        let text = std::fs::read_to_string(&file).unwrap();
        for used in text.split("crate::").skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap()) {
            // `crate::Platform` and `crate::{…}` are exports of the crate's root.
            let used = if used.is_empty() || used.starts_with(char::is_uppercase) { "platform" } else { used };
            assert!(rank(used) <= rank(own), "{} uses {used}", file.display());
        }
    }
}

/// A module with a folder is `folder/mod.rs`, never `folder.rs` beside `folder/`.
#[test]
fn a_module_with_a_folder_is_in_the_folder() {
    for file in files(&root(), "rs") {
        let folder = file.with_extension("");
        assert!(!folder.is_dir(), "move {} to {}", file.display(), folder.join("mod.rs").display());
    }
}

#[test]
fn source_files_and_function_mains_are_limited_in_length() {
    let lines = |file: &Path| std::fs::read_to_string(file).unwrap().lines().count();
    for file in files(&root(), "rs").into_iter().chain(files(&root(), "py")) {
        assert!(lines(&file) <= 400, "{} has {} lines", file.display(), lines(&file));
    }
    for function in std::fs::read_dir(root().join("functions")).unwrap() {
        let main = function.unwrap().path().join("src/main.rs");
        assert!(lines(&main) <= 25, "{}", main.display());
    }
}

/// `rustfmt` does not wrap comments. A line of a table cannot be wrapped.
#[test]
fn lines_of_comments_are_limited_in_length() {
    let is_table = |line: &str| line.trim_start_matches(['/', '!', ' ']).starts_with('|');
    for file in files(&root(), "rs") {
        let text = std::fs::read_to_string(&file).unwrap();
        let comments = (1..).zip(text.lines()).filter(|(_, line)| line.trim_start().starts_with("//") && !is_table(line));
        let too_long: Vec<i32> = comments.filter(|(_, line)| line.chars().count() > 140).map(|(number, _)| number).collect();
        assert!(too_long.is_empty(), "wrap the comments of {} in lines {too_long:?} at 140 columns", file.display());
    }
}

/// infra/openapi.json matches the code. `cargo openapi > infra/openapi.json` updates it.
#[test]
fn the_openapi_document_matches_the_code() {
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(root().join("infra/openapi.json")).unwrap()).unwrap();
    let made = serde_json::to_value(openapi::document()).unwrap();
    assert!(kept == made, "infra/openapi.json has drifted: cargo openapi > infra/openapi.json");
    let in_document: BTreeSet<String> = made["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .unwrap()
                .keys()
                .filter(|k| ["get", "post", "put", "patch", "delete"].contains(&k.as_str()))
                .map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    assert_eq!(in_document, routes::all().map(|route| route.key()).collect());
}

#[test]
fn the_routes_of_the_template_match_the_code() {
    let template = std::fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    assert!(template::with_routes(&template).unwrap() == template, "infra/template.yaml has drifted: cargo template");
    assert_eq!(template.matches("RouteKey: ").count(), routes::all().count() + template::CONSOLE.len());
    for function in std::fs::read_dir(root().join("functions")).unwrap() {
        let name = function.unwrap().file_name().into_string().unwrap();
        assert!(template.contains(&format!("CodeUri: ../target/lambda/{name}/")), "{name} is not in the template");
    }
}

/// ACC-2: a token of Cognito has its client in place of an audience, so that the authorizer accepts as many audiences as there are clients.
#[test]
fn acc_2_the_authorizer_accepts_several_audiences() {
    let template = std::fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    assert!(template.contains("\n  TokenAudience:\n    Type: CommaDelimitedList\n"));
    assert!(template.contains("JwtConfiguration: { Issuer: !Ref TokenIssuer, Audience: !Ref TokenAudience }\n"));
}

/// PRV-1, ACC-2: the access log names the sender by the claims that the stack's parameters name.
#[test]
fn prv_1_the_access_log_has_the_claims_of_the_parameters() {
    let template = std::fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    let format = &template[template.find("AccessLogSettings:").unwrap()..template.find("DefaultRouteSettings:").unwrap()];
    for (name, claim) in [("Group", "GroupClaim"), ("User", "UserClaim"), ("Partner", "PartnerClaim")] {
        assert!(format.contains(&format!("\"{}\":\"${{{name}}}\"", name.to_lowercase())), "{format}");
        let part = format!("{name}: !If [Logs{claim}, !Sub \"$context.authorizer.claims.${{{claim}}}\", ");
        assert!(format.contains(&part), "{format}");
        assert!(
            template.contains(&format!("  Logs{claim}: !Equals [!Join [\"\", !Split [\"/\", !Ref {claim}]], !Ref {claim}]\n")),
            "{claim}"
        );
    }
}

/// ACC-2: only operations with a signed link or a signature, and the documents, work without a token.
#[test]
fn acc_2_only_signed_operations_work_without_a_token() {
    let open: Vec<String> = routes::all().filter(|route| route.is_open()).map(|route| route.operation.id()).collect();
    let wanted = [
        "ShowInvitation",
        "BookSlot",
        "ConfirmBooking",
        "CancelBooking",
        "CancelByForm",
        "BookingFile",
        "ShowSubscription",
        "Unsubscribe",
        "Resubscribe",
        "FeedFile",
        "ReceivePingBack",
        "Reference",
        "ReferencePage",
        "DecisionsPage",
    ];
    assert_eq!(open, wanted);
    // The console needs no token, because it has sessions.
    let template = std::fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    assert_eq!(template.matches("AuthorizationType: NONE\n").count(), wanted.len() + template::CONSOLE.len());
    assert_eq!(template.matches("AuthorizationType: JWT\n").count(), routes::all().count() - wanted.len());
}

/// Of the table, the console may read and write sessions only, and it has no other rights than to log.
#[test]
fn the_console_may_use_no_items_but_sessions() {
    let template = std::fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    let role = &template[template.find("\n  ConsoleRole:\n").unwrap()..template.find("\n  Console:\n").unwrap()];
    let actions: Vec<&str> = role.lines().filter_map(|line| line.trim_start().strip_prefix("Action: [")).collect();
    assert_eq!(
        actions,
        [
            "dynamodb:GetItem, dynamodb:Query, dynamodb:PutItem, dynamodb:DeleteItem]",
            "logs:CreateLogStream, logs:PutLogEvents]",
            "xray:PutTraceSegments, xray:PutTelemetryRecords]",
        ]
    );
    assert!(role.contains("Condition: { \"ForAllValues:StringLike\": { \"dynamodb:LeadingKeys\": [\"SESSION#*\"] } }\n"), "{role}");
    assert!(!role.contains("/index/"), "{role}");
}

/// Routes name schemas by text, so each name must have a schema.
#[test]
fn every_openapi_reference_has_a_target() {
    let made = serde_json::to_value(openapi::document()).unwrap();
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(to)) = map.get("$ref") {
                    found.insert(to.clone());
                }
                map.values().for_each(|v| references(v, found));
            }
            Value::Array(all) => all.iter().for_each(|v| references(v, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    references(&made, &mut found);
    assert!(found.len() > 5);
    for to in found {
        assert!(made.pointer(to.trim_start_matches('#')).is_some(), "{to}");
    }
}

#[test]
fn every_operation_has_one_route_of_an_existing_function() {
    let operations: BTreeSet<Operation> = routes::all().map(|route| route.operation).collect();
    assert_eq!(operations.len(), routes::all().count());
    for route in routes::all() {
        assert!(root().join("functions").join(route.function).exists(), "{}", route.function);
    }
}

#[tokio::test]
async fn the_functions_accept_their_sample_events() {
    let world = World::new().await;
    let read = |name: &str| -> Value { serde_json::from_str(&std::fs::read_to_string(root().join("events").join(name)).unwrap()).unwrap() };
    let (platform, queues) = (&world.system.platform, forecourt_lead_intake::OwnQueues::default());
    let answer = forecourt_lead_intake::handle(platform, &world.system.queue, &queues, read("lead-intake/http-json.json")).await.unwrap();
    assert_eq!(answer["statusCode"], 201, "{answer}");
    let answer = forecourt_lead_intake::handle(platform, &world.system.queue, &queues, read("lead-intake/queue.json")).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let answer = forecourt_appointment::handle(platform, &world.system.appointments, read("appointment/http-json.json")).await.unwrap();
    assert_eq!(answer["statusCode"], 201, "{answer}");
    let answer = forecourt_appointment::handle(platform, &world.system.appointments, read("appointment/queue.json")).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    // The sample has a fixed time, so its signature is always too old.
    let event = serde_json::from_value(read("appointment-pingback/http-json.json")).unwrap();
    assert_eq!(forecourt_appointment_pingback::handle(platform, event).await.status_code, 401);
    let answer = forecourt_lead::handle(platform, serde_json::from_value(read("lead/list.json")).unwrap()).await;
    assert_eq!(answer.status_code, 200);
    let answer = forecourt_overview::handle(platform, serde_json::from_value(read("overview/appointments.json")).unwrap()).await;
    assert_eq!(answer.status_code, 200);
    let exporter = forecourt_export::Exporter::new(platform.of("export"), world.bucket.clone());
    assert_eq!(exporter.handle(read("export/ask.json")).await.unwrap()["statusCode"], 202);
    assert_eq!(exporter.handle(read("export/wake_up.json")).await.unwrap(), json!({"batchItemFailures": []}));
    for (function, file) in [("assign", "assign/wake_up.json"), ("escalate", "escalate/wake_up.json")] {
        let event = serde_json::from_value(read(file)).unwrap();
        let response = if function == "assign" {
            forecourt_assign::handle(platform, event).await
        } else {
            forecourt_escalate::handle(platform, event).await
        };
        assert_eq!(response.batch_item_failures.len(), 0);
    }
    assert_eq!(world.list("ingo.brandt", NORDSTERN).await.len(), 2);
}

/// PRV-1: no log line contains a customer's data.
#[test]
fn prv_1_no_log_statement_names_personal_data() {
    for file in files(&root().join("shared"), "rs").into_iter().chain(files(&root().join("functions"), "rs")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| line.contains("tracing::")) {
            for word in ["body", "email", "phone", "contact", "enquiry", "raw"] {
                assert!(!line.contains(word), "{}: {line}", file.display());
            }
        }
    }
}
