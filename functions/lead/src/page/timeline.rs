//! A lead's timeline as clients see it.

use super::event_details::{
    details_of_cancelled, details_of_changed, name_of_contact, name_of_deadline, name_of_event, name_of_hold, name_of_request,
    name_of_stop, name_of_task,
};
use super::plan::details_of_plan;
use crate::cursor;
use crate::elements::{ContentView, Linked};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{LeadId, Status};
use forecourt_domain::lead::{AddressStopped, ConsentRecorded, Entry, Event, MailEvent};
use forecourt_edge::usecase::people::PersonView;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A page of a lead's timeline.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineView {
    /// The entries, newest first.
    pub timeline: Vec<EntryView>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The names of the users in this response who are not users of the dealer now; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonView>,
}

/// The changes of one commit.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryView {
    /// When the change was made.
    pub at: DateTime<Utc>,
    /// Who made the change: `user:…`, `partner:…` or `system`.
    pub by: String,
    /// The events, in order.
    pub events: Vec<EventView>,
    /// Path of the raw input that the entry received; absent if it received none (INT-2).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/leads/4829130576/raw?version=1")]
    pub raw: Option<String>,
}

/// One event; its further fields depend on `what`.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// `received`, `assigned`, `moved`, `step`, `reacted`, `call_missed`, `status_changed`, `deadline_moved`, `resent`, `added`,
    /// `contact_clash`, or `element_added`, `document_announced`, `element_changed`, `element_removed` with `kind` and `element` (LEAD-2),
    /// `mail_received` with `element` (LEAD-3), `consent_recorded` (PRV-6), `plan_started`, `plan_step`,
    /// `plan_ended` (CAL-11),
    /// `deadline_added` …
    pub what: &'static str,
    /// The fields of the event.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub details: Value,
}

impl TimelineView {
    /// Shows the first `limit` of `entries`. A further entry means that there is a next page.
    pub(crate) fn of(lead: LeadId, entries: &[Entry], limit: usize) -> Self {
        let shown = &entries[..limit.min(entries.len())];
        let cursor = shown.last().filter(|_| entries.len() > limit).map(|last| cursor::after(lead, last.version));
        Self { timeline: shown.iter().map(EntryView::of).collect(), cursor, people: Vec::new() }
    }
}

impl EntryView {
    pub(crate) fn of(entry: &Entry) -> Self {
        let raw = entry.raw.as_ref().map(|_| format!("/leads/{}/raw?version={}", entry.lead, entry.version));
        Self { at: entry.at, by: entry.by.to_string(), events: entry.events.iter().map(EventView::of).collect(), raw }
    }
}

