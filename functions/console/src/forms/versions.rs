//! Two versions of an object: somebody else changed it while a form of it was filled in.

use super::{Field, Form, Kind, Setting, instant, route};
use crate::screens::Page;
use crate::view::Zoned;
use crate::visit::Pairs;
use chrono::{DateTime, NaiveDate};
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};

/// The input with the values with which the form began.
pub(super) const BEGAN: &str = "was";
/// The beginning of the inputs that choose a version of a field.
const PICK: &str = "pick.";
/// The value of such an input that takes the version of the others.
const THEIRS: &str = "theirs";
/// The changes of others that are named.
const NAMED: usize = 5;

/// What a form shows of both versions.
#[derive(Default)]
pub(super) struct Both {
    /// The values of the form: what was typed, and the changes of others where nothing was typed.
    pub(super) values: Pairs,
    /// The fields that others changed.
    pub(super) rows: Vec<Value>,
    /// Who changed what.
    pub(super) changes: Vec<Value>,
}

/// A field whose versions are compared as a whole: one with an input, or a list with its rows.
struct Unit {
    field: Field,
    name: String,
}

/// Returns the values of the object with which a form begins, without those that the address gives.
pub(super) fn began(setting: &Setting<'_>, given: &Pairs) -> String {
    let own = setting.values.0.strip_prefix(given.0.as_slice()).unwrap_or(&setting.values.0);
    Pairs(own.to_vec()).encode_without(&[])
}

/// Returns what was typed, with the present values of the fields for which the user chose the version of the others.
pub(super) fn picked(fields: &[Field], typed: &Pairs, present: &Pairs) -> Pairs {
    let chosen = units(fields, "").into_iter().filter(|unit| typed.get(&format!("{PICK}{}", unit.name)) == Some(THEIRS));
    chosen.fold(typed.clone(), |values, unit| unit.replaced(&values, present))
}

impl Both {
    /// Compares what was typed with the object as it is now, and both with the values with which the form began.
    pub(super) async fn of(form: &Form, page: &Page<'_>, setting: &Setting<'_>, typed: &Pairs) -> Self {
        let zoned = page.zoned(setting.place.dealer);
        let began = Pairs::parse(typed.get(BEGAN).unwrap_or_default().as_bytes());
        let (mut values, mut rows) = (typed.clone(), Vec::new());
        for unit in units(form.fields, "").into_iter().filter(|_| typed.has(BEGAN)) {
            let (old, mine, theirs) = (unit.of(&began), unit.of(typed), unit.of(&setting.values));
            if theirs == old || theirs == mine {
                continue;
            }
            let is_typed = mine != old;
            if !is_typed {
                values = unit.replaced(&values, &setting.values);
            }
            let shown = |pairs: &Pairs| unit.shown(pairs, setting, &zoned);
            rows.push(context! {
                title => unit.title(form, &zoned), pick => format!("{PICK}{}", unit.name), is_typed,
                old => shown(&began), mine => shown(typed), theirs => shown(&setting.values),
            });
        }
        Self { values, rows, changes: changes(form, page, setting, typed).await }
    }
}

/// Returns the latest changes of a form's lead, as many as the versions are apart. None if it is no form of a lead, or if the timeline
/// cannot be read.
async fn changes(form: &Form, page: &Page<'_>, setting: &Setting<'_>, typed: &Pairs) -> Vec<Value> {
    let part = |wanted: &str| setting.parts.iter().find(|(name, _)| *name == wanted).map(|(_, id)| *id);
    let number = |version: Option<&str>| version.and_then(|version| version.parse::<usize>().ok());
    let apart = number(setting.version.as_deref()).zip(number(typed.get("version"))).and_then(|(now, then)| now.checked_sub(then));
    let is_of_lead = route(form.operation).is_some_and(|route| route.path.starts_with("/leads/{id}/"));
    let (Some(id), Some(apart), true) = (part("id"), apart, is_of_lead) else { return Vec::new() };
    let Ok(read) = page.get(Operation::ReadTimeline, &[("id", id)], Vec::new()).await else { return Vec::new() };
    let mut named = Vec::new();
    for entry in read.get("timeline").items() {
        let events = entry.get("events").items();
        // An element has versions of its own.
        let is_about = part("element").is_none_or(|element| events.iter().any(|event| event.json()["element"] == element));
        if !is_about {
            continue;
        }
        if named.len() >= apart.min(NAMED) {
            break;
        }
        let what = events.iter().map(|event| event.text("what").to_owned()).find(|what| !what.starts_with("element_"));
        named.push(context! { at => entry.text("at"), by => entry.text("by"), what });
    }
    named
}

