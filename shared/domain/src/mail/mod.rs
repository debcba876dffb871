//! Mail that arrives at the dealers' addresses (INT-1, INT-7).

mod incoming;

pub use incoming::{Handled, IncomingMail, MailOutcome, MailStep, MailStepState, MailVerdicts};
