//! What the page of a lead keeps besides: its timeline, deadlines, tasks and contacts.

use super::{add, reference};
use forecourt_edge::routes::Desk;
use forecourt_lead::{ContactMadeBody, LeadView, MetBody, TargetBody, TimelineView};
use utoipa::openapi::{Ref, RefOr, Schema};

pub(super) fn queries(desk: Desk) -> &'static [(&'static str, &'static str)] {
    match desk {
        Desk::ReadTimeline => &[
            ("limit", "How many on a page, 1 to 100; 50 if not said."),
            ("cursor", "From the lead's page, or from the answer with the page before."),
        ],
        _ => &[],
    }
}

pub(super) fn body(desk: Desk) -> Option<Ref> {
    match desk {
        Desk::SetDeadline | Desk::ChangeDeadline => Some(reference::<TargetBody>()),
        Desk::MeetDeadline => Some(reference::<MetBody>()),
        Desk::ContactMade => Some(reference::<ContactMadeBody>()),
        Desk::ReadTimeline | Desk::DropDeadline => None,
    }
}

pub(super) fn success(desk: Desk) -> (&'static str, &'static str, Ref) {
    match desk {
        Desk::ReadTimeline => ("200", "A page of the timeline.", reference::<TimelineView>()),
        Desk::SetDeadline => ("201", "The lead as it is now; `Location` names the deadline.", reference::<LeadView>()),
        Desk::ChangeDeadline | Desk::MeetDeadline | Desk::DropDeadline | Desk::ContactMade => {
            ("200", "The lead as it is now; its version is the ETag.", reference::<LeadView>())
        }
    }
}

/// Whether it only shows.
pub(super) fn reads(desk: Desk) -> bool {
    matches!(desk, Desk::ReadTimeline)
}

pub(super) fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    add::<TimelineView>(schemas);
    add::<TargetBody>(schemas);
    add::<MetBody>(schemas);
    add::<ContactMadeBody>(schemas);
}
