//! The items of a contact, as an access file shows them. Staff are not named (PRV-4).

use super::names;
use super::timeline;
use chrono::{DateTime, Utc};
use forecourt_domain::appointment::{
    Appointment, AppointmentChange, AppointmentState, Arrival, Attendance, CustomerConfirmation, PendingReports,
};
use forecourt_domain::base::{Actor, Cancellation, ContactChannel};
use forecourt_domain::calendar::{CalendarEvent, Ending, EventState, Invitation};
use forecourt_domain::elements::{Communication, Content, Element};
use forecourt_domain::follow_up::{FollowUp, PastContact};
use forecourt_domain::lead::{Entry, Task, TaskState};
use forecourt_domain::messages::{AddressState, Letter, LetterKind, LetterState, Message, MessageState};
use forecourt_domain::rules::privacy::OwnPart;
use forecourt_domain::webhooks::{Outgoing, Webhooks};
use forecourt_store::Disclosed;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The reason of something that is not in the file, because it is or may be about other contacts.
pub(super) const OTHERS: &str = "other_contacts";

/// What is needed to show the items of a lead.
pub(super) struct Shown<'a> {
    /// The contact's part of the lead.
    pub(super) part: &'a OwnPart,
    /// The group's webhooks, which receive events.
    pub(super) webhooks: &'a Webhooks,
    /// The versions of the timeline entries whose raw mail also has the data of others.
    pub(super) withheld: &'a BTreeSet<u64>,
}

impl Shown<'_> {
    /// Returns an item as an object of JSON. `None` if it is nothing of the contact.
    pub(super) fn item(&self, disclosed: &Disclosed) -> Option<Value> {
        Some(match disclosed {
            Disclosed::Entry(it) => {
                let raw = it.raw.as_ref().filter(|_| self.part.has_raw(it)).map(|raw| match self.withheld.contains(&it.version) {
                    false => json!(names::raw_file(it, raw)),
                    true => json!({"withheld": OTHERS}),
                });
                entry(&self.part.entry(it), raw.as_ref())
            }
            Disclosed::Message(it) => notice(it, self.part.is_shared()),
            Disclosed::Event(it) => calendar_event(&self.part.event(it)),
            Disclosed::Invitation(it) => invitation(&self.part.invitation(it)),
            Disclosed::Element(it) if self.part.has_element(it) => element(it),
            Disclosed::Element(it) => withheld(it.content.kind().name(), it.created),
            Disclosed::Task(it) => task(&self.part.task(it)),
            Disclosed::Letter(it) if self.part.has_letter(it) => letter(it),
            Disclosed::Letter(it) => withheld("letter", it.queued),
            Disclosed::PendingReports(it) => pending_reports(it),
            Disclosed::Outgoing(it) => webhook_event(it, self.webhooks),
            Disclosed::Unreadable => json!({"kind": "unreadable"}),
            // These are not items of a lead or an appointment.
            Disclosed::Channel(_) | Disclosed::AddressState(_) => return None,
        })
    }
}

/// Returns an actor without the name of a member of staff.
pub(super) fn by(actor: &Actor) -> String {
    match actor {
        Actor::User(_) => "employee".into(),
        Actor::Partner(partner) => format!("partner {partner}"),
        Actor::Customer => "customer".into(),
        Actor::System => "system".into(),
        Actor::Unknown => "unknown".into(),
    }
}

/// Removes the fields without a value.
pub(super) fn lean(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, lean(value)));
            let is_empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            Value::Object(fields.filter(|(_, value)| !is_empty(value)).collect::<Map<_, _>>())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(lean).collect()),
        other => other,
    }
}

fn of_kind(kind: &str, at: DateTime<Utc>, fields: Value) -> Value {
    let mut item = lean(fields);
    (item["kind"], item["at"]) = (json!(kind), json!(at));
    item
}

/// Returns an item of which only kind and time are given, because nobody can tell whether it is about another contact of the lead.
fn withheld(kind: &str, at: DateTime<Utc>) -> Value {
    of_kind(kind, at, json!({"withheld": OTHERS}))
}

fn entry(entry: &Entry, raw: Option<&Value>) -> Value {
    let events: Vec<Value> = entry.events.iter().map(timeline::event).collect();
    of_kind("timeline", entry.at, json!({"by": by(&entry.by), "events": events, "received_as": raw}))
}

