//! Entries of calendar files: imported as days off, or skipped with a reason (SET-2).

use super::{calendar, days_and_skipped};
use crate::support::world::{ADMIN, NORDSTERN, Request, World};
use chrono_tz::{America::Chicago, Asia::Kolkata, Europe::Berlin, Europe::London, Tz};
use forecourt_settings::ics::{ImportRange, SkipReason, read};
use serde_json::json;

/// Returns the days off of one entry as `2027-01-06..2027-01-07`, and the reason why it was skipped. `None` if it was imported.
fn read_in(zone: Tz, entry: &str, transparent: bool) -> (Vec<String>, Option<SkipReason>) {
    let range = ImportRange { from: "2026-01-01".parse().unwrap(), to: "2029-12-31".parse().unwrap(), zone, transparent };
    let file = read(calendar(&[entry]).as_bytes(), &range).unwrap();
    let day = |day: &forecourt_domain::hours::DayOff| day.to.map_or(day.from.to_string(), |to| format!("{}..{to}", day.from));
    (file.days.iter().map(day).collect(), file.skipped.first().map(|entry| entry.reason))
}

#[test]
fn set_2_entries_with_times_are_skipped_unless_they_span_whole_days() {
    let whole = [
        "DTSTART;TZID=\"Europe/Berlin\":20261225T000000|DTEND;TZID=Europe/Berlin:20261226T000000",
        "DTSTART:20261225T000000|DURATION:PT24H",
        "DTSTART:20261225T000000Z|DTEND:20261226T000000Z",
        "DTSTART;VALUE=DATE:20261225|DTEND:20261226T000000",
    ];
    for event in whole {
        assert_eq!(days_and_skipped(calendar(&[event]).as_bytes()), (vec!["2026-12-25 holiday".to_owned()], 0), "{event}");
    }
    let parts = [
        "DTSTART:20261225T000000",
        "DTSTART:20261225T000000|DTEND:20261225T000000",
        "DTSTART:20261225T000000|DTEND:20261225T120000",
        "DTSTART:20261225T090000|DTEND:20261226T090000",
        "DTSTART:20261225T090000|RRULE:FREQ=HOURLY",
        "DTSTART:20261225T090000|DTEND:20261225T080000",
    ];
    for event in parts {
        assert_eq!(days_and_skipped(calendar(&[event]).as_bytes()), (vec![], 1), "{event}");
    }
}

#[test]
fn set_2_a_whole_day_in_utc_or_to_the_last_second_is_that_day_in_the_dealers_zone() {
    for (zone, entry, days) in [
        (Berlin, "DTSTART:20270105T230000Z|DTEND:20270106T230000Z|SUMMARY:A", vec!["2027-01-06"]),
        (Berlin, "DTSTART;TZID=Europe/Berlin:20270514T000000|DTEND;TZID=Europe/Berlin:20270514T235959|SUMMARY:B", vec!["2027-05-14"]),
        (Berlin, "DTSTART:20270514T000000|DTEND:20270515T235900", vec!["2027-05-14..2027-05-15"]),
        (Berlin, "DTSTART:20270514T000000|DURATION:PT23H59M59S", vec!["2027-05-14"]),
        (Berlin, "DTSTART:20270105T230000Z|DTEND:20270106T225959Z", vec!["2027-01-06"]),
        (Berlin, "DTSTART:20270105T230000Z|DURATION:P1D", vec!["2027-01-06"]),
        // A day with a clock change has 23 or 25 hours.
        (Berlin, "DTSTART:20270327T230000Z|DTEND:20270328T220000Z", vec!["2027-03-28"]),
        (Berlin, "DTSTART:20271030T220000Z|DTEND:20271031T230000Z", vec!["2027-10-31"]),
        (Chicago, "DTSTART:20270101T060000Z|DTEND:20270102T060000Z", vec!["2027-01-01"]),
        (London, "DTSTART:20270829T230000Z|DTEND:20270830T230000Z", vec!["2027-08-30"]),
        (Kolkata, "DTSTART:20270125T183000Z|DTEND:20270126T183000Z", vec!["2027-01-26"]),
        // If only the time in UTC is midnight, the date is read in UTC.
        (Berlin, "DTSTART:20261225T000000Z|DTEND:20261226T000000Z", vec!["2026-12-25"]),
        (Chicago, "DTSTART:20261225T000000Z|DTEND:20261227T000000Z", vec!["2026-12-25..2026-12-26"]),
        (Berlin, "DTSTART:20261225T000000Z|DTEND:20261225T235959Z", vec!["2026-12-25"]),
        // The dates of a rule, its end and its exceptions are read in the same way.
        (
            Berlin,
            "DTSTART:20270105T230000Z|DTEND:20270106T230000Z|RRULE:FREQ=YEARLY;UNTIL=20290105T230000Z|EXDATE:20280105T230000Z|RDATE:20270814T220000Z",
            vec!["2027-01-06", "2027-08-15", "2029-01-06"],
        ),
    ] {
        assert_eq!(read_in(zone, entry, false), (days.into_iter().map(str::to_owned).collect(), None), "{zone}: {entry}");
    }
    for entry in [
        "DTSTART:20270105T220000Z|DTEND:20270106T220000Z",
        "DTSTART:20270105T230000Z|DTEND:20270106T110000Z",
        "DTSTART:20270105T230000Z",
        "DTSTART:20270514T000000|DTEND:20270514T235800",
        "DTSTART:20270514T000100|DTEND:20270514T235959",
    ] {
        assert_eq!(read_in(Berlin, entry, false), (Vec::new(), Some(SkipReason::NotWholeDays)), "{entry}");
    }
}

