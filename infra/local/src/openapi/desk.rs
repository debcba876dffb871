//! What the page of a lead keeps besides: its timeline, deadlines, tasks and contacts.

use super::{add, reference};
use forecourt_edge::routes::Desk;
use forecourt_lead::{
    AgendaView, ContactMadeBody, LeadContactBody, LeadContactsView, LeadView, MetBody, TargetBody, TaskBody, TaskView, TasksView,
    TimelineView,
};
use utoipa::openapi::{Ref, RefOr, Schema};

pub(super) fn queries(desk: Desk) -> &'static [(&'static str, &'static str)] {
    match desk {
        Desk::ReadTimeline => &[
            ("limit", "How many on a page, 1 to 100; 50 if not said."),
            ("cursor", "From the lead's page, or from the answer with the page before."),
        ],
        Desk::LeadTasks => {
            &[("limit", "How many on a page, 1 to 100; 25 if not said."), ("cursor", "From the answer with the page before.")]
        }
        Desk::ListTasks => &[
            ("owner", "The id of a user; all of the dealer's users if not said."),
            ("from", "Only what starts or is due from this time on, RFC 3339."),
            ("until", "Only what starts or is due before this time."),
            ("limit", "How many on a page, 1 to 100; 25 if not said."),
            ("cursor", "From the answer with the page before."),
        ],
        _ => &[],
    }
}

pub(super) fn body(desk: Desk) -> Option<Ref> {
    match desk {
        Desk::SetDeadline | Desk::ChangeDeadline => Some(reference::<TargetBody>()),
        Desk::AddContact | Desk::CorrectContact => Some(reference::<LeadContactBody>()),
        Desk::RemoveContact => None,
        Desk::CreateTask | Desk::ChangeTask => Some(reference::<TaskBody>()),
        Desk::MeetDeadline | Desk::CompleteTask => Some(reference::<MetBody>()),
        Desk::ContactMade => Some(reference::<ContactMadeBody>()),
        Desk::ReadTimeline
        | Desk::DropDeadline
        | Desk::LeadTasks
        | Desk::ReadTask
        | Desk::ReopenTask
        | Desk::DeleteTask
        | Desk::ListTasks => None,
    }
}

pub(super) fn success(desk: Desk) -> (&'static str, &'static str, Ref) {
    match desk {
        Desk::ReadTimeline => ("200", "A page of the timeline.", reference::<TimelineView>()),
        Desk::SetDeadline => ("201", "The lead as it is now; `Location` names the deadline.", reference::<LeadView>()),
        Desk::AddContact => ("201", "The lead's contacts as they are now; `Location` names the new one.", reference::<LeadContactsView>()),
        Desk::CorrectContact | Desk::RemoveContact => {
            ("200", "The lead's contacts as they are now; the lead's version is the ETag.", reference::<LeadContactsView>())
        }
        Desk::CreateTask => ("201", "The task; `Location` says where. The lead's version is the ETag.", reference::<TaskView>()),
        Desk::ReadTask | Desk::ChangeTask | Desk::CompleteTask | Desk::ReopenTask | Desk::DeleteTask => {
            ("200", "The task as it is now; the lead's version is the ETag.", reference::<TaskView>())
        }
        Desk::LeadTasks => ("200", "A page of the lead's tasks.", reference::<TasksView>()),
        Desk::ListTasks => ("200", "A page of tasks and deadlines.", reference::<AgendaView>()),
        Desk::ChangeDeadline | Desk::MeetDeadline | Desk::DropDeadline | Desk::ContactMade => {
            ("200", "The lead as it is now; its version is the ETag.", reference::<LeadView>())
        }
    }
}

/// Whether it only shows.
pub(super) fn reads(desk: Desk) -> bool {
    matches!(desk, Desk::ReadTimeline | Desk::LeadTasks | Desk::ReadTask | Desk::ListTasks)
}

pub(super) fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    add::<TimelineView>(schemas);
    add::<TargetBody>(schemas);
    add::<MetBody>(schemas);
    add::<ContactMadeBody>(schemas);
    add::<TaskBody>(schemas);
    add::<LeadContactBody>(schemas);
    add::<LeadContactsView>(schemas);
    add::<TaskView>(schemas);
    add::<TasksView>(schemas);
    add::<AgendaView>(schemas);
}
