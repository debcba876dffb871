//! What can go wrong with each operation.

use super::desk;
use forecourt_edge::routes::{Elements, Operation};

/// The statuses of an operation that are no success, and what each means.
pub(super) fn problems(operation: Operation) -> &'static [(&'static str, &'static str)] {
    match operation {
        Operation::Desk(read) if desk::reads(read) => problems(Operation::ReadLead),
        Operation::Desk(_) => problems(Operation::SetStatus),
        Operation::ListLeads
        | Operation::ReadLead
        | Operation::Board
        | Operation::Calendar
        | Operation::ListInvitations
        | Operation::ListFeeds
        | Operation::ListEvents
        | Operation::ReadEvent
        | Operation::Element(Elements::List(_) | Elements::Read(_)) => &[
            ("401", "No good token."),
            ("403", "A right is missing; it is named."),
            ("404", "There is no such thing, or it is not yours to see."),
            ("422", "A parameter breaks a rule."),
            ("503", "Not done; try again."),
        ],
        Operation::MakeWebhook
        | Operation::ListWebhooks
        | Operation::ReadWebhook
        | Operation::ChangeWebhook
        | Operation::RemoveWebhook
        | Operation::RotateSecret => &[
            ("400", "The body cannot be read."),
            ("401", "No good token."),
            ("403", "A right is missing; it is named."),
            ("404", "There is no such webhook, or it is not yours to see."),
            ("409", "The group has twenty webhooks already."),
            ("412", "It has changed since the version in If-Match."),
            ("422", "Fields are unknown or break rules; each is named."),
            ("428", "If-Match is missing."),
            ("503", "Not done; try again."),
        ],
        Operation::ListDeliveries => problems(Operation::ReadLead),
        Operation::Redeliver => &[
            ("401", "No good token."),
            ("403", "A right is missing; it is named."),
            ("404", "There is no such delivery, or not any more."),
            ("409", "The webhook is switched off, for the reason that is named; or it is being sent right now."),
            ("503", "Not done; try again."),
        ],
        Operation::ShowInvitation | Operation::CancelBooking | Operation::CancelByForm | Operation::BookingFile => &[
            ("404", "The link is not good, or not any more."),
            ("409", "It clashes with what is so now."),
            ("422", "A query is not of its type."),
            ("503", "Not done; try again."),
        ],
        Operation::Report(report) => super::overview::problems(report),
        Operation::FeedFile => &[("404", "The link is not good, or not any more."), ("503", "Not done; try again.")],
        Operation::MakeFeed | Operation::RevokeFeed => &[
            ("400", "The body cannot be read."),
            ("401", "No good token."),
            ("403", "A right is missing; it is named."),
            ("404", "You have no such link."),
            ("409", "You have twenty links already."),
            ("415", "The media type is not read here."),
            ("422", "Fields break rules; each is named."),
            ("503", "Not done; try again."),
        ],
        Operation::BookSlot => &[
            ("400", "The body cannot be read."),
            ("404", "The link is not good, or not any more."),
            ("409", "The slot is not free any more, or the booking is over; `free` says what is free."),
            ("415", "The media type is not read here."),
            ("422", "Fields break rules; each is named."),
            ("503", "Not done; try again."),
        ],
        Operation::DryRun => &[
            ("400", "The body cannot be read."),
            ("401", "No good token."),
            ("403", "A right is missing; it is named."),
            ("404", "There is no such dealer within your reach."),
            ("422", "Fields break rules; each is named."),
            ("503", "Not done; try again."),
        ],
        Operation::ReadSettings
        | Operation::SettingsHistory
        | Operation::SettingsFindings
        | Operation::ReadPart(_)
        | Operation::DealerUsers
        | Operation::DealerUser
        | Operation::ReadUserAbsences
        | Operation::ListUsers
        | Operation::UserHistory
        | Operation::ReadUser => &[
            ("401", "No good token."),
            ("403", "A right is missing; it is named."),
            ("404", "There is no such dealer or user within your reach."),
            ("422", "A query is not known or not of its type."),
            ("503", "Not done; try again."),
        ],
        Operation::ChangeSettings
        | Operation::ChangePart(_)
        | Operation::ImportHolidays
        | Operation::SwitchUsers
        | Operation::SwitchAllUsers
        | Operation::SetDealerUser
        | Operation::RemoveDealerUser
        | Operation::SetUserAbsences
        | Operation::SaveUser
        | Operation::RemoveUser => &[
            ("400", "The body cannot be read."),
            ("401", "No good token."),
            ("403", "A right is missing; it is named, and the fields that need it."),
            ("404", "There is no such dealer or user within your reach."),
            ("409", "It clashes with what is so now."),
            ("412", "It has changed since the version in If-Match."),
            ("415", "The media type is not read here."),
            ("422", "Fields are unknown or break rules; each is named."),
            ("428", "If-Match is missing."),
            ("503", "Not done; try again."),
        ],
        Operation::SubmitLead => &[
            ("400", "The body cannot be read."),
            ("401", "No good token."),
            ("403", "A right is missing; it is named."),
            ("404", "There is no such dealer within your reach."),
            ("413", "The body is larger than 1 MiB."),
            ("415", "The media type is not read here."),
            ("422", "Fields break rules; each is named. Or a key was used before for another enquiry."),
            ("503", "Not done; try again."),
        ],
        Operation::ReadAppointment | Operation::UnprocessedAppointments => &[
            ("401", "No good token."),
            ("403", "A right is missing; it is named."),
            ("404", "There is no such thing, or it is not yours to see."),
            ("503", "Not done; try again."),
        ],
        Operation::EditAppointment => &[
            ("400", "The body cannot be read."),
            ("401", "No good token."),
            ("403", "A right is missing; it is named."),
            ("404", "There is no such appointment, or it is not yours to see."),
            ("409", "It is an event on the calendar of a lead."),
            ("412", "It has changed since the version in If-Match."),
            ("415", "The media type is not read here."),
            ("422", "Fields break rules; each is named."),
            ("428", "If-Match is missing."),
            ("503", "Not done; try again."),
        ],
        Operation::ReceivePingBack => &[
            ("400", "The body cannot be read."),
            ("401", "It is not signed as it must be: whatever is wrong, the answer is the same."),
            ("403", "The partner makes no appointments."),
            ("404", "The appointment's dealer is not within the partner's reach any more."),
            ("409", "It clashes with what is so now."),
            ("415", "The media type is not read here."),
            ("422", "Fields break rules; each is named. Or the id was used before for another message."),
            ("503", "Not done; try again."),
        ],
        Operation::RotateSigningSecret => &[
            ("400", "The body cannot be read."),
            ("401", "No good token."),
            ("403", "A right is missing; it is named."),
            ("404", "There is no such partner."),
            ("415", "The media type is not read here."),
            ("422", "A field breaks a rule, or a key was used before for another request."),
            ("503", "Not done; try again."),
        ],
        Operation::LogReaction
        | Operation::MakeAppointment
        | Operation::MoveAppointment
        | Operation::CancelAppointment
        | Operation::MarkAttendance
        | Operation::AssignLead
        | Operation::SetStatus
        | Operation::Element(_)
        | Operation::ScheduleEvent
        | Operation::BulkEvents
        | Operation::CompleteEvent
        | Operation::NoShowEvent
        | Operation::RescheduleEvent
        | Operation::DeleteEvent
        | Operation::Invite
        | Operation::RevokeInvitation
        | Operation::ClaimLead => &[
            ("400", "The body cannot be read."),
            ("401", "No good token."),
            ("403", "A right is missing; it is named."),
            ("404", "There is no such lead, or it is not yours to see."),
            ("409", "It clashes with what is so now."),
            ("412", "The lead has changed since the version in If-Match."),
            ("415", "The media type is not read here."),
            ("422", "Fields break rules; each is named."),
            ("503", "Not done; try again."),
        ],
    }
}
