//! The job that notifies staff of a dealer's undecided bookings until somebody has decided about each of them (APT-9).

use crate::base::{DealerId, UserId, known_entries};
use crate::bookings::{Impediment, Undecided};
use crate::hours::Calendar;
use crate::settings::{DealerSettings, GivenBooking, HandOver};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The state of the notices about a dealer's undecided bookings. It is kept after the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingWatch {
    /// The dealer.
    pub dealer: DealerId,
    /// When the bookings must be checked next. `None` if no notice is left to send.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// Whether a sender is checking them; `due` is then the end of its lease.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leased: bool,
    /// Until when a booking whose person has left waits for the hand-over of its work, unless it begins soon. `None` if none waits.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub hands_over_until: Option<DateTime<Utc>>,
    /// The date of the latest notice of each booking to each recipient.
    #[serde(default, deserialize_with = "known_entries")]
    pub notified: BTreeMap<String, NaiveDate>,
    /// The person of each booking that was notified, and the user who was asked first.
    #[serde(default, deserialize_with = "known_entries", skip_serializing_if = "BTreeMap::is_empty")]
    pub asked: BTreeMap<String, String>,
    /// The bookings that hand-overs gave to other persons, who have not been notified yet (DIS-12).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<GivenBooking>,
}

/// The notices that are due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notices {
    /// The places of the bookings in the given list, for each recipient.
    Now(BTreeMap<UserId, BTreeSet<usize>>),
    /// The dealer is closed, and no booking starts before the opening.
    At(DateTime<Utc>),
}

/// Bookings of this time need a decision at once, also while their work is handed over.
const SOON: TimeDelta = TimeDelta::hours(2);
/// The delay before the first notices: requests that read the former settings, and the index that lists the bookings, are then done.
const SETTLED: TimeDelta = TimeDelta::seconds(60);
/// How long bookings wait for the hand-over of work: it is then done, even if a step of it had to be repeated.
const HAND_OVER: TimeDelta = TimeDelta::minutes(30);
/// How long one check with its mails may take.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// When mails that were not accepted are sent again.
const RETRY: TimeDelta = TimeDelta::minutes(10);
/// How far back open days are searched.
const DAYS_BACK: usize = 60;

impl BookingWatch {
    /// Starts the watch of a dealer, or checks it sooner.
    pub fn started(before: Option<&Self>, dealer: &DealerId, now: DateTime<Utc>) -> Self {
        Self::started_at(before, dealer, now + SETTLED)
    }

    /// Starts the watch of a dealer with a hand-over of work: it moves most of the bookings to other persons (DIS-12). Until then only the
    /// bookings of the next two open days are notified.
    pub fn started_with_hand_over(before: Option<&Self>, dealer: &DealerId, now: DateTime<Utc>) -> Self {
        Self { hands_over_until: Some(now + HAND_OVER), ..Self::started(before, dealer, now) }
    }

    fn started_at(before: Option<&Self>, dealer: &DealerId, soon: DateTime<Utc>) -> Self {
        let new = || Self {
            dealer: dealer.clone(),
            due: None,
            leased: false,
            hands_over_until: None,
            notified: BTreeMap::new(),
            asked: BTreeMap::new(),
            given: Vec::new(),
        };
        let before = before.cloned().unwrap_or_else(new);
        // A check that runs may have read the former settings: another one follows it.
        Self { due: Some(before.due.filter(|_| !before.leased).map_or(soon, |due| due.min(soon))), leased: false, ..before }
    }

    /// Starts the watch of a dealer, or checks it sooner, because a hand-over gave bookings to other persons (DIS-12).
    pub fn with_given(before: Option<&Self>, dealer: &DealerId, given: Vec<GivenBooking>, now: DateTime<Utc>) -> Self {
        let mut watch = Self::started(before, dealer, now);
        watch.given.extend(given);
        watch.given.truncate(HandOver::MOST_GIVEN);
        watch
    }

    /// Returns the next opening if notices of given bookings must wait for it. `None` if the dealer is open, or never opens.
    pub fn given_wait_until(&self, settings: &DealerSettings, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let calendar = &settings.calendar;
        let opening = calendar.next_opening(now).ok().filter(|opening| *opening > now && !calendar.is_open_or_closing(now));
        opening.filter(|_| !self.given.is_empty())
    }

    /// Leases a check that is due. `None` if none is due.
    pub fn claim(&self, now: DateTime<Utc>) -> Option<Self> {
        self.due.filter(|due| *due <= now).map(|_| Self { due: Some(now + LEASE), leased: true, ..self.clone() })
    }

    /// Returns the notices that are due at `now` about the `undecided` bookings. Each is notified once at once, then daily from the second
    /// open day before.
    pub fn notices(&self, settings: &DealerSettings, undecided: &[Undecided], now: DateTime<Utc>) -> Notices {
        let calendar = &settings.calendar;
        let today = calendar.date_of(now);
        let mut notices: BTreeMap<UserId, BTreeSet<usize>> = BTreeMap::new();
        let mut earliest: Option<DateTime<Utc>> = None;
        for (place, booking) in undecided.iter().enumerate().filter(|(_, booking)| !self.waits(booking, now)) {
            let [second_last, last] = open_days_before(calendar, calendar.date_of(booking.at));
            let mut recipients = BTreeSet::new();
            if !self.is_notified(booking) || self.asks_another(booking, settings) {
                recipients.insert(booking.recipient(settings, now));
            }
            let daily = [(second_last, booking.supervisor(settings, now)), (last, settings.last_decides(now))];
            let due = daily.into_iter().filter(|(from, user)| {
                is_open_day(calendar, today) && *from <= today && self.notified.get(&name(booking, user)) != Some(&today)
            });
            recipients.extend(due.map(|(_, user)| user));
            for user in recipients {
                notices.entry(user.clone()).or_default().insert(place);
                earliest = Some(earliest.map_or(booking.at, |earliest| earliest.min(booking.at)));
            }
        }
        let opening = calendar.next_opening(now).ok().filter(|opening| *opening > now && !calendar.is_open_or_closing(now));
        match opening.zip(earliest) {
            Some((opening, earliest)) if opening < earliest => Notices::At(opening),
            _ => Notices::Now(notices),
        }
    }

