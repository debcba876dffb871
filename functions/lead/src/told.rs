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

/// Of a task (LEAD-4).
pub(crate) fn of_task(did: Did) -> &'static str {
    match did {
        Did::Added => "task_added",
        Did::Changed => "task_changed",
        Did::Completed => "task_completed",
        Did::Reopened => "task_reopened",
        Did::Deleted => "task_deleted",
    }
}

/// Of a contact (LEAD-7).
pub(crate) fn of_contact(did: Did) -> &'static str {
    match did {
        Did::Added => "contact_added",
        Did::Changed | Did::Completed | Did::Reopened => "contact_changed",
        Did::Deleted => "contact_removed",
    }
}
