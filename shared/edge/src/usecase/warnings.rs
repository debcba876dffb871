//! The warnings about the time and the person of a booking, in requests and responses (APT-8).

use crate::formats::json::Loose;
use forecourt_domain::base::Fault;
use forecourt_domain::bookings::{Despite, Warning};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A reason against the time or the person of a booking that was made despite it (APT-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct WarningView {
    /// `double_booked`, `absent`, `own_hours`, `leaver`, `day_off` or `closed`. For a partner `unavailable` in place of the first four.
    #[schema(example = "double_booked")]
    pub what: &'static str,
    /// The reason as a sentence.
    pub detail: &'static str,
}

/// Returns warnings as the API shows them.
pub fn warnings<'a>(found: impl IntoIterator<Item = &'a Warning>) -> Vec<WarningView> {
    found.into_iter().map(|warning| WarningView { what: warning.name(), detail: warning.text() }).collect()
}

/// Reads the warnings that a request accepts: without the field the request does not check them.
pub fn despite(sent: Loose<Vec<String>>, field: &str, faults: &mut Vec<Fault>) -> Despite {
    let Some(names) = sent.take(field, "a list", faults) else { return Despite::Unstated };
    let known = |name: &String| Warning::NAMES.iter().find(|(known, _)| known == name).map(|(_, warning)| *warning);
    let named: BTreeSet<Warning> = names.iter().filter_map(known).collect();
    if !names.iter().all(|name| known(name).is_some()) {
        let all: Vec<&str> = Warning::NAMES.iter().map(|(name, _)| *name).collect();
        faults.push(Fault::new(field, "APT-8", format!("must contain only {}", all.join(", "))));
    }
    Despite::Named(named)
}
