//! Messages to staff and letters to customers, and their delivery.

mod claim;
mod fate;
mod lease;
mod letter;
mod message;
mod notice;
mod parts;
mod test_mail;

pub use claim::MessageClaim;
pub use fate::{AddressState, LiftedStop, Report, Stop};
pub(crate) use lease::FailedAttempts;
pub use lease::{Lease, Retry};
pub use letter::{Enclosed, Letter, LetterKind, LetterState, SuppressionReason};
pub use message::{DropReason, Message, MessageState, Recipient};
pub(crate) use message::{LATE, MAY_HAVE_ARRIVED};
pub use notice::{Booking, Handed, Notice};
pub use parts::{Encoding, TextParts};
pub use test_mail::TestMail;
