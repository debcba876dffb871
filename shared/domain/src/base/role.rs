//! Roles and rights (ACC-1).

use serde::{Deserialize, Serialize};
use std::fmt;

/// The role of a user in the group (ACC-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works on their own leads and on the leads of users whom they supervise or deputise for.
    Seller,
    /// Works on all leads of their dealers.
    DealerAdmin,
    /// Works on all leads of the group, and sets the rights of users.
    GroupAdmin,
    /// Reads the data of the whole group, and exports it.
    HeadOffice,
    /// Creates leads and appointments for all dealers.
    ContactCentre,
    /// Runs the system; cannot read leads.
    Operator,
    /// A role of another release. It has no rights.
    #[serde(other)]
    Unknown,
}

/// A permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Send enquiries.
    SubmitLeads,
    /// Read leads.
    ReadLeads,
    /// Find a lead by an exact number, address, telephone number or full name, without the right to read it (ACC-1).
    FindLeads,
    /// Work on a lead: answer it, log a call, close it, reopen it.
    WorkLeads,
    /// Assign a lead to a user or a dealer.
    AssignLeads,
    /// Change and remove the comments of others (LEAD-2).
    ModerateComments,
    /// Read a dealer's settings.
    ReadSettings,
    /// Change a dealer's settings.
    ChangeSettings,
    /// Create and remove a dealer's distribution groups (DIS-3).
    ManageGroups,
    /// Read the group's users.
    ReadUsers,
    /// Create users and set their rights.
    ManageUsers,
    /// Read the overviews of appointments and leads (OVR).
    ReadOverview,
    /// Export all records of a filter to a file; only for head office (EXP-1).
    Export,
    /// Read appointments.
    ReadAppointments,
    /// Create and change appointments, and record the attendance.
    WorkAppointments,
    /// Work on service follow-ups: read, call, record outcomes (FUP).
    WorkFollowUps,
    /// Manage webhooks and read their secrets (APT-6).
    ManageWebhooks,
    /// Change the settings reserved for the operator: `mail_server`, its secret, `text_number` and `lead_tracking_only` (SET-4, MSG-3,
    /// SET-5).
    Operate,
    /// A right of another release. It permits nothing.
    #[serde(other)]
    Unknown,
}

impl Right {
    /// Every right.
    pub const ALL: [Right; 18] = [
        Right::SubmitLeads,
        Right::ReadLeads,
        Right::FindLeads,
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
        Right::WorkFollowUps,
        Right::ManageWebhooks,
        Right::Operate,
    ];

    /// Returns the name as refusals write it.
    pub fn name(self) -> &'static str {
        match self {
            Right::SubmitLeads => "submit_leads",
            Right::ReadLeads => "read_leads",
            Right::FindLeads => "find_leads",
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
            Right::WorkFollowUps => "work_follow_ups",
            Right::ManageWebhooks => "manage_webhooks",
            Right::Operate => "operate",
            Right::Unknown => "unknown",
        }
    }
}

impl Right {
    /// Returns whether the right applies at a dealer. The others apply to the group as a whole.
    pub fn is_of_dealer(self) -> bool {
        !matches!(self, Right::ReadUsers | Right::ManageUsers | Right::Export | Right::ManageWebhooks | Right::Unknown)
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Role {
    /// The names of the roles that a user can have.
    pub const NAMES: [&'static str; 6] = ["seller", "dealer_admin", "group_admin", "head_office", "contact_centre", "operator"];

    /// Returns the name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Role::Seller => "seller",
            Role::DealerAdmin => "dealer_admin",
            Role::GroupAdmin => "group_admin",
            Role::HeadOffice => "head_office",
            Role::ContactCentre => "contact_centre",
            Role::Operator => "operator",
            Role::Unknown => "unknown",
        }
    }

    /// Returns whether the role covers the whole group, not only the user's own dealers.
    pub(crate) fn reaches_all(self) -> bool {
        !matches!(self, Role::Seller | Role::DealerAdmin | Role::Unknown)
    }

    pub(crate) fn may(self, right: Right) -> bool {
        use Right::{
            AssignLeads, ChangeSettings, Export, FindLeads, ManageGroups, ManageUsers, ModerateComments, Operate, ReadAppointments,
            ReadLeads, ReadOverview, ReadSettings, ReadUsers, SubmitLeads, Unknown, WorkAppointments, WorkFollowUps, WorkLeads,
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
                    | WorkFollowUps
                    | ReadOverview
                    | ReadSettings
                    | ChangeSettings
                    | ReadUsers
            ),
            Role::GroupAdmin => !matches!(right, Operate | Export | Unknown),
            Role::HeadOffice => matches!(right, ReadLeads | ReadAppointments | ReadOverview | Export | ReadSettings | ReadUsers),
            Role::ContactCentre => {
                matches!(right, SubmitLeads | FindLeads | ReadAppointments | WorkAppointments | WorkFollowUps | ReadOverview)
            }
            Role::Operator => matches!(right, ReadSettings | ChangeSettings | ManageGroups | ReadUsers | ManageUsers | Operate),
            Role::Unknown => false,
        }
    }
}
