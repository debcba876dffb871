//! From the values of the API to the inputs of a form, and back.
//!
//! An input is named by its path: `level_1`, `days_off.2.until`, `hours.mon.0.1`. A row of a list has the hidden input `days_off.2`, so
//! that an empty row is known, and the rows keep the order in which they stand. The hidden input `days_off.2.kept` has the fields of the
//! row that the form does not show, as JSON: they go back with the row.

use super::describe::{End, Field, Kind, Rows, Section, Shape, Source, is_number};
use crate::forms::instant;
use crate::view::Zoned;
use crate::visit::Pairs;
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The value of the hidden input of a row.
const ROW: &str = "row";
/// The last part of the name of the hidden input with the fields of a row that the form does not show.
const KEPT: &str = "kept";
/// The end of a day in the API, which an `<input type="time">` cannot have.
const MIDNIGHT: &str = "24:00";

/// The errors of inputs, by path: texts in the reader's language.
pub(super) type Errors = BTreeMap<String, String>;

/// Returns the value at a path with full stops; `null` if it is absent.
pub(super) fn at<'a>(json: &'a Json, path: &str) -> &'a Json {
    path.split('.').fold(json, |json, name| json.get(name).unwrap_or(&Json::Null))
}

/// Returns the value that a field shows or has in an object.
pub(super) fn of_field<'a>(field: &Field, json: &'a Json) -> &'a Json {
    match field.kind {
        Kind::Shown(shown) if shown.is_of_object() => json,
        _ => at(json, field.name),
    }
}

/// Returns the rows of a list, or of an object whose names are the field `key`.
pub(super) fn rows_of(rows: &Rows, json: &Json) -> Vec<Json> {
    match (rows.shape, json) {
        (Shape::Map, Json::Object(map)) => map.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect(),
        (_, Json::Array(list)) => list.clone(),
        _ => Vec::new(),
    }
}

/// Returns the fields of a row that the form does not send, `null` if there are none.
fn rest(fields: &[Field], row: &Json) -> Json {
    let mut rest = row.clone();
    fields.iter().filter(|field| !matches!(field.kind, Kind::Shown(_))).for_each(|field| remove(&mut rest, field.name));
    if rest == json!({}) { Json::Null } else { rest }
}

/// Removes a value at a path with full stops, and the objects that are empty then.
fn remove(json: &mut Json, path: &str) {
    let Some(fields) = json.as_object_mut() else { return };
    let Some((name, inner)) = path.split_once('.') else { return drop(fields.remove(path)) };
    let is_empty = fields.get_mut(name).is_some_and(|object| {
        remove(object, inner);
        *object == json!({})
    });
    if is_empty {
        fields.remove(name);
    }
}

/// Returns the fields of the row `path` that the form does not send; `null` if there are none.
pub(super) fn kept(pairs: &Pairs, path: &str) -> Json {
    let text = pairs.get(&format!("{path}.{KEPT}")).unwrap_or_default();
    serde_json::from_str(text).ok().filter(Json::is_object).unwrap_or_default()
}

/// Returns the beginning or end of a period as its day, and its time if it is not the day's end: the last day belongs to the period.
pub(super) fn moment(json: &Json, end: End, zoned: &Zoned) -> Option<(NaiveDate, Option<String>)> {
    let text = json.as_str()?;
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Some((date, None));
    }
    let at = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    let date = zoned.date(at);
    Some(match (zoned.is_midnight(at), end) {
        (true, End::From) => (date, None),
        (true, End::Until) => (date.checked_sub_days(Days::new(1)).unwrap_or(date), None),
        (false, _) => (date, Some(zoned.clock(at))),
    })
}

/// Returns the inputs for the values of a section.
pub(super) fn fill(fields: &[Field], json: &Json, zoned: &Zoned) -> Pairs {
    let mut filled = Filled { pairs: Vec::new(), zoned };
    filled.fields("", fields, json);
    Pairs(filled.pairs)
}

