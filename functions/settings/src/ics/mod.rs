//! Reads days off from an iCalendar file (SET-2, RFC 5545). All faults are reported at once, each with its line.
//!
//! Lines are numbered as in the sent file. A folded line has the number of its first line; a byte that is not UTF-8 has that of its own
//! line.

mod event;

use std::{collections::HashSet, iter};

use chrono::NaiveDate;
use event::{Event, EventFault, MAX_STEPS};
use forecourt_domain::base::Fault;
use forecourt_domain::hours::DayOff;
use icalendar::parser::Property;

/// The maximum number of reported faults.
const MAX_FAULTS: usize = 20;
/// The maximum number of days off in an import.
const MAX_DAYS: usize = 2_000;

/// The content of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Imported {
    /// The days off that overlap the requested time, sorted by date, without duplicates.
    pub days: Vec<DayOff>,
    /// The skipped events, in the file's order.
    pub skipped: Vec<SkippedEvent>,
}

/// An event of a file that is not a day off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedEvent {
    /// The line of its BEGIN, from 1.
    pub line: usize,
    /// Its name; empty if it has none.
    pub name: String,
    /// The reason.
    pub reason: SkipReason,
}

/// The reason for which an event is not a day off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// It does not consist of whole days.
    NotWholeDays,
    /// It blocks no time (TRANSP:TRANSPARENT).
    Transparent,
    /// It is cancelled.
    Cancelled,
}

impl SkipReason {
    /// Returns the reason in English.
    pub fn text(self) -> &'static str {
        match self {
            Self::NotWholeDays => "does not consist of whole days",
            Self::Transparent => "is transparent (TRANSP:TRANSPARENT); add transparent=true to import transparent entries",
            Self::Cancelled => "is cancelled",
        }
    }
}

/// The range of an import.
#[derive(Debug, Clone, Copy)]
pub struct ImportRange {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The dealer's zone. Times in UTC are converted to it.
    pub zone: chrono_tz::Tz,
    /// Whether transparent events are imported.
    pub transparent: bool,
}

/// Reads the days off that overlap `range`.
///
/// Events of whole days count, even if they are written from midnight to midnight in the dealer's zone or in UTC, or to 23:59:59. Other
/// events are skipped, as are cancelled events and, unless `range` includes them, transparent events.
///
/// # Errors
/// SET-2: up to 20 faults by line (`line 17`), or a fault of the `file` if it is empty or contains no events or too many days.
pub fn read(body: &[u8], range: &ImportRange) -> Result<Imported, Vec<Fault>> {
    let mut file = File { open: Vec::new(), events: Vec::new(), faults: Vec::new(), zone: range.zone };
    let mut lines = lines(body).peekable();
    match lines.peek().map(|line| (line.at, line.text.trim_ascii().eq_ignore_ascii_case(b"BEGIN:VCALENDAR"))) {
        None => file.refuse(0, "is empty; an iCalendar file begins with BEGIN:VCALENDAR"),
        Some((at, false)) => file.refuse(at, "is not BEGIN:VCALENDAR; an iCalendar file begins with BEGIN:VCALENDAR"),
        Some((_, true)) => {
            for line in lines {
                file.line(line);
            }
            file.close(0);
        }
    }
    let imported = file.days(range);
    if file.faults.is_empty() {
        return Ok(imported);
    }
    file.faults.sort();
    let field = |at| if at == 0 { "file".to_owned() } else { format!("line {at}") };
    Err(file.faults.into_iter().map(|(at, detail)| Fault::new(field(at), "SET-2", detail)).collect())
}

/// An unfolded line with its number. `folds` has the offset and the number of each continuation line.
struct Line {
    at: usize,
    text: Vec<u8>,
    folds: Vec<(usize, usize)>,
}

/// Returns the unfolded lines without blank lines. They are unfolded as bytes, because a fold may be within a character.
fn lines(body: &[u8]) -> impl Iterator<Item = Line> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let lines = (1..).zip(body.split(|byte| *byte == b'\n')).map(|(at, line)| (at, line.strip_suffix(b"\r").unwrap_or(line)));
    let mut lines = lines.filter(|(_, line)| !line.is_empty()).peekable();
    iter::from_fn(move || {
        let (at, first) = lines.next()?;
        let mut line = Line { at, text: first.to_vec(), folds: Vec::new() };
        while let Some((at, more)) = lines.next_if(|(_, next)| matches!(next.first(), Some(b' ' | b'\t'))) {
            line.folds.push((line.text.len(), at));
            line.text.extend_from_slice(&more[1..]);
        }
        Some(line)
    })
}

/// The part of a file that was read so far.
struct File {
    /// The open components, each with the line of its BEGIN.
    open: Vec<(String, usize)>,
    events: Vec<Event>,
    /// Each fault with the number of its line.
    faults: Vec<(usize, String)>,
    zone: chrono_tz::Tz,
}

impl File {
    fn refuse(&mut self, at: usize, detail: impl Into<String>) {
        if !self.is_full() {
            self.faults.push((at, detail.into()));
        }
    }

    fn is_full(&self) -> bool {
        self.faults.len() >= MAX_FAULTS
    }

