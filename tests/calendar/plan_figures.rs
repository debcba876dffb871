//! The settings of follow-up plans, their start in bulk, and their yield (CAL-11, LEAD-10).

use crate::support::plans::{SELLER, answered, calls, start, world};
use crate::support::world::{ADMIN, NORDSTERN, Request};
use forecourt_domain::base::DealerId;
use forecourt_domain::lead::FollowUpYield;
use forecourt_domain::reports::{PlanFacts, PlanTally};
use proptest::prelude::*;
use serde_json::json;

#[tokio::test]
async fn cal_11_the_settings_of_plans_are_checked_field_by_field() {
    let world = world("2026-11-23T09:00:00Z", &[calls()]).await;
    let path = format!("/dealers/{NORDSTERN}/follow-up-plans");
    let read = world.get(ADMIN, &path).await;
    assert_eq!((read.status, &read.body["settings"]["follow_up_plans"][0]["name"]), (200, &json!("Calls")), "{}", read.body);
    let version = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/settings")).await.body["version"].as_u64().unwrap();
    let put = async |plans: serde_json::Value| {
        world.call(Request::put(ADMIN, &path).json(&json!({"follow_up_plans": plans})).version(version)).await
    };
    let step = json!({"day": 1, "type": "phone_outbound", "title": "Call"});
    let named = |name: &str, value: serde_json::Value| {
        let mut changed = step.clone();
        changed[name] = value;
        json!([{"id": "a", "name": "A", "steps": [changed]}])
    };
    for (plans, faults) in [
        (json!([calls(), calls()]), vec!["follow_up_plans[1].id CAL-11"]),
        (json!([{"id": "a", "name": " ", "steps": []}]), vec!["follow_up_plans[0].name CAL-11", "follow_up_plans[0].steps CAL-11"]),
        (json!([{"id": "a", "name": "A", "steps": [step, step]}]), vec!["follow_up_plans[0].steps[1].day CAL-11"]),
        (named("day", json!(366)), vec!["follow_up_plans[0].steps[0].day CAL-11"]),
        (named("type", json!("booked_test_drive")), vec!["follow_up_plans[0].steps[0].type CAL-11"]),
        (named("type", json!("nothing")), vec!["follow_up_plans[0].steps[0].type CAL-11"]),
        (named("title", json!("")), vec!["follow_up_plans[0].steps[0].title CAL-11"]),
        (named("purpose", json!("fun")), vec!["follow_up_plans[0].steps[0].purpose CAL-11"]),
        (named("text", json!("nowhere")), vec!["follow_up_plans[0].steps[0].text CAL-11"]),
        (
            json!([{"id": "a", "name": "A", "starts": "soon", "types": ["boat"], "steps": [step]}]),
            vec!["follow_up_plans[0].types CAL-11", "follow_up_plans[0].starts CAL-11"],
        ),
    ] {
        let reply = put(plans.clone()).await;
        assert_eq!(
            (reply.status, reply.faults()),
            (422, faults.iter().map(|fault| (*fault).to_owned()).collect()),
            "{plans}: {}",
            reply.body
        );
    }
    // SET-10: null is the default.
    let step_of_nulls = json!({"day": 1, "type": "sms", "title": "T", "text": null, "purpose": null});
    let open = json!([{"id": "a", "name": "A", "types": null, "starts": null, "steps": [step_of_nulls]}]);
    assert_eq!(put(open).await.status, 200);
    let version = version + 1;
    let put = async |plans: serde_json::Value| {
        world.call(Request::put(ADMIN, &path).json(&json!({"follow_up_plans": plans})).version(version)).await
    };
    assert_eq!(put(json!([{"id": "a", "name": "A", "types": ["new_car"], "starts": "after_answer", "steps": [step]}])).await.status, 200);
}

#[tokio::test]
async fn lead_10_a_plan_is_started_on_many_leads() {
    let world = world("2026-11-23T09:00:00Z", &[calls()]).await;
    let (first, second) = (answered(&world, "jana").await, answered(&world, "tom").await);
    assert_eq!(start(&world, SELLER, second, "calls").await.status, 200);
    let foreign = world.lead(&crate::support::world::enquiry("eva")).await;
    world.post(ADMIN, &format!("/leads/{foreign}/assignment"), &json!({"user": "clara.henning"})).await;
    let body = json!({"leads": [first, second, foreign], "plan": {"id": "calls"}});
    let done = world.post(SELLER, "/bulk-actions", &body).await;
    let statuses: Vec<u64> = done.body["results"].as_array().unwrap().iter().map(|row| row["status"].as_u64().unwrap()).collect();
    assert_eq!((done.status, done.text("/action"), statuses), (200, "plan", vec![200, 409, 404]), "{}", done.body);
    let wrong = world.post(SELLER, "/bulk-actions", &json!({"leads": [first], "plan": {"name": "calls"}})).await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
}

