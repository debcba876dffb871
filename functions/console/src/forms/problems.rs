//! The problems of a form, in the user's language.

use super::{Form, Kind, nested};
use crate::api::ApiProblem;
use crate::view::{Language, explained, sentence, without_rule};
use std::collections::BTreeMap;

/// The problems of a form: of fields, and of the whole.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub(super) fields: BTreeMap<String, String>,
    pub(super) general: Vec<String>,
    /// The obstacles that a client may accept: those with which the form can be sent again.
    pub(super) obstacles: Vec<String>,
}

/// The words before the obstacles that a client may accept, as a list in JSON at the end of an explanation.
const DESPITE: &str = "; to assign the lead all the same, send despite ";

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
            let known = keys.iter().find_map(|key| language.text(key));
            let text = known.map_or_else(|| explained(language, &error.detail), str::to_owned);
            match field_of(form, &error.field) {
                Some(name) if is_hidden(form, &name) => self.general.push(sentence(&text)),
                Some(name) => self.add(&name, text),
                None => {
                    let name = language.text(&format!("field.{}", error.field)).unwrap_or(&error.field);
                    self.general.push(format!("{name}: {text}"));
                }
            }
        }
        // The warnings about a booking are shown with the button that books despite them.
        let warns = problem.rule.as_deref() == Some("APT-8") && !problem.obstacles.is_empty() && form.has(Kind::Warnings);
        if warns {
            self.obstacles = problem.obstacles.iter().map(|obstacle| obstacle.what.clone()).collect();
            self.general.push(language.text("error.warnings").unwrap_or_default().to_owned());
            return;
        }
        let conflict = problem.rule.as_deref().filter(|_| problem.status == 409);
        if let Some(text) = conflict.and_then(|rule| language.text(&format!("error.conflict.{rule}"))) {
            self.general.push(text.to_owned());
        }
        if self.is_empty() {
            self.general.push(text_of_whole(problem, language));
        }
        let obstacles = problem.detail.split_once(DESPITE).and_then(|(_, list)| serde_json::from_str(without_rule(list)).ok());
        self.obstacles = obstacles.unwrap_or_default();
    }
}

impl Form {
    fn has(&self, kind: Kind) -> bool {
        self.fields.iter().any(|field| field.kind == kind)
    }
}

/// Whether the user does not see the input.
fn is_hidden(form: &Form, name: &str) -> bool {
    form.fields.iter().any(|field| field.name == name && matches!(field.kind, Kind::Hidden | Kind::HiddenList))
}

/// Returns the text of a problem that is about no field.
fn text_of_whole(problem: &ApiProblem, language: Language) -> String {
    let detail = explained(language, &problem.detail);
    let detail = sentence(detail.split(DESPITE).next().unwrap_or_default());
    let text = |key: &str| language.text(key).unwrap_or_default();
    match problem.status {
        412 => text("error.changed").to_owned(),
        428 => text("error.exists").to_owned(),
        // Somebody went back to a form that was carried out, and changed it.
        422 if problem.kind.ends_with(":reused") => text("error.reused").to_owned(),
        403 => format!("{} {detail}", text("error.forbidden")),
        // A rule says what is in the way; without one somebody else was faster.
        409 if problem.rule.is_none() => format!("{} {detail}", text("error.changed")),
        _ => detail,
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
    let found = problem.errors.iter().map(|error| {
        let known = language.text(&format!("error.{}", error.rule));
        known.map_or_else(|| explained(language, &error.detail), str::to_owned)
    });
    let texts: Vec<String> = found.collect();
    if texts.is_empty() { vec![explained(language, &problem.detail)] } else { texts }
}
