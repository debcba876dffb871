//! Mail that arrives at the dealers' addresses (INT-1, INT-7).

mod delivery;
mod handling;
mod incoming;
mod lead_address;
mod watch;

pub use delivery::{MAIL_MARK, MailClaim, MailStepKind};
pub use incoming::{
    Arrived, FULL_LEAD, Handled, IncomingMail, MailOutcome, MailStep, MailStepState, MailVerdicts, OWN_ADDRESS, OWN_MAIL, VIRUS,
};
pub use lead_address::{AddressClaim, LeadAddress};
pub use watch::{FORWARDS, MailNotice, MailWatch, REPORTS};
