//! Every sample gives the result that is stated beside it.

use super::{every_sample, folder};
use crate::intake::mail::render::render;
use forecourt_lead_intake::mail::{Layouts, read};
use serde_json::Value;

/// INT-1, INT-7: every mail below `events/lead-intake/mail` gives the result of the file beside it.
#[test]
fn int_1_every_mail_gives_the_expected_result() {
    let samples = every_sample();
    assert!(samples.len() >= 40);
    let mut wrong = Vec::new();
    for (name, bytes) in samples {
        let text = std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap_or_else(|_| panic!("{name}.json is missing"));
        let expected: Value = serde_json::from_str(&text).unwrap();
        let found = render(&read(&bytes, Layouts::standard()));
        if found != expected {
            wrong.push(format!("{name}: expected\n{expected:#}\nfound\n{found:#}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// INT-1: every expected result has its mail.
#[test]
fn int_1_every_expected_result_has_its_mail() {
    let names: Vec<String> = every_sample().into_iter().map(|(name, _)| name).collect();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(names.contains(&name), "{} has no mail", path.display());
    }
}
