//! The cost of operations in calls and capacity units, as DynamoDB counts them.

use crate::support::world::{ADMIN, NORDSTERN, World, enquiry};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, Spent};
use serde_json::json;

async fn spent(world: &World, body: &serde_json::Value) -> Spent {
    let before = world.store.spent();
    world.send(body).await;
    world.store.spent().since(before)
}

/// INT-9: a new lead costs one read, one transaction and at most 18 write units. These include its owner, deadline and notice, and the
/// receipt of a portal.
#[tokio::test]
async fn int_9_a_lead_costs_two_round_trips_and_at_most_18_write_units() {
    let world = World::new().await;
    world.lead(&enquiry("warm")).await;
    let body = json!({
        "source": "website", "external_id": "w-1", "type": "used_car",
        "contact": {"first_name": "Jana", "last_name": "Petersen", "email": "jana@example.com", "phone": "0171 2345678", "language": "de"},
        "vehicle": {"make": "Opel", "model": "Corsa", "year": 2023, "stock_number": "GW-1138"},
        "message": "Guten Tag, ist der Wagen noch da? Ich könnte am Samstag vorbeikommen."
    });
    let full = spent(&world, &body).await;
    let email_only = spent(&world, &enquiry("karl")).await;
    println!("intake to assigned, e-mail and phone: {full:?}");
    println!("intake to assigned, e-mail only:      {email_only:?}");
    assert_eq!(full.calls, 2);
    assert!(full.write_units <= 18.0, "{full:?}");
    assert!(email_only.write_units <= 16.0, "{email_only:?}");
    assert!(full.read_units <= 6.0, "{full:?}");
}

/// LEAD-1, LEAD-8: a lead's page costs one call, and so does a page of the list.
#[tokio::test]
async fn lead_1_a_lead_page_costs_one_call_and_a_list_page_two() {
    let world = World::new().await;
    let id = world.lead(&enquiry("warm")).await;
    world.get("anna.vogt", &format!("/leads/{id}")).await;
    let before = world.store.spent();
    world.get("anna.vogt", &format!("/leads/{id}")).await;
    let page = world.store.spent().since(before);
    for i in 0..3 {
        world.lead(&enquiry(&format!("n{i}"))).await;
    }
    let before = world.store.spent();
    world.get("ingo.brandt", &format!("/dealers/{NORDSTERN}/leads?limit=3")).await;
    let list = world.store.spent().since(before);
    println!("lead page: {page:?}\nlist page: {list:?}");
    assert_eq!((page.calls, list.calls), (1, 2), "the list's asker is looked up once a minute");
}

/// LEAD-8: a search by an exact value costs one read of the directory and one parallel read of the leads. A filter costs one read of a
/// month, and one more round if the month does not fill the page. At the start of a month the month before is read in the same round.
#[tokio::test]
async fn lead_8_filters_searches_and_the_start_of_a_month_cost_few_reads() {
    let world = World::at("2026-10-30T09:00:00Z").await;
    let mut first = None;
    for i in 0..60 {
        let body = json!({"type": "used_car", "source": "website",
            "contact": {"last_name": format!("N{i:02}"), "email": format!("n{i:02}@example.com"), "phone": format!("0171 23456{i:02}")}});
        let id = world.lead(&body).await;
        if first.is_none() {
            first = Some(id);
            world.advance_to("2026-10-30T09:01:00Z").await;
        }
    }
    let first = first.unwrap();
    world.post(ADMIN, &format!("/leads/{first}/status"), &json!({"status": "lost", "reason": "price"})).await;
    let listed = async |query: &str| {
        let before = world.store.spent();
        let page = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads?{query}")).await;
        let names: Vec<String> =
            page.body["leads"].as_array().unwrap().iter().map(|row| row["contact"].as_str().unwrap().to_owned()).collect();
        let calls = world.store.spent().since(before).calls;
        println!("{query}: {calls} calls");
        (calls, names, page.body["cursor"].is_string())
    };
    let oldest = |calls, more| (calls, vec!["N00".to_owned()], more);
    listed("limit=1").await;
    // The lead is found in one read of the month, however old it is within the month.
    assert_eq!(listed("limit=1&status=lost").await, oldest(1, true));
    assert_eq!(listed("limit=1&q=n00").await, oldest(1, true));
    // The nine months before, back to the opening of the dealer, are read in one round.
    assert_eq!(listed("status=lost").await, oldest(10, false));
    assert_eq!(listed("status=lost&from=2026-10-01T00:00:00Z").await, oldest(1, false), "no lead is older");
    for number in [first.to_string(), first.spoken()] {
        let (calls, names, more) = listed(&format!("limit=1&q={number}")).await;
        assert_eq!((names, more), (vec!["N00".to_owned()], false));
        assert!(calls <= 2, "one; two where the ten digits may be dialled, too");
    }
    assert_eq!(listed("limit=1&q=n00@example.com").await, oldest(2, false));
    assert_eq!(
        listed("limit=1&q=01712345600").await,
        oldest(3, false),
        "the number is an alias of the contact, which is stored at the address"
    );
    assert_eq!(listed("q=n00@example.com&status=won").await, (2, vec![], false));
    assert_eq!(listed("q=000-000-0001").await, (1, vec![], false));
    // A new month starts: its first leads and the last leads of the month before are read in one round.
    world.advance_to("2026-11-02T09:00:00Z").await;
    world.lead(&enquiry("newest")).await;
    let (calls, names, _) = listed("limit=3").await;
    assert_eq!((calls, names.len(), names[0].as_str()), (2, 3, "newest"));
    world.advance_to("2026-11-20T09:00:00Z").await;
    assert_eq!(listed("limit=1").await.0, 1);
}

