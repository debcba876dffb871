//! Files that several processes write in parts, one after another (EXP-3).

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

/// A store of files that are written in parts. An unfinished file cannot be read.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// Begins a file and returns the id of its upload. The store removes unfinished uploads after a day.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if no upload is begun.
    async fn begin(&self, name: &str, content_type: &str) -> Result<String, Failure>;

    /// Writes part `number`, 1 to 10,000, of at least 5 MiB except for the last part. Returns its ETag.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if the part may not be stored.
    async fn part(&self, name: &str, upload: &str, number: u32, bytes: Vec<u8>) -> Result<String, Failure>;

    /// Joins these parts, by number and ETag, to one file in the order of their numbers. Idempotent. Removes other parts.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if the file may not exist.
    async fn finish(&self, name: &str, upload: &str, parts: &[(u32, String)]) -> Result<(), Failure>;

    /// Abandons an unfinished upload and removes its parts.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if the parts may still exist.
    async fn abandon(&self, name: &str, upload: &str) -> Result<(), Failure>;
}

/// Returns the bucket that the environment variable `BUCKET` names, with timeouts for large parts.
///
/// # Errors
/// [`Missing`] if the variable is absent.
pub fn bucket(config: &SdkConfig) -> Result<Arc<dyn Uploads>, Missing> {
    // Megabytes take longer than a function's other calls.
    let seconds = Duration::from_secs;
    let timeouts =
        TimeoutConfig::builder().connect_timeout(seconds(1)).operation_attempt_timeout(seconds(20)).operation_timeout(seconds(50));
    let config = config.to_builder().timeout_config(timeouts.build()).build();
    Ok(Arc::new(Bucket { client: aws_sdk_s3::Client::new(&config), name: setting("BUCKET")?, scanned: false }))
}

#[async_trait]
impl Uploads for Bucket {
    async fn begin(&self, name: &str, content_type: &str) -> Result<String, Failure> {
        let begin = self.client.create_multipart_upload().bucket(&self.name).key(name).content_type(content_type);
        let begun = begin.send().boxed().await.map_err(|e| unavailable(&e))?;
        begun.upload_id.ok_or_else(|| Failure::Unavailable("the bucket returned no upload id".into()))
    }

    async fn part(&self, name: &str, upload: &str, number: u32, bytes: Vec<u8>) -> Result<String, Failure> {
        let part = self.client.upload_part().bucket(&self.name).key(name).upload_id(upload);
        let number = i32::try_from(number).map_err(|_| Failure::Broken("a part's number is too large".into()))?;
        let uploaded = part.part_number(number).body(bytes.into()).send().boxed().await.map_err(|e| unavailable(&e))?;
        uploaded.e_tag.ok_or_else(|| Failure::Unavailable("the bucket returned no ETag for a part".into()))
    }

    async fn finish(&self, name: &str, upload: &str, parts: &[(u32, String)]) -> Result<(), Failure> {
        let part = |(number, mark): &(u32, String)| {
            CompletedPart::builder().part_number(i32::try_from(*number).unwrap_or(i32::MAX)).e_tag(mark).build()
        };
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.iter().map(part).collect())).build();
        let finish = self.client.complete_multipart_upload().bucket(&self.name).key(name).upload_id(upload).multipart_upload(parts);
        match finish.send().boxed().await {
            Ok(_) => Ok(()),
            // The upload was finished before and its response was lost if the file exists.
            Err(e) if e.as_service_error().and_then(|e| e.meta().code()) == Some("NoSuchUpload") => {
                match super::Files::head(self, name, 1).await? {
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