impl EventView {
    fn of(event: &Event) -> Self {
        let (what, details) = match event {
            Event::Received { enquiry } => {
                ("received", json!({"source": enquiry.source, "external_id": enquiry.external_id, "flags": enquiry.flags}))
            }
            Event::Resent { enquiry } => {
                ("resent", json!({"source": enquiry.source, "external_id": enquiry.external_id, "flags": enquiry.flags}))
            }
            Event::Sited { mailbox } => ("sited", json!({"came_in_at": mailbox})),
            Event::UnknownSite { site } => ("unknown_site", json!({"site": site})),
            Event::Added { enquiry } => ("added", json!({"enquiry": enquiry})),
            Event::ContactClash { channel } => ("contact_clash", json!({"channel": channel})),
            Event::Assigned { from, to, why } => ("assigned", json!({"from": from, "to": to, "why": why})),
            Event::Moved { from, to, note } => ("moved", json!({"from": from, "to": to, "note": note})),
            Event::Step { step, due } => ("step", json!({"step": step, "due": due})),
            Event::DeadlineMoved { from, deadline } => ("deadline_moved", json!({"from": from, "deadline": deadline})),
            Event::Reacted { kind, first, inbound, note } => {
                let mut details = json!({"kind": kind, "first": first, "note": note});
                if *inbound {
                    details["inbound"] = json!(true);
                }
                ("reacted", details)
            }
            Event::CallMissed { note } => ("call_missed", json!({"note": note})),
            Event::NoContact { note } => ("no_contact", json!({"note": note})),
            Event::FirstContactMoved { from, to, agreed } => {
                let mut details = json!({"from": from, "to": to});
                // Only a move that somebody agreed to moves level 2 (ESC-12).
                if *agreed {
                    details["agreed"] = json!(true);
                }
                ("first_contact_moved", details)
            }
            Event::DeadlineRequest { action, at } => (name_of_request(*action), json!({"at": at})),
            Event::Deadline { action, deadline, title, at, from, note } => {
                let details = json!({"deadline": deadline, "title": title, "at": at, "from": from, "note": note});
                (name_of_deadline(*action), details)
            }
            Event::Task { action, task, title, start, minutes, assignee, before, note } => {
                let mut details =
                    json!({"task": task, "title": title, "start": start, "minutes": minutes, "assignee": assignee, "note": note});
                if let Some(old) = before {
                    let old = json!({"title": old.title, "start": old.start, "minutes": old.minutes, "assignee": old.assignee});
                    details["before"] = old;
                }
                (name_of_task(*action), details)
            }
            Event::Contact { action, contact, before, after, main } => {
                (name_of_contact(*action), json!({"contact": contact, "before": before, "after": after, "main": main}))
            }
            Event::Invited { invitation, kind, expires } => {
                ("invited", json!({"invitation": invitation, "type": kind, "expires": expires}))
            }
            Event::InvitationRevoked { invitation } => ("invitation_revoked", json!({"invitation": invitation})),
            Event::EventScheduled { event, title, kind, at } => {
                ("event_scheduled", json!({"event": event, "title": title, "type": kind, "at": at}))
            }
            Event::EventCompleted { event, title, note } => ("event_completed", json!({"event": event, "title": title, "note": note})),
            Event::EventNoShow { event, title, reason, note } => {
                ("event_no_show", json!({"event": event, "title": title, "reason": reason, "note": note}))
            }
            Event::EventGiven { event, title, from, to } => {
                ("event_given", json!({"event": event.as_str(), "title": title, "from": from, "to": to}))
            }
            Event::EventRescheduled { event, title, from, to } => {
                ("event_rescheduled", json!({"event": event, "title": title, "from": from, "to": to}))
            }
            Event::EventKept { event, title, why } => ("event_kept", json!({"event": event, "title": title, "why": why.name()})),
            Event::EventStayed { event, title, appointment, dealer } => {
                ("event_stayed", json!({"event": event, "title": title, "appointment": appointment, "dealer": dealer}))
            }
            Event::EventDeleted(cancelled) => ("event_deleted", details_of_cancelled(cancelled)),
            Event::EventChanged(changed) => (name_of_event(changed.action), details_of_changed(changed)),
            Event::ElementAdded { kind, element, title, text } => {
                ("element_added", json!({"kind": kind, "element": element, "title": title, "text": text}))
            }
            Event::MailReceived(mail) => {
                let MailEvent { element, title, from, known, automatic, failed, refused } = &**mail;
                let mut details = json!({"element": element, "title": title, "from": from, "from_known": known, "automatic": automatic});
                if !failed.is_empty() {
                    details["flags"] = json!(failed);
                }
                if !refused.is_empty() {
                    details["refused"] = json!(refused);
                }
                ("mail_received", details)
            }
            Event::DocumentAnnounced { element, title } => ("document_announced", json!({"element": element, "title": title})),
            Event::ElementChanged { kind, element, title, text, before } => (
                "element_changed",
                json!({"kind": kind, "element": element, "title": title, "text": text, "before": ContentView::of(before, Linked::default())}),
            ),
            Event::ElementRemoved { kind, element, title } => {
                ("element_removed", json!({"kind": kind, "element": element, "title": title}))
            }
            Event::Resubmission { event, title, level, due } => {
                ("resubmission", json!({"event": event, "title": title, "level": level, "due": due}))
            }
            Event::StatusChanged { from, to, note } => {
                let reason = |status: &Status| match status {
                    Status::Lost(reason) => Some(*reason),
                    Status::InProgress | Status::Won | Status::Unknown => None,
                };
                ("status_changed", json!({"from": from.name(), "to": to.name(), "reason": reason(to), "note": note}))
            }
            Event::LegalHold { action, hold, reason } => (name_of_hold(*action), json!({"hold": hold, "reason": reason.name()})),
            Event::Plan(change) => details_of_plan(change),
            Event::ContactErased { contacts } => ("contact_erased", json!({"contacts": contacts})),
            Event::MailReturned { kind, to, element, detail } => {
                ("mail_returned", json!({"kind": kind, "to": to, "element": element, "why": detail}))
            }
            Event::AddressStop(AddressStopped { action, kind, to, note }) => {
                (name_of_stop(*action), json!({"reason": kind.name(), "to": to, "note": note}))
            }
            Event::Consent(ConsentRecorded { channel, purpose, status, source, to, document, without_effect }) => {
                let mut details = json!({
                    "channel": channel.name(), "purpose": purpose.name(), "status": status.name(), "source": source.name(), "to": to,
                    "document": document,
                });
                if *without_effect {
                    details["without_effect"] = json!(true);
                }
                ("consent_recorded", details)
            }
            Event::Unknown => ("unknown", json!({})),
        };
        Self { what, details }
    }
}
