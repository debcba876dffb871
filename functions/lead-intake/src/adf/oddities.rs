//! Remarks on irregular data in a prospect.

use super::values;

/// Largest number of remarks on one prospect.
const MAX_ODDITIES: usize = 40;
/// Largest number of addresses, phone numbers or comments of one prospect that are compared with each other; it bounds the quadratic
/// comparison.
pub(super) const MAX_REPEATS: usize = 50;

/// The remarks on a prospect: a field and a detail each.
#[derive(Debug, Default)]
pub(super) struct Oddities(Vec<(String, String)>);

impl Oddities {
    /// Adds a shortened remark unless the limit is reached.
    pub(super) fn note(&mut self, field: &str, detail: &str) {
        if self.0.len() < MAX_ODDITIES {
            self.0.push((field.to_owned(), values::brief(detail)));
        }
    }

    /// Returns the remarks in the order in which they were added.
    pub(super) fn into_inner(self) -> Vec<(String, String)> {
        self.0
    }
}
