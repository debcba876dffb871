//! The overview of appointments (OVR).

use crate::support::stored_appointments::{appointment, save};
use crate::support::world::{NORDSTERN, World, at};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use forecourt_domain::appointment::{Appointment, AppointmentState, Attendance, Attended};
use forecourt_domain::base::{Actor, AppointmentKind, AppointmentOrigin, AppointmentTeam, ChannelKey, Media, Medium};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub const CHICAGO: &str = "lakeside-motors-demo";
pub const LONDON: &str = "harbour-cars-demo";

const ATTENDANCES: [&str; 5] = ["unknown", "completed", "no_show", "cancelled", "today_or_later"];

/// Returns the overview's boxes as a simple model counts them.
pub fn boxes(rows: &[&Appointment], zone: impl Fn(&Appointment) -> Tz, now: DateTime<Utc>) -> Value {
    let share = |n: usize, of: usize| json!({"number": n, "percentage": if of == 0 { 0.0 } else { (n as f64 * 1_000.0 / of as f64).round() / 10.0 }});
    let count = |wanted: &dyn Fn(&Appointment) -> bool| rows.iter().filter(|row| wanted(row)).count();
    let all = rows.len();
    let sent = |media: &dyn Fn(&Appointment) -> Media| {
        json!({"sent": share(count(&|row| media(row).email || media(row).sms), all), "email": share(count(&|row| media(row).email), all),
            "sms": share(count(&|row| media(row).sms), all)})
    };
    let past = |row: &Appointment| {
        let date = |at: DateTime<Utc>| at.with_timezone(&zone(row)).date_naive();
        !row.state.is_cancelled() && date(row.at) < date(now)
    };
    let came = |is: Attended| share(count(&|row| past(row) && row.attendance.is == is), count(&past));
    let mut days: BTreeMap<NaiveDate, (u64, u64)> = BTreeMap::new();
    for row in rows {
        let (number, cancelled) = days.entry(row.at.with_timezone(&zone(row)).date_naive()).or_default();
        *number += 1;
        *cancelled += u64::from(row.state.is_cancelled());
    }
    let days: Vec<Value> =
        days.into_iter().map(|(date, (number, cancelled))| json!({"date": date, "number": number, "cancelled": cancelled})).collect();
    let known: BTreeSet<&str> = rows.iter().filter_map(|row| row.customer_id.as_ref().map(|id| id.0.as_str())).collect();
    json!({
        "appointments": {"total": all, "customers": known.len() + count(&|row| row.customer_id.is_none())},
        "source": {"contact_centre": share(count(&|row| row.team == AppointmentTeam::ContactCentre), all), "dealer": share(count(&|row| row.team == AppointmentTeam::Dealer), all)},
        "confirmations": sent(&|row| row.confirmed), "reminders": sent(&|row| row.reminded),
        "attendance": {"total": count(&past), "completed": came(Attended::Completed), "no_show": came(Attended::NoShow), "unknown": came(Attended::Unknown)},
        "cancelled": share(count(&|row| row.state.is_cancelled()), all),
        "days": days,
    })
}

