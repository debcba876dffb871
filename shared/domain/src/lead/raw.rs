//! The raw input of an enquiry (INT-2).

use serde::{Deserialize, Serialize};

/// Raw input: stored beside the lead if it is small, otherwise in the bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raw {
    /// Its media type.
    pub media_type: String,
    /// Where it is stored.
    #[serde(rename = "kept")]
    pub storage: RawStorage,
}

impl Raw {
    /// The media type of a mail.
    pub const MAIL: &str = "message/rfc822";

    /// Returns the name of the mail in the bucket. `None` if the raw input is no mail.
    pub fn mail(&self) -> Option<&str> {
        match &self.storage {
            RawStorage::InBucket(object) if self.media_type == Self::MAIL => Some(object),
            RawStorage::InBucket(_) | RawStorage::Here(_) => None,
        }
    }
}

/// The storage location of raw input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawStorage {
    /// Inline, compressed (zlib).
    Here(#[serde(with = "serde_bytes")] Vec<u8>),
    /// In the bucket under this name: compressed (zlib), but a mail ([`Raw::MAIL`]) as it was received.
    InBucket(String),
}
