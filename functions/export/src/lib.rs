//! All records of a filter as a file (EXP): asked for over HTTP, written in slices by wake-ups, taken away by a link that the log has first.

mod columns;
mod download;
mod file;
mod request;
mod slice;
mod view;
mod workbook;
mod zip;

pub use request::ExportBody;
pub use view::{DownloadLogView, ExportView, LinkView, LoggedDownloadView};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use forecourt_edge::files::Uploads;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_edge::{Platform, http, queue};
use serde_json::Value;
use std::sync::Arc;

/// Bytes that a part has at least, but for the last: 8 MiB. A slice holds one of them, and a page of what it reads.
const PART: usize = 8 * 1_048_576;
/// Reads of a slice: it ends well within the function's time, though the filter leaves few rows.
const READS: usize = 300;

/// Writes exports.
#[derive(Clone)]
pub struct Exporter {
    /// What every function has.
    pub platform: Platform,
    /// Where the parts go.
    pub uploads: Arc<dyn Uploads>,
    /// Bytes of a part.
    pub part: usize,
    /// Reads of a slice.
    pub reads: usize,
    /// Rows of a sheet of a workbook, with that of the names.
    pub sheet: u32,
}

impl Exporter {
    /// With parts and slices as S3 and Lambda like them.
    pub fn new(platform: Platform, uploads: Arc<dyn Uploads>) -> Self {
        Self { platform, uploads, part: PART, reads: READS, sheet: workbook::ROWS }
    }

    /// Takes whichever event the function is triggered with: an HTTP request, or a batch of wake-ups.
    ///
    /// # Errors
    /// When the event is neither.
    pub async fn handle(&self, event: Value) -> Result<Value, lambda_runtime::Error> {
        Ok(match event.get("Records") {
            Some(_) => serde_json::to_value(self.messages(serde_json::from_value(event)?).await)?,
            None => serde_json::to_value(self.request(serde_json::from_value(event)?).await)?,
        })
    }

    /// A request of one of this function's routes.
    pub async fn request(&self, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        http::answer(&self.platform, event, async |call| self.operate(&call).await).await
    }

    async fn operate(&self, call: &Call) -> Result<Answer, Problem> {
        match call.operation {
            Operation::AskExport => request::create(&self.platform, call).await,
            Operation::ReadExport => request::read(&self.platform, call).await,
            Operation::DownloadExport => download::link(&self.platform, call).await,
            Operation::DownloadLog => download::log(&self.platform, call).await,
            _ => Err(Problem::wrong_function()),
        }
    }

    /// A batch of wake-ups.
    pub async fn messages(&self, event: SqsEvent) -> SqsBatchResponse {
        queue::each(&self.platform, event, async |message| {
            let wake_up = queue::wake_up(&message)?;
            self.slice(&wake_up).await?;
            Ok(wake_up.about())
        })
        .await
    }
}

/// The name of an export's file in the bucket.
fn file_name(scope: &forecourt_domain::access::Scope, export: &forecourt_domain::reports::Export) -> String {
    format!("exports/{}/{}.{}", scope.group(), export.id, export.format.name())
}
