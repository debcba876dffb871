//! The names of timeline events in the API, and the details of those that several changes share.

use forecourt_domain::base::CancellationSide;
use forecourt_domain::lead::{CancelledEvent, ChangedEvent, EventTexts, TimelineAction};
use serde_json::{Value, json};

/// Returns the details of a cancelled event: why it was cancelled, as far as somebody stated it (APT-11).
pub(super) fn details_of_cancelled(cancelled: &CancelledEvent) -> Value {
    let CancelledEvent { event, title, why } = cancelled;
    let mut details = json!({"event": event, "title": title});
    let stated = [("reason", why.reason.as_deref()), ("side", why.side.map(CancellationSide::name)), ("note", why.note.as_deref())];
    for (name, value) in stated {
        if let Some(value) = value {
            details[name] = json!(value);
        }
    }
    details
}

/// Returns the details of a corrected or reopened event (CAL-9).
pub(super) fn details_of_changed(changed: &ChangedEvent) -> Value {
    let ChangedEvent { event, title, before, was, .. } = changed;
    match before {
        Some(EventTexts { title: old, kind, notes }) => {
            json!({"event": event, "title": title, "before": {"title": old, "type": kind, "notes": notes}})
        }
        None => json!({"event": event, "title": title, "from": was}),
    }
}

/// Returns the event name of a change of a calendar event (CAL-9).
pub(super) fn name_of_event(action: TimelineAction) -> &'static str {
    if action == TimelineAction::Reopened { "event_reopened" } else { "event_corrected" }
}

/// Returns the event name of a legal hold that was placed or lifted (PRV-5).
pub(super) fn name_of_hold(action: TimelineAction) -> &'static str {
    match action {
        TimelineAction::Deleted => "legal_hold_lifted",
        TimelineAction::Added | TimelineAction::Changed | TimelineAction::Reopened | TimelineAction::Completed => "legal_hold_placed",
    }
}

/// Returns the event name of a change of a further deadline (LEAD-6).
pub(super) fn name_of_deadline(action: TimelineAction) -> &'static str {
    match action {
        TimelineAction::Added => "deadline_added",
        TimelineAction::Changed | TimelineAction::Reopened => "deadline_changed",
        TimelineAction::Completed => "deadline_met",
        TimelineAction::Deleted => "deadline_deleted",
    }
}

/// Returns the event name of a requested move of the first-contact deadline (ESC-12).
pub(super) fn name_of_request(action: TimelineAction) -> &'static str {
    match action {
        TimelineAction::Added | TimelineAction::Changed | TimelineAction::Reopened => "deadline_requested",
        TimelineAction::Completed => "deadline_granted",
        TimelineAction::Deleted => "deadline_request_dropped",
    }
}

/// Returns the event name of a change of a task (LEAD-4).
pub(super) fn name_of_task(action: TimelineAction) -> &'static str {
    match action {
        TimelineAction::Added => "task_added",
        TimelineAction::Changed => "task_changed",
        TimelineAction::Completed => "task_completed",
        TimelineAction::Reopened => "task_reopened",
        TimelineAction::Deleted => "task_deleted",
    }
}

/// Returns the event name of a stop of messages to an address, or of its end (MSG-1).
pub(super) fn name_of_stop(action: TimelineAction) -> &'static str {
    match action {
        TimelineAction::Added | TimelineAction::Changed | TimelineAction::Reopened => "address_stopped",
        TimelineAction::Completed | TimelineAction::Deleted => "address_released",
    }
}

/// Returns the event name of a change of a contact (LEAD-7).
pub(super) fn name_of_contact(action: TimelineAction) -> &'static str {
    match action {
        TimelineAction::Added => "contact_added",
        TimelineAction::Changed | TimelineAction::Completed | TimelineAction::Reopened => "contact_changed",
        TimelineAction::Deleted => "contact_removed",
    }
}
