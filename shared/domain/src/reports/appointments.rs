//! Overview of appointments (OVR-1).

use crate::appointment::{Appointment, Attended};
use crate::base::{AppointmentKind, AppointmentOrigin, AppointmentTeam, ChannelKey, Media, UserId};
use crate::reports::{AttendanceFilter, Bounds};
use chrono::{DateTime, Utc};
use std::collections::HashSet;

/// What is counted of an appointment, and filters look at.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "as in Appointment")]
pub struct AppointmentFacts {
    pub created: DateTime<Utc>,
    pub at: DateTime<Utc>,
    pub user: Option<UserId>,
    pub by: Option<UserId>,
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
            by: appointment.by.user().cloned(),
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
    /// Whether the customer came, as a filter asks.
    pub fn attendance(&self) -> AttendanceFilter {
        AttendanceFilter::of(self.cancelled, self.attended)
    }
}

/// How many appointments the customer was told of. Once or twice, of one time or of the next, an appointment counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// By e-mail, by SMS, or by both.
    pub any: u64,
    /// By e-mail; those by both too, so that it and `sms` may add up to more than `any`.
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

/// What appointments come to (OVR-1). Appointments in the workshop are in none of it.
#[derive(Debug, Clone, Default)]
pub struct AppointmentTally {
    /// All of them, those that were called off too.
    pub total: u64,
    /// Those without a customer that is known again: each counts as a customer of its own.
    pub without_customer: u64,
    customers: HashSet<ChannelKey>,
    /// Made by the contact centre's people.
    pub contact_centre: u64,
    /// Made by the dealer's people, or by the customer.
    pub dealer: u64,
    /// Confirmed: the letter was sent, not only queued.
    pub confirmed: Sent,
    /// Reminded of.
    pub reminded: Sent,
    /// Dated before today, not called off: the customer came.
    pub completed: u64,
    /// The same: the customer did not come.
    pub no_show: u64,
    /// The same: nobody has said.
    pub unknown: u64,
    /// Called off, of whatever date; in none of the three before.
    pub cancelled: u64,
}

impl AppointmentTally {
    /// Counts one more. `bounds` are those of its dealer: today begins at the dealer's own midnight.
    pub fn count(&mut self, facts: AppointmentFacts, bounds: &Bounds) {
        self.total += 1;
        match facts.team {
            AppointmentTeam::ContactCentre => self.contact_centre += 1,
            AppointmentTeam::Dealer => self.dealer += 1,
        }
        self.confirmed.count(facts.confirmed);
        self.reminded.count(facts.reminded);
        if facts.cancelled {
            self.cancelled += 1;
        } else if bounds.today.is_some_and(|today| facts.at < today) {
            match facts.attended {
                Attended::Completed => self.completed += 1,
                Attended::NoShow => self.no_show += 1,
                Attended::Unknown => self.unknown += 1,
            }
        }
        match facts.customer_id {
            Some(customer) => drop(self.customers.insert(customer)),
            None => self.without_customer += 1,
        }
    }

    /// How many customers they are of.
    pub fn customers(&self) -> u64 {
        self.customers.len() as u64 + self.without_customer
    }

    /// Those whose attendance is counted: dated before today, and not called off.
    pub fn past(&self) -> u64 {
        self.completed + self.no_show + self.unknown
    }
}
