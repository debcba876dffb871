//! Messages to staff and letters to customers, and their delivery.

mod bulk;
mod claim;
mod consent;
mod fate;
mod keyword;
mod lease;
mod letter;
mod message;
mod notice;
mod parts;
mod reply;
mod test_mail;

pub use bulk::BulkContext;
pub use claim::MessageClaim;
pub use consent::{Consent, Unwanted, may_contact, unwanted};
pub use fate::{AddressState, LiftedStop, Report, Stop};
pub use keyword::TextCommand;
pub(crate) use lease::FailedAttempts;
pub use lease::{Lease, Retry};
pub use letter::{Enclosed, Letter, LetterKind, LetterState, SuppressionReason};
pub use message::{DropReason, Message, MessageState, Recipient};
pub(crate) use message::{LATE, MAY_HAVE_ARRIVED, TEXT_MAY_HAVE_ARRIVED};
pub use notice::{Booking, Handed, Notice};
pub use parts::{Encoding, TextParts};
pub use reply::{AskedVisit, Reply};
pub use test_mail::TestMail;
