//! Changes of the elements of a lead (LEAD-2).

mod answered;
mod communication;
mod document;
mod enclosures;
mod test_drive;
mod trade_in;

pub use answered::AnsweredMail;
pub use communication::{CommunicationRequest, addressed, communicate, goes_to};
pub use document::{check_content, complete};
pub use enclosures::{Enclosures, MAX_DOCUMENT_BYTES, MAX_DOCUMENTS};
pub use test_drive::schedule_test_drive;
pub(crate) use trade_in::{enquired, enquired_again};

use crate::base::{Actor, Cancellation, ElementId, Refusal};
use crate::calendar::{CalendarEvent, EventState};
use crate::decision::{Decision, Item, commit};
use crate::elements::{Content, Element, ElementKind};
use crate::lead::{Event, Lead};
use crate::rules::calendar::{CalendarContext, EventAction, settle};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// The maximum number of elements of a kind that users can add to a lead. Elements of an enquiry are always accepted.
pub const MOST: u32 = 100;

/// Adds an element to a lead. A document is added after its upload.
///
/// # Errors
/// 409 if the lead has [`MOST`] elements of the kind.
pub fn add(lead: &Lead, id: ElementId, content: Content, by: &Actor, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    has_room(lead, content.kind())?;
    let element = Element::new(id, lead.id, content, by, now);
    let event = match &element.content {
        Content::Document(document) => Event::DocumentAnnounced { element: element.id.clone(), title: document.title.clone() },
        _ => element.added(),
    };
    Ok(counted(commit(lead.touched(now), by.clone(), vec![event], now), element))
}

/// Checks that a quote does not end in the past. `before` is the content before a change: an end that stays as it was is not judged.
///
/// # Errors
/// 422 if the quote is valid until a day before today in the dealer's time zone.
pub fn not_expired(before: Option<&Content>, content: &Content, dealer: &Dealer, now: DateTime<Utc>) -> Result<(), Refusal> {
    let end = |content: &Content| if let Content::Quote(quote) = content { quote.valid_until } else { None };
    let today = dealer.settings.calendar.date_of(now);
    match end(content) {
        Some(until) if until < today && before.and_then(end) != Some(until) => {
            Err(Refusal::field("valid_until", "LEAD-2", format!("must not be in the past: today is {today}")))
        }
        _ => Ok(()),
    }
}

pub(crate) fn has_room(lead: &Lead, kind: ElementKind) -> Result<(), Refusal> {
    if lead.counts.of(kind) < MOST {
        return Ok(());
    }
    Err(Refusal::conflict("LEAD-2", format!("the lead already has {MOST} elements of the kind {}; remove some first", kind.spoken())))
}

/// Extends the decision with a new element and counts it on its lead. A test drive is counted with its event.
pub(crate) fn counted(mut decision: Decision, element: Element) -> Decision {
    let kind = element.content.kind();
    for item in &mut decision.items {
        if let (Item::Lead(lead), true) = (item, kind != ElementKind::TestDrive) {
            lead.counts.add(kind);
        }
    }
    decision.with(Item::Element(Box::new(element)))
}

/// Updates an element and records the old content on the timeline. `None` if nothing changes.
///
/// # Errors
/// 409 if it was removed.
pub fn change(lead: &Lead, element: &Element, content: Content, by: &Actor, now: DateTime<Utc>) -> Result<Option<Decision>, Refusal> {
    element.still_here()?;
    if element.content == content {
        return Ok(None);
    }
    let after = element.with_content(content.entered(), now);
    let event = Event::ElementChanged {
        kind: after.content.kind(),
        element: after.id.clone(),
        title: after.content.title(),
        text: after.content.text(),
        before: Box::new(element.content.clone()),
    };
    Ok(Some(commit(lead.touched(now), by.clone(), vec![event], now).with(Item::Element(Box::new(after)))))
}

/// Removes an element. `event` is the event of a test drive; it is cancelled if it is still to come. `None` if the element is already
/// removed.
///
/// # Errors
/// [`DayNotLoaded`](crate::slots::DayNotLoaded) if a day of the calendar was not loaded.
pub fn remove(context: &CalendarContext<'_>, element: &Element, event: Option<&CalendarEvent>) -> Result<Option<Decision>, Refusal> {
    if element.removed.is_some() {
        return Ok(None);
    }
    let timeline_event =
        Event::ElementRemoved { kind: element.content.kind(), element: element.id.clone(), title: element.content.title() };
    let planned = event.filter(|event| event.state == EventState::Incomplete);
    // If the event of a test drive is or was cancelled, the count was already reduced.
    let counts = planned.is_none() && !event.is_some_and(|event| matches!(event.state, EventState::Deleted(_)));
    let called_off =
        planned.map(|event| settle(context, event, EventAction::Delete { why: Cancellation::default() }, None)).transpose()?.flatten();
    let mut decision = called_off.unwrap_or_else(|| commit(context.lead.touched(context.now), context.by.clone(), Vec::new(), context.now));
    for item in &mut decision.items {
        match item {
            Item::Lead(lead) if counts => lead.counts.take(element.content.kind()),
            Item::Entry(entry) => entry.events.insert(0, timeline_event.clone()),
            _ => {}
        }
    }
    Ok(Some(decision.with(Item::Element(Box::new(element.gone(context.by, context.now))))))
}

impl Element {
    pub(crate) fn added(&self) -> Event {
        Event::ElementAdded { kind: self.content.kind(), element: self.id.clone(), title: self.content.title(), text: self.content.text() }
    }
}