#[test]
fn set_2_a_transparent_entry_is_skipped_unless_the_request_includes_it() {
    let entry = "DTSTART;VALUE=DATE:20270215|DTEND;VALUE=DATE:20270216|TRANSP:TRANSPARENT|SUMMARY:C";
    assert_eq!(read_in(Berlin, entry, false), (Vec::new(), Some(SkipReason::Transparent)));
    assert_eq!(read_in(Berlin, entry, true), (vec!["2027-02-15".to_owned()], None));
    assert_eq!(read_in(Berlin, &entry.replace("TRANSPARENT", "OPAQUE"), false), (vec!["2027-02-15".to_owned()], None));
}

/// SET-2: the response names each skipped entry with its line and the reason.
#[tokio::test]
async fn set_2_the_response_names_each_skipped_entry_with_the_reason() {
    let world = World::new().await;
    let file = calendar(&[
        "DTSTART:20270105T230000Z|DTEND:20270106T230000Z|SUMMARY:Dreiko\u{308}nig",
        "DTSTART;VALUE=DATE:20270215|TRANSP:TRANSPARENT|SUMMARY:Rosenmontag",
        "DTSTART:20270301T090000|DTEND:20270301T100000|SUMMARY:Meeting",
        "DTSTART;VALUE=DATE:20270402|STATUS:CANCELLED",
    ]);
    let import = async |version: u64, query: &str| {
        let path = format!("/dealers/{NORDSTERN}/holidays/import?from=2027-01-01{query}");
        world
            .call(
                Request::post(ADMIN, &path)
                    .headers(&[("content-type", "text/calendar"), ("if-match", &format!("\"{version}\""))])
                    .body(file.as_bytes()),
            )
            .await
    };
    let done = import(1, "").await;
    assert_eq!((done.status, &done.body["skipped"]), (200, &json!(3)), "{}", done.body);
    let transparent = "is transparent (TRANSP:TRANSPARENT); add transparent=true to import transparent entries";
    let skipped = json!([
        {"line": 7, "name": "Rosenmontag", "reason": transparent},
        {"line": 12, "name": "Meeting", "reason": "does not consist of whole days"},
        {"line": 17, "name": "", "reason": "is cancelled"},
    ]);
    assert_eq!(done.body["skipped_entries"], skipped);
    let days = done.body["settings"]["days_off"].to_string();
    assert!(days.contains(r#""from":"2027-01-06""#) && days.contains("Dreikönig") && !days.contains("2027-02-15"), "{days}");
    let done = import(2, "&transparent=true").await;
    assert_eq!((done.status, &done.body["skipped"], &done.body["imported"]), (200, &json!(2), &json!(1)), "{}", done.body);
    assert_eq!(import(3, "&transparent=perhaps").await.faults(), ["transparent SET-2"]);
}
