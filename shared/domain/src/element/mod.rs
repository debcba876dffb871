//! What belongs to a lead: trade-ins, quotes, test drives, comments, documents and communication (LEAD-2, LEAD-3). Each stands on the timeline, and stays there when it
//! is removed.

mod comment;
mod communication;
mod counts;
mod document;
mod quote;
mod test_drive;
mod trade_in;

pub use comment::Comment;
pub use communication::{Communication, Form, Said, communicate};
pub use counts::Counts;
pub use document::{Document, MOST_BYTES, complete};
pub use quote::{Line, Quote};
pub use test_drive::{TestDrive, schedule_test_drive};
pub use trade_in::TradeIn;

pub(crate) use trade_in::{enquired, enquired_again};

use crate::access::{Actor, Right, Scope};
use crate::assignment::commit;
use crate::calendar_event::{CalendarEvent, Case, Deed, EventState, settle};
use crate::decision::{Decision, Item};
use crate::ids::{ElementId, LeadId};
use crate::lead::Lead;
use crate::refusal::Refusal;
use crate::timeline::Event;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Elements of a kind that a lead has at most; what an enquiry brings is taken in all the same.
pub const MOST: u32 = 100;

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

/// The kinds of elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "as in Content")]
pub enum Kind {
    TradeIn,
    Quote,
    TestDrive,
    Comment,
    Document,
    Communication,
}

impl Kind {
    /// Its name, as keys and answers write it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::TradeIn => "trade_in",
            Kind::Quote => "quote",
            Kind::TestDrive => "test_drive",
            Kind::Comment => "comment",
            Kind::Document => "document",
            Kind::Communication => "communication",
        }
    }

    /// As the paths of routes name all of the kind.
    pub fn path(self) -> &'static str {
        match self {
            Kind::TradeIn => "trade-ins",
            Kind::Quote => "quotes",
            Kind::TestDrive => "test-drives",
            Kind::Comment => "comments",
            Kind::Document => "documents",
            Kind::Communication => "communications",
        }
    }

    /// As people say it.
    pub fn spoken(self) -> &'static str {
        match self {
            Kind::TradeIn => "trade-in",
            Kind::Quote => "quote",
            Kind::TestDrive => "test drive",
            Kind::Comment => "comment",
            Kind::Document => "document",
            Kind::Communication => "communication",
        }
    }
}

impl Content {
    /// Of which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Content::TradeIn(_) => Kind::TradeIn,
            Content::Quote(_) => Kind::Quote,
            Content::TestDrive(_) => Kind::TestDrive,
            Content::Comment(_) => Kind::Comment,
            Content::Document(_) => Kind::Document,
            Content::Communication(_) => Kind::Communication,
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

    fn text(&self) -> Option<String> {
        if let Content::Comment(comment) = self { Some(comment.text.clone()) } else { None }
    }
}

impl Element {
    /// An element that somebody adds.
    pub(crate) fn new(id: ElementId, lead: LeadId, content: Content, by: &Actor, now: DateTime<Utc>) -> Self {
        Self { id, lead, version: 1, by: by.clone(), created: now, changed: now, removed: None, content }
    }

    /// The same element as its next version, with other content.
    fn saying(&self, content: Content, now: DateTime<Utc>) -> Self {
        Self { version: self.version + 1, changed: now, content, ..self.clone() }
    }

    fn gone(&self, by: &Actor, now: DateTime<Utc>) -> Self {
        Self { removed: Some(Removed { at: now, by: by.clone() }), ..self.saying(self.content.clone(), now) }
    }

    /// Insists that whoever asks may change or remove it: a comment its author, and who may moderate.
    ///
    /// # Errors
    /// 403 names the right (LEAD-9).
    pub fn may_be_changed_by(&self, scope: &Scope) -> Result<(), Refusal> {
        let own = self.content.kind() != Kind::Comment || self.by == scope.actor();
        if own { Ok(()) } else { scope.needs(Right::ModerateComments) }
    }

