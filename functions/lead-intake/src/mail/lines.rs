//! Splits a line of labelled text into its label and its value.

use super::layouts::{Field, Layouts, Portal};
use super::text::{one_line, unquoted};

/// Longest label, in characters.
const MAX_LABEL: usize = 60;

/// A line of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// Nothing visible.
    Empty,
    /// A line of signs that separates parts of the text.
    Rule,
    /// A known label and the values behind it.
    Labelled(Vec<(Field, String, String)>),
    /// The head of a table: each cell is a known label.
    Head(Vec<(Field, String)>),
    /// A known label, a colon or an empty cell, and no value.
    Open(Field, String),
    /// A line that is a known label or heading, without any sign behind it.
    Heading(String),
    /// A label that is not known, and its value.
    Unknown(String, String),
    /// Other text.
    Text,
}

/// Reads a line.
pub(super) fn line(text: &str, layouts: &Layouts, portal: Option<&Portal>) -> Line {
    let bare = bare(text);
    if bare.is_empty() {
        return if text.trim().is_empty() { Line::Empty } else { Line::Rule };
    }
    if bare.chars().all(|c| !c.is_alphanumeric()) && (bare.chars().count() >= 3 || bare == "--") {
        return Line::Rule;
    }
    let known = |label: &str| if label.chars().count() <= MAX_LABEL { layouts.field(label, portal) } else { None };
    if bare.contains('\t') {
        return cells(bare, &known);
    }
    let colon = bare.find([':', '：']);
    let parts = colon.and_then(|at| Some((bare.get(..at)?, bare.get(at..)?.trim_start_matches([':', '：']))));
    if let Some((label, value)) = parts {
        let label = clean(label.trim_end_matches(['.', '·', '_', ' ', '\u{A0}']));
        if let Some(field) = known(&label) {
            return of_value(field, &label, value);
        }
    }
    for (label, value) in [dotted(bare), padded(bare), dashed(bare)].into_iter().flatten() {
        let label = clean(label);
        if let Some(field) = known(&label) {
            return of_value(field, &label, value);
        }
    }
    let whole = clean(bare);
    if known(&whole).is_some() || layouts.section(&whole).is_some() {
        return Line::Heading(whole);
    }
    match parts {
        Some((label, value)) if is_label(label) && !value.starts_with("//") && !value.trim().is_empty() => {
            Line::Unknown(clean(label), value_of(value))
        }
        _ => Line::Text,
    }
}

/// Returns a line without the marks of quotes, lists, boxes and bold text around it.
pub(super) fn bare(line: &str) -> &str {
    let (line, _) = unquoted(line);
    let line = line.trim_matches([' ', '\u{A0}', '|', '\r']).trim_end_matches('│').trim_start_matches('│');
    let line = line.trim_start_matches(['•', '·', '▪', '►', '»', '–', '—']).trim_start_matches([' ', '\u{A0}']);
    let line = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")).unwrap_or(line);
    // A tab at the end says that a cell is empty.
    line.trim_start().trim_end_matches([' ', '\u{A0}'])
}

fn of_value(field: Field, label: &str, value: &str) -> Line {
    let value = value_of(value);
    if value.is_empty() { Line::Open(field, label.to_owned()) } else { Line::Labelled(vec![(field, label.to_owned(), value)]) }
}

/// Returns a value on one line, without the marks of bold text. A dash stands for an empty value.
fn value_of(value: &str) -> String {
    let value = one_line(value.trim_matches([' ', '*', '\u{A0}'])).unwrap_or_default();
    if matches!(value.as_str(), "-" | "--" | "–" | "—" | "./." | "n/a" | "N/A" | "k.A." | "k. A." | "keine Angabe" | "n.v.t." | "null")
    {
        return String::new();
    }
    value
}

fn clean(label: &str) -> String {
    one_line(label).unwrap_or_default().trim_matches(['*', '_', ' ', ':', '[', ']', '.', '#']).to_owned()
}

/// Reads the cells of a row: a label and its value, or several of them.
fn cells(row: &str, known: &dyn Fn(&str) -> Option<Field>) -> Line {
    let cells: Vec<&str> = row.split('\t').map(str::trim).collect();
    let label = |cell: &str| {
        let label = clean(cell.trim_end_matches([':', '：', '.', ' ']));
        known(&label).map(|field| (field, label))
    };
    if let Some(head) = cells.iter().map(|cell| label(cell)).collect::<Option<Vec<_>>>().filter(|head| head.len() > 1) {
        return Line::Head(head);
    }
    let Some((field, name)) = cells.first().and_then(|cell| label(cell)) else {
        return match cells.as_slice() {
            [one, rest @ ..] if is_label(one.trim_end_matches(':')) && rest.iter().any(|cell| !cell.is_empty()) => {
                Line::Unknown(clean(one), value_of(&rest.join(" ")))
            }
            _ => Line::Text,
        };
    };
    let values: Vec<&str> = cells.iter().skip(1).copied().collect();
    // Two pairs beside each other.
    if let [one, second, two] = values.as_slice()
        && let Some((other, label)) = label(second)
    {
        let pairs = [(field, name, value_of(one)), (other, label, value_of(two))];
        return Line::Labelled(pairs.into_iter().filter(|(_, _, value)| !value.is_empty()).collect());
    }
    Line::Labelled(vec![(field, name, value_of(&values.join(" ")))])
}

/// Splits `Name ........ Max`.
fn dotted(line: &str) -> Option<(&str, &str)> {
    let is_dot = |c: char| matches!(c, '.' | '·' | '_' | '…');
    let (at, _) = ["...", "···", "___", "…", ". . ."].iter().filter_map(|run| line.find(run).map(|at| (at, run))).min()?;
    let (label, rest) = line.split_at_checked(at)?;
    let value = rest.trim_start_matches(|c: char| is_dot(c) || c == ' ').trim_start_matches(':');
    Some((label, value))
}

/// Splits `Name      Max`.
fn padded(line: &str) -> Option<(&str, &str)> {
    let at = line.find("  ").or_else(|| line.find("\u{A0}\u{A0}"))?;
    let (label, value) = line.split_at_checked(at)?;
    Some((label, value.trim_start_matches([' ', '\u{A0}', ':'])))
}

/// Splits `Name = Max` and `Name - Max`.
fn dashed(line: &str) -> Option<(&str, &str)> {
    [" = ", " - ", " – ", " | ", "="].iter().find_map(|sign| line.split_once(sign))
}

/// Returns whether a text before a colon looks like a label and not like a sentence.
fn is_label(text: &str) -> bool {
    let text = text.trim();
    text.chars().count() <= 40
        && text.split_whitespace().count() <= 4
        && text.starts_with(|c: char| c.is_uppercase())
        && !text.contains(['.', ',', '!', '?', '@', '/'])
}
