//! Overviews as clients see them.

use chrono::{DateTime, Utc};
use forecourt_domain::appointment::{Appointment, Attended};
use forecourt_domain::base::{AppointmentKind, AppointmentOrigin, AppointmentTeam};
use forecourt_domain::reports::{AppointmentTally, LeadCounts, LeadTally, Sent, percentage};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A number and what percentage it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Share {
    /// How many.
    pub number: u64,
    /// To one decimal; 0.0 of nothing at all.
    #[schema(example = 12.5)]
    pub percentage: f64,
}

impl Share {
    fn of(number: u64, total: u64) -> Self {
        Self { number, percentage: percentage(number, total) }
    }
}

/// What the appointments of a filter come to (OVR-1), and the newest of them (OVR-3). Those in the workshop are outside.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentOverviewView {
    /// How many.
    pub appointments: AppointmentsBox,
    /// Whose people made them.
    pub source: SourceBox,
    /// Appointments whose customer was sent a confirmation: by any medium, by e-mail, by SMS; percentages of the total.
    pub confirmations: SentBox,
    /// The same of reminders.
    pub reminders: SentBox,
    /// Of those dated before today, at each dealer's own midnight, and not called off: whether the customer came.
    pub attendance: AttendanceBox,
    /// Called off, of whatever date: in the total, and not in the attendance; percentage of the total.
    pub cancelled: Share,
    /// The newest by when they were made, newest first: at most 5,000, or `limit`.
    pub rows: Vec<AppointmentRowView>,
    /// Whether there are more than are shown. The boxes count all.
    pub truncated: bool,
}

/// How many appointments, of how many customers.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentsBox {
    /// All of the filter, those that were called off too.
    pub total: u64,
    /// Distinct customers: who is known again by e-mail or telephone counts once, everybody else each time.
    pub customers: u64,
}

/// Whose people made the appointments; percentages of the total.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceBox {
    /// The contact centre's.
    pub contact_centre: Share,
    /// The dealer's, or the customer by an invitation.
    pub dealer: Share,
}

/// Of how many appointments the customer was told: sent, not only queued. One that was told twice, since it was moved, counts once.
#[derive(Debug, Serialize, ToSchema)]
pub struct SentBox {
    /// By e-mail, by SMS, or by both.
    pub sent: Share,
    /// By e-mail; those by both count here and there.
    pub email: Share,
    /// By SMS.
    pub sms: Share,
}

/// Whether customers came; percentages of `total`.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttendanceBox {
    /// Dated before today, and not called off.
    pub total: u64,
    /// The customer came.
    pub completed: Share,
    /// The customer did not come.
    pub no_show: Share,
    /// Nobody has said.
    pub unknown: Share,
}

/// An appointment in the grid.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentRowView {
    /// Its id.
    pub id: String,
    /// With which dealer.
    pub dealer: String,
    /// The lead that it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// What to call the customer.
    pub customer: String,
    /// With which salesperson.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// `showroom`, `test_drive`, `telephone`, `email`, `video`, `delivery` or `other`.
    #[schema(value_type = String)]
    pub kind: AppointmentKind,
    /// The system that it was made in: `forecourt`, `contact_centre` or `dealer_system`.
    #[schema(value_type = String)]
    pub origin: AppointmentOrigin,
    /// Whose people made it: `contact_centre` or `dealer`.
    #[schema(value_type = String)]
    pub team: AppointmentTeam,
    /// Who made it: `user:…`, `partner:…`, `customer` or `system`.
    pub by: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was called off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<DateTime<Utc>>,
    /// `unknown`, `completed` or `no_show`.
    #[schema(value_type = String)]
    pub attendance: Attended,
    /// The media by which it was confirmed: `email`, `sms`.
    pub confirmed: Vec<&'static str>,
    /// The media by which the customer was reminded.
    pub reminded: Vec<&'static str>,
}

