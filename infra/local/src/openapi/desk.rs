//! What the page of a lead keeps besides: its timeline, deadlines, tasks and contacts.

use super::reference;
use forecourt_edge::routes::Desk;
use forecourt_lead::TimelineView;
use utoipa::openapi::Ref;

pub(super) fn queries(desk: Desk) -> &'static [(&'static str, &'static str)] {
    match desk {
        Desk::ReadTimeline => &[
            ("limit", "How many on a page, 1 to 100; 50 if not said."),
            ("cursor", "From the lead's page, or from the answer with the page before."),
        ],
    }
}

pub(super) fn body(desk: Desk) -> Option<Ref> {
    match desk {
        Desk::ReadTimeline => None,
    }
}

pub(super) fn success(desk: Desk) -> (&'static str, &'static str, Ref) {
    match desk {
        Desk::ReadTimeline => ("200", "A page of the timeline.", reference::<TimelineView>()),
    }
}

/// Whether it only shows.
pub(super) fn reads(desk: Desk) -> bool {
    matches!(desk, Desk::ReadTimeline)
}
