//! Messages to staff and letters to customers, and their delivery.

mod claim;
mod lease;
mod letter;
mod message;

pub use claim::MessageClaim;
pub(crate) use lease::FailedAttempts;
pub use lease::{Lease, Retry};
pub use letter::{Enclosed, Letter, LetterKind, LetterState, SuppressionReason};
pub use message::{Booking, DropReason, Message, MessageState, Notice, Recipient};
pub(crate) use message::{LATE, MAY_HAVE_ARRIVED};
