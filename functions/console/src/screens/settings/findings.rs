//! Findings about risky settings, beside the settings that they are about (SET-8).

use super::describe::Section;
use super::words::Words;
use crate::api::Data;
use crate::view::explained;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Returns the texts of the findings of a section by the path of the input.
pub(super) fn of_section(section: &Section, found: &Data, json: &Json, words: &Words) -> BTreeMap<String, Vec<String>> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in found.get("findings").items() {
        if let Some(place) = section.input_of(finding.text("field")) {
            texts.entry(place).or_default().push(text(&finding, json, words));
        }
    }
    texts
}

/// Writes a finding in the reader's language. `json` has the lists that it names by position.
pub(super) fn text(finding: &Data, json: &Json, words: &Words) -> String {
    let field = finding.text("field");
    let of_group = field.starts_with("distribution_groups");
    let kind = finding.text("kind");
    let keys = [if of_group { format!("finding.{kind}_of_group") } else { String::new() }, format!("finding.{kind}")];
    let text = keys.iter().map(|key| words.text(key)).find(|text| !text.is_empty());
    // A kind of another release has no text here.
    let detail = explained(words.zoned.language, finding.text("detail"));
    let Some(text) = text else { return detail };
    text.replace("{name}", &subject(field, json, words)).replace("{detail}", &detail)
}

/// Returns the name of the user or group that a path such as `members[3].supervisor` names; the path if there is none.
fn subject(field: &str, json: &Json, words: &Words) -> String {
    let found = field.split_once('[').and_then(|(list, rest)| {
        let number: usize = rest.split_once(']')?.0.parse().ok()?;
        let list = if list == "members" && json.get(list).is_none() { "users" } else { list };
        let entry = json.get(list)?.get(number)?;
        entry.get("user").unwrap_or(entry).as_str()
    });
    found.map_or_else(|| field.to_owned(), |id| words.name(id).to_owned())
}