impl AppointmentOverviewView {
    pub(crate) fn of(tally: &AppointmentTally, rows: Vec<Appointment>) -> Self {
        let of_all = |number| Share::of(number, tally.total);
        let of_past = |number| Share::of(number, tally.past());
        let sent = |sent: Sent| SentBox { sent: of_all(sent.any), email: of_all(sent.email), sms: of_all(sent.sms) };
        Self {
            appointments: AppointmentsBox { total: tally.total, customers: tally.customers() },
            source: SourceBox { contact_centre: of_all(tally.contact_centre), dealer: of_all(tally.dealer) },
            confirmations: sent(tally.confirmed),
            reminders: sent(tally.reminded),
            attendance: AttendanceBox {
                total: tally.past(),
                completed: of_past(tally.completed),
                no_show: of_past(tally.no_show),
                unknown: of_past(tally.unknown),
            },
            cancelled: of_all(tally.cancelled),
            truncated: (rows.len() as u64) < tally.total,
            rows: rows.into_iter().map(AppointmentRowView::from).collect(),
        }
    }
}

impl From<Appointment> for AppointmentRowView {
    fn from(row: Appointment) -> Self {
        let media = |media: forecourt_domain::base::Media| {
            [("email", media.email), ("sms", media.sms)].into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect()
        };
        Self {
            id: row.id.to_string(),
            dealer: row.dealer.to_string(),
            lead: row.lead.map(|lead| lead.to_string()),
            customer: row.customer,
            user: row.user.map(|user| user.to_string()),
            at: row.at,
            kind: row.kind,
            origin: row.origin,
            team: row.team,
            by: row.by.to_string(),
            created_at: row.created,
            cancelled_at: match row.state {
                forecourt_domain::appointment::AppointmentState::Cancelled { at, .. } => Some(at),
                forecourt_domain::appointment::AppointmentState::Booked => None,
            },
            attendance: row.attendance.is,
            confirmed: media(row.confirmed),
            reminded: media(row.reminded),
        }
    }
}

/// What the leads of a filter come to (OVR-4).
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadOverviewView {
    /// All of them.
    pub leads: LeadCountsView,
    /// By who works them; leads without an owner are in none.
    pub users: BTreeMap<String, LeadCountsView>,
    /// By where the customers asked, in small letters.
    pub sources: BTreeMap<String, LeadCountsView>,
    /// By dealer: the one that has the lead now.
    pub dealers: BTreeMap<String, LeadCountsView>,
}

/// What leads come to.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadCountsView {
    /// Received by the dealer that has them: a lead from another dealer of the group counts since it came over.
    pub received: u64,
    /// With a first answer; percentage of those received.
    pub answered: Share,
    /// Answered by the deadline that they had then; percentage of those that are judged: answered, or past their deadline without an answer.
    /// A lead that has no deadline is not judged.
    pub in_time: Share,
    /// Answered after the deadline; percentage of those that are judged.
    pub late: Share,
    /// Past the deadline without an answer; percentage of those that are judged.
    pub overdue: Share,
    /// The median of the working minutes from arrival to first answer, over those answered (the nearest rank); `null` where none is.
    pub median_response_minutes: Option<f64>,
    /// The 90th percentile of the same.
    pub p90_response_minutes: Option<f64>,
    /// Ever escalated to level 1, those that went on to level 2 among them; percentage of those received.
    pub level_1: Share,
    /// Ever escalated to level 2.
    pub level_2: Share,
    /// Won; percentage of those received.
    pub won: Share,
    /// Lost; percentage of those received.
    pub lost: Share,
}

impl From<LeadCounts> for LeadCountsView {
    fn from(mut counts: LeadCounts) -> Self {
        let of_all = |number| Share::of(number, counts.received);
        let judged = |number| Share::of(number, counts.judged());
        let mut view = Self {
            received: counts.received,
            answered: of_all(counts.answered),
            in_time: judged(counts.in_time),
            late: judged(counts.late),
            overdue: judged(counts.overdue),
            median_response_minutes: None,
            p90_response_minutes: None,
            level_1: of_all(counts.level_1),
            level_2: of_all(counts.level_2),
            won: of_all(counts.won),
            lost: of_all(counts.lost),
        };
        view.median_response_minutes = counts.percentile(50);
        view.p90_response_minutes = counts.percentile(90);
        view
    }
}

impl LeadOverviewView {
    pub(crate) fn of(tally: LeadTally) -> Self {
        fn by<K: ToString>(counts: BTreeMap<K, LeadCounts>) -> BTreeMap<String, LeadCountsView> {
            counts.into_iter().map(|(name, counts)| (name.to_string(), counts.into())).collect()
        }
        Self { leads: tally.all.into(), users: by(tally.users), sources: by(tally.sources), dealers: by(tally.dealers) }
    }
}