    /// Returns the watch after the mails to `reached`, which are places in `undecided`. `missed` states that a mail was not accepted.
    pub fn after(
        &self,
        settings: &DealerSettings,
        undecided: &[Undecided],
        reached: &[(UserId, BTreeSet<usize>)],
        missed: bool,
        now: DateTime<Utc>,
    ) -> Self {
        let calendar = &settings.calendar;
        let today = calendar.date_of(now);
        let causes: BTreeSet<String> = undecided.iter().map(cause).collect();
        let counts = |name: &String| name.rfind('#').is_some_and(|end| causes.contains(&name[..=end]));
        let mut notified = self.notified.clone();
        notified.retain(|name, _| counts(name));
        let names = reached.iter().flat_map(|(user, places)| places.iter().filter_map(|place| Some(name(undecided.get(*place)?, user))));
        notified.extend(names.map(|name| (name, today)));
        let is_reached = |place: usize, booking: &Undecided| {
            let first = booking.recipient(settings, now);
            reached.iter().any(|(user, places)| user == first && places.contains(&place))
        };
        let asked = undecided.iter().enumerate().map(|(place, booking)| {
            let known = self.asked.get(&cause(booking)).filter(|_| !is_reached(place, booking)).cloned();
            (cause(booking), known.unwrap_or_else(|| booking.asked(settings)))
        });
        let asked = asked.filter(|(cause, _)| notified.keys().any(|name| name.starts_with(cause))).collect();
        let hands_over_until = self.hands_over_until.filter(|_| undecided.iter().any(|booking| self.waits(booking, now)));
        let next = undecided.iter().filter_map(|booking| next_notice(calendar, booking.at, now)).chain(hands_over_until).min();
        let due = if missed { Some(now + RETRY) } else { next };
        let given = self.given.clone();
        Self { due, leased: false, hands_over_until, notified, asked, dealer: self.dealer.clone(), given }
    }

    fn is_notified(&self, booking: &Undecided) -> bool {
        self.notified.keys().any(|name| name.starts_with(&cause(booking)))
    }

    /// Returns whether a booking has another person, or another user is asked first, than at its latest first notice.
    fn asks_another(&self, booking: &Undecided, settings: &DealerSettings) -> bool {
        self.asked.get(&cause(booking)).is_some_and(|asked| *asked != booking.asked(settings))
    }

    /// Returns whether a booking still waits for the hand-over of its work. A booking of the next two hours does not wait.
    fn waits(&self, booking: &Undecided, now: DateTime<Utc>) -> bool {
        let hands_over = booking.why == Impediment::Leaver && self.hands_over_until.is_some_and(|until| now < until);
        hands_over && booking.at > now + SOON
    }

    /// Returns the watch as it is stored over `stored`, after notices of the bookings `reported`. Bookings that were given to other persons
    /// in the meantime stay, and are reported by `next`.
    pub fn without_given(self, stored: &Self, reported: &[GivenBooking], next: DateTime<Utc>) -> Self {
        let given: Vec<GivenBooking> = stored.given.iter().filter(|given| !reported.contains(given)).cloned().collect();
        let due = if given.is_empty() { self.due } else { Some(self.due.map_or(next, |due| due.min(next))) };
        Self { due, given, ..self }
    }

    /// Returns the watch that waits until `due`.
    pub fn waiting(&self, due: DateTime<Utc>) -> Self {
        Self { due: Some(due), leased: false, ..self.clone() }
    }
}

/// Returns the first part of the names of the notices of a booking. If it is moved, or affected for another reason, it is notified anew.
fn cause(booking: &Undecided) -> String {
    format!("{}#{}#{}#", booking.id, booking.at.timestamp_millis(), booking.why.name())
}

fn name(booking: &Undecided, user: &UserId) -> String {
    format!("{}{user}", cause(booking))
}

/// Returns the second last and the last open day before a date. If the dealer is closed for too long, these are the days before it.
fn open_days_before(calendar: &Calendar, date: NaiveDate) -> [NaiveDate; 2] {
    let days = || std::iter::successors(date.pred_opt(), NaiveDate::pred_opt);
    let mut open = days().take(DAYS_BACK).filter(|day| is_open_day(calendar, *day));
    let mut closed = days();
    let first = closed.next().unwrap_or(date);
    let last = open.next().unwrap_or(first);
    [open.next().unwrap_or_else(|| last.pred_opt().unwrap_or(last)), last]
}

fn is_open_day(calendar: &Calendar, date: NaiveDate) -> bool {
    calendar.openings_on(date).next().is_some()
}

/// Returns the next time after `now` at which an undecided booking is notified: the opening of an open day, from the second last one before
/// it. `None` if no such day is left.
fn next_notice(calendar: &Calendar, at: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let date = calendar.date_of(at);
    let [second_last, _] = open_days_before(calendar, date);
    let days = second_last.max(calendar.date_of(now)).iter_days().take_while(|day| *day <= date);
    let openings = days.filter_map(|day| Some(calendar.openings_on(day).next()?.1.opens));
    openings.into_iter().find(|opens| now < *opens && *opens < at)
}
