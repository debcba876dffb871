//! Properties of the working-hours clock on random calendars, and its agreement with a slow, simple model.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use forecourt_domain::hours::{Calendar, DayOff, DayOffKind, Interval, OpeningHours, TimeOfDay, Week};
use proptest::{collection, prelude::*, sample};
use serde_json::json;

use super::{daily, minutes};

/// Zones with whole and fractional offsets, with changes of 30 minutes and of a day, at midnight, one minute after it and during Ramadan,
/// in both hemispheres, and zones without changes.
const ZONES: [Tz; 32] = [
    Tz::UTC,
    Tz::Africa__Cairo,
    Tz::Africa__Casablanca,
    Tz::Africa__Johannesburg,
    Tz::America__Asuncion,
    Tz::America__Caracas,
    Tz::America__Goose_Bay,
    Tz::America__Havana,
    Tz::America__Moncton,
    Tz::America__New_York,
    Tz::America__Nuuk,
    Tz::America__Santiago,
    Tz::America__Sao_Paulo,
    Tz::America__St_Johns,
    Tz::Antarctica__Casey,
    Tz::Antarctica__Troll,
    Tz::Asia__Amman,
    Tz::Asia__Gaza,
    Tz::Asia__Kathmandu,
    Tz::Asia__Kolkata,
    Tz::Asia__Pyongyang,
    Tz::Asia__Tehran,
    Tz::Atlantic__Azores,
    Tz::Australia__Lord_Howe,
    Tz::Australia__Sydney,
    Tz::Europe__Berlin,
    Tz::Europe__Lisbon,
    Tz::Europe__London,
    Tz::Pacific__Apia,
    Tz::Pacific__Chatham,
    Tz::Pacific__Kiritimati,
    Tz::Pacific__Kwajalein,
];

fn time() -> impl Strategy<Value = TimeOfDay> {
    let minutes = prop_oneof![Just(0), Just(1440), (0..=96u16).prop_map(|n| n * 15), 0..=1440u16];
    minutes.prop_map(|minutes| TimeOfDay::from_minutes(minutes).expect("within the day"))
}

/// Up to five intervals, some of them adjacent.
fn day() -> impl Strategy<Value = Vec<Interval>> {
    let bounds = collection::btree_map(time(), any::<bool>(), 0..=6);
    bounds.prop_map(|bounds| {
        let bounds: Vec<(TimeOfDay, bool)> = bounds.into_iter().collect();
        let parts = bounds.windows(2).filter(|pair| pair[0].1);
        parts.map(|pair| Interval { from: pair[0].0, to: pair[1].0 }).collect()
    })
}

fn week() -> impl Strategy<Value = OpeningHours> {
    [day(), day(), day(), day(), day(), day(), day()]
        .prop_map(|[mon, tue, wed, thu, fri, sat, sun]| OpeningHours::new(Week { mon, tue, wed, thu, fri, sat, sun }).expect("in order"))
}

/// An instant from 1990 to 2037, to the nanosecond. Half of them are within two days of the zone's next change of offset, if there is one
/// within a year.
fn instant(zone: Tz) -> impl Strategy<Value = DateTime<Utc>> {
    let seconds = at_year(1990)..at_year(2037);
    let past_change = prop::option::of(-2 * 86_400..2 * 86_400i64);
    (seconds, 0..1_000_000_000u32, past_change).prop_map(move |(second, nanos, past_change)| {
        let change = |second: &i64| offset(zone, *second) != offset(zone, second + 86_400);
        let near = past_change.and_then(|past| Some((second..second + 370 * 86_400).step_by(86_400).find(change)? + past));
        DateTime::from_timestamp(near.unwrap_or(second), nanos).expect("in range")
    })
}

fn at_year(year: i32) -> i64 {
    let first = NaiveDate::from_yo_opt(year, 1).expect("a date");
    first.and_time(chrono::NaiveTime::MIN).and_utc().timestamp()
}

fn offset(zone: Tz, second: i64) -> i32 {
    let at = DateTime::from_timestamp(second, 0).expect("in range").naive_utc();
    zone.offset_from_utc_datetime(&at).fix().local_minus_utc()
}

