//! An event of a calendar file: the days it is on, by its own dates, its rule and its exceptions.

use std::collections::HashSet;

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use forecourt_domain::hours::{DayOff, DayOffKind};
use icalendar::parser::Property;
use rrule::{RRule, RRuleError, RRuleSet, Tz, Unvalidated};

use super::{Wrong, short};

/// Longest name, in characters.
const MAX_NAME: usize = 100;
/// Longest event, in days: one that is longer has a mistyped year.
const LONGEST: i64 = 366;
/// Steps that the rules of a file may take together: one for each date, and `RULE_STEPS` for each rule.
pub(super) const MAX_STEPS: usize = 100_000;
const RULE_STEPS: usize = 200;
const DAY: i64 = 86_400;

/// A date, at midnight, or a date and time as on a clock, whatever its zone.
#[derive(Clone, Copy)]
struct Moment {
    clock: NaiveDateTime,
    timed: bool,
}

enum End {
    At(NaiveDateTime),
    /// Seconds after the start.
    After(i64),
}

/// A VEVENT, as far as it is read.
#[derive(Default)]
pub(super) struct Event {
    at: usize,
    pub(super) broken: bool,
    pub(super) cancelled: bool,
    name: String,
    start: Option<Moment>,
    end: Option<(usize, End)>,
    rule: Option<(usize, String)>,
    more: Vec<NaiveDate>,
    except: HashSet<NaiveDate>,
    pub(super) uid: Option<String>,
    /// The date on which it stands for its namesake that repeats.
    pub(super) replaces: Option<NaiveDate>,
}

impl Event {
    /// One that begins in a line.
    pub(super) fn at(at: usize) -> Self {
        Self { at, ..Self::default() }
    }