    fn still_here(&self) -> Result<(), Refusal> {
        match self.removed {
            None => Ok(()),
            Some(_) => Err(Refusal::Conflict(format!("the {} was removed", self.content.kind().spoken()))),
        }
    }

    fn added(&self) -> Event {
        Event::ElementAdded { kind: self.content.kind(), element: self.id.clone(), title: self.content.title(), text: self.content.text() }
    }
}

/// Adds an element to a lead; a document is announced.
///
/// # Errors
/// 409: the lead has [`MOST`] of the kind.
pub fn add(lead: &Lead, id: ElementId, content: Content, by: &Actor, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    has_room(lead, content.kind())?;
    let element = Element::new(id, lead.id, content, by, now);
    let told = match &element.content {
        Content::Document(document) => Event::DocumentAnnounced { element: element.id.clone(), title: document.title.clone() },
        _ => element.added(),
    };
    Ok(counted(commit(lead.touched(now), by.clone(), vec![told], now), element))
}

fn has_room(lead: &Lead, kind: Kind) -> Result<(), Refusal> {
    if lead.counts.of(kind) < MOST {
        return Ok(());
    }
    Err(Refusal::Conflict(format!("the lead has {MOST} elements of the kind {} already; remove some first (LEAD-2)", kind.spoken())))
}

/// The same decision with a new element, which its lead counts; a test drive is counted with its event.
fn counted(mut decision: Decision, element: Element) -> Decision {
    let kind = element.content.kind();
    for item in &mut decision.items {
        if let (Item::Lead(lead), true) = (item, kind != Kind::TestDrive) {
            lead.counts.add(kind);
        }
    }
    decision.with(Item::Element(Box::new(element)))
}

/// Lets an element say something else; what it said is kept on the timeline. `None`: it says so already.
///
/// # Errors
/// 409: it was removed.
pub fn change(lead: &Lead, element: &Element, content: Content, by: &Actor, now: DateTime<Utc>) -> Result<Option<Decision>, Refusal> {
    element.still_here()?;
    if element.content == content {
        return Ok(None);
    }
    let after = element.saying(content.entered(), now);
    let told = Event::ElementChanged {
        kind: after.content.kind(),
        element: after.id.clone(),
        title: after.content.title(),
        text: after.content.text(),
        before: Box::new(element.content.clone()),
    };
    Ok(Some(commit(lead.touched(now), by.clone(), vec![told], now).with(Item::Element(Box::new(after)))))
}

impl Content {
    /// The same as a user's own: what an enquiry sent again says does not change it any more.
    fn entered(self) -> Self {
        match self {
            Content::TradeIn(trade_in) => Content::TradeIn(TradeIn { enquired: false, ..trade_in }),
            other => other,
        }
    }
}

/// Removes an element. `event` is a test drive's, which is called off with it if it is still to be. `None`: it is removed already.
///
/// # Errors
/// A day of the calendar that was not read.
pub fn remove(case: &Case<'_>, element: &Element, event: Option<&CalendarEvent>) -> Result<Option<Decision>, Refusal> {
    if element.removed.is_some() {
        return Ok(None);
    }
    let told = Event::ElementRemoved { kind: element.content.kind(), element: element.id.clone(), title: element.content.title() };
    let planned = event.filter(|event| event.state == EventState::Incomplete);
    // A test drive that is called off, before or with it, is counted no more by that.
    let counts = planned.is_none() && !event.is_some_and(|event| matches!(event.state, EventState::Deleted(_)));
    let called_off = planned.map(|event| settle(case, event, Deed::Delete, None)).transpose()?.flatten();
    let mut decision = called_off.unwrap_or_else(|| commit(case.lead.touched(case.now), case.by.clone(), Vec::new(), case.now));
    for item in &mut decision.items {
        match item {
            Item::Lead(lead) if counts => lead.counts.take(element.content.kind()),
            Item::Entry(entry) => entry.events.insert(0, told.clone()),
            _ => {}
        }
    }
    Ok(Some(decision.with(Item::Element(Box::new(element.gone(case.by, case.now))))))
}