struct Filled<'a> {
    pairs: Vec<(String, String)>,
    zoned: &'a Zoned,
}

impl Filled<'_> {
    fn fields(&mut self, prefix: &str, fields: &[Field], json: &Json) {
        for field in fields {
            self.field(&format!("{prefix}{}", field.name), &field.kind, at(json, field.name));
        }
    }

    fn put(&mut self, path: String, value: impl Into<String>) {
        self.pairs.push((path, value.into()));
    }

    fn field(&mut self, path: &str, kind: &Kind, value: &Json) {
        let path = path.to_owned();
        match kind {
            Kind::Shown(_) => {}
            Kind::Flag => {
                if value == &json!(true) {
                    self.put(path, "on");
                }
            }
            Kind::Ticks(_) | Kind::Groups => texts(value).for_each(|text| self.put(path.clone(), text)),
            Kind::Words => self.put(path, texts(value).collect::<Vec<_>>().join("\n")),
            Kind::Intervals => {
                for (n, interval) in value.as_array().into_iter().flatten().enumerate() {
                    for (place, time) in texts(interval).enumerate() {
                        self.put(format!("{path}.{n}.{place}"), if time == MIDNIGHT { "00:00" } else { time });
                    }
                }
            }
            Kind::Moment(end) => {
                if let Some((day, clock)) = moment(value, *end, self.zoned) {
                    self.put(format!("{path}.clock"), clock.unwrap_or_default());
                    self.put(path, day.to_string());
                }
            }
            Kind::Rows(rows) => {
                for (n, row) in rows_of(rows, value).iter().enumerate() {
                    self.put(format!("{path}.{n}"), ROW);
                    self.fields(&format!("{path}.{n}."), rows.fields, row);
                    let rest = if rows.shape.keeps() { rest(rows.fields, row) } else { Json::Null };
                    if !rest.is_null() {
                        self.put(format!("{path}.{n}.{KEPT}"), rest.to_string());
                    }
                }
            }
            _ => match value {
                Json::String(text) => self.put(path, text.as_str()),
                Json::Number(number) => self.put(path, number.to_string()),
                _ => {}
            },
        }
    }
}

fn texts(value: &Json) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Json::as_str)
}

/// Returns the numbers of the rows of a list, in the order in which they stand.
pub(super) fn numbers(pairs: &Pairs, path: &str) -> Vec<String> {
    let number = |(name, value): &(String, String)| {
        let rest = name.strip_prefix(path)?.strip_prefix('.')?;
        (value == ROW && is_number(rest)).then(|| rest.to_owned())
    };
    pairs.0.iter().filter_map(number).collect()
}

/// Returns the pairs with the rows of a list in this order, numbered from 0. A row that is not in the order is left out; a number that no
/// row has makes an empty row.
pub(super) fn renumbered(pairs: &Pairs, path: &str, order: &[String]) -> Pairs {
    let within = format!("{path}.");
    let mut all: Vec<_> = pairs.0.iter().filter(|(name, _)| !name.starts_with(&within)).cloned().collect();
    for (n, number) in order.iter().enumerate() {
        let (row, cell) = (format!("{within}{number}"), format!("{within}{number}."));
        all.push((format!("{within}{n}"), ROW.to_owned()));
        let cells = pairs.0.iter().filter(|(name, _)| *name != row);
        all.extend(cells.filter_map(|(name, value)| Some((format!("{within}{n}.{}", name.strip_prefix(&cell)?), value.clone()))));
    }
    Pairs(all)
}

/// Returns the pairs without rows in which nothing is typed.
pub(super) fn without_empty_rows(fields: &[Field], pairs: Pairs) -> Pairs {
    trimmed("", fields, pairs)
}