/// LEAD-2, CAL-1: the lists of a lead are read in parallel with the lead.
#[tokio::test]
async fn lead_2_a_list_of_a_lead_costs_at_most_three_calls() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.post(ADMIN, &format!("/leads/{id}/comments"), &json!({"text": "Asks again"})).await;
    world.post(ADMIN, &format!("/leads/{id}/communications"), &json!({"medium": "email", "subject": "Corsa", "text": "Hello"})).await;
    world.get(ADMIN, &format!("/leads/{id}")).await;
    for (list, calls) in [("comments", 2), ("events", 2), ("invitations", 2), ("communications", 3)] {
        let before = world.store.spent();
        assert_eq!(world.get(ADMIN, &format!("/leads/{id}/{list}")).await.status, 200);
        assert_eq!(world.store.spent().since(before).calls, calls, "{list}");
    }
}

/// ESC-8: a stale wake-up costs one read and no write.
#[tokio::test]
async fn esc_8_a_stale_wake_up_costs_no_write() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    world.post("anna.vogt", &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await;
    let before = world.store.spent();
    world.advance_to("2026-11-30T09:00:00Z").await;
    let spent = world.store.spent().since(before);
    println!("stale wake-ups: {spent:?}");
    assert_eq!(spent.write_units, 0.0);
}

/// DIS-2: the extra cost of a lead whose rotation was contended, so that assign gave it its owner. The store's docs state the same
/// figures.
#[tokio::test]
async fn dis_2_a_separate_assignment_costs_two_round_trips_and_13_write_units() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    world.post("ingo.brandt", &format!("/leads/{id}/assignment"), &json!({"dealer": "harbour-cars-demo"})).await;
    let wake_up = json!({"kind": "assign", "group": "demo-group", "dealer": "harbour-cars-demo", "lead": id});
    let event = json!({"Records": [{"messageId": "1", "body": wake_up.to_string()}]});
    let before = world.store.spent();
    let response = forecourt_assign::handle(&world.system.platform, serde_json::from_value(event).unwrap()).await;
    let spent = world.store.spent().since(before);
    assert_eq!(response.batch_item_failures.len(), 0);
    println!("given out by itself: {spent:?}");
    assert_eq!((spent.calls, spent.write_units), (2, 13.0));
}

/// INT-9: the cost of a lead from its arrival until nothing is due. docs/costs.md uses these figures.
#[tokio::test]
async fn int_9_the_cost_of_a_lead_until_nothing_is_due_matches_the_docs() {
    let world = World::new().await;
    world.lead(&enquiry("warm")).await;
    world.advance_to("2026-11-24T13:00:00Z").await;
    let mut lives = Vec::new();
    for answered in [true, false] {
        let before = world.store.spent();
        let sent = world.send(&enquiry(if answered { "answered" } else { "unanswered" })).await;
        let after = world.store.spent();
        let id = world.lead_of(&sent).await;
        let lookup = world.store.spent().since(after);
        let mut wake_ups = world.system.settle().await;
        if answered {
            world.post("ingo.brandt", &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await;
        }
        wake_ups += world.system.advance_to(world.system.clock.now() + chrono::TimeDelta::days(7)).await;
        let spent = world.store.spent().since(before);
        println!("answered: {answered}: {spent:?}, {wake_ups} wake-ups, {} mails in all", world.mails().len());
        lives.push((spent.write_units, spent.read_units - lookup.read_units, wake_ups));
    }
    assert_eq!(lives, [(28.0, 16.0, 2), (78.0, 39.5, 7)]);
}

/// A unit that still names items after eight further reads is an error, because its rule would take them for missing.
#[tokio::test]
async fn a_unit_is_whole_after_nine_reads_or_fails() {
    fn item(number: usize) -> Key {
        Key::Usage(format!("n{number}"))
    }
    /// A unit of which each read names the next item.
    fn unit(further: usize) -> Load<'static> {
        let next = move |loaded: &Loaded| (1..=further).map(item).find(|key| !loaded.requested(key));
        Load::of([item(0)]).then(move |loaded| next(loaded).into_iter().collect())
    }
    let world = World::new().await;
    let (scope, before) = (world.scope(), world.store.spent());
    assert!(world.store.load(&scope, &unit(8)).await.is_ok());
    assert_eq!(world.store.spent().since(before).calls, 9);
    assert!(matches!(world.store.load(&scope, &unit(9)).await, Err(Failure::Broken(_))));
}
