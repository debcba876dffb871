//! The customer confirms an appointment and arrives (APT-12).

use super::notices::{ANNA, BEN, act, book};
use crate::support::appointments::{appointment, made, seen};
use crate::support::dealers::of_dealer;
use crate::support::letters::mails_to;
use crate::support::pingbacks::{external, ping, secret};
use crate::support::world::{ADMIN, Reply, Request, World};
use serde_json::{Value, json};

const VISIT: &str = "2026-11-25T10:00:00+01:00";

/// Returns the history as `what by`.
pub(super) fn history(page: &Reply) -> Vec<String> {
    let all = page.body["history"].as_array().unwrap();
    all.iter().map(|one| format!("{} {}", one["what"].as_str().unwrap(), one["by"].as_str().unwrap())).collect()
}

pub(super) async fn undo(world: &World, who: &str, id: &str, path: &str) -> Reply {
    world.call(Request::delete(who, &format!("/appointments/{id}/{path}"))).await
}

async fn overview_row(world: &World, id: &str) -> Value {
    let overview = world.get(ADMIN, "/overview/appointments").await;
    overview.body["rows"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap().clone()
}

async fn diary_entry(world: &World, id: &str, date: &str) -> Value {
    let diary = world.get(ADMIN, &of_dealer(&format!("diary?date={date}"))).await;
    diary.body["entries"].as_array().unwrap().iter().find(|entry| entry["appointment"] == id).unwrap().clone()
}

/// APT-12: a user or a partner records that the customer confirmed, once; row, diary and history show it. A move ends it, and it can be
/// taken back until the visit begins.
#[tokio::test]
async fn apt_12_the_customer_confirms_an_appointment() {
    let world = World::new().await;
    let id = book(&world, "chris.center", "jana", ANNA, VISIT).await;
    act(&world, ANNA, &id, "confirmation", &json!({})).await;
    let page = seen(&world, &id).await;
    let confirmed = json!({"at": "2026-11-23T09:00:00Z", "way": "telephone"});
    assert_eq!(page.body["customer_confirmed"], confirmed, "{}", page.body);
    assert_eq!(page.body["history"][1]["way"], "telephone");
    assert_eq!(overview_row(&world, &id).await["customer_confirmed"], confirmed);
    assert_eq!(diary_entry(&world, &id, "2026-11-25").await["customer_confirmed"], confirmed);
    act(&world, ADMIN, &id, "confirmation", &json!({})).await;
    assert_eq!(seen(&world, &id).await.body["version"], page.body["version"], "the first confirmation counts");
    act(&world, ANNA, &id, "time", &json!({"at": "2026-11-25T11:00:00+01:00"})).await;
    assert_eq!(seen(&world, &id).await.body["customer_confirmed"], Value::Null);
    act(&world, ANNA, &id, "confirmation", &json!({})).await;
    assert_eq!(undo(&world, ANNA, &id, "confirmation").await.status, 200);
    let page = seen(&world, &id).await;
    assert_eq!(page.body["customer_confirmed"], Value::Null);
    let mut happened: Vec<String> = history(&page).into_iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    happened.sort();
    assert_eq!(happened, ["confirmation_taken_back", "confirmed", "confirmed", "made", "moved"]);
    act(&world, ANNA, &id, "confirmation", &json!({})).await;
    act(&world, ANNA, &id, "cancellation", &json!({})).await;
    act(&world, ANNA, &id, "reopening", &json!({})).await;
    assert_eq!(seen(&world, &id).await.body["customer_confirmed"], Value::Null, "the cancellation ended it");
    act(&world, ANNA, &id, "confirmation", &json!({})).await;
    world.advance_to("2026-11-25T10:00:00Z").await;
    let late = undo(&world, ANNA, &id, "confirmation").await;
    assert_eq!((late.status, late.text("/rule")), (409, "APT-12"), "{}", late.body);
    // A seller who does not see the appointment, and one who may only read.
    assert_eq!(world.post(BEN, &format!("/appointments/{id}/confirmation"), &json!({})).await.status, 404);
    assert_eq!(world.post("hugo.office", &format!("/appointments/{id}/arrival"), &json!({})).await.status, 403);
    let mut of_partner = appointment("kim", "2026-11-26T10:00:00+01:00");
    of_partner["external_id"] = json!("c-1");
    let of_partner = made(&world, "partner:centre-demo", &of_partner).await;
    act(&world, "partner:centre-demo", &of_partner, "confirmation", &json!({})).await;
    assert_eq!(seen(&world, &of_partner).await.text("/customer_confirmed/way"), "partner");
}

/// APT-12: the arrival is recorded on the day of the visit only, and shows in row, diary and history. At the end of the day the visit
/// counts as completed by the rule, without a letter; the arrival can be taken back also then.
#[tokio::test]
async fn apt_12_an_arrival_counts_as_attended_at_the_end_of_the_day() {
    for world in [World::new().await, World::delivering_twice().await] {
        let id = book(&world, ADMIN, "jana", ANNA, VISIT).await;
        let early = world.post(ANNA, &format!("/appointments/{id}/arrival"), &json!({})).await;
        assert_eq!((early.status, early.text("/rule")), (409, "APT-12"), "{}", early.body);
        world.advance_to("2026-11-25T08:50:00Z").await;
        let letters = mails_to(&world, "jana").len();
        act(&world, "chris.center", &id, "arrival", &json!({})).await;
        act(&world, ANNA, &id, "arrival", &json!({})).await;
        let page = seen(&world, &id).await;
        assert_eq!((page.text("/arrived_at"), page.text("/attendance")), ("2026-11-25T08:50:00Z", "unknown"), "{}", page.body);
        assert_eq!(overview_row(&world, &id).await["arrived_at"], "2026-11-25T08:50:00Z");
        let entry = diary_entry(&world, &id, "2026-11-25").await;
        assert_eq!((&entry["arrived_at"], &entry["state"]), (&json!("2026-11-25T08:50:00Z"), &json!("incomplete")));
        world.advance_to("2026-11-25T22:59:00Z").await;
        let entry = diary_entry(&world, &id, "2026-11-25").await;
        assert_eq!((&entry["unmarked"], &entry["state"]), (&Value::Null, &json!("incomplete")), "an arrival is no to-do");
        world.advance_to("2026-11-26T00:00:00Z").await;
        let page = seen(&world, &id).await;
        assert_eq!(page.text("/attendance"), "completed", "{}", page.body);
        assert_eq!(history(&page).last().unwrap(), "completed rule:arrival");
        assert_eq!(mails_to(&world, "jana").len(), letters, "no letter");
        let counted = world.get(ADMIN, "/overview/appointments").await;
        assert_eq!(counted.body["attendance"]["completed"]["number"], 1, "{}", counted.body);
        // The next day somebody finds that it was another customer.
        assert_eq!(undo(&world, ADMIN, &id, "arrival").await.status, 200);
        let page = seen(&world, &id).await;
        assert_eq!((page.text("/attendance"), page.body.get("arrived_at")), ("unknown", None), "{}", page.body);
        world.advance_to("2026-11-28T00:00:00Z").await;
        assert_eq!(seen(&world, &id).await.text("/attendance"), "unknown", "the rule does not come again");
    }
}

/// APT-12, APT-5: a no-show ends the arrival, an arrival takes back a no-show, and a report of another system counts by its own time.
#[tokio::test]
async fn apt_12_arrival_no_show_and_reports_follow_their_times() {
    let world = World::new().await;
    let secret = secret(&world, &json!({})).await;
    let id = external(&world, "c-9").await;
    world.advance_to("2026-11-23T09:30:00Z").await;
    act(&world, ADMIN, &id, "attendance", &json!({"attendance": "no_show"})).await;
    act(&world, ADMIN, &id, "arrival", &json!({})).await;
    let page = seen(&world, &id).await;
    assert_eq!((page.text("/attendance"), page.text("/arrived_at")), ("unknown", "2026-11-23T09:30:00.001Z"), "{}", page.body);
    act(&world, ADMIN, &id, "attendance", &json!({"attendance": "no_show"})).await;
    let page = seen(&world, &id).await;
    assert_eq!((page.text("/attendance"), page.body.get("arrived_at")), ("no_show", None));
    assert!(history(&page).contains(&format!("arrival_taken_back user:{ADMIN}")), "{:?}", history(&page));
    act(&world, ADMIN, &id, "arrival", &json!({})).await;
    world.advance_to("2026-11-23T23:30:00Z").await;
    assert_eq!(seen(&world, &id).await.text("/attendance"), "completed");
    // A report from before the arrival changes nothing, one from after it does.
    let missed = |at: &str| json!({"type": "appointment.missed", "external_id": "c-9", "at": at});
    assert_eq!(ping(&world, &secret, "m-1", &missed("2026-11-23T09:20:00Z")).await.text("/outcome"), "known");
    assert_eq!(seen(&world, &id).await.text("/attendance"), "completed");
    assert_eq!(ping(&world, &secret, "m-2", &missed("2026-11-23T10:00:00Z")).await.text("/outcome"), "applied");
    let page = seen(&world, &id).await;
    assert_eq!((page.text("/attendance"), page.body.get("arrived_at")), ("no_show", None), "{}", page.body);
}
