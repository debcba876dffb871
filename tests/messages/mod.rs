//! Tests of notices to staff and letters to customers (MSG, INT-8).

mod attempts;
mod contents;
mod fate;
pub(crate) mod letters;
mod limits;
pub(crate) mod notices;
mod parts;
mod passed;
mod provider;
mod resent;
mod substitutes;
mod templates;
mod texts;
pub(crate) mod trade_in_sheet;
