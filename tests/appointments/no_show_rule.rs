//! A dealer lets a visit that nobody marks become a no-show (APT-12).

use super::arrival::history;
use super::notices::{ANNA, act, book};
use crate::support::appointments::{appointment, made, seen};
use crate::support::letters::mails_to;
use crate::support::pingbacks::{attended, external, ping, secret};
use crate::support::world::{ADMIN, NORDSTERN, Request, World, enquiry};
use serde_json::json;

/// APT-12: the rule is off by default. With two hours, a visit that ends at 17:00 becomes a no-show at 09:00 of the next day, because the
/// dealer closes at 18:00 and opens at 08:00; with its event, once, and without a letter.
#[tokio::test]
async fn apt_12_the_rule_counts_opening_hours_and_names_itself() {
    for world in [World::new().await, World::delivering_twice().await] {
        let off = book(&world, ADMIN, "otto", ANNA, "2026-11-23T12:00:00+01:00").await;
        world.advance_to("2026-11-23T12:30:00Z").await;
        world.settings(|s| s.appointments.no_show_after_hours = 2).await;
        let lead = world.lead(&enquiry("jana")).await;
        let body = json!({"lead": lead, "kind": "showroom", "at": "2026-11-23T16:00:00+01:00", "user": ANNA});
        let jana = made(&world, ADMIN, &body).await;
        let karl = book(&world, ADMIN, "karl", ANNA, "2026-11-23T16:00:00+01:00").await;
        world.advance_to("2026-11-24T07:59:00Z").await;
        let letters = mails_to(&world, "jana").len();
        assert_eq!(seen(&world, &jana).await.text("/attendance"), "unknown");
        act(&world, ANNA, &karl, "attendance", &json!({"attendance": "completed"})).await;
        world.advance_to("2026-11-24T08:01:00Z").await;
        let page = seen(&world, &jana).await;
        assert_eq!((page.text("/attendance"), page.text("/reason")), ("no_show", "not_marked"), "{}", page.body);
        assert_eq!(history(&page).last().unwrap(), "no_show rule:no_show_after_hours");
        assert_eq!(page.text("/history/1/at"), "2026-11-24T08:00:00Z");
        let event = world.get(ADMIN, &format!("/leads/{lead}/events/{}", page.text("/event"))).await;
        assert_eq!(event.text("/state"), "no_show", "{}", event.body);
        assert_eq!(mails_to(&world, "jana").len(), letters, "no letter");
        world.advance_to("2026-11-27T20:00:00Z").await;
        assert_eq!(seen(&world, &jana).await.body["version"], page.body["version"], "once");
        assert_eq!(seen(&world, &karl).await.text("/attendance"), "completed");
        assert_eq!(seen(&world, &off).await.text("/attendance"), "unknown", "the rule was off at the end of this visit");
        // A mark of the rule can be taken back, and the rule does not come again.
        act(&world, ANNA, &jana, "attendance", &json!({"attendance": "unknown"})).await;
        world.advance_to("2026-12-01T20:00:00Z").await;
        let page = seen(&world, &jana).await;
        assert_eq!(page.text("/attendance"), "unknown");
        assert_eq!(history(&page).last().unwrap(), &format!("unknown user:{ANNA}"));
    }
}

/// APT-5, APT-12: a report of another system or a user counts before the rule, also if it is about an earlier time.
#[tokio::test]
async fn apt_12_a_report_from_the_time_of_the_visit_wins_over_the_rule() {
    let world = World::new().await;
    let secret = secret(&world, &json!({})).await;
    world.settings(|s| s.appointments.no_show_after_hours = 1).await;
    let id = external(&world, "c-1").await;
    world.advance_to("2026-11-23T16:00:00Z").await;
    assert_eq!(seen(&world, &id).await.text("/attendance"), "no_show");
    assert_eq!(ping(&world, &secret, "m-1", &attended("c-1", "2026-11-23T09:01:00Z")).await.text("/outcome"), "applied");
    let page = seen(&world, &id).await;
    assert_eq!((page.text("/attendance"), page.body.get("reason")), ("completed", None), "{}", page.body);
    // The history is ordered by the times that the statements are about.
    let both = ["completed partner:centre-demo", "no_show rule:no_show_after_hours"];
    assert_eq!(history(&page)[1..], both.map(str::to_owned));
    // A report that comes before the hours have passed needs no rule.
    let mut body = appointment("kim", "2026-11-24T10:00:00+01:00");
    body["external_id"] = json!("c-2");
    let kim = made(&world, "partner:centre-demo", &body).await;
    world.advance_to("2026-11-24T09:30:00Z").await;
    ping(&world, &secret, "m-2", &attended("c-2", "2026-11-24T09:05:00Z")).await;
    // A visit that another system has moved meanwhile is no no-show at the former time.
    let mut body = appointment("lea", "2026-11-24T10:00:00+01:00");
    body["external_id"] = json!("c-3");
    let lea = made(&world, "partner:centre-demo", &body).await;
    world.advance_to("2026-11-24T20:00:00Z").await;
    assert_eq!(seen(&world, &kim).await.text("/attendance"), "completed");
    assert_eq!(seen(&world, &lea).await.text("/attendance"), "no_show");
    let moved = json!({"type": "appointment.moved", "external_id": "c-3", "at": "2026-11-24T08:30:00Z", "to": "2026-11-26T10:00:00Z"});
    assert_eq!(ping(&world, &secret, "m-3", &moved).await.text("/outcome"), "applied");
    assert_eq!(seen(&world, &lea).await.text("/attendance"), "unknown");
    world.advance_to("2026-11-27T20:00:00Z").await;
    assert_eq!(seen(&world, &lea).await.text("/attendance"), "no_show", "the rule also judges the new time");
}

