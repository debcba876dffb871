//! Leads as clients see them. The shapes of the API; stored shapes may change without them.

use crate::contacts::LeadContactView;
use crate::cursor;
use crate::elements::{Beside, CountsView, SaysView};
use crate::header::{HeaderView, NextActionView};
use crate::told;
use chrono::{DateTime, Utc};
use forecourt_domain::deadline::StepKind;
use forecourt_domain::ids::LeadId;
use forecourt_domain::lead::{Lead, LostReason, Reaction, Status};
use forecourt_domain::message::{Fate, Message, Notice};
use forecourt_domain::timeline::{Entry, Event};
use forecourt_store::LeadPage;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A lead (LEAD-1).
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadView {
    /// Its id: the number without dashes.
    #[schema(example = "4829130576")]
    pub id: String,
    /// As people say it.
    #[schema(example = "482-913-0576")]
    pub number: String,
    /// Whose it is.
    pub dealer: String,
    /// `in_progress`, `won` or `lost`.
    pub status: &'static str,
    /// Why it was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub lost_reason: Option<LostReason>,
    /// Who works it; `null` for the moment before it is distributed.
    pub owner: Option<String>,
    /// Counts its owners.
    pub assignment: u32,
    /// `new_car`, `used_car` …
    #[serde(rename = "type")]
    pub lead_type: &'static str,
    /// Where the customer asked.
    pub source: String,
    /// What to call the contact.
    pub contact: String,
    /// The vehicle, in a line.
    pub vehicle: String,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// When anything last happened to it.
    pub updated_at: DateTime<Utc>,
    /// The first-contact deadline (LEAD-6); `null`: the dealer has set none.
    pub deadline: Option<DeadlineView>,
    /// What stopped the response clock (ESC-7).
    pub reaction: Option<ReactionView>,
    /// How many elements of each kind it has.
    pub counts: CountsView,
    /// What the header of its page shows besides.
    #[serde(flatten)]
    pub header: HeaderView,
    /// Its version, as in the ETag.
    pub version: u64,
}

/// A lead's first-contact deadline and how it escalates.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadlineView {
    /// When it is due; `null` where only later steps are left.
    pub due: Option<DateTime<Utc>>,
    /// Seconds until then, negative after it; `null` once the clock is stopped.
    pub seconds_left: Option<i64>,
    /// 0, 1 or 2.
    pub level: u8,
    /// The steps in order.
    pub steps: Vec<StepView>,
}

/// A step of the escalation.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepView {
    /// `reminder`, `level_1` or `level_2`.
    #[schema(value_type = String)]
    pub step: StepKind,
    /// When it is due.
    pub due: DateTime<Utc>,
    /// When it happens: later than due where that is on a day off (ESC-5).
    pub happens_at: DateTime<Utc>,
    /// When it did.
    pub happened_at: Option<DateTime<Utc>>,
}

/// What stopped the response clock.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReactionView {
    /// `reply`, `call_reached`, `contact_made`, `won` or `lost`.
    #[schema(value_type = String)]
    pub kind: forecourt_domain::lead::ReactionKind,
    /// When.
    pub at: DateTime<Utc>,
    /// Response time in seconds of the dealer's opening hours.
    pub working_seconds: i64,
    /// Response time in seconds of the clock.
    pub clock_seconds: i64,
}

/// A lead with the enquiry, its timeline and the notices about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadPageView {
    /// The lead.
    #[serde(flatten)]
    pub lead: LeadView,
    /// The enquiry as understood, in its latest state.
    #[schema(value_type = Object)]
    pub enquiry: Option<Value>,
    /// Its contacts as people corrected them, the main one first (LEAD-7).
    pub contacts: Vec<LeadContactView>,
    /// The calendar event that `next_action` names; `null` where none is incomplete (CAL-3).
    pub next_action_event: Option<NextActionView>,
    /// What happened lately, oldest first: the fifty latest entries.
    pub timeline: Vec<EntryView>,
    /// Whether there are earlier entries.
    pub timeline_truncated: bool,
    /// Asks `GET /leads/{id}/timeline` for the earlier ones; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline_cursor: Option<String>,
    /// Who was told what, and what became of it (MSG-1).
    pub messages: Vec<MessageView>,
}