/// Returns a notice to staff about the lead. Its reader is not named.
fn notice(message: &Message, is_shared: bool) -> Value {
    let notice = serde_json::to_value(&message.notice).unwrap_or_default();
    let text = |name: &str| notice.get(name).and_then(Value::as_str).filter(|_| !is_shared);
    let sent_at = if let MessageState::Sent { at, .. } = message.state { Some(at) } else { None };
    let fields = json!({"about": notice.get("about"), "title": text("title"), "note": text("note"), "address": text("address")});
    let fields = json!({"notice": fields, "state": message.state.name(), "sent_at": sent_at});
    of_kind("notice_to_employee", message.queued, fields)
}

fn ending(ended: Option<&Ending>) -> Option<Value> {
    ended.map(|ended| json!({"at": ended.at, "by": by(&ended.by), "reason": ended.reason, "side": ended.side, "note": ended.note}))
}

fn calendar_event(event: &CalendarEvent) -> Value {
    let ended = match &event.state {
        EventState::Incomplete => None,
        EventState::Completed(ended) | EventState::NoShow(ended) | EventState::Deleted(ended) => Some(ended),
    };
    let earlier: Vec<_> = event.rescheduled.iter().map(|moved| moved.from).collect();
    let fields = json!({
        "id": event.id, "title": event.title, "type": event.kind, "takes_place": event.at, "notes": event.notes, "by": by(&event.by),
        "state": event.state.name(), "ended": ending(ended), "earlier_times": earlier,
        "appointment": event.is_appointment().then(|| event.appointment_id()),
    });
    of_kind("calendar_event", event.created, fields)
}

fn invitation(invitation: &Invitation) -> Value {
    let fields = json!({
        "id": invitation.id, "type": invitation.kind, "title": invitation.title, "expires": invitation.expires,
        "booked_event": invitation.event, "bookings": invitation.bookings, "revoked_at": invitation.revoked,
    });
    of_kind("invitation", invitation.created, fields)
}

fn task(task: &Task) -> Value {
    let ended = match &task.state {
        TaskState::Open => None,
        TaskState::Done(ended) | TaskState::Deleted(ended) => Some(ended),
    };
    let fields = json!({
        "id": task.work.id, "title": task.work.title, "start": task.work.start, "minutes": task.work.minutes, "by": by(&task.by),
        "state": task.state.name(), "ended": ending(ended),
    });
    of_kind("task", task.created, fields)
}

fn element(element: &Element) -> Value {
    let mut fields = content(&element.content);
    if let Content::Document(document) = &element.content
        && document.uploaded.is_some()
        && element.removed.is_none()
    {
        fields["file"] = json!(names::document_file(element, document));
    }
    (fields["id"], fields["by"]) = (json!(element.id), json!(by(&element.by)));
    if element.changed != element.created {
        fields["changed_at"] = json!(element.changed);
    }
    if let Some(removed) = &element.removed {
        fields["removed_at"] = json!(removed.at);
    }
    of_kind(element.content.kind().name(), element.created, fields)
}

/// Returns the content of an element.
pub(super) fn content(content: &Content) -> Value {
    let fields = match content {
        Content::TradeIn(it) => {
            json!({"vehicle": it.vehicle, "asked": it.asked, "offered": it.offered, "notes": it.notes, "from_enquiry": it.enquired})
        }
        Content::Quote(it) => json!(it),
        Content::TestDrive(it) => json!({"vehicle": it.vehicle, "calendar_event": it.event}),
        Content::Comment(it) => json!({"text": it.text}),
        Content::Document(it) => {
            json!({"title": it.title, "content_type": it.content_type, "bytes": it.bytes, "uploaded_at": it.uploaded})
        }
        Content::Communication(it) => communication(it),
    };
    lean(fields)
}

fn communication(communication: &Communication) -> Value {
    match communication {
        Communication::Email { subject, received: Some(mail), .. } => {
            let refused: Vec<&str> = mail.refused.iter().map(|file| file.name.as_str()).collect();
            json!({
                "medium": "email", "direction": "received", "subject": subject, "from": mail.from, "from_name": mail.name,
                "automatic": mail.automatic, "text": mail.text, "message_id": mail.message_id, "received_at": mail.at,
                "failed_checks": mail.failed, "documents": mail.documents, "attachments_not_kept": refused, "notes": mail.notes,
            })
        }
        Communication::Email { subject, quote, answers, documents, expose, .. } => {
            let quote = quote.as_ref().map(|(quote, _)| quote);
            json!({"medium": "email", "direction": "sent", "subject": subject, "quote": quote, "answers": answers, "documents": documents,
                "vehicle_sheet": expose})
        }
        Communication::Sms { received: Some(text), .. } => json!({
            "medium": "sms", "direction": "received", "from": text.from, "text": text.text, "message_id": text.message_id,
            "received_at": text.at,
        }),
        Communication::Sms { begins, .. } => json!({"medium": "sms", "direction": "sent", "begins": begins}),
        Communication::Call { reached, note } => json!({"medium": "call", "reached": reached, "note": note}),
    }
}