/// APT-12: the hours are 0 to 72. A move of a visit that is not over starts them anew, and an arrival prevents the no-show.
#[tokio::test]
async fn apt_12_a_move_or_an_arrival_in_time_prevents_the_no_show() {
    let world = World::new().await;
    let path = format!("/dealers/{NORDSTERN}/appointment-settings");
    let set = async |hours: u32, version: u64| {
        world.call(Request::put(ADMIN, &path).json(&json!({"no_show_after_hours": hours})).version(version)).await
    };
    let version = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/settings")).await.body["version"].as_u64().unwrap();
    let refused = set(73, version).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["no_show_after_hours APT-12".to_owned()]), "{}", refused.body);
    assert_eq!(set(1, version).await.status, 200);
    let moved = book(&world, ADMIN, "jana", ANNA, "2026-11-23T10:30:00+01:00").await;
    let there = book(&world, ADMIN, "karl", ANNA, "2026-11-23T10:30:00+01:00").await;
    world.advance_to("2026-11-23T09:40:00Z").await;
    act(&world, ANNA, &moved, "time", &json!({"at": "2026-11-23T17:00:00+01:00"})).await;
    act(&world, ANNA, &there, "arrival", &json!({})).await;
    world.advance_to("2026-11-23T17:30:00Z").await;
    assert_eq!(seen(&world, &moved).await.text("/attendance"), "unknown");
    world.advance_to("2026-11-24T08:30:00Z").await;
    assert_eq!(seen(&world, &moved).await.text("/attendance"), "no_show");
    let page = seen(&world, &there).await;
    assert_eq!((page.text("/attendance"), history(&page).last().unwrap().as_str()), ("completed", "completed rule:arrival"));
}

/// APT-12: to mark a visit and take the mark back does not escape the rule: the hours begin anew. A customer who arrived is no no-show.
#[tokio::test]
async fn apt_12_a_mark_that_is_taken_back_does_not_escape_the_rule() {
    let world = World::new().await;
    world.settings(|s| s.appointments.no_show_after_hours = 1).await;
    let jana = book(&world, ADMIN, "jana", ANNA, "2026-11-23T10:30:00+01:00").await;
    let karl = book(&world, ADMIN, "karl", ANNA, "2026-11-23T10:30:00+01:00").await;
    act(&world, ANNA, &karl, "arrival", &json!({})).await;
    world.advance_to("2026-11-23T10:50:00Z").await;
    for is in ["completed", "unknown"] {
        act(&world, ANNA, &jana, "attendance", &json!({"attendance": is})).await;
        act(&world, ANNA, &karl, "attendance", &json!({"attendance": is})).await;
    }
    // The dealer closes from 12:30 to 13:30.
    world.advance_to("2026-11-23T12:45:00Z").await;
    assert_eq!(seen(&world, &jana).await.text("/attendance"), "unknown");
    world.advance_to("2026-11-23T12:55:00Z").await;
    let page = seen(&world, &jana).await;
    assert_eq!((page.text("/attendance"), history(&page).last().unwrap().as_str()), ("no_show", "no_show rule:no_show_after_hours"));
    world.advance_to("2026-11-25T12:00:00Z").await;
    assert_eq!(seen(&world, &karl).await.text("/attendance"), "unknown");
}
