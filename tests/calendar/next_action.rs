//! The next action of a lead, and the lists ordered by it (CAL-1 to CAL-5, LEAD-8).

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at, enquiry};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::LeadId;
use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The start time of the property test.
const BEGINNING: &str = "2026-11-23T09:00:00Z";

/// One action of a user on one of three leads. Times are minutes from [`BEGINNING`].
#[derive(Debug, Clone)]
enum EventAction {
    Schedule { lead: usize, minutes: i64 },
    Complete { lead: usize, event: usize, follow_up: Option<i64> },
    NoShow { lead: usize, event: usize },
    Reschedule { lead: usize, event: usize, minutes: i64 },
    Delete { lead: usize, event: usize },
}

/// Returns actions, each with the minutes since the previous one. There are few different times, so that events coincide and some become
/// due while others are planned.
fn actions() -> impl Strategy<Value = Vec<(i64, EventAction)>> {
    let (lead, event) = (0..3_usize, 0..4_usize);
    let minutes = proptest::sample::select(vec![-10_i64, 5, 15, 25]);
    let action = prop_oneof![
        4 => (lead.clone(), minutes.clone()).prop_map(|(lead, minutes)| EventAction::Schedule { lead, minutes }),
        2 => (lead.clone(), event.clone(), proptest::option::of(minutes.clone()))
            .prop_map(|(lead, event, follow_up)| EventAction::Complete { lead, event, follow_up }),
        1 => (lead.clone(), event.clone()).prop_map(|(lead, event)| EventAction::NoShow { lead, event }),
        2 => (lead.clone(), event.clone(), minutes).prop_map(|(lead, event, minutes)| EventAction::Reschedule { lead, event, minutes }),
        1 => (lead, event).prop_map(|(lead, event)| EventAction::Delete { lead, event }),
    ];
    proptest::collection::vec((0..6_i64, action), 1..14)
}

