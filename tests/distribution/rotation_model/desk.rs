//! The real system under the model: two intake processes, one `assign` process and one settings process on one table.

use super::history::{ADMIN, KINDS, ROUND, RotationHistory, Round, SentEnquiry, name};
use crate::support::sim::{Commit, SimulatedTable};
use crate::support::world::{Reply, Request, at, dealer, gateway_event, reply_of};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DistributionGroupId, GroupId};
use forecourt_domain::distribution::{LaneState, Rotation};
use forecourt_domain::settings::{Lane, Settings};
use forecourt_edge::metrics::Metrics;
use forecourt_edge::{Clock, Platform};
use forecourt_local::demo;
use forecourt_local::folder::Folder;
use forecourt_local::tokens::Tokens;
use forecourt_store::keys::{DueKind, Key, WakeUp};
use forecourt_store::{LeadPage, Load, Secret, Store};
use futures::future::{BoxFuture, join, join_all};
use http::Method;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

const DEALER: &str = "model-cars";
static TOKENS: LazyLock<Tokens> = LazyLock::new(|| Tokens::new(b"a secret of the tests"));

/// One delivery of an enquiry and its response.
pub struct Delivery {
    /// The number of commits when the enquiry was sent.
    pub sent: usize,
    pub sent_at: u64,
    pub reply: Reply,
}

/// The results of a history.
pub struct PlayedHistory {
    /// The deliveries, by round and enquiry.
    pub delivered: Vec<Vec<Vec<Delivery>>>,
    /// The lead pages, by round and enquiry.
    pub pages: Vec<Vec<LeadPage>>,
    pub commits: Vec<Commit>,
    /// The number of writes that were refused because another write came first.
    pub refused: usize,
    /// The final state of the rotations: the whole rotation first, then the groups.
    pub places: Vec<Rotation>,
    began: Instant,
}

impl PlayedHistory {
    /// Returns the time of a commit in milliseconds of the history.
    pub fn time_of(&self, commit: usize) -> u64 {
        (self.commits[commit].at - self.began).as_millis() as u64
    }

    /// Returns the commits that wrote the settings. The first one created version 1, and so on.
    pub fn saves(&self) -> Vec<usize> {
        self.writing(&format!("#D#{DEALER}"), "@")
    }

    /// Returns the commits that wrote an item.
    pub fn writing(&self, pk: &str, sk: &str) -> Vec<usize> {
        let writes = |commit: &Commit| commit.keys.iter().any(|key| key.0.ends_with(pk) && key.1 == sk);
        self.commits.iter().enumerate().filter(|(_, commit)| writes(commit)).map(|(i, _)| i).collect()
    }

    /// Returns the number of leads in the table, including leads that no response named.
    pub fn leads(&self) -> usize {
        let keys = self.commits.iter().flat_map(|commit| &commit.keys);
        keys.filter(|(pk, sk)| pk.contains("#L#") && sk == "@").collect::<BTreeSet<_>>().len()
    }
}

fn began() -> DateTime<Utc> {
    at("2026-11-23T09:00:00Z")
}

/// Converts a time to milliseconds of the history.
pub fn millis(at: DateTime<Utc>) -> u64 {
    (at - began()).num_milliseconds() as u64
}

fn written(at: u64) -> String {
    (began() + TimeDelta::milliseconds(at as i64)).to_rfc3339()
}

struct Processes {
    table: SimulatedTable,
    began: Instant,
    intake: [Platform; 2],
    assign: Platform,
    settings: Platform,
    wake_ups: Arc<Mutex<Vec<WakeUp>>>,
}

