//! Simulates the AWS services around the functions in virtual time: the stream, queues with dead letters, timers, the sweep's schedule,
//! and callers that retry.

use super::between::{Between, Message, record};
use super::bugs::Bug;
use crate::support::gate::{Fault, Gate, Process};
use crate::support::wire::RecordedTable;
use crate::support::world::{CONSOLE_URL, MAIL_DOMAIN, PUBLIC_URL, Reply, Request, at, gateway_event, reply_of};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_edge::environment::ConsoleLinks;
use forecourt_edge::metrics::Metrics;
use forecourt_edge::routes::Route;
use forecourt_edge::{Clock, Ids, Platform};
use forecourt_export::Exporter;
use forecourt_local::clock::VirtualClock;
use forecourt_local::demo::GroupData;
use forecourt_local::tokens::Tokens;
use forecourt_outbox::{LONGEST_DELAY, Outbox};
use forecourt_send::{Sender, texts::Texts};
use forecourt_store::{Secret, Store};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};

/// The visibility timeout, as in the template: a message that is not acknowledged within this time is delivered again.
const VISIBLE_AGAIN: TimeDelta = TimeDelta::seconds(120);
const SWEEPS: TimeDelta = TimeDelta::minutes(5);
/// The number of deliveries of a stream batch before it goes to the on-failure queue.
const STREAM_TRIES: u32 = 6;

/// How wake-ups are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum WakeUpTreatment {
    /// Once and on time.
    AsSent,
    /// No stream record is delivered, so only the sweep finds due items.
    Lost,
    /// Twice, the second time later.
    Doubled,
    /// Timers and delayed messages are delivered three minutes early.
    Early,
    /// Up to six minutes late and in any order.
    LateInAnyOrder(u64),
}

/// The simulated cloud of one run.
pub struct Cloud {
    pub table: Arc<RecordedTable>,
    pub gate: Arc<Gate>,
    pub clock: VirtualClock,
    pub excused: Arc<AtomicUsize>,
    pub wakes: WakeUpTreatment,
    pub bug: Option<Bug>,
    pub tokens: Tokens,
    pub texts: Arc<Texts>,
    ids: Ids,
    between: Arc<Mutex<Between>>,
    retries: u32,
    /// The maximum number of concurrent deliveries.
    at_once: usize,
    pub reads: usize,
}

/// The settings of a run.
pub struct Setting {
    pub gate: Arc<Gate>,
    pub wakes: WakeUpTreatment,
    pub bug: Option<Bug>,
    /// The number of the SDK's retries after the first attempt.
    pub retries: u32,
    pub at_once: usize,
    pub lagging: bool,
}

/// One invocation of a function.
enum Work {
    Stream(Vec<(Value, u32)>),
    Batch(&'static str, Vec<Message>),
    Sweep,
}

const NAME: &str = "forecourt";

/// Returns the same ids in every run, because the names of calls contain them.
fn numbered_ids() -> Ids {
    let next = AtomicU64::new(1);
    Ids::from_source(move || uuid::Uuid::from_u128(next.fetch_add(1, SeqCst).into()))
}

fn secret() -> Secret {
    Secret::new(b"a secret of the tests")
}

impl Cloud {
    pub async fn new(setting: Setting, group: &GroupData, now: &str) -> Self {
        let Setting { gate, wakes, bug, retries, at_once, lagging } = setting;
        let table = RecordedTable::new(lagging, bug.and_then(Bug::write_bug));
        let cloud = Self {
            table,
            gate,
            clock: VirtualClock::frozen_at(at(now)),
            excused: Arc::default(),
            wakes,
            bug,
            tokens: Tokens::new(b"a secret of the tests"),
            texts: Arc::new(Texts::new(ConsoleLinks::new(CONSOLE_URL)).unwrap()),
            ids: numbered_ids(),
            between: Arc::new(Mutex::new(Between { next_sweep: at(now) + SWEEPS, ..Between::default() })),
            retries,
            at_once,
            reads: 3,
        };
        let store = cloud.undisturbed();
        store.make_table().await.unwrap();
        group.load_into(&store, at("2026-01-01T00:00:00Z")).await.unwrap();
        cloud.table.take_stream();
        if let WakeUpTreatment::LateInAnyOrder(seed) = wakes {
            cloud.between().dice = Some(fastrand::Rng::with_seed(seed));
        }
        cloud
    }

