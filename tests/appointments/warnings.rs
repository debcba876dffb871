//! The warnings about the time and the person of a booking (APT-8).

use crate::support::appointments::{appointment, made, make, seen};
use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, Reply, Request, World, at, enquiry};
use forecourt_domain::base::{AppointmentOrigin, UserId};
use forecourt_domain::hours::{DayOff, DayOffKind};
use forecourt_domain::settings::Absence;
use futures::future::join_all;
use serde_json::{Value, json};

const TEN: &str = "2026-11-25T10:00:00+01:00";
/// A Sunday.
const SUNDAY: &str = "2026-11-29T10:00:00+01:00";
const ABSENT: &str = "2026-11-26T10:00:00+01:00";
const DAY_OFF: &str = "2026-11-27T10:00:00+01:00";

/// Returns a world in which anna.vogt has an appointment on the 25th at 10, is absent on the 26th, and the dealer has a day off on the
/// 27th.
async fn world() -> World {
    let world = World::new().await;
    world
        .settings(|s| {
            s.appointments.origins.insert(AppointmentOrigin::ContactCentre);
            let off = DayOff { from: "2026-11-27".parse().unwrap(), to: None, name: "Inventur".into(), kind: DayOffKind::CompanyHoliday };
            s.calendar = s.calendar.with_days_off(vec![off]);
            let anna = s.members.iter_mut().find(|member| member.user.as_str() == "anna.vogt").unwrap();
            let (from, until) = (at("2026-11-26T00:00:00Z"), at("2026-11-27T00:00:00Z"));
            anna.absences.push(Absence { from, until, deputy: Some(UserId::parse("ben.krause").unwrap()), hand_over: None });
        })
        .await;
    made(&world, ADMIN, &with_anna("jana", TEN)).await;
    world
}

fn with_anna(name: &str, at: &str) -> Value {
    let mut body = appointment(name, at);
    body["user"] = json!("anna.vogt");
    body
}

fn despite(mut body: Value, named: &[&str]) -> Value {
    body["despite"] = json!(named);
    body
}

/// Returns the codes of warnings or obstacles.
fn codes(all: &Value) -> Vec<&str> {
    all.as_array().map(|all| all.iter().map(|one| one["what"].as_str().unwrap()).collect()).unwrap_or_default()
}

/// APT-8: without `despite`, as clients of earlier releases send it, each booking is made, and the response has the warnings as codes and
/// sentences. With `despite` it is refused unless all warnings are named.
#[tokio::test]
async fn apt_8_a_booking_with_warnings_is_made_or_refused_as_the_request_says() {
    let world = world().await;
    let cases = [
        (TEN, "double_booked"),
        ("2026-11-25T10:30:00+01:00", "double_booked"),
        (SUNDAY, "closed"),
        (ABSENT, "absent"),
        (DAY_OFF, "day_off"),
    ];
    for (when, code) in cases {
        for (who, seen_as) in [(ADMIN, code), ("chris.center", code)] {
            let checked = make(&world, who, &despite(with_anna("kim", when), &[])).await;
            assert_eq!((checked.status, checked.text("/rule")), (409, "APT-8"), "{when}: {}", checked.body);
            assert_eq!(codes(&checked.body["obstacles"]), [seen_as], "{when}: {}", checked.body);
            assert!(
                checked.body["obstacles"][0]["detail"].as_str().unwrap().len() > 20 && checked.text("/detail").contains("send despite")
            );
            let other = if code == "closed" { "absent" } else { "closed" };
            assert_eq!(make(&world, who, &despite(with_anna("kim", when), &[other])).await.status, 409, "{when}");
        }
    }
    // Nothing was stored by the refusals.
    assert_eq!(world.get(ADMIN, "/overview/appointments").await.body["appointments"]["total"], 1);
    let old = make(&world, ADMIN, &with_anna("kim", TEN)).await;
    assert_eq!((old.status, codes(&old.body["warnings"])), (201, vec!["double_booked"]), "{}", old.body);
    assert_eq!(old.body["warnings"][0]["detail"], "the person has another event or appointment at this time");
    let named = make(&world, ADMIN, &despite(with_anna("kim", TEN), &["double_booked"])).await;
    assert_eq!((named.status, codes(&named.body["warnings"])), (201, vec!["double_booked"]), "{}", named.body);
    // A free time, a past one and an appointment of nobody have no warnings. Unknown names are refused.
    let free = make(&world, ADMIN, &despite(with_anna("kim", "2026-11-25T14:00:00+01:00"), &[])).await;
    assert_eq!((free.status, &free.body["warnings"]), (201, &Value::Null), "{}", free.body);
    assert_eq!(make(&world, ADMIN, &despite(with_anna("kim", "2026-11-22T10:00:00+01:00"), &[])).await.status, 201);
    assert_eq!(make(&world, ADMIN, &despite(appointment("kim", TEN), &[])).await.status, 201);
    assert_eq!(make(&world, ADMIN, &despite(with_anna("kim", TEN), &["rain"])).await.faults(), ["despite APT-8"]);
}

