//! The history of the settings in words: old → new (SET-10).

use super::describe::Section;
use super::sections::{MEMBERS, SECTIONS};
use super::words::{Change, Words};
use crate::api::Data;
use crate::console::Trouble;
use crate::reply::Reply;
use crate::screens::{Page, Place};
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use serde_json::{Map, Value as Json};

/// The changes of a part.
#[derive(Debug, Clone)]
struct PartChanges {
    part: String,
    changes: Vec<Change>,
}

impl From<PartChanges> for Value {
    fn from(PartChanges { part, changes }: PartChanges) -> Self {
        context! { part, changes }
    }
}

pub(super) async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let before = page.visit.query.get("before").unwrap_or_default().to_owned();
    let history = page.get(Operation::SettingsHistory, &[("dealer", id)], vec![("before", before)]).await?;
    let words = Words::new(page.zoned(Some(&dealer)), &dealer);
    let entry = |change: &Data| {
        context! {
            at => change.text("at"), by => change.text("by"), parts => parts(change, &words),
            first => change.get("version").json().as_u64() == Some(1),
        }
    };
    let entries: Vec<Value> = history.get("changes").items().iter().map(entry).collect();
    let next = history.get("before").json().as_u64().map(|before| format!("?before={before}"));
    let named = history.get("people").value();
    let values = context! { entries, named, next, list => format!("/desk/d/{id}/settings") };
    page.render(200, "settings_history.html", Place { dealer: Some(&dealer), active: "settings" }, values)
}

/// Writes a change, part by part. A field that no part has, of another release, is named.
fn parts(change: &Data, words: &Words) -> Vec<PartChanges> {
    let (mut before, mut after) = (Map::new(), Map::new());
    for field in change.get("fields").items() {
        before.insert(field.text("field").to_owned(), field.get("before").json().clone());
        after.insert(field.text("field").to_owned(), field.get("after").json().clone());
    }
    let (before, after) = (Json::Object(before), Json::Object(after));
    let mut known: Vec<String> = Vec::new();
    let mut written: Vec<PartChanges> = Vec::new();
    for section in SECTIONS.iter().chain([&MEMBERS]) {
        let tops = tops(section);
        let touched: Vec<&str> = tops.iter().copied().filter(|top| after.get(top).is_some()).collect();
        known.extend(touched.iter().map(|top| (*top).to_owned()));
        if touched.is_empty() {
            continue;
        }
        let inner = |whole: &Json| if section.within.is_empty() { whole.clone() } else { whole[section.within].clone() };
        let covers = |top: &str| !section.within.is_empty() || touched.contains(&top);
        let changes = words.changes(section, &inner(&before), &inner(&after), |field| covers(field.top()));
        if !changes.is_empty() {
            written.push(PartChanges { part: words.text(&format!("part.{}", section.name)).to_owned(), changes });
        }
    }
    let others = after.as_object().into_iter().flat_map(Map::keys).filter(|name| !known.contains(name));
    let scalar = |json: &Json| match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let named = |name: &String| Change { what: words.label(name), before: scalar(&before[name]), after: scalar(&after[name]) };
    let others: Vec<Change> = others.map(named).collect();
    if !others.is_empty() {
        written.push(PartChanges { part: words.text("other_fields").to_owned(), changes: others });
    }
    written
}

/// Returns the fields of the whole settings that belong to a section.
fn tops(section: &Section) -> Vec<&'static str> {
    match section.within {
        "" => section.fields.iter().map(super::describe::Field::top).collect(),
        within => vec![within],
    }
}
