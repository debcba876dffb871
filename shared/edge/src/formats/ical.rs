//! iCalendar files (RFC 5545): single appointments (RFC 5546) and feeds. The same content gives the same bytes.

use chrono::{DateTime, Datelike as _, Duration, NaiveDateTime, Offset as _, TimeZone as _, Utc};
use chrono_tz::{OffsetComponents as _, OffsetName as _, Tz};
use forecourt_domain::base::Email;
use forecourt_domain::settings::{Dealer, DealerSettings};
use icalendar::{Calendar, Component as _, Event, EventLike as _, Property};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::collections::BTreeMap;

/// An entry of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Identifies the entry across its changes.
    pub uid: String,
    /// Grows with each change.
    pub sequence: u32,
    /// One line.
    pub title: String,
    /// The start.
    pub from: DateTime<Utc>,
    /// The end.
    pub until: DateTime<Utc>,
    /// The time of the last change.
    pub changed: DateTime<Utc>,
    /// Whether it is cancelled.
    pub cancelled: bool,
    /// Whether it takes place at the dealer.
    pub is_at_dealer: bool,
    /// The recipient of the file by name and address. `None` for a file that anybody with a link may fetch.
    pub attendee: Option<(String, Email)>,
}

/// The characters that must be encoded in a `mailto:` address (RFC 6068).
const NOT_IN_MAILTO: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'%')
    .add(b'#')
    .add(b'?')
    .add(b'&')
    .add(b'/')
    .add(b':')
    .add(b';')
    .add(b',')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b']')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Returns a file in the dealer's name, and its media type (RFC 5546). The method is REQUEST, which must name the recipient; PUBLISH, which
/// must not, for a file without a recipient or a dealer without an address; or CANCEL.
pub fn file(entry: &Entry, dealer: &Dealer) -> (String, &'static str) {
    let settings = &dealer.settings;
    let zone = settings.calendar.zone();
    let organizer = settings.lead_address.as_ref().map_or_else(|| "invalid:nomail".to_owned(), mailto);
    let attendee = entry.attendee.as_ref().filter(|_| settings.lead_address.is_some());
    let mut event = Event::new();
    event
        .uid(&format!("{}@forecourt", entry.uid))
        .sequence(entry.sequence)
        .summary(&entry.title)
        .append_property(Property::new("DTSTAMP", utc(entry.changed)))
        .append_property(Property::new("STATUS", if entry.cancelled { "CANCELLED" } else { "CONFIRMED" }))
        .append_property(time("DTSTART", entry.from, zone))
        .append_property(time("DTEND", entry.until, zone))
        .append_property(Property::new("ORGANIZER", organizer).add_parameter("CN", &parameter(&settings.name)).done());
    // Nobody comes to a telephone call: an address would lead the customer to the dealer.
    if entry.is_at_dealer {
        event.location(&place(settings));
    }
    if let Some((name, address)) = attendee {
        let mut attendee = Property::new("ATTENDEE", mailto(address));
        if !name.is_empty() {
            attendee.add_parameter("CN", &parameter(name));
        }
        // The appointment is agreed upon. A requested reply would be a mail to the dealer.
        for (name, value) in [("ROLE", "REQ-PARTICIPANT"), ("PARTSTAT", "ACCEPTED"), ("RSVP", "FALSE")] {
            attendee.add_parameter(name, value);
        }
        event.append_property(attendee.done());
    }
    let (method, media_type) = match (entry.cancelled, attendee) {
        (true, _) => ("CANCEL", "text/calendar; charset=utf-8; method=CANCEL"),
        (false, Some(_)) => ("REQUEST", "text/calendar; charset=utf-8; method=REQUEST"),
        (false, None) => ("PUBLISH", "text/calendar; charset=utf-8; method=PUBLISH"),
    };
    (calendar(vec![Property::new("METHOD", method)], vec![(event.done(), zone, entry.from)]), media_type)
}

/// Returns the dealer's name and address.
fn place(settings: &DealerSettings) -> String {
    let address = Some(settings.location.line()).filter(|address| !address.is_empty());
    // Calendar programs search for the place in all countries.
    address.map_or_else(|| settings.name.clone(), |address| format!("{}, {address}, {}", settings.name, settings.country.as_str()))
}

