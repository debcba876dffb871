//! What changes a follow-up: creation, outcomes, clear, notes (FUP-1, FUP-3, FUP-4, FUP-6).

mod make;
mod outcome;

pub use make::{NewFollowUp, make, read_contact};
pub use outcome::{OutcomeContext, add_note, clear, record};
