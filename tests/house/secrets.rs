//! The secrets of the template are those that the functions need.

use std::collections::BTreeSet;
use std::path::Path;

/// Returns the text of a resource of the template.
fn resource<'a>(template: &'a str, name: &str) -> &'a str {
    let begin = template.find(&format!("\n  {name}:\n")).unwrap_or_else(|| panic!("no {name}")) + 1;
    let rest = &template[begin..];
    let end = rest.match_indices("\n  ").find(|(at, _)| rest[at + 3..].starts_with(|c: char| c.is_ascii_uppercase()));
    &rest[..end.map_or(rest.len(), |(at, _)| at)]
}

/// `lead-intake` becomes `LeadIntake`.
fn resource_name(function: &str) -> String {
    function.split('-').map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}

#[test]
fn a_function_gets_and_may_read_the_secrets_that_it_needs_and_no_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let template = std::fs::read_to_string(root.join("infra/template.yaml")).unwrap();
    // A purpose in the code, the variable with its ARN, the secret.
    let secrets = [
        ("Needs::Keys", "CHANNEL_SECRET_ARN", "ChannelSecret"),
        ("Purpose::Links", "LINK_KEYS_ARN", "LinkKeys"),
        ("Purpose::PingBacks", "PING_BACK_KEYS_ARN", "PingBackKeys"),
        ("Purpose::Webhooks", "WEBHOOK_KEYS_ARN", "WebhookKeys"),
        ("Purpose::Origins", "ORIGIN_KEYS_ARN", "OriginKeys"),
    ];
    let mut used = BTreeSet::new();
    for folder in std::fs::read_dir(root.join("functions")).unwrap() {
        let function = folder.unwrap().file_name().into_string().unwrap();
        let code = std::fs::read_to_string(root.join(format!("functions/{function}/src/main.rs"))).unwrap();
        let name = resource_name(&function);
        let (environment, role) = (resource(&template, &name), resource(&template, &format!("{name}Role")));
        for (purpose, variable, secret) in secrets {
            let needs = code.contains(purpose);
            let arn = format!("!If [Creates{secret}, !GetAtt {secret}.Id, !Ref Existing{secret}]");
            assert_eq!(environment.contains(&format!("{variable}: {arn}\n")), needs, "{function}: {variable}");
            assert_eq!(role.contains(&arn), needs, "{function}: {secret}");
            if needs {
                used.insert(secret);
            }
        }
    }
    assert_eq!(used.len(), secrets.len(), "{used:?}");
    assert!(!template.contains("resolve:secretsmanager"), "a value in the template is readable in the function's configuration");
}
