//! Elements of a lead: trade-ins, quotes, test drives, comments, documents, communications (LEAD-2).

mod comment;
mod communication;
mod counts;
mod document;
mod file_kind;
mod quote;
mod received;
mod test_drive;
mod trade_in;

pub use comment::Comment;
pub(crate) use comment::beginning;
pub use communication::{Communication, Form};
pub use counts::Counts;
pub use document::{Document, MAX_BYTES};
pub(crate) use file_kind::kinds_of;
pub use file_kind::{FileKind, HEAD_BYTES};
pub use quote::{Line, Quote, QuoteDraft};
pub use received::{BroughtEnquiry, ReceivedMail, ReceivedText, RefusedAttachment, reply_subject};
pub use test_drive::TestDrive;
pub use trade_in::TradeIn;
pub(crate) use trade_in::{as_enquired, enquired_id, require_vehicle};

use crate::base::{Actor, ElementId, LeadId, Refusal};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An element of a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Element {
    /// The id within the lead.
    pub id: ElementId,
    /// The lead.
    pub lead: LeadId,
    /// The number of commits that changed it, from 1.
    pub version: u64,
    /// The author.
    pub by: Actor,
    /// The time of its creation.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
    /// The time of the last change.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub changed: DateTime<Utc>,
    /// The removal, if it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<Removed>,
    /// The content.
    pub content: Content,
}

impl Element {
    /// Creates the first version of an element.
    pub(crate) fn new(id: ElementId, lead: LeadId, content: Content, by: &Actor, now: DateTime<Utc>) -> Self {
        Self { id, lead, version: 1, by: by.clone(), created: now, changed: now, removed: None, content }
    }

    /// Returns the next version of the element, with new content.
    pub(crate) fn with_content(&self, content: Content, now: DateTime<Utc>) -> Self {
        Self { version: self.version + 1, changed: now, content, ..self.clone() }
    }

    pub(crate) fn gone(&self, by: &Actor, now: DateTime<Utc>) -> Self {
        Self { removed: Some(Removed { at: now, by: by.clone() }), ..self.with_content(self.content.clone(), now) }
    }

    pub(crate) fn still_here(&self) -> Result<(), Refusal> {
        match self.removed {
            None => Ok(()),
            Some(_) => Err(Refusal::conflict("LEAD-2", format!("the {} was removed", self.content.kind().spoken()))),
        }
    }
}

/// The removal of an element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// The time.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The user or system that removed it.
    pub by: Actor,
}

/// The content of an element.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[expect(missing_docs, reason = "the types explain themselves")]
pub enum Content {
    TradeIn(TradeIn),
    Quote(Quote),
    TestDrive(TestDrive),
    Comment(Comment),
    Document(Document),
    Communication(Communication),
}

impl Content {
    /// Returns the kind of the element.
    pub fn kind(&self) -> ElementKind {
        match self {
            Content::TradeIn(_) => ElementKind::TradeIn,
            Content::Quote(_) => ElementKind::Quote,
            Content::TestDrive(_) => ElementKind::TestDrive,
            Content::Comment(_) => ElementKind::Comment,
            Content::Document(_) => ElementKind::Document,
            Content::Communication(_) => ElementKind::Communication,
        }
    }

    /// Returns a title of one line.
    pub fn title(&self) -> String {
        match self {
            Content::TradeIn(trade_in) => trade_in.title(),
            Content::Quote(quote) => quote.title(),
            Content::TestDrive(drive) => drive.vehicle.line(),
            Content::Comment(comment) => comment.title(),
            Content::Document(document) => document.title.clone(),
            Content::Communication(communication) => communication.title(),
        }
    }

    pub(crate) fn text(&self) -> Option<String> {
        if let Content::Comment(comment) = self { Some(comment.text.clone()) } else { None }
    }

    /// Marks the content as entered by a user, so that an enquiry that is sent again does not change it.
    pub(crate) fn entered(self) -> Self {
        match self {
            Content::TradeIn(trade_in) => Content::TradeIn(TradeIn { enquired: false, ..trade_in }),
            other => other,
        }
    }
}

/// The kinds of elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "as in Content")]
pub enum ElementKind {
    TradeIn,
    Quote,
    TestDrive,
    Comment,
    Document,
    Communication,
}

impl ElementKind {
    /// Returns the name as keys and responses write it.
    pub fn name(self) -> &'static str {
        match self {
            ElementKind::TradeIn => "trade_in",
            ElementKind::Quote => "quote",
            ElementKind::TestDrive => "test_drive",
            ElementKind::Comment => "comment",
            ElementKind::Document => "document",
            ElementKind::Communication => "communication",
        }
    }

    /// Returns the plural that the paths of routes use.
    pub fn path(self) -> &'static str {
        match self {
            ElementKind::TradeIn => "trade-ins",
            ElementKind::Quote => "quotes",
            ElementKind::TestDrive => "test-drives",
            ElementKind::Comment => "comments",
            ElementKind::Document => "documents",
            ElementKind::Communication => "communications",
        }
    }

    /// Returns the name for people.
    pub fn spoken(self) -> &'static str {
        match self {
            ElementKind::TradeIn => "trade-in",
            ElementKind::Quote => "quote",
            ElementKind::TestDrive => "test drive",
            ElementKind::Comment => "comment",
            ElementKind::Document => "document",
            ElementKind::Communication => "communication",
        }
    }
}
