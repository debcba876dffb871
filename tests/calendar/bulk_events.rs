//! One event for very many leads (CAL-2): few round trips, within the time limit of the function, with a result for each lead.

use crate::support::wire::RecordedTable;
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, at, enquiry, gateway_event, reply_of};
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_domain::base::UserId;
use forecourt_edge::metrics::Metrics;
use forecourt_edge::{Clock, Platform};
use forecourt_local::demo;
use forecourt_local::tokens::Tokens;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Secret, Spent, Store};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The leads of a table in this thread, and the users who work on them.
struct BulkEvents {
    table: Arc<RecordedTable>,
    tokens: Tokens,
    leads: Vec<String>,
}

impl BulkEvents {
    async fn of(leads: usize) -> Self {
        let desk = Self { table: RecordedTable::new(false, None), tokens: Tokens::new(b"a secret of the tests"), leads: Vec::new() };
        let store = desk.store(Duration::ZERO);
        store.make_table().await.unwrap();
        demo::group().unwrap().load_into(&store, at("2026-01-01T00:00:00Z")).await.unwrap();
        let mut made = Vec::new();
        for n in 0..leads {
            let body = enquiry(&format!("n{n}"));
            let reply = desk.post(&store, &format!("/dealers/{NORDSTERN}/leads"), "", &body).await;
            made.push(reply.text("/id").to_owned());
        }
        Self { leads: made, ..desk }
    }

    /// Returns a store whose calls each take the given time.
    fn store(&self, takes: Duration) -> Store {
        Store::new(self.table.slow_client(takes), "many", Secret::new(b"a secret of the tests")).with_seed(7)
    }

    async fn post(&self, store: &Store, path: &str, key: &str, body: &Value) -> Reply {
        let key = if key.is_empty() { path.to_owned() + &body.to_string()[..60] } else { key.to_owned() };
        let request = Request::post(ADMIN, path).json(body).headers(&[("idempotency-key", key.as_str())]);
        let event = gateway_event(&self.tokens, request).unwrap();
        let platform = Platform {
            function: "calendar-event",
            store: store.clone(),
            clock: Clock::from_fn(|| at("2026-11-23T09:00:00Z")),
            wall: Clock::real(),
            ids: forecourt_edge::Ids::random(),
            files: Arc::new(forecourt_local::folder::Folder { path: "none".into(), links: None }),
            public_url: "https://desk.example".into(),
            console: Default::default(),
            metrics: Metrics::nowhere(),
            mail_domain: None,
            token_claims: Arc::default(),
            mail_servers: Arc::new(forecourt_edge::mail_server::Unchecked),
        };
        reply_of(match path {
            "/events" => forecourt_calendar_event::handle(&platform, event).await,
            _ => forecourt_lead_intake::request(&platform, event).await,
        })
    }

    /// Creates an event for each lead. Returns the number of leads by status, the calls and units spent, and the duration in seconds.
    async fn plan(&self, takes: u64, key: &str, event: &Value) -> (HashMap<u64, usize>, Spent, u64) {
        let store = self.store(Duration::from_millis(takes));
        let started = Instant::now();
        let reply = self.post(&store, "/events", key, &json!({"leads": self.leads, "event": event})).await;
        assert_eq!(reply.status, 207, "{}", reply.body);
        let results = reply.body["results"].as_array().unwrap();
        assert!(results.iter().zip(&self.leads).all(|(result, lead)| result["lead"] == json!(lead)), "in the order of the request");
        let mut statuses = HashMap::new();
        for result in results {
            assert_eq!(result["event"].is_object(), result["status"] == 201, "{result}");
            assert_eq!(result["problem"]["status"].as_u64().unwrap_or(201), result["status"].as_u64().unwrap(), "{result}");
            *statuses.entry(result["status"].as_u64().unwrap()).or_default() += 1;
        }
        (statuses, store.spent(), started.elapsed().as_secs())
    }

    /// Returns the number of a user's events on a day, and the number of events of each lead.
    async fn planned(&self, user: &str, date: &str) -> (usize, Vec<usize>) {
        let (store, scope) = (self.store(Duration::ZERO), demo_scope());
        let (user, date) = (UserId::parse(user).unwrap(), date.parse().unwrap());
        let loaded = store.load(&scope, &Load::of([Key::Day(user.clone(), date)])).await.unwrap();
        let day = loaded.day(&user, date).map_or(0, |day| day.events.len());
        let mut each = Vec::new();
        for lead in &self.leads {
            each.push(store.events(&scope, lead.parse().unwrap()).await.unwrap().len());
        }
        (day, each)
    }
}

