//! An entry of a lead's timeline (LEAD-1).

use crate::base::{Actor, ContactId, DeadlineId, ElementId, LeadId, numbered};
use crate::elements::ElementKind;
use crate::enquiry::Enquiry;
use crate::lead::{Event, Raw, TimelineAction};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Everything that one commit changed on a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The lead of the timeline.
    pub lead: LeadId,
    /// The version of the lead that the commit created. It sorts the timeline.
    pub version: u64,
    /// When it was committed.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The actor.
    pub by: Actor,
    /// The events, in order.
    pub events: Vec<Event>,
    /// The raw input, if the commit received one (INT-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Raw>,
    /// The id of the sender's receipt of the enquiry, which has the flags of the enquiry (INT-5). `None` if the sender got none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

impl Entry {
    /// Returns the enquiry that the entry took over as the lead's own.
    pub fn enquiry(&self) -> Option<&Enquiry> {
        self.events.iter().find_map(|event| match event {
            Event::Received { enquiry } | Event::Resent { enquiry } => Some(&**enquiry),
            _ => None,
        })
    }

    /// Returns the enquiry that arrived with the entry: a new one, a further one, or one that was sent again.
    pub fn arrived(&self) -> Option<&Enquiry> {
        self.enquiry().or_else(|| self.events.iter().find_map(Event::enquiry))
    }

    /// Returns the communication of the mail or text message that arrived with the entry in the lead's thread.
    pub fn answer(&self) -> Option<&ElementId> {
        self.events.iter().find_map(|event| match event {
            Event::MailReceived(mail) => Some(&mail.element),
            // A text message. Users add messages that they send.
            Event::ElementAdded { kind: ElementKind::Communication, element, .. } if self.by == Actor::Customer => Some(element),
            _ => None,
        })
    }

    /// Whether the entry set this deadline.
    pub fn sets(&self, id: &DeadlineId) -> bool {
        self.events.iter().any(|event| matches!(event, Event::Deadline { action: TimelineAction::Added, deadline, .. } if deadline == id))
    }

    /// Whether the entry added this contact to the lead, with its enquiry or later.
    pub fn brings(&self, id: &ContactId) -> bool {
        self.events.iter().any(|event| match event {
            Event::Received { .. } => *id == numbered(self.version),
            Event::Contact { action: TimelineAction::Added, contact, .. } => contact == id,
            _ => false,
        })
    }
}

impl Event {
    /// Returns the enquiry that arrived, if the event is about one.
    pub fn enquiry(&self) -> Option<&Enquiry> {
        match self {
            Event::Received { enquiry } | Event::Added { enquiry } => Some(enquiry),
            _ => None,
        }
    }
}
