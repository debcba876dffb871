//! The local twin of the bucket: a folder, with links that allow an upload or a download for a limited time.

use crate::clock::VirtualClock;
use async_trait::async_trait;
use axum::body::Bytes;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_edge::files::{Download, Files, Head, Upload, Uploads, Verdict};
use forecourt_edge::http::Problem;
use forecourt_store::{Failure, Secret};
use http::{HeaderMap, Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A folder that stores files like a bucket.
pub struct Folder {
    /// The path of the folder.
    pub path: PathBuf,
    /// `None` if the folder makes no links.
    pub links: Option<Links>,
}

/// Settings for links.
pub struct Links {
    /// The base URL of links.
    pub public_url: String,
    /// Signs links.
    pub secret: Secret,
    /// Decides when links expire.
    pub clock: VirtualClock,
}

/// The path below which links lead.
pub const LINKED: &str = "/_local/files/";
const PURPOSE: &str = "file";

/// The content of a link: it allows either an upload or a download of one file.
#[derive(Serialize, Deserialize)]
struct Grant {
    name: String,
    content_type: String,
    ends: DateTime<Utc>,
    /// The exact size of the upload; `None` if the link allows no upload.
    bytes: Option<u64>,
    /// The `Content-Disposition` of the download; `None` if the link allows no download.
    disposition: Option<String>,
}

fn unavailable(e: &std::io::Error) -> Failure {
    Failure::Unavailable(e.to_string().into())
}

/// Writes a file atomically: after a crash it is complete or absent.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension(format!("{}.new", uuid::Uuid::new_v4().simple()));
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(draft, path)
}

/// Returns `None` if the file does not exist.
fn if_exists<T>(result: std::io::Result<T>) -> Result<Option<T>, Failure> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(unavailable(&e)),
    }
}

/// The text of the EICAR test file. Scanners must not take this program for one.
pub const TEST_THREAT: &str = concat!("X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*");

impl Folder {
    fn parts(&self, upload: &str) -> PathBuf {
        self.path.join("uploads").join(upload)
    }

    fn link(&self, grant: impl FnOnce(DateTime<Utc>) -> Grant, validity: Duration) -> Result<String, Failure> {
        let links = self.links.as_ref().ok_or_else(|| Failure::Broken("the folder has no settings for links".into()))?;
        let validity = TimeDelta::from_std(validity).map_err(|e| Failure::Broken(e.into()))?;
        let grant = serde_json::to_string(&grant(links.clock.now() + validity)).map_err(|e| Failure::Broken(e.into()))?;
        Ok(format!("{}{LINKED}{}", links.public_url.trim_end_matches('/'), links.secret.sign(PURPOSE, &grant)))
    }

    /// Answers a request to a link: `PUT` for an upload, `GET` for a download. Like S3, it accepts only the request for which the link was
    /// signed.
    pub fn linked(&self, method: &Method, path: &str, headers: &HeaderMap, body: &Bytes) -> Response {
        let token = path.strip_prefix(LINKED).unwrap_or_default();
        let grant = self.links.as_ref().and_then(|links| {
            let grant: Grant = serde_json::from_str(&links.secret.verified(PURPOSE, token)?).ok()?;
            (grant.ends > links.clock.now()).then_some(grant)
        });
        let refused =
            |status, detail: &str| crate::gateway::problem(&Problem::new("link", "The link does not allow this request", status, detail));
        let Some(grant) = grant else { return refused(403, "the link is invalid or has expired") };
        let done = match (method, grant.bytes, grant.disposition) {
            (&Method::PUT, Some(bytes), _) => {
                let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
                if content_type != Some(grant.content_type.as_str()) || body.len() as u64 != bytes {
                    return refused(403, &format!("the link is for {bytes} bytes with Content-Type: {}", grant.content_type));
                }
                write_whole(&self.path.join(&grant.name), body).map(|()| StatusCode::OK.into_response())
            }
            (&Method::GET, _, Some(disposition)) => std::fs::read(self.path.join(&grant.name)).map(|bytes| {
                let headers = [(header::CONTENT_TYPE, grant.content_type), (header::CONTENT_DISPOSITION, disposition)];
                (StatusCode::OK, headers, bytes).into_response()
            }),
            _ => return refused(403, "the link is for another method"),
        };
        done.unwrap_or_else(|e| match e.kind() {
            std::io::ErrorKind::NotFound => crate::gateway::problem(&Problem::not_found("the file does not exist")),
            _ => crate::gateway::problem(&Problem::try_again(e.to_string())),
        })
    }
}

