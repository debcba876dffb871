//! Examples of the working-hours clock, rule by rule.

use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::hours::{Calendar, InvalidHours, TimeOfDay};
use serde_json::{Value, json};

use super::{at, calendar, daily, minutes};
use crate::support::world::{ADMIN, NORDSTERN, Request, World};

/// Berlin, Monday to Friday 09:00 to 17:00, Saturday to 24:00.
///
/// Thursday 1 January 2026 and Monday 5 to Tuesday 6 January are days off, but Tuesday has special hours. Wednesday 7 January is closed
/// by special hours.
fn dealer() -> Calendar {
    calendar(json!({
        "zone": "Europe/Berlin",
        "hours": {
            "mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]], "wed": [["09:00", "17:00"]],
            "thu": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]], "sat": [["12:00", "24:00"]],
        },
        "days_off": [
            {"from": "2026-01-01", "name": "New Year", "kind": "public_holiday"},
            {"from": "2026-01-05", "to": "2026-01-06", "name": "Stock-taking", "kind": "company_holiday"},
        ],
        "special_hours": {"2026-01-06": [["10:00", "12:00"]], "2026-01-07": []},
    }))
}

#[track_caller]
fn due(calendar: &Calendar, start: &str, working: TimeDelta, expected: &str) {
    assert_eq!(calendar.add(at(start), working), Ok(at(expected)));
}

#[track_caller]
fn refused(calendar: Value, expected: &str) {
    let read = serde_json::from_value::<Calendar>(calendar).unwrap();
    assert_eq!(InvalidHours(read.faults()).to_string(), expected);
}

fn monday(intervals: &Value) -> Value {
    json!({"zone": "Europe/Berlin", "hours": {"mon": intervals}})
}

#[test]
fn set_1_an_overlap_is_refused_naming_the_field() {
    refused(monday(&json!([["09:00", "12:00"], ["11:59", "17:00"]])), "hours.mon[1]: opens while another interval is still open (SET-1)");
    refused(
        monday(&json!([["15:00", "16:00"], ["10:00", "11:00"], ["09:00", "17:00"]])),
        "hours.mon[1]: opens while another interval is still open (SET-1); \
         hours.mon[0]: opens while another interval is still open (SET-1)",
    );
}

#[test]
fn set_1_empty_and_reversed_intervals_are_refused_naming_the_fields() {
    refused(
        monday(&json!([["09:00", "09:00"], ["10:00", "11:00"], ["17:00", "12:00"]])),
        "hours.mon[0]: opens and closes at the same time (SET-1); \
         hours.mon[2]: closes before it opens (SET-1)",
    );
}

#[test]
fn set_1_times_beyond_the_day_or_in_other_formats_are_refused() {
    for text in ["24:01", "25:00", "09:60", "9:00", "09:00:00", "+9:00", "0900", "", "０9:00"] {
        assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
    }
    assert!(TimeOfDay::from_minutes(1441).is_err());
    assert_eq!("24:00".parse(), Ok(TimeOfDay::END_OF_DAY));
}

#[tokio::test]
async fn set_1_a_misspelt_weekday_is_refused_rather_than_closed() {
    let world = World::new().await;
    let part = format!("/dealers/{NORDSTERN}/opening-hours");
    let body = json!({"zone": "Europe/Berlin", "hours": {"tues": [["09:00", "17:00"]]}}).to_string();
    let version = world.get(ADMIN, &part).await.headers["etag"].to_str().unwrap().to_owned();
    let headers = [("content-type", "application/json"), ("if-match", version.as_str())];
    let refused = world.call(Request::put(ADMIN, &part).headers(&headers).body(body.as_bytes())).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["hours.tues API-1".to_owned()]), "{}", refused.body);
}

#[test]
fn set_1_adjacent_intervals_in_any_order_are_allowed_and_open_at_their_border() {
    let calendar = calendar(monday(&json!([["12:00", "17:00"], ["09:00", "12:00"]])));
    let stored = json!([["09:00", "12:00"], ["12:00", "17:00"]]);
    assert_eq!(json!(calendar)["hours"]["mon"], stored);
    let noon = at("2026-01-12T11:00:00Z");
    assert!(calendar.is_open(noon));
    assert_eq!(calendar.next_opening(noon), Ok(noon));
}

#[test]
fn set_1_sunday_may_have_hours_and_a_day_without_is_closed() {
    let calendar = calendar(json!({"zone": "UTC", "hours": {"sun": [["10:00", "14:00"]]}}));
    assert!(calendar.is_open(at("2026-01-11T10:00:00Z")));
    assert!(!calendar.is_open(at("2026-01-12T10:00:00Z")));
}

