//! Roles and rights (ACC-1).

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a user is in the group (ACC-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works own leads, those of users they supervise or deputise for.
    Seller,
    /// Works all leads of own dealers.
    DealerAdmin,
    /// Works all leads of the group, and sets users' rights.
    GroupAdmin,
    /// Sees the whole group.
    HeadOffice,
    /// Makes leads and appointments for all dealers.
    ContactCentre,
    /// Runs the system; sees no leads.
    Operator,
}

/// One thing that somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Send enquiries in.
    SubmitLeads,
    /// See leads.
    ReadLeads,
    /// Work a lead: answer it, log a call, close it, reopen it.
    WorkLeads,
    /// Give a lead to somebody.
    AssignLeads,
    /// Change and remove what others commented (LEAD-2).
    ModerateComments,
    /// See a dealer's settings.
    ReadSettings,
    /// Change a dealer's settings.
    ChangeSettings,
    /// Make and remove a dealer's distribution groups (DIS-3).
    ManageGroups,
    /// See the group's users.
    ReadUsers,
    /// Set up users and their rights.
    ManageUsers,
    /// See what appointments and leads come to (OVR).
    ReadOverview,
    /// Take all records of a filter away as a file: head office alone (EXP-1).
    Export,
    /// See appointments.
    ReadAppointments,
    /// Make appointments, change them, and say whether the customer came.
    WorkAppointments,
    /// Say which systems are told what happens, and see their secrets (APT-6).
    ManageWebhooks,
    /// Change what only the operator changes: the mail server, and whether mail is answered here (SET-4, SET-5).
    Operate,
}

impl Right {
    /// Every right.
    pub const ALL: [Right; 16] = [
        Right::SubmitLeads,
        Right::ReadLeads,
        Right::WorkLeads,
        Right::AssignLeads,
        Right::ModerateComments,
        Right::ReadSettings,
        Right::ChangeSettings,
        Right::ManageGroups,
        Right::ReadUsers,
        Right::ManageUsers,
        Right::ReadOverview,
        Right::Export,
        Right::ReadAppointments,
        Right::WorkAppointments,
        Right::ManageWebhooks,
        Right::Operate,
    ];

    /// Its name, as refusals write it.
    pub fn name(self) -> &'static str {
        match self {
            Right::SubmitLeads => "submit_leads",
            Right::ReadLeads => "read_leads",
            Right::WorkLeads => "work_leads",
            Right::AssignLeads => "assign_leads",
            Right::ModerateComments => "moderate_comments",
            Right::ReadSettings => "read_settings",
            Right::ChangeSettings => "change_settings",
            Right::ManageGroups => "manage_groups",
            Right::ReadUsers => "read_users",
            Right::ManageUsers => "manage_users",
            Right::ReadOverview => "read_overview",
            Right::Export => "export",
            Right::ReadAppointments => "read_appointments",
            Right::WorkAppointments => "work_appointments",
            Right::ManageWebhooks => "manage_webhooks",
            Right::Operate => "operate",
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Role {
    /// Whether the whole group is within its reach, and not its own dealers only.
    pub(crate) fn reaches_all(self) -> bool {
        !matches!(self, Role::Seller | Role::DealerAdmin)
    }

    pub(crate) fn may(self, right: Right) -> bool {
        use Right::{
            AssignLeads, ChangeSettings, Export, ManageGroups, ManageUsers, ModerateComments, Operate, ReadAppointments, ReadLeads,
            ReadOverview, ReadSettings, ReadUsers, SubmitLeads, WorkAppointments, WorkLeads,
        };
        match self {
            Role::Seller => {
                matches!(right, SubmitLeads | ReadLeads | WorkLeads | AssignLeads | ReadAppointments | WorkAppointments | ReadOverview)
            }
            Role::DealerAdmin => matches!(
                right,
                SubmitLeads
                    | ReadLeads
                    | WorkLeads
                    | AssignLeads
                    | ModerateComments
                    | ReadAppointments
                    | WorkAppointments
                    | ReadOverview
                    | ReadSettings
                    | ChangeSettings
                    | ReadUsers
            ),
            Role::GroupAdmin => !matches!(right, Operate | Export),
            Role::HeadOffice => matches!(right, ReadLeads | ReadAppointments | ReadOverview | Export | ReadSettings | ReadUsers),
            Role::ContactCentre => matches!(right, SubmitLeads | ReadAppointments | WorkAppointments | ReadOverview),
            Role::Operator => matches!(right, ReadSettings | ChangeSettings | ManageGroups | ReadUsers | ManageUsers | Operate),
        }
    }
}
