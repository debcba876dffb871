//! The events of a timeline, as an access file shows them. Staff are not named (PRV-4).

use super::items::lean;
use forecourt_domain::base::Status;
use forecourt_domain::lead::{Event, TimelineAction};
use serde_json::{Value, json};

/// Returns an event with its name and fields.
pub(super) fn event(event: &Event) -> Value {
    let (what, fields) = match event {
        Event::Received { enquiry } => ("enquiry_received", json!({"enquiry": enquiry})),
        Event::Resent { enquiry } => ("enquiry_sent_again", json!({"enquiry": enquiry})),
        Event::Added { enquiry } => ("further_enquiry", json!({"enquiry": enquiry})),
        Event::Sited { mailbox } => ("arrived_at_dealer", json!({"dealer": mailbox})),
        Event::UnknownSite { site } => ("unknown_site", json!({"site": site})),
        Event::ContactClash { channel } => ("channel_of_another_contact", json!({"channel": channel})),
        Event::Assigned { why, .. } => ("assigned_to_employee", json!({"rule": why.rule, "note": why.note})),
        Event::Moved { from, to, note } => ("transferred", json!({"from_dealer": from, "to_dealer": to, "note": note})),
        Event::Step { step, due } => ("reminder_to_staff", json!({"step": step, "due": due})),
        Event::DeadlineMoved { from, deadline } => ("deadline_moved", json!({"from": from, "to": deadline})),
        Event::Reacted { kind, inbound, note, .. } => ("answered", json!({"how": kind, "by_customer": inbound, "note": note})),
        Event::CallMissed { note } => ("call_not_answered", json!({"note": note})),
        Event::NoContact { note } => ("no_contact", json!({"note": note})),
        Event::InvitationRevoked { invitation } => ("invitation_revoked", json!({"invitation": invitation})),
        Event::FirstContactMoved { from, to, .. } => ("first_contact_moved", json!({"from": from, "to": to})),
        Event::DeadlineRequest { action, at } => ("deadline_request", json!({"did": did(*action), "deadline": at})),
        Event::Deadline { action, title, at, from, note, .. } => {
            ("deadline", json!({"did": did(*action), "title": title, "deadline": at, "before": from, "note": note}))
        }
        Event::Task { action, task, title, start, minutes, before, note, .. } => {
            let before = before.as_ref().map(|old| json!({"title": old.title, "start": old.start, "minutes": old.minutes}));
            let task = json!({"did": did(*action), "task": task, "title": title, "start": start, "minutes": minutes});
            ("task", json!({"task": task, "before": before, "note": note}))
        }
        Event::Contact { action, contact, before, after, .. } => {
            ("contact_data", json!({"did": did(*action), "contact": contact, "before": before, "after": after}))
        }
        Event::ContactErased { contacts } => ("contact_erased", json!({"contacts": contacts})),
        Event::Invited { invitation, kind, expires } => ("invited", json!({"invitation": invitation, "type": kind, "expires": expires})),
        Event::EventScheduled { event, title, kind, at } => {
            ("event_planned", json!({"event": event, "title": title, "type": kind, "takes_place": at}))
        }
        Event::EventCompleted { event, title, note } => ("event_completed", json!({"event": event, "title": title, "note": note})),
        Event::EventNoShow { event, title, reason, note } => {
            ("event_no_show", json!({"event": event, "title": title, "reason": reason, "note": note}))
        }
        Event::EventRescheduled { event, title, from, to } => {
            ("event_rescheduled", json!({"event": event, "title": title, "from": from, "to": to}))
        }
        Event::EventGiven { event, title, .. } => ("event_given_to_another_employee", json!({"event": event, "title": title})),
        Event::EventKept { event, title, why } => ("event_kept", json!({"event": event, "title": title, "despite": why.name()})),
        Event::EventStayed { event, title, dealer, .. } => {
            ("appointment_stayed_at_dealer", json!({"event": event, "title": title, "dealer": dealer}))
        }
        Event::EventDeleted(cancelled) => {
            ("event_cancelled", json!({"event": cancelled.event, "title": cancelled.title, "why": cancelled.why}))
        }
        Event::EventChanged(changed) => {
            let fields = json!({
                "did": did(changed.action), "event": changed.event, "title": changed.title, "before": changed.before, "was": changed.was,
            });
            ("event_changed", fields)
        }
        Event::ElementAdded { kind, element, title, text } => {
            ("added", json!({"kind": kind.name(), "id": element, "title": title, "text": text}))
        }
        Event::MailReceived(mail) => {
            let refused: Vec<Value> = mail.refused.iter().map(|file| json!({"name": file.name, "why": file.why})).collect();
            let fields = json!({
                "id": mail.element, "subject": mail.title, "from": mail.from, "automatic": mail.automatic, "failed_checks": mail.failed,
            });
            ("mail_received", json!({"mail": fields, "attachments_not_kept": refused}))
        }
        Event::DocumentAnnounced { element, title } => ("document_announced", json!({"id": element, "title": title})),
        Event::ElementChanged { kind, element, title, text, before } => {
            let before = super::items::content(before);
            ("changed", json!({"kind": kind.name(), "id": element, "title": title, "text": text, "before": before}))
        }
        Event::ElementRemoved { kind, element, title } => ("removed", json!({"kind": kind.name(), "id": element, "title": title})),
        Event::Resubmission { event, title, due, .. } => ("event_overdue", json!({"event": event, "title": title, "due": due})),
        Event::MailReturned { kind, to, detail, .. } => ("mail_returned", json!({"report": kind, "to": to, "detail": detail})),
        Event::AddressStop(stop) => {
            let fields = json!({"did": did(stop.action), "reason": stop.kind.name(), "address": address(&stop.to), "note": stop.note});
            ("address_stop", fields)
        }
        Event::Consent(consent) => {
            let fields = json!({
                "channel": consent.channel, "purpose": consent.purpose, "declaration": consent.status, "source": consent.source,
                "address": address(&consent.to), "document": consent.document,
            });
            ("consent", fields)
        }
        Event::StatusChanged { from, to, note } => {
            let reason = if let Status::Lost(reason) = to { Some(*reason) } else { None };
            ("status_changed", json!({"from": from.name(), "to": to.name(), "reason": reason, "note": note}))
        }
        Event::LegalHold { action, reason, .. } => ("legal_hold", json!({"did": did(*action), "reason": reason})),
        Event::Plan(change) => {
            ("follow_up_plan", json!({"did": change.action, "plan": change.name, "title": change.title, "why": change.why}))
        }
        Event::Unknown => ("unknown", json!({})),
    };
    let mut shown = lean(fields);
    shown["what"] = json!(what);
    shown
}

/// Returns the address of an event. The link of a mail does not name it.
fn address(to: &str) -> Option<&str> {
    Some(to).filter(|to| !to.is_empty())
}

fn did(action: TimelineAction) -> &'static str {
    match action {
        TimelineAction::Added => "added",
        TimelineAction::Changed => "changed",
        TimelineAction::Completed => "completed",
        TimelineAction::Reopened => "reopened",
        TimelineAction::Deleted => "deleted",
    }
}
