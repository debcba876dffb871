//! All functions in one process, connected as the cloud connects them.

use crate::agenda::Agenda;
use crate::clock::VirtualClock;
use crate::mailbox::Mailbox;
use crate::partner_queue::{PartnerQueue, Queued};
use anyhow::Context as _;
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::MailDomain;
use forecourt_edge::environment::{ConsoleLinks, TokenClaims};
use forecourt_edge::files::{Files, Uploads};
use forecourt_edge::metrics::Metrics;
use forecourt_edge::routes::Route;
use forecourt_edge::{Clock, Ids, Platform};
use forecourt_export::Exporter;
use forecourt_outbox::Outbox;
use forecourt_send::Sender;
use forecourt_send::texts::Texts;
use forecourt_store::keys::{DueKind, WakeUp};
use forecourt_store::{Failure, Store};
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, stream};
use serde_json::json;
use std::sync::Arc;

/// The largest number of messages per batch of a queue.
const BATCH: usize = 10;
/// Messages per batch of a queue; `BatchSize` in the cloud.
fn batch(kind: DueKind) -> usize {
    if kind == DueKind::Export { 1 } else { BATCH }
}
/// Batches of a partners' queue that are delivered before the other queues have their turn.
const PARTNER_BATCHES: usize = 10;
/// Batches handled at once; `MaximumConcurrency` in the cloud.
fn at_once(kind: DueKind) -> usize {
    match kind {
        DueKind::Assign => 2,
        DueKind::Export => 1,
        DueKind::Escalate | DueKind::Send | DueKind::Deliver | DueKind::Notify | DueKind::Recompute | DueKind::Resubmit => 4,
    }
}
/// The number of deliveries after which a message is a dead letter; `maxReceiveCount` in the cloud.
const MAX_RECEIVES: u32 = 500;
/// A failed message is delivered again after this time.
const VISIBLE_AGAIN: TimeDelta = TimeDelta::seconds(5);

/// The parts of a [`System`].
pub struct Parts {
    /// The table.
    pub store: Store,
    /// The domain's clock.
    pub clock: VirtualClock,
    /// Makes new ids.
    pub ids: Ids,
    /// The bucket.
    pub files: Arc<dyn Files>,
    /// The bucket, for files that are written in parts.
    pub uploads: Arc<dyn Uploads>,
    /// Receives mails, text messages and webhook calls.
    pub mailbox: Arc<Mailbox>,
    /// The partners' queue of leads.
    pub queue: PartnerQueue,
    /// The partners' queue of appointments.
    pub appointments: PartnerQueue,
    /// The base URL of links for customers and partners.
    pub public_url: String,
    /// The URL of the console, for links for staff.
    pub console_url: String,
    /// The claims of tokens that name the sender.
    pub token_claims: TokenClaims,
    /// The domain at which dealers receive mail.
    pub mail_domain: Option<MailDomain>,
    /// The mail queue.
    pub mails: PartnerQueue,
    /// The queue of customers' text messages.
    pub texts: PartnerQueue,
    /// Whether every message between functions is delivered twice, as a queue may do.
    pub twice: bool,
}

/// The whole system without HTTP.
pub struct System {
    /// The platform of the functions.
    pub platform: Platform,
    /// The domain's clock.
    pub clock: VirtualClock,
    /// The scheduled wake-ups.
    pub agenda: Agenda,
    /// Relays committed changes to the agenda.
    pub outbox: Outbox,
    /// Receives mails, text messages and webhook calls.
    pub mailbox: Arc<Mailbox>,
    /// The partners' queue of leads.
    pub queue: PartnerQueue,
    /// The partners' queue of appointments.
    pub appointments: PartnerQueue,
    /// The mail queue.
    pub mails: PartnerQueue,
    /// The queue of customers' text messages.
    pub texts: PartnerQueue,
    sender: Sender,
    exporter: Exporter,
    twice: bool,
    /// Held while wake-ups are processed: the tick and a move of the clock exclude each other.
    stepping: tokio::sync::Mutex<()>,
}

