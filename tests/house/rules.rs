//! Checks that `docs/rules.md`, the code and the tests agree on the rules, and that the documents' links work.

use crate::support::world::{NORDSTERN, Request, World};
use crate::support::{files, root};
use forecourt_reference as reference;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const AREAS: [&str; 16] =
    ["API", "SET", "CLK", "INT", "DIS", "ESC", "LEAD", "CAL", "APT", "OVR", "EXP", "FUP", "ACC", "DESK", "MSG", "PRV"];

/// Returns each rule of `docs/rules.md` and whether it is built.
fn rules() -> BTreeMap<String, bool> {
    let text = std::fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let headings = text.lines().filter_map(|line| line.strip_prefix("### <a id=\""));
    headings.map(|rest| (rest.split('"').next().unwrap().to_owned(), !rest.ends_with("(planned)"))).collect()
}

/// Returns the rule ids in a text.
fn ids(text: &str) -> BTreeSet<String> {
    let part_of_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let id_at = |at: usize| {
        let before = text[..at].trim_end_matches(|c: char| c.is_ascii_uppercase());
        let area = &text[before.len()..at];
        let after = text[at + 1..].trim_start_matches(|c: char| c.is_ascii_digit());
        let id = &text[before.len()..text.len() - after.len()];
        let whole = id.len() > area.len() + 1 && !before.ends_with(part_of_word) && !after.starts_with(part_of_word);
        (whole && AREAS.contains(&area)).then(|| id.to_owned())
    };
    text.match_indices('-').filter_map(|(at, _)| id_at(at)).collect()
}

/// Returns the rule ids that the name of a test begins with: `ESC-1`, `ESC-2` for `esc_1_2_the_steps_happen`.
fn ids_of_name(name: &str) -> BTreeSet<String> {
    let mut parts = name.split('_');
    let area = parts.next().unwrap_or_default().to_uppercase();
    let numbers = parts.take_while(|part| part.parse::<u8>().is_ok());
    numbers.filter(|_| AREAS.contains(&area.as_str())).map(|number| format!("{area}-{number}")).collect()
}

#[test]
fn ids_are_found_in_texts_and_names() {
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(ids("(INT-3, LEAD-2 to LEAD-7), UTF-8, xINT-4, INT-5-b, INT-, ESC-10."), set(&["INT-3", "LEAD-2", "LEAD-7", "ESC-10"]));
    assert_eq!(ids_of_name("esc_1_2_the_steps_happen"), set(&["ESC-1", "ESC-2"]));
    assert_eq!(ids_of_name("a_lead_of_3_users"), set(&[]));
}

fn documents() -> Vec<PathBuf> {
    let top = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name));
    top.into_iter().filter(|path| path.exists()).chain(files(&root().join("docs"), "md")).collect()
}

#[test]
fn every_rule_id_in_the_tree_is_a_rule() {
    let rules = rules();
    let areas: BTreeSet<&str> = rules.keys().filter_map(|id| Some(id.split_once('-')?.0)).collect();
    assert_eq!(areas, BTreeSet::from(AREAS), "AREAS in {} must have the areas of docs/rules.md, or their ids are not found", file!());
    let mut unknown = Vec::new();
    for folder in ["functions", "shared", "infra", "tests", "docs"] {
        for ending in ["rs", "md", "json", "yaml", "html", "txt", "py", "toml"] {
            for file in files(&root().join(folder), ending) {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                unknown.extend(ids(&text).into_iter().filter(|id| !rules.contains_key(id)).map(|id| format!("{}: {id}", file.display())));
            }
        }
    }
    assert!(unknown.is_empty(), "these ids are not in docs/rules.md; correct the id or add the rule:\n{}", unknown.join("\n"));
}

/// Returns the rules that tests name: in the function's name, or in its doc comment.
fn tested(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut doc = BTreeSet::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("///") {
            doc.append(&mut ids(comment));
        } else if line.starts_with("#[") {
            is_test |= line.starts_with("#[test") || line.starts_with("#[tokio::test");
        } else {
            if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
                found.append(&mut doc);
                found.append(&mut ids_of_name(rest.split('(').next().unwrap()));
            }
            doc.clear();
            is_test = false;
        }
    }
    found
}

#[test]
fn every_built_rule_has_a_test() {
    let texts = files(&root().join("tests"), "rs").into_iter().map(|file| std::fs::read_to_string(file).unwrap());
    let tested: BTreeSet<String> = texts.flat_map(|text| tested(&text)).collect();
    let missing: Vec<String> = rules().into_iter().filter(|(id, built)| *built && !tested.contains(id)).map(|(id, _)| id).collect();
    assert!(
        missing.is_empty(),
        "no test names these rules: {}. Name the rule in the doc comment of the test that proves it, write that test, \
         or mark the rule (planned) in docs/rules.md",
        missing.join(", ")
    );
}

/// Returns the anchors of a Markdown document: its headings and its `<a id="…">`.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| reference::slug(line.trim_start_matches('#').trim()));
    let named = text.split("<a id=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    headings.chain(named).collect()
}

