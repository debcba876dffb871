//! Documents.

use crate::base::text::{is_line, line};
use crate::base::{ElementId, Fault, GroupId, LeadId};
use crate::elements::{Content, Element, FileKind, file_kind};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The title; 1 to 200 characters.
    pub title: String,
    /// Its media type, such as `application/pdf`.
    pub content_type: String,
    /// The size in bytes, 1 to [`MAX_BYTES`].
    pub bytes: u64,
    /// The time at which the upload was complete. `None` while it is pending.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub uploaded: Option<DateTime<Utc>>,
}

impl Document {
    /// Creates a document that a user announces before the upload.
    ///
    /// # Errors
    /// The faults of its fields.
    pub fn announced(
        title: Option<String>,
        content_type: Option<String>,
        bytes: Option<u64>,
        mut faults: Vec<Fault>,
    ) -> Result<Self, Vec<Fault>> {
        let title = read_title(title, &mut faults);
        let content_type = content_type.unwrap_or_default().trim().to_ascii_lowercase();
        if !is_media_type(&content_type) {
            faults.push(Fault::new("content_type", "LEAD-2", "must be a media type without parameters, such as application/pdf"));
        } else if file_kind::is_active_type(&content_type) {
            faults.push(Fault::new("content_type", "LEAD-2", RUNS));
        }
        let bytes = bytes.filter(|bytes| (1..=MAX_BYTES).contains(bytes));
        if bytes.is_none() && !faults.iter().any(|fault| fault.field == "bytes") {
            faults.push(Fault::new("bytes", "LEAD-2", format!("must be the size of the file in bytes, from 1 to {MAX_BYTES}")));
        }
        match bytes {
            Some(bytes) if faults.is_empty() => Ok(Self { title, content_type, bytes, uploaded: None }),
            _ => Err(faults),
        }
    }

    /// Creates the document of a mail's attachment, which is complete. `head` is the beginning of the file, at most
    /// [`HEAD_BYTES`](crate::elements::HEAD_BYTES), and `bytes` its size. Mail programs often state no type or a wrong one: the first bytes
    /// then decide.
    ///
    /// # Errors
    /// The reason in English: "is …", "has …".
    pub fn attached(title: &str, content_type: &str, (head, bytes): (&[u8], u64), now: DateTime<Utc>) -> Result<Self, String> {
        if !(1..=MAX_BYTES).contains(&bytes) {
            return Err(if bytes == 0 { "is empty".into() } else { format!("has more than {MAX_BYTES} bytes") });
        }
        let kind = FileKind::of(head);
        let declared = content_type.trim().to_ascii_lowercase();
        let is_runnable = file_kind::is_active_type(&declared) || file_kind::is_runnable_name(title);
        if kind.is_active() || is_runnable {
            let what = if kind.is_active() { kind.spoken() } else { "a file that a browser or an operating system runs" };
            return Err(format!("is {what}"));
        }
        let content_type = match file_kind::kinds_of(&declared) {
            Some(kinds) if kinds.contains(&kind) => declared,
            known => match (file_kind::type_of(kind), known) {
                (Some(media_type), _) => media_type.to_owned(),
                (None, Some(_)) => return Err(format!("is {}, and not {declared} as the mail states", kind.spoken())),
                (None, None) => file_kind::DATA.to_owned(),
            },
        };
        let title = line(title, 200).ok_or("has no name that can be shown")?;
        Ok(Self { title, content_type, bytes, uploaded: Some(now) })
    }

    /// Returns the document with another title. Its type is not checked again, because another release may have accepted it.
    ///
    /// # Errors
    /// The faults of the title.
    pub fn renamed(&self, title: Option<String>, mut faults: Vec<Fault>) -> Result<Self, Vec<Fault>> {
        let title = read_title(title, &mut faults);
        if faults.is_empty() { Ok(Self { title, ..self.clone() }) } else { Err(faults) }
    }

    /// Returns the name of the file for a download: the title with the extension of its type. A name that a browser or an operating system
    /// would run gets the extension `.bin`.
    pub fn file_name(&self) -> String {
        let name: String = self.title.chars().map(|c| if matches!(c, '/' | '\\' | ':' | '"') { '-' } else { c }).collect();
        match file_kind::extension_of(&self.content_type).map(|extension| format!(".{extension}")) {
            Some(extension) if !name.to_lowercase().ends_with(&extension) => name + &extension,
            None if file_kind::is_runnable_name(&name) => name + ".bin",
            _ => name,
        }
    }

    /// Returns the media type of a download: the declared one if Forecourt knows it, and otherwise data that no browser shows.
    pub fn download_type(&self) -> &str {
        if file_kind::kinds_of(&self.content_type).is_some() { &self.content_type } else { file_kind::DATA }
    }
}

/// The fault of a file that a browser or an operating system would run.
const RUNS: &str = "must not be a type that a browser or an operating system runs, such as HTML, SVG, XML or a script; use a PDF";

/// The largest document: 25 MiB.
pub const MAX_BYTES: u64 = 26_214_400;

/// Reads the title of a document.
fn read_title(title: Option<String>, faults: &mut Vec<Fault>) -> String {
    let title = title.unwrap_or_default().trim().to_owned();
    if !is_line(&title, 200) {
        faults.push(Fault::new("title", "LEAD-2", "must be 1 to 200 characters in one line"));
    }
    title
}

/// Returns whether the text is two tokens of RFC 9110 around a `/`, up to 100 characters.
fn is_media_type(text: &str) -> bool {
    let token = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&^_.+-".contains(c));
    text.len() <= 100 && text.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub))
}

impl Element {
    /// Returns the key for the upload. The bucket deletes objects that stay there, because their upload was never completed.
    pub fn upload_name(&self, group: &GroupId) -> String {
        format!("uploads/{group}/{}/{}", self.lead, self.id)
    }

    /// Returns the key of the stored document. No upload link can write there.
    pub fn file_name(&self, group: &GroupId) -> String {
        Self::document_file(group, self.lead, &self.id)
    }

    /// Whether it is a document whose file was uploaded and not removed.
    pub fn has_file(&self) -> bool {
        matches!(&self.content, Content::Document(document) if document.uploaded.is_some() && self.removed.is_none())
    }

    /// Returns the key of the stored document with this id.
    pub fn document_file(group: &GroupId, lead: LeadId, id: &ElementId) -> String {
        format!("documents/{group}/{lead}/{id}")
    }
}
