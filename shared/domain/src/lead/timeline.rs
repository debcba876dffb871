//! The timeline of a lead: every event, with its actor and time (LEAD-1).

use crate::base::{
    Actor, ContactId, DeadlineId, DealerId, ElementId, EventId, InvitationId, LeadId, ReactionKind, Status, StepKind, TaskId, UserId,
    numbered,
};
use crate::distribution::AssignmentReason;
use crate::elements::{Content, ElementKind};
use crate::enquiry::{Enquiry, Person};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// All that one commit did to a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Whose timeline.
    pub lead: LeadId,
    /// The version of the lead that this made: the order of the timeline.
    pub version: u64,
    /// When.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Actor,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// The input as it came, where this commit took one in (INT-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Raw>,
}

impl Entry {
    /// The enquiry that it took in as the lead's own.
    pub fn enquiry(&self) -> Option<&Enquiry> {
        self.events.iter().find_map(|event| match event {
            Event::Received { enquiry } | Event::Resent { enquiry } => Some(&**enquiry),
            _ => None,
        })
    }

    /// Whether this deadline was set then.
    pub fn sets(&self, id: &DeadlineId) -> bool {
        self.events.iter().any(|event| matches!(event, Event::Deadline { did: TimelineAction::Added, deadline, .. } if deadline == id))
    }