#[test]
fn every_link_in_the_documents_has_a_file_and_an_anchor() {
    let mut broken = Vec::new();
    for file in documents() {
        let text = std::fs::read_to_string(&file).unwrap();
        for link in text.split("](").skip(1).map(|rest| rest.split([')', ' ']).next().unwrap()) {
            let (to, anchor) = link.split_once('#').unwrap_or((link, ""));
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let target = if to.is_empty() { file.clone() } else { file.parent().unwrap_or(Path::new("")).join(to) };
            let leads = target.exists() && (anchor.is_empty() || anchors(&std::fs::read_to_string(&target).unwrap()).contains(anchor));
            if !leads {
                broken.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "these links lead nowhere; correct the path or the heading:\n{}", broken.join("\n"));
}

#[test]
fn the_rules_page_has_an_anchor_for_every_rule() {
    let page = reference::page("/reference/rules").unwrap();
    for id in rules().keys() {
        assert!(page.contains(&format!("<a id=\"{id}\"></a>{id}")), "/reference/rules#{id} leads nowhere");
    }
    assert!(page.contains("href=\"decisions/intake#lead-numbers\""), "links lead to pages, not to files");
    assert!(reference::page("/reference/decisions/intake").unwrap().contains("<h3 id=\"lead-numbers\">"));
    assert_eq!(reference::page("/reference/decisions/none"), None);
    assert!(reference::page("/reference").unwrap().contains("<code>GET /leads/{id}</code>"));
}

#[test]
fn every_decision_file_has_a_reference_page() {
    for file in files(&root().join("docs/decisions"), "md") {
        let path = format!("/reference/decisions/{}", file.file_stem().unwrap().display());
        assert!(reference::page(&path).is_some(), "add {} to PAGES in functions/reference/src/pages.rs", file.display());
    }
}

/// LEAD-9, SET-10, INT-5, LEAD-1: a problem that is about one rule links to it.
#[tokio::test]
async fn each_problem_about_one_rule_links_to_the_rules_page() {
    let world = World::new().await;
    let leads = format!("/dealers/{NORDSTERN}/leads");
    let lead = world.post("ingo.brandt", &leads, &json!({"contact": {"email": "jana@example.com"}})).await;
    let lead = format!("/leads/{}", lead.body["id"].as_str().unwrap());
    let hours = format!("/dealers/{NORDSTERN}/escalation");
    let again = |email: &str| json!({"contact": {"email": email}, "external_id": "e-1"});
    assert_eq!(world.post("ingo.brandt", &leads, &again("a@example.com")).await.status, 201);
    let lost = json!({"status": "lost", "reason": "other"});
    assert_eq!(world.post("ingo.brandt", &format!("{lead}/status"), &lost).await.status, 200);
    let minutes = json!({"level_1": 60}).to_string();
    let stale = world.call(Request::put("ingo.brandt", &hours).headers(&[("if-match", "\"77\"")]).body(minutes.as_bytes())).await;
    let unconditional = world.call(Request::put("ingo.brandt", &hours).body(minutes.as_bytes())).await;
    let answers = [
        (404, "LEAD-9", world.get("ingo.brandt", "/leads/0000000001").await),
        (403, "LEAD-9", world.get("ingo.brandt", "/exports/log").await),
        (422, "INT-5", world.post("ingo.brandt", &leads, &again("b@example.com")).await),
        (422, "INT-3", world.post("ingo.brandt", &leads, &json!({"contact": {"email": "jana"}})).await),
        (409, "LEAD-1", world.post("ingo.brandt", &format!("{lead}/assignment"), &json!({"user": "ben.krause"})).await),
        (412, "SET-10", stale),
        (428, "SET-10", unconditional),
    ];
    let page = reference::page("/reference/rules").unwrap();
    for (status, rule, answer) in answers {
        let url = format!("/reference/rules#{rule}");
        assert_eq!((answer.status, answer.text("/rule"), answer.text("/rule_url")), (status, rule, url.as_str()), "{}", answer.body);
        assert!(page.contains(&format!("<a id=\"{rule}\">")), "{url} leads nowhere");
    }
    // Several rules, and none.
    let answer = world.post("ingo.brandt", &leads, &json!({"type": "spaceship", "contact": {"email": "jana"}})).await;
    assert_eq!((answer.status, &answer.body["rule"]), (422, &json!(null)), "{}", answer.body);
    // What the sender wrote is no rule.
    let json = [("content-type", "application/json")];
    let answer = world.call(Request::post("ingo.brandt", &leads).headers(&json).body(br#"{"(INT-5)": 1, "(INT-5)": 2}"#)).await;
    assert_eq!((answer.status, &answer.body["rule"]), (400, &json!(null)), "{}", answer.body);
}

/// INT-3, INT-4: each error of a problem names a rule that the reference explains.
#[tokio::test]
async fn each_error_of_a_problem_links_to_the_rules_page() {
    let world = World::new().await;
    let body = json!({"type": "spaceship", "contact": {"email": "jana", "phone": "12"}});
    let answer = world.post("ingo.brandt", &format!("/dealers/{NORDSTERN}/leads"), &body).await;
    let errors = answer.body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 3);
    let page = reference::page("/reference/rules").unwrap();
    for error in errors {
        let anchor = error["rule_url"].as_str().unwrap().strip_prefix("/reference/rules#").unwrap();
        assert!(page.contains(&format!("<a id=\"{anchor}\">")), "{error}");
    }
}