/// APT-8, ACC-1, APT-2: a partner learns that a person is not available, and not why. Its message is refused or made in the same way.
#[tokio::test]
async fn apt_8_a_partner_does_not_learn_why_a_person_is_not_available() {
    let world = world().await;
    for (when, code) in [(TEN, "unavailable"), (ABSENT, "unavailable"), (SUNDAY, "closed"), (DAY_OFF, "day_off")] {
        let mut body = despite(with_anna("kim", when), &[]);
        body["external_id"] = json!(format!("c-{when}"));
        let checked = make(&world, "partner:centre-demo", &body).await;
        assert_eq!((checked.status, codes(&checked.body["obstacles"])), (409, vec![code]), "{when}: {}", checked.body);
        assert!(!checked.body.to_string().contains("absent") && !checked.body.to_string().contains("another event"), "{}", checked.body);
        let made = make(&world, "partner:centre-demo", &despite(body, &[code])).await;
        assert_eq!((made.status, codes(&made.body["warnings"])), (201, vec![code]), "{when}: {}", made.body);
        // The same id again is the same appointment, whatever it accepts.
        let mut again = with_anna("kim", when);
        again["external_id"] = json!(format!("c-{when}"));
        let again = make(&world, "partner:centre-demo", &again).await;
        assert_eq!(
            (again.status, again.text("/id"), codes(&again.body["warnings"])),
            (201, made.text("/id"), vec![code]),
            "{}",
            again.body
        );
    }
}

/// APT-8, APT-9: to name the absence decides that the booking takes place, as `keep` does. The absent person's own word does not count, and
/// without `despite` somebody is asked as before.
#[tokio::test]
async fn apt_8_who_accepts_an_absence_keeps_the_booking() {
    let world = world().await;
    let kept = make(&world, "helga.stern", &despite(with_anna("kim", ABSENT), &["absent"])).await;
    let page = seen(&world, kept.text("/id")).await;
    assert_eq!((kept.status, &page.body["affected"]), (201, &Value::Null), "{}", page.body);
    let history: Vec<&str> = page.body["history"].as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap()).collect();
    assert_eq!(history, ["made", "kept"], "{}", page.body);
    let later = "2026-11-26T14:00:00+01:00";
    let own = make(&world, "anna.vogt", &despite(with_anna("lena", later), &["absent"])).await;
    assert_eq!((own.status, seen(&world, own.text("/id")).await.text("/affected")), (201, "absence"), "{}", own.body);
    let old = make(&world, "helga.stern", &with_anna("mona", "2026-11-26T16:00:00+01:00")).await;
    assert_eq!((old.status, seen(&world, old.text("/id")).await.text("/affected")), (201, "absence"), "{}", old.body);
}

async fn patch(world: &World, id: &str, body: &Value) -> Reply {
    world.call(Request::patch(ADMIN, &format!("/appointments/{id}")).json(body).headers(&[("if-match", "*")])).await
}

/// APT-8: a move and another person are checked like a new booking. A booking does not double itself, and a correction without a time or a
/// person is not checked.
#[tokio::test]
async fn apt_8_a_move_and_another_person_are_checked() {
    let world = world().await;
    let mut body = appointment("kim", "2026-11-25T14:00:00+01:00");
    body["user"] = json!("ben.krause");
    let id = made(&world, ADMIN, &body).await;
    let time = format!("/appointments/{id}/time");
    let moved = world.post(ADMIN, &time, &json!({"at": SUNDAY, "despite": []})).await;
    assert_eq!((moved.status, codes(&moved.body["obstacles"])), (409, vec!["closed"]), "{}", moved.body);
    let moved = world.post(ADMIN, &time, &json!({"at": TEN, "despite": []})).await;
    assert_eq!((moved.status, &moved.body["warnings"]), (200, &Value::Null), "ben is free: {}", moved.body);
    let moved = world.post(ADMIN, &time, &json!({"at": "2026-11-25T10:15:00+01:00", "despite": []})).await;
    assert_eq!(moved.status, 200, "it does not double itself: {}", moved.body);
    let given = patch(&world, &id, &json!({"user": "anna.vogt", "despite": []})).await;
    assert_eq!((given.status, codes(&given.body["obstacles"])), (409, vec!["double_booked"]), "{}", given.body);
    let given = patch(&world, &id, &json!({"user": "anna.vogt"})).await;
    assert_eq!((given.status, codes(&given.body["warnings"])), (200, vec!["double_booked"]), "{}", given.body);
    let noted = patch(&world, &id, &json!({"notes": "Brings the car", "despite": []})).await;
    assert_eq!((noted.status, &noted.body["warnings"]), (200, &Value::Null), "{}", noted.body);
    let old = world.post(ADMIN, &time, &json!({"at": ABSENT})).await;
    assert_eq!((old.status, codes(&old.body["warnings"])), (200, vec!["absent"]), "{}", old.body);
}

