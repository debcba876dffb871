//! An event of an iCalendar file. Its dates, its rule and its exceptions determine its days.

use std::collections::HashSet;

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _};
use forecourt_domain::base::text::{composed, visible};
use forecourt_domain::hours::{DayOff, DayOffKind};
use icalendar::parser::Property;
use rrule::{RRule, RRuleError, RRuleSet, Tz, Unvalidated};

use super::short;

/// The maximum length of a name in characters.
const MAX_NAME: usize = 100;
/// The maximum duration of an event in days. A longer event has a mistyped year.
const LONGEST: i64 = 366;
/// The maximum number of steps of all rules of a file: one step for each date, and `RULE_STEPS` for each rule.
pub(super) const MAX_STEPS: usize = 100_000;
const RULE_STEPS: usize = 200;
const DAY: i64 = 86_400;

/// The number of a line, and its fault.
type Wrong = (usize, EventFault);

/// A date at midnight, or a date and time. A zone other than UTC is ignored.
#[derive(Clone, Copy)]
struct Moment {
    /// The local time: as written, or in the dealer's zone if it is written in UTC.
    clock: NaiveDateTime,
    /// The time in UTC. `None` if it is not written in UTC.
    utc: Option<NaiveDateTime>,
    timed: bool,
}

impl Moment {
    fn date(self) -> NaiveDate {
        self.dating_time().date()
    }

    /// Returns the time that determines its date: the time in UTC if only that is midnight, because some programs write a date as midnight
    /// in UTC; otherwise the local time.
    fn dating_time(self) -> NaiveDateTime {
        let is_midnight = |clock: &NaiveDateTime| clock.time() == NaiveTime::MIN;
        self.utc.filter(|utc| is_midnight(utc) && !is_midnight(&self.clock)).unwrap_or(self.clock)
    }

    /// Returns the seconds from `start` to this moment: in UTC if the date of `start` is read in UTC, otherwise in local time.
    fn since(self, start: Moment) -> i64 {
        let in_utc = start.dating_time() != start.clock;
        let end = if in_utc { self.utc.unwrap_or(self.clock) } else { self.clock };
        (end - start.dating_time()).num_seconds()
    }
}

enum End {
    At(Moment),
    /// Seconds after the start.
    After(i64),
}

/// The part of a VEVENT that was read so far.
#[derive(Default)]
pub(super) struct Event {
    pub(super) at: usize,
    pub(super) broken: bool,
    pub(super) cancelled: bool,
    /// Whether it blocks no time (TRANSP).
    pub(super) transparent: bool,
    pub(super) name: String,
    start: Option<Moment>,
    end: Option<(usize, End)>,
    rule: Option<(usize, String)>,
    more: Vec<NaiveDate>,
    except: HashSet<NaiveDate>,
    pub(super) uid: Option<String>,
    /// The date on which it replaces the repeating event with the same UID.
    pub(super) replaces: Option<NaiveDate>,
}

impl Event {
    /// Creates the event that begins in line `at`.
    pub(super) fn at(at: usize) -> Self {
        Self { at, ..Self::default() }
    }

    /// Reads one of its lines. Properties that do not determine its days are ignored.
    pub(super) fn take(&mut self, at: usize, property: &Property<'_>, zone: chrono_tz::Tz) -> Result<(), EventFault> {
        let value = property.val.as_str().trim();
        let moment = |text: &str| moment(text, zone);
        let dates = || value.split(',').map(|date| moment(date.trim()).map(Moment::date));
        match property.name.as_str() {
            "DTSTART" => return once(&mut self.start, moment(value)?),
            "DTEND" => return once(&mut self.end, (at, End::At(moment(value)?))),
            "DURATION" => return once(&mut self.end, (at, End::After(seconds(value).ok_or(EventFault::NotADuration)?))),
            "RRULE" => return once(&mut self.rule, (at, value.to_ascii_uppercase())),
            "EXRULE" => return Err(EventFault::ExceptionRule),
            "RDATE" => {
                for date in dates() {
                    self.more.push(date?);
                }
            }
            "EXDATE" => {
                for date in dates() {
                    self.except.insert(date?);
                }
            }
            "RECURRENCE-ID" if property.params.iter().any(|param| param.key.as_str().eq_ignore_ascii_case("RANGE")) => {
                return Err(EventFault::Range);
            }
            "RECURRENCE-ID" => self.replaces = Some(moment(value)?.date()),
            "UID" => self.uid = Some(value.to_owned()),
            "SUMMARY" if self.name.is_empty() => self.name = name(value),
            "TRANSP" => self.transparent = value.eq_ignore_ascii_case("TRANSPARENT"),
            "STATUS" => self.cancelled = value.eq_ignore_ascii_case("CANCELLED"),
            _ => {}
        }
        Ok(())
    }

