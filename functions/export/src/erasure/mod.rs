//! Erases a contact: the request with its preview, the receipts, and the job (PRV-2); legal holds, and the retention of dealers (PRV-5).

mod again;
pub(crate) mod holds;
mod job;
mod lists;
mod mails;
mod request;
mod retention;
pub(crate) mod retention_view;
mod target;
mod view;

pub use again::{OrderedAgain, order_again};
pub use holds::{LegalHoldBody, LegalHoldView, LegalHoldsView};
pub use request::ErasureBody;
pub(crate) use request::{list, order, read};
pub use retention_view::RetentionView;
pub use view::{ErasurePreviewView, ErasureView, ErasuresView};