impl Processes {
    async fn open(history: &RotationHistory) -> Self {
        let (table, began_at) = (SimulatedTable::new(), Instant::now());
        let client = table.client();
        let store = || Store::new(client.clone(), "forecourt", Secret::new(b"a secret of the tests"));
        let wake_ups: Arc<Mutex<Vec<WakeUp>>> = Arc::default();
        let (scope, first) = (scope(), store());
        first.make_table().await.unwrap();
        let boss = json!({"id": ADMIN, "name": ADMIN, "email": "boss@model.example", "language": "en", "role": "group_admin", "dealers": [], "notices": false});
        first.put_user(scope.group(), &serde_json::from_value(boss).unwrap()).await.unwrap();
        for who in 0..12 {
            let id = name(who);
            let user = json!({"id": id, "name": id, "email": format!("{id}@model.example"), "language": "en", "role": "seller", "dealers": [DEALER], "notices": false});
            first.put_user(scope.group(), &serde_json::from_value(user).unwrap()).await.unwrap();
        }
        let settings: Settings = serde_json::from_value(history.shop.settings(written)).unwrap();
        demo::save(&first, &scope, &dealer(DEALER), &settings, began()).await.unwrap();
        let platform = |i: u64, function| {
            let delivered = wake_ups.clone();
            let nudge = move |due: Vec<(DateTime<Utc>, WakeUp)>| {
                delivered
                    .lock()
                    .unwrap()
                    .extend(due.into_iter().map(|(_, wake_up)| wake_up).filter(|wake_up| wake_up.kind == DueKind::Assign));
            };
            let clock = Clock::from_fn(move || began() + TimeDelta::milliseconds(began_at.elapsed().as_millis() as i64));
            let store = store().with_seed(history.seed.wrapping_add(i)).with_commit_hook(Arc::new(nudge));
            Platform {
                function,
                store,
                clock,
                files: Arc::new(Folder { path: "no large input comes".into(), links: None }),
                wall: forecourt_edge::Clock::real(),
                ids: forecourt_edge::Ids::random(),
                public_url: "".into(),
                console: Default::default(),
                metrics: Metrics::nowhere(),
                mail_domain: None,
                token_claims: Arc::default(),
                mail_servers: Arc::new(forecourt_edge::mail_server::Unchecked),
            }
        };
        let intake = [platform(0, "lead-intake"), platform(1, "lead-intake")];
        let (assign, settings) = (platform(2, "assign"), platform(3, "settings"));
        table.shuffled(Some(history.seed));
        Self { table, began: began_at, intake, assign, settings, wake_ups }
    }

