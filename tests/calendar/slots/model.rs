//! A naive model of slots: it steps through the wall clock minute by minute and checks the list of events for each minute.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};
use forecourt_domain::hours::{Calendar, Interval, TimeOfDay};
use forecourt_domain::settings::{Absence, CapacityDraft};

use super::minutes;

/// The number of days that the model covers.
const WATCHED: i64 = 5;

/// One event of the list: its reserved time, and the date that a customer booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) from: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
    pub(super) booked_for: Option<NaiveDate>,
}

/// Returns whether the event overlaps the quarter-hour of `at`.
pub(super) fn touches(event: &Event, at: DateTime<Utc>) -> bool {
    let quarter = DateTime::from_timestamp(at.timestamp().div_euclid(900) * 900, 0).expect("in range");
    event.from < quarter + minutes(15) && quarter < event.until
}

/// One minute: the time on the wall clock, and the latest time that the clock has shown so far. They differ after the clock is set back.
#[derive(Debug, Clone, Copy)]
struct Minute {
    wall: NaiveDateTime,
    latest: NaiveDateTime,
}

/// Consecutive minutes from `start` on.
pub(super) struct Model<'a> {
    pub(super) calendar: &'a Calendar,
    pub(super) set: &'a CapacityDraft,
    pub(super) absences: &'a [Absence],
    pub(super) now: DateTime<Utc>,
    start: DateTime<Utc>,
    minutes: Vec<Minute>,
}

impl<'a> Model<'a> {
    /// `start` must be a whole minute, and `now` within [`WATCHED`] days of it.
    pub(super) fn watch(
        calendar: &'a Calendar,
        set: &'a CapacityDraft,
        absences: &'a [Absence],
        now: DateTime<Utc>,
        start: DateTime<Utc>,
    ) -> Self {
        let mut latest = NaiveDateTime::MIN;
        let mut seen = Vec::new();
        for minute in -1440..WATCHED * 1440 {
            let wall = (start + minutes(minute)).with_timezone(&calendar.zone()).naive_local();
            latest = latest.max(wall);
            if minute >= 0 {
                seen.push(Minute { wall, latest });
            }
        }
        Self { calendar, set, absences, now, start, minutes: seen }
    }

    fn minute(&self, at: DateTime<Utc>) -> Minute {
        self.minutes[usize::try_from((at - self.start).num_minutes()).expect("watched")]
    }

    fn hours_on(&self, date: NaiveDate) -> &[Interval] {
        let mut off = self.calendar.days_off().iter();
        match self.calendar.special_hours().get(&date) {
            Some(special) => special,
            None if off.any(|day| day.from <= date && date <= day.to.unwrap_or(day.from)) => &[],
            None => self.calendar.hours().on(date.weekday()),
        }
    }

    /// Returns the interval of opening hours that contains a minute.
    fn interval(&self, minute: Minute) -> Option<Interval> {
        let time = of_day(minute.latest);
        let mut hours = self.hours_on(minute.latest.date()).iter();
        hours.find(|interval| interval.from.minutes() <= time && time < interval.to.minutes()).copied()
    }

    /// Returns the local date of a slot that begins at `from`.
    pub(super) fn date(&self, from: DateTime<Utc>) -> NaiveDate {
        self.minute(from).latest.date()
    }

    /// Returns the duration of a slot.
    pub(super) fn length(&self) -> TimeDelta {
        minutes(self.set.default_duration.unwrap_or(60).into())
    }

    /// Returns whether the opening hours and the clock allow a customer's slot at `from`.
    pub(super) fn is_offered(&self, from: DateTime<Utc>) -> bool {
        if from < self.start || from != self.start + minutes((from - self.start).num_minutes()) {
            return false;
        }
        let begin = self.minute(from);
        let Some(interval) = self.interval(begin) else { return false };
        let earliest = self.set.earliest.unwrap_or(TimeOfDay::MIDNIGHT).max(interval.from).minutes();
        let first = earliest.div_ceil(15) * 15;
        let time = of_day(begin.wall);
        let step = u16::try_from(self.set.step.unwrap_or(30)).expect("small");
        let is_start = begin.wall.date() == begin.latest.date()
            && time >= first
            && (time - first).is_multiple_of(step)
            && time < interval.to.minutes();
        let latest = self.set.latest.map(|latest| {
            let midnight = begin.latest.date().and_time(chrono::NaiveTime::MIN);
            midnight + minutes(latest.minutes().into())
        });
        let until = from + self.length();
        let mut within = (0..self.length().num_minutes()).map(|n| self.minute(from + minutes(n)));
        let is_open = within.all(|minute| self.interval(minute).is_some() && latest.is_none_or(|latest| minute.latest < latest));
        let is_away = self.absences.iter().any(|away| away.from < until && away.until > from);
        let today = self.minute(self.now).latest.date();
        let is_near = (begin.latest.date() - today).num_days() <= self.set.horizon_days.unwrap_or(28).into();
        is_start && is_open && !is_away && is_near && from - self.now >= minutes(self.set.notice.unwrap_or(60).into())
    }

    /// Returns whether the other events leave a place at `from`.
    pub(super) fn has_room<'b>(&self, from: DateTime<Utc>, others: &(impl Iterator<Item = &'b Event> + Clone)) -> bool {
        let per_slot = usize::try_from(self.set.per_slot.unwrap_or(1)).expect("small");
        let per_day = usize::try_from(self.set.per_day.unwrap_or(8)).expect("small");
        let quarters = (0..self.length().num_minutes()).step_by(15).map(|n| from + minutes(n));
        let is_full = |at: DateTime<Utc>| others.clone().filter(|event| touches(event, at)).count() >= per_slot;
        let customers = others.clone().filter(|event| event.booked_for == Some(self.date(from))).count();
        customers < per_day && !quarters.into_iter().any(is_full)
    }
}

fn of_day(time: NaiveDateTime) -> u16 {
    u16::try_from(time.hour() * 60 + time.minute()).expect("within the day")
}