    /// Takes in what one of its lines says; what has no part in its days is left aside.
    pub(super) fn take(&mut self, at: usize, property: &Property<'_>) -> Result<(), String> {
        let value = property.val.as_str().trim();
        let dates = || value.split(',').map(|date| moment(date.trim()).map(|moment| moment.clock.date()));
        match property.name.as_str() {
            "DTSTART" => return once(&mut self.start, moment(value)?),
            "DTEND" => return once(&mut self.end, (at, End::At(moment(value)?.clock))),
            "DURATION" => return once(&mut self.end, (at, End::After(seconds(value).ok_or("is no duration; two days are P2D")?))),
            "RRULE" => return once(&mut self.rule, (at, value.to_ascii_uppercase())),
            "EXRULE" => return Err("is not read; name the dates by EXDATE".into()),
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
                return Err("RANGE is not read; end the rule by UNTIL, and write another entry from then on".into());
            }
            "RECURRENCE-ID" => self.replaces = Some(moment(value)?.clock.date()),
            "UID" => self.uid = Some(value.to_owned()),
            "SUMMARY" if self.name.is_empty() => self.name = name(value),
            "STATUS" => self.cancelled = value.eq_ignore_ascii_case("CANCELLED"),
            _ => {}
        }
        Ok(())
    }

    /// Its days off up to `to`; none if it is not of whole days.
    pub(super) fn days(&self, to: NaiveDate, steps: &mut usize) -> Result<Option<Vec<DayOff>>, Wrong> {
        let start = self.start.ok_or_else(|| (self.at, "BEGIN:VEVENT has no DTSTART, the first day".to_owned()))?;
        let Some(duration_days) = self.duration_days(start)? else { return Ok(None) };
        let first = start.clock.date();
        let mut dates = match &self.rule {
            Some((at, rule)) if first <= to => repeats(rule, first, to, steps).map_err(|detail| (*at, format!("RRULE: {detail}")))?,
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

    /// How many whole days it lasts. An end on the first day itself is read as meant: one day.
    fn duration_days(&self, start: Moment) -> Result<Option<u64>, Wrong> {
        let (at, seconds) = match self.end {
            None => return Ok((!start.timed).then_some(1)),
            Some((at, End::At(end))) => (at, (end - start.clock).num_seconds()),
            Some((at, End::After(seconds))) => (at, seconds),
        };
        let wrong = |detail: String| Err((at, detail));
        match seconds / DAY {
            _ if start.clock.time() != NaiveTime::MIN => Ok(None),
            _ if seconds % DAY != 0 && start.timed => Ok(None),
            _ if seconds % DAY != 0 => wrong("ends within a day; after a DTSTART without a time, the end has none either".into()),
            0 => Ok((!start.timed).then_some(1)),
            days @ 1..=LONGEST => Ok(Some(days.unsigned_abs())),
            days if days > LONGEST => wrong(format!("ends {days} days after DTSTART; a day off lasts at most {LONGEST}")),
            _ => wrong("ends before DTSTART; DTEND is the day after the last one off".into()),
        }
    }
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), String> {
    slot.replace(value).map_or(Ok(()), |_| Err("is one too many; an event has one DTSTART, one DTEND or DURATION, and one RRULE".into()))
}

/// One line of words, cut to the longest.
fn name(text: &str) -> String {
    let words: Vec<_> = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let cut: String = words.join(" ").chars().take(MAX_NAME).collect();
    cut.trim_end().to_owned()
}

/// `20261225`, `20261225T000000` or `20261224T230000Z`.
fn moment(text: &str) -> Result<Moment, String> {
    let (date, time) = match text.split_once(['T', 't']) {
        Some((date, time)) => (date, Some(time.strip_suffix(['Z', 'z']).unwrap_or(time))),
        None => (text, None),
    };
    let all = [date, time.unwrap_or("000000")].concat();
    let shaped = date.len() == 8 && all.len() == 14 && all.bytes().all(|byte| byte.is_ascii_digit());
    let clock = NaiveDateTime::parse_from_str(&all, "%Y%m%d%H%M%S").ok().filter(|_| shaped);
    let clock = clock.ok_or_else(|| format!("'{}' is no date; 26 December 2026 is written 20261226", short(text)))?;
    Ok(Moment { clock, timed: time.is_some() })
}

/// The seconds of a duration, as `P1DT12H`.
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

/// The dates of a rule up to `to`.
fn repeats(rule: &str, first: NaiveDate, to: NaiveDate, steps: &mut usize) -> Result<Vec<NaiveDate>, String> {
    let wrong = |e: RRuleError| e.to_string();
    let parts = rule.split(';').map(part).collect::<Result<Vec<_>, _>>()?;
    let start = first.and_time(NaiveTime::MIN).and_utc().with_timezone(&Tz::UTC);
    let rule = parts.join(";").parse::<RRule<Unvalidated>>().map_err(wrong)?.validate(start).map_err(wrong)?;
    let mut dates = RRuleSet::new(start).rrule(rule).limit().into_iter().map(|at| at.date_naive()).peekable();
    dates.peek().ok_or("names no date at all")?;
    *steps = steps.saturating_sub(RULE_STEPS);
    let dates: Vec<_> = dates.take_while(|date| *date <= to).take(*steps).collect();
    *steps -= dates.len();
    if *steps == 0 { Err("is one of too many, or begins too long ago; write the dates by RDATE".into()) } else { Ok(dates) }
}

/// A part of a rule, if it is of whole days. UNTIL is a date, as DTSTART is.
fn part(part: &str) -> Result<String, String> {
    let is_day = |day: &str| match day.split_at_checked(day.len().saturating_sub(2)) {
        Some(("", _)) => true,
        Some((count, _)) => count.parse::<i16>().is_ok_and(|count| count != 0),
        None => false,
    };
    match part.split_once('=') {
        Some(("UNTIL", until)) => moment(until).map(|until| until.clock.format("UNTIL=%Y%m%dT000000Z").to_string()),
        Some(("FREQ", "HOURLY" | "MINUTELY" | "SECONDLY") | ("BYHOUR" | "BYMINUTE" | "BYSECOND", _)) => {
            Err(format!("'{}' repeats within a day", short(part)))
        }
        Some(("BYDAY", days)) if !days.split(',').all(is_day) => Err(format!("'{}' names no weekdays, as 2MO,-1FR does", short(part))),
        _ if part.is_ascii() && !part.contains(':') => Ok(part.to_owned()),
        _ => Err(format!("'{}' cannot be read", short(part))),
    }
}