/// The model of a lead: its events in the order of creation, and the time of its last change.
#[derive(Debug, Clone)]
struct LeadModel {
    events: Vec<(String, DateTime<Utc>, &'static str)>,
    updated: DateTime<Utc>,
}

impl LeadModel {
    /// Returns the time and the event of the next action. Of two events at the same time, the one with the lesser id.
    fn next_action(&self) -> (DateTime<Utc>, Option<&str>) {
        let mut next: Option<(DateTime<Utc>, &str)> = None;
        for (id, at, state) in &self.events {
            if *state == "incomplete" && next.is_none_or(|next| (*at, id.as_str()) < next) {
                next = Some((*at, id));
            }
        }
        next.map_or((self.updated, None), |(at, id)| (at, Some(id)))
    }
}

fn event_body(time: DateTime<Utc>) -> Value {
    json!({"title": "Do it", "type": "phone_outbound", "at": time.to_rfc3339()})
}

async fn post(world: &World, path: &str, body: &Value) -> Reply {
    world.post(ADMIN, path, body).await
}

/// Carries out one action on the system and on the model. Both must agree on whether it is possible.
async fn perform(world: &World, leads: &[LeadId], known: &mut [LeadModel], action: &EventAction) {
    let now = world.system.clock.now();
    let time = |minutes: &i64| at(BEGINNING) + TimeDelta::minutes(*minutes);
    if let EventAction::Schedule { lead, minutes } = action {
        let reply = post(world, &format!("/leads/{}/events", leads[*lead]), &event_body(time(minutes))).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        known[*lead].events.push((reply.text("/id").to_owned(), time(minutes), "incomplete"));
        known[*lead].updated = now;
        return;
    }
    let (lead, event, path, body, becomes) = match action {
        EventAction::Complete { lead, event, follow_up } => {
            let body = follow_up.map_or(json!({}), |minutes| json!({"follow_up": event_body(time(&minutes))}));
            (lead, event, "/completion", body, "completed")
        }
        EventAction::NoShow { lead, event } => (lead, event, "/no-show", json!({"reason": "not_reached"}), "no_show"),
        EventAction::Reschedule { lead, event, minutes } => (lead, event, "/time", json!({"at": time(minutes).to_rfc3339()}), "incomplete"),
        EventAction::Delete { lead, event } => (lead, event, "", json!({}), "deleted"),
        EventAction::Schedule { .. } => unreachable!(),
    };
    let Some((id, before, state)) = known[*lead].events.get(*event).cloned() else { return };
    let path = format!("/leads/{}/events/{id}{path}", leads[*lead]);
    let method = if becomes == "deleted" { Method::DELETE } else { Method::POST };
    let headers = [("content-type", "application/json")];
    let reply = world.call(Request::new(method, ADMIN, &path).headers(&headers).body(body.to_string().as_bytes())).await;
    let moved = matches!(action, EventAction::Reschedule { .. });
    if state != "incomplete" {
        // An ended event keeps its state.
        let more = matches!(action, EventAction::Complete { follow_up: Some(_), .. });
        assert_eq!(reply.status, if state == becomes && !more { 200 } else { 409 }, "{}", reply.body);
        return;
    }
    assert_eq!(reply.status, 200, "{}", reply.body);
    if let EventAction::Reschedule { minutes, .. } = action {
        known[*lead].events[*event].1 = time(minutes);
    }
    if moved && known[*lead].events[*event].1 == before {
        return;
    }
    known[*lead].events[*event].2 = becomes;
    known[*lead].updated = now;
    if let EventAction::Complete { follow_up: Some(minutes), .. } = action {
        known[*lead].events.push((reply.text("/follow_up/id").to_owned(), time(minutes), "incomplete"));
    }
}

async fn compare_with_model(world: &World, leads: &[LeadId], known: &[LeadModel]) {
    let mut wanted: BTreeMap<(DateTime<Utc>, String), ()> = BTreeMap::new();
    for (lead, known) in leads.iter().zip(known) {
        wanted.insert((known.next_action().0, lead.to_string()), ());
        let listed = world.get(ADMIN, &format!("/leads/{lead}/events")).await;
        assert_eq!((at(listed.text("/next_action_at")), listed.body["next_action"].as_str()), known.next_action());
    }
    let wanted: Vec<(DateTime<Utc>, String)> = wanted.into_keys().collect();
    // Reads page by page, so that cursors are tested too.
    let (mut got, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/board?limit=2{cursor}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let rows = page.body["leads"].as_array().unwrap();
        got.extend(rows.iter().map(|row| (at(row["next_action_at"].as_str().unwrap()), row["id"].as_str().unwrap().to_owned())));
        for row in rows {
            let event = &row["next_action_event"];
            assert_eq!((&event["id"], event["at"].is_null()), (&row["next_action"], row["next_action"].is_null()));
            assert!(event.is_null() || event["at"] == row["next_action_at"], "{row}");
        }
        match page.body["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", next.replace('#', "%23")),
            None => break,
        }
    }
    assert_eq!(got, wanted);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// CAL-3: after every action, the lead and the list ordered by next action agree with a naive model.
    #[test]
    fn cal_3_the_next_action_is_the_earliest_incomplete_event_or_the_last_change(actions in actions()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::at(BEGINNING).await;
            let mut leads = Vec::new();
            for name in ["a", "b", "c"] {
                leads.push(world.lead(&enquiry(name)).await);
            }
            let mut known = vec![LeadModel { events: Vec::new(), updated: world.system.clock.now() }; 3];
            compare_with_model(&world, &leads, &known).await;
            for (minutes, action) in &actions {
                world.system.clock.freeze_at(world.system.clock.now() + TimeDelta::minutes(*minutes) + TimeDelta::seconds(1));
                perform(&world, &leads, &mut known, action).await;
                compare_with_model(&world, &leads, &known).await;
            }
        });
    }
}

