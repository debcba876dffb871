//! Messages to staff and letters to customers, and their delivery.

mod claim;
mod lease;
mod letter;
mod message;

pub use claim::MessageClaim;
pub use lease::{Lease, Retry};
pub use letter::{Enclosed, Letter, LetterKind, LetterState, SuppressionReason};
pub(crate) use message::LATE;
pub use message::{Booking, DropReason, Message, MessageState, Notice, Recipient};
