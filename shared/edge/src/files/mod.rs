//! The bucket, for content that is too large for the table.

mod uploads;

pub use uploads::{Uploads, bucket as upload_bucket};

use crate::environment::{Missing, setting};
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::presigning::PresigningConfig;
use forecourt_store::Failure;
use futures::FutureExt as _;
use std::sync::Arc;
use std::time::Duration;

/// A file that an upload link accepts: of this type and size only.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct Upload<'a> {
    pub name: &'a str,
    pub content_type: &'a str,
    pub bytes: u64,
}

/// A file that a download link returns, and the name to save it under.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct Download<'a> {
    pub name: &'a str,
    pub content_type: &'a str,
    pub file_name: &'a str,
}

impl Download<'_> {
    /// Returns the `Content-Disposition` header (RFC 6266): the browser saves the file and never shows it.
    pub fn disposition(&self) -> String {
        let ascii: String = self.file_name.chars().map(|c| if c.is_ascii_graphic() && !"\"\\%".contains(c) { c } else { '_' }).collect();
        let all = percent_encoding::utf8_percent_encode(self.file_name, percent_encoding::NON_ALPHANUMERIC);
        format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{all}")
    }
}

/// A store of files.
#[async_trait]
pub trait Files: Send + Sync {
    /// Stores `bytes` under `name` and replaces an existing file.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if they are not stored.
    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), Failure>;

    /// Returns the content of `name`. `None` if there is no such file.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if the store does not answer.
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Failure>;

    /// Returns the size of `name` in bytes. `None` if there is no such file.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if the store does not answer.
    async fn size(&self, name: &str) -> Result<Option<u64>, Failure>;

    /// Copies `from` to `to`. Idempotent.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if the copy is not stored.
    async fn copy(&self, from: &str, to: &str) -> Result<(), Failure>;

    /// Removes `name` if it exists.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if the file may still exist.
    async fn remove(&self, name: &str) -> Result<(), Failure>;

    /// Returns a link that accepts a `PUT` of the file for `validity`.
    ///
    /// # Errors
    /// [`Failure`] if the link cannot be signed.
    async fn upload_link(&self, upload: Upload<'_>, validity: Duration) -> Result<String, Failure>;

    /// Returns a link that answers a `GET` with the file for `validity`.
    ///
    /// # Errors
    /// [`Failure`] if the link cannot be signed.
    async fn download_link(&self, download: Download<'_>, validity: Duration) -> Result<String, Failure>;
}

/// An S3 bucket.
pub struct Bucket {
    /// The S3 client.
    pub client: aws_sdk_s3::Client,
    /// The bucket's name.
    pub name: String,
}

/// Returns the bucket that the environment variable `BUCKET` names.
///
/// # Errors
/// [`Missing`] if the variable is absent.
pub fn bucket(config: &SdkConfig) -> Result<Arc<dyn Files>, Missing> {
    Ok(Arc::new(Bucket { client: aws_sdk_s3::Client::new(config), name: setting("BUCKET")? }))
}

/// Returns no store, for functions without files: they are smaller without the S3 client.
///
/// # Errors
/// Never.
pub fn none(_: &SdkConfig) -> Result<Arc<dyn Files>, Missing> {
    Ok(Arc::new(NoFiles))
}

struct NoFiles;

fn no_bucket<T>(name: &str) -> Result<T, Failure> {
    Err(Failure::Broken(format!("no bucket is configured, so {name} cannot be accessed").into()))
}

#[async_trait]
impl Files for NoFiles {
    async fn put(&self, name: &str, _: Vec<u8>) -> Result<(), Failure> {
        no_bucket(name)
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        no_bucket(name)
    }

    async fn size(&self, name: &str) -> Result<Option<u64>, Failure> {
        no_bucket(name)
    }

    async fn copy(&self, from: &str, _: &str) -> Result<(), Failure> {
        no_bucket(from)
    }

    async fn remove(&self, name: &str) -> Result<(), Failure> {
        no_bucket(name)
    }

    async fn upload_link(&self, upload: Upload<'_>, _: Duration) -> Result<String, Failure> {
        no_bucket(upload.name)
    }

    async fn download_link(&self, download: Download<'_>, _: Duration) -> Result<String, Failure> {
        no_bucket(download.name)
    }
}

#[async_trait]
impl Files for Bucket {
    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), Failure> {
        let put = self.client.put_object().bucket(&self.name).key(name).body(bytes.into());
        put.send().await.map(|_| ()).map_err(|e| unavailable(&e))
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        match self.client.get_object().bucket(&self.name).key(name).send().await {
            Ok(got) => got.body.collect().await.map(|b| Some(b.to_vec())).map_err(|e| Failure::Unavailable(e.into())),
            Err(e) if e.as_service_error().is_some_and(|e| e.is_no_such_key()) || is_hidden(&e, name) => Ok(None),
            Err(e) => Err(unavailable(&e)),
        }
    }

    async fn size(&self, name: &str) -> Result<Option<u64>, Failure> {
        match self.client.head_object().bucket(&self.name).key(name).send().boxed().await {
            Ok(found) => Ok(found.content_length().and_then(|bytes| u64::try_from(bytes).ok())),
            Err(SdkError::ServiceError(e)) if matches!(e.err(), HeadObjectError::NotFound(_)) => Ok(None),
            Err(e) if is_hidden(&e, name) => Ok(None),
            Err(e) => Err(unavailable(&e)),
        }
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), Failure> {
        // Names consist of ids and need no encoding.
        let copy = self.client.copy_object().bucket(&self.name).copy_source(format!("{}/{from}", self.name)).key(to);
        let copied = copy.send().boxed().await;
        copied.map(|_| ()).map_err(|e| unavailable(&e))
    }

    async fn remove(&self, name: &str) -> Result<(), Failure> {
        let removed = self.client.delete_object().bucket(&self.name).key(name).send().boxed().await;
        removed.map(|_| ()).map_err(|e| unavailable(&e))
    }

    async fn upload_link(&self, upload: Upload<'_>, validity: Duration) -> Result<String, Failure> {
        // Type and size are signed as headers, so the bucket accepts nothing else.
        let put = self.client.put_object().bucket(&self.name).key(upload.name).content_type(upload.content_type);
        let put = put.content_length(i64::try_from(upload.bytes).unwrap_or(i64::MAX));
        put.presigned(good_for(validity)?).boxed().await.map(|link| link.uri().to_owned()).map_err(|e| unavailable(&e))
    }

    async fn download_link(&self, download: Download<'_>, validity: Duration) -> Result<String, Failure> {
        let get = self.client.get_object().bucket(&self.name).key(download.name).response_content_type(download.content_type);
        let get = get.response_content_disposition(download.disposition());
        get.presigned(good_for(validity)?).boxed().await.map(|link| link.uri().to_owned()).map_err(|e| unavailable(&e))
    }
}

/// S3 answers 403 for a missing file if the role may list only a part of the bucket. The warning shows a role that lacks the right to read.
fn is_hidden<E>(error: &SdkError<E>, name: &str) -> bool {
    let hidden = error.raw_response().is_some_and(|response| response.status().as_u16() == 403);
    if hidden {
        tracing::warn!(file = name, "S3 answered 403: the file does not exist, or the role may not read it");
    }
    hidden
}

fn good_for(validity: Duration) -> Result<PresigningConfig, Failure> {
    PresigningConfig::expires_in(validity).map_err(|e| Failure::Broken(e.into()))
}

fn unavailable<E: std::error::Error + 'static>(error: &E) -> Failure {
    Failure::Unavailable(aws_sdk_s3::error::DisplayErrorContext(error).to_string().into())
}
