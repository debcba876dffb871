//! Privacy: orders to erase a contact, the ledger that repeats them after a restore, access files, legal holds and retention (PRV-2 to
//! PRV-5).

mod access_file;
mod erasure;
mod hold;
mod ledger;
mod retention;

pub use access_file::{AccessDeletion, AccessFile, AccessOutput, AccessPhase, AccessPlace, AccessState, UnfinishedEntry};
pub use erasure::{ErasedCounts, Erasure, ErasureCursor, ErasurePhase, ErasureReason, ErasureTarget, TargetResult};
pub use hold::{HoldEnd, LegalHold};
pub use ledger::LedgerEntry;
pub use retention::{Retention, RetentionPage, RetentionRun, Spared};
