//! Tests of notices to staff and letters to customers (MSG, INT-8).

mod answers;
mod attempts;
mod authority;
mod both_stops;
mod consent_limit;
mod consents;
mod contents;
mod fate;
pub(crate) mod letters;
mod limits;
mod mail_server;
pub(crate) mod notices;
mod parts;
mod passed;
mod provider;
mod resent;
mod resubscribed;
mod substitutes;
mod templates;
mod text_history;
mod texts;
pub(crate) mod trade_in_sheet;
mod two_way;
mod unread;