#[test]
fn set_2_a_range_that_ends_before_it_begins_is_refused() {
    let day = json!({"from": "2026-01-02", "to": "2026-01-01", "name": "", "kind": "company_holiday"});
    refused(json!({"zone": "Europe/Berlin", "days_off": [day]}), "days_off[0]: ends before it begins (SET-2)");
}

#[test]
fn set_2_special_hours_are_checked_like_weekly_ones() {
    refused(
        json!({"zone": "Europe/Berlin", "special_hours": {"2026-12-24": [["13:00", "09:00"]]}}),
        "special_hours.2026-12-24[0]: closes before it opens (SET-1)",
    );
}

#[test]
fn set_2_special_hours_override_a_day_off_and_empty_special_hours_close_the_date() {
    let calendar = dealer();
    assert!(calendar.is_day_off(at("2026-01-05T10:00:00Z")));
    assert!(!calendar.is_day_off(at("2026-01-06T18:00:00Z")));
    assert!(calendar.is_open(at("2026-01-06T09:00:00Z")));
    assert!(calendar.is_day_off(at("2026-01-07T10:00:00Z")));
    assert!(!calendar.is_open(at("2026-01-07T10:00:00Z")));
}

#[test]
fn set_2_a_sunday_without_hours_is_not_a_day_off() {
    assert!(!dealer().is_day_off(at("2026-01-11T12:00:00Z")));
}

#[test]
fn set_2_a_day_off_begins_and_ends_at_the_dealers_midnight() {
    let calendar = dealer();
    assert!(!calendar.is_day_off(at("2025-12-31T22:59:59Z")));
    assert!(calendar.is_day_off(at("2025-12-31T23:00:00Z")));
    assert!(calendar.is_day_off(at("2026-01-01T22:59:59Z")));
    assert!(!calendar.is_day_off(at("2026-01-01T23:00:00Z")));
}

#[test]
fn a_stored_calendar_is_read_back_unchanged() {
    assert_eq!(calendar(json!(dealer())), dealer());
}

#[test]
fn clk_1_counting_starts_at_the_next_opening() {
    due(&dealer(), "2026-01-12T05:00:00Z", minutes(30), "2026-01-12T08:30:00Z");
    due(&dealer(), "2026-01-12T15:45:00Z", minutes(30), "2026-01-13T08:15:00Z");
}

#[test]
fn clk_2_minutes_that_end_at_closing_are_due_at_closing() {
    due(&dealer(), "2026-01-12T15:30:00Z", minutes(30), "2026-01-12T16:00:00Z");
}

#[test]
fn clk_2_zero_minutes_are_due_at_the_start_if_open_else_at_the_next_opening() {
    due(&dealer(), "2026-01-12T15:59:59Z", minutes(0), "2026-01-12T15:59:59Z");
    due(&dealer(), "2026-01-12T16:00:00Z", minutes(0), "2026-01-13T08:00:00Z");
    due(&dealer(), "2026-01-12T16:00:00Z", minutes(-5), "2026-01-13T08:00:00Z");
}

#[test]
fn clk_3_days_off_count_nothing() {
    let start = "2026-01-03T22:30:00Z";
    due(&dealer(), start, minutes(30), "2026-01-03T23:00:00Z");
    due(&dealer(), start, minutes(31), "2026-01-06T09:01:00Z");
    due(&dealer(), start, minutes(151), "2026-01-08T08:01:00Z");
}

#[test]
fn clk_3_seconds_and_nanoseconds_are_kept() {
    let start = "2026-01-12T15:59:59.999999999Z";
    due(&dealer(), start, TimeDelta::nanoseconds(2), "2026-01-13T08:00:00.000000001Z");
}

#[test]
fn clk_3_no_minute_is_lost_at_midnight() {
    let always = daily("Europe/Berlin", &json!([["00:00", "24:00"]]));
    due(&always, "2026-01-12T22:59:30Z", minutes(2880), "2026-01-14T22:59:30Z");
    let midnight = at("2026-01-12T23:00:00Z");
    assert!(always.is_open(midnight));
    assert_eq!(always.next_opening(midnight), Ok(midnight));
}

#[test]
fn clk_4_an_interval_over_the_skipped_hour_is_an_hour_shorter() {
    let calendar = daily("Europe/Berlin", &json!([["00:00", "10:00"]]));
    due(&calendar, "2026-03-28T23:00:00Z", minutes(540), "2026-03-29T08:00:00Z");
}