    /// Returns its days off up to `to`. `None` if it does not consist of whole days.
    pub(super) fn days(&self, to: NaiveDate, zone: chrono_tz::Tz, steps: &mut usize) -> Result<Option<Vec<DayOff>>, Wrong> {
        let start = self.start.ok_or((self.at, EventFault::NoStart))?;
        let Some(duration_days) = self.duration_days(start)? else { return Ok(None) };
        let first = start.date();
        let mut dates = match &self.rule {
            Some((at, rule)) if first <= to => {
                repeats(rule, first, to, zone, steps).map_err(|fault| (*at, EventFault::Rule(fault.into())))?
            }
            _ => vec![first],
        };
        dates.extend(&self.more);
        dates.retain(|date| !self.except.contains(date));
        let name = if self.name.is_empty() { "holiday" } else { &self.name };
        let day = |from| {
            let to = (duration_days > 1).then(|| from + Days::new(duration_days - 1));
            DayOff { from, to, name: name.to_owned(), kind: DayOffKind::PublicHoliday }
        };
        Ok(Some(dates.into_iter().map(day).collect()))
    }

    /// Returns its duration in whole days. An end on the first day means one day. `None` if it does not consist of whole days.
    fn duration_days(&self, start: Moment) -> Result<Option<u64>, Wrong> {
        let (at, seconds) = match self.end {
            None => return Ok((!start.timed).then_some(1)),
            Some((at, End::At(end))) => (at, end.since(start)),
            Some((at, End::After(seconds))) => (at, seconds),
        };
        // An end at 23:59 or 23:59:59 means the end of that day.
        let missing = DAY - seconds.rem_euclid(DAY);
        let seconds = if matches!(missing, 1 | 60) { seconds + missing } else { seconds };
        let wrong = |fault| Err((at, fault));
        match seconds / DAY {
            _ if start.dating_time().time() != NaiveTime::MIN => Ok(None),
            _ if seconds % DAY != 0 && start.timed => Ok(None),
            _ if seconds % DAY != 0 => wrong(EventFault::EndsWithinDay),
            0 => Ok((!start.timed).then_some(1)),
            days @ 1..=LONGEST => Ok(Some(days.unsigned_abs())),
            days if days > LONGEST => wrong(EventFault::TooLong(days)),
            _ => wrong(EventFault::EndsBeforeStart),
        }
    }
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), EventFault> {
    slot.replace(value).map_or(Ok(()), |_| Err(EventFault::Repeated))
}

/// Returns a text as one line of at most `MAX_NAME` characters.
fn name(text: &str) -> String {
    let text = composed(&visible(text, ' ')).into_owned();
    let words: Vec<_> = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let cut: String = words.join(" ").chars().take(MAX_NAME).collect();
    cut.trim_end().to_owned()
}

/// Reads `20261225`, `20261225T000000` or `20261224T230000Z`. A time in UTC is converted to `zone`; every other time is read as a local
/// time.
fn moment(text: &str, zone: chrono_tz::Tz) -> Result<Moment, EventFault> {
    let is_utc = text.ends_with(['Z', 'z']);
    let (date, time) = match text.split_once(['T', 't']) {
        Some((date, time)) => (date, Some(time.strip_suffix(['Z', 'z']).unwrap_or(time))),
        None => (text, None),
    };
    let all = [date, time.unwrap_or("000000")].concat();
    let shaped = date.len() == 8 && all.len() == 14 && all.bytes().all(|byte| byte.is_ascii_digit());
    let clock = NaiveDateTime::parse_from_str(&all, "%Y%m%d%H%M%S").ok().filter(|_| shaped);
    let clock = clock.ok_or_else(|| EventFault::NotADate(short(text)))?;
    let utc = Some(clock).filter(|_| is_utc && time.is_some());
    Ok(Moment { clock: utc.map_or(clock, |utc| zone.from_utc_datetime(&utc).naive_local()), utc, timed: time.is_some() })
}

/// Returns the seconds of a duration such as `P1DT12H`.
fn seconds(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text.strip_prefix('+').unwrap_or(text)), |text| (-1, text));
    let units = text.strip_prefix('P').filter(|units| units.contains(|c: char| c.is_ascii_digit()))?;
    let mut parts = units.split_inclusive(|c: char| !c.is_ascii_digit()).filter(|part| *part != "T");
    let sum = parts.try_fold(0_i64, |sum, part| {
        let (count, unit) = part.split_at_checked(part.len() - 1)?;
        let unit = [("W", 7 * DAY), ("D", DAY), ("H", 3_600), ("M", 60), ("S", 1)].iter().find(|(name, _)| *name == unit)?.1;
        sum.checked_add(i64::from(count.parse::<u32>().ok()?) * unit)
    })?;
    Some(sign * sum)
}

