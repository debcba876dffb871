//! The inputs of a section for the template.

use super::describe::{Field, Kind, Rows, Section, Shape, Shown, Values};
use super::mailbox;
use super::values::{Errors, at, interval_count, kept, numbers, of_field, rows_of};
use super::words::Words;
use crate::visit::Pairs;
use minijinja::{Value, context};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The minutes of a day, which is the width of its drawing.
const DAY: u32 = 1_440;

/// The state of a form.
pub(super) struct Inputs<'a> {
    pub(super) words: &'a Words,
    /// The values of the API.
    pub(super) json: &'a Json,
    /// What is typed.
    pub(super) typed: &'a Pairs,
    pub(super) errors: &'a Errors,
    /// The texts of findings, by path.
    pub(super) findings: &'a BTreeMap<String, Vec<String>>,
    /// The distribution groups or canned answers of the dealer that it offers, with their texts.
    pub(super) offered: &'a [(String, String)],
    /// The input that gets the focus.
    pub(super) focus: Option<&'a str>,
}

impl Inputs<'_> {
    /// Returns the fields of the section. `open` selects those that the user may change; the others are shown. A reserved field that the
    /// API does not return is left out.
    pub(super) fn section(&self, section: &Section, open: impl Fn(&Field) -> bool) -> Vec<Value> {
        let shown = |field: &Field| match field.kind {
            Kind::Rows(rows) => self.rows((field.name, field.name), rows, at(self.json, field.name), open(field)),
            _ => self.input((field.name, field.name), field, of_field(field, self.json), open(field)),
        };
        let is_seen = |field: &&Field| open(field) || field.right.is_none() || self.json.get(field.top()).is_some();
        section.fields.iter().filter(is_seen).map(shown).collect()
    }

    /// A list. `path` names it, `about` its texts; `stored` is the list that the API has.
    fn rows(&self, (path, about): (&str, &str), rows: &Rows, stored: &Json, open: bool) -> Value {
        let numbers = numbers(self.typed, path);
        let stored = rows_of(rows, stored);
        let last = numbers.len().saturating_sub(1);
        let one = self.words.about("row", about);
        let row = |(n, number): (usize, &String)| {
            let row = format!("{path}.{number}");
            let (of_row, kept) = (self.stored(&stored, rows, (n, &row)).unwrap_or(&Json::Null), kept(self.typed, &row));
            let cell = |cell: &Field| {
                let (input, label) = (format!("{row}.{}", cell.name), format!("{about}.{}", cell.name));
                if let Kind::Rows(inner) = cell.kind {
                    return self.rows((&input, &label), inner, at(of_row, cell.name), open);
                }
                // A row may have another place than the stored one.
                let of_row = if rows.shape.keeps() && matches!(cell.kind, Kind::Shown(_)) { &kept } else { of_row };
                self.input((&input, &label), cell, of_field(cell, of_row), open)
            };
            let cells: Vec<Value> = rows.fields.iter().map(cell).collect();
            let id = rows.fields.first().and_then(|first| self.typed.get(&format!("{row}.{}", first.name)));
            context! {
                path => row.as_str(), number => n + 1, cells, legend => format!("{one} {}", n + 1), kept => as_text(&kept), first => n == 0, last => n == last,
                id, name => id.map(|id| self.words.name(id)), error => self.errors.get(&row), notes => self.findings.get(&row),
            }
        };
        let mut ordered: Vec<(usize, &String)> = numbers.iter().enumerate().collect();
        if rows.shape == Shape::Fixed {
            ordered.sort_by_cached_key(|(n, number)| {
                self.rank(self.stored(&stored, rows, (*n, &format!("{path}.{number}"))).unwrap_or(&Json::Null))
            });
        }
        let all: Vec<Value> = ordered.into_iter().map(row).collect();
        context! {
            input => "rows", path, open, label => self.words.label(about), hint => self.words.text(&format!("hint.{about}")), rows => all, one,
            columns => rows.fields.iter().map(|cell| self.words.label(&format!("{about}.{}", cell.name))).collect::<Vec<_>>(),
            fixed => rows.shape == Shape::Fixed, ordered => rows.shape == Shape::Ordered, none => self.words.about("none", about),
            error => self.errors.get(path), notes => self.findings.get(path),
        }
    }

    /// Returns the stored values of the row at `path`. A row with an identity need not be at the same place as before.
    fn stored<'j>(&self, stored: &'j [Json], rows: &Rows, (n, path): (usize, &str)) -> Option<&'j Json> {
        let identity = rows.fields.first().filter(|_| rows.shape == Shape::Fixed);
        let Some(identity) = identity else { return stored.get(n) };
        let id = self.typed.get(&format!("{path}.{}", identity.name));
        stored.iter().find(|row| at(row, identity.name).as_str() == id)
    }

    /// The place of a user in the list: first those who get leads from the rotation, then those who can be assigned leads, by name.
    fn rank(&self, user: &Json) -> (bool, bool, String) {
        let lacks = |switch: &str| user[switch] != true;
        let name = user["user"].as_str().map(|id| self.words.name(id).to_lowercase());
        (lacks("receives_leads"), lacks("assignable"), name.unwrap_or_default())
    }

    /// An input. `path` names it, `about` its texts.
    fn input(&self, (path, about): (&str, &str), field: &Field, stored: &Json, open: bool) -> Value {
        let value = self.typed.get(path);
        let (input, longest) = match field.kind {
            Kind::Identity => ("identity", None),
            Kind::Shown(Shown::Flag) => ("shown_flag", None),
            _ if !open => ("shown", None),
            Kind::Line(longest) => ("text", Some(longest)),
            Kind::Email => ("email", Some(254)),
            Kind::Number | Kind::Minutes => ("number", None),
            Kind::Clock => ("time", None),
            Kind::Day => ("date", None),
            Kind::Moment(_) => ("moment", None),
            Kind::Flag => ("flag", None),
            Kind::Choice(_) | Kind::MinutesOf(_) | Kind::Person | Kind::Group | Kind::Canned => ("choice", None),
            Kind::Ticks(_) | Kind::Groups => ("ticks", None),
            Kind::Words => ("words", None),
            Kind::Intervals => ("intervals", None),
            Kind::Shown(_) | Kind::Rows(_) | Kind::Week => ("shown", None),
        };
        let intervals = match field.kind {
            Kind::Intervals => self.intervals(path),
            _ => Vec::new(),
        };
        let bars: Vec<Value> = intervals.iter().filter_map(|(_, from, until)| bar(from, until)).collect();
        let intervals: Vec<Value> = intervals.iter().map(|(n, from, until)| context! { n, number => n + 1, from, until }).collect();
        context! {
            input, path, id => path.replace('.', "-"), longest, value, intervals, bars,
            label => self.words.label(about), hint => self.words.text(&format!("hint.{about}")), required => field.required,
            choices => self.choices(&field.kind, path), clock => self.typed.get(&format!("{path}.clock")),
            span => value.filter(|_| matches!(field.kind, Kind::Minutes)).and_then(|text| text.parse().ok()).map(|n| self.words.minutes(n)),
            shown => self.words.value(about, &field.kind, stored), is_set => stored == &Json::Bool(true),
            error => self.errors.get(path), notes => self.findings.get(path), focus => self.focus == Some(path),
            known => (path == "instant_answer.sources").then(|| mailbox::sources(self.json)),
        }
    }

    /// The intervals of a day, and an empty one.
    fn intervals(&self, path: &str) -> Vec<(usize, String, String)> {
        let typed = |n: usize, place: usize| self.typed.get(&format!("{path}.{n}.{place}")).unwrap_or_default().to_owned();
        let mut all: Vec<_> = (0..interval_count(self.typed, path)).map(|n| (n, typed(n, 0), typed(n, 1))).collect();
        if all.last().is_none_or(|(_, from, until)| !from.is_empty() || !until.is_empty()) {
            all.push((all.len(), String::new(), String::new()));
        }
        all
    }

    /// The choices of a field, each with whether it is chosen. A value that is none of them, of another release, stays a choice.
    fn choices(&self, kind: &Kind, path: &str) -> Vec<Value> {
        let of = |values: Values| values.values.iter().map(|value| ((*value).to_owned(), self.words.choice(values, value))).collect();
        let mut choices: Vec<(String, String)> = match kind {
            Kind::Choice(values) | Kind::Ticks(values) => of(*values),
            Kind::MinutesOf(values) => {
                values.iter().map(|value| ((*value).to_owned(), self.words.minutes(value.parse().unwrap_or_default()))).collect()
            }
            Kind::Person => self.words.people().map(|(id, name)| (id.to_owned(), name.to_owned())).collect(),
            Kind::Group | Kind::Groups | Kind::Canned => self.offered.to_vec(),
            _ => return Vec::new(),
        };
        if matches!(kind, Kind::Person) {
            choices.sort_by_cached_key(|(_, name)| name.to_lowercase());
        }
        let chosen: Vec<&str> = self.typed.all(path).collect();
        let others = chosen.iter().filter(|value| !choices.iter().any(|(known, _)| known == *value)).map(|value| (*value).to_owned());
        let others: Vec<(String, String)> = others.map(|value| (value.clone(), value.replace('_', " "))).collect();
        choices.extend(others);
        choices.iter().map(|(value, text)| context! { value, text, chosen => chosen.contains(&value.as_str()) }).collect()
    }
}

/// The value of the hidden input with what is kept of a row. `None` if there is nothing.
fn as_text(kept: &Json) -> Option<String> {
    (!kept.is_null()).then(|| kept.to_string())
}

/// The bar of an interval in the drawing of its day: its left edge and its width in minutes.
fn bar(from: &str, until: &str) -> Option<Value> {
    let minutes = |time: &str| {
        let (hours, minutes) = time.split_once(':')?;
        Some(hours.parse::<u32>().ok()? * 60 + minutes.parse::<u32>().ok()?)
    };
    let (x, end) = (minutes(from)?, minutes(until)?);
    let end = if end == 0 { DAY } else { end };
    (x < end && end <= DAY).then(|| context! { x, width => end - x })
}
