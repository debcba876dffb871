//! Visits after which nobody recorded the attendance (APT-12).

use super::notices::{ANNA, BEN, act, book, to};
use crate::support::dealers::of_dealer;
use crate::support::letters::mails_to;
use crate::support::world::{ADMIN, World, enquiry};
use serde_json::{Value, json};

const HELGA: &str = "helga.stern";

/// Returns the customers whose visits a user is to mark, over two weeks.
async fn to_mark(world: &World, who: &str, query: &str) -> Vec<String> {
    let reply = world.get(who, &of_dealer(&format!("diary?unmarked=true&{query}"))).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let entries = reply.body["entries"].as_array().unwrap();
    assert!(entries.iter().all(|entry| entry["unmarked"] == true), "{}", reply.body);
    entries.iter().map(|entry| entry["customer"].as_str().unwrap().to_owned()).collect()
}

/// Returns the lists of the day with unmarked visits to a user, as day and the customers of these visits.
fn lists(world: &World, who: &str) -> Vec<String> {
    let unmarked = |text: &str| {
        let part = text.split("Noch nicht vermerkt").nth(1).unwrap_or_default();
        ["jana", "karl", "lena", "mona"].into_iter().filter(|name| part.contains(*name)).collect::<Vec<_>>().join(" ")
    };
    let mails = to(world, who).into_iter().filter(|mail| mail.text.contains("Noch nicht vermerkt"));
    mails.map(|mail| format!("{} {}", mail.at.format("%d %H:%M"), unmarked(&mail.text))).collect()
}

/// APT-12: after the visit it is a to-do of its salesperson, with and without a lead. From the next open day on the supervisor has it in
/// one mail a day until it is marked. The customer hears nothing.
#[tokio::test]
async fn apt_12_an_unmarked_visit_goes_to_the_salesperson_and_then_to_the_supervisor() {
    for world in [World::new().await, World::delivering_twice().await] {
        let lead = world.lead(&enquiry("karl")).await;
        world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": BEN})).await;
        let jana = book(&world, ADMIN, "jana", ANNA, "2026-11-26T10:00:00+01:00").await;
        let drive = json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-11-26T10:30:00Z"});
        let karl = world.post(BEN, &format!("/leads/{lead}/events"), &drive).await;
        assert_eq!(karl.status, 201, "{}", karl.body);
        let lena = book(&world, ADMIN, "lena", ANNA, "2026-11-27T17:00:00+01:00").await;
        book(&world, ADMIN, "later", ANNA, "2026-12-08T17:00:00+01:00").await;
        let two_weeks = "date=2026-11-23&days=14";
        world.advance_to("2026-11-26T09:30:00Z").await;
        assert_eq!(to_mark(&world, ANNA, two_weeks).await, Vec::<String>::new(), "the visit is going on");
        world.advance_to("2026-11-26T11:45:00Z").await;
        assert_eq!(to_mark(&world, ANNA, "date=2026-11-26").await, ["jana"]);
        assert_eq!(to_mark(&world, BEN, "date=2026-11-26").await, ["karl"]);
        assert_eq!(to_mark(&world, HELGA, two_weeks).await, ["jana", "karl"]);
        assert_eq!(to_mark(&world, HELGA, &format!("{two_weeks}&user={ANNA}")).await, ["jana"]);
        let customers = mails_to(&world, "jana").len();
        world.advance_to("2026-11-27T06:50:00Z").await;
        assert_eq!(lists(&world, HELGA), Vec::<String>::new());
        world.advance_to("2026-11-27T10:00:00Z").await;
        assert_eq!(lists(&world, HELGA), ["27 07:00 jana karl"]);
        act(&world, ANNA, &jana, "attendance", &json!({"attendance": "completed"})).await;
        // Saturday is an open day, Sunday is not.
        world.advance_to("2026-11-29T20:00:00Z").await;
        assert_eq!(lists(&world, HELGA)[1..], ["28 08:00 karl lena".to_owned()]);
        let path = format!("/leads/{lead}/events/{}/no-show", karl.text("/id"));
        let marked = world.post(BEN, &path, &json!({"reason": "did_not_come"})).await;
        assert_eq!(marked.status, 200, "{}", marked.body);
        act(&world, ANNA, &lena, "attendance", &json!({"attendance": "no_show"})).await;
        world.advance_to("2026-12-02T20:00:00Z").await;
        assert_eq!(lists(&world, HELGA).len(), 2, "nothing is left to mark");
        assert_eq!(lists(&world, ANNA), Vec::<String>::new(), "the salesperson has the screen");
        assert_eq!(mails_to(&world, "jana").len(), customers, "no letter");
        // A mark that is taken back is a to-do again.
        act(&world, ANNA, &lena, "attendance", &json!({"attendance": "unknown"})).await;
        assert_eq!(to_mark(&world, ANNA, two_weeks).await, ["lena"]);
    }
}

/// APT-12: without the list of the day there is no mail; the to-do stays. A longer time than a month is refused.
#[tokio::test]
async fn apt_12_a_dealer_without_lists_has_the_to_do_on_the_screen_only() {
    let world = World::new().await;
    world.settings(|s| s.appointments.morning_list = false).await;
    book(&world, ADMIN, "jana", ANNA, "2026-11-24T10:00:00+01:00").await;
    world.advance_to("2026-11-26T12:00:00Z").await;
    assert_eq!(to_mark(&world, ANNA, "date=2026-11-01&days=31").await, ["jana"]);
    assert!(to(&world, HELGA).iter().all(|mail| !mail.text.contains("Noch nicht vermerkt")));
    let path = |query: &str| of_dealer(&format!("diary?{query}"));
    assert_eq!(world.get(ANNA, &path("unmarked=true&days=32")).await.faults(), ["days CAL-6"]);
    assert_eq!(world.get(ANNA, &path("days=8")).await.faults(), ["days CAL-6"]);
    let plain = world.get(ANNA, &path("date=2026-11-24")).await;
    assert_eq!((plain.text("/entries/0/customer"), &plain.body["entries"][0]["unmarked"]), ("jana", &json!(true)));
    assert_eq!(plain.body["entries"][0].get("arrived_at"), None::<&Value>);
}

/// APT-12: a mark that is taken back after the end of the visit is in the supervisor's next list again, also if the customer had arrived.
#[tokio::test]
async fn apt_12_a_mark_that_is_taken_back_is_in_the_next_list() {
    let world = World::new().await;
    let lena = book(&world, ADMIN, "lena", ANNA, "2026-11-23T10:30:00+01:00").await;
    let mona = book(&world, ADMIN, "mona", ANNA, "2026-11-23T10:30:00+01:00").await;
    act(&world, ANNA, &mona, "arrival", &json!({})).await;
    world.advance_to("2026-11-23T11:00:00Z").await;
    assert_eq!(to_mark(&world, ANNA, "date=2026-11-23").await, ["lena"]);
    for id in [&lena, &mona] {
        act(&world, ANNA, id, "attendance", &json!({"attendance": "completed"})).await;
    }
    world.advance_to("2026-11-24T12:00:00Z").await;
    assert_eq!(lists(&world, HELGA), Vec::<String>::new());
    for id in [&lena, &mona] {
        act(&world, ANNA, id, "attendance", &json!({"attendance": "unknown"})).await;
    }
    let mut again = to_mark(&world, ANNA, "date=2026-11-23").await;
    again.sort();
    assert_eq!(again, ["lena", "mona"]);
    world.advance_to("2026-11-25T12:00:00Z").await;
    assert_eq!(lists(&world, HELGA), ["25 07:00 lena mona"]);
}
