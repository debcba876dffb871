//! The bucket, for content that is too large for the table.

mod uploads;

pub use uploads::{Uploads, bucket as upload_bucket};

use crate::environment::{Missing, optional_setting, setting};
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::TaggingDirective;
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

/// The beginning of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// The size of the whole file in bytes.
    pub size: u64,
    /// The first bytes.
    pub bytes: Vec<u8>,
    /// A mark of the whole content: another content has another mark.
    pub mark: String,
}

/// The verdict of the malware scan on a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Files are not scanned, or the file does not exist.
    NotScanned,
    /// The scan has not ended.
    Pending,
    /// The scan found no threat.
    Clean,
    /// The scan found a threat or could not read the file. This is the scanner's word for it.
    Refused(String),
}

impl Verdict {
    /// The scanner's word for a threat that it found.
    pub const THREAT: &'static str = "THREATS_FOUND";

    /// Returns the verdict that the tag of GuardDuty Malware Protection for S3 states. A file without the tag is not scanned yet.
    pub fn of_tag(tag: Option<&str>) -> Self {
        match tag {
            None => Self::Pending,
            Some("NO_THREATS_FOUND") => Self::Clean,
            Some(other) => Self::Refused(other.to_owned()),
        }
    }
}

/// The tag that has the verdict of GuardDuty Malware Protection for S3.
const VERDICT_TAG: &str = "GuardDutyMalwareScanStatus";

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

    /// Returns the beginning of `name`, at most `most` bytes (1 or more). `None` if there is no such file.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if the store does not answer.
    async fn head(&self, name: &str, most: u64) -> Result<Option<Head>, Failure>;

    /// Copies `from` to `to`. Idempotent. `false`, without a copy, if `from` no longer has the content of this mark ([`Head::mark`]).
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if the copy is not stored.
    async fn copy(&self, from: &str, to: &str, mark: &str) -> Result<bool, Failure>;

    /// Returns the verdict of the malware scan on `name`.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if the store does not answer.
    async fn verdict(&self, name: &str) -> Result<Verdict, Failure>;

    /// Removes `name` if it exists.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if the file may still exist.
    async fn remove(&self, name: &str) -> Result<(), Failure>;

    /// Removes `name` with all its earlier versions, so that nothing of it can be restored (PRV-2).
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if a version may still exist.
    async fn erase(&self, name: &str) -> Result<(), Failure>;

    /// Returns the names that begin with `prefix`, also those of which only earlier versions exist.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] if the store does not answer.
    async fn names(&self, prefix: &str) -> Result<Vec<String>, Failure>;

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
    /// Whether each document is scanned for malware. If not, no tag is read.
    pub scanned: bool,
}