/// Returns a random filter as a query string and as a predicate.
pub fn filter(dice: &mut fastrand::Rng, around: DateTime<Utc>) -> (String, impl Fn(&Appointment, Tz) -> bool + use<>) {
    let mut chance = |one_in: usize| dice.usize(0..one_in) == 0;
    let dealer = chance(3).then_some([CHICAGO, LONDON].join(","));
    let users: Option<&[&str]> = chance(4).then(|| [&["ben.krause"][..], &["anna.vogt", "ben.krause"]][dice.usize(0..2)]);
    let mut chance = |one_in: usize| dice.usize(0..one_in) == 0;
    let origin = chance(4).then_some(AppointmentOrigin::NAMES[1]);
    let kinds: Option<&[(&str, AppointmentKind)]> =
        chance(4).then(|| [&AppointmentKind::NAMES[1..2], &AppointmentKind::NAMES[0..3]][dice.usize(0..2)]);
    let mut chance = |one_in: usize| dice.usize(0..one_in) == 0;
    let team = chance(5).then_some(AppointmentTeam::NAMES[0]);
    let attendance = chance(3).then(|| ATTENDANCES[dice.usize(0..5)]);
    let mut date = |one_in: usize| (dice.usize(0..one_in) == 0).then(|| (around - TimeDelta::hours(dice.i64(-40..100))).date_naive());
    let (made_from, made_to, at_from, at_to) = (date(3), date(5), date(3), date(5));
    let (made_to, at_to) =
        (made_to.filter(|to| made_from.is_none_or(|from| from <= *to)), at_to.filter(|to| at_from.is_none_or(|from| from <= *to)));
    let text = |name: &str, value: Option<String>| value.map(|value| format!("{name}={value}&")).unwrap_or_default();
    let query = [
        text("dealer", dealer.clone()),
        text("user", users.map(|users| users.join(","))),
        text("team", team.map(|(name, _)| name.to_owned())),
        text("origin", origin.map(|(name, _)| name.to_owned())),
        text("kind", kinds.map(|kinds| kinds.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(","))),
        text("attendance", attendance.map(str::to_owned)),
        text("created_from", made_from.map(|date| date.to_string())),
        text("created_until", made_to.map(|date| date.to_string())),
        text("appointment_from", at_from.map(|date| date.to_string())),
        text("appointment_until", at_to.map(|date| date.to_string())),
    ];
    let within = |date: NaiveDate, from: Option<NaiveDate>, to: Option<NaiveDate>| {
        from.is_none_or(|from| date >= from) && to.is_none_or(|to| date <= to)
    };
    let takes = move |row: &Appointment, zone: Tz| {
        let date = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
        let came = match row.attendance.is {
            _ if row.state.is_cancelled() => "cancelled",
            _ if date(row.at) >= date(around) => "today_or_later",
            is => is.name(),
        };
        row.kind != AppointmentKind::Workshop
            && dealer.as_ref().is_none_or(|_| [CHICAGO, LONDON].contains(&row.dealer.as_str()))
            && users.is_none_or(|users| row.user.as_ref().is_some_and(|is| users.contains(&is.as_str())))
            && team.is_none_or(|(_, team)| row.team == team)
            && origin.is_none_or(|(_, origin)| row.origin == origin)
            && kinds.is_none_or(|kinds| kinds.iter().any(|(_, kind)| row.kind == *kind))
            && attendance.is_none_or(|wanted| came == wanted)
            && within(date(row.created), made_from, made_to)
            && within(date(row.at), at_from, at_to)
    };
    (query.concat(), takes)
}

