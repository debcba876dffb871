//! Which appointments a dealer takes, and how and when its customers are told of them (APT-2, APT-3).

use super::{Media, Origin};
use crate::hours::{Calendar, TimeOfDay};
use crate::letter::Medium;
use crate::refusal::Fault;
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A dealer's settings of appointments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppointmentSettings {
    /// Where appointments come from; others are refused (APT-2). Default: made here, and by the contact centre.
    pub origins: BTreeSet<Origin>,
    /// Hours before an appointment at which its customer is reminded, 0 to 336; 0: never. Whole days go by the wall clock. Default 24.
    pub reminder_hours: u32,
    /// By what customers are told. Default: e-mail.
    pub media: BTreeSet<Medium>,
    /// Before this local time nobody is reminded. Default 08:00.
    pub quiet_until: TimeOfDay,
    /// Nor from this local time on. Default 20:00.
    pub quiet_from: TimeOfDay,
}

impl Default for AppointmentSettings {
    fn default() -> Self {
        let hour = |hours: u16| TimeOfDay::from_minutes(hours * 60).unwrap_or(TimeOfDay::MIDNIGHT);
        Self {
            origins: BTreeSet::from([Origin::Forecourt, Origin::ContactCentre]),
            reminder_hours: 24,
            media: BTreeSet::from([Medium::Email]),
            quiet_until: hour(8),
            quiet_from: hour(20),
        }
    }
}

impl AppointmentSettings {
    /// Longest time before an appointment: two weeks.
    const MAX_HOURS: u32 = 14 * 24;

    /// Every fault with its field, as it is called here.
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.reminder_hours > Self::MAX_HOURS {
            faults.push(Fault::new("reminder_hours", "APT-3", format!("must be 0 to {}", Self::MAX_HOURS)));
        }
        if self.quiet_until >= self.quiet_from {
            faults.push(Fault::new("quiet_until", "APT-3", "must be before quiet_from: in between customers are reminded"));
        }
        faults
    }

    /// The media that the dealer uses and the customer does not refuse.
    pub fn media(&self, refuses: &Media) -> Vec<Medium> {
        let refused = |medium: Medium| match medium {
            Medium::Email => refuses.email,
            Medium::Sms => refuses.sms,
        };
        self.media.iter().copied().filter(|medium| !refused(*medium)).collect()
    }

    /// When the customer of an appointment at `at` is reminded: never at night, and not if that time is past at `now` (APT-3).
    pub fn reminder_at(&self, at: DateTime<Utc>, calendar: &Calendar, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.reminder_hours == 0 {
            return None;
        }
        let zone = calendar.zone();
        let first = |local: NaiveDateTime| {
            // A time that the clock skips is the first instant after it.
            (0..=24).find_map(|quarters| zone.from_local_datetime(&(local + TimeDelta::minutes(15 * quarters))).earliest())
        };
        let wanted = if self.reminder_hours.is_multiple_of(24) {
            let local = at.with_timezone(&zone).naive_local();
            first(local.checked_sub_days(Days::new(u64::from(self.reminder_hours / 24)))?)?.to_utc()
        } else {
            at - TimeDelta::hours(self.reminder_hours.into())
        };
        let local = wanted.with_timezone(&zone).naive_local();
        let minute = |time: TimeOfDay| TimeDelta::minutes(time.minutes().into());
        let on = |date: NaiveDate, time: TimeOfDay| first(date.and_time(chrono::NaiveTime::MIN) + minute(time)).map(|at| at.to_utc());
        let since_midnight = local - local.date().and_time(chrono::NaiveTime::MIN);
        let held = if since_midnight < minute(self.quiet_until) {
            on(local.date(), self.quiet_until)?
        } else if since_midnight >= minute(self.quiet_from) {
            on(local.date().succ_opt()?, self.quiet_until)?
        } else {
            wanted
        };
        // The morning may be too late to remind of an early appointment: then it is the evening before.
        let due = if held < at {
            held
        } else {
            let evening = |date: NaiveDate| on(date, self.quiet_from).map(|from| from - TimeDelta::minutes(1));
            [Some(local.date()), local.date().pred_opt()].into_iter().flatten().filter_map(evening).find(|evening| *evening <= wanted)?
        };
        Some(due).filter(|due| *due > now)
    }
}