#[async_trait]
impl Files for Folder {
    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), Failure> {
        write_whole(&self.path.join(name), &bytes).map_err(|e| unavailable(&e))
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        if_exists(std::fs::read(self.path.join(name)))
    }

    async fn head(&self, name: &str, most: u64) -> Result<Option<Head>, Failure> {
        Ok(self.get(name).await?.map(|mut bytes| {
            let (size, mark) = (bytes.len() as u64, forecourt_store::fingerprint(&bytes));
            bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
            Head { size, bytes, mark }
        }))
    }

    async fn copy(&self, from: &str, to: &str, mark: &str) -> Result<bool, Failure> {
        let bytes = std::fs::read(self.path.join(from)).map_err(|e| unavailable(&e))?;
        if forecourt_store::fingerprint(&bytes) != mark {
            return Ok(false);
        }
        self.put(to, bytes).await.map(|()| true)
    }

    /// The local run has no scanner. It only knows the file with which scanners are tested.
    async fn verdict(&self, name: &str) -> Result<Verdict, Failure> {
        let head = self.head(name, 4_096).await?.unwrap_or_default();
        let is_test = head.bytes.windows(TEST_THREAT.len()).any(|bytes| bytes == TEST_THREAT.as_bytes());
        Ok(if is_test { Verdict::Refused(Verdict::THREAT.to_owned()) } else { Verdict::NotScanned })
    }

    async fn remove(&self, name: &str) -> Result<(), Failure> {
        if_exists(std::fs::remove_file(self.path.join(name))).map(|_| ())
    }

    /// The folder keeps no earlier versions.
    async fn erase(&self, name: &str) -> Result<(), Failure> {
        self.remove(name).await
    }

    async fn names(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        let (mut names, mut folders) = (Vec::new(), vec![self.path.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in if_exists(std::fs::read_dir(&folder))?.into_iter().flatten() {
                let path = entry.map_err(|e| unavailable(&e))?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(name) = path.strip_prefix(&self.path) {
                    names.push(name.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        names.retain(|name| name.starts_with(prefix));
        names.sort();
        Ok(names)
    }

    async fn upload_link(&self, Upload { name, content_type, bytes }: Upload<'_>, validity: Duration) -> Result<String, Failure> {
        let (name, content_type) = (name.to_owned(), content_type.to_owned());
        self.link(|ends| Grant { name, content_type, ends, bytes: Some(bytes), disposition: None }, validity)
    }

    async fn download_link(&self, download: Download<'_>, validity: Duration) -> Result<String, Failure> {
        let (name, content_type) = (download.name.to_owned(), download.content_type.to_owned());
        self.link(|ends| Grant { name, content_type, ends, bytes: None, disposition: Some(download.disposition()) }, validity)
    }
}

/// Stores the parts of an upload in a folder of their own until they are joined to one file.
#[async_trait]
impl Uploads for Folder {
    async fn begin(&self, _: &str, _: &str) -> Result<String, Failure> {
        let upload = uuid::Uuid::new_v4().simple().to_string();
        std::fs::create_dir_all(self.parts(&upload)).map_err(|e| unavailable(&e))?;
        Ok(upload)
    }

    async fn part(&self, _: &str, upload: &str, number: u32, bytes: Vec<u8>) -> Result<String, Failure> {
        write_whole(&self.parts(upload).join(number.to_string()), &bytes).map_err(|e| unavailable(&e))?;
        Ok(forecourt_store::fingerprint(&bytes))
    }

    async fn finish(&self, name: &str, upload: &str, parts: &[(u32, String)]) -> Result<(), Failure> {
        let path = self.path.join(name);
        let whole = || {
            if !self.parts(upload).exists() && path.exists() {
                return Ok(());
            }
            std::fs::create_dir_all(path.parent().unwrap_or(&self.path))?;
            let draft = path.with_extension(format!("{}.new", uuid::Uuid::new_v4().simple()));
            let mut file = std::fs::File::create(&draft)?;
            for (number, _) in parts {
                std::io::copy(&mut std::fs::File::open(self.parts(upload).join(number.to_string()))?, &mut file)?;
            }
            file.sync_all()?;
            std::fs::rename(draft, &path)?;
            std::fs::remove_dir_all(self.parts(upload))
        };
        whole().map_err(|e| unavailable(&e))
    }

    async fn abandon(&self, _: &str, upload: &str) -> Result<(), Failure> {
        if_exists(std::fs::remove_dir_all(self.parts(upload))).map(|_| ())
    }
}