fn demo_scope() -> forecourt_domain::access::Scope {
    forecourt_domain::access::Scope::keys_only("demo-group".parse().unwrap())
}

fn call(user: Option<&str>, time: Option<&str>) -> Value {
    json!({"title": "Ask about the autumn offer", "type": "phone_outbound", "at": time, "user": user})
}

fn all(n: usize) -> HashMap<u64, usize> {
    HashMap::from([(201, n)])
}

/// CAL-2: the duration depends on the number of round trips. One commit covers twenty leads, even if all events are one user's, and five or
/// more leads if the events are appointments with letters.
#[tokio::test(start_paused = true)]
async fn cal_2_events_of_one_user_need_one_round_trip_for_several_leads() {
    let mut desk = BulkEvents::of(160).await;
    let time = Some("2026-11-26T09:00:00Z");
    for (key, event, leads, most) in [
        ("named, with a time", call(Some("anna.vogt"), time), 160, 28),
        ("named", call(Some("anna.vogt"), None), 100, 15),
        ("with a time", call(None, time), 100, 21),
        ("drives", json!({"title": "Drive", "type": "booked_test_drive", "at": time, "user": "anna.vogt"}), 100, 50),
    ] {
        desk.leads.truncate(leads);
        let (statuses, spent, seconds) = desk.plan(50, key, &event).await;
        println!("{key}: {spent:?}, {seconds} s at 50 ms each");
        assert_eq!(statuses, all(leads), "{key}");
        assert!(spent.calls <= most && seconds < 5, "{key}: {spent:?}, {seconds} s");
    }
    let (day, each) = desk.planned("anna.vogt", "2026-11-26").await;
    assert!(each.iter().all(|events| *events == 4), "{each:?}");
    // All calls and drives for her, and a seventh of the calls that went to the owners of the leads.
    assert!((274..=275).contains(&day), "{day}");
}

/// CAL-2: when the time runs out, the response names the leads that were not done; the same request again does the rest and nothing twice.
#[tokio::test(start_paused = true)]
async fn cal_2_leads_left_by_a_timeout_are_returned_and_completed_by_the_same_request() {
    let mut desk = BulkEvents::of(100).await;
    let event = call(Some("anna.vogt"), Some("2026-11-26T09:00:00Z"));
    let (mut before, mut tries) = (0, 0);
    loop {
        let (statuses, _, seconds) = desk.plan(800, "slow", &event).await;
        tries += 1;
        let done = statuses.get(&201).copied().unwrap_or_default();
        assert_eq!(done + statuses.get(&503).copied().unwrap_or_default(), 100, "{statuses:?}");
        assert!(done > before && seconds < 20, "{statuses:?} in {seconds} s");
        if done == 100 {
            break;
        }
        before = done;
    }
    assert!(tries > 1, "there was time enough");
    // A call that never returns still leaves time for a response. A lead that this release cannot write does not block the others.
    let (statuses, _, seconds) = desk.plan(9_000, "dead", &event).await;
    assert_eq!((statuses, seconds < 20), (HashMap::from([(503, 100)]), true));
    let key = HashMap::from([("pk", format!("demo-group#L#{}", desk.leads[33])), ("sk", "@".to_owned())]);
    let key: HashMap<_, _> = key.into_iter().map(|(name, text)| (name.to_owned(), AttributeValue::S(text))).collect();
    let client = desk.table.client(None, 0);
    let mut item = client.get_item().table_name("many").set_key(Some(key)).send().await.unwrap().item.unwrap();
    item.insert("sv".into(), AttributeValue::N("999".into()));
    client.put_item().table_name("many").set_item(Some(item)).send().await.unwrap();
    let (statuses, ..) = desk.plan(0, "next", &call(Some("anna.vogt"), None)).await;
    assert_eq!(statuses, HashMap::from([(201, 99), (500, 1)]));
    desk.leads.remove(33);
    let (day, each) = desk.planned("anna.vogt", "2026-11-26").await;
    assert_eq!((day, each.iter().all(|events| *events == 2)), (100, true), "{each:?}");
}

/// CAL-2: a lead that is named twice gets the event once and two results.
#[tokio::test(start_paused = true)]
async fn cal_2_a_lead_named_twice_gets_the_event_once() {
    let mut desk = BulkEvents::of(2).await;
    let lead = desk.leads[0].clone();
    desk.leads.extend([lead.clone(), format!(" {lead} ")]);
    assert_eq!(desk.plan(0, "twice", &call(None, None)).await.0, all(4));
    desk.leads.truncate(2);
    assert_eq!(desk.planned("anna.vogt", "2026-11-23").await.1, [1, 1]);
}
