//! Intake: JSON, ADF and queue messages become leads (INT).

pub(crate) mod adf;
pub(crate) mod enquiries;
pub(crate) mod idempotency;
pub(crate) mod known_contacts;
mod partner_queue;
mod receipts;
pub(crate) mod vehicle_site;
