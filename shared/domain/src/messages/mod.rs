//! Messages to staff and letters to customers, and their delivery.

mod claim;
mod lease;
mod letter;
mod message;
mod notice;
mod test_mail;

pub use claim::MessageClaim;
pub(crate) use lease::FailedAttempts;
pub use lease::{Lease, Retry};
pub use letter::{Enclosed, Letter, LetterKind, LetterState, SuppressionReason};
pub use message::{DropReason, Message, MessageState, Recipient};
pub(crate) use message::{LATE, MAY_HAVE_ARRIVED};
pub use notice::{Booking, Handed, Notice};
pub use test_mail::TestMail;
