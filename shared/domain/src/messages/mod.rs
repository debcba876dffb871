//! Messages to staff and letters to customers, and their delivery.

mod claim;
mod letter;
mod message;

pub use claim::MessageClaim;
pub(crate) use letter::LETTER_LEASE;
pub use letter::{Enclosed, LETTER_ATTEMPTS, Letter, LetterKind, LetterState, SuppressionReason};
pub(crate) use message::LATE;
pub use message::{ATTEMPTS, Booking, DropReason, Message, MessageState, Notice, Recipient};
