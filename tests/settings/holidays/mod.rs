//! Import of calendar files, valid and broken (SET-2).

mod entries;
mod laws;

use chrono::{Days, NaiveDate};
use forecourt_domain::hours::{DayOff, DayOffKind};
use forecourt_settings::ics::{ImportRange, Imported, read};
use std::time::{Duration, Instant};

/// A file in the style of the national calendars: folded lines, escapes, umlauts, CRLF.
const GERMAN: &[u8] = include_bytes!("german-holidays.ics");
const GOOGLE: &[u8] = include_bytes!("google-holidays.ics");

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn years(body: &[u8], from: i32, to: i32) -> Result<Imported, Vec<String>> {
    let year = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    // National calendars mark their days as transparent.
    let range = ImportRange { from: year(from, 1, 1), to: year(to, 12, 31), zone: chrono_tz::Europe::Berlin, transparent: true };
    read(body, &range).map_err(|faults| {
        assert!(faults.iter().all(|fault| fault.rule == "SET-2"));
        faults.into_iter().map(|fault| format!("{}: {}", fault.field, fault.detail)).collect()
    })
}

/// Returns the days as `2026-12-25..2026-12-26 Christmas`, and the number of skipped entries.
fn days_and_skipped(body: &[u8]) -> (Vec<String>, usize) {
    let read = years(body, 2026, 2027).unwrap();
    let day = |day: DayOff| {
        assert_eq!(day.kind, DayOffKind::PublicHoliday);
        let to = day.to.map(|to| format!("..{to}")).unwrap_or_default();
        format!("{}{to} {}", day.from, day.name)
    };
    (read.days.into_iter().map(day).collect(), read.skipped.len())
}

/// Returns a calendar of events. An event is given by its lines, separated by `|`. The first line of the first event is the file's third
/// line.
fn calendar(events: &[&str]) -> String {
    let events: String = events.iter().map(|lines| format!("BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n", lines.replace('|', "\r\n"))).collect();
    format!("BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n")
}

fn days(events: &[&str]) -> Vec<String> {
    days_and_skipped(calendar(events).as_bytes()).0
}

fn refused(body: impl AsRef<[u8]>) -> Vec<String> {
    years(body.as_ref(), 2026, 2027).unwrap_err()
}

#[test]
fn set_2_a_national_calendar_file_is_imported() {
    let (days, skipped) = days_and_skipped(GERMAN);
    // One entry has times of the day, one is cancelled.
    assert_eq!((days.len(), skipped), (32, 2));
    assert_eq!(days[0], "2026-01-01 Neujahr");
    assert_eq!(days[1], "2026-01-06 Heilige Drei Könige (Baden-Württemberg, Bayern, Sachsen-Anhalt)");
    let reformation = "2026-10-31 Reformationstag (Brandenburg, Bremen, Hamburg, Mecklenburg-Vorpommern, Niedersachsen, Sachsen, Sachs";
    assert_eq!(days[12], reformation);
    assert_eq!(days[14], "2026-11-18 Buß- und Bettag (Sachsen)");
    assert_eq!(days[15], "2026-12-25..2026-12-26 1. und 2. Weihnachtstag");
    assert_eq!(days[19], "2027-03-26 Karfreitag");
    assert!(days.is_sorted());
    // Only the days of the requested year are imported.
    assert_eq!(years(GERMAN, 2027, 2027).unwrap().days.len(), 16);
    assert!(years(GERMAN, 2028, 2030).unwrap().days.is_empty());
}

#[test]
fn set_2_a_google_calendar_file_is_imported_by_date() {
    let (days, skipped) = days_and_skipped(GOOGLE);
    assert_eq!((days.len(), skipped), (8, 0));
    assert_eq!(days[0], "2026-01-01 New Year's Day");
    assert_eq!(days[7], "2026-12-28 Boxing Day (substitute)");
}

#[test]
fn set_2_a_day_off_that_overlaps_the_requested_period_is_imported_whole() {
    let body = calendar(&["DTSTART:20251224|DTEND:20260102", "DTSTART:20271231|DTEND:20280102", "DTSTART:20251231", "DTSTART:20280101"]);
    assert_eq!(days_and_skipped(body.as_bytes()).0, ["2025-12-24..2026-01-01 holiday", "2027-12-31..2028-01-01 holiday"]);
}

