//! The settings of appointments: accepted origins, reminders, quiet hours (APT-2, APT-3).

use crate::base::{AppointmentOrigin, Fault, Media, Medium, is_default, whole};
use crate::hours::{Calendar, TimeOfDay};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A dealer's settings for appointments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AppointmentSettings {
    /// The accepted origins of appointments; others are refused (APT-2). Default: Forecourt and the contact centre.
    pub origins: BTreeSet<AppointmentOrigin>,
    /// Hours before an appointment at which its customer is reminded, 0 to 336; 0 means never. A multiple of 24 counts days of the wall
    /// clock. Default 24.
    #[serde(deserialize_with = "whole::<_, _, 0, 336>")]
    pub reminder_hours: u32,
    /// The media by which customers are notified. Default: e-mail.
    pub media: BTreeSet<Medium>,
    /// No reminders are sent before this local time. Default 08:00.
    pub quiet_until: TimeOfDay,
    /// No reminders are sent from this local time on. Default 20:00.
    pub quiet_from: TimeOfDay,
    /// Minutes before an appointment at which its salesperson is reminded, 0 to 1,440; 0 means never. Default 0 (APT-7).
    #[serde(deserialize_with = "whole::<_, _, 0, 1440>", skip_serializing_if = "is_default")]
    pub appointment_reminder_minutes: u32,
    /// Whether each salesperson gets a list of the day's appointments at the opening. Default: yes (APT-7).
    #[serde(skip_serializing_if = "is_yes")]
    pub morning_list: bool,
    /// Opening hours after the end of a visit at which it becomes a no-show if nobody has recorded the attendance, 0 to 72; 0 means never.
    /// Default 0 (APT-12).
    #[serde(deserialize_with = "whole::<_, _, 0, 72>", skip_serializing_if = "is_default")]
    pub no_show_after_hours: u32,
}

fn is_yes(value: &bool) -> bool {
    *value
}

impl Default for AppointmentSettings {
    fn default() -> Self {
        let hour = |hours: u16| TimeOfDay::from_minutes(hours * 60).unwrap_or(TimeOfDay::MIDNIGHT);
        Self {
            origins: BTreeSet::from([AppointmentOrigin::Forecourt, AppointmentOrigin::ContactCentre]),
            reminder_hours: 24,
            media: BTreeSet::from([Medium::Email]),
            quiet_until: hour(8),
            quiet_from: hour(20),
            appointment_reminder_minutes: 0,
            morning_list: true,
            no_show_after_hours: 0,
        }
    }
}

impl AppointmentSettings {
    /// The longest time between reminder and appointment: two weeks.
    const MAX_HOURS: u32 = 14 * 24;

    /// The longest time between the reminder of the salesperson and the appointment: a day.
    const MAX_MINUTES: u32 = 24 * 60;

    /// The longest time after which a visit becomes a no-show.
    const MAX_NO_SHOW_HOURS: u32 = 72;

