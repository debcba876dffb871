//! Overview of appointments (OVR-1).

use crate::appointment::{Appointment, Attended, OfLead};
use crate::base::{Actor, AppointmentKind, AppointmentOrigin, AppointmentTeam, ChannelKey, LeadId, Media, UserId};
use crate::reports::{AttendanceFilter, Bounds};
use chrono::{DateTime, NaiveDate, Utc};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

/// The facts of an appointment that are counted and filtered.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "as in Appointment")]
pub struct AppointmentFacts {
    pub created: DateTime<Utc>,
    pub at: DateTime<Utc>,
    pub user: Option<UserId>,
    pub by: Actor,
    pub lead: Option<LeadId>,
    pub of_lead: Option<OfLead>,
    pub customer_confirmed: bool,
    pub no_show_reason: Option<String>,
    pub customer_id: Option<ChannelKey>,
    pub kind: AppointmentKind,
    pub origin: AppointmentOrigin,
    pub team: AppointmentTeam,
    pub cancelled: bool,
    pub attended: Attended,
    pub confirmed: Media,
    pub reminded: Media,
}

impl From<&Appointment> for AppointmentFacts {
    fn from(appointment: &Appointment) -> Self {
        Self {
            created: appointment.created,
            at: appointment.at,
            user: appointment.user.clone(),
            by: appointment.by.clone(),
            lead: appointment.lead,
            of_lead: appointment.of_lead.clone(),
            customer_confirmed: appointment.customer_confirmed.is_some(),
            no_show_reason: appointment.attendance.reason.clone().filter(|_| appointment.attendance.is == Attended::NoShow),
            customer_id: appointment.customer_id.clone(),
            kind: appointment.kind,
            origin: appointment.origin,
            team: appointment.team,
            cancelled: appointment.state.is_cancelled(),
            attended: appointment.attendance.is,
            confirmed: appointment.confirmed,
            reminded: appointment.reminded,
        }
    }
}

impl AppointmentFacts {
    /// The attendance as a filter value. `bounds` are those of its dealer: today begins at midnight in the dealer's time zone.
    pub fn attendance(&self, bounds: &Bounds) -> AttendanceFilter {
        AttendanceFilter::of(self.cancelled, bounds.today.is_some_and(|today| self.at < today), self.attended)
    }
}

/// The order of the rows of the overview (OVR-3). Rows of the same time are ordered by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AppointmentOrder {
    /// By the time of creation, newest first.
    #[default]
    CreatedDesc,
    /// By the time of creation, oldest first.
    CreatedAsc,
    /// By the time of the appointment, latest first.
    AppointmentDesc,
    /// By the time of the appointment, earliest first.
    AppointmentAsc,
}

impl AppointmentOrder {
    /// The names in queries.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("created_desc", Self::CreatedDesc),
        ("created_asc", Self::CreatedAsc),
        ("appointment_desc", Self::AppointmentDesc),
        ("appointment_asc", Self::AppointmentAsc),
    ];

    /// Returns the name in queries.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, order)| *order == self).map_or("", |(name, _)| name)
    }

    /// Returns the time by which an appointment is ordered.
    pub fn time(self, appointment: &Appointment) -> DateTime<Utc> {
        match self {
            Self::CreatedDesc | Self::CreatedAsc => appointment.created,
            Self::AppointmentDesc | Self::AppointmentAsc => appointment.at,
        }
    }

    /// Compares two rows by their times and ids.
    pub fn compare(self, (at, id): (DateTime<Utc>, &str), (other_at, other_id): (DateTime<Utc>, &str)) -> Ordering {
        let by_time = match self {
            Self::CreatedDesc | Self::AppointmentDesc => other_at.cmp(&at),
            Self::CreatedAsc | Self::AppointmentAsc => at.cmp(&other_at),
        };
        by_time.then_with(|| id.cmp(other_id))
    }
}

/// The number of appointments that the customer was notified of. Each appointment counts once, however many letters were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// By e-mail, by SMS, or by both.
    pub any: u64,
    /// By e-mail. Appointments with both media count here and in `sms`, so the sum may exceed `any`.
    pub email: u64,
    /// By SMS.
    pub sms: u64,
}

impl Sent {
    fn count(&mut self, media: Media) {
        self.any += u64::from(!media.is_none());
        self.email += u64::from(media.email);
        self.sms += u64::from(media.sms);
    }
}

/// The appointments that take place on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OfDay {
    /// All, including cancelled ones.
    pub number: u64,
    /// The cancelled ones.
    pub cancelled: u64,
}

/// The appointment overview (OVR-1). Workshop appointments are not counted.
#[derive(Debug, Clone, Default)]
pub struct AppointmentTally {
    /// All, including cancelled ones.
    pub total: u64,
    /// Appointments whose customer is not identified. Each counts as a separate customer.
    pub without_customer: u64,
    customers: HashSet<ChannelKey>,
    /// Created by the contact centre.
    pub contact_centre: u64,
    /// Created by the dealer or by the customer.
    pub dealer: u64,
    /// Confirmed: the letter was sent, not only queued.
    pub confirmed: Sent,
    /// With a reminder that was sent.
    pub reminded: Sent,
    /// Dated before today, not cancelled: the customer came.
    pub completed: u64,
    /// Dated before today, not cancelled: the customer did not come.
    pub no_show: u64,
    /// Dated before today, not cancelled: not recorded.
    pub unknown: u64,
    /// Cancelled, of any date. Not included in the three counts above.
    pub cancelled: u64,
    /// By the day on which they take place.
    pub days: BTreeMap<NaiveDate, OfDay>,
}

impl AppointmentTally {
    /// Counts one more appointment. `bounds` are those of its dealer: today begins at midnight in the dealer's time zone. `day` is the date
    /// of the appointment in that zone.
    pub fn count(&mut self, facts: AppointmentFacts, bounds: &Bounds, day: NaiveDate) {
        self.total += 1;
        let of_day = self.days.entry(day).or_default();
        of_day.number += 1;
        of_day.cancelled += u64::from(facts.cancelled);
        match facts.team {
            AppointmentTeam::ContactCentre => self.contact_centre += 1,
            AppointmentTeam::Dealer => self.dealer += 1,
            AppointmentTeam::Unknown => {}
        }
        self.confirmed.count(facts.confirmed);
        self.reminded.count(facts.reminded);
        match facts.attendance(bounds) {
            AttendanceFilter::Cancelled => self.cancelled += 1,
            AttendanceFilter::Completed => self.completed += 1,
            AttendanceFilter::NoShow => self.no_show += 1,
            AttendanceFilter::Unknown => self.unknown += 1,
            AttendanceFilter::TodayOrLater => {}
        }
        match facts.customer_id {
            Some(customer) => drop(self.customers.insert(customer)),
            None => self.without_customer += 1,
        }
    }

    /// The number of customers.
    pub fn customers(&self) -> u64 {
        self.customers.len() as u64 + self.without_customer
    }

    /// The number of appointments that are dated before today and not cancelled.
    pub fn past(&self) -> u64 {
        self.completed + self.no_show + self.unknown
    }
}