/// Returns the bucket that the environment variable `BUCKET` names. Its documents are scanned if `MALWARE_SCAN` is `on`.
///
/// # Errors
/// [`Missing`] if the variable is absent.
pub fn bucket(config: &SdkConfig) -> Result<Arc<dyn Files>, Missing> {
    let scanned = optional_setting("MALWARE_SCAN").is_some_and(|value| value == "on");
    Ok(Arc::new(Bucket { client: aws_sdk_s3::Client::new(config), name: setting("BUCKET")?, scanned }))
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

    async fn head(&self, name: &str, _: u64) -> Result<Option<Head>, Failure> {
        no_bucket(name)
    }

    async fn copy(&self, from: &str, _: &str, _: &str) -> Result<bool, Failure> {
        no_bucket(from)
    }

    async fn verdict(&self, name: &str) -> Result<Verdict, Failure> {
        no_bucket(name)
    }

    async fn remove(&self, name: &str) -> Result<(), Failure> {
        no_bucket(name)
    }

    async fn erase(&self, name: &str) -> Result<(), Failure> {
        no_bucket(name)
    }

    async fn names(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        no_bucket(prefix)
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

    async fn head(&self, name: &str, most: u64) -> Result<Option<Head>, Failure> {
        let range = format!("bytes=0-{}", most.saturating_sub(1));
        let found = match self.client.get_object().bucket(&self.name).key(name).range(range).send().boxed().await {
            Ok(found) => found,
            // An empty file has no range.
            Err(e) if has_status(&e, 416) => return Ok(Some(Head::default())),
            Err(e) if e.as_service_error().is_some_and(|e| e.is_no_such_key()) || is_hidden(&e, name) => return Ok(None),
            Err(e) => return Err(unavailable(&e)),
        };
        // `bytes 0-4095/26214400`. A response with the whole file has no range.
        let whole = found.content_range().and_then(|range| range.rsplit_once('/')?.1.parse::<u64>().ok());
        let size = whole.or_else(|| u64::try_from(found.content_length()?).ok()).unwrap_or_default();
        let mark = found.e_tag().unwrap_or_default().to_owned();
        let mut bytes = found.body.collect().await.map_err(|e| Failure::Unavailable(e.into()))?.to_vec();
        bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(Some(Head { size, bytes, mark }))
    }

    async fn copy(&self, from: &str, to: &str, mark: &str) -> Result<bool, Failure> {
        // Names consist of ids and need no encoding.
        let copy = self.client.copy_object().bucket(&self.name).copy_source(format!("{}/{from}", self.name)).key(to);
        // The copy has no tags: it is scanned itself, and only the scanner may write tags.
        let copy = copy.copy_source_if_match(mark).tagging_directive(TaggingDirective::Replace);
        match copy.send().boxed().await {
            Ok(_) => Ok(true),
            Err(e) if has_status(&e, 412) => Ok(false),
            Err(e) => Err(unavailable(&e)),
        }
    }

    async fn verdict(&self, name: &str) -> Result<Verdict, Failure> {
        if !self.scanned {
            return Ok(Verdict::NotScanned);
        }
        match self.client.get_object_tagging().bucket(&self.name).key(name).send().boxed().await {
            Ok(tags) => Ok(Verdict::of_tag(tags.tag_set().iter().find(|tag| tag.key() == VERDICT_TAG).map(|tag| tag.value()))),
            Err(e) if has_status(&e, 404) => Ok(Verdict::NotScanned),
            Err(e) => Err(unavailable(&e)),
        }
    }

    async fn remove(&self, name: &str) -> Result<(), Failure> {
        let removed = self.client.delete_object().bucket(&self.name).key(name).send().boxed().await;
        removed.map(|_| ()).map_err(|e| unavailable(&e))
    }

    async fn erase(&self, name: &str) -> Result<(), Failure> {
        // The deletion of a version leaves no trace, while a deletion without a version would add a mark.
        for (_, version) in self.versions(name).await?.into_iter().filter(|(key, _)| key == name) {
            let removed = self.client.delete_object().bucket(&self.name).key(name).version_id(version).send().boxed().await;
            removed.map_err(|e| unavailable(&e))?;
        }
        Ok(())
    }

    async fn names(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        let mut names: Vec<String> = self.versions(prefix).await?.into_iter().map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        Ok(names)
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

impl Bucket {
    /// Returns the versions and deletion marks of all files whose names begin with `prefix`, each with its name.
    async fn versions(&self, prefix: &str) -> Result<Vec<(String, String)>, Failure> {
        let (mut found, mut key, mut version) = (Vec::new(), None, None);
        loop {
            let list = self.client.list_object_versions().bucket(&self.name).prefix(prefix);
            let page = list.set_key_marker(key).set_version_id_marker(version).send().boxed().await.map_err(|e| unavailable(&e))?;
            let named = |key: Option<&str>, id: Option<&str>| key.zip(id).map(|(key, id)| (key.to_owned(), id.to_owned()));
            found.extend(page.versions().iter().filter_map(|version| named(version.key(), version.version_id())));
            found.extend(page.delete_markers().iter().filter_map(|mark| named(mark.key(), mark.version_id())));
            if page.is_truncated() != Some(true) {
                return Ok(found);
            }
            (key, version) = (page.next_key_marker, page.next_version_id_marker);
        }
    }
}

fn has_status<E>(error: &SdkError<E>, status: u16) -> bool {
    error.raw_response().is_some_and(|response| response.status().as_u16() == status)
}

/// S3 answers 403 for a missing file if the role may list only a part of the bucket. The warning shows a role that lacks the right to read.
fn is_hidden<E>(error: &SdkError<E>, name: &str) -> bool {
    let hidden = has_status(error, 403);
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