/// OVR-1, OVR-2: for every filter, the boxes equal the counts of a simple model. The appointments have every kind, origin and state, in
/// three time zones, around the days on which each zone's clock goes back. `histories` checks the actions that lead to these states.
#[tokio::test]
async fn ovr_2_the_boxes_of_every_filter_equal_a_naive_count_of_the_rows() {
    let zone = |dealer: &str| match dealer {
        CHICAGO => chrono_tz::America::Chicago,
        LONDON => chrono_tz::Europe::London,
        _ => chrono_tz::Europe::Berlin,
    };
    for seed in 0..4 {
        let mut dice = fastrand::Rng::with_seed(seed);
        let world = World::at("2026-10-23T20:11:00Z").await;
        let mut rows: Vec<Appointment> = Vec::new();
        for step in 0..120 {
            let now = world.system.clock.now() + TimeDelta::minutes(dice.i64(0..240));
            world.system.clock.freeze_at(now);
            let place = (!rows.is_empty()).then(|| dice.usize(0..rows.len()));
            let place = match (dice.usize(0..10), place) {
                (0..4, _) | (_, None) => {
                    let mut made = appointment(&format!("a{step}"), [NORDSTERN, CHICAGO, LONDON][dice.usize(0..3)], now);
                    made.user = [None, Some("anna.vogt"), Some("ben.krause")][dice.usize(0..3)].map(|user| user.parse().unwrap());
                    made.customer_id = [None, Some("one"), Some("two"), Some("three")][dice.usize(0..4)].map(|id| ChannelKey(id.into()));
                    made.at = now + TimeDelta::minutes(dice.i64(-600..4_000));
                    (made.kind, made.origin) = (AppointmentKind::NAMES[dice.usize(0..8)].1, AppointmentOrigin::NAMES[dice.usize(0..3)].1);
                    made.team = [AppointmentTeam::Dealer, AppointmentTeam::ContactCentre][dice.usize(0..2)];
                    rows.push(made);
                    rows.len() - 1
                }
                (what, Some(place)) => {
                    let row = &mut rows[place];
                    match what {
                        4 => row.at += TimeDelta::minutes(dice.i64(-2_000..2_000)),
                        5 => row.state = AppointmentState::Cancelled { at: now, by: Actor::System, why: Default::default() },
                        6 | 7 => {
                            row.attendance = Attendance {
                                is: Attended::NAMES[dice.usize(0..3)].1,
                                as_of: Some(now),
                                by: Some(Actor::System),
                                reason: None,
                                rule: None,
                            }
                        }
                        8 => row.confirmed = row.confirmed.and([Medium::Email, Medium::Sms][dice.usize(0..2)]),
                        _ => row.reminded = row.reminded.and([Medium::Email, Medium::Sms][dice.usize(0..2)]),
                    }
                    place
                }
            };
            // Some appointments are saved twice, because delivery is at least once.
            for _ in 0..dice.usize(1..3) {
                save(&world.store, &world.scope(), &rows[place]).await;
            }
            if step % 4 == 3 {
                let (query, takes) = filter(&mut dice, now);
                let wanted: Vec<&Appointment> = rows.iter().filter(|row| takes(row, zone(row.dealer.as_str()))).collect();
                let reply = world.get("hugo.office", &format!("/overview/appointments?{query}limit=5")).await;
                let mut answer = reply.body.clone();
                let (shown, truncated) =
                    (answer.as_object_mut().unwrap().remove("rows").unwrap(), answer.as_object_mut().unwrap().remove("truncated").unwrap());
                let more = answer.as_object_mut().unwrap().remove("cursor").is_some();
                assert_eq!(more, wanted.len() > 5, "seed {seed}, step {step}: {query}");
                assert_eq!(answer, boxes(&wanted, |row| zone(row.dealer.as_str()), now), "seed {seed}, step {step}, {now}: {query}");
                let mut newest = wanted.clone();
                newest.sort_by_key(|row| (std::cmp::Reverse(row.created), row.id.clone()));
                let newest: Vec<&str> = newest.iter().take(5).map(|row| row.id.as_str()).collect();
                let shown: Vec<&str> = shown.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
                assert_eq!((shown, truncated), (newest, json!(wanted.len() > 5)), "seed {seed}, step {step}: {query}");
            }
        }
    }
}

/// OVR-1: today starts at each dealer's own midnight, not at midnight UTC.
#[tokio::test]
async fn ovr_1_an_appointment_is_past_after_the_dealers_own_midnight() {
    let world = World::at("2026-11-22T09:00:00Z").await;
    for (id, dealer, at_time) in [("berlin", NORDSTERN, "2026-11-23T22:30:00Z"), ("chicago", CHICAGO, "2026-11-23T22:30:00Z")] {
        let mut one = appointment(id, dealer, at("2026-11-22T09:00:00Z"));
        one.at = at(at_time);
        save(&world.store, &world.scope(), &one).await;
    }
    for (now, past) in [("2026-11-23T22:59:00Z", 0), ("2026-11-23T23:00:00Z", 1), ("2026-11-24T05:59:00Z", 1), ("2026-11-24T06:00:00Z", 2)]
    {
        world.system.clock.freeze_at(at(now));
        let reply = world.get("hugo.office", "/overview/appointments").await;
        assert_eq!(reply.body["attendance"]["unknown"]["number"], past, "{now}");
    }
}