    fn line(&mut self, Line { at, text, folds }: Line) {
        if self.is_full() {
            return;
        }
        let mut text = match String::from_utf8(text) {
            Ok(text) => text,
            Err(e) => {
                let byte = e.utf8_error().valid_up_to();
                let fold = folds.iter().rev().find(|(start, _)| *start <= byte);
                return self.spoil(fold.map_or(at, |(_, at)| *at), "is not UTF-8; save the file as UTF-8");
            }
        };
        let name = text.find([':', ';']).and_then(|end| text.get_mut(..end)).unwrap_or_default();
        name.make_ascii_uppercase();
        let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
        match text.split_once(':').filter(|_| is_name) {
            None => self.spoil(at, "is neither 'NAME:value' nor a continuation line, which begins with a space"),
            Some(("BEGIN", of)) => self.begin(at, short(of).to_ascii_uppercase()),
            Some(("END", of)) => self.end(at, &short(of).to_ascii_uppercase()),
            Some(_) => self.property(at, &text),
        }
    }

    fn begin(&mut self, at: usize, name: String) {
        match name.as_str() {
            "VCALENDAR" => self.close(0),
            "VEVENT" => self.close(1),
            _ => {}
        }
        if self.open.is_empty() && name != "VCALENDAR" {
            self.refuse(at, format!("BEGIN:{name} is outside of BEGIN:VCALENDAR and END:VCALENDAR"));
        } else if name == "VEVENT" {
            self.events.push(Event::at(at));
        }
        self.open.push((name, at));
    }

    fn end(&mut self, at: usize, name: &str) {
        match self.open.iter().rposition(|(open, _)| open == name) {
            None => self.refuse(at, format!("END:{name} has no BEGIN:{name}")),
            Some(depth) => {
                self.close(depth + 1);
                self.open.pop();
            }
        }
    }

    /// Closes the components deeper than `depth`, whose END is missing.
    fn close(&mut self, depth: usize) {
        for (name, at) in self.open.split_off(depth.min(self.open.len())) {
            self.refuse(at, format!("BEGIN:{name} has no END:{name}"));
        }
    }

    fn property(&mut self, at: usize, text: &str) {
        if self.open.is_empty() {
            return self.refuse(at, "is outside of BEGIN:VCALENDAR and END:VCALENDAR");
        }
        let zone = self.zone;
        let Some(event) = self.event() else { return };
        let taken = Property::try_from(text).map_err(|_| EventFault::Unreadable).and_then(|property| event.take(at, &property, zone));
        if let Err(fault) = taken {
            let name = text.split([':', ';']).next().unwrap_or_default();
            self.spoil(at, format!("{}: {fault}", short(name)));
        }
    }

    /// Returns the event whose own lines are being read.
    fn event(&mut self) -> Option<&mut Event> {
        let within = matches!(self.open.as_slice(), [_, (name, _)] if name == "VEVENT");
        self.events.last_mut().filter(|_| within)
    }

    /// Refuses a line and skips the rest of its event.
    fn spoil(&mut self, at: usize, detail: impl Into<String>) {
        if let Some(event) = self.event() {
            event.broken = true;
        }
        self.refuse(at, detail);
    }

    fn days(&mut self, range: &ImportRange) -> Imported {
        let ImportRange { from, to, zone, transparent } = *range;
        let events = std::mem::take(&mut self.events);
        if events.is_empty() && self.faults.is_empty() {
            self.refuse(0, "contains no events; a day off is an event from BEGIN:VEVENT to END:VEVENT");
        }
        let replaced: HashSet<_> = events.iter().filter_map(|event| Some((event.uid.as_ref()?, event.replaces?))).collect();
        let (mut days, mut skipped, mut steps) = (Vec::new(), Vec::new(), MAX_STEPS);
        let skip = |event: &Event, reason| SkippedEvent { line: event.at, name: event.name.clone(), reason };
        for event in events.iter().filter(|event| !event.broken) {
            if event.cancelled {
                skipped.push(skip(event, SkipReason::Cancelled));
                continue;
            }
            match event.days(to, zone, &mut steps) {
                Ok(None) => skipped.push(skip(event, SkipReason::NotWholeDays)),
                Ok(Some(_)) if event.transparent && !transparent => skipped.push(skip(event, SkipReason::Transparent)),
                Ok(Some(found)) => days.extend(found.into_iter().filter(|day| {
                    let own = event.uid.as_ref().filter(|_| event.replaces.is_none());
                    let is_replaced = own.is_some_and(|uid| replaced.contains(&(uid, day.from)));
                    !is_replaced && day.from <= to && day.to.unwrap_or(day.from) >= from
                })),
                Err((at, fault)) => self.refuse(at, fault.to_string()),
            }
            if self.is_full() {
                break;
            }
        }
        days.sort_by(|a, b| (a.from, a.to, &a.name).cmp(&(b.from, b.to, &b.name)));
        days.dedup();
        if days.len() > MAX_DAYS {
            self.refuse(0, format!("contains {} days off from {from} to {to}; at most {MAX_DAYS} can be imported at once", days.len()));
        }
        Imported { days, skipped }
    }
}

/// Returns the beginning of a text, for an error message.
fn short(text: &str) -> String {
    text.trim().chars().take(40).collect()
}