/// A calendar with weekly hours from `weeks`, and an instant with days off and special hours around it.
fn scene_of<S>(weeks: fn() -> S) -> impl Strategy<Value = (Calendar, DateTime<Utc>)>
where
    S: Strategy<Value = OpeningHours>,
{
    let zone_and_instant = sample::select(&ZONES[..]).prop_flat_map(|zone| (Just(zone), instant(zone)));
    let days_off = collection::vec((-5..30i64, prop::option::of(0..4i64)), 0..4);
    let special_hours = collection::btree_map(-5..30i64, day(), 0..4);
    (zone_and_instant, weeks(), days_off, special_hours).prop_map(|((zone, at), hours, days_off, special_hours)| {
        let date = |days| at.date_naive() + TimeDelta::days(days);
        let days_off = days_off.into_iter().map(|(first, more)| DayOff {
            from: date(first),
            to: more.map(|more| date(first + more)),
            name: "off".to_owned(),
            kind: DayOffKind::CompanyHoliday,
        });
        let special_hours = special_hours.into_iter().map(|(days, day)| (date(days), day));
        let calendar = Calendar::new(zone, hours, days_off.collect(), special_hours.collect());
        (calendar.expect("a valid calendar"), at)
    })
}

fn scene() -> impl Strategy<Value = (Calendar, DateTime<Utc>)> {
    scene_of(week)
}

fn working() -> impl Strategy<Value = TimeDelta> {
    prop_oneof![Just(TimeDelta::zero()), (1..600i64).prop_map(minutes), (1..3 * 86_400_000_000_000i64).prop_map(TimeDelta::nanoseconds),]
}

fn ahead() -> impl Strategy<Value = TimeDelta> {
    prop_oneof![(0..3 * 86_400_000i64), (0..40 * 86_400_000i64)].prop_map(TimeDelta::milliseconds)
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn clk_1_a_week_with_hours_always_has_a_due_time(
        (calendar, start) in scene(), n in working(),
    ) {
        prop_assert!(calendar.add(start, n).is_ok() || calendar.hours().is_empty());
    }

    #[test]
    fn clk_1_more_time_or_a_later_start_is_never_due_earlier(
        (calendar, start) in scene(), later in ahead(), n in working(), more in working(),
    ) {
        if let (Ok(due), Ok(due_later), Ok(due_longer)) = (
            calendar.add(start, n),
            calendar.add(start + later, n),
            calendar.add(start, n + more),
        ) {
            prop_assert!(start <= due && due <= due_later && due <= due_longer);
        }
    }

    #[test]
    fn clk_1_time_may_be_added_in_parts(
        (calendar, start) in scene(), n in working(), more in (1..600i64).prop_map(minutes),
    ) {
        if let Ok(due) = calendar.add(start, n + more) {
            let part = calendar.add(start, n).expect("less is due sooner");
            prop_assert_eq!(calendar.add(part, more), Ok(due));
        }
    }

    #[test]
    fn clk_2_a_due_time_is_open_or_a_closing_instant((calendar, start) in scene(), n in working()) {
        if let Ok(due) = calendar.add(start, n) {
            prop_assert!(calendar.is_open_or_closing(due));
            prop_assert!(!calendar.is_day_off(due) || !calendar.is_open(due));
        }
    }

    #[test]
    fn clk_2_zero_time_is_due_at_the_start_if_open_else_at_the_next_opening((calendar, start) in scene()) {
        let Ok(opening) = calendar.add(start, TimeDelta::zero()) else { return Ok(()) };
        prop_assert_eq!(calendar.next_opening(start), Ok(opening));
        prop_assert_eq!(opening == start, calendar.is_open(start));
        prop_assert!(calendar.is_open(opening));
        prop_assert_eq!(calendar.elapsed(start, opening), TimeDelta::zero());
    }

    #[test]
    fn clk_3_a_dealer_that_never_closes_counts_all_time(
        (zone, start) in sample::select(&ZONES[..]).prop_flat_map(|zone| (Just(zone), instant(zone))),
        n in working(), ahead in ahead(),
    ) {
        let always = daily(zone.name(), &json!([["00:00", "24:00"]]));
        prop_assert_eq!(always.add(start, n), Ok(start + n));
        prop_assert_eq!(always.elapsed(start, start + ahead), ahead);
        prop_assert!(always.is_open(start));
    }

    #[test]
    fn esc_2_the_last_open_minute_is_open_and_nothing_opens_after_it((calendar, at) in scene()) {
        match calendar.last_open_before(at) {
            Some(last) => {
                prop_assert!(last <= at && calendar.is_open_or_closing(last));
                prop_assert!(last == at || calendar.elapsed(last, at) <= minutes(1));
            }
            None => prop_assert_eq!(calendar.elapsed(at - TimeDelta::days(731), at), TimeDelta::zero()),
        }
    }

    #[test]
    fn clk_5_elapsed_undoes_add((calendar, start) in scene(), n in working()) {
        if let Ok(due) = calendar.add(start, n) {
            prop_assert_eq!(calendar.elapsed(start, due), n);
        }
    }

    #[test]
    fn clk_5_elapsed_is_additive_and_never_more_than_the_time_that_passed(
        (calendar, from) in scene(), first in ahead(), second in ahead(),
    ) {
        let (between, to) = (from + first, from + first + second);
        let whole = calendar.elapsed(from, to);
        prop_assert_eq!(calendar.elapsed(from, between) + calendar.elapsed(between, to), whole);
        prop_assert!(whole >= TimeDelta::zero() && whole <= first + second);
        prop_assert_eq!(calendar.elapsed(to, from), TimeDelta::zero());
    }

    #[test]
    fn clk_5_explain_returns_the_open_intervals_in_order(
        (calendar, from) in scene(), ahead in ahead(),
    ) {
        let to = from + ahead;
        let mut counted = TimeDelta::zero();
        let mut reached = from;
        for span in calendar.explain(from, to) {
            prop_assert!(reached <= span.opens && span.opens < span.closes && span.closes <= to);
            prop_assert!(calendar.is_open(span.opens));
            prop_assert!(calendar.is_open(span.closes - TimeDelta::nanoseconds(1)));
            prop_assert!(calendar.is_open_or_closing(span.closes));
            counted += span.length();
            reached = span.closes;
        }
        prop_assert_eq!(counted, calendar.elapsed(from, to));
    }

    #[test]
    fn clk_6_the_computation_ends_without_weekly_hours(
        (calendar, start) in scene_of(|| Just(OpeningHours::default())), n in working(),
    ) {
        match calendar.add(start, n) {
            Ok(due) => {
                let last = due.date_naive() + TimeDelta::days(1);
                prop_assert!(calendar.special_hours().range(..=last).any(|(_, day)| !day.is_empty()));
            }
            Err(none) => prop_assert_eq!(none.start, start),
        }
    }

    #[test]
    fn esc_5_a_held_step_is_never_early_and_never_on_a_day_off((calendar, due) in scene()) {
        if let Ok(held) = calendar.holds_day_off(due) {
            prop_assert!(held >= due);
            prop_assert!(!calendar.is_day_off(held) || calendar.is_open_or_closing(held));
            prop_assert!(held == due || (calendar.is_day_off(due) && calendar.is_open(held)));
        }
    }
}

