//! Fields within fields: groups and rows; and the body that all of them make.

use super::{Field, Kind, Problems, Setting, instant};
use crate::view::{Zoned, money};
use crate::visit::Pairs;
use minijinja::{Value, context};
use serde_json::{Map, Value as Json, json};

/// The empty rows below those with a value.
const BLANK_ROWS: usize = 3;

/// The typed values from which a body is made.
pub(super) struct Reading<'a> {
    pub(super) typed: &'a Pairs,
    pub(super) zoned: &'a Zoned,
    /// Whether an empty field clears the value that the API has, as in a change.
    pub(super) clears: bool,
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
                    has_value |= field.kind != Kind::Tick || value == json!(true);
                    insert(&mut body, field.name, value);
                }
                Ok(None) => {}
                Err(key) => problems.add(&name, self.zoned.language.text(key).unwrap_or(key).to_owned()),
            }
        }
        (has_value || within.is_empty()).then_some(body)
    }

    /// Returns the value of a field. `None` if nothing is typed: the API says whether it is required. The error is the key of a text.
    fn value(&self, field: &Field, name: &str, problems: &mut Problems) -> Result<Option<Json>, &'static str> {
        match field.kind {
            Kind::True => return Ok(Some(json!(true))),
            Kind::Group(fields) => return Ok(self.object(fields, &format!("{name}."), problems)),
            Kind::Rows(fields, most) => return Ok(self.rows(fields, name, most, problems)),
            Kind::Money => return self.money(name),
            Kind::Tick => return Ok(Some(json!(self.typed.get(name).is_some()))),
            _ => {}
        }
        let Some(text) = self.typed.get(name) else { return Ok(self.blank(field.kind)) };
        Ok(Some(match field.kind {
            Kind::Number => json!(text.parse::<i64>().map_err(|_| "error.number")?),
            // Germans and Dutch type a comma.
            Kind::Decimal => json!(text.replace(',', ".")),
            Kind::Time => json!(instant(text, self.zoned)?),
            Kind::Amount(currency) => {
                let currency = money::currency(self.typed.get(currency).unwrap_or_default()).ok_or("error.currency")?;
                json!(money::read(text, currency).ok_or("error.amount")?)
            }
            Kind::List => json!(text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>()),
            _ => json!(text),
        }))
    }

    /// The value of a field without input.
    fn blank(&self, kind: Kind) -> Option<Json> {
        match kind {
            _ if !self.clears => None,
            Kind::Line(_) | Kind::Text(_) | Kind::Email | Kind::Phone | Kind::Listed | Kind::Hidden => Some(json!("")),
            Kind::List => Some(json!([])),
            _ => Some(Json::Null),
        }
    }

    fn money(&self, name: &str) -> Result<Option<Json>, &'static str> {
        let Some(text) = self.typed.get(&format!("{name}.amount")) else { return Ok(self.blank(Kind::Money)) };
        let code = self.typed.get(&format!("{name}.currency")).unwrap_or_default().to_ascii_uppercase();
        let currency = money::currency(&code).ok_or("error.currency")?;
        Ok(Some(json!({"amount": money::read(text, currency).ok_or("error.amount")?, "currency": code})))
    }

    /// Rows without a value are left out. In a change, the rows replace those that the API has.
    fn rows(&self, fields: &[Field], name: &str, most: usize, problems: &mut Problems) -> Option<Json> {
        let typed = |row: &usize| fields.iter().any(|field| self.typed.get(&format!("{name}.{row}.{}", field.name)).is_some());
        let filled = (0..most).filter(typed);
        // A changed row has no value of its own before: nothing in it is cleared.
        let reading = Reading { clears: false, ..*self };
        let rows: Vec<Json> = filled.filter_map(|row| reading.object(fields, &format!("{name}.{row}."), problems)).collect();
        (self.clears || !rows.is_empty()).then(|| json!(rows))
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
