//! The figures of appointments (OVR-5), and the boxes of the overview against its filters (OVR-2).

use crate::reports::overview::{CHICAGO, LONDON};
use crate::support::stored_appointments::{appointment, save};
use crate::support::world::{NORDSTERN, World, at, enquiry};
use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use forecourt_domain::appointment::{Appointment, AppointmentState, Attendance, Attended, ConfirmationWay, CustomerConfirmation, OfLead};
use forecourt_domain::base::{Actor, AppointmentKind, AppointmentTeam};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const PATH: &str = "/overview/appointments/figures";

fn date(row: &Appointment, time: DateTime<Utc>) -> NaiveDate {
    let zone: Tz = match row.dealer.as_str() {
        CHICAGO => chrono_tz::America::Chicago,
        LONDON => chrono_tz::Europe::London,
        _ => chrono_tz::Europe::Berlin,
    };
    time.with_timezone(&zone).date_naive()
}

/// Returns a random appointment that was created at `now`.
fn random(dice: &mut fastrand::Rng, id: &str, now: DateTime<Utc>) -> Appointment {
    let mut one = appointment(id, [NORDSTERN, CHICAGO, LONDON][dice.usize(0..3)], now);
    one.user = [None, Some("anna.vogt"), Some("ben.krause")][dice.usize(0..3)].map(|user| user.parse().unwrap());
    one.by = ["system", "customer", "user:ben.krause", "partner:centre-demo"][dice.usize(0..4)].parse().unwrap();
    one.at = now + TimeDelta::minutes(dice.i64(-600..9_000));
    one.kind = AppointmentKind::NAMES[dice.usize(0..8)].1;
    one.team = AppointmentTeam::NAMES[dice.usize(0..2)].1;
    one.lead = (dice.usize(0..3) > 0).then(|| ["1228167210", "1228167228"][dice.usize(0..2)].parse().unwrap());
    // An appointment of an earlier release has a lead and no result.
    let recorded = one.lead.is_some() && dice.usize(0..4) > 0;
    one.of_lead = recorded.then(|| OfLead { source: ["Portal", "portal", "web"][dice.usize(0..3)].into(), won: dice.bool() });
    if dice.usize(0..4) == 0 {
        one.state = AppointmentState::Cancelled { at: now, by: Actor::System, why: Default::default() };
    }
    if dice.bool() {
        one.customer_confirmed = Some(CustomerConfirmation { at: now, way: ConfirmationWay::Link, by: Actor::Customer });
    }
    let is = Attended::NAMES[dice.usize(0..3)].1;
    let reason = [None, Some("ill"), Some("bought_elsewhere")][dice.usize(0..3)].map(str::to_owned);
    one.attendance = Attendance { is, as_of: Some(now), by: Some(Actor::System), reason, rule: None };
    one
}

/// Counts rows slowly, one number after the other.
fn counts(rows: &[&Appointment], now: DateTime<Utc>) -> Value {
    let number = |wanted: &dyn Fn(&Appointment) -> bool| rows.iter().filter(|row| wanted(row)).count();
    let share = |n: usize, of: usize| json!({"number": n, "percentage": if of == 0 { 0.0 } else { (n as f64 * 1_000.0 / of as f64).round() / 10.0 }});
    let off = |row: &Appointment| row.state.is_cancelled();
    let past = |row: &Appointment| !off(row) && date(row, row.at) < date(row, now);
    let came = |is: Attended| number(&|row| past(row) && row.attendance.is == is);
    let mut minutes: Vec<i64> = rows.iter().filter(|row| !off(row)).map(|row| (row.at - row.created).num_minutes().max(0)).collect();
    minutes.sort();
    let hours = |percent: usize| {
        let place = (minutes.len() * percent).div_ceil(100).checked_sub(1)?;
        Some((minutes[place] as f64 / 6.0).round() / 10.0)
    };
    let (made, visits) = (rows.len(), number(&past));
    json!({
        "made": made, "cancelled": share(number(&off), made),
        "confirmed": share(number(&|row| !off(row) && row.customer_confirmed.is_some()), made),
        "shown": share(came(Attended::Completed), made),
        "sold": share(number(&|row| !off(row) && row.of_lead.as_ref().is_some_and(|lead| lead.won)), made),
        "past": visits, "show_rate": share(came(Attended::Completed), visits)["percentage"],
        "no_show": share(came(Attended::NoShow), visits), "unknown": share(came(Attended::Unknown), visits),
        "result_unknown": number(&|row| !off(row) && row.lead.is_some() && row.of_lead.is_none()),
        "median_lead_hours": hours(50), "p90_lead_hours": hours(90),
    })
}

