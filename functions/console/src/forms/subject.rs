//! The subject of a form whose path does not identify it. The browser keeps a draft for each subject, so that nothing that is typed for one
//! thing appears in the form of another one (DESK-4).

use crate::screens::Page;
use crate::visit::Pairs;

/// The input with the subject.
pub(super) const DRAFT: &str = "draft";
/// The parameters of addresses that identify the subject: of a new text, an earlier text, a stop, an appointment of a lead, an absence.
const PARAMETERS: [&str; 8] = ["kind", "medium", "language", "lead_type", "from", "contact", "lead", "absence"];

/// Returns the subject: the one that the form was opened with, which the user cannot change. Empty if the path identifies it.
pub(super) fn of(page: &Page<'_>) -> String {
    let parameters = || {
        let named = page.visit.query.0.iter().filter(|(name, _)| PARAMETERS.contains(&name.as_str()));
        Pairs(named.cloned().collect()).encode_without(&[])
    };
    page.visit.form.get(DRAFT).map_or_else(parameters, str::to_owned)
}
