//! The routes of `infra/template.yaml`, and the throttles of those that are open: generated from the table of routes, and for the console.

use forecourt_edge::routes::{self, Access, OPEN_BURST, OPEN_RATE, Operation, Route, SettingsPart};
use std::fmt::Write as _;

const BEGIN: &str = "  # Generated from the table of routes by `cargo run -- template`: begin\n";
const END: &str = "  # Generated: end\n";
const BEGIN_THROTTLES: &str = "      # Generated from the open routes by `cargo run -- template`: begin\n";
const END_THROTTLES: &str = "      # Generated: end\n";

/// The routes of the console: the name of each in the template, and its key. They are no operations of the API, and need no token: the
/// console has sessions.
pub const CONSOLE: [(&str, &str); 3] = [("ConsoleHome", "GET /"), ("ConsoleStart", "ANY /desk"), ("ConsolePages", "ANY /desk/{proxy+}")];
/// The requests a second that a route of the console takes, of all callers together (SET-12). It is less than half of the API's rate: a
/// flood of pages leaves room for the API.
const CONSOLE_RATE: u32 = 100;
/// The requests that a route of the console takes at once.
const CONSOLE_BURST: u32 = 200;

/// Returns `template` with its generated sections replaced. `None` if the template lacks one of them.
pub fn with_routes(template: &str) -> Option<String> {
    let with_throttles = replaced(template, BEGIN_THROTTLES, END_THROTTLES, &throttles())?;
    let console = CONSOLE.into_iter().map(|(name, key)| resource(name, key, "NONE", "console"));
    replaced(&with_throttles, BEGIN, END, &routes::all().map(resource_of).chain(console).collect::<String>())
}

fn replaced(template: &str, begin: &str, end: &str, section: &str) -> Option<String> {
    let (before, rest) = template.split_once(begin)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{begin}{section}{end}{after}"))
}

/// Returns the throttles of the routes without a token (SET-12). The stage names the routes, so they must exist before it does.
fn throttles() -> String {
    let of_api = routes::all().filter(|route| route.is_open()).map(|route| (name(route.operation), route.key(), OPEN_BURST, OPEN_RATE));
    let of_console = CONSOLE.into_iter().map(|(name, key)| (name.to_owned(), key.to_owned(), CONSOLE_BURST, CONSOLE_RATE));
    let open: Vec<_> = of_api.chain(of_console).collect();
    let mut text = "      RouteSettings:\n".to_owned();
    for (_, key, burst, rate) in &open {
        let _ = writeln!(text, "        \"{key}\": {{ ThrottlingBurstLimit: {burst}, ThrottlingRateLimit: {rate} }}");
    }
    text += "    DependsOn:\n";
    for (name, ..) in &open {
        let _ = writeln!(text, "      - {name}Route");
    }
    text
}

fn resource_of(route: &Route) -> String {
    let authorization = match route.access {
        Access::Token => {
            "JWT\n      AuthorizerId: !Ref Tokens\n      AuthorizationScopes: !If [HasTokenScope, [!Ref TokenScope], !Ref AWS::NoValue]"
        }
        Access::Link | Access::Signature | Access::Open => "NONE",
    };
    resource(&name(route.operation), &route.key(), authorization, route.function)
}

fn resource(name: &str, key: &str, authorization: &str, function: &str) -> String {
    let mut text = format!("  {name}Route:\n    Type: AWS::ApiGatewayV2::Route\n    Properties:\n");
    let _ = writeln!(text, "      ApiId: !Ref Api\n      RouteKey: \"{key}\"");
    let _ = writeln!(text, "      AuthorizationType: {authorization}");
    let _ = writeln!(text, "      Target: !Sub \"integrations/${{{}Integration}}\"\n", camel_case(function));
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