impl System {
    /// Builds a system.
    ///
    /// # Errors
    /// If a mail template is invalid.
    pub fn new(parts: Parts) -> anyhow::Result<Self> {
        let Parts { store, clock, ids, files, uploads, mailbox, queue, appointments, mails, texts, .. } = parts;
        let Parts { public_url, console_url, token_claims, mail_domain, twice, .. } = parts;
        let agenda = Agenda::new(clock.clone());
        let nudged = agenda.clone();
        let store = store.with_commit_hook(Arc::new(move |due| nudged.committed(due)));
        let time = clock.clone();
        let clock_of_all = Clock::from_fn(move || time.now());
        let platform = Platform {
            function: "local",
            store,
            clock: clock_of_all,
            wall: Clock::real(),
            ids,
            files,
            public_url: public_url.trim_end_matches('/').into(),
            console: ConsoleLinks::new(&console_url),
            metrics: Metrics::nowhere(),
            token_claims: Arc::new(token_claims),
            mail_domain: mail_domain.map(Arc::new),
            mail_servers: mailbox.clone(),
        };
        let letters = Texts::new(platform.console.clone()).context("a mail template is invalid")?;
        let sender = Sender { platform: platform.of("send"), carrier: mailbox.clone(), texts: Arc::new(letters) };
        let exporter = Exporter::new(platform.of("export"), uploads);
        let outbox = Outbox { platform: platform.of("outbox"), wake_ups: Arc::new(agenda.clone()), delay: forecourt_outbox::LONGEST_DELAY };
        let stepping = tokio::sync::Mutex::default();
        Ok(Self { platform, clock, agenda, outbox, mailbox, queue, appointments, mails, texts, sender, exporter, twice, stepping })
    }

    /// Answers a request with the function of its route.
    pub async fn http(&self, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        let function = event.route_key.as_deref().and_then(Route::of).map(|route| route.function);
        match function {
            Some("lead-intake") => forecourt_lead_intake::request(&self.platform.of("lead-intake"), event).await,
            Some("calendar-event") => forecourt_calendar_event::handle(&self.platform.of("calendar-event"), event).await,
            Some("overview") => forecourt_overview::handle(&self.platform.of("overview"), event).await,
            Some("export") => self.exporter.request(event).await,
            Some("appointment") => forecourt_appointment::request(&self.platform.of("appointment"), event).await,
            Some("appointment-pingback") => forecourt_appointment_pingback::handle(&self.platform.of("appointment-pingback"), event).await,
            Some("reference") => forecourt_reference::handle(&event),
            Some("settings") => forecourt_settings::handle(&self.platform.of("settings"), event).await,
            _ => forecourt_lead::handle(&self.platform.of("lead"), event).await,
        }
    }

    /// Processes every due wake-up and queued message, including those they cause, until none is left. Returns the number of wake-ups.
    pub async fn settle(&self) -> usize {
        let _one = self.stepping.lock().await;
        self.settle_now().await
    }

    async fn settle_now(&self) -> usize {
        let mut wake_ups = 0;
        while let Some(count) = self.step_now().await {
            wake_ups += count;
        }
        wake_ups
    }

    /// Delivers to each function as many messages of its queues as its processes take at once, and relays earlier commits.
    /// Returns the number of wake-ups; `None` if nothing was due.
    pub async fn step(&self) -> Option<usize> {
        let _one = self.stepping.lock().await;
        self.step_now().await
    }

    async fn step_now(&self) -> Option<usize> {
        let from_queue = self.deliver_partner_messages().await + self.deliver_mail_events().await;
        // The local relay only adds to the agenda, which cannot fail.
        let _ = self.outbox.wake(self.agenda.take_stream()).await;
        let mut wake_ups = 0;
        for kind in DueKind::ALL {
            let due = self.agenda.take_due(kind, at_once(kind) * batch(kind));
            wake_ups += due.len();
            self.deliver(kind, &due).await;
        }
        (wake_ups > 0 || from_queue > 0).then_some(wake_ups)
    }

