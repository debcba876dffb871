//! Query strings and forms. Their texts are normalised like the texts of bodies.

use crate::formats::json::normalised;
use std::collections::{HashMap, HashSet};

/// Decodes a query string or a form. Returns the values by name, and the names that occur more than once: none of their values may count alone.
pub(super) fn decode(raw: &str) -> (HashMap<String, String>, HashSet<String>) {
    let (mut values, mut repeated) = (HashMap::new(), HashSet::new());
    for (name, value) in form_urlencoded::parse(raw.as_bytes()).into_owned() {
        if values.insert(name.clone(), normalised(value)).is_some() {
            repeated.insert(name);
        }
    }
    (values, repeated)
}
