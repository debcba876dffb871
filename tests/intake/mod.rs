//! Intake: JSON, ADF and queue messages become leads (INT).

pub(crate) mod adf;
pub(crate) mod channels;
mod consents;
pub(crate) mod enquiries;
pub(crate) mod idempotency;
mod inbox;
mod instant;
pub(crate) mod known_contacts;
mod limits;
mod mail;
mod mail_in;
pub(crate) mod partner_queue;
mod receipts;
pub(crate) mod shared_channels;
pub(crate) mod texts;
pub(crate) mod vehicle_site;