/// A page of a lead's timeline.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineView {
    /// What happened, newest first.
    pub timeline: Vec<EntryView>,
    /// Asks for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// What happened at once.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryView {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom: `user:…`, `partner:…` or `system`.
    pub by: String,
    /// What, in order.
    pub events: Vec<EventView>,
}

/// One thing that happened; the fields besides `what` are its own.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// `received`, `assigned`, `moved`, `step`, `reacted`, `call_missed`, `status_changed`, `deadline_moved`, `resent`, `added`, `contact_clash`, or
    /// `element_added`, `document_announced`, `element_changed`, `element_removed` with the `kind` and the `element` (LEAD-2), `deadline_added` …
    pub what: &'static str,
    /// What else there is to say of it.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub facts: Value,
}

/// A notice.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageView {
    /// `assigned`, `added`, `reminder`, `level_1` or `level_2`.
    pub about: String,
    /// `queued`, `sending`, `sent`, `dropped` or `failed`.
    pub fate: &'static str,
    /// To whom it went.
    pub to: Option<String>,
    /// When it was queued.
    pub queued_at: DateTime<Utc>,
    /// When it goes out, or its fate was settled.
    pub at: DateTime<Utc>,
    /// Why it was dropped or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl LeadView {
    pub(crate) fn of(lead: &Lead, now: DateTime<Utc>) -> Self {
        Self {
            id: lead.id.to_string(),
            number: lead.id.spoken(),
            dealer: lead.dealer.to_string(),
            status: lead.status.name(),
            lost_reason: match lead.status {
                Status::Lost(reason) => Some(reason),
                Status::InProgress | Status::Won => None,
            },
            owner: lead.owner.as_ref().map(ToString::to_string),
            assignment: lead.assignment,
            lead_type: lead.lead_type.name(),
            source: lead.source.clone(),
            contact: lead.contact.clone(),
            vehicle: lead.vehicle.clone(),
            received_at: lead.arrived,
            updated_at: lead.updated,
            deadline: DeadlineView::of(lead, now),
            reaction: lead.reaction.as_ref().map(ReactionView::of),
            counts: CountsView::of(lead.counts),
            header: HeaderView::of(lead, now),
            version: lead.version,
        }
    }
}

impl DeadlineView {
    fn of(lead: &Lead, now: DateTime<Utc>) -> Option<Self> {
        let plan = lead.plan.as_ref()?;
        let due = plan.deadline();
        let steps = plan.steps().iter().map(|s| StepView { step: s.kind, due: s.due, happens_at: s.at, happened_at: s.fired });
        let seconds_left = due.filter(|_| lead.clock_runs()).map(|due| (due - now).num_seconds());
        Some(Self { due, seconds_left, level: plan.level(), steps: steps.collect() })
    }
}

impl ReactionView {
    fn of(reaction: &Reaction) -> Self {
        let Reaction { kind, at, working_seconds, clock_seconds, .. } = *reaction;
        Self { kind, at, working_seconds, clock_seconds }
    }
}

impl LeadPageView {
    pub(crate) fn of(page: &LeadPage, now: DateTime<Utc>) -> Self {
        Self {
            lead: LeadView::of(&page.lead, now),
            enquiry: page.enquiry.as_ref().map(|enquiry| json!(enquiry)),
            contacts: LeadContactView::all(&page.lead, page.enquiry.as_ref()),
            next_action_event: page.next.as_ref().map(|event| NextActionView::of(event, &page.lead)),
            timeline: page.timeline.iter().map(EntryView::of).collect(),
            timeline_truncated: page.older.is_some(),
            timeline_cursor: page.older.map(|version| cursor::after(page.lead.id, version)),
            messages: page.messages.iter().map(MessageView::of).collect(),
        }
    }
}

impl TimelineView {
    /// The first `limit` of `entries`, which are one more where there is a next page.
    pub(crate) fn of(lead: LeadId, entries: &[Entry], limit: usize) -> Self {
        let shown = &entries[..limit.min(entries.len())];
        let cursor = shown.last().filter(|_| entries.len() > limit).map(|last| cursor::after(lead, last.version));
        Self { timeline: shown.iter().map(EntryView::of).collect(), cursor }
    }
}

