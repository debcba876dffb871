//! Fields within fields: groups and rows; and the body that all of them make.

use super::{Field, Kind, Problems, Setting, instant};
use crate::view::{Zoned, money};
use crate::visit::Pairs;
use forecourt_domain::base::UserId;
use minijinja::{Value, context};
use serde_json::{Map, Value as Json, json};

/// The empty rows below those with a value.
const BLANK_ROWS: usize = 3;

/// The typed values from which a body is made.
pub(super) struct Reading<'a> {
    pub(super) typed: &'a Pairs,
    pub(super) zoned: &'a Zoned,
    /// The method of the operation.
    pub(super) method: &'static str,
    /// Whether the fields are those of a row, which replaces the rows that the API has: nothing in it is cleared.
    pub(super) in_row: bool,
}

impl Reading<'_> {
    /// Returns the object of `fields`, which are below the path `within`. `None` if no field has a value.
    pub(super) fn object(&self, fields: &[Field], within: &str, problems: &mut Problems) -> Option<Json> {
        let mut body = Json::Object(Map::new());
        let mut has_value = false;
        for field in fields {
            let name = format!("{within}{}", field.name);
            match self.value(field, &name, problems) {
                Ok(Some(value)) => {
                    has_value |= value != json!(false) && value != json!([]);
                    let is_day = field.kind == Kind::DayTime && self.typed.get(&format!("{name}.clock")).is_none();
                    insert(&mut body, &if is_day { Field::day_path(field.name) } else { field.name.to_owned() }, value);
                }
                Ok(None) => {}
                Err(key) => problems.add(&name, self.zoned.language.text(key).unwrap_or(key).to_owned()),
            }
        }
        (has_value || within.is_empty()).then_some(body)
    }

    /// Returns the value of a field. `None` if nothing is typed in an optional field. The error is the key of a text.
    fn value(&self, field: &Field, name: &str, problems: &mut Problems) -> Result<Option<Json>, &'static str> {
        let before = problems.len();
        let value = match field.kind {
            Kind::True => Some(json!(true)),
            Kind::Group(fields) => self.object(fields, &format!("{name}."), problems),
            Kind::Rows(fields, most) => self.rows(fields, name, most, problems),
            Kind::Money => self.money(name)?,
            Kind::Tick => Some(json!(self.typed.get(name).is_some())),
            Kind::Despite => {
                let values: Vec<&str> = self.typed.all(name).collect();
                (!values.is_empty()).then(|| json!(values))
            }
            Kind::Warnings => {
                let accepted = self.typed.get(name).unwrap_or_default();
                Some(json!(accepted.split(',').filter(|warning| !warning.is_empty()).collect::<Vec<_>>()))
            }
            Kind::Several | Kind::HiddenList => {
                let values: Vec<&str> = self.typed.all(name).collect();
                (!field.required || !values.is_empty()).then(|| json!(values))
            }
            _ => self.typed.get(name).map(|text| self.read(field.kind, name, text)).transpose()?,
        };
        match value {
            Some(value) => Ok(Some(value)),
            None if field.kind == Kind::Id => Err("error.id"),
            // What is wrong within a group or a row stands beside its fields.
            None if field.required && problems.len() == before => Err("error.required"),
            None => Ok(self.blank(field)),
        }
    }

    /// Reads what is typed in a field.
    fn read(&self, kind: Kind, name: &str, text: &str) -> Result<Json, &'static str> {
        Ok(match kind {
            Kind::Id => match text.parse::<UserId>() {
                Ok(_) => json!(text),
                Err(_) => return Err("error.id"),
            },
            Kind::Number => json!(text.parse::<i64>().map_err(|_| "error.number")?),
            Kind::Time => json!(instant(text, self.zoned)?),
            Kind::DayTime => match self.typed.get(&format!("{name}.clock")) {
                Some(clock) => json!(instant(&format!("{text}T{clock}"), self.zoned)?),
                None => json!(text),
            },
            Kind::Amount(currency) => {
                let currency = money::currency(self.typed.get(currency).unwrap_or_default()).ok_or("error.currency")?;
                json!(money::read(text, currency).ok_or("error.amount")?)
            }
            Kind::List => json!(text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>()),
            _ => json!(text),
        })
    }

    /// The value of an optional field without input: the one that removes what is stored, if the field does that.
    fn blank(&self, field: &Field) -> Option<Json> {
        match field.kind {
            _ if !field.clears || self.in_row || self.method == "POST" => None,
            Kind::List | Kind::Rows(..) => Some(json!([])),
            // An empty text removes a value of a lead or an appointment. An object that is replaced as a whole has none instead.
            Kind::Line(_) | Kind::Text(_) | Kind::Email | Kind::Phone | Kind::Listed if self.method == "PATCH" => Some(json!("")),
            _ => Some(Json::Null),
        }
    }

    fn money(&self, name: &str) -> Result<Option<Json>, &'static str> {
        let Some(text) = self.typed.get(&format!("{name}.amount")) else { return Ok(None) };
        let code = self.typed.get(&format!("{name}.currency")).unwrap_or_default().to_ascii_uppercase();
        let currency = money::currency(&code).ok_or("error.currency")?;
        Ok(Some(json!({"amount": money::read(text, currency).ok_or("error.amount")?, "currency": code})))
    }

    /// Rows without a value are left out. `None` if there is no other.
    fn rows(&self, fields: &[Field], name: &str, most: usize, problems: &mut Problems) -> Option<Json> {
        let typed = |row: &usize| fields.iter().any(|field| self.typed.get(&format!("{name}.{row}.{}", field.name)).is_some());
        let filled = (0..most).filter(typed);
        let reading = Reading { in_row: true, ..*self };
        let rows: Vec<Json> = filled.filter_map(|row| reading.object(fields, &format!("{name}.{row}."), problems)).collect();
        (!rows.is_empty()).then(|| json!(rows))
    }
}

