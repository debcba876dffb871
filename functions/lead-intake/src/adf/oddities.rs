//! What was odd in a prospect and how it was read.

use super::values;

/// The most oddities of one prospect.
const MAX_ODDITIES: usize = 40;
/// The most addresses, numbers or comments of one prospect that are compared with one another.
pub(super) const MAX_REPEATS: usize = 50;

/// Remarks on what was odd: a field and a detail.
#[derive(Debug, Default)]
pub(super) struct Oddities(Vec<(String, String)>);

impl Oddities {
    /// Adds one, shortened, as long as there is room.
    pub(super) fn note(&mut self, field: &str, detail: &str) {
        if self.0.len() < MAX_ODDITIES {
            self.0.push((field.to_owned(), values::brief(detail)));
        }
    }

    /// The remarks in the order in which they were added.
    pub(super) fn into_inner(self) -> Vec<(String, String)> {
        self.0
    }
}