    fn event(&self, method: &Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> ApiGatewayV2httpRequest {
        let request = Request::new(method.clone(), ADMIN, &format!("/dealers/{DEALER}/{path}")).headers(headers).body(body);
        gateway_event(&TOKENS, request).unwrap()
    }

    /// Sends an enquiry to one of the two intake processes.
    async fn send(&self, name: &str, sent: &SentEnquiry, after: u64, process: usize) -> Delivery {
        let mut body = json!({"type": KINDS[sent.kind], "contact": {"last_name": name, "email": format!("{name}@customers.example")}});
        let mut headers = vec![("content-type", "application/json")];
        if sent.keyed {
            headers.push(("idempotency-key", name));
        } else {
            body["external_id"] = json!(name);
        }
        let event = self.event(&Method::POST, "leads", &headers, body.to_string().as_bytes());
        sleep(Duration::from_millis(after)).await;
        let (sent, sent_at) = (self.table.count(), self.began.elapsed().as_millis() as u64);
        let reply = reply_of(forecourt_lead_intake::request(&self.intake[process], event).await);
        Delivery { sent, sent_at, reply }
    }

    /// Saves the changes of a round, each with the version that it follows.
    async fn change(&self, history: &RotationHistory, round: usize) {
        let (shops, made) = history.versions();
        for ((after, _), version) in history.rounds[round].changes.iter().zip(&made[round]) {
            sleep(Duration::from_millis(*after)).await;
            let Some(version) = *version else { continue };
            let seen = format!("\"{}\"", version - 1);
            let body = shops[version as usize - 1].settings(written).to_string();
            let headers = [("content-type", "application/json"), ("if-match", seen.as_str())];
            let event = self.event(&Method::PUT, "settings", &headers, body.as_bytes());
            let reply = reply_of(forecourt_settings::handle(&self.settings, event).await);
            assert_eq!((reply.status, reply.body["version"].as_u64()), (200, Some(version)), "{}", reply.body);
        }
    }

    /// Sends the waiting leads to `assign`. Failed ones are sent again the next time.
    async fn wake(&self, twice: bool) {
        let wake_ups = std::mem::take(&mut *self.wake_ups.lock().unwrap());
        for wake_ups in wake_ups.chunks(10) {
            let record = |(i, wake_up): (usize, &WakeUp)| json!({"messageId": i.to_string(), "body": json!(wake_up).to_string()});
            let event = json!({"Records": wake_ups.iter().enumerate().map(record).collect::<Vec<_>>()});
            let deliver = || forecourt_assign::handle(&self.assign, serde_json::from_value(event.clone()).unwrap());
            let failed = if twice {
                let (first, second) = join(deliver(), deliver()).await;
                [first.batch_item_failures, second.batch_item_failures].concat()
            } else {
                deliver().await.batch_item_failures
            };
            let again = failed.iter().map(|failed| wake_ups[failed.item_identifier.parse::<usize>().unwrap()].clone());
            self.wake_ups.lock().unwrap().extend(again);
        }
    }

    async fn round(&self, history: &RotationHistory, number: usize) -> Vec<Vec<Delivery>> {
        let Round { leads, wakes, .. } = &history.rounds[number];
        let mut deliveries: Vec<BoxFuture<'_, (usize, Delivery)>> = Vec::new();
        for (i, sent) in leads.iter().enumerate() {
            for (process, after) in [Some(sent.after), sent.again].into_iter().flatten().enumerate() {
                let process = (i + process) % 2;
                deliveries.push(Box::pin(async move { (i, self.send(&format!("r{number}-{i}"), sent, after, process).await) }));
            }
        }
        let wakes = join_all(wakes.iter().map(async |(after, twice)| {
            sleep(Duration::from_millis(*after)).await;
            self.wake(*twice).await;
        }));
        let (done, (), _) = futures::join!(join_all(deliveries), self.change(history, number), wakes);
        let mut delivered: Vec<Vec<Delivery>> = leads.iter().map(|_| Vec::new()).collect();
        done.into_iter().for_each(|(i, delivery)| delivered[i].push(delivery));
        delivered
    }
}

fn scope() -> Scope {
    Scope::keys_only(GroupId::parse("demo-group").unwrap())
}

/// Runs a history on its own runtime with virtual time and on its own table, so that a replay gives the same result.
pub fn play(history: &RotationHistory) -> Result<PlayedHistory, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let desk = Processes::open(history).await;
        let mut delivered = Vec::new();
        for number in 0..history.rounds.len() {
            sleep_until(desk.began + Duration::from_millis(number as u64 * ROUND)).await;
            delivered.push(desk.round(history, number).await);
        }
        for _ in 0..10 {
            desk.wake(false).await;
        }
        desk.table.shuffled(None);
        let mut pages = Vec::new();
        for round in &delivered {
            pages.push(Vec::new());
            for deliveries in round {
                if let Some(delivered) = deliveries.iter().find(|delivered| delivered.reply.status != 201) {
                    return Err(format!("an enquiry was answered {} {}", delivered.reply.status, delivered.reply.body));
                }
                let id = deliveries[0].reply.text("/id").parse().unwrap();
                let page = desk.assign.store.lead_page(&scope(), id, 100).await.unwrap();
                pages.last_mut().unwrap().push(page.ok_or("an enquiry is no lead")?);
            }
        }
        let lanes =
            [None, Some("group-0"), Some("group-1")].map(|group| Lane::Rotation(group.map(|g| DistributionGroupId::parse(g).unwrap())));
        let keys = lanes.iter().map(|lane| Key::lane(dealer(DEALER), lane.clone()));
        let loaded = desk.assign.store.load(&scope(), &Load::of(keys)).await.unwrap();
        let places = lanes.iter().filter_map(|lane| loaded.place(&dealer(DEALER), lane));
        let places = places.filter_map(|place| if let LaneState::Rotation(rotation) = place { Some(rotation) } else { None }).collect();
        Ok(PlayedHistory { delivered, pages, commits: desk.table.commits(), refused: desk.table.refused(), places, began: desk.began })
    })
}