/// Returns the fields that are compared, those of groups one by one.
fn units(fields: &[Field], within: &str) -> Vec<Unit> {
    let of = |field: &Field| {
        let name = format!("{within}{}", field.name);
        match field.kind {
            Kind::Group(fields) => units(fields, &format!("{name}.")),
            Kind::Hidden | Kind::HiddenList | Kind::True | Kind::Id | Kind::Despite | Kind::Warnings => Vec::new(),
            _ => vec![Unit { field: *field, name }],
        }
    };
    fields.iter().flat_map(of).collect()
}

impl Unit {
    /// Whether an input belongs to the field.
    fn has(&self, input: &str) -> bool {
        input.strip_prefix(&self.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Returns the values of its inputs, without the empty ones.
    fn of(&self, pairs: &Pairs) -> Vec<(String, String)> {
        // A currency alone is no amount.
        if self.field.kind == Kind::Money && pairs.get(&format!("{}.amount", self.name)).is_none() {
            return Vec::new();
        }
        let own = pairs.0.iter().filter(|(name, _)| self.has(name)).map(|(name, value)| (name.clone(), value.trim().replace("\r\n", "\n")));
        own.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Returns `values` with the field's inputs of `others`.
    fn replaced(&self, values: &Pairs, others: &Pairs) -> Pairs {
        let kept = values.0.iter().filter(|(name, _)| !self.has(name)).cloned();
        Pairs(kept.chain(others.0.iter().filter(|(name, _)| self.has(name)).cloned()).collect())
    }

    /// The name of the field in the form.
    fn title(&self, form: &Form, zoned: &Zoned) -> &'static str {
        let keys =
            [format!("form.{}.field.{}", form.name, self.name), format!("field.{}", self.name), format!("field.{}.legend", self.name)];
        keys.iter().find_map(|key| zoned.language.text(key)).unwrap_or_default()
    }

    /// Returns a version of the field as people read it; empty if it has no value.
    fn shown(&self, pairs: &Pairs, setting: &Setting<'_>, zoned: &Zoned) -> String {
        let values = self.of(pairs);
        let text = |(name, value): &(String, String)| match self.field.kind {
            Kind::Rows(fields, _) => {
                let part = name.rsplit('.').next().unwrap_or_default();
                let field = fields.iter().find(|field| field.name == part);
                field.map_or_else(|| value.clone(), |field| read(field, &format!("{}.{part}", self.name), value, (setting, zoned)))
            }
            _ => read(&self.field, &self.name, value, (setting, zoned)),
        };
        let between = match self.field.kind {
            Kind::Money | Kind::DayTime => " ",
            Kind::Rows(..) => " · ",
            _ => ", ",
        };
        values.iter().map(text).collect::<Vec<_>>().join(between)
    }
}

/// Writes the value of an input as people read it. `label` is the field's name in the texts of its values.
fn read(field: &Field, label: &str, value: &str, (setting, zoned): (&Setting<'_>, &Zoned)) -> String {
    let known = match field.kind {
        Kind::Tick => Some("✓".to_owned()),
        Kind::Time => instant(value, zoned).ok().and_then(|at| DateTime::parse_from_rfc3339(&at).ok()).map(|at| zoned.at(at.to_utc())),
        Kind::Day | Kind::DayTime => NaiveDate::parse_from_str(value, "%Y-%m-%d").ok().map(|date| zoned.day(date)),
        Kind::Listed | Kind::Several => {
            let mut choices = setting.choices.get(field.name).into_iter().flatten();
            choices.find(|(id, _)| id == value).map(|(_, text)| text.clone())
        }
        Kind::Choice(_) => zoned.language.text(&format!("label.{label}.{value}")).map(str::to_owned),
        _ => None,
    };
    known.unwrap_or_else(|| value.to_owned())
}