    /// Moves the clock forward to `target`, stopping at each due time to process the due items. Returns the number of wake-ups that became
    /// due on the way. Earlier ones do not count, because the background may have processed them already.
    pub async fn advance_to(&self, target: DateTime<Utc>) -> usize {
        let _one = self.stepping.lock().await;
        self.settle_now().await;
        let mut wake_ups = 0;
        while let Some(next) = self.next().filter(|next| *next <= target) {
            self.clock.freeze_at(next);
            wake_ups += self.settle_now().await;
        }
        self.clock.freeze_at(target);
        wake_ups + self.settle_now().await
    }

    /// Returns when the next wake-up, partner's message or mail is due.
    fn next(&self) -> Option<DateTime<Utc>> {
        let queues = [&self.queue, &self.appointments, &self.mails, &self.texts];
        self.agenda.next().into_iter().chain(queues.into_iter().filter_map(PartnerQueue::next)).chain(self.mailbox.next_event()).min()
    }

    /// Adds every due item of the table to the agenda, at any distance in the future. Returns their number.
    ///
    /// # Errors
    /// If the table is unavailable.
    pub async fn restore_agenda(&self) -> Result<usize, Failure> {
        let due = self.platform.store.due(far_ahead(self.clock.now()), usize::MAX).await?;
        let found = due.len();
        for (at, wake_up) in due {
            self.agenda.add(at, wake_up);
        }
        Ok(found)
    }

    async fn deliver(&self, kind: DueKind, wake_ups: &[WakeUp]) {
        let batches = wake_ups.chunks(batch(kind)).flat_map(|batch| std::iter::repeat_n(batch, if self.twice { 2 } else { 1 }));
        stream::iter(batches).for_each_concurrent(at_once(kind), |batch| self.deliver_batch(kind, batch)).await;
    }

    async fn deliver_batch(&self, kind: DueKind, batch: &[WakeUp]) {
        let records: Vec<_> =
            batch.iter().enumerate().map(|(i, wake_up)| json!({"messageId": i.to_string(), "body": json!(wake_up).to_string()})).collect();
        let response = match sqs(&records) {
            Ok(event) => match kind {
                DueKind::Assign => forecourt_assign::handle(&self.platform.of("assign"), event).await,
                DueKind::Escalate | DueKind::Recompute | DueKind::Resubmit => {
                    forecourt_escalate::handle(&self.platform.of("escalate"), event).await
                }
                DueKind::Send | DueKind::Deliver | DueKind::Notify => self.sender.handle(event).await,
                DueKind::Export => self.exporter.messages(event).await,
            },
            Err(e) => return tracing::error!(problem = %e, "a wake-up cannot be serialized"),
        };
        for failed in response.batch_item_failures {
            if let Some(wake_up) = failed.item_identifier.parse::<usize>().ok().and_then(|i| batch.get(i)) {
                self.agenda.add(self.clock.now() + VISIBLE_AGAIN, wake_up.clone());
            }
        }
    }

    /// Delivers the messages of the partners' queues, of the mail queue and of the queue of texts. Returns their number.
    async fn deliver_partner_messages(&self) -> usize {
        let (intake, appointment) = (self.platform.of("lead-intake"), self.platform.of("appointment"));
        let leads = |event| forecourt_lead_intake::messages(&intake, &self.queue, event).boxed();
        let appointments = |event| forecourt_appointment::messages(&appointment, &self.appointments, event).boxed();
        let mails = |event| forecourt_lead_intake::mail_in::messages(&intake, event).boxed();
        let texts = |event| forecourt_lead_intake::text_in::messages(&intake, event).boxed();
        deliver_from(&self.queue, leads).await
            + deliver_from(&self.appointments, appointments).await
            + deliver_from(&self.mails, mails).await
            + deliver_from(&self.texts, texts).await
    }

