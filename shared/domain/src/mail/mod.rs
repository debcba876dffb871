//! Mail that arrives at the dealers' addresses (INT-1, INT-7).

mod delivery;
mod handling;
mod incoming;
mod watch;

pub use delivery::{MAIL_MARK, MailClaim, MailStepKind, OWN_MAIL, VIRUS};
pub use incoming::{Handled, IncomingMail, MailOutcome, MailStep, MailStepState, MailVerdicts};
pub use watch::{FORWARDS, MailNotice, MailWatch, REPORTS};
