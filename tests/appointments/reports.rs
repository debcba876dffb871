//! Reports about an appointment by staff and by other systems give the same result in any order (APT-5).

use crate::support::world::{NORDSTERN, at};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::appointment::{Appointment, AppointmentChange, Attended, PendingReports, Report, Statement};
use forecourt_domain::base::{Actor, Cancellation, PartnerId};
use forecourt_domain::hours::Calendar;
use proptest::prelude::*;
use serde_json::json;

/// Returns a new appointment.
fn new() -> Appointment {
    let made = at("2026-11-20T09:00:00Z").timestamp_millis();
    serde_json::from_value(json!({
        "id": "a-1", "dealer": NORDSTERN, "customer": "Jana", "at": at("2026-11-20T09:00:00Z").timestamp_millis(), "kind": "showroom",
        "origin": "contact_centre", "team": "contact_centre", "by": {"partner": "centre-demo"}, "created": made, "state": {"is": "booked"},
    }))
    .unwrap()
}

fn report() -> impl Strategy<Value = Report> {
    let time = |minutes: i64| at("2026-11-20T08:00:00Z") + TimeDelta::minutes(minutes);
    let what = prop_oneof![
        (0..4i64).prop_map(|day| AppointmentChange::Moved { to: at("2026-11-18T09:00:00Z") + TimeDelta::days(day) }),
        Just(AppointmentChange::Cancelled { why: Cancellation::default() }),
        Just(AppointmentChange::Attended { is: Attended::Completed, reason: None }),
        (0..2u8).prop_map(|why| AppointmentChange::Attended { is: Attended::NoShow, reason: (why > 0).then(|| "ill".to_owned()) }),
    ];
    // Few different times, so that some are equal.
    ((0..5i64).prop_map(time), what).prop_map(|(as_of, what)| Report { as_of, what })
}

fn berlin() -> Calendar {
    serde_json::from_value(json!({"zone": "Europe/Berlin", "hours": {}})).unwrap()
}

/// Returns the state that must not depend on the order.
fn end(a: &Appointment) -> impl PartialEq + std::fmt::Debug + use<> {
    let attendance = (a.attendance.is, a.attendance.as_of, a.attendance.reason.clone());
    (a.at, a.state.clone(), attendance)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// APT-5: repeated, late, early and reordered reports end in the same state.
    #[test]
    fn apt_5_repeated_late_early_and_reordered_reports_end_in_the_same_state(
        (reports, shuffled, early) in prop::collection::vec(report(), 0..9).prop_flat_map(|reports| {
            let twice: Vec<Report> = reports.iter().chain(&reports).cloned().collect();
            let most = twice.len();
            (Just(reports), Just(twice).prop_shuffle(), 0..=most)
        }),
    ) {
        let (by, now): (Actor, DateTime<Utc>) = (Actor::Partner("centre-demo".parse().unwrap()), at("2026-11-21T09:00:00Z"));
        let once = reports.iter().fold(new(), |a, report| a.with_report(report, &by, &berlin(), now));
        // Some reports arrive before the appointment exists and are kept.
        let partner: PartnerId = "centre-demo".parse().unwrap();
        let kept = shuffled[..early].iter().fold(None, |kept: Option<PendingReports>, report| {
            PendingReports::with(kept.as_ref(), &new().id, &partner, report, now).or(kept)
        });
        let made = kept.iter().flat_map(|kept| &kept.reports).fold(new(), |a, report| a.with_report(report, &by, &berlin(), now));
        let all = shuffled[early..].iter().fold(made, |a, report| a.with_report(report, &by, &berlin(), now));
        prop_assert_eq!(end(&all), end(&once));
        // A repeated report changes nothing.
        for report in &reports {
            prop_assert_eq!(&all.with_report(report, &by, &berlin(), now), &all);
        }
    }

    /// APT-5: a local change overrides all earlier reports, and their redelivery does not undo it.
    #[test]
    fn apt_5_a_local_change_overrides_earlier_reports_and_their_redelivery(
        reports in prop::collection::vec(report(), 0..9), what in report(), later in 0..9i64,
    ) {
        // Some of the clocks are ahead.
        let (by, now) = (Actor::Partner("centre-demo".parse().unwrap()), at("2026-11-20T08:02:00Z"));
        let before = reports.iter().fold(new(), |a, report| a.with_report(report, &by, &berlin(), now));
        let after = before.with_local_change(what.what.clone(), &Actor::System, &berlin(), now);
        match what.what {
            AppointmentChange::Moved { to } => prop_assert!(after.at == to && !after.state.is_cancelled()),
            AppointmentChange::Cancelled { .. } => prop_assert!(after.state.is_cancelled()),
            AppointmentChange::Attended { is, .. } => prop_assert_eq!(after.attendance.is, is),
        }
        let unmoved = before.at == after.at || after.attendance.is == Attended::Unknown;
        prop_assert!(unmoved, "nobody has come to another visit");
        for report in &reports {
            prop_assert_eq!(&after.with_report(report, &by, &berlin(), now + TimeDelta::minutes(later)), &after, "redelivered, whenever");
        }
    }

    /// APT-5: reports of staff and of another system, each with its time, give the same result in any order of arrival.
    #[test]
    fn apt_5_reports_of_two_sources_end_in_the_same_state_in_any_order(
        (reported, shuffled) in prop::collection::vec((report(), any::<bool>()), 0..9).prop_flat_map(|reported| {
            let twice: Vec<_> = reported.iter().chain(&reported).cloned().collect();
            (Just(reported), Just(twice).prop_shuffle())
        }),
    ) {
        let now = at("2026-11-20T08:02:00Z");
        let statement = |(report, here): &(Report, bool)| Statement {
            as_of: report.as_of.min(now),
            reported_as_of: (!here).then_some(report.as_of),
            what: report.what.clone(),
            by: if *here { Actor::System } else { Actor::Partner("centre-demo".parse().unwrap()) },
            rule: None,
        };
        let come_to = |all: &[(Report, bool)]| all.iter().fold(new(), |a, reported| a.with(statement(reported), &berlin(), now));
        prop_assert_eq!(end(&come_to(&shuffled)), end(&come_to(&reported)));
    }
}