fn trimmed(prefix: &str, fields: &[Field], pairs: Pairs) -> Pairs {
    fields.iter().fold(pairs, |pairs, field| {
        let Kind::Rows(rows) = field.kind else { return pairs };
        let list = format!("{prefix}{}", field.name);
        let inner = |pairs, number: String| trimmed(&format!("{list}.{number}."), rows.fields, pairs);
        let pairs = numbers(&pairs, &list).into_iter().fold(pairs, inner);
        let typed = |number: &String| {
            let cell = format!("{list}.{number}.");
            // The hidden inputs of a row are not typed, nor those of the rows in it.
            let is_row = |name: &str, value: &str| value == ROW && name.rsplit('.').next().is_some_and(is_number);
            let is_typed = |name: &str, value: &str| name.strip_prefix(&cell).is_some_and(|cell| cell != KEPT && !is_row(cell, value));
            pairs.0.iter().any(|(name, value)| is_typed(name, value) && !value.trim().is_empty())
        };
        let mut order: Vec<String> = numbers(&pairs, &list).into_iter().filter(typed).collect();
        // Rows of users are shown by name, and keep their numbers.
        if rows.shape == Shape::Fixed {
            order.sort_by_key(|number| number.parse::<usize>().ok());
        }
        renumbered(&pairs, &list, &order)
    })
}

/// Reads the inputs of a section: the body of the change with the fields that `open` selects, and the errors of inputs.
pub(super) fn read(section: &Section, pairs: &Pairs, zoned: &Zoned, open: impl Fn(&Field) -> bool) -> (Map<String, Json>, Errors) {
    let fields: Vec<Field> = section.fields.iter().filter(|field| open(field)).copied().collect();
    let mut reader = Reader { pairs, zoned, errors: Errors::new() };
    let mut body = reader.fields("", &fields, Json::Null);
    // In a part, `null` is the default of a list, which may be another one than the empty list.
    if matches!(section.source, Source::Part(_)) {
        let lists = fields.iter().filter(|field| matches!(field.kind, Kind::Words));
        for list in lists {
            if body.get(list.name) == Some(&json!([])) {
                body.insert(list.name.to_owned(), Json::Null);
            }
        }
    }
    if let Some((object, needed)) = section.optional
        && pairs.get(needed).is_none()
    {
        body.insert(object.to_owned(), Json::Null);
    }
    // Without any time, a user has no hours of their own.
    let of_week = |hours: &Json| hours.as_object().is_some_and(|days| days.values().all(|day| day == &json!([])));
    if section.source == Source::Week && body.get("hours").is_some_and(of_week) {
        body.insert("hours".to_owned(), Json::Null);
    }
    (body, reader.errors)
}

/// Adds to the objects of a body the fields of the stored ones that the section does not have.
pub(super) fn keep_others(section: &Section, body: &mut Json, stored: &Json) {
    for name in section.fields.iter().filter(|field| field.name.contains('.')).map(Field::top) {
        let (Some(sent), Some(stored)) = (body.get_mut(name).and_then(Json::as_object_mut), stored.get(name).and_then(Json::as_object))
        else {
            continue;
        };
        for (field, value) in stored {
            sent.entry(field).or_insert_with(|| value.clone());
        }
    }
}

struct Reader<'a> {
    pairs: &'a Pairs,
    zoned: &'a Zoned,
    errors: Errors,
}

