//! The routes of `infra/template.yaml`, generated from the table of routes.

use forecourt_edge::routes::{self, Access, Operation, Route, SettingsPart};
use std::fmt::Write as _;

const BEGIN: &str = "  # Generated from the table of routes by `cargo run -- template`: begin\n";
const END: &str = "  # Generated: end\n";

/// Returns `template` with its generated section replaced. `None` if the template has no such section.
pub fn with_routes(template: &str) -> Option<String> {
    let (before, rest) = template.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{}{END}{after}", routes::all().map(resource).collect::<String>()))
}

fn resource(route: &Route) -> String {
    let authorization = match route.access {
        Access::Token => {
            "JWT\n      AuthorizerId: !Ref Tokens\n      AuthorizationScopes: !If [HasTokenScope, [!Ref TokenScope], !Ref AWS::NoValue]"
        }
        Access::Link | Access::Signature | Access::Open => "NONE",
    };
    let mut text = format!("  {}Route:\n    Type: AWS::ApiGatewayV2::Route\n    Properties:\n", name(route.operation));
    let _ = writeln!(text, "      ApiId: !Ref Api\n      RouteKey: \"{}\"", route.key());
    let _ = writeln!(text, "      AuthorizationType: {authorization}");
    let _ = writeln!(text, "      Target: !Sub \"integrations/${{{}Integration}}\"\n", camel_case(route.function));
    text
}

/// Names a resource. A deployed resource keeps its name: a route under a new name would conflict with the one that it replaces.
fn name(operation: Operation) -> String {
    match operation {
        Operation::ReadPart(SettingsPart::Appointments) => "ReadAppointmentSettings".into(),
        Operation::ChangePart(SettingsPart::Appointments) => "ChangeAppointmentSettings".into(),
        other => other.id(),
    }
}

/// `lead-intake` becomes `LeadIntake`.
fn camel_case(function: &str) -> String {
    let capitalized = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    function.split('-').filter(|word| !word.is_empty()).map(capitalized).collect()
}
