//! Who decides about a booking that cannot take place as planned, and for how long a decision counts (APT-9).

use super::under_absence::{affected, booked, findings, notices, of_dealer, put};
use crate::support::world::{ADMIN, Request, World, enquiry};
use serde_json::json;

/// Returns the body of a request that stores one absence of Anna with a deputy.
fn away(from: &str, until: &str, deputy: &str) -> serde_json::Value {
    json!({"absences": [{"from": from, "until": until, "deputy": deputy}]})
}

const ABSENCES: &str = "users/anna.vogt/absences";

/// APT-9, ACC-1: a booking that was made outside the opening hours on purpose opens nothing to users who are not asked. A day off that is
/// entered later does, and the user who keeps the booking reads it on.
#[tokio::test]
async fn apt_9_an_intended_booking_outside_the_hours_is_not_open_to_others() {
    let world = World::new().await;
    world.settings(|s| s.fallback_user = Some("clara.henning".parse().unwrap())).await;
    let late = "2026-11-27T22:00:00+01:00";
    let visit = booked(&world, "jana", "anna.vogt", late).await;
    let lead = world.lead(&enquiry("karl")).await;
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": "anna.vogt"})).await.status, 200);
    let drive = json!({"title": "Drive", "type": "booked_test_drive", "at": late});
    assert_eq!(world.post("anna.vogt", &format!("/leads/{lead}/events"), &drive).await.status, 201);
    assert_eq!(findings(&world).await, Vec::<String>::new());
    let paths = [format!("/appointments/{visit}"), format!("/leads/{lead}")];
    for path in &paths {
        assert_eq!(world.get("clara.henning", path).await.status, 404, "{path}");
    }
    let version = world.get(ADMIN, &of_dealer("settings")).await.body["version"].as_u64().unwrap();
    let off = json!({"days_off": [{"from": "2026-11-27", "to": "2026-11-27", "name": "Move", "kind": "company_holiday"}]});
    put(&world, ADMIN, "holidays", version, &off).await;
    for path in &paths {
        assert_eq!(world.get("clara.henning", path).await.status, 200, "{path}");
    }
    let kept = world.post("clara.henning", &format!("{}/keep", paths[0]), &json!({})).await;
    assert_eq!(kept.status, 200, "{}", kept.body);
    assert_eq!(world.get("clara.henning", &paths[0]).await.status, 200);
}

/// APT-9: another deputy of an absence is notified, and sees the bookings in the answer of the change.
#[tokio::test]
async fn apt_9_another_deputy_is_notified_of_the_bookings() {
    let world = World::new().await;
    booked(&world, "jana", "anna.vogt", "2026-12-03T10:00:00+01:00").await;
    put(&world, "anna.vogt", ABSENCES, 1, &away("2026-12-01", "2026-12-04", "ben.krause")).await;
    world.advance_to("2026-11-23T09:10:00Z").await;
    assert!(notices(&world)[0].starts_with("11-23 ben.krause:"), "{:?}", notices(&world));
    let saved = put(&world, "anna.vogt", ABSENCES, 2, &away("2026-12-01", "2026-12-04", "felix.lang")).await;
    assert_eq!(affected(&saved), ["jana absence"], "{}", saved.body);
    world.advance_to("2026-11-23T10:00:00Z").await;
    let sent = notices(&world);
    assert!(sent.len() == 2 && sent[1].starts_with("11-23 felix.lang:"), "{sent:?}");
}