/// ACC-1, LEAD-9: a seller sees own appointments, those of users whom the seller deputises for, and those the seller created. A dealer
/// admin sees the dealer's; the contact centre and head office see all.
#[tokio::test]
async fn acc_1_the_overview_counts_only_appointments_in_the_users_scope() {
    let world = World::new().await;
    let now = at("2026-11-20T09:00:00Z");
    let rows = [
        (NORDSTERN, "anna.vogt", AppointmentTeam::Dealer),
        (NORDSTERN, "ben.krause", AppointmentTeam::ContactCentre),
        (CHICAGO, "alice.moore", AppointmentTeam::Dealer),
        (CHICAGO, "alice.moore", AppointmentTeam::ContactCentre),
    ];
    for (i, (dealer, user, team)) in rows.into_iter().enumerate() {
        let mut one = appointment(&format!("a{i}"), dealer, now + TimeDelta::minutes(i as i64));
        (one.user, one.team) = (Some(user.parse().unwrap()), team);
        save(&world.store, &world.scope(), &one).await;
    }
    // An appointment that a colleague created for somebody else is on that colleague's list too (ACC-1).
    let mut for_anna = appointment("x", NORDSTERN, now);
    (for_anna.user, for_anna.by) = (Some("anna.vogt".parse().unwrap()), Actor::User("ben.krause".parse().unwrap()));
    for_anna.created = now - TimeDelta::minutes(1);
    let ids = async |who: &str, limit: u32| {
        let reply = world.get(who, &format!("/overview/appointments?limit={limit}")).await;
        let rows = reply.body["rows"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        (reply.body["appointments"]["total"].as_u64(), rows)
    };
    assert_eq!(ids("ben.krause", 9).await, (Some(1), vec!["a1".to_owned()]));
    save(&world.store, &world.scope(), &for_anna).await;
    assert_eq!(ids("ben.krause", 9).await, (Some(2), vec!["a1".to_owned(), "x".into()]));
    assert_eq!(ids("ben.krause", 0).await, (Some(2), vec![]), "and counted without a grid");
    let mut workshop = appointment("w", NORDSTERN, now);
    workshop.kind = AppointmentKind::Workshop;
    save(&world.store, &world.scope(), &workshop).await;
    for (who, seen) in [
        ("anna.vogt", 2),
        ("helga.stern", 3),
        ("ingo.brandt", 3),
        ("alice.moore", 2),
        ("hugo.office", 5),
        ("gina.group", 5),
        (contact_centre(), 5),
    ] {
        let reply = world.get(who, "/overview/appointments").await;
        assert_eq!((reply.status, &reply.body["appointments"]["total"]), (200, &json!(seen)), "{who}");
        assert_eq!(reply.body["rows"].as_array().unwrap().len(), seen, "{who}");
    }
    assert_eq!(world.get("rival.seller", "/overview/appointments").await.body["appointments"]["total"], 0);
    assert_eq!(world.get("anna.vogt", &format!("/overview/appointments?dealer={CHICAGO}")).await.status, 404);
    assert_eq!(world.get("hugo.office", "/overview/appointments?dealer=rival-dealer").await.status, 404);
}

/// ACC-1: an overview needs the right to read it.
#[tokio::test]
async fn acc_1_an_overview_without_its_right_is_refused_naming_the_right() {
    let world = World::new().await;
    let operator = world.get(operator(), "/overview/appointments").await;
    assert_eq!((operator.status, operator.text("/right")), (403, "read_overview"));
    let leads = world.get(contact_centre(), "/overview/leads").await;
    assert_eq!((leads.status, leads.text("/right")), (403, "read_leads"));
}

/// OVR-2: every invalid filter is named, and an unknown one is refused.
#[tokio::test]
async fn ovr_2_every_invalid_filter_is_refused_naming_the_field() {
    let world = World::new().await;
    let faults = world.get("hugo.office", "/overview/appointments?kind=workshop&created_from=1.1.2026&appointment_from=2026-02-02&appointment_until=2026-02-01&limit=5001&user=A").await;
    assert_eq!(
        (faults.status, faults.faults()),
        (
            422,
            ["user", "kind", "created_from", "appointment_until"]
                .map(|name| format!("{name} OVR-2"))
                .into_iter()
                .chain(["limit OVR-3".into()])
                .collect()
        )
    );
    assert_eq!(world.get("hugo.office", "/overview/appointments?colour=red").await.status, 422);
}

/// OVR-2: if there are no appointments, every percentage is 0.
#[tokio::test]
async fn ovr_2_every_percentage_of_no_appointments_is_zero() {
    let world = World::new().await;
    save(&world.store, &world.scope(), &appointment("a", NORDSTERN, at("2026-11-20T09:00:00Z"))).await;
    let none = world.get("hugo.office", "/overview/appointments?created_to=2026-01-01").await.body;
    assert_eq!(
        (&none["source"]["dealer"], &none["attendance"]["completed"]),
        (&json!({"number": 0, "percentage": 0.0}), &json!({"number": 0, "percentage": 0.0}))
    );
}

fn of_role(role: &str) -> &'static str {
    let group: Value = serde_json::from_str(include_str!("../../infra/local/src/demo.json")).unwrap();
    let user = group["users"].as_array().unwrap().iter().find(|user| user["role"] == role).unwrap()["id"].as_str().unwrap().to_owned();
    user.leak()
}