impl Field {
    /// Returns the fields of a group, or the rows with their fields, for the template.
    pub(super) fn shown_parts(&self, name: &str, setting: &Setting<'_>, values: &Pairs, problems: &Problems) -> Vec<Value> {
        let part = |field: &Field, within: &str| field.shown(within, setting, values, problems);
        match self.kind {
            Kind::Group(fields) => fields.iter().map(|field| part(field, &format!("{name}."))).collect(),
            Kind::Rows(fields, most) => {
                let filled =
                    (0..most).rev().find(|row| fields.iter().any(|field| values.get(&format!("{name}.{row}.{}", field.name)).is_some()));
                let rows = (filled.map_or(0, |last| last + 1) + BLANK_ROWS).min(most);
                let row = |row: usize| {
                    let fields: Vec<Value> = fields.iter().map(|field| part(field, &format!("{name}.{row}."))).collect();
                    context! { number => row + 1, fields }
                };
                (0..rows).map(row).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Returns the name of the field that an error of the API is about, such as `vehicle.make` or `lines.0.text`: the innermost that has it.
pub(super) fn place_of(fields: &[Field], within: &str, path: &str) -> Option<String> {
    for field in fields {
        let name = format!("{within}{}", field.name);
        if field.kind == Kind::DayTime && path == Field::day_path(&name) {
            return Some(name);
        }
        let Some(rest) = path.strip_prefix(&name).filter(|rest| rest.is_empty() || rest.starts_with('.')) else { continue };
        let inner = match field.kind {
            Kind::Group(fields) => place_of(fields, &format!("{name}."), path),
            Kind::Rows(fields, _) => {
                let row = rest.trim_start_matches('.').split('.').next().unwrap_or_default();
                place_of(fields, &format!("{name}.{row}."), path)
            }
            _ => None,
        };
        return Some(inner.unwrap_or(name));
    }
    None
}

/// Puts a value at a path such as `contact.email`.
fn insert(body: &mut Json, path: &str, value: Json) {
    let mut place = body;
    for name in path.split('.') {
        place = &mut place[name];
    }
    *place = value;
}