#[test]
fn clk_4_an_interval_over_the_repeated_hour_is_an_hour_longer() {
    let calendar = daily("Europe/Berlin", &json!([["00:00", "10:00"]]));
    due(&calendar, "2026-10-24T22:00:00Z", minutes(660), "2026-10-25T09:00:00Z");
}

#[test]
fn clk_4_an_opening_at_a_skipped_time_starts_at_the_clock_change() {
    let calendar = daily("Europe/Berlin", &json!([["02:30", "03:30"]]));
    due(&calendar, "2026-03-28T22:00:00Z", minutes(30), "2026-03-29T01:30:00Z");
}

#[test]
fn clk_4_an_interval_entirely_within_the_skipped_hour_is_closed() {
    let calendar = daily("Europe/Berlin", &json!([["02:15", "02:45"]]));
    due(&calendar, "2026-03-28T22:00:00Z", minutes(0), "2026-03-30T00:15:00Z");
}

#[test]
fn clk_4_repeated_times_open_and_close_at_their_first_occurrence() {
    let calendar = daily("Europe/Berlin", &json!([["02:15", "02:45"]]));
    due(&calendar, "2026-10-24T22:00:00Z", minutes(30), "2026-10-25T00:45:00Z");
    assert!(!calendar.is_open(at("2026-10-25T01:30:00Z")));
}

#[test]
fn clk_4_a_day_that_begins_in_a_gap_opens_where_the_gap_ends() {
    let calendar = daily("America/Sao_Paulo", &json!([["00:00", "09:00"]]));
    due(&calendar, "2018-11-04T02:00:00Z", minutes(0), "2018-11-04T03:00:00Z");
    due(&calendar, "2018-11-04T03:00:00Z", minutes(480), "2018-11-04T11:00:00Z");
}

#[test]
fn clk_4_a_date_the_clock_skips_has_no_hours() {
    let calendar = daily("Pacific/Apia", &json!([["09:00", "17:00"]]));
    due(&calendar, "2011-12-30T02:00:00Z", minutes(120), "2011-12-30T20:00:00Z");
    let always = daily("Pacific/Apia", &json!([["00:00", "24:00"]]));
    due(&always, "2011-12-30T02:00:00Z", minutes(2880), "2012-01-01T02:00:00Z");
}

#[test]
fn clk_4_a_clock_set_back_over_midnight_does_not_repeat_the_hours_of_the_day_before() {
    // At 00:01 on Sunday, 7 November 2010, the clock in St. John's went back to Saturday 23:01.
    let calendar = calendar(json!({
        "zone": "America/St_Johns",
        "hours": {"sat": [["20:00", "24:00"]]},
        "days_off": [{"from": "2010-11-07", "name": "Fair", "kind": "company_holiday"}],
    }));
    let shown_as_saturday_again = at("2010-11-07T03:00:00Z");
    assert!(!calendar.is_open(shown_as_saturday_again));
    assert!(calendar.is_day_off(shown_as_saturday_again));
    due(&calendar, "2010-11-06T22:30:00Z", minutes(240), "2010-11-07T02:30:00Z");
}

#[test]
fn clk_5_elapsed_is_the_inverse_and_never_negative() {
    let (monday, tuesday) = (at("2026-01-12T15:00:00Z"), at("2026-01-13T09:00:00Z"));
    assert_eq!(dealer().elapsed(monday, tuesday), minutes(120));
    assert_eq!(dealer().elapsed(tuesday, monday), minutes(0));
    assert_eq!(dealer().elapsed(monday, monday), minutes(0));
}

#[test]
fn clk_5_explain_lists_the_counted_intervals() {
    let spans: Vec<(String, String)> = dealer()
        .explain(at("2026-01-03T20:00:00Z"), at("2026-01-08T09:00:00Z"))
        .map(|span| (span.opens.to_rfc3339(), span.closes.to_rfc3339()))
        .collect();
    let expected = [
        ("2026-01-03T20:00:00+00:00", "2026-01-03T23:00:00+00:00"),
        ("2026-01-06T09:00:00+00:00", "2026-01-06T11:00:00+00:00"),
        ("2026-01-08T08:00:00+00:00", "2026-01-08T09:00:00+00:00"),
    ];
    assert_eq!(spans, expected.map(|(opens, closes)| (opens.to_owned(), closes.to_owned())));
}