impl EntryView {
    fn of(entry: &Entry) -> Self {
        Self { at: entry.at, by: entry.by.to_string(), events: entry.events.iter().map(EventView::of).collect() }
    }
}

impl EventView {
    fn of(event: &Event) -> Self {
        let (what, facts) = match event {
            Event::Received { enquiry } => {
                ("received", json!({"source": enquiry.source, "external_id": enquiry.external_id, "flags": enquiry.flags}))
            }
            Event::Resent { enquiry } => {
                ("resent", json!({"source": enquiry.source, "external_id": enquiry.external_id, "flags": enquiry.flags}))
            }
            Event::Sited { mailbox } => ("sited", json!({"came_in_at": mailbox})),
            Event::Added { enquiry } => ("added", json!({"enquiry": enquiry})),
            Event::ContactClash => ("contact_clash", json!({})),
            Event::Assigned { from, to, why } => ("assigned", json!({"from": from, "to": to, "why": why})),
            Event::Moved { from, to, note } => ("moved", json!({"from": from, "to": to, "note": note})),
            Event::Step { step, due } => ("step", json!({"step": step, "due": due})),
            Event::DeadlineMoved { deadline } => ("deadline_moved", json!({"deadline": deadline})),
            Event::Reacted { kind, first, note } => ("reacted", json!({"kind": kind, "first": first, "note": note})),
            Event::CallMissed { note } => ("call_missed", json!({"note": note})),
            Event::NoContact { note } => ("no_contact", json!({"note": note})),
            Event::FirstContactMoved { from, to } => ("first_contact_moved", json!({"from": from, "to": to})),
            Event::Deadline { did, deadline, title, at, from, note } => {
                let facts = json!({"deadline": deadline, "title": title, "at": at, "from": from, "note": note});
                (told::of_deadline(*did), facts)
            }
            Event::Task { did, task, title, start, minutes, assignee, note } => {
                let facts = json!({"task": task, "title": title, "start": start, "minutes": minutes, "assignee": assignee, "note": note});
                (told::of_task(*did), facts)
            }
            Event::Contact { did, contact, before, after, main } => {
                (told::of_contact(*did), json!({"contact": contact, "before": before, "after": after, "main": main}))
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
            Event::EventDeleted { event, title } => ("event_deleted", json!({"event": event, "title": title})),
            Event::ElementAdded { kind, element, title, text } => {
                ("element_added", json!({"kind": kind, "element": element, "title": title, "text": text}))
            }
            Event::DocumentAnnounced { element, title } => ("document_announced", json!({"element": element, "title": title})),
            Event::ElementChanged { kind, element, title, text, before } => (
                "element_changed",
                json!({"kind": kind, "element": element, "title": title, "text": text, "before": SaysView::of(before, Beside::default())}),
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
                    Status::InProgress | Status::Won => None,
                };
                ("status_changed", json!({"from": from.name(), "to": to.name(), "reason": reason(to), "note": note}))
            }
        };
        Self { what, facts }
    }
}

impl MessageView {
    fn of(message: &Message) -> Self {
        let about = match &message.notice {
            Notice::Assigned { .. } => json!("assigned"),
            Notice::Pooled { .. } => json!("pooled"),
            Notice::Added => json!("added"),
            Notice::Booking { what, .. } => json!(what.name()),
            Notice::TradeIn { .. } => json!("trade_in"),
            Notice::Resubmission { level, .. } => json!(if *level == 1 { "resubmission" } else { "resubmission_level_2" }),
            Notice::Step { step, .. } => json!(step),
        };
        let (fate, to, at, why) = match &message.fate {
            Fate::Queued { due, .. } => ("queued", None, *due, None),
            Fate::Sending { until, .. } => ("sending", None, *until, None),
            Fate::Sent { at, to, .. } => ("sent", Some(to.to_string()), *at, None),
            Fate::Dropped { at, why } => ("dropped", None, *at, Some(json!(why).as_str().unwrap_or_default().to_owned())),
            Fate::Failed { at, why } => ("failed", None, *at, Some(why.clone())),
        };
        Self { about: about.as_str().unwrap_or_default().to_owned(), fate, to, queued_at: message.queued, at, why }
    }
}
