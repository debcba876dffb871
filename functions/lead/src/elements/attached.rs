//! Documents of a lead as attachments of its e-mails (LEAD-3).

use forecourt_domain::elements::{Content, Element};
use serde::Serialize;
use utoipa::ToSchema;

/// A document of the lead that an e-mail has as an attachment, or can have.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttachedView {
    /// Id of the document within the lead.
    pub id: String,
    /// Title.
    pub title: String,
    /// Media type.
    pub content_type: String,
    /// Size in bytes.
    pub bytes: u64,
    /// `uploaded`, or `removed` if a user has removed it since.
    pub state: &'static str,
    /// State of the malware scan if the file cannot be opened: `pending` (it is being checked), `threat` (the scan found a threat) or
    /// `unreadable` (it could not be checked, for example because it has a password); absent if it can be opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan: Option<&'static str>,
}

impl AttachedView {
    /// `None` if the element is no document with a file, or none that ever had one.
    pub(super) fn of(element: &Element) -> Option<Self> {
        let Content::Document(document) = &element.content else { return None };
        document.uploaded?;
        Some(Self {
            id: element.id.to_string(),
            title: document.title.clone(),
            content_type: document.content_type.clone(),
            bytes: document.bytes,
            state: if element.removed.is_some() { "removed" } else { "uploaded" },
            scan: None,
        })
    }

    /// The same for a document that can be attached.
    pub(super) fn uploaded(element: &Element) -> Option<Self> {
        Self::of(element).filter(|file| file.state == "uploaded")
    }
}