#[test]
fn clk_6_no_hours_within_two_years_is_an_error() {
    let start = at("2026-01-12T12:00:00Z");
    let once = |date: &str| calendar(json!({"zone": "UTC", "special_hours": {date: [["09:00", "10:00"]]}}));
    assert!(once("2028-01-13").next_opening(start).is_ok());
    let too_far = once("2028-01-14").next_opening(start).expect_err("more than two years ahead");
    assert_eq!(too_far.start, start);
    assert!(too_far.to_string().contains("2026-01-12 12:00:00 UTC"), "{too_far}");
    assert!(once("2026-01-11").next_opening(start).is_err());
    let worked = once("2028-01-14").elapsed(start, at("2040-01-01T00:00:00Z"));
    assert_eq!(worked, minutes(60));
}

#[test]
fn clk_6_a_huge_duration_returns_an_error() {
    let always = daily("Europe/Berlin", &json!([["00:00", "24:00"]]));
    let start = at("2026-01-12T12:00:00Z");
    assert!(always.add(start, TimeDelta::MAX).is_err());
    assert!(always.add(start, TimeDelta::days(36_527)).is_err());
    assert!(always.add(start, TimeDelta::days(36_525)).is_ok());
}

#[test]
fn clk_6_a_sparse_calendar_may_count_for_decades() {
    let hour_a_week = json!({"zone": "UTC", "hours": {"mon": [["09:00", "10:00"]]}});
    due(&calendar(hour_a_week), "2026-01-05T00:00:00Z", minutes(60 * 2610), "2076-01-06T10:00:00Z");
}

#[test]
fn clk_6_the_first_and_last_representable_instants_cause_no_panic() {
    for zone in ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        let calendar = daily(zone, &json!([["00:00", "24:00"]]));
        for edge in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert!(!calendar.is_day_off(edge));
            assert_eq!(calendar.elapsed(edge, edge), minutes(0));
            assert!(!calendar.is_open_or_closing(edge) || calendar.is_open(edge));
            assert!(calendar.next_opening(edge).is_ok_and(|opening| opening >= edge) || edge == DateTime::<Utc>::MAX_UTC);
        }
    }
}

#[test]
fn set_3_a_calendar_reports_whether_it_has_any_hours() {
    assert!(dealer().has_hours());
    assert!(!calendar(json!({"zone": "UTC"})).has_hours());
    let closed = json!({"zone": "UTC", "special_hours": {"2026-01-12": []}});
    assert!(!calendar(closed).has_hours());
    let once = json!({"zone": "UTC", "special_hours": {"2026-01-12": [["09:00", "10:00"]]}});
    assert!(calendar(once).has_hours());
}

#[track_caller]
fn step_fires(due: &str, expected: &str) {
    assert_eq!(dealer().holds_day_off(at(due)), Ok(at(expected)));
}

#[test]
fn esc_5_a_step_on_a_day_off_waits_for_the_next_opening() {
    step_fires("2026-01-05T10:00:00Z", "2026-01-06T09:00:00Z");
    step_fires("2026-01-01T22:59:59Z", "2026-01-02T08:00:00Z");
}

#[test]
fn esc_5_nights_and_sundays_delay_no_step() {
    step_fires("2026-01-12T20:00:00Z", "2026-01-12T20:00:00Z");
    step_fires("2026-01-11T12:00:00Z", "2026-01-11T12:00:00Z");
}

#[test]
fn esc_5_a_step_due_at_closing_before_a_day_off_is_not_held() {
    let sunday_off = calendar(json!({
        "zone": "UTC",
        "hours": {"sat": [["12:00", "24:00"]], "mon": [["09:00", "17:00"]]},
        "days_off": [{"from": "2026-01-11", "name": "Fair", "kind": "company_holiday"}],
    }));
    let closing = at("2026-01-11T00:00:00Z");
    assert_eq!(sunday_off.holds_day_off(closing), Ok(closing));
    let later = closing + TimeDelta::nanoseconds(1);
    assert_eq!(sunday_off.holds_day_off(later), Ok(at("2026-01-12T09:00:00Z")));
}

#[test]
fn esc_6_the_closing_instant_still_counts_as_open_for_mail() {
    let (calendar, closing) = (dealer(), at("2026-01-12T16:00:00Z"));
    assert!(!calendar.is_open(closing));
    assert!(calendar.is_open_or_closing(closing));
    assert!(!calendar.is_open_or_closing(closing + TimeDelta::nanoseconds(1)));
    assert!(calendar.is_open_or_closing(at("2026-01-10T23:00:00Z")));
}
