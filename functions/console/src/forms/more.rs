//! What some forms have in addition to the fields of the body.

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