    /// Returns a store that bypasses the gate. Used only to inspect the state.
    pub fn undisturbed(&self) -> Store {
        Store::new(self.table.client(None, 0), NAME, secret())
    }

    pub fn between(&self) -> MutexGuard<'_, Between> {
        self.between.lock().unwrap()
    }

    /// Returns a process of a function. Reuses a warm process if one is idle.
    fn process(&self, handler: &'static str) -> (Arc<Process>, Platform) {
        if let Some(warm) = self.between().processes.entry(handler).or_default().pop() {
            return warm;
        }
        let process = Process::new(handler, self.gate.clone(), self.excused.clone());
        let store = Store::new(self.table.client(Some(process.clone()), self.retries), NAME, secret()).with_seed(7);
        let time = self.clock.clone();
        let files = Arc::new(super::ports::Files { process: process.clone(), between: self.between.clone(), bug: self.bug });
        let platform = Platform {
            function: handler,
            store,
            clock: Clock::from_fn(move || time.now()),
            wall: Clock::real(),
            ids: self.ids.clone(),
            files,
            public_url: PUBLIC_URL.into(),
            console: ConsoleLinks::new(CONSOLE_URL),
            metrics: Metrics::nowhere(),
            token_claims: Arc::default(),
            mail_domain: Some(Arc::new(forecourt_domain::base::MailDomain::parse(MAIL_DOMAIN).unwrap())),
            mail_servers: Arc::new(forecourt_edge::mail_server::Unchecked),
        };
        (process, platform)
    }

    /// Runs `work` in a process of a function. Returns `None` if the process crashed.
    async fn invoke<T>(&self, handler: &'static str, work: impl AsyncFnOnce(&Arc<Process>, &Platform) -> T) -> Option<T> {
        let (process, platform) = self.process(handler);
        let done = tokio::select! {
            biased;
            done = work(&process, &platform) => done,
            () = process.ended() => return None,
        };
        let acknowledged = process.gate.enter(handler, "acknowledge", "").await != Some(Fault::ResponseLost);
        self.between().processes.entry(handler).or_default().push((process, platform));
        acknowledged.then_some(done)
    }

    /// Sends a request and retries until the response is not a server error.
    pub async fn request(&self, request: &Request) -> Reply {
        for _ in 0..12 {
            let event = gateway_event(&self.tokens, request.clone()).unwrap();
            let handler = event.route_key.as_deref().and_then(Route::of).unwrap().function;
            let answer = self
                .invoke(handler, async |process, platform| match handler {
                    "export" => self.exporter(process, platform).request(event).await,
                    _ => answer(platform, event).await,
                })
                .await;
            if let Some(answer) = answer.map(reply_of).filter(|reply| reply.status < 500) {
                return answer;
            }
        }
        panic!("{request:?} was never answered");
    }

    /// Puts a partner's message on the lead queue.
    pub fn enqueue(&self, body: &str) {
        let now = self.clock.now();
        self.between().put("partner", body.to_owned(), now);
    }

    /// Puts a message of the contact centre's system on the appointment queue.
    pub fn enqueue_appointment(&self, body: &Value) {
        let now = self.clock.now();
        self.between().put("appointment", body.to_string(), now);
    }

    /// Receives a mail as SES does: the raw mail is in the bucket, and a notice of it on the mail queue.
    pub fn receive_mail(&self, name: &str, to: &[&str], raw: &[u8]) {
        let object = format!("{}{name}", forecourt_lead_intake::mail_in::FOLDER);
        let notice =
            forecourt_local::mail_in::notice(raw, &object, &to.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>(), self.clock.now());
        let mut between = self.between();
        between.files.insert(object, raw.to_vec());
        let now = self.clock.now();
        between.put("mail", notice.to_string(), now);
    }

    /// Runs all work that falls due up to `until`.
    pub async fn pass_until(&self, until: DateTime<Utc>) {
        for _ in 0..20_000 {
            if self.deliver_due().await {
                continue;
            }
            match self.next_time().filter(|next| *next <= until) {
                Some(next) => self.clock.freeze_at(next),
                None => return self.clock.freeze_at(until),
            }
        }
        panic!("it never becomes quiet");
    }

