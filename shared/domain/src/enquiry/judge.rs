//! Collects the faults and flags of an enquiry while its texts are checked.

use crate::base::Fault;
use crate::base::text::{composed, forbidden, forbidden_in_lines, visible};
use crate::enquiry::{Flag, Tolerance};
use std::borrow::Cow;

const INVISIBLE: &str = "contained invisible characters, which were removed";

/// Collects the errors of an enquiry: faults for the sender to correct, and flags for values that are kept as received (INT-3).
pub(crate) struct Judge {
    pub(crate) tolerance: Tolerance,
    pub(crate) faults: Vec<Fault>,
    pub(crate) flags: Vec<Flag>,
}

impl Judge {
    /// Records an error: a flag under [`Tolerance::Lenient`], else a fault.
    pub(crate) fn odd(&mut self, field: &str, rule: &'static str, detail: impl Into<String>) {
        match self.tolerance {
            Tolerance::Strict | Tolerance::Queued => self.faults.push(Fault::new(field, rule, detail)),
            Tolerance::Lenient => self.flags.push(Flag { field: field.to_owned(), detail: detail.into() }),
        }
    }

    /// Records a value that was corrected.
    pub(crate) fn flag(&mut self, field: &str, detail: String) {
        self.flags.push(Flag { field: field.to_owned(), detail });
    }

    /// Reads one line of at most `max` characters. `None` if it is empty.
    pub(crate) fn line(&mut self, field: &str, value: Option<&str>, max: usize) -> Option<String> {
        self.text(field, value, max, false)
    }

    /// Reads a text of at most `max` characters with line ends and tabs. `None` if it is empty.
    pub(crate) fn lines(&mut self, field: &str, value: Option<&str>, max: usize) -> Option<String> {
        self.text(field, value, max, true)
    }

    /// Normalises and checks a text. Invisible characters are removed and flagged under both tolerances, because the sender cannot see them
    /// and the text is complete without them.
    pub(crate) fn text(&mut self, field: &str, value: Option<&str>, max: usize, multiline: bool) -> Option<String> {
        let shown = visible(value?, if multiline { '\n' } else { ' ' });
        if matches!(shown, Cow::Owned(_)) {
            self.flags.push(Flag { field: field.to_owned(), detail: INVISIBLE.to_owned() });
        }
        let allowed = |c: &char| !if multiline { forbidden_in_lines(*c) } else { forbidden(*c) };
        let mut text = composed(shown.trim()).into_owned();
        if !text.chars().all(|c| allowed(&c)) {
            self.odd(field, "INT-3", "must not contain control characters");
            text.retain(|c| allowed(&c));
        }
        if let Some((cut, _)) = text.char_indices().nth(max) {
            self.odd(field, "INT-3", format!("must be at most {max} characters long"));
            text.truncate(cut);
        }
        Some(text).filter(|t| !t.is_empty())
    }
}