fn mailto(address: &Email) -> String {
    format!("mailto:{}", utf8_percent_encode(&address.wire(), NOT_IN_MAILTO))
}

/// Returns text that is valid as a parameter of a property.
fn parameter(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().replace('"', "'")
}

/// Returns a file of `properties`, the standard properties, and the entries, each with its time zone and start.
pub fn calendar(properties: Vec<Property>, entries: Vec<(Event, Tz, DateTime<Utc>)>) -> String {
    let mut calendar = Calendar::empty();
    for (name, value) in [("VERSION", "2.0"), ("PRODID", "-//Forecourt//Forecourt//EN"), ("CALSCALE", "GREGORIAN")] {
        calendar.append_property(Property::new(name, value));
    }
    for property in properties {
        calendar.append_property(property);
    }
    let mut years: BTreeMap<&str, (Tz, i32, i32)> = BTreeMap::new();
    for (entry, zone, begins) in entries {
        let year = begins.year();
        let (_, first, last) = years.entry(zone.name()).or_insert((zone, year, year));
        (*first, *last) = (year.min(*first), year.max(*last));
        calendar.push(entry);
    }
    // The writer gives each component without a UID a random UID and a time stamp, which zones must not have: they are written separately.
    let zones: String = years.into_values().map(|(zone, first, last)| vtimezone(zone, first, last)).collect();
    calendar.to_string().replacen("\r\nBEGIN:VEVENT\r\n", &format!("\r\n{zones}BEGIN:VEVENT\r\n"), 1)
}

/// Escapes text for a property that the writer does not escape.
pub fn escaped(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control()).collect::<String>();
    plain.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,")
}

/// Formats an instant in UTC.
pub fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// Returns an instant as local time with its zone; in UTC if the local time occurs twice and this is the second.
pub fn time(name: &str, at: DateTime<Utc>, zone: Tz) -> Property {
    let local = at.with_timezone(&zone);
    let first = zone.from_local_datetime(&local.naive_local()).earliest();
    if first.is_none_or(|first| first.to_utc() != at) {
        return Property::new(name, utc(at));
    }
    Property::new(name, local.format("%Y%m%dT%H%M%S").to_string()).add_parameter("TZID", zone.name()).done()
}

/// Returns the offsets of a zone from the year before `first` to the year after `last`.
fn vtimezone(zone: Tz, first: i32, last: i32) -> String {
    let seconds = |at: NaiveDateTime| zone.offset_from_utc_datetime(&at).fix().local_minus_utc();
    let observance = |from: i32, at: NaiveDateTime, local: NaiveDateTime| {
        let offset = zone.offset_from_utc_datetime(&at);
        let kind = if offset.dst_offset() == Duration::zero() { "STANDARD" } else { "DAYLIGHT" };
        let name = offset.abbreviation().map(|name| format!("TZNAME:{name}\r\n")).unwrap_or_default();
        let (from, to, local) = (written(from), written(seconds(at)), local.format("%Y%m%dT%H%M%S"));
        format!("BEGIN:{kind}\r\nDTSTART:{local}\r\nTZOFFSETFROM:{from}\r\nTZOFFSETTO:{to}\r\n{name}END:{kind}\r\n")
    };
    let year = |year: i32| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single().unwrap_or_default().naive_utc();
    let (mut at, end) = (year(first - 1), year(last + 2));
    let mut text = format!("BEGIN:VTIMEZONE\r\nTZID:{}\r\n{}", zone.name(), observance(seconds(at), at, year(1970)));
    while at < end {
        let (next, before) = (at + Duration::hours(24), seconds(at));
        if seconds(next) != before {
            // Offsets change at a quarter-hour of that day.
            let change = (1..=96).map(|quarter| at + Duration::minutes(15 * quarter)).find(|at| seconds(*at) != before).unwrap_or(next);
            text += &observance(before, change, change + Duration::seconds(before.into()));
        }
        at = next;
    }
    text + "END:VTIMEZONE\r\n"
}

fn written(seconds: i32) -> String {
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}
