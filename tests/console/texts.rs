//! The texts: the same keys in three languages, and every key that is used exists.

use crate::support::{files, root};
use forecourt_console::text_keys;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The sources of the console with this ending.
fn sources(ending: &str) -> Vec<(PathBuf, String)> {
    let files = files(&root().join("functions/console/src"), ending);
    assert!(!files.is_empty(), "{ending}");
    files.into_iter().map(|file| (file.clone(), std::fs::read_to_string(file).unwrap())).collect()
}

fn keys(language: &str) -> BTreeSet<String> {
    text_keys()[language].iter().cloned().collect()
}

/// DESK-3.
#[test]
fn the_three_languages_have_the_same_texts() {
    let english = keys("en");
    assert!(english.len() > 100, "{}", english.len());
    for language in ["de", "nl"] {
        let other = keys(language);
        let (missing, more): (Vec<_>, Vec<_>) = (english.difference(&other).collect(), other.difference(&english).collect());
        assert!(missing.is_empty() && more.is_empty(), "{language} lacks {missing:?} and has {more:?}");
    }
}

/// A key is a text or the beginning of other keys, not both: a template that names the beginning would find the text.
#[test]
fn no_text_is_the_beginning_of_other_keys() {
    for language in ["en", "de", "nl"] {
        let keys = keys(language);
        let clashes: Vec<&String> = keys
            .iter()
            .filter(|key| keys.range(format!("{key}.")..).next().is_some_and(|next| next.starts_with(&format!("{key}."))))
            .collect();
        assert!(clashes.is_empty(), "{language}: {clashes:?}");
    }
}

/// A template names the kind of a value as a whole, `label("status", …)`, or its beginning, `label("letter_" ~ …)`.
#[test]
fn every_kind_of_values_that_a_template_names_has_texts() {
    let (keys, mut missing, mut used) = (keys("en"), Vec::new(), 0);
    for (file, text) in sources("html") {
        for (at, start) in text.match_indices("label(\"") {
            let (kind, after) = text[at + start.len()..].split_once('"').unwrap();
            let end = if after.trim_start().starts_with('~') { "" } else { "." };
            used += 1;
            if !keys.iter().any(|key| key.starts_with(&format!("label.{kind}{end}"))) {
                missing.push(format!("{}: {kind}", file.display()));
            }
        }
    }
    assert!(used > 50, "{used}");
    assert!(missing.is_empty(), "{missing:#?}");
}

/// A template names a text as a whole, `t("lead.number")`, or its beginning, `t("nav." ~ screen)`.
#[test]
fn every_text_that_a_template_uses_exists() {
    let (keys, mut missing, mut used) = (keys("en"), Vec::new(), 0);
    for (file, text) in sources("html") {
        for (_, rest) in text.match_indices("t(\"").map(|(at, start)| (at, &text[at + start.len()..])).filter(|(at, _)| is_call(&text, *at))
        {
            let (key, after) = rest.split_once('"').unwrap();
            let begins = after.trim_start().starts_with('~');
            let known = match begins {
                true => keys.iter().any(|known| known.starts_with(key)),
                false => keys.contains(key) || keys.contains(&format!("{key}.one")) && keys.contains(&format!("{key}.other")),
            };
            used += 1;
            if !known {
                missing.push(format!("{}: {key}", file.display()));
            }
        }
    }
    assert!(used > 50, "{used}");
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Whether `t` at this place is a function, not the end of another name.
fn is_call(text: &str, at: usize) -> bool {
    !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

/// A screen names a text in `.text("a.b")`; fields of the API's answers have no full stop.
#[test]
fn every_text_that_a_screen_uses_exists() {
    let keys = keys("en");
    let mut missing = Vec::new();
    for (file, text) in sources("rs") {
        for (at, start) in text.match_indices(".text(\"") {
            let key = text[at + start.len()..].split('"').next().unwrap();
            if key.contains('.') && !keys.contains(key) {
                missing.push(format!("{}: {key}", file.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// What the frame of the pages imports would hide the values of the same name in every page.
#[test]
fn the_frame_of_the_pages_imports_nothing() {
    let (_, frame) = sources("html").into_iter().find(|(file, _)| file.ends_with("frame.html")).unwrap();
    assert!(frame.contains("{% block body %}") && !frame.contains(" import "), "{frame}");
}

/// A form has a title, the text of its button, and a sentence after it.
#[test]
fn every_form_has_its_three_texts() {
    let keys = keys("en");
    let forms: Vec<&str> =
        keys.iter().filter_map(|key| key.strip_prefix("form.")?.strip_suffix(".title")).filter(|form| !form.contains(".field.")).collect();
    assert!(forms.len() > 20, "{forms:?}");
    for form in forms {
        for key in [format!("form.{form}.send"), format!("done.{form}")] {
            assert!(keys.contains(&key), "{key}");
        }
    }
}

/// A text that two changes add in one place would hide the other one.
#[test]
fn every_text_is_written_once() {
    let twice = |text: &str| {
        // The names that are open around a line, and those that were read.
        let (mut open, mut read, mut twice) = (Vec::new(), BTreeSet::new(), Vec::new());
        for line in text.lines().map(str::trim) {
            if let Some((name, rest)) = line.strip_prefix('"').and_then(|rest| rest.split_once("\": ")) {
                let path = open.iter().copied().chain([name]).collect::<Vec<_>>().join(".");
                if !read.insert(path.clone()) {
                    twice.push(path);
                }
                if rest == "{" {
                    open.push(name);
                }
            } else if line.starts_with('}') {
                open.pop();
            }
        }
        twice
    };
    assert_eq!(twice("{\n\"a\": {\n\"b\": \"1\",\n\"b\": \"2\"\n}\n}"), ["a.b"]);
    for (file, text) in sources("json").into_iter().filter(|(_, text)| text.starts_with('{')) {
        assert_eq!(twice(&text), Vec::<String>::new(), "{}", file.display());
    }
}
