//! Bulk actions on leads (LEAD-10): `body` reads the request, `request` answers it, `run` carries the pages out, `act` one lead.

mod act;
mod body;
mod request;
mod run;
mod view;

pub use body::{BulkActionBody, BulkCompletionBody, BulkFilterBody, BulkReassignmentBody};
pub(crate) use request::{create, read, results};
pub use view::{BulkActionView, BulkLeadView, BulkLeadsView};