/// The simple model: it watches the wall clock minute by minute and keeps the latest time shown. A clock that was put back shows no new
/// time until it passes the latest one.
struct Watcher<'a> {
    calendar: &'a Calendar,
    latest: NaiveDateTime,
}

impl Watcher<'_> {
    /// Returns whether the dealer is open, and whether it is a day off, in the minute that starts at `at`.
    fn watch(&mut self, at: DateTime<Utc>) -> (bool, bool) {
        self.latest = self.latest.max(at.with_timezone(&self.calendar.zone()).naive_local());
        let date = self.latest.date();
        let time = self.latest.hour() * 60 + self.latest.minute();
        let mut days_off = self.calendar.days_off().iter();
        let off = days_off.any(|day| day.from <= date && date <= day.to.unwrap_or(day.from));
        let (hours, off) = match self.calendar.special_hours().get(&date) {
            Some(special) => (&special[..], special.is_empty()),
            None if off => (&[][..], true),
            None => (self.calendar.hours().on(date.weekday()), false),
        };
        let covers = |interval: &Interval| (u32::from(interval.from.minutes())..u32::from(interval.to.minutes())).contains(&time);
        (hours.iter().any(covers), off)
    }
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn clk_4_counting_agrees_with_watching_the_wall_clock(
        (calendar, start) in scene(), wanted in 1..1500i64,
    ) {
        let start = start - TimeDelta::nanoseconds(start.timestamp_subsec_nanos().into());
        let start = start - TimeDelta::seconds(start.timestamp().rem_euclid(60));
        let mut watcher = Watcher { calendar: &calendar, latest: NaiveDateTime::MIN };
        for minute in -1440..0 {
            watcher.watch(start + minutes(minute));
        }
        let mut counted = 0;
        for minute in 0..3 * 1440 {
            let at = start + minutes(minute);
            let (open, off) = watcher.watch(at);
            if minute % 11 == 0 {
                prop_assert_eq!((calendar.is_open(at), calendar.is_day_off(at)), (open, off), "{}", at);
            }
            counted += i64::from(open);
            if open && counted == wanted {
                prop_assert_eq!(calendar.add(start, minutes(wanted)), Ok(at + minutes(1)));
            }
        }
        prop_assert_eq!(calendar.elapsed(start, start + TimeDelta::days(3)), minutes(counted));
    }
}