    /// Delivers the messages that are due now, but not the work that follows from them. Returns whether anything was due.
    pub async fn deliver_due(&self) -> bool {
        let mut works = Vec::new();
        while works.len() < self.at_once {
            match self.next_work() {
                Some(work) => works.push(work),
                None => break,
            }
        }
        let any = !works.is_empty();
        futures::future::join_all(works.into_iter().map(|work| self.perform(work))).await;
        any
    }

    /// Duplicates every queued message and every due timer, because AWS delivers at least once.
    pub fn deliver_again(&self) {
        let now = self.clock.now();
        let mut between = self.between();
        let waiting: Vec<(&'static str, String)> = between.messages.iter().map(|message| (message.queue, message.body.clone())).collect();
        let timers: Vec<_> = between.timers.values().filter(|(at, ..)| *at <= now).map(|(_, queue, body)| (*queue, body.clone())).collect();
        for (queue, body) in waiting.into_iter().chain(timers) {
            between.put(queue, body, now);
        }
    }

    fn next_time(&self) -> Option<DateTime<Utc>> {
        let between = self.between();
        let messages = between.messages.iter().map(|message| message.visible);
        let timers = between.timers.values().map(|(at, ..)| *at);
        // A failed batch blocks the records behind it.
        let stream = between.stream.first().map(|(_, at, _)| *at);
        messages.chain(timers).chain(stream).chain([between.next_sweep]).min()
    }

    /// Takes the next invocation that is due. `None` if there is none.
    fn next_work(&self) -> Option<Work> {
        let now = self.clock.now();
        let new = self.table.take_stream();
        let mut between = self.between();
        if self.wakes != WakeUpTreatment::Lost {
            between.stream.extend(new.into_iter().map(|record| (record, now, 0)));
        }
        if between.stream.first().is_some_and(|(_, at, _)| *at <= now) {
            let records = std::mem::take(&mut between.stream);
            return Some(Work::Stream(records.into_iter().map(|(record, _, tries)| (record, tries)).collect()));
        }
        let rung: Vec<String> = between.timers.iter().filter(|(_, (at, ..))| *at <= now).map(|(name, _)| name.clone()).collect();
        for name in rung {
            if let Some((_, queue, body)) = between.timers.remove(&name) {
                between.put(queue, body, now);
            }
        }
        if let Some(message) = between.messages.iter().find(|message| message.visible <= now) {
            let queue = message.queue;
            let most = if self.at_once > 1 { 1 } else { 10 };
            return Some(Work::Batch(queue, between.take(queue, now, most)));
        }
        if between.next_sweep <= now {
            between.next_sweep = now + SWEEPS;
            drop(between);
            return self.table.has_due(now - TimeDelta::minutes(2)).then_some(Work::Sweep);
        }
        None
    }

    async fn perform(&self, work: Work) {
        match work {
            Work::Sweep => {
                self.invoke("outbox", async |process, platform| drop(self.outbox(process, platform).sweep().await)).await;
            }
            Work::Stream(records) => self.relay(records).await,
            Work::Batch(queue, messages) => self.deliver(queue, messages).await,
        }
    }

    fn outbox(&self, process: &Arc<Process>, platform: &Platform) -> Outbox {
        let wakes = super::ports::WakeUpSender {
            process: process.clone(),
            between: self.between.clone(),
            clock: self.clock.clone(),
            treatment: self.wakes,
        };
        Outbox { platform: platform.clone(), wake_ups: Arc::new(wakes), delay: LONGEST_DELAY }
    }

    async fn relay(&self, records: Vec<(Value, u32)>) {
        let event = json!({"Records": records.iter().map(|(record, _)| record).collect::<Vec<_>>()});
        let event = serde_json::from_value(event).unwrap();
        let done = self.invoke("outbox", async |process, platform| self.outbox(process, platform).relay(event).await).await;
        let sequence = |record: &Value| record["dynamodb"]["SequenceNumber"].as_str().unwrap().parse::<u64>().unwrap();
        // All records from the first failed one on are delivered again. After the last attempt they go to the on-failure queue.
        let from = match done {
            None => Some(0),
            Some(done) => done.batch_item_failures.iter().filter_map(|f| f.item_identifier.as_deref()?.parse().ok()).min(),
        };
        let Some(from) = from else { return };
        let again = self.clock.now() + TimeDelta::seconds(1);
        let left = records.into_iter().filter(|(record, tries)| sequence(record) >= from && tries + 1 < STREAM_TRIES);
        let left: Vec<_> = left.map(|(record, tries)| (record, again, tries + 1)).collect();
        self.between().stream.splice(0..0, left);
    }

    async fn deliver(&self, queue: &'static str, messages: Vec<Message>) {
        let event = json!({"Records": messages.iter().map(record).collect::<Vec<_>>()});
        let event = serde_json::from_value(event).unwrap();
        let handler = match queue {
            "partner" | "mail" | "text" => "lead-intake",
            "notify" => "send",
            queue => queue,
        };
        let done = self
            .invoke(handler, async |process, platform| {
                if let Some(wrong) = self.bug
                    && let Some(response) = wrong.handle(self, process, platform, &messages).await
                {
                    return response;
                }
                match queue {
                    "partner" => forecourt_lead_intake::messages(platform, &super::ports::Partners, event).await,
                    "mail" => forecourt_lead_intake::mail_in::messages(platform, event).await,
                    "text" => forecourt_lead_intake::text_in::messages(platform, event).await,
                    "appointment" => forecourt_appointment::messages(platform, &super::ports::Partners, event).await,
                    "assign" => forecourt_assign::handle(platform, event).await,
                    "escalate" => forecourt_escalate::handle(platform, event).await,
                    "send" | "notify" => self.sender(process, platform).handle(event).await,
                    "export" => self.exporter(process, platform).messages(event).await,
                    other => panic!("no function takes from {other}"),
                }
            })
            .await;
        let failed = |message: &Message| match &done {
            None => true,
            Some(done) => done.batch_item_failures.iter().any(|f| f.item_identifier == message.id.to_string()),
        };
        let again = self.clock.now() + VISIBLE_AGAIN;
        let most = if matches!(queue, "partner" | "appointment") { 3 } else { 5 };
        let mut between = self.between();
        for message in messages.into_iter().filter(failed) {
            let message = Message { visible: again, receives: message.receives + 1, ..message };
            if message.receives < most { between.messages.push(message) } else { between.dead.push(message) }
        }
    }

    /// Uses small slices and parts, so that the test data needs several of each.
    fn exporter(&self, process: &Arc<Process>, platform: &Platform) -> Exporter {
        let uploads = Arc::new(super::ports::Files { process: process.clone(), between: self.between.clone(), bug: self.bug });
        Exporter { part: 1_500, reads: self.reads, at_once: 2, bulk_page: 2, ..Exporter::new(platform.clone(), uploads) }
    }

    pub fn sender(&self, process: &Arc<Process>, platform: &Platform) -> Sender {
        let carrier = super::ports::Mail { process: process.clone(), between: self.between.clone(), bug: self.bug };
        Sender { platform: platform.clone(), carrier: Arc::new(carrier), texts: self.texts.clone() }
    }
}

impl Drop for Cloud {
    /// Breaks the reference cycle between the warm processes and the shared state. Otherwise the memory of a run is never freed.
    fn drop(&mut self) {
        let processes = self.between.lock().map(|mut between| std::mem::take(&mut between.processes));
        drop(processes);
    }
}

async fn answer(platform: &Platform, event: ApiGatewayV2httpRequest) -> aws_lambda_events::apigw::ApiGatewayV2httpResponse {
    match platform.function {
        "lead-intake" => forecourt_lead_intake::request(platform, event).await,
        "calendar-event" => forecourt_calendar_event::handle(platform, event).await,
        "settings" => forecourt_settings::handle(platform, event).await,
        "overview" => forecourt_overview::handle(platform, event).await,
        "appointment" => forecourt_appointment::request(platform, event).await,
        "appointment-pingback" => forecourt_appointment_pingback::handle(platform, event).await,
        _ => forecourt_lead::handle(platform, event).await,
    }
}