/// Counts the rows of two periods by a dimension. `id` is `None` for rows without a value.
fn by(
    current: &[&Appointment],
    previous: Option<&[&Appointment]>,
    now: DateTime<Utc>,
    id: impl Fn(&Appointment) -> Option<String>,
) -> Value {
    let ids: BTreeSet<Option<String>> = current.iter().chain(previous.into_iter().flatten()).map(|row| id(row)).collect();
    let of = |rows: &[&Appointment], wanted: &Option<String>| {
        counts(&rows.iter().copied().filter(|row| id(row) == *wanted).collect::<Vec<_>>(), now)
    };
    let row = |wanted: &Option<String>| {
        let mut row = json!({"id": wanted, "counts": of(current, wanted)});
        if let Some(previous) = previous {
            row["previous"] = of(previous, wanted);
        }
        row
    };
    Value::Array(ids.iter().map(row).collect())
}

/// Returns the rows of a dimension sorted by their ids, as the model sorts them.
fn sorted(rows: &Value) -> Value {
    let mut rows = rows.as_array().unwrap().clone();
    rows.sort_by_key(|row| row["id"].as_str().map(str::to_owned));
    Value::Array(rows)
}

/// OVR-5: for every filter, the figures and those of the preceding period equal the counts of a slow model, in three time zones.
#[tokio::test]
async fn ovr_5_the_figures_of_every_filter_equal_a_naive_count_of_the_rows() {
    for seed in 0..3 {
        let mut dice = fastrand::Rng::with_seed(seed);
        let world = World::at("2026-10-18T20:11:00Z").await;
        let mut rows: Vec<Appointment> = Vec::new();
        for step in 0..60 {
            let now = world.system.clock.now() + TimeDelta::minutes(dice.i64(0..600));
            world.system.clock.freeze_at(now);
            rows.push(random(&mut dice, &format!("a{step}"), now));
            save(&world.store, &world.scope(), &rows[step]).await;
        }
        let now = world.system.clock.now();
        let sales: Vec<&Appointment> = rows.iter().filter(|row| row.kind != AppointmentKind::Workshop).collect();
        for round in 0..16 {
            let (by_visit, compared) = (dice.bool(), dice.bool());
            let from = (now - TimeDelta::days(dice.i64(1..12))).date_naive();
            let until = dice.bool().then(|| from + Days::new(dice.u64(0..6)));
            let chosen =
                [None, Some("maker=partner:centre-demo"), Some("lead=1228167210"), Some("user=anna.vogt,ben.krause&kind=email,other")]
                    [dice.usize(0..4)];
            let name = if by_visit { "appointment" } else { "created" };
            let until_text = until.map(|until| format!("&{name}_until={until}")).unwrap_or_default();
            let compare = if compared { "&compare=previous" } else { "" };
            let query = format!("date={name}&{name}_from={from}{until_text}{compare}&{}", chosen.unwrap_or_default());
            let takes = |row: &Appointment| match chosen {
                Some(text) if text.starts_with("maker") => row.by.to_string() == "partner:centre-demo",
                Some(text) if text.starts_with("lead") => row.lead.is_some_and(|lead| lead.to_string() == "1228167210"),
                Some(_) => row.user.is_some() && [AppointmentKind::Email, AppointmentKind::Other].contains(&row.kind),
                None => true,
            };
            let of = |row: &Appointment| date(row, if by_visit { row.at } else { row.created });
            let within = |from: &dyn Fn(&Appointment) -> NaiveDate, until: &dyn Fn(&Appointment) -> Option<NaiveDate>| {
                let wanted = sales.iter().copied();
                let wanted = wanted.filter(|row| takes(row) && of(row) >= from(row) && until(row).is_none_or(|until| of(row) <= until));
                wanted.collect::<Vec<_>>()
            };
            let current = within(&|_| from, &|_| until);
            let length = |row: &Appointment| (until.unwrap_or(date(row, now)) - from).num_days() as u64 + 1;
            let previous = within(&|row| from - Days::new(length(row)), &|_| from.pred_opt());
            let previous = compared.then_some(previous.as_slice());
            let reply = world.get("hugo.office", &format!("{PATH}?{}", query.trim_end_matches('&'))).await;
            assert_eq!(reply.status, 200, "{query}: {}", reply.body);
            let mut wanted = Map::new();
            wanted.insert("all".into(), counts(&current, now));
            if let Some(previous) = previous {
                wanted.insert("previous".into(), counts(previous, now));
            }
            let mut dimension = |name: &str, id: &dyn Fn(&Appointment) -> Option<String>| {
                wanted.insert(name.into(), by(&current, previous, now, id));
            };
            dimension("users", &|row| row.user.as_ref().map(ToString::to_string));
            dimension("makers", &|row| Some(row.by.to_string()));
            dimension("teams", &|row| Some(row.team.name().to_owned()));
            dimension("sources", &|row| row.of_lead.as_ref().map(|lead| lead.source.to_lowercase()));
            dimension("kinds", &|row| Some(row.kind.name().to_owned()));
            dimension("dealers", &|row| Some(row.dealer.to_string()));
            let context = format!("seed {seed}, round {round}, {now}: {query}");
            for (name, wanted) in &wanted {
                let shown = if wanted.is_array() { sorted(&reply.body[name]) } else { reply.body[name].clone() };
                assert_eq!(shown, *wanted, "{context}: {name}");
            }
            let monday = |row: &Appointment| Some(of(row).week(chrono::Weekday::Mon).first_day().to_string());
            let weeks = by(&current, None, now, monday);
            let weeks: Vec<Value> =
                weeks.as_array().unwrap().iter().map(|week| json!({"monday": week["id"], "counts": week["counts"]})).collect();
            assert_eq!(reply.body["weeks"], json!(weeks), "{context}");
            assert!(
                weeks.iter().all(|week| week["monday"].as_str().unwrap().parse::<NaiveDate>().unwrap().weekday() == chrono::Weekday::Mon)
            );
            for reason in reply.body["no_show_reasons"].as_array().unwrap() {
                let is_one = |row: &&&Appointment| {
                    !row.state.is_cancelled()
                        && date(row, row.at) < date(row, now)
                        && row.attendance.is == Attended::NoShow
                        && row.attendance.reason.as_deref() == reason["reason"].as_str()
                };
                assert_eq!(reason["number"], current.iter().filter(is_one).count(), "{context}");
            }
            let no_shows: u64 = reply.body["no_show_reasons"].as_array().unwrap().iter().map(|one| one["number"].as_u64().unwrap()).sum();
            assert_eq!(reply.body["all"]["no_show"]["number"], no_shows, "{context}");
        }
    }
}

