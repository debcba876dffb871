//! The time in which a change of settings can affect bookings.

use crate::hours::OpeningHours;
use crate::settings::{Absence, DealerSettings, Member, WeeklyAbsence};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// How far ahead bookings are checked.
pub const AHEAD: TimeDelta = TimeDelta::days(366);

/// A range of time, the end not included.
type Range = (DateTime<Utc>, DateTime<Utc>);

/// Returns the time in which a change of settings can affect bookings, from `now` on. `None` if it can affect none. Each new absence and
/// day off has its own time; a member who is removed, and other weekly hours or absences, affect bookings at any time.
pub fn affected_range(before: &DealerSettings, after: &DealerSettings, now: DateTime<Utc>) -> Option<Range> {
    let left = before.members.iter().any(|member| after.member(&member.user).is_none());
    let week = (before.calendar.hours(), before.calendar.zone()) != (after.calendar.hours(), after.calendar.zone());
    let own = after.members.iter().any(|member| before.member(&member.user).is_some_and(|known| own_week(known) != own_week(member)));
    let ranges = match left || week || own {
        true => vec![(now, now + AHEAD)],
        false => absences(before, after).chain(dates(before, after)).collect(),
    };
    let ranges = ranges.into_iter().map(|(from, until)| (from.max(now), until.min(now + AHEAD))).filter(|(from, until)| from < until);
    ranges.reduce(|all, range| (all.0.min(range.0), all.1.max(range.1)))
}

/// Returns the hours and absences of a member that repeat every week.
fn own_week(member: &Member) -> (Option<&OpeningHours>, &[WeeklyAbsence]) {
    (member.hours.as_ref(), &member.weekly_absences)
}

/// Returns the absences that are new or longer, or have another deputy, who then decides.
fn absences<'a>(before: &'a DealerSettings, after: &'a DealerSettings) -> impl Iterator<Item = Range> + 'a {
    after.members.iter().flat_map(|member| {
        let known = before.member(&member.user).map(|known| known.absences.as_slice()).unwrap_or_default();
        let is_same = |known: &Absence, absence: &Absence| {
            known.from <= absence.from && absence.until <= known.until && known.deputy == absence.deputy
        };
        let is_new = move |absence: &&Absence| !known.iter().any(|known| is_same(known, absence));
        member.absences.iter().filter(is_new).map(|absence| (absence.from, absence.until))
    })
}

/// Returns the days off that are new, and the dates whose special hours changed.
fn dates<'a>(before: &'a DealerSettings, after: &'a DealerSettings) -> impl Iterator<Item = Range> + 'a {
    let (was, is) = (&before.calendar, &after.calendar);
    let off = is.days_off().iter().filter(|day| !was.days_off().contains(day)).map(|day| (day.from, day.to.unwrap_or(day.from)));
    let both = was.special_hours().keys().chain(is.special_hours().keys());
    let special = both.filter(|date| was.special_hours().get(date) != is.special_hours().get(date)).map(|date| (*date, *date));
    let whole = |(first, last): (NaiveDate, NaiveDate)| Some((is.begins(first)?, is.begins(last.succ_opt()?)?));
    off.chain(special).filter_map(whole)
}
