//! The problems of a form, in the user's language.

use super::{Form, nested};
use crate::api::ApiProblem;
use crate::view::Language;
use std::collections::BTreeMap;

/// The problems of a form: of fields, and of the whole.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub(super) fields: BTreeMap<String, String>,
    pub(super) general: Vec<String>,
}

impl Problems {
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.general.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.fields.len() + self.general.len()
    }

    pub(super) fn add(&mut self, field: &str, text: String) {
        self.fields.insert(field.to_owned(), text);
    }

    /// Adds the problems of an answer: beside the fields that the form has, otherwise above them.
    pub(super) fn take(&mut self, problem: &ApiProblem, language: Language, form: &Form) {
        for error in &problem.errors {
            let last = error.field.rsplit('.').next().unwrap_or_default();
            let keys = [format!("error.{}.{last}", error.rule), format!("error.{}", error.rule)];
            let text = keys.iter().find_map(|key| language.text(key)).map_or_else(|| language.said(&error.detail), str::to_owned);
            match field_of(form, &error.field) {
                Some(name) => self.add(&name, text),
                None => self.general.push(format!("{}: {text}", error.field)),
            }
        }
        let conflict = problem.rule.as_deref().filter(|_| problem.status == 409);
        if let Some(text) = conflict.and_then(|rule| language.text(&format!("error.conflict.{rule}"))) {
            self.general.push(text.to_owned());
        }
        if self.is_empty() {
            let text = match problem.status {
                409 | 412 => language.text("error.changed"),
                403 => language.text("error.forbidden"),
                428 => language.text("error.exists"),
                _ => None,
            };
            // The API's own sentence is English.
            self.general.push(match text {
                Some(text) if language != Language::English => text.to_owned(),
                Some(text) => format!("{text} {}", problem.detail),
                None => problem.detail.clone(),
            });
        }
    }
}

/// Returns the name of the field of a form that the API names `path`, such as `lines[0].text`.
fn field_of(form: &Form, path: &str) -> Option<String> {
    let own = nested::place_of(form.fields, "", &path.replace('[', ".").replace(']', ""));
    // The fields of an element that a form adds to a list are named without the list: `absences[0].from` is `from`.
    let in_list = || path.rsplit_once("].").and_then(|(_, name)| nested::place_of(form.fields, "", name));
    // A fault of a whole, such as a customer without any address, stands at its first field.
    let first = || form.fields.iter().find(|field| field.name.starts_with(&format!("{path}."))).map(|field| field.name.to_owned());
    own.or_else(in_list).or_else(first)
}

/// Returns the problems of an answer as texts, for a form that is not made from data.
pub(crate) fn texts_of(problem: &ApiProblem, language: Language) -> Vec<String> {
    let own = |rule: &str| language.text(&format!("error.{rule}"));
    let found = problem.errors.iter().map(|error| own(&error.rule).map_or_else(|| language.said(&error.detail), str::to_owned));
    let texts: Vec<String> = found.collect();
    if texts.is_empty() { vec![problem.detail.clone()] } else { texts }
}
