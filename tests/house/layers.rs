//! The order of the domain's folders: a folder imports only from itself and from folders below it. The same for the subjects of the tests.

use crate::support::{files, root};

/// The folders of `shared/domain/src`, lowest first. `shared/domain/src/lib.rs` describes each.
const ORDER: [&str; 38] = [
    "base",
    "hours",
    "enquiry",
    "settings",
    "texts",
    "directory",
    "people",
    "distribution",
    "elements",
    "slots",
    "bookings",
    "calendar",
    "lead",
    "messages",
    "mail",
    "appointment",
    "follow_up",
    "access",
    "reports",
    "webhooks",
    "privacy",
    "decision",
    "rules/directory",
    "rules/slots",
    "rules/people",
    "rules/views",
    "rules/texts",
    "rules/settings",
    "rules/webhooks",
    "rules/distribution",
    "rules/calendar",
    "rules/elements",
    "rules/lead",
    "rules/appointment",
    "rules/follow_up",
    "rules/hand_over",
    "rules/messages",
    "rules/privacy",
];

/// Returns the position in [`ORDER`] of a path such as `rules/lead/intake.rs` or `lead::Lead`. `None` for the root module and for `rules`
/// itself.
fn place(path: &str) -> Option<usize> {
    let path = path.trim_end_matches(".rs").replace("::", "/");
    ORDER.iter().position(|folder| path == *folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
}

/// Returns the paths that a line of code names after `crate::`. A group at the crate's root is expanded.
fn imports(line: &str) -> Vec<String> {
    let code = line.trim_start();
    if code.starts_with("//") {
        return Vec::new();
    }
    let spelled = |rest: &str| match rest.strip_prefix('{').and_then(|group| group.split_once('}')) {
        Some((group, _)) => group.split(',').map(|path| path.trim().to_owned()).collect(),
        None => vec![rest.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).next().unwrap_or_default().to_owned()],
    };
    code.split("crate::").skip(1).flat_map(spelled).collect()
}

/// Returns every upward import in the text of a file.
fn upward(file: &str, text: &str) -> Vec<String> {
    let Some(own) = place(file) else { return Vec::new() };
    let named = text.lines().enumerate().flat_map(|(number, line)| imports(line).into_iter().map(move |path| (number + 1, path)));
    let judged = named.filter_map(|(number, path)| match place(&path) {
        Some(other) if other <= own => None,
        Some(other) => Some(format!(
            "{file}:{number} imports crate::{path}; `{}` may import only from folders below it, and `{}` is above it",
            ORDER[own], ORDER[other]
        )),
        None => Some(format!("{file}:{number} imports crate::{path}, which belongs to no folder of the order in {}", file!())),
    });
    judged.collect()
}

#[test]
fn no_folder_of_the_domain_imports_upward() {
    let source = root().join("shared/domain/src");
    let mut found = Vec::new();
    for path in files(&source, "rs") {
        let file = path.strip_prefix(&source).unwrap().to_string_lossy().replace('\\', "/");
        let at_the_root = ["lib.rs", "rules/mod.rs"].contains(&file.as_str());
        assert!(at_the_root || place(&file).is_some(), "{file} is in no folder of the order in {}", file!());
        found.extend(upward(&file, &std::fs::read_to_string(&path).unwrap()));
    }
    assert!(found.is_empty(), "upward imports:\n{}", found.join("\n"));
}

#[test]
fn the_crate_page_lists_the_folders_in_the_same_order() {
    let page = std::fs::read_to_string(root().join("shared/domain/src/lib.rs")).unwrap();
    let listed: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("//! | [`")?.split('`').next()).collect();
    let mut folders: Vec<&str> = ORDER.iter().map(|folder| folder.split('/').next().unwrap()).collect();
    folders.dedup();
    assert_eq!(listed, folders);
}

/// Helpers of several subjects are in `support`.
#[test]
fn a_subject_of_the_tests_uses_no_helpers_of_another() {
    let source = root().join("tests");
    let mut found = Vec::new();
    for path in files(&source, "rs") {
        let file = path.strip_prefix(&source).unwrap().to_string_lossy().replace('\\', "/");
        let Some((own, _)) = file.split_once('/') else { continue };
        let text = std::fs::read_to_string(&path).unwrap();
        let named = text.lines().filter(|line| line.starts_with("use crate::")).flat_map(imports);
        let foreign = named.filter(|path| path.split("::").next().is_some_and(|subject| subject != own && subject != "support"));
        found.extend(foreign.map(|path| format!("tests/{file} imports crate::{path}")));
    }
    assert!(found.is_empty(), "move these helpers to tests/support:\n{}", found.join("\n"));
}

#[test]
fn an_upward_import_is_found() {
    let text = "use crate::base::LeadId;\nuse crate::rules::lead::intake;\n// crate::rules::lead is only mentioned\nlet x = crate::messages::Letter::new();\n";
    let found = upward("lead/mod.rs", text);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("lead/mod.rs:2 imports crate::rules::lead::intake;"), "{}", found[0]);
    assert!(found[1].contains("`lead` may import only from folders below it, and `messages` is above it"), "{}", found[1]);
    assert_eq!(upward("rules/calendar/event.rs", "use crate::rules::elements::add;").len(), 1);
    assert_eq!(upward("rules/elements/mod.rs", "use crate::rules::calendar::settle;"), Vec::<String>::new());
    assert_eq!(upward("lead/mod.rs", "use crate::{base::LeadId, access::Scope};").len(), 1);
    assert_eq!(upward("lead/mod.rs", "use crate::elsewhere::Thing;").len(), 1);
}
