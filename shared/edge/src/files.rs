//! The bucket: what is too large for the table.

use crate::start::{Missing, setting};
use async_trait::async_trait;
use aws_config::SdkConfig;
use forecourt_store::Failure;
use std::sync::Arc;

/// Where files are kept.
#[async_trait]
pub trait Files: Send + Sync {
    /// Keeps `bytes` under `name`; the same name again replaces them.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] when they are not kept.
    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), Failure>;

    /// Gives back what is kept under `name`, if anything is.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] when nobody can say.
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Failure>;
}

/// An S3 bucket.
pub struct Bucket {
    /// The client.
    pub client: aws_sdk_s3::Client,
    /// The bucket's name.
    pub name: String,
}

/// The bucket that the environment names (`BUCKET`).
///
/// # Errors
/// [`Missing`] when it names none.
pub fn bucket(config: &SdkConfig) -> Result<Arc<dyn Files>, Missing> {
    Ok(Arc::new(Bucket { client: aws_sdk_s3::Client::new(config), name: setting("BUCKET")? }))
}

/// For functions that keep no files: they are smaller without S3.
///
/// # Errors
/// None.
pub fn none(_: &SdkConfig) -> Result<Arc<dyn Files>, Missing> {
    Ok(Arc::new(NoFiles))
}

struct NoFiles;

#[async_trait]
impl Files for NoFiles {
    async fn put(&self, name: &str, _: Vec<u8>) -> Result<(), Failure> {
        Err(Failure::Broken(format!("this function has no bucket for {name}")))
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        Err(Failure::Broken(format!("this function has no bucket with {name}")))
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
            Ok(got) => got.body.collect().await.map(|b| Some(b.to_vec())).map_err(|e| Failure::Unavailable(e.to_string())),
            Err(e) if e.as_service_error().is_some_and(|e| e.is_no_such_key()) => Ok(None),
            Err(e) => Err(unavailable(&e)),
        }
    }
}

fn unavailable<E: std::error::Error + 'static>(error: &E) -> Failure {
    Failure::Unavailable(aws_sdk_s3::error::DisplayErrorContext(error).to_string())
}
