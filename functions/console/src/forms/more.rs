//! What some forms have in addition to the fields of the body.

use super::problems::Problems;
use super::versions::Both;
use super::{Filled, Form, Setting};
use crate::api::Data;
use crate::console::Trouble;
use crate::reply::Reply;
use crate::screens::Page;
use crate::visit::Pairs;
use minijinja::Value;
use serde_json::Value as Json;

/// What some forms have in addition to the fields of the body.
#[derive(Default)]
pub(crate) struct More<'a> {
    /// The fields that are parameters of the operation instead.
    pub(crate) parameters: &'a [&'static str],
    /// Further parameters.
    pub(crate) query: Vec<(&'static str, String)>,
    /// The work that the change hands over, above the fields (DIS-12).
    pub(crate) work: Option<Value>,
    /// The template, if it is not that of every form. It extends `form.html`.
    pub(crate) template: Option<&'static str>,
    /// What the template shows around the fields.
    pub(crate) beside: Value,
}

impl More<'_> {
    /// Whether the request only shows what the change would do.
    pub(super) fn is_trial(&self) -> bool {
        self.query.iter().any(|(name, _)| *name == "dry_run")
    }

    /// Returns the parameters, and takes those that are fields out of the body.
    pub(super) fn query(&self, body: &mut Json) -> Vec<(&'static str, String)> {
        let mut query = self.query.clone();
        if let Some(fields) = body.as_object_mut() {
            let typed = self.parameters.iter().filter_map(|name| Some((*name, fields.remove(*name)?.as_str()?.to_owned())));
            query.extend(typed);
        }
        query
    }
}

impl Form {
    /// Shows the form with these values.
    pub(crate) fn show_typed(&self, page: &Page<'_>, setting: &Setting<'_>, values: &Pairs, more: &More<'_>) -> Result<Reply, Trouble> {
        self.show(page, setting, &Filled { status: 200, values, problems: &Problems::default(), both: None, version: None, more })
    }

    /// Shows the form as it was typed, because a field is needed that it did not have.
    pub(crate) fn ask_further(&self, page: &Page<'_>, setting: &Setting<'_>, more: &More<'_>) -> Result<Reply, Trouble> {
        let further = setting.values.0.iter().filter(|(name, _)| more.parameters.contains(&name.as_str()));
        self.show_typed(page, setting, &Pairs(page.visit.form.0.iter().chain(further).cloned().collect()), more)
    }

    /// Shows the form as it was typed, with a problem that the API's answer has: the operation did not do what was asked for.
    pub(crate) fn refused(
        &self,
        page: &Page<'_>,
        setting: &Setting<'_>,
        (field, text): (&str, &str),
        answer: &Data,
    ) -> Result<Reply, Trouble> {
        let mut problems = Problems::default();
        problems.add(field, text.to_owned());
        // The next attempt is based on what the operation left.
        let version = answer.version().and_then(|version| version.parse().ok());
        let (both, more) = (Both::default(), More::default());
        let filled = Filled { status: 422, values: &page.visit.form, problems: &problems, both: Some(&both), version, more: &more };
        self.show(page, setting, &filled)
    }
}