#[tokio::test]
async fn cal_11_figures_count_what_each_step_brought() {
    let world = world("2026-11-23T09:00:00Z", &[calls()]).await;
    let (answers, books, wins) = (answered(&world, "jana").await, answered(&world, "tom").await, answered(&world, "eva").await);
    for lead in [answers, books, wins] {
        assert_eq!(start(&world, SELLER, lead, "calls").await.status, 200);
    }
    world.advance_to("2026-11-24T09:00:00Z").await;
    // The first call is done; the customer calls back.
    let event = world.events(answers).await[0].id.clone();
    world.post(SELLER, &format!("/leads/{answers}/events/{event}/completion"), &json!({})).await;
    world.post(SELLER, &format!("/leads/{answers}/reactions"), &json!({"kind": "call_reached", "inbound": true})).await;
    world.advance_to("2026-11-26T09:00:00Z").await;
    let drive = json!({"title": "Corsa", "type": "booked_test_drive", "at": "2026-11-28T09:00:00Z"});
    assert_eq!(world.post(SELLER, &format!("/leads/{books}/events"), &drive).await.status, 201);
    world.advance_to("2026-12-20T09:00:00Z").await;
    // A sale counts for the last step, also after the end of the plan.
    world.post(SELLER, &format!("/leads/{wins}/status"), &json!({"status": "won"})).await;
    let figures = world.get("gina.group", "/overview/plans?received_from=2026-11-23&received_until=2026-11-23").await;
    let plan = &figures.body["plans"][0];
    assert_eq!(
        (figures.status, &plan["id"], &plan["name"], &plan["runs"]),
        (200, &json!("calls"), &json!("Calls"), &json!(3)),
        "{}",
        figures.body
    );
    let step = |n: usize, name: &str| plan["steps"][n][name].as_u64().unwrap();
    let row = |n| ["done", "events", "messages", "skipped", "completed", "answered", "booked", "won"].map(|name| step(n, name));
    assert_eq!(row(0), [3, 3, 0, 0, 1, 1, 0, 0], "{plan}");
    assert_eq!(row(1), [2, 0, 2, 0, 0, 0, 1, 0], "{plan}");
    assert_eq!(row(2), [1, 1, 0, 0, 0, 0, 0, 1], "{plan}");
    // Sellers count their own leads; a later period has none; a foreign dealer is out of reach.
    assert_eq!(world.get("gina.group", "/overview/plans?received_from=2026-11-24").await.body["plans"], json!([]));
    assert_eq!(world.get(ADMIN, "/overview/plans?dealer=rival-dealer").await.status, 404);
}

proptest! {
    /// CAL-11: the parts of each step add up, whatever the order of the leads.
    #[test]
    fn cal_11_each_step_is_an_event_a_message_or_left_out(runs in proptest::collection::vec(proptest::collection::vec((0_u8..3, 0_u8..16), 0..20), 0..30)) {
        let dealer: DealerId = "d".parse().unwrap();
        let run = |steps: &Vec<(u8, u8)>| FollowUpYield {
            plan: "p".parse().unwrap(),
            steps: steps.iter().map(|(made, brought)| (1 << made) + (brought << 3)).collect(),
        };
        let facts = |runs: Vec<FollowUpYield>| PlanFacts {
            dealer: dealer.clone(), received: chrono::DateTime::UNIX_EPOCH, owner: None, source: String::new(), runs,
        };
        let all: Vec<FollowUpYield> = runs.iter().map(run).collect();
        let (mut one_by_one, mut together) = (PlanTally::default(), PlanTally::default());
        all.iter().rev().for_each(|run| one_by_one.count(&facts(vec![run.clone()])));
        together.count(&facts(all));
        prop_assert_eq!(&one_by_one.plans, &together.plans);
        for plan in together.plans.values() {
            prop_assert_eq!(plan.runs, runs.len() as u64);
            for step in &plan.steps {
                prop_assert_eq!(step.done, step.events + step.messages + step.skipped);
            }
        }
    }
}