#[test]
fn set_2_the_end_of_an_event_is_exclusive_or_a_duration_or_absent() {
    let cases = [
        ("DTSTART;VALUE=DATE:20261225|DTEND;VALUE=DATE:20261227", "2026-12-25..2026-12-26 holiday"),
        ("DTSTART;VALUE=DATE:20261225|DTEND;VALUE=DATE:20261226", "2026-12-25 holiday"),
        ("DTSTART:20261225|DTEND:20261225", "2026-12-25 holiday"),
        ("DTSTART:20261225", "2026-12-25 holiday"),
        ("DTSTART:20261225|DURATION:P1D", "2026-12-25 holiday"),
        ("DTSTART:20261225|DURATION:P2D", "2026-12-25..2026-12-26 holiday"),
        ("DTSTART:20261225|DURATION:+P1W", "2026-12-25..2026-12-31 holiday"),
        ("DTSTART:20261225|DURATION:P1DT24H0M0S", "2026-12-25..2026-12-26 holiday"),
        ("DTEND:20261226|DTSTART:20261225", "2026-12-25 holiday"),
        ("DTSTART:20260101|DTEND:20270102", "2026-01-01..2027-01-01 holiday"),
    ];
    for (event, expected) in cases {
        assert_eq!(days(&[event]), [expected], "{event}");
    }
}

