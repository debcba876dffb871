//! Files that are written part by part, by one process after another (EXP-3).

use super::{Bucket, unavailable};
use crate::environment::{Missing, setting};
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use forecourt_store::Failure;
use futures::FutureExt as _;
use std::sync::Arc;
use std::time::Duration;

/// Where files are written part by part. Until it is finished, nothing of a file can be had.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// Begins a file; what is begun and not finished goes by itself. Returns its name among the parts.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] when nothing is begun.
    async fn begin(&self, name: &str, content_type: &str) -> Result<String, Failure>;

    /// Writes part `number`, 1 to 10,000, of 5 MiB at least, but for the last; returns the mark of its content.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] when it may not be kept.
    async fn part(&self, name: &str, upload: &str, number: u32, bytes: Vec<u8>) -> Result<String, Failure>;

    /// Makes these parts, by number and mark, one file, in the order of their numbers; the same again changes nothing. Parts that are not
    /// named go.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] when the file may not be there.
    async fn finish(&self, name: &str, upload: &str, parts: &[(u32, String)]) -> Result<(), Failure>;

    /// Gives up what was begun, if it is not finished; its parts go.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] when they may still be there.
    async fn abandon(&self, name: &str, upload: &str) -> Result<(), Failure>;
}

/// The bucket that the environment names (`BUCKET`), for files and for parts.
///
/// # Errors
/// [`Missing`] when it names none.
pub fn bucket(config: &SdkConfig) -> Result<Arc<dyn Uploads>, Missing> {
    // Megabytes take longer than the calls that a function makes else.
    let seconds = Duration::from_secs;
    let timeouts =
        TimeoutConfig::builder().connect_timeout(seconds(1)).operation_attempt_timeout(seconds(20)).operation_timeout(seconds(50));
    let config = config.to_builder().timeout_config(timeouts.build()).build();
    Ok(Arc::new(Bucket { client: aws_sdk_s3::Client::new(&config), name: setting("BUCKET")? }))
}

#[async_trait]
impl Uploads for Bucket {
    async fn begin(&self, name: &str, content_type: &str) -> Result<String, Failure> {
        let begin = self.client.create_multipart_upload().bucket(&self.name).key(name).content_type(content_type);
        let begun = begin.send().boxed().await.map_err(|e| unavailable(&e))?;
        begun.upload_id.ok_or_else(|| Failure::Unavailable("the bucket names no upload".into()))
    }

    async fn part(&self, name: &str, upload: &str, number: u32, bytes: Vec<u8>) -> Result<String, Failure> {
        let part = self.client.upload_part().bucket(&self.name).key(name).upload_id(upload);
        let number = i32::try_from(number).map_err(|_| Failure::Broken("a part's number is too large".into()))?;
        let kept = part.part_number(number).body(bytes.into()).send().boxed().await.map_err(|e| unavailable(&e))?;
        kept.e_tag.ok_or_else(|| Failure::Unavailable("the bucket gives a part no mark".into()))
    }

    async fn finish(&self, name: &str, upload: &str, parts: &[(u32, String)]) -> Result<(), Failure> {
        let part = |(number, mark): &(u32, String)| {
            CompletedPart::builder().part_number(i32::try_from(*number).unwrap_or(i32::MAX)).e_tag(mark).build()
        };
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.iter().map(part).collect())).build();
        let finish = self.client.complete_multipart_upload().bucket(&self.name).key(name).upload_id(upload).multipart_upload(parts);
        match finish.send().boxed().await {
            Ok(_) => Ok(()),
            // It was finished before, and its answer was lost: then the file is there.
            Err(e) if e.as_service_error().and_then(|e| e.meta().code()) == Some("NoSuchUpload") => {
                match super::Files::size(self, name).await? {
                    Some(_) => Ok(()),
                    None => Err(unavailable(&e)),
                }
            }
            Err(e) => Err(unavailable(&e)),
        }
    }

    async fn abandon(&self, name: &str, upload: &str) -> Result<(), Failure> {
        let abort = self.client.abort_multipart_upload().bucket(&self.name).key(name).upload_id(upload);
        match abort.send().boxed().await {
            Ok(_) => Ok(()),
            Err(e) if e.as_service_error().and_then(|e| e.meta().code()) == Some("NoSuchUpload") => Ok(()),
            Err(e) => Err(unavailable(&e)),
        }
    }
}
