//! One snapshot of the texts of all errors, so that a reviewer reads them together and sees each change.
//!
//! The texts are read from the source, so that none is left out: every string literal with two words or more, except in comments, log
//! lines, attributes other than `#[error(…)]`, and literals that are no text for people. A line has the rule, the crate and the text.
//! `INSTA_UPDATE=always cargo test -p forecourt-tests -- texts` accepts changes.

use crate::support::{files, root};
use std::collections::BTreeSet;
use std::path::Path;

/// A string literal, and the rule that the innermost parentheses around it name.
struct Text {
    rule: String,
    text: String,
}

#[test]
fn texts_of_errors() {
    let mut lines = BTreeSet::new();
    for folder in ["shared", "functions", "infra"] {
        for file in files(&root().join(folder), "rs").into_iter().filter(|file| !has_other_texts(file)) {
            let source = std::fs::read_to_string(&file).unwrap();
            let file = file.strip_prefix(root()).unwrap();
            let name = file.components().take(2).map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
            lines.extend(texts(&source).into_iter().map(|Text { rule, text }| (rank(&rule), format!("{rule:8} {name}: {text}"))));
        }
    }
    let snapshot: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    insta::assert_snapshot!(snapshot.join("\n"));
}

/// Routes are in the OpenAPI document. The words of a vehicle's condition are compared with the input. Forecourt's own letters have a
/// snapshot of their own.
fn has_other_texts(file: &Path) -> bool {
    file.ends_with("adf/condition.rs")
        || file.ends_with("texts/own.rs")
        || file.ends_with("texts/words.rs")
        || file.components().any(|part| ["routes", "openapi"].iter().any(|folder| part.as_os_str() == *folder))
}

/// Whether a literal is a text for people: two words in lower case, and no markup, style, header, key condition or sample.
fn is_text(literal: &str) -> bool {
    let words = literal.split(' ').map(|word| word.trim_end_matches([',', ':', ';', '.']));
    let words = words.filter(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'\''));
    let is_code = ["body{", "default-src ", "noindex, ", "{\""].iter().any(|start| literal.starts_with(start));
    words.count() >= 2 && !is_code && !["<", "pk = :pk"].iter().any(|part| literal.contains(part))
}

/// `INT-3` before `INT-10`.
fn rank(rule: &str) -> (String, u32) {
    let (prefix, number) = rule.split_once('-').unwrap_or((rule, ""));
    (prefix.to_owned(), number.parse().unwrap_or_default())
}

fn is_rule(text: &str) -> bool {
    let (prefix, number) = text.split_once('-').unwrap_or_default();
    (2..=4).contains(&prefix.len())
        && prefix.bytes().all(|byte| byte.is_ascii_uppercase())
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the rule in `… (INT-5)`.
fn rule_within(text: &str) -> Option<&str> {
    text.split(['(', ')', ',', ' ']).find(|word| is_rule(word))
}

fn texts(source: &str) -> Vec<Text> {
    let mut found = Vec::new();
    // For each open parenthesis: the literals inside, and whether it belongs to an attribute or a log line.
    let mut open: Vec<(Vec<String>, bool)> = vec![(Vec::new(), false)];
    let mut rest = source;
    let mut code = String::new();
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some((literal, after)) = literal(rest) {
            open.last_mut().unwrap().0.push(literal);
            rest = after;
        } else {
            match first {
                '(' | '[' => {
                    let silent = ["#", "#!", "expect", "tracing::info!", "tracing::warn!", "tracing::error!", "println!"];
                    let silent = silent.iter().any(|word| code.trim_end().ends_with(word));
                    let inherited = open.last().is_some_and(|(_, silent)| *silent);
                    // `#[error("…")]`: within the brackets of an attribute, which is silent otherwise.
                    let is_error = inherited && code.ends_with("#[error");
                    open.push((Vec::new(), (silent || inherited) && !is_error));
                }
                ')' | ']' if open.len() > 1 => {
                    let (literals, silent) = open.pop().unwrap();
                    let rule = literals.iter().find(|text| is_rule(text)).cloned();
                    let mut passed_on = Vec::new();
                    for text in literals.into_iter().filter(|text| !silent && is_text(text)) {
                        match rule_within(&text).map(str::to_owned).or_else(|| rule.clone()) {
                            Some(rule) => found.push(Text { rule, text }),
                            // An attribute belongs to no call.
                            None if open.last().is_some_and(|(_, silent)| *silent) => found.push(Text { rule: "-".to_owned(), text }),
                            // `format!` has the text, the call around it has the rule.
                            None => passed_on.push(text),
                        }
                    }
                    open.last_mut().unwrap().0.extend(passed_on);
                }
                _ => {}
            }
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    let left = open.into_iter().flat_map(|(literals, _)| literals).filter(|text| is_text(text));
    found.extend(left.map(|text| Text { rule: rule_within(&text).unwrap_or("-").to_owned(), text }));
    found
}

/// Splits a string literal, or a character, off the start of `source`.
fn literal(source: &str) -> Option<(String, &str)> {
    if let Some(rest) = source.strip_prefix("'\\\"'") {
        return Some((String::new(), rest));
    }
    if let Some(inner) = source.strip_prefix('\'').and_then(|rest| rest.chars().next()).filter(|inner| *inner != '\\')
        && let Some(rest) = source[1 + inner.len_utf8()..].strip_prefix('\'')
    {
        return Some((String::new(), rest));
    }
    if let Some((raw, rest)) = source.strip_prefix("r#\"").and_then(|rest| rest.split_once("\"#")) {
        return Some((raw.to_owned(), rest));
    }
    let body = source.strip_prefix('"')?;
    let mut escaped = false;
    let end = body.find(|c: char| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    // A backslash at the end of a line continues the text on the next one.
    let text = body[..end].split("\\\n").map(str::trim_start).collect::<String>();
    Some((text, &body[end + 1..]))
}
