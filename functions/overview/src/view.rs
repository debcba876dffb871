//! The overviews as clients see them.

use chrono::{DateTime, NaiveDate, Utc};
use forecourt_domain::appointment::{Appointment, Attended};
use forecourt_domain::base::{AppointmentKind, AppointmentOrigin, AppointmentTeam};
use forecourt_domain::reports::{AppointmentTally, FurtherCounts, LeadCounts, LeadTally, RESPONSE_BUCKETS, Sent, percentage};
use forecourt_edge::usecase::visits::CustomerConfirmedView;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Largest number of days in the appointment overview: about three years.
const DAYS: usize = 1_100;

/// A number and its percentage.
#[derive(Debug, Serialize, ToSchema)]
pub struct Share {
    /// The number.
    pub number: u64,
    /// Percentage with one decimal; 0.0 if the total is zero.
    #[schema(example = 12.5)]
    pub percentage: f64,
}

impl Share {
    pub(crate) fn of(number: u64, total: u64) -> Self {
        Self { number, percentage: percentage(number, total) }
    }
}

/// Appointment overview: the totals of a filter (OVR-1) and a page of its appointments (OVR-3). Workshop bookings are not included.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentOverviewView {
    /// Number of appointments and customers.
    pub appointments: AppointmentsBox,
    /// Appointments by the team that made them.
    pub source: SourceBox,
    /// Appointments with a confirmation sent: by any medium, by e-mail, by SMS. Percentages of the total.
    pub confirmations: SentBox,
    /// The same for reminders.
    pub reminders: SentBox,
    /// Attendance of the appointments that are dated before today (by the dealer's midnight) and not cancelled.
    pub attendance: AttendanceBox,
    /// Cancelled appointments of any date. They count in the total but not in the attendance. Percentage of the total.
    pub cancelled: Share,
    /// The days on which the appointments take place, earliest first; days without an appointment are left out. At most the latest 1,100.
    pub days: Vec<AppointmentDayView>,
    /// A page of the appointments in the order of `sort`: at most 5,000, or `limit`. By default the newest by creation time, newest first.
    pub rows: Vec<AppointmentRowView>,
    /// Whether there are more appointments than `rows`, on earlier or later pages. The boxes count all.
    pub truncated: bool,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Number of appointments and of customers.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentsBox {
    /// All appointments of the filter, cancelled ones included.
    pub total: u64,
    /// Distinct customers. A customer recognised by e-mail or telephone counts once; an unrecognised one counts for each appointment.
    pub customers: u64,
}

/// Appointments by the team that made them; percentages of the total.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceBox {
    /// Made by the contact centre.
    pub contact_centre: Share,
    /// Made by the dealer, or booked by the customer with an invitation.
    pub dealer: Share,
}

/// Appointments with a message sent to the customer, not only queued. Several messages about one appointment count once.
#[derive(Debug, Serialize, ToSchema)]
pub struct SentBox {
    /// Sent by e-mail, by SMS, or by both.
    pub sent: Share,
    /// Sent by e-mail, also if an SMS was sent too.
    pub email: Share,
    /// Sent by SMS, also if an e-mail was sent too.
    pub sms: Share,
}

/// Attendance of past appointments; percentages of `total`.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttendanceBox {
    /// Appointments dated before today and not cancelled.
    pub total: u64,
    /// The customer came.
    pub completed: Share,
    /// The customer did not come.
    pub no_show: Share,
    /// No attendance was reported.
    pub unknown: Share,
}

/// The appointments of the filter that take place on one day.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentDayView {
    /// The date at the dealer.
    pub date: NaiveDate,
    /// All appointments, cancelled ones included.
    pub number: u64,
    /// The cancelled ones.
    pub cancelled: u64,
}

/// An appointment in the grid.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentRowView {
    /// Id of the appointment.
    pub id: String,
    /// Id of the dealer.
    pub dealer: String,
    /// Id of the lead, if the appointment belongs to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// Display name of the customer.
    pub customer: String,
    /// Id of the salesperson.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Start.
    pub at: DateTime<Utc>,
    /// `showroom`, `test_drive`, `telephone`, `email`, `video`, `delivery` or `other`.
    #[schema(value_type = String)]
    pub kind: AppointmentKind,
    /// System in which it was made: `forecourt`, `contact_centre` or `dealer_system`.
    #[schema(value_type = String)]
    pub origin: AppointmentOrigin,
    /// Team that made it: `contact_centre` or `dealer`.
    #[schema(value_type = String)]
    pub team: AppointmentTeam,
    /// Who made it: `user:…`, `partner:…`, `customer` or `system`.
    pub by: String,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<DateTime<Utc>>,
    /// `unknown`, `completed` or `no_show`.
    #[schema(value_type = String)]
    pub attendance: Attended,
    /// The confirmation by the customer; absent if there is none (APT-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_confirmed: Option<CustomerConfirmedView>,
    /// When the customer arrived; absent if nobody recorded it (APT-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<DateTime<Utc>>,
    /// Id of the appointment that this one follows, because its customer did not come (APT-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
    /// Media of the confirmations sent: `email`, `sms`.
    pub confirmed: Vec<&'static str>,
    /// Media of the reminders sent: `email`, `sms`.
    pub reminded: Vec<&'static str>,
}

impl AppointmentOverviewView {
    pub(crate) fn of(tally: &AppointmentTally, rows: Vec<Appointment>, cursor: Option<String>) -> Self {
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
            days: AppointmentDayView::latest(tally),
            truncated: (rows.len() as u64) < tally.total,
            rows: rows.into_iter().map(AppointmentRowView::from).collect(),
            cursor,
        }
    }
}

