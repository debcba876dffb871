//! An event of an iCalendar file. Its dates, its rule and its exceptions determine its days.

use std::collections::HashSet;

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _};
use forecourt_domain::base::text::{composed, visible};
use forecourt_domain::hours::{DayOff, DayOffKind};
use icalendar::parser::Property;
use rrule::{RRule, RRuleError, RRuleSet, Tz, Unvalidated};

use super::{Wrong, short};

/// The maximum length of a name in characters.
const MAX_NAME: usize = 100;
/// The maximum duration of an event in days. A longer event has a mistyped year.
const LONGEST: i64 = 366;
/// The maximum number of steps of all rules of a file: one step for each date, and `RULE_STEPS` for each rule.
pub(super) const MAX_STEPS: usize = 100_000;
const RULE_STEPS: usize = 200;
const DAY: i64 = 86_400;

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
    /// Returns its date.
    fn date(self) -> NaiveDate {
        self.dating_time().date()
    }

    /// Returns the time that determines its date: the time in UTC if only that is midnight, because some programs write a date as midnight in
    /// UTC; otherwise the local time.
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
    pub(super) fn take(&mut self, at: usize, property: &Property<'_>, zone: chrono_tz::Tz) -> Result<(), String> {
        let value = property.val.as_str().trim();
        let moment = |text: &str| moment(text, zone);
        let dates = || value.split(',').map(|date| moment(date.trim()).map(Moment::date));
        match property.name.as_str() {
            "DTSTART" => return once(&mut self.start, moment(value)?),
            "DTEND" => return once(&mut self.end, (at, End::At(moment(value)?))),
            "DURATION" => return once(&mut self.end, (at, End::After(seconds(value).ok_or("is not a duration; write two days as P2D")?))),
            "RRULE" => return once(&mut self.rule, (at, value.to_ascii_uppercase())),
            "EXRULE" => return Err("is not supported; list the dates with EXDATE".into()),
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
                return Err("RANGE is not supported; end the rule with UNTIL and add another event for the later dates".into());
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
        let start = self.start.ok_or_else(|| (self.at, "BEGIN:VEVENT has no DTSTART (the first day)".to_owned()))?;
        let Some(duration_days) = self.duration_days(start)? else { return Ok(None) };
        let first = start.date();
        let mut dates = match &self.rule {
            Some((at, rule)) if first <= to => repeats(rule, first, to, zone, steps).map_err(|detail| (*at, format!("RRULE: {detail}")))?,
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
        let wrong = |detail: String| Err((at, detail));
        match seconds / DAY {
            _ if start.dating_time().time() != NaiveTime::MIN => Ok(None),
            _ if seconds % DAY != 0 && start.timed => Ok(None),
            _ if seconds % DAY != 0 => wrong("ends within a day; if DTSTART has no time, the end must not have one".into()),
            0 => Ok((!start.timed).then_some(1)),
            days @ 1..=LONGEST => Ok(Some(days.unsigned_abs())),
            days if days > LONGEST => wrong(format!("ends {days} days after DTSTART; a day off lasts at most {LONGEST}")),
            _ => wrong("ends before DTSTART; DTEND must be the day after the last day off".into()),
        }
    }
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), String> {
    slot.replace(value).map_or(Ok(()), |_| Err("is repeated; an event has one DTSTART, one DTEND or DURATION, and one RRULE".into()))
}

/// Returns a text as one line of at most `MAX_NAME` characters.
fn name(text: &str) -> String {
    let text = composed(&visible(text, ' ')).into_owned();
    let words: Vec<_> = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let cut: String = words.join(" ").chars().take(MAX_NAME).collect();
    cut.trim_end().to_owned()
}

/// Reads `20261225`, `20261225T000000` or `20261224T230000Z`. A time in UTC is converted to `zone`; every other time is read as a local time.
fn moment(text: &str, zone: chrono_tz::Tz) -> Result<Moment, String> {
    let is_utc = text.ends_with(['Z', 'z']);
    let (date, time) = match text.split_once(['T', 't']) {
        Some((date, time)) => (date, Some(time.strip_suffix(['Z', 'z']).unwrap_or(time))),
        None => (text, None),
    };
    let all = [date, time.unwrap_or("000000")].concat();
    let shaped = date.len() == 8 && all.len() == 14 && all.bytes().all(|byte| byte.is_ascii_digit());
    let clock = NaiveDateTime::parse_from_str(&all, "%Y%m%d%H%M%S").ok().filter(|_| shaped);
    let clock = clock.ok_or_else(|| format!("'{}' is not a date; write 26 December 2026 as 20261226", short(text)))?;
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
fn repeats(rule: &str, first: NaiveDate, to: NaiveDate, zone: chrono_tz::Tz, steps: &mut usize) -> Result<Vec<NaiveDate>, String> {
    let wrong = |e: RRuleError| e.to_string();
    let parts = rule.split(';').map(|text| part(text, zone)).collect::<Result<Vec<_>, _>>()?;
    let start = first.and_time(NaiveTime::MIN).and_utc().with_timezone(&Tz::UTC);
    let rule = parts.join(";").parse::<RRule<Unvalidated>>().map_err(wrong)?.validate(start).map_err(wrong)?;
    let mut dates = RRuleSet::new(start).rrule(rule).limit().into_iter().map(|at| at.date_naive()).peekable();
    dates.peek().ok_or("matches no date")?;
    *steps = steps.saturating_sub(RULE_STEPS);
    let dates: Vec<_> = dates.take_while(|date| *date <= to).take(*steps).collect();
    *steps -= dates.len();
    if *steps == 0 { Err("needs too many steps to expand; list the dates with RDATE".into()) } else { Ok(dates) }
}

/// Checks a part of a rule, which must be about whole days. UNTIL becomes a date, because DTSTART is one.
fn part(part: &str, zone: chrono_tz::Tz) -> Result<String, String> {
    let is_day = |day: &str| match day.split_at_checked(day.len().saturating_sub(2)) {
        Some(("", _)) => true,
        Some((count, _)) => count.parse::<i16>().is_ok_and(|count| count != 0),
        None => false,
    };
    match part.split_once('=') {
        Some(("UNTIL", until)) => moment(until, zone).map(|until| until.date().format("UNTIL=%Y%m%dT000000Z").to_string()),
        Some(("FREQ", "HOURLY" | "MINUTELY" | "SECONDLY") | ("BYHOUR" | "BYMINUTE" | "BYSECOND", _)) => {
            Err(format!("'{}' repeats within a day", short(part)))
        }
        Some(("BYDAY", days)) if !days.split(',').all(is_day) => Err(format!("'{}' is not a list of days such as 2MO,-1FR", short(part))),
        _ if part.is_ascii() && !part.contains(':') => Ok(part.to_owned()),
        _ => Err(format!("'{}' cannot be read", short(part))),
    }
}