    /// Delivers events about mails. Returns their number.
    async fn deliver_mail_events(&self) -> usize {
        let now = self.clock.now();
        let events = self.mailbox.take_events(now, BATCH);
        let records: Vec<_> = events.iter().enumerate().map(|(i, body)| json!({"messageId": i.to_string(), "body": body})).collect();
        for _ in 0..if self.twice { 2 } else { 1 } {
            let Ok(batch) = sqs(&records) else { break };
            for failed in self.sender.handle(batch).await.batch_item_failures {
                if let Some(body) = failed.item_identifier.parse::<usize>().ok().and_then(|i| events.get(i)) {
                    self.mailbox.put_event(now + VISIBLE_AGAIN, body.clone());
                }
            }
        }
        events.len()
    }

    /// Processes wake-ups as they become due, and sweeps once a minute. Never returns.
    pub async fn run(&self) {
        let mut last_sweep = std::time::Instant::now();
        loop {
            if self.clock.is_running() {
                self.settle().await;
            }
            if last_sweep.elapsed() > std::time::Duration::from_secs(60) {
                last_sweep = std::time::Instant::now();
                if let Err(e) = self.outbox.sweep().await {
                    tracing::warn!(problem = %e, "the sweep failed");
                }
            }
            let _ = tokio::time::timeout(std::time::Duration::from_millis(200), self.agenda.changed()).await;
        }
    }
}

/// Delivers the messages of a queue to its function. Returns their number. After [`MAX_RECEIVES`] deliveries a message is a dead letter.
async fn deliver_from<'a>(queue: &PartnerQueue, function: impl Fn(SqsEvent) -> BoxFuture<'a, SqsBatchResponse>) -> usize {
    let waiting = match queue.ready(PARTNER_BATCHES * BATCH) {
        Ok(waiting) => waiting,
        Err(e) => {
            tracing::error!(problem = %e, "the partners' queue cannot be read");
            return 0;
        }
    };
    for batch in waiting.chunks(BATCH) {
        let records: Vec<_> = batch.iter().map(record).collect();
        let response = match sqs(&records) {
            Ok(event) => function(event).await,
            Err(_) => SqsBatchResponse::default(),
        };
        let failed = |id: &str| response.batch_item_failures.iter().any(|f| f.item_identifier == id);
        for message in batch {
            let stored = match failed(&message.id) {
                true if message.receives + 1 >= MAX_RECEIVES => queue.bury(message),
                true => queue.give_back(message),
                false => queue.delete(message),
            };
            if let Err(e) = stored {
                tracing::error!(problem = %e, message_id = message.id, "the partners' queue cannot be written");
            }
        }
    }
    waiting.len()
}

/// A time after every timer.
fn far_ahead(now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::days(365 * 100)
}

fn sqs(records: &[serde_json::Value]) -> Result<SqsEvent, serde_json::Error> {
    serde_json::from_value(json!({ "Records": records }))
}

/// The attributes that the queue sets itself.
fn attributes_of(message: &Queued) -> serde_json::Value {
    let mut attributes = json!({"SenderId": message.sender, "ApproximateReceiveCount": (message.receives + 1).to_string()});
    if let Some(sent) = message.sent {
        attributes["SentTimestamp"] = sent.timestamp_millis().to_string().into();
    }
    if let Some(group) = &message.group {
        attributes["MessageGroupId"] = group.as_str().into();
    }
    attributes
}

/// A message as SQS passes it to a function.
fn record(message: &Queued) -> serde_json::Value {
    let attributes: serde_json::Map<_, _> =
        message.attributes.iter().map(|(name, value)| (name.clone(), json!({"stringValue": value, "dataType": "String"}))).collect();
    json!({
        "messageId": message.id,
        "receiptHandle": message.id,
        "body": message.body,
        "attributes": attributes_of(message),
        "messageAttributes": attributes,
        "eventSource": "aws:sqs",
    })
}
