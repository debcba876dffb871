//! The free times of salespersons, for staff and others who make appointments (APT-8, CAL-7).

use crate::support::appointments::{appointment, made};
use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, Reply, World, at};
use forecourt_domain::base::UserId;
use forecourt_domain::hours::{DayOff, DayOffKind};
use forecourt_domain::settings::Absence;
use serde_json::{Value, json};

const ANNA: &str = "date=2026-11-24&user=anna.vogt";

async fn times(world: &World, who: &str, query: &str) -> Reply {
    world.get(who, &of_dealer(&format!("availability?{query}"))).await
}

/// Returns the starts of the free times of the first day.
fn starts(reply: &Reply) -> Vec<&str> {
    reply.body["days"][0]["free"].as_array().unwrap().iter().map(|time| time["from"].as_str().unwrap()).collect()
}

async fn book(world: &World, user: &str, at: &str) {
    let mut body = appointment("jana", at);
    body["user"] = json!(user);
    made(world, ADMIN, &body).await;
}

/// APT-8, CAL-7: the free times lie in the opening hours, without the times that appointments take, and have the duration of the kind.
#[tokio::test]
async fn apt_8_free_times_follow_the_hours_and_the_bookings_of_a_person() {
    let world = World::new().await;
    book(&world, "anna.vogt", "2026-11-24T10:00:00+01:00").await;
    let found = times(&world, ADMIN, ANNA).await;
    assert_eq!((found.status, &found.body["minutes"], found.text("/zone")), (200, &json!(60), "Europe/Berlin"), "{}", found.body);
    let free = starts(&found);
    // Opened at 08:00 in Berlin; 10:00 is taken, so 09:30 and 10:30 do not fit; 12:00 does not end before the break.
    assert_eq!(free[..4], ["2026-11-24T07:00:00Z", "2026-11-24T07:30:00Z", "2026-11-24T08:00:00Z", "2026-11-24T10:00:00Z"]);
    assert!(!free.contains(&"2026-11-24T11:00:00Z") && free.last() == Some(&"2026-11-24T16:00:00Z"), "{free:?}");
    assert_eq!(found.body["days"][0]["free"][0]["users"], json!(["anna.vogt"]));
    // Anybody: the colleagues are free at the time that is taken for one person.
    let all = times(&world, ADMIN, "date=2026-11-24").await;
    let ten = all.body["days"][0]["free"].as_array().unwrap().iter().find(|time| time["from"] == "2026-11-24T09:00:00Z").unwrap().clone();
    let users: Vec<&str> = ten["users"].as_array().unwrap().iter().map(|user| user.as_str().unwrap()).collect();
    assert!(users.contains(&"ben.krause") && !users.contains(&"anna.vogt"), "{users:?}");
    // Staff book at once: the notice time and the horizon are limits for customers only.
    let today = times(&world, ADMIN, "user=anna.vogt").await;
    assert_eq!(starts(&today)[0], "2026-11-23T09:00:00Z", "{}", today.body);
    assert!(!starts(&times(&world, ADMIN, "date=2027-03-01&user=anna.vogt").await).is_empty());
}

/// APT-8: a closed day has a reason, and so has each person without a free time. A free time has no warnings, and a time that is not free
/// has some.
#[tokio::test]
async fn apt_8_a_day_without_free_times_has_its_reason() {
    let world = World::new().await;
    world
        .settings(|s| {
            let off = DayOff { from: "2026-11-25".parse().unwrap(), to: None, name: "Inventur".into(), kind: DayOffKind::CompanyHoliday };
            s.calendar = s.calendar.with_days_off(vec![off]);
            let anna = s.members.iter_mut().find(|member| member.user.as_str() == "anna.vogt").unwrap();
            let (from, until) = (at("2026-11-26T00:00:00Z"), at("2026-11-27T00:00:00Z"));
            anna.absences.push(Absence { from, until, deputy: Some(UserId::parse("ben.krause").unwrap()), hand_over: None });
        })
        .await;
    let week = times(&world, ADMIN, "date=2026-11-24&days=7&user=anna.vogt").await;
    let days: Vec<(&str, &Value, &Value)> = week.body["days"]
        .as_array()
        .unwrap()
        .iter()
        .map(|day| (day["date"].as_str().unwrap(), &day["closed"], &day["unavailable"]))
        .collect();
    assert_eq!(days.len(), 7, "{}", week.body);
    assert_eq!(days[1], ("2026-11-25", &json!("day_off"), &json!([])));
    assert_eq!(week.body["days"][1]["name"], "Inventur");
    assert_eq!(days[2], ("2026-11-26", &Value::Null, &json!([{"user": "anna.vogt", "why": "absent"}])));
    assert_eq!(days[5], ("2026-11-29", &json!("closed"), &json!([])));
    // A partner sees the free times, but not why a person is not there.
    let seen = times(&world, "partner:centre-demo", "date=2026-11-26&user=anna.vogt").await;
    assert_eq!((seen.status, &seen.body["days"][0]["unavailable"], starts(&seen).len()), (200, &json!([]), 0), "{}", seen.body);
    // A day that is over has no times.
    let late = World::at("2026-11-23T17:30:00Z").await;
    assert_eq!(times(&late, ADMIN, "").await.body["days"][0]["closed"], "past");
    // Everything that is offered can be booked without a warning.
    for time in times(&world, ADMIN, ANNA).await.body["days"][0]["free"].as_array().unwrap() {
        let mut body = appointment("kim", time["from"].as_str().unwrap());
        (body["user"], body["despite"], body["link"]) = (json!("anna.vogt"), json!([]), json!(false));
        let free = times(&world, ADMIN, ANNA).await;
        if starts(&free).contains(&time["from"].as_str().unwrap()) {
            let made = world.post(ADMIN, &of_dealer("appointments"), &body).await;
            assert_eq!((made.status, &made.body["warnings"]), (201, &Value::Null), "{}", made.body);
        }
    }
    assert_eq!(starts(&times(&world, ADMIN, ANNA).await).len(), 0);
    assert_eq!(times(&world, ADMIN, ANNA).await.body["days"][0]["unavailable"][0]["why"], "taken");
}

/// APT-8, ACC-1, LEAD-9: users who may make appointments at the dealer see its free times. Wrong parameters are named.
#[tokio::test]
async fn apt_8_users_who_make_appointments_see_free_times() {
    let world = World::new().await;
    let table = [
        ("anna.vogt", 200),
        ("helga.stern", 200),
        (ADMIN, 200),
        ("gina.group", 200),
        ("chris.center", 200),
        ("partner:centre-demo", 200),
        ("partner:dms-demo", 200),
        ("hugo.office", 403),
        ("otto.operator", 403),
        ("partner:portal-demo", 403),
        ("alice.moore", 404),
        ("", 401),
    ];
    for (who, status) in table {
        let reply = times(&world, who, "").await;
        assert_eq!(reply.status, status, "{who}: {}", reply.body);
    }
    let wrong = times(&world, ADMIN, "date=2020-01-01&user=nobody").await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["date APT-8".to_owned(), "user APT-8".to_owned()]), "{}", wrong.body);
    for query in ["days=8", "days=0", "kind=dance", "date=tomorrow", "who=anna"] {
        let reply = times(&world, ADMIN, query).await;
        assert_eq!(reply.status, 422, "{query}: {}", reply.body);
    }
}
