//! Values and changes of settings in words.

use super::describe::{Field, Kind, Rows, Section, Shape, Shown, Source, Values, field};
use super::sections::DAYS;
use super::values::{at, moment, of_field, rows_of};
use crate::api::Data;
use crate::view::{Language, Zoned};
use chrono::{DateTime, NaiveDate, TimeDelta};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// The own hours of a user as a whole.
const HOURS: Field = field("hours", Kind::Week);

/// Writes values for a reader.
pub(super) struct Words {
    pub(super) zoned: Zoned,
    names: BTreeMap<String, String>,
}

/// A change of a value: what it is, and the value before and after it. An entry that was added has no value before, one that was removed
/// none after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) what: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

impl From<Change> for minijinja::Value {
    fn from(Change { what, before, after }: Change) -> Self {
        minijinja::context! { what, before, after }
    }
}

impl Words {
    pub(super) fn new(zoned: Zoned, dealer: &Data) -> Self {
        let people = dealer.get("people").items();
        let names = people.iter().map(|person| (person.text("id").to_owned(), person.text("name").to_owned())).collect();
        Self { zoned, names }
    }

    /// Returns a text of the settings; empty if there is none.
    pub(super) fn text(&self, key: &str) -> &'static str {
        self.zoned.language.text(&format!("settings.{key}")).unwrap_or_default()
    }

    /// Returns the text of a kind for a field, by its path in the description. A list within a list has the texts of the list alone.
    pub(super) fn about(&self, kind: &str, path: &str) -> &'static str {
        let inner = path.split_once('.').map_or("", |(_, inner)| inner);
        [path, inner].iter().map(|path| self.text(&format!("{kind}.{path}"))).find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// Returns the label of a field by its path in the description. A list has the label `PATH.legend`, because its fields are below it.
    pub(super) fn label(&self, path: &str) -> String {
        let list = self.about("field", &format!("{path}.legend"));
        let label = if list.is_empty() { self.about("field", path) } else { list };
        match label {
            "" => path.replace(['_', '.'], " "),
            label => label.to_owned(),
        }
    }

    /// Returns the name of a user; the id if the name is not known.
    pub(super) fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.names.get(id).map_or(id, String::as_str)
    }

    /// Returns the users by id.
    pub(super) fn people(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names.iter().map(|(id, name)| (id.as_str(), name.as_str()))
    }

    /// Returns the text of a value of a choice.
    pub(super) fn choice(&self, values: Values, value: &str) -> String {
        let keys = [format!("settings.value.{}.{value}", values.texts), format!("label.{}.{value}", values.texts)];
        keys.iter().find_map(|key| self.zoned.language.text(key)).map_or_else(|| value.replace('_', " "), str::to_owned)
    }

    pub(super) fn day(&self, text: &str) -> String {
        text.parse::<NaiveDate>().map_or_else(|_| text.to_owned(), |day| self.zoned.day(day))
    }

    pub(super) fn minutes(&self, minutes: i64) -> String {
        if minutes == 0 { self.text("off").to_owned() } else { self.zoned.span(TimeDelta::minutes(minutes)) }
    }

    fn yes(&self, flag: bool) -> String {
        self.text(if flag { "yes" } else { "no" }).to_owned()
    }

    /// Writes a value; `–` if it is not set. `path` names the field in the description.
    pub(super) fn value(&self, path: &str, kind: &Kind, value: &Json) -> String {
        let words = match (kind, value) {
            (Kind::Flag | Kind::Shown(Shown::Flag), value) => self.yes(value == &Json::Bool(true)),
            // A weekday without hours is left out by the API.
            (Kind::Intervals, value) if value.as_array().is_none_or(Vec::is_empty) => self.text("closed").to_owned(),
            (Kind::Week, Json::Null) => self.text("no_week").to_owned(),
            (Kind::Week, Json::Object(days)) if days.values().all(is_free) => self.text("no_week").to_owned(),
            (Kind::Week, Json::Object(days)) => self.week(days),
            (_, Json::Null) => String::new(),
            (Kind::Intervals, Json::Array(intervals)) => {
                let written = intervals.iter().map(|interval| texts(interval).collect::<Vec<_>>().join("–"));
                written.collect::<Vec<_>>().join(", ")
            }
            (Kind::Rows(rows), value) => {
                let written: Vec<String> = rows_of(rows, value).iter().map(|row| self.row(path, rows, row)).collect();
                written.join("; ")
            }
            (Kind::Moment(end), value) => match moment(value, *end, &self.zoned) {
                Some((day, Some(clock))) => format!("{} {clock}", self.zoned.day(day)),
                Some((day, None)) => self.zoned.day(day),
                None => String::new(),
            },
            (Kind::Shown(Shown::Presence), user) => self.presence(user),
            (Kind::Shown(Shown::Load), user) => self.load(user),
            (Kind::Shown(Shown::HandOver), Json::Object(_)) => hand_over(value, self.zoned.language, |id| self.name(id).to_owned()),
            (Kind::Ticks(values), Json::Array(_)) => texts(value).map(|text| self.choice(*values, text)).collect::<Vec<_>>().join(", "),
            (_, Json::Array(_)) => texts(value).collect::<Vec<_>>().join(", "),
            (Kind::Minutes | Kind::MinutesOf(_), Json::Number(number)) => self.minutes(number.as_i64().unwrap_or_default()),
            (Kind::Person | Kind::Identity, Json::String(id)) => self.name(id).to_owned(),
            (Kind::Day, Json::String(day)) => self.day(day),
            (Kind::Choice(values), Json::String(value)) => self.choice(*values, value),
            (_, Json::String(text)) => text.clone(),
            (_, Json::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        if words.is_empty() { "–".to_owned() } else { words }
    }

    fn instant(&self, text: &str) -> String {
        DateTime::parse_from_rfc3339(text).map(|at| self.zoned.at(at.to_utc())).unwrap_or_default()
    }

    /// Writes whether a user is there, and why not.
    fn presence(&self, user: &Json) -> String {
        let text = |name: &str| user[name].as_str().unwrap_or_default();
        let words = |key: &str| self.text(&format!("presence.{key}"));
        let (key, until) = match (text("presence"), text("away_until")) {
            ("absent", "") => ("absent", ""),
            ("absent", until) => ("absent_until", until),
            ("busy", _) => ("busy_until", text("busy_until")),
            ("outside_hours", _) => ("outside_hours", ""),
            _ => ("present", ""),
        };
        let presence = words(key).replace("{at}", &self.instant(until));
        match text("deputy") {
            "" => presence,
            deputy => format!("{presence} · {}", words("deputy").replace("{name}", self.name(deputy))),
        }
    }

    /// Writes how many open leads a user has, of how many at most.
    fn load(&self, user: &Json) -> String {
        let words = |key: &str| self.text(&format!("load.{key}"));
        match (user["open_leads"].as_u64(), user["max_open"].as_u64()) {
            (None, _) => String::new(),
            (Some(open), None) => open.to_string(),
            (Some(open), Some(most)) => {
                let load = words("of").replace("{open}", &open.to_string()).replace("{most}", &most.to_string());
                if open >= most { format!("{load} ({})", words("full")) } else { load }
            }
        }
    }

    /// Writes the own hours of a user, day by day. Days without times are free, and left out.
    fn week(&self, days: &Map<String, Json>) -> String {
        let of_day = |day: &&str| {
            let times = self.value("", &Kind::Intervals, days.get(*day).filter(|times| !is_free(times))?);
            Some(format!("{} {times}", self.text(&format!("value.day.{day}"))))
        };
        DAYS.iter().filter_map(of_day).collect::<Vec<_>>().join("; ")
    }

    /// Writes a row: its first value, and the others that are set with their labels.
    pub(super) fn row(&self, path: &str, rows: &Rows, row: &Json) -> String {
        let mut parts = Vec::new();
        for (n, field) in rows.fields.iter().enumerate() {
            let value = of_field(field, row);
            let is_empty = value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty);
            let nothing = is_empty || value.is_null() || value == &Json::Bool(false);
            if nothing && !matches!(field.kind, Kind::Intervals) {
                continue;
            }
            let inner = format!("{path}.{}", field.name);
            let words = self.value(&inner, &field.kind, value);
            parts.push(match field.kind {
                _ if n == 0 => words,
                Kind::Flag => self.label(&inner),
                _ => format!("{}: {words}", self.label(&inner)),
            });
        }
        parts.join(" · ")
    }

    /// Returns what a change of a section's values changes, of the fields that `covers` selects.
    pub(super) fn changes(&self, section: &Section, before: &Json, after: &Json, covers: impl Fn(&Field) -> bool) -> Vec<Change> {
        let mut changes = Vec::new();
        // Without any times there are no own hours, so the days of a user are one value.
        let is_week = section.source == Source::Week;
        if is_week && section.fields.iter().any(|field| field.top() == HOURS.name && covers(field)) {
            self.field(HOURS.name, &HOURS, (at(before, HOURS.name), at(after, HOURS.name)), &mut changes);
        }
        for field in section.fields.iter().filter(|field| covers(field) && !(is_week && field.top() == HOURS.name)) {
            self.field(field.name, field, (at(before, field.name), at(after, field.name)), &mut changes);
        }
        changes
    }

    fn field(&self, path: &str, field: &Field, (before, after): (&Json, &Json), changes: &mut Vec<Change>) {
        match field.kind {
            Kind::Shown(_) | Kind::Identity => {}
            Kind::Rows(rows) if rows.shape == Shape::Fixed => self.fixed(path, rows, (before, after), changes),
            Kind::Rows(rows) => self.rows(path, rows, (before, after), changes),
            kind => {
                let [before, after] = [before, after].map(|value| self.value(path, &kind, value));
                if before != after {
                    changes.push(Change { what: self.label(path), before: Some(before), after: Some(after) });
                }
            }
        }
    }

    /// The rows that were added and removed, or their new order.
    fn rows(&self, path: &str, rows: &Rows, (before, after): (&Json, &Json), changes: &mut Vec<Change>) {
        let write = |json: &Json| rows_of(rows, json).iter().map(|row| self.row(path, rows, row)).collect::<Vec<_>>();
        let (before, after) = (write(before), write(after));
        let one = self.about("row", path).to_owned();
        let removed = before.iter().filter(|row| !after.contains(row));
        let mut own: Vec<Change> = removed.map(|row| Change { what: one.clone(), before: Some(row.clone()), after: None }).collect();
        let added = after.iter().filter(|row| !before.contains(row));
        own.extend(added.map(|row| Change { what: one.clone(), before: None, after: Some(row.clone()) }));
        let numbered = |rows: &[String]| rows.iter().enumerate().map(|(n, row)| format!("{}. {row}", n + 1)).collect::<Vec<_>>().join("\n");
        let moved = rows.shape == Shape::Ordered && !keep_order(&before, &after);
        // Two rows with the same words are one row in the comparison above.
        if moved || own.is_empty() && before.len() != after.len() {
            own.push(Change { what: self.text("order").to_owned(), before: Some(numbered(&before)), after: Some(numbered(&after)) });
        }
        changes.append(&mut own);
    }

    /// The changes within the rows, which are the same ones before and after unless one was added or removed elsewhere.
    fn fixed(&self, path: &str, rows: &Rows, (before, after): (&Json, &Json), changes: &mut Vec<Change>) {
        let Some(identity) = rows.fields.first() else { return };
        let id = |row: &Json| at(row, identity.name).as_str().unwrap_or_default().to_owned();
        let one = self.about("row", path);
        let (before, after) = (rows_of(rows, before), rows_of(rows, after));
        for row in before.iter().filter(|row| !after.iter().any(|other| id(other) == id(row))) {
            changes.push(Change { what: one.to_owned(), before: Some(self.row(path, rows, row)), after: None });
        }
        for row in &after {
            let Some(earlier) = before.iter().find(|other| id(other) == id(row)) else {
                changes.push(Change { what: one.to_owned(), before: None, after: Some(self.row(path, rows, row)) });
                continue;
            };
            let mut own = Vec::new();
            for field in rows.fields {
                self.field(&format!("{path}.{}", field.name), field, (at(earlier, field.name), at(row, field.name)), &mut own);
            }
            let name = id(row);
            changes.extend(own.into_iter().map(|change| Change { what: format!("{} · {}", self.name(&name), change.what), ..change }));
        }
    }
}

/// Whether a weekday has no times.
fn is_free(times: &Json) -> bool {
    times.as_array().is_none_or(Vec::is_empty)
}

/// Writes the hand-over of an absence: to whom, and whether the work goes back.
pub(in crate::screens) fn hand_over(hand_over: &Json, language: Language, name: impl Fn(&str) -> String) -> String {
    let text = |key: &str| language.text(&format!("settings.hand_over.{key}")).unwrap_or_default();
    let to = match hand_over["to"].as_str().unwrap_or("distribution") {
        "distribution" => text("distribution").to_owned(),
        "pool" => text("pool").to_owned(),
        other => text("user").replace("{name}", &name(other.strip_prefix("user:").unwrap_or(other))),
    };
    if hand_over["back"] == true { format!("{to}, {}", text("back")) } else { to }
}

/// Whether the rows that both lists have stand in the same order in both.
fn keep_order(before: &[String], after: &[String]) -> bool {
    let kept = |rows: &[String], other: &[String]| rows.iter().filter(|row| other.contains(row)).cloned().collect::<Vec<_>>();
    kept(before, after) == kept(after, before)
}

fn texts(value: &Json) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Json::as_str)
}
