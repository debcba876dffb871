//! Erases a contact: orders, and the erased form of each item that is kept (PRV-2). Legal holds forbid it (PRV-5). Returns the part of a
//! lead that an access file gives (PRV-4).

mod appointment;
mod follow_up;
mod hold;
mod lead;
mod mail;
mod order;
mod own_part;
mod timeline;

pub use appointment::{ErasedBooking, erase_appointment, erase_event};
pub use follow_up::erase_follow_up;
pub use hold::{lifted, not_erased, not_held, placed, placed_on, shown_on};
pub use lead::{LeadErasure, erase_lead, erase_task};
pub use mail::{ErasedMail, erase_mail, erase_words};
pub use order::ordered;
pub use own_part::OwnPart;
pub use timeline::erase_entry;

use crate::base::{CANCELLATION_REASONS, Cancellation, NO_SHOW_REASONS};

/// Replaces a text that may name the person, where a text is necessary.
const ERASED: &str = "–";

/// Removes a reason that is not one of those that every dealer has: another system may have sent it in its own words.
fn keep_listed(reason: &mut Option<String>) {
    let is_listed = |text: &String| NO_SHOW_REASONS.iter().chain(&CANCELLATION_REASONS).any(|listed| listed == text);
    *reason = reason.take().filter(is_listed);
}

impl Cancellation {
    /// Removes the note, and a reason in free words. The side and a listed reason say nothing about a person.
    fn erase_texts(&mut self) {
        keep_listed(&mut self.reason);
        self.note = None;
    }
}