/// LEAD-8, ACC-1: a seller's board shows only the seller's own leads; invalid filters are named.
#[tokio::test]
async fn lead_8_a_board_shows_only_leads_in_scope_that_match_the_filters() {
    let world = World::new().await;
    let (anna, ben) = (world.lead(&enquiry("a")).await, world.lead(&enquiry("b")).await);
    let ids = async |who: &str, query: &str| -> Vec<String> {
        let page = world.get(who, &format!("/dealers/{NORDSTERN}/board{query}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page.body["leads"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    let mut both = vec![anna.to_string(), ben.to_string()];
    both.sort();
    assert_eq!(ids("anna.vogt", "").await, [anna.to_string()]);
    assert_eq!(ids("anna.vogt", "?owner=ben.krause").await, Vec::<String>::new());
    assert_eq!(ids(ADMIN, "?owner=ben.krause").await, [ben.to_string()]);
    assert_eq!(ids(ADMIN, "").await, both);
    world.post("anna.vogt", &format!("/leads/{anna}/events"), &event_body(at("2026-11-27T09:00:00Z"))).await;
    assert_eq!(ids(ADMIN, "?from=2026-11-27T00:00:00Z&until=2026-11-28T00:00:00Z").await, [anna.to_string()]);
    assert_eq!(ids(ADMIN, "").await, [ben.to_string(), anna.to_string()]);
    // A closed lead without planned events is no longer on the board.
    world.post(ADMIN, &format!("/leads/{ben}/status"), &json!({"status": "won"})).await;
    assert_eq!(ids(ADMIN, "").await, [anna.to_string()]);
    for query in ["?limit=0", "?cursor=x", "?cursor=L%23000001", "?from=tomorrow", "?owner=Not%20one", "?colour=red"] {
        assert_eq!(world.get(ADMIN, &format!("/dealers/{NORDSTERN}/board{query}")).await.status, 422, "{query}");
    }
    assert_eq!(world.get("chris.center", &format!("/dealers/{NORDSTERN}/board")).await.status, 403);
    assert_eq!(world.get("alice.moore", &format!("/dealers/{NORDSTERN}/board")).await.status, 404);
}

/// LEAD-8: the date of the next action combines with status, type, source, arrival and overdue, and each row names its next action.
#[tokio::test]
async fn lead_8_a_board_combines_the_next_action_date_with_the_list_filters() {
    let world = World::new().await;
    let body = |name: &str, kind: &str, source: &str| json!({"type": kind, "source": source, "contact": {"last_name": name, "email": format!("{name}@example.com")}});
    let a = world.lead(&body("a", "used_car", "website")).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    let b = world.lead(&body("b", "new_car", "Portal")).await;
    world.advance_to("2026-11-23T11:30:00Z").await;
    let mut planned = Vec::new();
    for id in [a, b] {
        let event = world.post(ADMIN, &format!("/leads/{id}/events"), &event_body(at("2026-11-27T09:00:00Z"))).await;
        planned.push(event.text("/id").to_owned());
    }
    world.post(ADMIN, &format!("/leads/{b}/status"), &json!({"status": "won", "complete_events": "none"})).await;
    let c = world.lead(&body("c", "new_car", "website")).await;
    let on = "from=2026-11-27T00:00:00Z&until=2026-11-28T00:00:00Z";
    for (query, mut wanted) in [
        (String::new(), vec![a, b, c]),
        (on.to_owned(), vec![a, b]),
        (format!("{on}&status=won"), vec![b]),
        (format!("{on}&status=lost"), vec![]),
        (format!("{on}&type=used_car"), vec![a]),
        (format!("{on}&source=portal"), vec![b]),
        (format!("{on}&overdue=true"), vec![a]),
        (format!("{on}&created_from=2026-11-23T09:30:00Z"), vec![b]),
        (format!("{on}&created_until=2026-11-23T09:30:00Z"), vec![a]),
        ("type=new_car&status=in_progress".to_owned(), vec![c]),
    ] {
        let page = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/board?{query}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let mut got: Vec<LeadId> =
            page.body["leads"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().parse().unwrap()).collect();
        got.sort();
        wanted.sort();
        assert_eq!(got, wanted, "{query}");
    }
    let rows = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/board")).await.body["leads"].as_array().unwrap().clone();
    let next = |id: LeadId| rows.iter().find(|row| row["id"] == json!(id)).unwrap()["next_action"].clone();
    assert_eq!([next(a), next(b), next(c)], [json!(planned[0]), json!(planned[1]), Value::Null]);
    for query in ["status=open", "type=boat", "overdue=maybe", "created_from=2026-11-24T00:00:00Z&created_until=2026-11-23T00:00:00Z"] {
        assert_eq!(world.get(ADMIN, &format!("/dealers/{NORDSTERN}/board?{query}")).await.status, 422, "{query}");
    }
}

/// LEAD-8, CAL-3: rows of the board and of the list show the title, type, time and user of the next action, and the current deadline, as
/// the lead's page does. An event without a user follows the lead to its new owner; so does the event of a user who is not at the new
/// dealer.
#[tokio::test]
async fn lead_8_rows_show_the_next_action_and_the_current_deadline() {
    let world = World::new().await;
    let id = world.lead(&enquiry("a")).await;
    // Returns title, type, time and user of the next action, and the current deadline.
    let shown = async |dealer: &str| -> (Value, Value) {
        let page = world.get("gina.group", &format!("/leads/{id}")).await.body;
        for list in ["board", "leads"] {
            let rows = world.get("gina.group", &format!("/dealers/{dealer}/{list}")).await.body;
            let row = &rows["leads"][0];
            assert_eq!((&row["id"], &row["current_deadline"]), (&json!(id), &page["current_deadline"]), "{list}");
            for field in ["id", "title", "type", "at", "user"] {
                assert_eq!(row["next_action_event"][field], page["next_action_event"][field], "{list} {field}: {row}");
            }
        }
        let event = &page["next_action_event"];
        (json!([event["title"], event["type"], event["at"], event["user"]]), page["current_deadline"].clone())
    };
    let first_contact = json!({"id": "first-contact", "title": null, "at": "2026-11-23T11:00:00Z", "seconds_left": 7_200});
    assert_eq!(shown(NORDSTERN).await, (json!([null, null, null, null]), first_contact));
    let plan = async |event: Value| {
        let reply = world.post(ADMIN, &format!("/leads/{id}/events"), &event).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.text("/id").to_owned()
    };
    let call = plan(json!({"title": "Call her", "type": "phone_outbound", "at": "2026-11-26T09:00:00Z"})).await;
    let visit = json!({"title": "See the car", "type": "visit_inbound", "at": "2026-11-25T09:00:00Z", "user": "ben.krause"});
    let visit = plan(visit).await;
    assert_eq!(shown(NORDSTERN).await.0, json!(["See the car", "visit_inbound", "2026-11-25T09:00:00Z", "ben.krause"]));
    assert_eq!(post(&world, &format!("/leads/{id}/events/{visit}/completion"), &json!({})).await.status, 200);
    assert_eq!(shown(NORDSTERN).await.0, json!(["Call her", "phone_outbound", "2026-11-26T09:00:00Z", "anna.vogt"]));
    let later = json!({"at": "2026-11-27T10:00:00Z"});
    assert_eq!(post(&world, &format!("/leads/{id}/events/{call}/time"), &later).await.status, 200);
    assert_eq!(post(&world, &format!("/leads/{id}/assignment"), &json!({"user": "clara.henning"})).await.status, 200);
    assert_eq!(shown(NORDSTERN).await.0, json!(["Call her", "phone_outbound", "2026-11-27T10:00:00Z", "clara.henning"]));
    // A deadline that was moved is shown with its original time.
    let path = format!("/leads/{id}/deadlines/first-contact");
    let moved = world.call(Request::patch(ADMIN, &path).json(&json!({"at": "2026-11-24T11:00:00Z"}))).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(shown(NORDSTERN).await.1["original_at"], "2026-11-23T11:00:00Z");
    plan(json!({"title": "Send a price", "type": "sms", "at": "2026-11-24T09:00:00Z", "user": "ben.krause"})).await;
    let moved = world.post("gina.group", &format!("/leads/{id}/assignment"), &json!({"dealer": "harbour-cars-demo"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    world.system.settle().await;
    let owner = world.page(id).await.lead.owner.unwrap();
    assert_eq!(shown("harbour-cars-demo").await.0, json!(["Send a price", "sms", "2026-11-24T09:00:00Z", owner]));
}

/// CAL-5: when a lead is won or lost, the caller chooses which events are completed.
#[tokio::test]
async fn cal_5_closing_a_lead_completes_its_overdue_events_or_all_or_none_as_requested() {
    for (choice, wanted) in [
        (json!("overdue"), ["incomplete", "completed"]),
        (json!("all"), ["completed", "completed"]),
        (json!("none"), ["incomplete", "incomplete"]),
        (Value::Null, ["incomplete", "incomplete"]),
    ] {
        let world = World::new().await;
        let id = world.lead(&enquiry("a")).await;
        for time in ["2026-11-23T08:00:00Z", "2026-11-25T08:00:00Z"] {
            post(&world, &format!("/leads/{id}/events"), &event_body(at(time))).await;
        }
        let won = post(&world, &format!("/leads/{id}/status"), &json!({"status": "won", "complete_events": choice})).await;
        assert_eq!(won.status, 200, "{}", won.body);
        let events = world.get(ADMIN, &format!("/leads/{id}/events")).await;
        let states: Vec<&str> = events.body["events"].as_array().unwrap().iter().map(|e| e["state"].as_str().unwrap()).collect();
        assert_eq!(states, wanted, "{choice}");
    }
    let world = World::new().await;
    let id = world.lead(&enquiry("a")).await;
    let path = format!("/leads/{id}/status");
    assert_eq!(post(&world, &path, &json!({"status": "won", "complete_events": "some"})).await.faults(), ["complete_events CAL-5"]);
}

/// CAL-2: 500 leads in one call, some forbidden, some missing: each has its own result, and a repeat changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cal_2_one_event_for_500_leads_returns_a_result_for_each_and_a_repeat_changes_nothing() {
    let world = &World::new().await;
    let mut ids: Vec<String> = Vec::new();
    for i in 0..70 {
        ids.push(world.lead(&enquiry(&format!("n{i}"))).await.to_string());
    }
    // Leads of colleagues are outside Anna's scope, and the remaining ids do not exist.
    let own = world.list("anna.vogt", NORDSTERN).await.len();
    ids.extend((0..429).map(|i| format!("10000{i:05}")));
    ids.push("no number".into());
    let body = json!({"leads": ids, "event": event_body(at("2026-11-26T09:00:00Z"))});
    let headers = [("content-type", "application/json"), ("idempotency-key", "autumn")];
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let reply = world.call(Request::post("anna.vogt", "/events").headers(&headers).body(body.to_string().as_bytes())).await;
        assert_eq!(reply.status, 207, "{}", reply.body);
        let results = reply.body["results"].as_array().unwrap().clone();
        assert!(results.iter().zip(&ids).all(|(result, id)| result["lead"] == json!(id)), "in the order of the request");
        let count = |status: u64| results.iter().filter(|result| result["status"] == json!(status)).count();
        statuses.push((results.len(), count(201), count(404)));
    }
    assert_eq!(statuses, [(500, own, 500 - own); 2]);
    for lead in world.list("anna.vogt", NORDSTERN).await {
        let events = world.get("anna.vogt", &format!("/leads/{}/events", lead["id"].as_str().unwrap())).await;
        assert_eq!(events.body["events"].as_array().unwrap().len(), 1, "once, though it was asked for twice");
    }
    for (wrong, fault) in [
        (json!({"leads": [], "event": {"title": "x", "type": "sms"}}), "leads CAL-2"),
        (json!({"leads": ["1"]}), "event CAL-2"),
        (json!({"leads": vec!["1"; 501], "event": {"title": "x", "type": "sms"}}), "leads CAL-2"),
    ] {
        assert_eq!(world.post("anna.vogt", "/events", &wrong).await.faults(), [fault]);
    }
    assert_eq!(world.post("hugo.office", "/events", &body).await.status, 403);
}
