//! Properties of the import of calendar files (SET-2).

use super::{GERMAN, GOOGLE, calendar, date, years};
use chrono::{Datelike, Days, NaiveDate};
use forecourt_domain::hours::{DayOff, DayOffKind};
use forecourt_settings::ics::Imported;
use proptest::{collection, prelude::*, sample};

/// Escapes a text as in RFC 5545.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(',', "\\,").replace(';', "\\;")
}

/// Writes a day off as an event, in one of the notations for its length.
fn written(day: &DayOff, way: usize) -> String {
    let last = day.to.unwrap_or(day.from);
    let (end, lasts) = (last + Days::new(1), (last - day.from).num_days() + 1);
    let (from, end) = (day.from.format("%Y%m%d"), end.format("%Y%m%d"));
    let when = match way {
        0 if lasts == 1 => format!("DTSTART;VALUE=DATE:{from}"),
        1 => format!("DURATION:P{lasts}D|DTSTART:{from}"),
        2 => format!("DTSTART;TZID=Europe/Berlin:{from}T000000|DTEND;TZID=Europe/Berlin:{end}T000000"),
        _ => format!("DTSTART;VALUE=DATE:{from}|DTEND;VALUE=DATE:{end}"),
    };
    format!("BEGIN:VEVENT|{when}|SUMMARY:{}|END:VEVENT|", escaped(&day.name))
}

/// Folds lines after `width` bytes, even within a character.
fn folded(lines: &str, width: usize, line_break: &str) -> Vec<u8> {
    let fold = format!("{line_break} ");
    let line = |line: &str| [line.as_bytes().chunks(width).collect::<Vec<_>>().join(fold.as_bytes()), line_break.into()].concat();
    lines.split_terminator('|').flat_map(line).collect()
}

fn day_off() -> impl Strategy<Value = (DayOff, usize)> {
    let name = "[a-zäöüß€🎄,;:\\\\\"0-9]{1,8}( [A-ZÄÖÜ,;:\\\\=]{1,30}){0,2}";
    (0_u64..5_000, 0_u64..366, name, 0_usize..4, any::<bool>()).prop_map(|(from, more, name, way, single)| {
        let from = date("2020-01-01") + Days::new(from);
        let to = (!single && more > 0).then(|| from + Days::new(more));
        (DayOff { from, to, name, kind: DayOffKind::PublicHoliday }, way)
    })
}

fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let edits = collection::vec((any::<sample::Index>(), 0_usize..40, collection::vec(any::<u8>(), 0..6)), 1..8);
    (sample::select(vec![GERMAN, GOOGLE]), edits).prop_map(|(file, edits)| {
        let mut bytes = file.to_vec();
        for (at, length, insert) in edits {
            let at = at.index(bytes.len() + 1);
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, insert);
        }
        bytes
    })
}

/// Recurrence rules with valid and invalid parts.
fn rule() -> impl Strategy<Value = String> {
    let freq = sample::select(vec!["YEARLY", "MONTHLY", "WEEKLY", "DAILY"]);
    let name = sample::select(vec![
        "INTERVAL",
        "COUNT",
        "UNTIL",
        "BYMONTH",
        "BYMONTHDAY",
        "BYYEARDAY",
        "BYWEEKNO",
        "BYDAY",
        "BYSETPOS",
        "WKST",
        "BYEASTER",
        "X",
    ]);
    let value = prop_oneof![
        "-?[0-9]{1,3}(,-?[0-9]{1,2}){0,2}",
        "-?[1-5]?(MO|TU|WE|TH|FR|SA|SU)(,[+-]?[0-9]{0,2}(MO|SU)){0,2}",
        "20(2[0-9])(0[1-9]|1[0-2])(0[1-9]|3[01])",
        "[0-9]{1,12}",
        "[^|\\pC]{0,4}",
    ];
    (freq, collection::vec((name, value), 0..4))
        .prop_map(|(freq, parts)| parts.into_iter().fold(format!("FREQ={freq}"), |rule, (name, value)| format!("{rule};{name}={value}")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn set_2_days_off_written_as_a_calendar_file_are_read_back(
        days in collection::vec(day_off(), 1..40), width in 1_usize..80, line_break in sample::select(vec!["\r\n", "\n"])
    ) {
        let events: String = days.iter().map(|(day, way)| written(day, *way)).collect();
        let body = folded(&format!("BEGIN:VCALENDAR|VERSION:2.0|{events}END:VCALENDAR|"), width, line_break);
        let mut days: Vec<DayOff> = days.into_iter().map(|(day, _)| day).collect();
        days.sort_by(|a, b| (a.from, a.to, &a.name).cmp(&(b.from, b.to, &b.name)));
        days.dedup();
        prop_assert_eq!(years(&body, 2020, 2035), Ok(Imported { days, skipped: Vec::new() }));
    }

    #[test]
    fn set_2_a_yearly_day_is_found_in_every_year_that_has_it(start in 0_u64..40_000, count in 1_usize..200, interval in 1_i32..9) {
        let start = date("1920-01-01") + Days::new(start);
        let body = calendar(&[&format!("DTSTART:{}|RRULE:FREQ=YEARLY;COUNT={count};INTERVAL={interval}", start.format("%Y%m%d"))]);
        let dates = (0..).map(|n| start.year() + n * interval).take_while(|year| *year <= 2040).filter_map(|year| start.with_year(year));
        let expected: Vec<NaiveDate> = dates.take(count).filter(|date| date.year() >= 2020).collect();
        let read: Vec<NaiveDate> = years(body.as_bytes(), 2020, 2040).unwrap().days.into_iter().map(|day| day.from).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn set_2_any_bytes_are_read_or_refused(bytes in collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(years(&bytes, 2026, 2027).is_err());
    }

    #[test]
    fn set_2_any_damage_to_a_file_is_read_or_refused_within_its_lines(bytes in damaged()) {
        if let Err(faults) = years(&bytes, 2026, 2027) {
            let lines = bytes.split(|byte| *byte == b'\n').count();
            for fault in faults {
                let line = fault.strip_prefix("line ").and_then(|fault| fault.split(':').next()).map(|line| line.parse::<usize>().unwrap());
                prop_assert!(line.is_some_and(|line| (1..=lines).contains(&line)), "{}", fault);
            }
        }
    }

    #[test]
    fn set_2_any_recurrence_rule_is_expanded_or_refused_with_its_line(rule in rule(), start in 0_u64..20_000) {
        let start = (date("1980-01-01") + Days::new(start)).format("%Y%m%d");
        match years(calendar(&[&format!("DTSTART:{start}|RRULE:{rule}")]).as_bytes(), 2026, 2027) {
            Ok(read) => prop_assert!(read.days.len() <= 730),
            Err(faults) => prop_assert!(faults.len() == 1 && faults[0].starts_with("line 4: RRULE: "), "{:?}", faults),
        }
    }
}