/// OVR-2: each box of the overview equals the total of its filter, also around the midnights of three time zones.
#[tokio::test]
async fn ovr_2_every_box_of_the_overview_agrees_with_its_filter() {
    for seed in 0..4 {
        let mut dice = fastrand::Rng::with_seed(seed);
        let world = World::at("2026-10-23T20:11:00Z").await;
        for step in 0..40 {
            let now = world.system.clock.now() + TimeDelta::minutes(dice.i64(0..300));
            world.system.clock.freeze_at(now);
            save(&world.store, &world.scope(), &random(&mut dice, &format!("a{step}"), now)).await;
        }
        let boxes = world.get("hugo.office", "/overview/appointments?limit=0").await.body;
        let total = async |query: &str| {
            let reply = world.get("hugo.office", &format!("/overview/appointments?limit=0&{query}")).await;
            assert_eq!(reply.status, 200, "{query}: {}", reply.body);
            reply.body["appointments"]["total"].clone()
        };
        for (pointer, query) in [
            ("/attendance/unknown/number", "attendance=unknown"),
            ("/attendance/completed/number", "attendance=completed"),
            ("/attendance/no_show/number", "attendance=no_show"),
            ("/cancelled/number", "attendance=cancelled"),
            ("/source/contact_centre/number", "team=contact_centre"),
            ("/source/dealer/number", "team=dealer"),
        ] {
            assert_eq!(boxes.pointer(pointer).unwrap(), &total(query).await, "seed {seed}: {query}");
        }
        for day in boxes["days"].as_array().unwrap() {
            let day_of = day["date"].as_str().unwrap();
            let query = format!("appointment_from={day_of}&appointment_until={day_of}");
            assert_eq!(day["number"], total(&query).await, "{query}");
            assert_eq!(day["cancelled"], total(&format!("{query}&attendance=cancelled")).await, "{query}");
        }
        let mut sum = 0;
        for attendance in ["unknown", "completed", "no_show", "cancelled", "today_or_later"] {
            sum += total(&format!("attendance={attendance}")).await.as_u64().unwrap();
        }
        assert_eq!(boxes["appointments"]["total"], sum, "seed {seed}: each appointment has one attendance");
    }
}

async fn sold(world: &World) -> Value {
    let body = world.get("hugo.office", PATH).await.body;
    json!([body["all"]["made"], body["all"]["sold"]["number"], body["all"]["result_unknown"]])
}

