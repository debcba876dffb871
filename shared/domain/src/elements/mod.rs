//! Elements of a lead: trade-ins, quotes, test drives, comments, documents, communications (LEAD-2).

mod comment;
mod communication;
mod counts;
mod document;
mod quote;
mod test_drive;
mod trade_in;

pub use comment::Comment;
pub(crate) use comment::beginning;
pub use communication::{Communication, Form};
pub use counts::Counts;
pub use document::{Document, MOST_BYTES};
pub use quote::{Line, Quote};
pub use test_drive::TestDrive;
pub use trade_in::TradeIn;
pub(crate) use trade_in::{as_enquired, enquired_id, says_which};

use crate::base::{Actor, ElementId, LeadId, Refusal};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An element of a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Element {
    /// Its name within the lead.
    pub id: ElementId,
    /// Of which lead.
    pub lead: LeadId,
    /// Counts the commits that changed it, from 1.
    pub version: u64,
    /// Who made it.
    pub by: Actor,
    /// When it was made.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
    /// When it was last changed.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub changed: DateTime<Utc>,
    /// When and by whom it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<Removed>,
    /// What it says.
    pub content: Content,
}

impl Element {
    /// An element that somebody adds.
    pub(crate) fn new(id: ElementId, lead: LeadId, content: Content, by: &Actor, now: DateTime<Utc>) -> Self {
        Self { id, lead, version: 1, by: by.clone(), created: now, changed: now, removed: None, content }
    }

    /// The same element as its next version, with other content.
    pub(crate) fn with_content(&self, content: Content, now: DateTime<Utc>) -> Self {
        Self { version: self.version + 1, changed: now, content, ..self.clone() }
    }

    pub(crate) fn gone(&self, by: &Actor, now: DateTime<Utc>) -> Self {
        Self { removed: Some(Removed { at: now, by: by.clone() }), ..self.with_content(self.content.clone(), now) }
    }

    pub(crate) fn still_here(&self) -> Result<(), Refusal> {
        match self.removed {
            None => Ok(()),
            Some(_) => Err(Refusal::Conflict(format!("the {} was removed", self.content.kind().spoken()))),
        }
    }
}

/// How an element came to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// When.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Actor,
}

/// What an element says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[expect(missing_docs, reason = "the types say it")]
pub enum Content {
    TradeIn(TradeIn),
    Quote(Quote),
    TestDrive(TestDrive),
    Comment(Comment),
    Document(Document),
    Communication(Communication),
}

impl Content {
    /// Of which kind it is.
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

    /// What it is, in a line.
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

    /// The same as a user's own: what an enquiry sent again says does not change it any more.
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
    /// Its name, as keys and answers write it.
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

    /// As the paths of routes name all of the kind.
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

    /// As people say it.
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