    /// Whether the lead got this contact then: with its enquiry, or later.
    pub fn brings(&self, id: &ContactId) -> bool {
        self.events.iter().any(|event| match event {
            Event::Received { .. } => *id == numbered(self.version),
            Event::Contact { did: TimelineAction::Added, contact, .. } => contact == id,
            _ => false,
        })
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Event {
    /// The enquiry came in.
    Received {
        /// What it says.
        enquiry: Box<Enquiry>,
    },
    /// It came in at this dealer, and goes by the rules of the site where its vehicle stands (INT-10).
    Sited {
        /// Where it came in.
        mailbox: DealerId,
    },
    /// The sender sent it again with another state of things (ADF `resend`, INT-5).
    Resent {
        /// What it says now.
        enquiry: Box<Enquiry>,
    },
    /// The contact asked again while the lead was in progress (INT-6).
    Added {
        /// What it says.
        enquiry: Box<Enquiry>,
    },
    /// A channel of the contact belongs to somebody else in the directory; nothing was merged (INT-6).
    ContactClash,
    /// It has a new owner (DIS-7).
    Assigned {
        /// The owner before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<UserId>,
        /// The owner now.
        to: UserId,
        /// Why (DIS-11).
        why: AssignmentReason,
    },
    /// It went to another dealer of the group (DIS-7).
    Moved {
        /// The dealer before.
        from: DealerId,
        /// The dealer now.
        to: DealerId,
        /// In words, where the mover gave some.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A step of the escalation happened (ESC-1 to ESC-3).
    Step {
        /// Which one.
        step: StepKind,
        /// When it was due.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        due: DateTime<Utc>,
    },
    /// The deadline was computed anew, since the dealer's settings changed (SET-11).
    DeadlineMoved {
        /// The deadline now, if there is one.
        #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
        deadline: Option<DateTime<Utc>>,
    },
    /// The seller did something about it (ESC-7).
    Reacted {
        /// What.
        kind: ReactionKind,
        /// Whether this stopped the clock: the first reaction does.
        first: bool,
        /// In words, where given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A call that reached nobody: on the timeline, but no reaction.
    CallMissed {
        /// In words, where given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The link of an invitation is good for nothing any more (CAL-8).
    InvitationRevoked {
        /// Which invitation.
        invitation: InvitationId,
    },
    /// Somebody noted that no contact was made yet: on the timeline, but no reaction (LEAD-6).
    NoContact {
        /// In words, where given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The first-contact deadline was moved by hand (LEAD-6).
    FirstContactMoved {
        /// When it was.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        from: DateTime<Utc>,
        /// When it is.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        to: DateTime<Utc>,
    },
    /// Something was done with a further deadline (LEAD-6).
    Deadline {
        /// What.
        did: TimelineAction,
        /// Which one.
        deadline: DeadlineId,
        /// What is to be reached.
        title: String,
        /// By when.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// By when it was, where that has changed.
        #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
        from: Option<DateTime<Utc>>,
        /// In words, where given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Something was done with a task (LEAD-4).
    Task {
        /// What.
        did: TimelineAction,
        /// Which one.
        task: TaskId,
        /// What is to be done.
        title: String,
        /// When it starts.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        start: DateTime<Utc>,
        /// How long it takes.
        minutes: u32,
        /// To whom it was given; none: to whoever has the lead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assignee: Option<UserId>,
        /// In words, where given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A contact of the lead was added, corrected or removed (LEAD-7).
    Contact {
        /// What was done.
        did: TimelineAction,
        /// With which one.
        contact: ContactId,
        /// Who it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<Person>>,
        /// Who it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Box<Person>>,
        /// Whether it became the main one.
        main: bool,
    },
    /// The contact was invited to pick a time (CAL-8).
    Invited {
        /// Which invitation.
        invitation: InvitationId,
        /// The type of the event.
        #[serde(rename = "type")]
        kind: String,
        /// From when on the link is good for nothing.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        expires: DateTime<Utc>,
    },
    /// Something is planned (CAL-1).
    EventScheduled {
        /// Which event.
        event: EventId,
        /// What is to be done.
        title: String,
        /// Its type.
        #[serde(rename = "type")]
        kind: String,
        /// When.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
    },
    /// An event is done (CAL-4).
    EventCompleted {
        /// Which event.
        event: EventId,
        /// What was to be done.
        title: String,
        /// In words, where given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The customer was not there, or not reached (CAL-4).
    EventNoShow {
        /// Which event.
        event: EventId,
        /// What was to be done.
        title: String,
        /// Why.
        reason: String,
        /// In words, where given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// An event takes place at another time (CAL-4).
    EventRescheduled {
        /// Which event.
        event: EventId,
        /// What is to be done.
        title: String,
        /// The time before.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        from: DateTime<Utc>,
        /// The time now.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        to: DateTime<Utc>,
    },
    /// An event is with somebody else; none: with whoever has the lead (APT-1).
    EventGiven {
        /// Which event.
        event: EventId,
        /// What is to be done.
        title: String,
        /// With whom before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<UserId>,
        /// With whom now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<UserId>,
    },
    /// An event was called off (CAL-4).
    EventDeleted {
        /// Which event.
        event: EventId,
        /// What was to be done.
        title: String,
    },
    /// It has another element (LEAD-2).
    ElementAdded {
        /// Of which kind.
        kind: ElementKind,
        /// Which.
        element: ElementId,
        /// What it is, in a line.
        title: String,
        /// What a comment says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// A document is to be uploaded; once it is, it is added (LEAD-2).
    DocumentAnnounced {
        /// Which.
        element: ElementId,
        /// Its title.
        title: String,
    },
    /// An element says something else now (LEAD-2).
    ElementChanged {
        /// Of which kind.
        kind: ElementKind,
        /// Which.
        element: ElementId,
        /// What it is now, in a line.
        title: String,
        /// What a comment says now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// What it said before.
        before: Box<Content>,
    },
    /// An element was removed (LEAD-2).
    ElementRemoved {
        /// Of which kind.
        kind: ElementKind,
        /// Which.
        element: ElementId,
        /// What it was, in a line.
        title: String,
    },
    /// Nobody has done what was planned: at level 1 the seller is told, at level 2 the supervisor (ESC-4).
    Resubmission {
        /// Which event.
        event: EventId,
        /// What was to be done.
        title: String,
        /// 1 or 2.
        level: u8,
        /// When it was to be done.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        due: DateTime<Utc>,
    },
    /// It was won, lost or reopened (LEAD-1).
    StatusChanged {
        /// Before.
        from: Status,
        /// Now.
        to: Status,
        /// In words, where given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
}

/// What was done with something that people keep on a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum TimelineAction {
    Added,
    Changed,
    Completed,
    Reopened,
    Deleted,
}

/// Input as it came: beside the lead while it is small, else in the bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raw {
    /// Its media type.
    pub media_type: String,
    /// Where it is.
    pub kept: Kept,
}

/// Where raw input is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// Here, deflated (zlib).
    Here(#[serde(with = "bytes")] Vec<u8>),
    /// In the bucket, deflated (zlib), under this name.
    InBucket(String),
}

/// Bytes as bytes, where the format has them.
mod bytes {
    use serde::{Deserializer, Serializer, de::Visitor};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(bytes)
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u8>, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(bytes)
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}