#[test]
fn set_2_recurrence_rules_are_expanded_for_the_requested_years() {
    let rule =
        |start: &str, rule: &str| days(&[&format!("DTSTART;VALUE=DATE:{start}|RRULE:{rule}|SUMMARY:x")]).join(", ").replace(" x", "");
    assert_eq!(rule("20101225", "FREQ=YEARLY"), "2026-12-25, 2027-12-25");
    assert_eq!(rule("15831225", "FREQ=YEARLY;"), "2026-12-25, 2027-12-25");
    assert_eq!(rule("20101225", "freq=yearly;bymonth=12;bymonthday=25"), "2026-12-25, 2027-12-25");
    assert_eq!(rule("20101225", "FREQ=YEARLY;INTERVAL=2"), "2026-12-25");
    assert_eq!(rule("20251225", "FREQ=YEARLY;COUNT=2"), "2026-12-25");
    assert_eq!(rule("20101225", "FREQ=YEARLY;UNTIL=20261225"), "2026-12-25");
    assert_eq!(rule("20101225", "FREQ=YEARLY;UNTIL=20261225T235959Z"), "2026-12-25");
    assert_eq!(rule("20101225", "FREQ=YEARLY;UNTIL=20201225"), "");
    assert_eq!(rule("20240229", "FREQ=YEARLY"), "");
    assert_eq!(rule("20300101", "FREQ=YEARLY"), "");
    // Spring bank holiday, Thanksgiving, Buß- und Bettag.
    assert_eq!(rule("20200525", "FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO"), "2026-05-25, 2027-05-31");
    assert_eq!(rule("20201126", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;WKST=SU"), "2026-11-26, 2027-11-25");
    assert_eq!(rule("20201118", "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=16,17,18,19,20,21,22;BYDAY=WE"), "2026-11-18, 2027-11-17");
    assert_eq!(rule("20270101", "FREQ=DAILY;COUNT=3"), "2027-01-01, 2027-01-02, 2027-01-03");
    let two_days = days(&["DTSTART:20201225|DTEND:20201227|RRULE:FREQ=YEARLY|SUMMARY:Weihnachten"]);
    assert_eq!(two_days, ["2026-12-25..2026-12-26 Weihnachten", "2027-12-25..2027-12-26 Weihnachten"]);
}

#[test]
fn set_2_exceptions_additional_dates_moves_and_cancellations_are_applied() {
    let yearly = "UID:a|DTSTART:20201225|RRULE:FREQ=YEARLY|SUMMARY:x";
    assert_eq!(days(&[&format!("{yearly}|EXDATE;VALUE=DATE:20251225,20261225")]), ["2027-12-25 x"]);
    assert_eq!(
        days(&[&format!("{yearly}|EXDATE:20271225T000000Z|RDATE:20270101,20260101")]),
        ["2026-01-01 x", "2026-12-25 x", "2027-01-01 x"]
    );
    assert_eq!(
        days(&["DTSTART:20260501|RDATE:20270501|RDATE:20260502"]),
        ["2026-05-01 holiday", "2026-05-02 holiday", "2027-05-01 holiday"]
    );
    // The day is moved to the following Monday. Another event on the same date stays.
    let moved = "UID:a|RECURRENCE-ID;VALUE=DATE:20261225|DTSTART:20261228|SUMMARY:moved";
    let other = "UID:b|DTSTART:20261225|SUMMARY:other";
    for events in [[yearly, moved, other], [moved, other, yearly]] {
        assert_eq!(days(&events), ["2026-12-25 other", "2026-12-28 moved", "2027-12-25 x"]);
    }
    assert_eq!(days(&[yearly, "UID:a|RECURRENCE-ID:20261225|DTSTART:20261225|STATUS:CANCELLED"]), ["2027-12-25 x"]);
    assert_eq!(days(&["DTSTART:20261225|STATUS:cancelled"]), Vec::<String>::new());
}

#[test]
fn set_2_the_summary_becomes_the_name_of_the_day_off() {
    let name = |summary: &str| days(&[&format!("DTSTART:20261225|{summary}")])[0]["2026-12-25 ".len()..].to_owned();
    assert_eq!(name("SUMMARY;LANGUAGE=de;X-A=\"b:c;d\":Tag der Arbeit\\, frei\\; \\\\o\\\\\\nganz"), "Tag der Arbeit, frei; \\o\\ ganz");
    assert_eq!(name("summary:  Ganz\t\u{0}klein  "), "Ganz klein");
    assert_eq!(name("SUMMARY:Urlaub: ganze Woche"), "Urlaub: ganze Woche");
    assert_eq!(name("SUMMARY: "), "holiday");
    assert_eq!(name("DESCRIPTION:x"), "holiday");
    assert_eq!(name(&format!("SUMMARY:{} x", "ü".repeat(99))), "ü".repeat(99));
    assert_eq!(name(&format!("SUMMARY:{}", "ü".repeat(101))), "ü".repeat(100));
}

#[test]
fn set_2_folded_lowercase_and_concatenated_calendar_files_are_read() {
    let mut folded =
        b"\xEF\xBB\xBFbegin:vcalendar\nVersion:2.0\n\nBegin:vevent\n \ndtstart;value=date:2026\n\t1225\nSummary:K\xC3".to_vec();
    folded.extend_from_slice(b"\n \xB6nig\n  und\nbegin:valarm\ntrigger:-P1D\ndtstart:nonsense\nend:valarm\nend:vevent\nend:vcalendar\n");
    // A second calendar, and no line break at the end of the file.
    folded.extend_from_slice(b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nDTSTART:20260101\r\nEND:VTODO\r\nBEGIN:VEVENT\r\nDTSTART:20260501\r\nEND:VEVENT\r\nEND:VCALENDAR");
    assert_eq!(days_and_skipped(&folded).0, ["2026-05-01 holiday", "2026-12-25 König und"]);
    let same = "DTSTART:20261225|SUMMARY:x";
    assert_eq!(days(&[same, "DTSTART:20261225|SUMMARY:y", same]), ["2026-12-25 x", "2026-12-25 y"]);
}

#[test]
fn set_2_an_invalid_calendar_file_is_refused_with_the_line() {
    let event = |lines: &str| calendar(&[&format!("UID:folded\r\n  over\r\n  lines|{lines}")]);
    // The given lines start at line 6 of the file.
    let cases = [
        (event("DTSTART:20260230"), "line 6: DTSTART: '20260230' is not a date; write 26 December 2026 as 20261226"),
        (event("DTSTART:2026-12-25"), "line 6: DTSTART: '2026-12-25' is not a date; write 26 December 2026 as 20261226"),
        (event("DTSTART:20261225T250000"), "line 6: DTSTART: '20261225T250000' is not a date; write 26 December 2026 as 20261226"),
        (event("DTSTART:"), "line 6: DTSTART: '' is not a date; write 26 December 2026 as 20261226"),
        (event("DTSTART;VALUE=DATE 20261225"), "line 6: is neither 'NAME:value' nor a continuation line, which begins with a space"),
        (event("DTSTART:20261225|More info: here"), "line 7: is neither 'NAME:value' nor a continuation line, which begins with a space"),
        (event("SUMMARY:x"), "line 2: BEGIN:VEVENT has no DTSTART (the first day)"),
        (event("DTSTART:20261225|DTEND:20261224"), "line 7: ends before DTSTART; DTEND must be the day after the last day off"),
        (event("DTEND:20261224|DTSTART:20261225"), "line 6: ends before DTSTART; DTEND must be the day after the last day off"),
        (event("DTSTART:20261225|DURATION:-P1D"), "line 7: ends before DTSTART; DTEND must be the day after the last day off"),
        (event("DTSTART:20261225|DTEND:20261225T120000"), "line 7: ends within a day; if DTSTART has no time, the end must not have one"),
        (event("DTSTART:20261225|DTEND:20621226"), "line 7: ends 13150 days after DTSTART; a day off lasts at most 366"),
        (event("DTSTART:20261225|DURATION:2 days"), "line 7: DURATION: is not a duration; write two days as P2D"),
        (event("DTSTART:20261225|DURATION:PT"), "line 7: DURATION: is not a duration; write two days as P2D"),
        (
            event("DTSTART:20261225|DTEND:20261226|DURATION:P1D"),
            "line 8: DURATION: is repeated; an event has one DTSTART, one DTEND or DURATION, and one RRULE",
        ),
        (event("DTSTART:20261225|RRULE:FREQ=HOURLY"), "line 7: RRULE: 'FREQ=HOURLY' repeats within a day"),
        (event("DTSTART:20261225|RRULE:FREQ=YEARLY;BYHOUR=1"), "line 7: RRULE: 'BYHOUR=1' repeats within a day"),
        (event("DTSTART:20261225|RRULE:FREQ=YEARLY;BYDAY=X1MO"), "line 7: RRULE: 'BYDAY=X1MO' is not a list of days such as 2MO,-1FR"),
        (event("DTSTART:20261225|RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "line 7: RRULE: matches no date"),
        (event("DTSTART:20261225|RRULE:FREQ=YEARLY;INTERVAL=0"), "line 7: RRULE: matches no date"),
        (
            event("DTSTART:20261225|RRULE:FREQ=YEARLY;UNTIL=20261301"),
            "line 7: RRULE: '20261301' is not a date; write 26 December 2026 as 20261226",
        ),
        (event("DTSTART:20261225|RRULE:FREQ=FORTNIGHTLY"), "line 7: RRULE: 'FREQ=FORTNIGHTLY' cannot be read"),
        (event("DTSTART:20261225|RRULE:FREQ=YEARLY;BYMONTH=XII;BYMONTHDAY=1"), "line 7: RRULE: 'BYMONTH=XII' cannot be read"),
        (
            event("DTSTART:20261225|RRULE:BYMONTH=12"),
            "line 7: RRULE: 'BYMONTH=12' is not a rule such as FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24",
        ),
        (event("DTSTART:20261225|RRULE:FREQ=YEARLY;SKIP=ÖMIT"), "line 7: RRULE: 'SKIP=ÖMIT' cannot be read"),
        (event("DTSTART:20261225|EXRULE:FREQ=YEARLY"), "line 7: EXRULE: is not supported; list the dates with EXDATE"),
        (
            event("DTSTART:20261225|EXDATE:20261225,20260230"),
            "line 7: EXDATE: '20260230' is not a date; write 26 December 2026 as 20261226",
        ),
        (
            event("DTSTART:20261225|RECURRENCE-ID;RANGE=THISANDFUTURE:20261225"),
            "line 7: RECURRENCE-ID: RANGE is not supported; end the rule with UNTIL and add another event for the later dates",
        ),
        (event("DTSTART:20261225|BEGIN:VALARM"), "line 7: BEGIN:VALARM has no END:VALARM"),
        (event("DTSTART:20261225|END:VALARM"), "line 7: END:VALARM has no BEGIN:VALARM"),
        (event("DTSTART:20261225|BEGIN:VEVENT|DTSTART:20261226"), "line 2: BEGIN:VEVENT has no END:VEVENT"),
        (event("DTSTART:20261225").replace("END:VEVENT\r\n", ""), "line 2: BEGIN:VEVENT has no END:VEVENT"),
        (event("DTSTART:20261225").replace("END:VCALENDAR\r\n", ""), "line 1: BEGIN:VCALENDAR has no END:VCALENDAR"),
        (event("DTSTART:20261225") + "UID:x", "line 9: is outside of BEGIN:VCALENDAR and END:VCALENDAR"),
        (event("DTSTART:20261225") + "BEGIN:VEVENT\nEND:VEVENT", "line 9: BEGIN:VEVENT is outside of BEGIN:VCALENDAR and END:VCALENDAR"),
        (
            event("DTSTART:20261225").replace("BEGIN:VCAL", "\r\nBEGIN:V"),
            "line 2: is not BEGIN:VCALENDAR; an iCalendar file begins with BEGIN:VCALENDAR",
        ),
        ("<html>".into(), "line 1: is not BEGIN:VCALENDAR; an iCalendar file begins with BEGIN:VCALENDAR"),
        (String::new(), "file: is empty; an iCalendar file begins with BEGIN:VCALENDAR"),
        ("\r\n\n".into(), "file: is empty; an iCalendar file begins with BEGIN:VCALENDAR"),
        (calendar(&[]), "file: contains no events; a day off is an event from BEGIN:VEVENT to END:VEVENT"),
    ];
    for (body, expected) in cases {
        assert_eq!(refused(&body), [expected], "{body}");
    }
}

#[test]
fn set_2_a_byte_that_is_not_utf_8_is_refused_with_its_line() {
    let body =
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260106\r\nSUMMARY:Drei\r\n  K\xF6nige\r\n  heute\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    assert_eq!(refused(body), ["line 5: is not UTF-8; save the file as UTF-8"]);
}

#[test]
fn set_2_all_invalid_lines_are_returned_at_once_up_to_twenty() {
    let body = calendar(&["DTSTART:20261225|DTEND:20261224", "DTSTART:tomorrow", "SUMMARY:x", "DTSTART:20261225|EXDATE:x|SUMMARY"]);
    let lines: Vec<String> = refused(&body).iter().map(|fault| fault.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["line 4", "line 7", "line 9", "line 14", "line 15"]);
    assert_eq!(refused(calendar(&["DTSTART:x"; 30])).len(), 20);
    // Quoted input is shortened, whatever its length.
    assert!(refused(calendar(&[&format!("DTSTART:{}", "ü".repeat(10_000))]))[0].len() < 200);
    assert!(refused(calendar(&[&format!("BEGIN:{}", "ü".repeat(10_000))]))[0].len() < 250);
}

#[test]
fn set_2_at_most_two_thousand_days_are_imported_at_once() {
    let dates: Vec<String> = (0..2_001).map(|day| (date("2026-01-01") + Days::new(day)).format("DTSTART:%Y%m%d").to_string()).collect();
    let dates: Vec<&str> = dates.iter().map(String::as_str).collect();
    assert_eq!(years(calendar(&dates[1..]).as_bytes(), 2026, 2035).unwrap().days.len(), 2_000);
    let faults = years(calendar(&dates).as_bytes(), 2026, 2035).unwrap_err();
    assert_eq!(faults, ["file: contains 2001 days off from 2026-01-01 to 2035-12-31; at most 2000 can be imported at once"]);
}

/// SET-2: files of one megabyte that need much work are read in bounded time. The bound allows for a slow build on a busy machine.
#[test]
fn set_2_the_reading_time_of_a_file_is_bounded() {
    let fill = |event: &str| calendar(&vec![event; 1_000_000 / (event.len() + 26)]);
    let line = |piece: &str| calendar(&[&format!("DTSTART:20261225|X{}:", piece.repeat(1_000_000 / piece.len()))]);
    let bodies = [
        fill("DTSTART:00010101|RRULE:FREQ=DAILY"),
        fill("DTSTART:00010101|RRULE:FREQ=YEARLY"),
        fill("DTSTART:20261225|RRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"),
        fill("DTSTART:20261225|RRULE:FREQ=DAILY;COUNT=4000000000;INTERVAL=65535"),
        fill("DTSTART:20240229|RRULE:FREQ=DAILY;INTERVAL=1461;BYMONTH=2;BYMONTHDAY=29"),
        fill("DTSTART:20261225|EXDATE:20261225|RDATE:20261226"),
        calendar(&[&format!("DTSTART:20261225|{}UID:x", "EXDATE:20261225|RDATE:20261226|".repeat(30_000))]),
        calendar(&[&format!("DTSTART:20261225|RRULE:FREQ=YEARLY;BYDAY={}MO", "MO,".repeat(300_000))]),
        calendar(&[&format!("DTSTART:20261225|DURATION:P{}", "4294967295W".repeat(90_000))]),
        calendar(&["BEGIN:A|".repeat(120_000).as_str()]),
        calendar(&["BEGIN:A|END:A|".repeat(60_000).as_str()]),
        "BEGIN:VCALENDAR\n".repeat(60_000),
        "BEGIN:VCALENDAR\n".to_owned() + &"\n ".repeat(500_000),
        line(";"),
        line(";a=\"b\""),
        line(";a=\""),
        line(","),
        line("\\"),
    ];
    for body in bodies {
        let begun = Instant::now();
        let read = years(body.as_bytes(), 2026, 2027);
        let start: String = body.chars().skip(17).take(80).collect();
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}: {start}", begun.elapsed());
        assert!(read.is_ok() || read.is_err_and(|faults| faults.len() <= 20));
    }
}