/// APT-8, CAL-1, CAL-4, CAL-9: events of a lead with a time and a person, test drives and follow-ups are checked, in bulk each by itself.
#[tokio::test]
async fn apt_8_events_of_leads_are_checked() {
    let world = world().await;
    let lead = world.lead(&enquiry("otto")).await;
    let events = format!("/leads/{lead}/events");
    let event = |at: &str| json!({"title": "Call", "type": "phone_outbound", "at": at, "user": "anna.vogt"});
    let checked = world.post(ADMIN, &events, &despite(event(TEN), &[])).await;
    assert_eq!((checked.status, codes(&checked.body["obstacles"])), (409, vec!["double_booked"]), "{}", checked.body);
    let old = world.post(ADMIN, &events, &event(SUNDAY)).await;
    assert_eq!((old.status, codes(&old.body["warnings"])), (201, vec!["closed"]), "{}", old.body);
    let free = world.post(ADMIN, &events, &despite(event("2026-11-25T15:00:00+01:00"), &[])).await;
    assert_eq!((free.status, &free.body["warnings"]), (201, &Value::Null), "{}", free.body);
    let own = format!("{events}/{}", free.text("/id"));
    let moved = world.post(ADMIN, &format!("{own}/time"), &json!({"at": TEN, "despite": []})).await;
    assert_eq!((moved.status, codes(&moved.body["obstacles"])), (409, vec!["double_booked"]), "{}", moved.body);
    let moved = world.post(ADMIN, &format!("{own}/time"), &json!({"at": ABSENT, "despite": ["absent"]})).await;
    assert_eq!((moved.status, codes(&moved.body["warnings"])), (200, vec!["absent"]), "{}", moved.body);
    assert_eq!(world.get(ADMIN, &own).await.body["affected"], Value::Null, "the user kept it with the time");
    let ben = json!({"title": "Call", "type": "phone_outbound", "at": TEN, "user": "ben.krause"});
    let of_ben = world.post(ADMIN, &events, &ben).await;
    let of_ben = format!("{events}/{}", of_ben.text("/id"));
    let given = world.call(Request::patch(ADMIN, &of_ben).json(&json!({"user": "anna.vogt", "despite": []}))).await;
    assert_eq!((given.status, codes(&given.body["obstacles"])), (409, vec!["double_booked"]), "{}", given.body);
    let follow_up = json!({"follow_up": despite(event(TEN), &[])});
    let done = world.post(ADMIN, &format!("{of_ben}/completion"), &follow_up).await;
    assert_eq!((done.status, codes(&done.body["obstacles"])), (409, vec!["double_booked"]), "{}", done.body);
    let drive = json!({"vehicle": {"make": "Opel"}, "at": TEN, "user": "anna.vogt"});
    let checked = world.post(ADMIN, &format!("/leads/{lead}/test-drives"), &despite(drive.clone(), &[])).await;
    assert_eq!((checked.status, codes(&checked.body["obstacles"])), (409, vec!["double_booked"]), "{}", checked.body);
    let old = world.post(ADMIN, &format!("/leads/{lead}/test-drives"), &drive).await;
    assert_eq!((old.status, codes(&old.body["warnings"])), (201, vec!["double_booked"]), "{}", old.body);
    // A note at the present has no time of its own, so that nobody is warned of it.
    let note = world.post(ADMIN, &events, &despite(json!({"title": "Note", "type": "notes"}), &[])).await;
    assert_eq!((note.status, &note.body["warnings"]), (201, &Value::Null), "{}", note.body);
    // In bulk, the second event of the same person at the same time doubles the first one.
    let other = world.lead(&enquiry("paul")).await;
    let bulk = json!({"leads": [lead, other], "event": despite(event("2026-11-25T16:30:00+01:00"), &[])});
    let bulk = world.post(ADMIN, "/events", &bulk).await;
    let statuses: Vec<&Value> = bulk.body["results"].as_array().unwrap().iter().map(|result| &result["status"]).collect();
    assert_eq!(statuses, [&json!(201), &json!(409)], "{}", bulk.body);
}

/// APT-8: of two bookings of a person at the same moment, one sees the other: never are both made without a warning.
#[tokio::test]
async fn apt_8_two_bookings_at_the_same_moment_do_not_both_pass() {
    let world = World::new().await;
    for round in 0..5 {
        let when = format!("2026-11-{}T14:00:00+01:00", 24 + round % 4);
        let when = if round == 4 { "2026-12-01T14:00:00+01:00".to_owned() } else { when };
        let bodies: Vec<Value> = (0..4).map(|n| despite(with_anna(&format!("n{round}{n}"), &when), &[])).collect();
        let path = of_dealer("appointments");
        let replies = join_all(bodies.iter().map(|body| world.post(ADMIN, &path, body))).await;
        let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409], "{when}");
    }
}
