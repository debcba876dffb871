//! Telephone numbers and e-mail addresses as people type them (INT-3).

use forecourt_domain::base::{Country, Phone};
use serde_json::Value;

fn cases(about: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../cases/channels.json")).unwrap();
    all[about].as_array().unwrap().clone()
}

/// INT-3: a number ends where a note, an extension or another number begins. A doubtful one is not read.
#[test]
fn int_3_a_telephone_number_ends_where_a_note_an_extension_or_another_number_begins() {
    let mut wrong = Vec::new();
    for case in cases("telephone") {
        let country = Country::try_from(case["country"].as_str().unwrap().to_owned()).unwrap();
        let typed = Phone::without_marks(case["typed"].as_str().unwrap());
        let read = Phone::read_all(&typed, country);
        let numbers: Vec<&str> = read.iter().filter_map(|phone| phone.e164.as_deref()).collect();
        let wanted: Vec<&str> = match case["e164_all"].as_array() {
            Some(all) => all.iter().filter_map(Value::as_str).collect(),
            None => case["e164"].as_str().into_iter().collect(),
        };
        let first = Phone::read(&typed, country);
        let is_right = numbers == wanted
            && case["note"].as_str().is_none_or(|note| read[0].note.as_deref() == Some(note))
            && case["extension"].as_str() == read[0].extension.as_deref()
            && (first.typed == typed && first.e164.as_deref() == wanted.first().copied());
        if !is_right {
            wrong.push(format!("{typed}: {read:?}"));
        }
        // A client that reads a contact and sends it back changes nothing.
        for phone in &read {
            let again = Phone::read_all(&phone.typed, country);
            if again.len() != 1 || again[0].channel() != phone.channel() {
                wrong.push(format!("{typed} read again as {}: {again:?}", phone.typed));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