/// OVR-5: an appointment is sold while its lead is won, also if the visit is over, and its source is that of the lead. The result changes
/// with the lead in one commit, and is no change of the appointment.
#[tokio::test]
async fn ovr_5_an_appointment_is_sold_while_its_lead_is_won() {
    let world = World::at("2026-11-23T09:00:00Z").await;
    let lead = world.post("gina.group", &format!("/dealers/{NORDSTERN}/leads"), &enquiry("jana")).await;
    let lead = lead.text("/id").to_owned();
    let mut made = Vec::new();
    for time in ["2026-11-24T10:00:00Z", "2026-12-08T10:00:00Z"] {
        let body = json!({"lead": lead, "kind": "showroom", "at": time});
        let reply = world.post("gina.group", &format!("/dealers/{NORDSTERN}/appointments"), &body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        made.push(reply.text("/id").to_owned());
    }
    assert_eq!(sold(&world).await, json!([2, 0, 0]));
    world.system.clock.freeze_at(at("2026-11-24T12:00:00Z"));
    let came = world.post("gina.group", &format!("/appointments/{}/attendance", made[0]), &json!({"attendance": "completed"})).await;
    assert_eq!(came.status, 200, "{}", came.body);
    let path = format!("/appointments/{}", made[0]);
    let before = world.get("gina.group", &path).await.body;
    let won = json!({"status": "won", "appointments": "keep"});
    assert_eq!(world.post("gina.group", &format!("/leads/{lead}/status"), &won).await.status, 200);
    assert_eq!(sold(&world).await, json!([2, 2, 0]));
    assert_eq!(world.get("gina.group", &path).await.body, before, "the result of the lead is no change of the appointment");
    let body = world.get("hugo.office", PATH).await.body;
    let source = world.get("gina.group", &format!("/leads/{lead}")).await.body.pointer("/lead/source").cloned();
    if let Some(source) = source {
        assert_eq!(body["sources"][0]["id"].as_str().map(str::to_owned), source.as_str().map(str::to_lowercase));
    }
    assert_eq!((&body["sources"][0]["counts"]["sold"]["number"], body["sources"].as_array().unwrap().len()), (&json!(2), 1));
    let reopened = world.post("gina.group", &format!("/leads/{lead}/status"), &json!({"status": "in_progress"})).await;
    assert_eq!(reopened.status, 200, "{}", reopened.body);
    assert_eq!(sold(&world).await, json!([2, 0, 0]));
    let won = json!({"status": "won", "appointments": "cancel"});
    assert_eq!(world.post("gina.group", &format!("/leads/{lead}/status"), &won).await.status, 200);
    assert_eq!(sold(&world).await, json!([2, 1, 0]), "a cancelled appointment is not sold");
}

/// OVR-5: the figures cost the same reads as the overview of the same span.
#[tokio::test]
async fn ovr_5_the_figures_cost_one_read_for_each_month_of_each_dealer() {
    let world = World::new().await;
    let spent = async |path: &str| {
        let before = world.store.spent();
        assert_eq!(world.get("hugo.office", path).await.status, 200, "{path}");
        world.store.spent().since(before).calls
    };
    spent("/overview/appointments").await;
    let query = format!("dealer={NORDSTERN},{CHICAGO}&created_from=2026-09-01");
    let overview = spent(&format!("/overview/appointments?{query}")).await;
    assert_eq!(spent(&format!("{PATH}?{query}")).await, overview);
}

/// OVR-5: a seller gets figures of the own appointments only, and an invalid parameter is refused with its name.
#[tokio::test]
async fn ovr_5_figures_follow_the_rights_and_name_every_invalid_parameter() {
    let world = World::at("2026-11-23T09:00:00Z").await;
    for (id, user) in [("a", "anna.vogt"), ("b", "ben.krause")] {
        let mut one = appointment(id, NORDSTERN, at("2026-11-20T09:00:00Z"));
        one.user = Some(user.parse().unwrap());
        save(&world.store, &world.scope(), &one).await;
    }
    let own = world.get("anna.vogt", PATH).await.body;
    assert_eq!((&own["all"]["made"], own["users"].as_array().unwrap().len()), (&json!(1), 1));
    assert_eq!(world.get("anna.vogt", &format!("{PATH}?dealer={CHICAGO}")).await.status, 404);
    for (query, faults) in [
        ("maker=anna", vec!["maker OVR-2"]),
        ("user=anna.vogt,&team=x&lead=1&kind=showroom,workshop", vec!["user OVR-2", "team OVR-2", "lead OVR-2", "kind OVR-2"]),
        ("date=x", vec!["date OVR-5"]),
        ("compare=next&created_from=2026-11-01", vec!["compare OVR-5"]),
        ("compare=previous", vec!["compare OVR-5"]),
        ("compare=previous&created_from=2026-11-01&date=appointment", vec!["compare OVR-5"]),
    ] {
        let reply = world.get("hugo.office", &format!("{PATH}?{query}")).await;
        assert_eq!((reply.status, reply.faults()), (422, faults.into_iter().map(str::to_owned).collect::<Vec<_>>()), "{query}");
    }
}
