//! How long a text may be, and which characters it may hold.

use super::{Flag, Tolerance};
use crate::refusal::Fault;
use crate::text::{forbidden, forbidden_in_lines};

/// Collects what is wrong with an enquiry: faults where the sender is asked to mend it, flags where it is kept as it came (INT-3).
pub(super) struct Judge {
    pub(super) tolerance: Tolerance,
    pub(super) faults: Vec<Fault>,
    pub(super) flags: Vec<Flag>,
}

impl Judge {
    /// Notes something odd: a fault under [`Tolerance::Strict`], else a flag.
    pub(super) fn odd(&mut self, field: &str, rule: &'static str, detail: impl Into<String>) {
        match self.tolerance {
            Tolerance::Strict => self.faults.push(Fault::new(field, rule, detail)),
            Tolerance::Lenient => self.flags.push(Flag { field: field.to_owned(), detail: detail.into() }),
        }
    }

    /// One line of text of at most `max` characters; empty is none.
    pub(super) fn line(&mut self, field: &str, value: Option<&str>, max: usize) -> Option<String> {
        self.text(field, value, max, false)
    }

    /// Text of at most `max` characters that may hold line ends and tabs; empty is none.
    pub(super) fn lines(&mut self, field: &str, value: Option<&str>, max: usize) -> Option<String> {
        self.text(field, value, max, true)
    }

    fn text(&mut self, field: &str, value: Option<&str>, max: usize, multiline: bool) -> Option<String> {
        let value = value?.trim();
        let allowed = |c: &char| !if multiline { forbidden_in_lines(*c) } else { forbidden(*c) };
        let mut text = value.to_owned();
        if !value.chars().all(|c| allowed(&c)) {
            self.odd(field, "INT-3", "must not contain control characters");
            text = value.chars().filter(allowed).collect();
        }
        if let Some((cut, _)) = text.char_indices().nth(max) {
            self.odd(field, "INT-3", format!("must be at most {max} characters long"));
            text.truncate(cut);
        }
        Some(text).filter(|t| !t.is_empty())
    }
}
