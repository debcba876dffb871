//! Mail that arrives at the dealers' addresses (INT-1, INT-7).

mod incoming;
mod lead_address;

pub use incoming::{Arrived, Handled, IncomingMail, MailOutcome, MailStep, MailStepState, MailVerdicts, OWN_ADDRESS, OWN_MAIL};
pub use lead_address::{AddressClaim, LeadAddress};