/// APT-9: a booking that is given to another user who is absent is affected in the answer, and the deputy of that user is notified. The
/// same holds for the bookings of a lead that is assigned to such a user.
#[tokio::test]
async fn apt_9_a_booking_that_is_given_to_an_absent_user_is_notified() {
    let world = World::new().await;
    let visit = booked(&world, "jana", "anna.vogt", "2026-12-03T10:00:00+01:00").await;
    let absent = json!({"absences": [{"from": "2026-12-01", "until": "2026-12-04", "deputy": "felix.lang"}]});
    put(&world, "greta.sommer", "users/greta.sommer/absences", 1, &absent).await;
    world.advance_to("2026-11-23T09:10:00Z").await;
    assert_eq!(notices(&world), Vec::<String>::new());
    let version = world.get(ADMIN, &format!("/appointments/{visit}")).await.body["version"].as_u64().unwrap();
    let given = Request::patch(ADMIN, &format!("/appointments/{visit}")).json(&json!({"user": "greta.sommer"})).version(version);
    let given = world.call(given).await;
    assert_eq!((given.status, given.text("/affected")), (200, "absence"), "{}", given.body);
    world.advance_to("2026-11-23T09:20:00Z").await;
    let sent = notices(&world);
    assert!(sent.len() == 1 && sent[0].starts_with("11-23 felix.lang:"), "{sent:?}");
    let lead = world.lead(&enquiry("karl")).await;
    let drive = json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-12-02T11:00:00+01:00"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/events"), &drive).await.status, 201);
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": "greta.sommer"})).await.status, 200);
    world.advance_to("2026-11-23T09:30:00Z").await;
    let sent = notices(&world);
    assert!(sent.len() == 2 && sent[1].starts_with("11-23 felix.lang:"), "{sent:?}");
}

/// APT-9: a decision to keep a booking under an absence counts for this absence, also if it becomes longer. Another absence needs a
/// decision of its own.
#[tokio::test]
async fn apt_9_a_decision_to_keep_counts_for_its_absence_only() {
    let world = World::new().await;
    let visit = booked(&world, "jana", "anna.vogt", "2026-12-03T10:00:00+01:00").await;
    put(&world, "anna.vogt", ABSENCES, 1, &away("2026-12-01", "2026-12-04", "ben.krause")).await;
    let kept = world.post("ben.krause", &format!("/appointments/{visit}/keep"), &json!({})).await;
    assert_eq!((kept.status, kept.body.get("affected")), (200, None), "{}", kept.body);
    put(&world, "anna.vogt", ABSENCES, 2, &away("2026-12-01", "2026-12-08", "ben.krause")).await;
    assert_eq!(findings(&world).await, Vec::<String>::new());
    put(&world, "anna.vogt", ABSENCES, 3, &json!({"absences": []})).await;
    let ill = put(&world, "anna.vogt", ABSENCES, 4, &away("2026-12-03", "2026-12-03", "ben.krause")).await;
    assert_eq!((affected(&ill), findings(&world).await), (vec!["jana absence".into()], vec!["booking_without_person jana".into()]));
}

/// APT-9: what the person kept outside their own hours, they did not keep under a day off that they enter later.
#[tokio::test]
async fn apt_9_an_own_decision_to_keep_does_not_count_for_a_later_absence() {
    let world = World::new().await;
    // A Thursday.
    let visit = booked(&world, "jana", "anna.vogt", "2026-12-03T10:00:00+01:00").await;
    let week = |weekly: serde_json::Value| json!({"hours": {"thu": [["14:00", "18:00"]]}, "weekly_absences": weekly});
    let saved = put(&world, "anna.vogt", "users/anna.vogt/availability", 1, &week(json!([]))).await;
    assert_eq!(affected(&saved), ["jana absence"], "{}", saved.body);
    let kept = world.post("anna.vogt", &format!("/appointments/{visit}/keep"), &json!({})).await;
    assert_eq!(kept.status, 200, "{}", kept.body);
    assert_eq!(findings(&world).await, Vec::<String>::new());
    let off = put(&world, "anna.vogt", "users/anna.vogt/availability", 2, &week(json!([{"day": "thu", "deputy": "ben.krause"}]))).await;
    assert_eq!((affected(&off), findings(&world).await), (vec!["jana absence".into()], vec!["booking_without_person jana".into()]));
}