impl Reader<'_> {
    /// Reads fields into an object that has the values of others.
    fn fields(&mut self, prefix: &str, fields: &[Field], others: Json) -> Map<String, Json> {
        let mut body = others;
        for field in fields.iter().filter(|field| !matches!(field.kind, Kind::Shown(_))) {
            let path = format!("{prefix}{}", field.name);
            match self.field(&path, &field.kind) {
                Ok(Json::Null) if field.required => {
                    self.errors.insert(path, self.zoned.language.text("error.required").unwrap_or_default().to_owned());
                }
                Ok(value) => put(&mut body, field.name, value),
                Err(key) => {
                    self.errors.insert(path, self.zoned.language.text(key).unwrap_or(key).to_owned());
                }
            }
        }
        match body {
            Json::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    /// Reads a field. The error is the key of a text.
    fn field(&mut self, path: &str, kind: &Kind) -> Result<Json, &'static str> {
        let typed = self.pairs.get(path);
        Ok(match kind {
            Kind::Flag => json!(typed.is_some()),
            Kind::Ticks(_) | Kind::Groups => json!(self.pairs.all(path).collect::<Vec<_>>()),
            Kind::Words => {
                json!(typed.into_iter().flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>())
            }
            Kind::Intervals => self.intervals(path)?,
            Kind::Rows(rows) => self.rows(path, rows),
            Kind::Number | Kind::Minutes | Kind::MinutesOf(_) => match typed {
                Some(text) => json!(text.parse::<u32>().map_err(|_| "error.from_zero")?),
                None => Json::Null,
            },
            Kind::Moment(_) => match (typed, self.pairs.get(&format!("{path}.clock"))) {
                (Some(day), Some(clock)) => json!(instant(&format!("{day}T{clock}"), self.zoned)?),
                (Some(day), None) => json!(day),
                (None, None) => Json::Null,
                (None, Some(_)) => return Err("error.time"),
            },
            _ => typed.map_or(Json::Null, |text| json!(text)),
        })
    }

    fn intervals(&self, path: &str) -> Result<Json, &'static str> {
        let times = |n: usize| [0, 1].map(|place| self.pairs.get(&format!("{path}.{n}.{place}")));
        let mut intervals = Vec::new();
        for n in 0..interval_count(self.pairs, path) {
            match times(n) {
                [None, None] => {}
                // As the end of an interval, midnight is that of the following day.
                [Some(from), Some("00:00")] => intervals.push(json!([from, MIDNIGHT])),
                [Some(from), Some(until)] => intervals.push(json!([from, until])),
                _ => return Err("settings.error.interval"),
            }
        }
        Ok(json!(intervals))
    }

    /// Adds an error for each row without a key, and for each key that another row has.
    fn keys(&mut self, path: &str, rows: &[Map<String, Json>]) {
        for (n, row) in rows.iter().enumerate() {
            let key = row.get("key").filter(|key| !key.is_null());
            let text = match key {
                None => "settings.error.key",
                Some(key) if rows[..n].iter().any(|other| other.get("key") == Some(key)) => "settings.error.twice",
                Some(_) => continue,
            };
            self.errors.insert(format!("{path}.{n}.key"), self.zoned.language.text(text).unwrap_or(text).to_owned());
        }
    }

    fn rows(&mut self, path: &str, rows: &Rows) -> Json {
        let numbers = numbers(self.pairs, path);
        let read = |number: String| {
            let row = format!("{path}.{number}");
            let kept = if rows.shape.keeps() { kept(self.pairs, &row) } else { Json::Null };
            self.fields(&format!("{row}."), rows.fields, kept)
        };
        let read: Vec<Map<String, Json>> = numbers.into_iter().map(read).collect();
        if rows.shape == Shape::Map {
            self.keys(path, &read);
        }
        match rows.shape {
            Shape::Map => {
                let named = read.into_iter().filter_map(|mut row| Some((row.get("key")?.as_str()?.to_owned(), row.remove("value")?)));
                Json::Object(named.collect())
            }
            _ => json!(read),
        }
    }
}

/// Puts a value at a path with full stops.
fn put(body: &mut Json, path: &str, value: Json) {
    let mut place = body;
    for name in path.split('.') {
        // What came back with a row may be anything.
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[name];
    }
    *place = value;
}

/// Returns the number of intervals for which there are inputs.
pub(super) fn interval_count(pairs: &Pairs, path: &str) -> usize {
    (0..).find(|n| !pairs.has(&format!("{path}.{n}.0")) && !pairs.has(&format!("{path}.{n}.1"))).unwrap_or_default()
}