    /// Returns every fault. The paths of the fields are relative to these settings.
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.reminder_hours > Self::MAX_HOURS {
            faults.push(Fault::new("reminder_hours", "APT-3", format!("must be 0 to {}", Self::MAX_HOURS)));
        }
        if self.appointment_reminder_minutes > Self::MAX_MINUTES {
            faults.push(Fault::new("appointment_reminder_minutes", "APT-7", format!("must be 0 to {}", Self::MAX_MINUTES)));
        }
        if self.no_show_after_hours > Self::MAX_NO_SHOW_HOURS {
            faults.push(Fault::new("no_show_after_hours", "APT-12", format!("must be 0 to {}", Self::MAX_NO_SHOW_HOURS)));
        }
        if self.origins.contains(&AppointmentOrigin::Unknown) {
            let names = AppointmentOrigin::NAMES.map(|(name, _)| name).join(", ");
            faults.push(Fault::new("origins", "APT-2", format!("must be among {names}")));
        }
        if self.media.contains(&Medium::Unknown) {
            faults.push(Fault::new("media", "APT-3", "must be among email, sms"));
        }
        if self.quiet_until >= self.quiet_from {
            faults.push(Fault::new("quiet_until", "APT-3", "must be before quiet_from: reminders are sent between the two times"));
        }
        faults
    }

    /// Returns the media that the dealer uses and the customer does not refuse.
    pub fn media(&self, refuses: &Media) -> Vec<Medium> {
        self.media.iter().copied().filter(|medium| *medium != Medium::Unknown && !refuses.has(*medium)).collect()
    }

    /// Returns when the customer of an appointment at `at` is reminded (APT-3). A reminder within the quiet hours is sent the next morning
    /// or, if that leaves less than an hour, the evening before. `None` if the time is not after `now`.
    pub fn reminder_at(&self, at: DateTime<Utc>, calendar: &Calendar, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.reminder_of(at, calendar).filter(|due| *due > now)
    }

    /// Like [`reminder_at`](Self::reminder_at), but returns a past time too.
    pub(crate) fn reminder_of(&self, at: DateTime<Utc>, calendar: &Calendar) -> Option<DateTime<Utc>> {
        if self.reminder_hours == 0 {
            return None;
        }
        let zone = calendar.zone();
        let wanted = if self.reminder_hours.is_multiple_of(24) {
            let local = at.with_timezone(&zone).naive_local();
            first_shown(calendar, local.checked_sub_days(Days::new(u64::from(self.reminder_hours / 24)))?)?
        } else {
            // Stored settings may break the rule.
            at - TimeDelta::hours(self.reminder_hours.min(Self::MAX_HOURS).into())
        };
        let date = wanted.with_timezone(&zone).date_naive();
        let latest = at - TimeDelta::hours(1).min(at - wanted);
        let morning = |date: Option<NaiveDate>| self.on(date?, self.quiet_until, calendar).filter(|at| *at >= wanted && *at <= latest);
        let evening = |date: Option<NaiveDate>| {
            let before = self.on(date?, self.quiet_from, calendar)? - TimeDelta::minutes(1);
            Some(before).filter(|at| *at <= wanted)
        };
        let times = [Some(wanted), morning(Some(date)), morning(date.succ_opt()), evening(Some(date)), evening(date.pred_opt())];
        times.into_iter().flatten().find(|at| self.is_day(*at, calendar))
    }

    /// Returns whether `at` is outside the quiet hours.
    fn is_day(&self, at: DateTime<Utc>, calendar: &Calendar) -> bool {
        let local = at.with_timezone(&calendar.zone()).naive_local();
        let since_midnight = local - local.date().and_time(NaiveTime::MIN);
        (minutes(self.quiet_until)..minutes(self.quiet_from)).contains(&since_midnight)
    }

    /// Returns the end of the quiet hours if `now` is within them. The inner `None` means that they do not end within two days.
    pub(crate) fn day_after(&self, now: DateTime<Utc>, calendar: &Calendar) -> Option<Option<DateTime<Utc>>> {
        if self.is_day(now, calendar) {
            return None;
        }
        let date = now.with_timezone(&calendar.zone()).date_naive();
        let mornings = date.iter_days().take(3).filter_map(|date| self.on(date, self.quiet_until, calendar));
        Some(mornings.into_iter().find(|morning| *morning > now && self.is_day(*morning, calendar)))
    }

    fn on(&self, date: NaiveDate, time: TimeOfDay, calendar: &Calendar) -> Option<DateTime<Utc>> {
        first_shown(calendar, date.and_time(NaiveTime::MIN) + minutes(time))
    }
}

fn minutes(time: TimeOfDay) -> TimeDelta {
    TimeDelta::minutes(time.minutes().into())
}

/// Returns the first instant at which the dealer's clock shows a local time or, if the clock skips it, the first one after it.
fn first_shown(calendar: &Calendar, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    let shown = |quarters: i64| calendar.zone().from_local_datetime(&(local + TimeDelta::minutes(15 * quarters))).earliest();
    // No zone skips more than a day (96 quarter-hours).
    (0..=96).find_map(shown).map(|at| at.to_utc())
}
