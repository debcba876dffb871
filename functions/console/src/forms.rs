//! Forms as data. A form names an operation of the API and its fields; the body, the page and the problems beside the fields follow.
//!
//! A form has a page of its own, so that it works without a script; the script shows the same page as a dialog.

use crate::api::{ApiProblem, Ask, Unanswered};
use crate::console::Trouble;
use crate::reply::Reply;
use crate::screens::{Page, Place};
use crate::view::{Language, Zoned};
use crate::visit::Pairs;
use chrono::{NaiveDateTime, TimeZone as _};
use forecourt_edge::routes::Operation;
use http::Method;
use minijinja::{Value, context};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// A form. Its texts are `form.NAME.title`, `form.NAME.send`, `done.NAME`, and `field.…` of its fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) name: &'static str,
    /// The operation that it sends.
    pub(crate) operation: Operation,
    pub(crate) fields: &'static [Field],
    /// Whether the change is refused if somebody else changed the same thing in the meantime.
    pub(crate) versioned: bool,
    /// Whether it deletes or ends something: its button is red.
    pub(crate) dangerous: bool,
}

/// A field: the path of the value in the body, with full stops.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
}

/// The kind of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A line of text up to this length.
    Line(u16),
    /// Several lines of text up to this length.
    Text(u16),
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A whole number.
    Number,
    /// A decimal number that the API takes as text, such as a price.
    Decimal,
    /// A day and a time at the dealer.
    Time,
    /// A day.
    Day,
    /// A box to tick.
    Tick,
    /// One of these values, with the texts `label.FIELD.VALUE`.
    Choice(&'static [&'static str]),
    /// A value of a list that the screen gives by the field's name.
    Listed,
    /// A value that the user does not see.
    Hidden,
}

/// An optional field.
pub(crate) const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false }
}

/// A required field.
pub(crate) const fn needed(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: true }
}

/// The circumstances of a form on a page.
pub(crate) struct Setting<'a> {
    pub(crate) place: Place<'a>,
    /// The values of the names in the operation's path.
    pub(crate) parts: &'a [(&'static str, &'a str)],
    /// Where the form leads to.
    pub(crate) back: &'a str,
    /// The values before the user changes them.
    pub(crate) values: Pairs,
    /// The choices of the [`Kind::Listed`] fields: field, then pairs of value and text.
    pub(crate) choices: BTreeMap<&'static str, Vec<(String, String)>>,
    /// The version on which a change is based.
    pub(crate) version: Option<String>,
    /// A sentence about the object, above the fields.
    pub(crate) about: String,
}

/// The state in which a form is shown.
struct Filled<'a> {
    status: u16,
    values: &'a Pairs,
    problems: &'a Problems,
}

impl Form {
    /// Shows the form, or carries it out.
    pub(crate) async fn answer(&self, page: &Page<'_>, setting: &Setting<'_>) -> Result<Reply, Trouble> {
        if page.visit.method != Method::POST {
            return self.show(page, setting, Filled { status: 200, values: &setting.values, problems: &Problems::default() });
        }
        let typed = &page.visit.form;
        let zoned = page.zoned(setting.place.dealer);
        let (body, mut problems) = self.body(typed, &zoned);
        if !problems.is_empty() {
            return self.show(page, setting, Filled { status: 422, values: typed, problems: &problems });
        }
        let ask = Ask {
            parts: setting.parts,
            body: Some(body),
            if_match: if self.versioned { typed.get("version").map(|version| format!("\"{version}\"")) } else { None },
            idempotency_key: typed.get("key").map(str::to_owned),
            ..Ask::default()
        };
        match page.call(self.operation, ask).await {
            Ok(_) => Ok(page.done(page.back(setting.back), self.name)),
            Err(Unanswered::Problem(problem)) if matches!(problem.status, 400 | 403 | 409 | 412 | 422 | 428) => {
                problems.take(&problem, page.language, self);
                self.show(page, setting, Filled { status: problem.status, values: typed, problems: &problems })
            }
            Err(other) => Err(other.into()),
        }
    }

    fn show(&self, page: &Page<'_>, setting: &Setting<'_>, filled: Filled<'_>) -> Result<Reply, Trouble> {
        let Filled { status, values, problems } = filled;
        let fields: Vec<Value> = self.fields.iter().map(|field| field.shown(setting, values, problems)).collect();
        let fresh = uuid_like();
        let values = context! {
            form => self.name,
            dangerous => self.dangerous,
            fields,
            general => &problems.general,
            back => page.back(setting.back),
            about => &setting.about,
            key => if problems.is_empty() { values.get("key").unwrap_or(&fresh) } else { &fresh },
            version => setting.version.as_deref(),
        };
        page.render(status, "form.html", setting.place, values)
    }

