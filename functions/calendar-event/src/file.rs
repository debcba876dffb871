//! A booking as an iCalendar file (RFC 5545, RFC 5546): the same entry, newer with each change, and its cancellation.

use crate::invitation::Shown;
use crate::pages::{Reader, texts};
use chrono::{DateTime, Datelike as _, Duration, NaiveDateTime, Offset as _, TimeZone as _, Utc};
use chrono_tz::{OffsetComponents as _, OffsetName as _, Tz};
use forecourt_domain::calendar_event::EventState;
use forecourt_edge::http::{Answer, no_link};
use forecourt_edge::problem::Problem;
use icalendar::{Calendar, Component as _, Event, EventLike as _, Property};

/// The file, once something was booked.
pub(crate) fn answer(shown: &Shown, reader: &Reader) -> Result<Answer, Problem> {
    let event = shown.event.as_ref().ok_or_else(no_link)?;
    let settings = &shown.dealer.settings;
    let words = texts(reader, Some((&shown.invitation, &shown.dealer)));
    let zone = settings.calendar.zone();
    let slot = shown.slot(event);
    let cancelled = matches!(event.state, EventState::Deleted(_) | EventState::NoShow(_));
    let changed = event.state.ended().map(|ended| ended.at).or_else(|| event.rescheduled.last().map(|moved| moved.at));
    let organizer = settings.lead_address.as_ref().map_or_else(|| "invalid:nomail".to_owned(), |address| format!("mailto:{address}"));
    let mut entry = Event::new();
    entry
        .uid(&format!("{}@forecourt", shown.invitation.id))
        .sequence(shown.invitation.version(event))
        .summary(&format!("{} · {}", words.name_of(&shown.invitation), settings.name))
        .location(&settings.name)
        .append_property(Property::new("DTSTAMP", utc(changed.unwrap_or(event.created))))
        .append_property(Property::new("STATUS", if cancelled { "CANCELLED" } else { "CONFIRMED" }))
        .append_property(time("DTSTART", slot.from, zone))
        .append_property(time("DTEND", slot.until, zone))
        .append_property(Property::new("ORGANIZER", organizer).add_parameter("CN", &settings.name.replace('"', "'")).done());
    let mut calendar = Calendar::empty();
    for (name, value) in [
        ("VERSION", "2.0"),
        ("PRODID", "-//Forecourt//Forecourt//EN"),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", if cancelled { "CANCEL" } else { "REQUEST" }),
    ] {
        calendar.append_property(Property::new(name, value));
    }
    // The builder knows no time zones; the reader takes any component.
    let zones: Calendar = format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", vtimezone(zone, slot.from))
        .parse()
        .map_err(|e: String| forecourt_store::Failure::Broken(e))?;
    for component in zones.components {
        calendar.push(component);
    }
    calendar.push(entry.done());
    let media_type = if cancelled { "text/calendar; charset=utf-8; method=CANCEL" } else { "text/calendar; charset=utf-8; method=REQUEST" };
    Ok(Answer::text(200, media_type, calendar.to_string()).header("content-disposition", "attachment; filename=\"booking.ics\""))
}

fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// An instant by the clock of its zone; in UTC where that clock shows the same time twice and this is the second.
fn time(name: &str, at: DateTime<Utc>, zone: Tz) -> Property {
    let local = at.with_timezone(&zone);
    let first = zone.from_local_datetime(&local.naive_local()).earliest();
    if first.is_none_or(|first| first.to_utc() != at) {
        return Property::new(name, utc(at));
    }
    Property::new(name, local.format("%Y%m%dT%H%M%S").to_string()).add_parameter("TZID", zone.name()).done()
}

/// The offsets of a zone around a time.
fn vtimezone(zone: Tz, around: DateTime<Utc>) -> String {
    let seconds = |at: NaiveDateTime| zone.offset_from_utc_datetime(&at).fix().local_minus_utc();
    let observance = |from: i32, at: NaiveDateTime, local: NaiveDateTime| {
        let offset = zone.offset_from_utc_datetime(&at);
        let kind = if offset.dst_offset() == Duration::zero() { "STANDARD" } else { "DAYLIGHT" };
        let name = offset.abbreviation().map(|name| format!("TZNAME:{name}\r\n")).unwrap_or_default();
        let (from, to, local) = (written(from), written(seconds(at)), local.format("%Y%m%dT%H%M%S"));
        format!("BEGIN:{kind}\r\nDTSTART:{local}\r\nTZOFFSETFROM:{from}\r\nTZOFFSETTO:{to}\r\n{name}END:{kind}\r\n")
    };
    let year = |year: i32| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single().unwrap_or(around).naive_utc();
    let (mut at, end) = (year(around.year() - 1), year(around.year() + 2));
    let mut text = format!("BEGIN:VTIMEZONE\r\nTZID:{}\r\n{}", zone.name(), observance(seconds(at), at, year(1970)));
    while at < end {
        let (next, before) = (at + Duration::hours(24), seconds(at));
        if seconds(next) != before {
            // Clocks change on a quarter-hour of that day.
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