/// Returns a letter with its text and its delivery state.
pub(super) fn letter(letter: &Letter) -> Value {
    let (sent_at, why) = match &letter.state {
        LetterState::Sent { at, .. } => (Some(*at), None),
        LetterState::Suppressed { why, .. } => (None, Some(why.name().to_owned())),
        LetterState::Failed { why, .. } => (None, Some(why.clone())),
        LetterState::Queued { .. } | LetterState::Sending { .. } | LetterState::Unclear { .. } => (None, None),
    };
    let text = match &letter.kind {
        LetterKind::Text { subject, text, enclosed, documents, sheet } => {
            let quote = enclosed.as_ref().map(|enclosed| &enclosed.quote);
            json!({"subject": subject, "text": text, "quote": quote, "documents": documents, "vehicle_sheet": sheet})
        }
        LetterKind::Confirmation | LetterKind::Moved | LetterKind::Cancelled | LetterKind::Reminder => Value::Null,
    };
    let report = letter.report.as_ref().map(|report| json!({"kind": report.kind, "at": report.at, "detail": report.detail}));
    let fields = json!({
        "about": letter.kind.name(), "medium": letter.medium.name(), "to": letter.to, "language": letter.language,
        "automatic": letter.instant, "purpose": letter.purpose, "content": text, "state": letter.state.name(), "sent_at": sent_at, "reason": why, "report": report,
    });
    of_kind("letter", letter.queued, fields)
}

fn pending_reports(pending: &PendingReports) -> Value {
    let report = |what: &AppointmentChange| match what {
        AppointmentChange::Moved { to } => json!({"moved_to": to}),
        AppointmentChange::Cancelled { why } => json!({"cancelled": why}),
        AppointmentChange::Attended { is, reason } => json!({"attendance": is.name(), "reason": reason}),
    };
    let reports: Vec<Value> = pending.reports.iter().map(|it| json!({"as_of": it.as_of, "report": report(&it.what)})).collect();
    of_kind("reports_of_partner", pending.came, json!({"partner": pending.partner, "reports": reports}))
}

/// Returns an event that was sent to other systems. It had ids only.
fn webhook_event(outgoing: &Outgoing, webhooks: &Webhooks) -> Value {
    let url = |id| webhooks.webhooks.iter().find(|webhook| webhook.id == id).map(|webhook| webhook.url.as_str());
    let host = |url: &str| url.split('/').nth(2).unwrap_or(url).to_owned();
    let sent = outgoing.deliveries.iter().map(|delivery| {
        let last = delivery.last.as_ref().map(|last| last.at);
        json!({"receiver": url(delivery.webhook.clone()).map(host), "attempts": delivery.attempts, "last_attempt_at": last})
    });
    of_kind("webhook_event", outgoing.at, json!({"event": outgoing.event.name(), "sent_to": sent.collect::<Vec<_>>()}))
}

fn attendance(attendance: &Attendance) -> Value {
    json!({"is": attendance.is.name(), "as_of": attendance.as_of, "by": attendance.by.as_ref().map(by), "reason": attendance.reason})
}

fn cancellation(at: DateTime<Utc>, actor: &Actor, why: &Cancellation) -> Value {
    json!({"at": at, "by": by(actor), "reason": why.reason, "side": why.side, "note": why.note})
}

/// Returns a follow-up: the contact, the vehicle, and each contact with its outcome.
pub(super) fn follow_up(follow_up: &FollowUp) -> Value {
    let it = follow_up;
    let history: Vec<Value> = it
        .history
        .iter()
        .map(|visit| json!({"date": visit.date, "work": visit.work, "mileage": visit.mileage, "price": visit.price}))
        .collect();
    let contact = |past: &PastContact| {
        let method = past.method.map(ContactChannel::name);
        json!({"at": past.at, "by": by(&past.by), "method": method, "outcome": past.outcome, "reason": past.reason, "call_back_at": past.call_back})
    };
    let contacts: Vec<Value> = it.contacts.iter().map(contact).collect();
    let notes: Vec<Value> = it.notes.iter().map(|note| json!({"at": note.at, "by": by(&note.by), "text": note.text})).collect();
    lean(json!({
        "id": it.id, "dealer": it.dealer, "external_id": it.external_id, "created_at": it.created, "contact": it.contact,
        "vehicle": it.vehicle, "type": it.job, "due": it.due, "status": it.chain.status(it.updated), "history": history,
        "contacts": contacts, "notes": notes,
    }))
}

