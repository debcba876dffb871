//! Which operations ask what their caller saw.

use forecourt_edge::routes::{Elements, Operation};

/// Whether it is for who saw the version only.
pub(super) fn takes_if_match(operation: Operation) -> bool {
    use Operation::{
        AssignLead, CancelAppointment, ChangePart, ChangeSettings, ChangeWebhook, EditAppointment, Element, ImportHolidays, LogReaction,
        MarkAttendance, MoveAppointment, RemoveDealerUser, RemoveUser, RemoveWebhook, RotateSecret, SaveUser, SetDealerUser, SetStatus,
        SetUserAbsences, SwitchUsers,
    };
    matches!(operation, Operation::Desk(changed) if !super::desk::reads(changed))
        || matches!(
            operation,
            LogReaction
                | AssignLead
                | EditAppointment
                | MoveAppointment
                | CancelAppointment
                | MarkAttendance
                | SetStatus
                | Element(Elements::Change(_) | Elements::Remove(_) | Elements::CompleteUpload)
                | ChangeSettings
                | ChangePart(_)
                | ImportHolidays
                | SwitchUsers
                | SetDealerUser
                | RemoveDealerUser
                | SetUserAbsences
                | SaveUser
                | RemoveUser
                | ChangeWebhook
                | RemoveWebhook
                | RotateSecret
        )
}
