//! How the timeline names what people did with what they keep on a lead.

use forecourt_domain::timeline::Did;

/// Of a further deadline (LEAD-6).
pub(crate) fn of_deadline(did: Did) -> &'static str {
    match did {
        Did::Added => "deadline_added",
        Did::Changed | Did::Reopened => "deadline_changed",
        Did::Completed => "deadline_met",
        Did::Deleted => "deadline_deleted",
    }
}
