//! Query strings and forms. Their texts are normalised like the texts of bodies.

use crate::formats::json::normalised;
use crate::routes::{Query, Route, Values};
use forecourt_domain::base::{Fault, Refusal};
use std::collections::{HashMap, HashSet};

/// The fault of a parameter that is given more than once.
pub(super) const TWICE: &str = "must be given once";

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

/// Checks that `values` has only parameters of the route, none of them empty: a misspelt or empty filter must not return everything (API-1). A parameter
/// under its former name gets its current name.
///
/// # Errors
/// [`Refusal::Invalid`] with every parameter that is unknown, empty or given more than once.
pub(super) fn check(route: &Route, values: &mut HashMap<String, String>, repeated: &HashSet<String>) -> Result<(), Refusal> {
    let known: Vec<&str> = route.query.iter().filter(|query| query.now.is_none()).map(|query| query.name).collect();
    let unknown = || match known.as_slice() {
        [] => "is unknown; this route has no parameters".to_owned(),
        known => format!("is unknown; known parameters are {}", known.join(", ")),
    };
    let mut faults = Vec::new();
    let mut former = Vec::new();
    for (name, value) in &*values {
        let detail = match route.query.iter().find(|query| query.name == name) {
            None => unknown(),
            Some(_) if repeated.contains(name) => TWICE.to_owned(),
            Some(_) if value.trim().is_empty() => "must not be empty; omit it to select all".to_owned(),
            Some(Query { values: Values::Text(longest), .. }) if value.chars().count() > *longest => {
                format!("must be at most {longest} characters long")
            }
            Some(query) => match query.now {
                Some(now) if values.contains_key(now) => format!("is the former name of {now}; {TWICE}"),
                Some(now) => {
                    former.push((name.clone(), now));
                    continue;
                }
                None => continue,
            },
        };
        faults.push(Fault::new(name.clone(), "API-1", detail));
    }
    if !faults.is_empty() {
        faults.sort_by(|a, b| a.field.cmp(&b.field));
        return Err(Refusal::Invalid(faults));
    }
    for (name, now) in former {
        let value = values.remove(&name).unwrap_or_default();
        values.insert(now.to_owned(), value);
    }
    Ok(())
}
