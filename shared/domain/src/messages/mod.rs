//! Messages to staff and letters to customers, and their delivery.

mod claim;
mod letter;
mod message;

pub use claim::Claim;
pub(crate) use letter::LETTER_LEASE;
pub use letter::{Enclosed, LETTER_ATTEMPTS, Letter, LetterKind, LetterState, Suppressed};
pub(crate) use message::LATE;
pub use message::{ATTEMPTS, Booking, Dropped, Message, MessageState, Notice, Reader};