/// Returns an appointment with the items beside it.
pub(super) fn appointment(appointment: &Appointment, items: &[Value]) -> Value {
    let (state, cancelled) = match &appointment.state {
        AppointmentState::Booked => ("booked", None),
        AppointmentState::Cancelled { at, by, why } => ("cancelled", Some((at, by, why))),
        AppointmentState::Unknown => ("unknown", None),
    };
    let (cancelled_at, cancelled) = (cancelled.map(|(at, ..)| at), cancelled.map(|(at, by, why)| cancellation(*at, by, why)));
    let undone = appointment.undone.iter().map(|it| json!({"was": cancellation(it.at, &it.by, &it.why), "reinstated_at": it.again_at}));
    let undone: Vec<Value> = undone.collect();
    let moved: Vec<Value> = appointment.moved.iter().map(|it| json!({"from": it.from, "at": it.at, "by": by(&it.by)})).collect();
    let marked: Vec<Value> = appointment.marked.iter().map(attendance).collect();
    let confirmation = |it: &CustomerConfirmation| json!({"at": it.at, "way": it.way.name(), "by": by(&it.by)});
    let confirmed: Vec<Value> = appointment.past_confirmations.iter().map(|it| confirmation(&it.confirmation)).collect();
    let declines: Vec<Value> = appointment.declines.iter().map(|it| json!({"at": it.at, "by": by(&it.by)})).collect();
    let arrival = |it: &Arrival| json!({"at": it.at, "by": by(&it.by)});
    let arrivals: Vec<Value> = appointment.past_arrivals.iter().map(|it| arrival(&it.arrival)).collect();
    let notified: Vec<&str> = appointment.notified.iter().chain(&appointment.reminding).map(|known| known.to.as_str()).collect();
    let left: Vec<Value> = appointment.left.iter().map(|it| json!({"dealer": it.dealer, "at": it.at})).collect();
    let former: Vec<Value> = appointment.former_leads.iter().map(|it| json!({"lead": it.lead.spoken(), "at": it.at})).collect();
    let fields = json!({
        "id": appointment.id, "dealer": appointment.dealer, "lead": appointment.lead.map(|lead| lead.spoken()),
        "customer": appointment.customer, "takes_place": appointment.at, "type": appointment.kind.name(),
        "origin": appointment.origin.name(), "by": by(&appointment.by), "state": state, "cancelled_at": cancelled_at,
        "cancellation": cancelled, "earlier_cancellations": undone,
        "attendance": attendance(&appointment.attendance), "earlier_attendance": marked, "notes": appointment.notes,
        "confirmed_by_customer": appointment.customer_confirmed.as_ref().map(confirmation), "earlier_confirmations": confirmed, "declined": declines,
        "arrived": appointment.arrived.as_ref().map(arrival), "earlier_arrivals": arrivals, "follows": appointment.follows,
        "email": appointment.reached.email, "phone": appointment.reached.phone, "language": appointment.reached.language,
        "notified_at": notified, "earlier_times": moved, "earlier_dealers": left, "earlier_leads": former,
        "partner": appointment.external.as_ref().map(|external| json!({"partner": external.partner, "id": external.id})),
        "items": items,
    });
    of_kind("appointment", appointment.created, fields)
}

/// Returns the stops of messages to an address, and the customer's declarations about messages with their proof (PRV-6).
pub(super) fn address(state: &AddressState) -> Value {
    let stops: Vec<Value> = state
        .stops
        .iter()
        .map(|stop| json!({"reason": stop.kind.name(), "dealer": stop.dealer, "at": stop.at, "by": by(&stop.by), "detail": stop.detail}))
        .collect();
    let lifted = state.lifted.iter().map(|it| json!({"reason": it.kind.name(), "dealer": it.dealer, "at": it.at, "by": by(&it.by)}));
    let consents = state.consents.iter().map(|it| {
        json!({
            "channel": it.channel, "purpose": it.purpose, "declaration": it.status, "at": it.at, "source": it.source, "text": it.text,
            "text_hash": it.text_hash, "by": by(&it.by), "lead": it.lead.map(|lead| lead.spoken()), "document": it.document,
        })
    });
    lean(json!({"stops": stops, "lifted": lifted.collect::<Vec<_>>(), "consents": consents.collect::<Vec<_>>()}))
}
