//! The explanations of the API, which are English, in the reader's language.
//!
//! The table `texts/details.json` has a row for each of them: the English text of the API, the German and the Dutch one. A name in braces
//! stands for a part that differs. The names `n`, `m` and `k` stand for numbers, and the name of a kind of labels, such as `status`, for a
//! value with a label. The name `hidden` stands for a part that people do not read, such as an id. Any other part is translated if it is in
//! the table itself.

use super::Language;
use std::cmp::Reverse;
use std::sync::LazyLock;

const TABLE: &str = include_str!("texts/details.json");
/// The names of parts that are numbers.
const NUMBERS: [&str; 3] = ["n", "m", "k"];

/// The place of a part that is not shown, with the space after it.
const HIDDEN: &str = "{hidden} ";

/// A row of the table.
struct Row {
    /// The parts of the English text that stay the same, in their order: one more than names.
    literals: Vec<String>,
    /// The names between them.
    names: Vec<String>,
    /// The texts, in the order of [`Language`].
    texts: [String; 3],
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let read = serde_json::from_str::<Vec<[String; 3]>>(TABLE);
    debug_assert!(read.is_ok(), "{read:?}");
    let mut rows: Vec<Row> = read.unwrap_or_default().into_iter().map(Row::new).collect();
    // Of two rows that fit, the one with more text of its own is meant.
    rows.sort_by_key(|row| Reverse(row.literals.iter().map(String::len).sum::<usize>()));
    rows
});

impl Row {
    fn new(texts: [String; 3]) -> Self {
        let (mut literals, mut names) = (Vec::new(), Vec::new());
        for (place, part) in texts[0].split(['{', '}']).enumerate() {
            let list = if place % 2 == 0 { &mut literals } else { &mut names };
            list.push(part.to_owned());
        }
        Self { literals, names, texts }
    }

    /// Returns the values of the names in a text. `None` if the row is of another text.
    fn values<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (first, others) = self.literals.split_first()?;
        let mut rest = text.strip_prefix(first.as_str())?;
        let Some((last, between)) = others.split_last() else { return rest.is_empty().then(Vec::new) };
        let mut values = Vec::new();
        for literal in between {
            let (value, after) = rest.split_once(literal.as_str())?;
            values.push(value);
            rest = after;
        }
        values.push(rest.strip_suffix(last.as_str())?);
        let fits = self.names.iter().zip(&values).all(|(name, value)| !NUMBERS.contains(&name.as_str()) || is_number(value));
        fits.then_some(values)
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit()) && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b','))
}

/// Returns a text without the rule at its end: `the lead is lost; reopen it first (LEAD-1)`.
pub(crate) fn without_rule(text: &str) -> &str {
    let is_rule = |word: &str| {
        let parts = word.split_once('-');
        parts.is_some_and(|(area, number)| {
            !area.is_empty() && area.bytes().all(|byte| byte.is_ascii_uppercase()) && number.parse::<u16>().is_ok()
        })
    };
    let parts = text.strip_suffix(')').and_then(|text| text.rsplit_once(" ("));
    parts.filter(|(_, word)| is_rule(word)).map_or(text, |(before, _)| before)
}

/// Returns an explanation of the API in a language. `None` if the table does not have it.
pub fn translated(language: Language, english: &str) -> Option<String> {
    let english = without_rule(english);
    let (row, values) = ROWS.iter().find_map(|row| Some((row, row.values(english)?)))?;
    let mut text = row.texts[language as usize].replace(HIDDEN, "");
    for (name, value) in row.names.iter().zip(values) {
        text = text.replace(&format!("{{{name}}}"), &shown(language, name, value));
    }
    Some(text)
}

/// Returns a value within an explanation, as people read it.
fn shown(language: Language, name: &str, value: &str) -> String {
    match language.text(&format!("label.{name}.{value}")) {
        Some(label) if language == Language::English => label.to_lowercase(),
        Some(label) => label.to_owned(),
        None => translated(language, value).unwrap_or_else(|| value.to_owned()),
    }
}

/// Returns an explanation of the API in a language, or as it is if the table does not have it. It names no rule, and no parameter that only
/// clients of the API can send.
pub(crate) fn explained(language: Language, english: &str) -> String {
    let parameter = "; to hand over all the same, send despite=";
    let text = translated(language, english).unwrap_or_else(|| without_rule(english).to_owned());
    text.split_once(parameter).map_or(text.clone(), |(before, _)| before.to_owned())
}

/// Returns an explanation as a sentence, for a place where it stands alone.
pub(crate) fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let first: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", rest.as_str())
}
