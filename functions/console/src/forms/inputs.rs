//! The inputs of a form's fields, for the template.

use super::problems::Problems;
use super::{Field, Kind, Setting};
use crate::visit::Pairs;
use minijinja::{Value, context};

impl Field {
    /// The path of the day of a [`Kind::DayTime`] in the body: `date` in place of the last part of `path`.
    pub(super) fn day_path(path: &str) -> String {
        path.rsplit_once('.').map_or_else(|| "date".to_owned(), |(parent, _)| format!("{parent}.date"))
    }

    /// Returns the field for the template. `within` is the path of the group or row that it belongs to, with a full stop at the end.
    pub(super) fn shown(&self, within: &str, setting: &Setting<'_>, values: &Pairs, problems: &Problems) -> Value {
        let (input, longest) = match self.kind {
            Kind::Line(longest) => ("text", Some(longest)),
            Kind::Text(longest) => ("area", Some(longest)),
            Kind::Id => ("text", Some(64)),
            Kind::Email => ("email", None),
            Kind::Phone => ("tel", None),
            Kind::Number => ("number", None),
            Kind::Time => ("datetime-local", None),
            Kind::Day => ("date", None),
            Kind::Tick => ("tick", None),
            Kind::Choice(_) | Kind::Listed => ("choice", None),
            // There is nothing to choose.
            Kind::Several if !self.required && values.get(self.name).is_none() && !setting.has_choices(self.name) => ("none", None),
            Kind::Several => ("several", None),
            Kind::Despite if problems.obstacles.is_empty() && values.get(self.name).is_none() => ("none", None),
            Kind::Despite => ("several", None),
            Kind::Warnings if problems.obstacles.is_empty() => ("none", None),
            Kind::Warnings => ("warnings", None),
            Kind::DayTime => ("day-time", None),
            Kind::Hidden | Kind::HiddenList => ("hidden", None),
            Kind::True => ("none", None),
            Kind::List => ("area", None),
            Kind::Money => ("money", None),
            Kind::Amount(_) => ("decimal", None),
            Kind::Group(_) => ("group", None),
            Kind::Rows(..) => ("rows", None),
        };
        let name = format!("{within}{}", self.name);
        let currency = (self.kind == Kind::Money).then(|| format!("{name}.currency"));
        let value = if self.kind == Kind::Money { values.get(&format!("{name}.amount")) } else { values.get(&name) };
        let mut choices: Vec<Value> = match self.kind {
            Kind::Choice(choices) => choices.iter().map(|value| context! { value => *value }).collect(),
            Kind::Despite => {
                let ticked = values.all(self.name).filter(|value| !problems.obstacles.iter().any(|obstacle| obstacle == value));
                problems.obstacles.iter().map(String::as_str).chain(ticked).map(|value| context! { value }).collect()
            }
            Kind::Warnings => problems.obstacles.iter().map(|value| context! { value }).collect(),
            Kind::Listed | Kind::Several => {
                setting.choices.get(self.name).into_iter().flatten().map(|(value, text)| context! { value, text }).collect()
            }
            _ => Vec::new(),
        };
        // A value that is no longer to be chosen, such as a former person, is not lost.
        if let (Kind::Listed, Some(value)) = (self.kind, value)
            && !setting.choices.get(self.name).is_some_and(|known| known.iter().any(|(known, _)| known == value))
        {
            let people = setting.place.dealer.map(|dealer| dealer.get("people").items()).unwrap_or_default();
            let id = value.strip_prefix("user:").unwrap_or(value);
            let known = people.iter().find(|person| person.text("id") == id);
            choices.push(context! { value, text => known.map_or(id, |person| person.text("name")) });
        }
        // The text of a row's field has no number in its key.
        let label = name.split('.').filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join(".");
        context! {
            // A page below the dialog may have inputs of the same name.
            name => &name, id => format!("form-{}", name.replace('.', "-")), input, longest, choices, value, required => self.required,
            text => format!("field.{label}"), label,
            error => problems.fields.get(&name),
            all => values.all(&name).map(Value::from).collect::<Vec<_>>(),
            clock => values.get(&format!("{name}.clock")),
            currency => currency.as_deref().map(|currency| values.get(currency).unwrap_or_else(|| setting.currency())),
            parts => self.shown_parts(&name, setting, values, problems),
        }
    }
}