fn contact_centre() -> &'static str {
    of_role("contact_centre")
}

pub fn operator() -> &'static str {
    of_role("operator")
}

/// OVR-1: an overview costs one read for each month of each dealer.
#[tokio::test]
async fn ovr_1_an_overview_costs_one_read_for_each_month_of_each_dealer() {
    let world = World::new().await;
    world.get("hugo.office", "/overview/appointments").await;
    let before = world.store.spent();
    world.get("hugo.office", &format!("/overview/appointments?dealer={NORDSTERN},{CHICAGO}&created_from=2026-09-01")).await;
    let spent = world.store.spent().since(before);
    println!("an overview: {spent:?}");
    // September in Berlin starts in August, UTC. The other reads are the settings first, and for each dealer the records that came from
    // other dealers.
    assert_eq!(spent.calls, 1 + 4 + 3 + 2);
}

/// API-1: an empty filter is refused and does not select everything; a repeated filter is refused and the last one does not win.
#[tokio::test]
async fn api_1_an_empty_or_repeated_filter_is_refused_naming_the_field() {
    let world = World::new().await;
    for (path, fault) in [
        ("/overview/appointments?dealer=", "dealer API-1"),
        ("/overview/appointments?dealer=,", "dealer OVR-2"),
        ("/overview/appointments?dealer=autohaus-nordstern-demo,&limit=1", "dealer OVR-2"),
        ("/overview/appointments?created_from=&limit=0", "created_from API-1"),
        ("/overview/leads?source=%20", "source API-1"),
        ("/exports/log?cursor=", "cursor API-1"),
        ("/dealers/autohaus-nordstern-demo/leads?owner=", "owner API-1"),
        ("/dealers/autohaus-nordstern-demo/leads?q=", "q API-1"),
        ("/users?dealer=", "dealer API-1"),
        ("/overview/appointments?dealer=harbour-cars-demo&dealer=autohaus-nordstern-demo", "dealer API-1"),
        ("/overview/leads?source=a&%73ource=a", "source API-1"),
        ("/dealers/autohaus-nordstern-demo/leads?limit=5&status=won&limit=6", "limit API-1"),
    ] {
        let who = if path.starts_with("/users") { "gina.group" } else { "hugo.office" };
        let reply = world.get(who, path).await;
        assert_eq!((reply.status, reply.faults()), (422, vec![fault.to_owned()]), "{path}");
    }
}