    /// Returns the body that the typed values make, and the values that cannot be read.
    fn body(&self, typed: &Pairs, zoned: &Zoned) -> (Json, Problems) {
        let mut body = Json::Object(Map::new());
        let mut problems = Problems::default();
        for field in self.fields {
            match field.read(typed, zoned) {
                Ok(Some(value)) => insert(&mut body, field.name, value),
                Ok(None) => {}
                Err(key) => problems.add(field.name, zoned.language.text(key).unwrap_or(key).to_owned()),
            }
        }
        (body, problems)
    }
}

impl Field {
    /// Reads the typed value. `None` if nothing is typed: the API says whether it is required. The error is the key of a text.
    fn read(&self, typed: &Pairs, zoned: &Zoned) -> Result<Option<Json>, &'static str> {
        let Some(text) = typed.get(self.name) else {
            return Ok(if self.kind == Kind::Tick { Some(json!(false)) } else { None });
        };
        Ok(Some(match self.kind {
            Kind::Tick => json!(true),
            Kind::Number => json!(text.parse::<i64>().map_err(|_| "error.number")?),
            // Germans and Dutch type a comma.
            Kind::Decimal => json!(text.replace(',', ".")),
            Kind::Time => json!(instant(text, zoned)?),
            _ => json!(text),
        }))
    }

    fn shown(&self, setting: &Setting<'_>, values: &Pairs, problems: &Problems) -> Value {
        let (input, longest) = match self.kind {
            Kind::Line(longest) => ("text", Some(longest)),
            Kind::Text(longest) => ("area", Some(longest)),
            Kind::Email => ("email", None),
            Kind::Phone => ("tel", None),
            Kind::Number => ("number", None),
            Kind::Decimal => ("decimal", None),
            Kind::Time => ("datetime-local", None),
            Kind::Day => ("date", None),
            Kind::Tick => ("tick", None),
            Kind::Choice(_) | Kind::Listed => ("choice", None),
            Kind::Hidden => ("hidden", None),
        };
        let choices: Vec<Value> = match self.kind {
            Kind::Choice(choices) => choices.iter().map(|value| context! { value => *value }).collect(),
            Kind::Listed => setting.choices.get(self.name).into_iter().flatten().map(|(value, text)| context! { value, text }).collect(),
            _ => Vec::new(),
        };
        let name = self.name;
        context! {
            name, id => name.replace('.', "-"), input, longest, choices, required => self.required,
            value => values.get(name), error => problems.fields.get(name),
        }
    }
}

/// The problems of a form: of fields, and of the whole.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    fields: BTreeMap<String, String>,
    general: Vec<String>,
}

impl Problems {
    fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.general.is_empty()
    }

    fn add(&mut self, field: &str, text: String) {
        self.fields.insert(field.to_owned(), text);
    }

    /// Adds the problems of an answer: beside the fields that the form has, otherwise above them.
    fn take(&mut self, problem: &ApiProblem, language: Language, form: &Form) {
        for error in &problem.errors {
            let own = form.fields.iter().find(|field| field.name == error.field || error.field.starts_with(&format!("{}.", field.name)));
            let last = error.field.rsplit('.').next().unwrap_or_default();
            let keys = [format!("error.{}.{last}", error.rule), format!("error.{}", error.rule)];
            let text = keys.iter().find_map(|key| language.text(key)).unwrap_or(&error.detail).to_owned();
            match own {
                Some(field) => self.add(field.name, text),
                None => self.general.push(format!("{}: {text}", error.field)),
            }
        }
        if self.is_empty() {
            let text = match problem.status {
                409 | 412 => language.text("error.changed"),
                403 => language.text("error.forbidden"),
                _ => None,
            };
            self.general.push(text.map_or_else(|| problem.detail.clone(), |text| format!("{text} {}", problem.detail)));
        }
    }
}

/// Reads `2026-11-25T14:30` as a time at the dealer.
pub(crate) fn instant(text: &str, zoned: &Zoned) -> Result<String, &'static str> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"));
    let local = local.map_err(|_| "error.time")?;
    // An hour that the clock skips does not exist; of an hour that occurs twice, the first is meant.
    zoned.zone.from_local_datetime(&local).earliest().map(|at| at.to_rfc3339()).ok_or("error.time_skipped")
}

/// Puts a value at a path such as `contact.email`.
fn insert(body: &mut Json, path: &str, value: Json) {
    let mut place = body;
    for name in path.split('.') {
        place = &mut place[name];
    }
    *place = value;
}

/// A key that no other form has.
fn uuid_like() -> String {
    let mut random = [0_u8; 16];
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut random);
    crate::session::hash(&random)
}
