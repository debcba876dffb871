//! The bodies of users and their absences, as the API accepts them ([`super::settings`] explains why they are only described).

#![expect(dead_code, reason = "the types are only described")]

use super::settings::WeekBody;
use forecourt_edge::formats::json::TimeBound;
use utoipa::ToSchema;

/// The names of the schemas.
pub(super) const NAMES: [&str; 12] = [
    "AvailabilityBody",
    "WeeklyAbsenceBody",
    "UserAbsencesBody",
    "AbsenceBody",
    "AbsenceHandOverBody",
    "DealerUserBody",
    "SwitchUsersBody",
    "UserSwitchesBody",
    "SwitchAllUsersBody",
    "DealerSwitchesBody",
    "UserBody",
    "MeBody",
];

/// The absences of a user (DIS-4).
#[derive(ToSchema)]
pub(super) struct UserAbsencesBody {
    /// The absences.
    absences: Option<Vec<AbsenceBody>>,
}

/// An absence.
#[derive(ToSchema)]
pub(super) struct AbsenceBody {
    #[schema(value_type = TimeBound)]
    from: String,
    #[schema(value_type = TimeBound)]
    until: String,
    /// The user who acts for the absent one.
    deputy: Option<String>,
    /// The hand-over of the open leads when the absence begins; `null`: they stay with the user (DIS-12).
    hand_over: Option<AbsenceHandOverBody>,
}

/// The hand-over of an absence.
#[derive(ToSchema)]
pub(super) struct AbsenceHandOverBody {
    /// `distribution`, `pool`, or `user:` with the id of a user of the dealer; default: `distribution`.
    to: Option<String>,
    /// Whether the user gets back, on return, what is still open; default: `false`.
    back: Option<bool>,
    /// The id of the order, if the first day was corrected after the absence had begun. Answers show it; it cannot be changed.
    order: Option<String>,
}

/// The own weekly hours and the weekly absences of a user (DIS-13).
#[derive(ToSchema)]
pub(super) struct AvailabilityBody {
    /// The own weekly hours; `null`: the user works while the dealer is open.
    hours: Option<WeekBody>,
    /// The weekly absences, at most one for each day.
    weekly_absences: Option<Vec<WeeklyAbsenceBody>>,
}

/// An absence on one day of every week.
#[derive(ToSchema)]
pub(super) struct WeeklyAbsenceBody {
    /// `mon`, `tue`, `wed`, `thu`, `fri`, `sat` or `sun`.
    day: String,
    /// The user who acts for the absent one.
    deputy: Option<String>,
}

/// The switches of a user at a dealer (SET-7).
#[derive(ToSchema)]
pub(super) struct DealerUserBody {
    /// Whether the user takes part in the rotation.
    receives_leads: Option<bool>,
    /// Whether leads can be assigned to the user.
    assignable: Option<bool>,
    /// The user who is notified at level 2.
    supervisor: Option<String>,
    /// The distribution groups.
    groups: Option<Vec<String>>,
    /// The share of the user in a rotation, relative to the other users; `null`: 1 (DIS-13).
    #[schema(minimum = 1, maximum = 10)]
    weight: Option<u8>,
    /// The maximum number of leads in progress; `null`: no limit (DIS-13).
    #[schema(minimum = 1, maximum = 10_000)]
    max_open: Option<u32>,
}

/// Switches of several users of a dealer (SET-7).
#[derive(ToSchema)]
pub(super) struct SwitchUsersBody {
    /// The users, each with the switches to change.
    users: Vec<UserSwitchesBody>,
}

/// A user with the switches to change. A switch that is left out keeps its value; `null` is its default.
#[derive(ToSchema)]
pub(super) struct UserSwitchesBody {
    /// The user.
    user: String,
    receives_leads: Option<bool>,
    assignable: Option<bool>,
    supervisor: Option<String>,
    #[schema(minimum = 1, maximum = 10)]
    weight: Option<u8>,
    #[schema(minimum = 1, maximum = 10_000)]
    max_open: Option<u32>,
}

/// Switches of users at several dealers (SET-7).
#[derive(ToSchema)]
pub(super) struct SwitchAllUsersBody {
    /// The dealers.
    dealers: Vec<DealerSwitchesBody>,
}

/// A dealer with the switches of its users.
#[derive(ToSchema)]
pub(super) struct DealerSwitchesBody {
    /// The dealer.
    dealer: String,
    /// The version of the dealer's settings that you read.
    version: u64,
    /// The users, each with the switches to change.
    users: Vec<UserSwitchesBody>,
}

/// A user of the group (SET-7, ACC-1). In a change, an optional field that is left out keeps its value, and `null` is its default.
#[derive(ToSchema)]
pub(super) struct UserBody {
    /// The subject by which tokens name the user; `null` if they name the user by the id.
    #[schema(max_length = 200)]
    subject: Option<String>,
    name: String,
    email: String,
    /// The mobile number in E.164; `null`: none.
    mobile: Option<String>,
    /// The language of notices.
    language: String,
    role: String,
    /// Rights in addition to those of the role; `null`: none.
    rights: Option<Vec<String>>,
    /// The dealers at which the user works.
    dealers: Vec<String>,
    /// Whether notices are sent to the user; `null`: yes.
    notices: Option<bool>,
}

/// What users change of themselves (ACC-6). A field that is left out keeps its value.
#[derive(ToSchema)]
pub(super) struct MeBody {
    /// The language of the screens and of notices.
    language: Option<String>,
    /// Whether notices are sent to you; `null`: yes.
    notices: Option<bool>,
    /// Your mobile number in E.164, for reminders by text message (ESC-14); `null` or an empty text: none.
    mobile: Option<String>,
}