impl AppointmentDayView {
    fn latest(tally: &AppointmentTally) -> Vec<Self> {
        let before = tally.days.len().saturating_sub(DAYS);
        let days = tally.days.iter().skip(before);
        days.map(|(date, day)| Self { date: *date, number: day.number, cancelled: day.cancelled }).collect()
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
                forecourt_domain::appointment::AppointmentState::Booked | forecourt_domain::appointment::AppointmentState::Unknown => None,
            },
            attendance: row.attendance.is,
            customer_confirmed: row.customer_confirmed.as_ref().map(CustomerConfirmedView::of),
            arrived_at: row.arrived.map(|arrival| arrival.at),
            follows: row.follows.map(|former| former.to_string()),
            confirmed: media(row.confirmed),
            reminded: media(row.reminded),
        }
    }
}

/// Lead overview: the totals of a filter (OVR-4).
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadOverviewView {
    /// All leads of the filter.
    pub leads: LeadCountsView,
    /// By owner; leads without an owner are left out.
    pub users: BTreeMap<String, LeadCountsView>,
    /// By source, in lower case.
    pub sources: BTreeMap<String, LeadCountsView>,
    /// By the current dealer of the lead.
    pub dealers: BTreeMap<String, LeadCountsView>,
}

/// Totals of leads.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadCountsView {
    /// Leads received by their current dealer. A lead from another dealer of the group counts from its move.
    pub received: u64,
    /// Leads with a first response; percentage of `received`.
    pub answered: Share,
    /// Answered by the deadline that was valid at that time. Percentage of the judged leads: answered, or past their deadline without a
    /// response. A lead without a deadline is not judged.
    pub in_time: Share,
    /// Answered after the deadline; percentage of the judged leads.
    pub late: Share,
    /// Past the deadline without a response; percentage of the judged leads.
    pub overdue: Share,
    /// Median of the working minutes from arrival to first response (nearest rank); `null` if no lead was answered.
    pub median_response_minutes: Option<f64>,
    /// 90th percentile of the same minutes.
    pub p90_response_minutes: Option<f64>,
    /// Leads ever escalated to level 1 before their first response or after a reopening, including those that reached level 2; percentage
    /// of `received`.
    pub level_1: Share,
    /// Leads ever escalated to level 2 in the same cases; percentage of `received`.
    pub level_2: Share,
    /// Won leads; percentage of `received`.
    pub won: Share,
    /// Lost leads; percentage of `received`.
    pub lost: Share,
    /// Leads without a first response so far; percentage of `received`.
    pub unanswered: Share,
    /// Distribution of the working time from arrival to first response: up to 15 and 30 minutes, 1, 2, 4, 8 and 24 hours, and longer.
    pub response_times: Vec<ResponseTimeView>,
    /// The answers to further messages of the customers (INT-6). The other counts leave them out.
    pub further: FurtherCountsView,
}

/// Totals of further messages: those of a customer who was answered before and waits for an answer again.
#[derive(Debug, Serialize, ToSchema)]
pub struct FurtherCountsView {
    /// All of them, of leads that the dealer received in the period.
    pub received: u64,
    /// Those with an answer; percentage of `received`.
    pub answered: Share,
    /// Answered by the deadline. Percentage of the judged messages: answered, or past their deadline without an answer. A message without
    /// a deadline is not judged.
    pub in_time: Share,
    /// Answered after the deadline; percentage of the judged messages.
    pub late: Share,
    /// Past the deadline without an answer; percentage of the judged messages.
    pub overdue: Share,
    /// Those that were escalated to level 1, including those that reached level 2; percentage of `received`.
    pub level_1: Share,
    /// Those that were escalated to level 2; percentage of `received`.
    pub level_2: Share,
    /// Distribution of the working time from the message to its answer, as that of the first responses.
    pub response_times: Vec<ResponseTimeView>,
}

/// The leads or further messages whose response took longer than the bucket before, and at most `up_to_minutes`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResponseTimeView {
    /// Longest response time in working minutes, inclusive: 15, 30, 60, 120, 240, 480 or 1440; `null` in the last bucket.
    #[schema(example = 15)]
    pub up_to_minutes: Option<u64>,
    /// The number of leads or messages.
    pub number: u64,
    /// Percentage of `received` with one decimal, so that the buckets and `unanswered` make up the whole.
    #[schema(example = 12.5)]
    pub percentage: f64,
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
            unanswered: of_all(counts.unanswered()),
            response_times: ResponseTimeView::all(counts.response_times(), counts.received),
            further: FurtherCountsView::from(counts.further),
        };
        view.median_response_minutes = counts.percentile(50);
        view.p90_response_minutes = counts.percentile(90);
        view
    }
}

impl ResponseTimeView {
    fn all(numbers: [u64; RESPONSE_BUCKETS.len() + 1], received: u64) -> Vec<Self> {
        let longest = RESPONSE_BUCKETS.into_iter().map(Some).chain([None]);
        let bucket = |(up_to_minutes, number)| Self { up_to_minutes, number, percentage: percentage(number, received) };
        longest.zip(numbers).map(bucket).collect()
    }
}

impl From<FurtherCounts> for FurtherCountsView {
    fn from(counts: FurtherCounts) -> Self {
        let judged = |number| Share::of(number, counts.judged());
        Self {
            received: counts.received,
            answered: Share::of(counts.answered, counts.received),
            in_time: judged(counts.in_time),
            late: judged(counts.late),
            overdue: judged(counts.overdue),
            level_1: Share::of(counts.level_1, counts.received),
            level_2: Share::of(counts.level_2, counts.received),
            response_times: ResponseTimeView::all(counts.response_times, counts.received),
        }
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