/// Returns the dates of a rule up to `to`.
fn repeats(rule: &str, first: NaiveDate, to: NaiveDate, zone: chrono_tz::Tz, steps: &mut usize) -> Result<Vec<NaiveDate>, EventFault> {
    let wrong = |cause| EventFault::NotARule { rule: short(rule), cause };
    let parts = rule.split(';').map(|text| part(text, zone)).collect::<Result<Vec<_>, _>>()?;
    let start = first.and_time(NaiveTime::MIN).and_utc().with_timezone(&Tz::UTC);
    let valid = parts.join(";").parse::<RRule<Unvalidated>>().map_err(wrong)?.validate(start).map_err(wrong)?;
    let mut dates = RRuleSet::new(start).rrule(valid).limit().into_iter().map(|at| at.date_naive()).peekable();
    dates.peek().ok_or(EventFault::NoDate)?;
    *steps = steps.saturating_sub(RULE_STEPS);
    let dates: Vec<_> = dates.take_while(|date| *date <= to).take(*steps).collect();
    *steps -= dates.len();
    if *steps == 0 { Err(EventFault::TooManySteps) } else { Ok(dates) }
}

/// Checks a part of a rule, which must be about whole days. UNTIL becomes a date, because DTSTART is one.
fn part(part: &str, zone: chrono_tz::Tz) -> Result<String, EventFault> {
    let is_day = |day: &str| match day.split_at_checked(day.len().saturating_sub(2)) {
        Some(("", _)) => true,
        Some((count, _)) => count.parse::<i16>().is_ok_and(|count| count != 0),
        None => false,
    };
    match part.split_once('=') {
        Some(("UNTIL", until)) => moment(until, zone).map(|until| until.date().format("UNTIL=%Y%m%dT000000Z").to_string()),
        Some(("FREQ", "HOURLY" | "MINUTELY" | "SECONDLY") | ("BYHOUR" | "BYMINUTE" | "BYSECOND", _)) => {
            Err(EventFault::WithinDay(short(part)))
        }
        Some(("BYDAY", days)) if !days.split(',').all(is_day) => Err(EventFault::NotDays(short(part))),
        _ if part.is_ascii() && !part.contains(':') && is_valid_alone(part) => Ok(part.to_owned()),
        _ => Err(EventFault::UnreadablePart(short(part))),
    }
}

/// Returns whether a rule can have this part, so that the error names the part and not the whole rule.
fn is_valid_alone(part: &str) -> bool {
    let rule = if part.starts_with("FREQ=") { part.to_owned() } else { format!("FREQ=YEARLY;{part}") };
    rule.parse::<RRule<Unvalidated>>().is_ok()
}

/// The reason for which a line of an event, or the event, is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum EventFault {
    #[error("cannot be read")]
    Unreadable,
    #[error("BEGIN:VEVENT has no DTSTART (the first day)")]
    NoStart,
    #[error("is repeated; an event has one DTSTART, one DTEND or DURATION, and one RRULE")]
    Repeated,
    #[error("'{0}' is not a date; write 26 December 2026 as 20261226")]
    NotADate(String),
    #[error("is not a duration; write two days as P2D")]
    NotADuration,
    #[error("is not supported; list the dates with EXDATE")]
    ExceptionRule,
    #[error("RANGE is not supported; end the rule with UNTIL and add another event for the later dates")]
    Range,
    #[error("ends within a day; if DTSTART has no time, the end must not have one")]
    EndsWithinDay,
    /// With the number of days.
    #[error("ends {0} days after DTSTART; a day off lasts at most {longest}", longest = LONGEST)]
    TooLong(i64),
    #[error("ends before DTSTART; DTEND must be the day after the last day off")]
    EndsBeforeStart,
    #[error("RRULE: {0}")]
    Rule(Box<EventFault>),
    #[error("'{rule}' is not a rule such as FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24")]
    NotARule {
        rule: String,
        #[source]
        cause: RRuleError,
    },
    #[error("'{0}' repeats within a day")]
    WithinDay(String),
    #[error("'{0}' is not a list of days such as 2MO,-1FR")]
    NotDays(String),
    #[error("'{0}' cannot be read")]
    UnreadablePart(String),
    #[error("matches no date")]
    NoDate,
    #[error("needs too many steps to expand; list the dates with RDATE")]
    TooManySteps,
}
