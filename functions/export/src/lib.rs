//! Exports all records of a filter as a CSV or Excel file (EXP-1 to EXP-3), erases contacts (PRV-2) and old leads (PRV-5), and writes
//! access files (PRV-4).
//!
//! - **Triggers**: HTTP API requests (create, list, read, download, log), and wake-ups of the kind `export` from the export queue.
//! - **Reads**: the export, the settings of its dealers, and the dealers' lists month by month.
//! - **Writes**: the file as parts of a multipart upload. A slice writes at most one part, then stores in the export how far it came; the
//!   next wake-up continues there. Rows too few for a part are carried to the next slice in a file of their own. Memory stays flat, and
//!   there is no row limit.
//! - **Download**: first the log entry is committed, then the link is returned, so no link exists that the log does not show (EXP-2).
//! - **Failure**: a failed slice is repeated from the end of the last stored one, and overwrites its part. The sweep repeats a lost
//!   wake-up.
//! - **Expiry**: after the export's time has passed the file and an unfinished upload are deleted.
//!
//! - **Erasure**: `erasure` keeps legal holds, orders the erasures of a dealer's retention once a day, and erases a contact page by page:
//!   items, files and entries of the directory. An interrupted page is repeated; what is done already is not done again.
//!
//! - **Access files**: `access` writes everything about a contact into a ZIP file, slice by slice as an export.
//!
//! - **Bulk actions**: `bulk` carries one action out on many leads, page by page (LEAD-10).
//!
//! `request` and `download` answer HTTP requests, `slice` writes, `file` and `columns` define the content, `workbook` the Excel
//! format, `archive` and `zip` ZIP files; `person` and `sought` find a contact.

mod access;
mod archive;
mod bulk;
mod columns;
mod download;
mod erasure;
mod file;
mod person;
mod readable;
mod request;
mod slice;
mod sought;
mod vehicles;
mod view;
mod workbook;
mod zip;

pub use access::{AccessFileBody, AccessFileLinkView, AccessFileView, AccessFilesView};
pub use bulk::{BulkActionBody, BulkActionView, BulkCompletionBody, BulkFilterBody, BulkLeadView, BulkLeadsView, BulkReassignmentBody};
pub use erasure::{ErasureBody, ErasurePreviewView, ErasureView, ErasuresView, OrderedAgain, order_again};
pub use erasure::{LegalHoldBody, LegalHoldView, LegalHoldsView, RetentionView};
pub use file::add_records;
pub use request::ExportBody;
pub use view::{DownloadLogView, ExportView, ExportsView, LinkView, LoggedDownloadView};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use forecourt_domain::lead::BulkAction;
use forecourt_edge::files::Uploads;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_edge::{Platform, http, queue};
use forecourt_store::keys::WakeUpTarget;
use serde_json::Value;
use std::sync::Arc;

/// Smallest size of a part except the last, in bytes: 8 MiB. A slice holds one part and one page of rows in memory.
const PART: usize = 8 * 1_048_576;
/// Largest number of reads per slice. It ends a slice well within the function's time limit even if few rows match.
const READS: usize = 300;
/// Largest number of leads of a bulk action that is carried out before it is answered.
const AT_ONCE: usize = 500;

/// Writes exports.
#[derive(Clone)]
pub struct Exporter {
    /// Store, clock, files and metrics.
    pub platform: Platform,
    /// The destination of the parts.
    pub uploads: Arc<dyn Uploads>,
    /// Smallest size of a part in bytes.
    pub part: usize,
    /// Largest number of reads per slice.
    pub reads: usize,
    /// Largest number of rows per sheet of a workbook, header included.
    pub sheet: u32,
    /// Largest number of leads of a bulk action that is carried out before it is answered.
    pub at_once: usize,
    /// Number of leads of a page of a bulk action.
    pub bulk_page: usize,
}

impl Exporter {
    /// Creates an exporter with the part and slice sizes for S3 and Lambda.
    pub fn new(platform: Platform, uploads: Arc<dyn Uploads>) -> Self {
        Self { platform, uploads, part: PART, reads: READS, sheet: workbook::ROWS, at_once: AT_ONCE, bulk_page: BulkAction::PAGE }
    }

    /// Handles the event of the function: an HTTP request, or a batch of wake-ups.
    ///
    /// # Errors
    /// Fails if the event is neither.
    pub async fn handle(&self, event: Value) -> Result<Value, lambda_runtime::Error> {
        Ok(match event.get("Records") {
            Some(_) => serde_json::to_value(self.messages(serde_json::from_value(event)?).await)?,
            None => serde_json::to_value(self.request(serde_json::from_value(event)?).await)?,
        })
    }

    /// Answers a request of one of this function's routes.
    pub async fn request(&self, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        http::answer(&self.platform, event, async |call| self.operate(&call).await).await
    }

    async fn operate(&self, call: &Call) -> Result<Answer, Problem> {
        match call.operation {
            Operation::StartBulkAction => bulk::create(self, call).await,
            Operation::ReadBulkAction => bulk::read(&self.platform, call).await,
            Operation::ListBulkResults => bulk::results(&self.platform, call).await,
            Operation::AskExport => request::create(&self.platform, call).await,
            Operation::ListExports => request::list(&self.platform, call).await,
            Operation::ReadExport => request::read(&self.platform, call).await,
            Operation::DownloadExport => download::link(&self.platform, call).await,
            Operation::DownloadLog => download::log(&self.platform, call).await,
            Operation::OrderErasure => erasure::order(&self.platform, call).await,
            Operation::ListErasures => erasure::list(&self.platform, call).await,
            Operation::ReadErasure => erasure::read(&self.platform, call).await,
            Operation::OrderAccessFile => access::order(&self.platform, call).await,
            Operation::ListAccessFiles => access::list(&self.platform, call).await,
            Operation::ReadAccessFile => access::read(&self.platform, call).await,
            Operation::DownloadAccessFile => access::download(&self.platform, call).await,
            Operation::CancelAccessFile => access::cancel(&self.platform, call).await,
            Operation::PlaceLegalHold => erasure::holds::place(&self.platform, call).await,
            Operation::ListLegalHolds => erasure::holds::list(&self.platform, call).await,
            Operation::ReadLegalHold => erasure::holds::read(&self.platform, call).await,
            Operation::LiftLegalHold => erasure::holds::lift(&self.platform, call).await,
            Operation::ReadRetention => erasure::retention_view::read(&self.platform, call).await,
            _ => Err(Problem::wrong_function()),
        }
    }

    /// Handles a batch of wake-ups.
    pub async fn messages(&self, event: SqsEvent) -> SqsBatchResponse {
        queue::each(&self.platform, event, async |message| {
            let wake_up = queue::wake_up(&message)?;
            match &wake_up.target {
                WakeUpTarget::Erasure { erasure: id } => self.erase(&wake_up, id).await?,
                WakeUpTarget::AccessFile { access_file: id } => Box::pin(self.write_access_file(&wake_up, id)).await?,
                WakeUpTarget::Bulk { bulk: id } => Box::pin(self.continue_bulk(&wake_up, id)).await?,
                WakeUpTarget::Retention { retention: dealer } => self.retain(&wake_up, dealer).await?,
                _ => Box::pin(self.slice(&wake_up)).await?,
            }
            Ok(wake_up.about())
        })
        .await
    }
}

/// Returns the name of an export's file in the bucket.
fn file_name(scope: &forecourt_domain::access::Scope, export: &forecourt_domain::reports::Export) -> String {
    format!("exports/{}/{}.{}", scope.group(), export.id, export.format.name())
}
