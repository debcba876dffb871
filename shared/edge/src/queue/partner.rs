//! Messages of partners. After a temporary failure, a message is retried for at least twelve hours. A refused message
//! becomes a dead letter at once, with the reason, and keeps its sender and the time at which it was sent.
//!
//! SQS serves the message groups of a queue in turn. Partners need not name theirs, and may name a wrong one, so a function that meets a
//! backlog puts their messages back under the id of their sender's group: the flood of one group does not delay the messages of another.

use crate::Platform;
use crate::environment::{Missing, setting};
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_sqs::types::MessageAttributeValue;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Fault, GroupId, Refusal};
use forecourt_store::{Failure, fingerprint};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use std::future::Future;

/// The attribute of a dead letter that names the reason.
pub const WHY: &str = "why";
/// The attribute of a dead letter that names its sender, for people. It proves nothing.
const SENDER: &str = "sender";
/// The attribute of a dead letter that proves its sender and the time at which it was sent.
pub const ORIGIN: &str = "origin";
/// The attribute of a message that names its dealer.
const DEALER: &str = "dealer";
/// The purpose of the proof's signature.
const PURPOSE: &str = forecourt_store::ORIGIN;
/// The least number of deliveries after which a message with a temporary failure becomes a dead letter: about fourteen hours.
const MAX_DELIVERIES: u32 = 60;
/// The least time after which such a message becomes a dead letter. While its function cannot run, SQS counts a delivery every two minutes.
const SHORTEST_TROUBLE: TimeDelta = TimeDelta::hours(12);
/// The longest stored reason, in characters.
const LONGEST_REASON: usize = 1_000;
/// The number of messages of a full batch, `BatchSize` in the template: more of them wait.
pub const FULL: usize = 10;
/// The attribute in which SQS reports the message group.
const MESSAGE_GROUP: &str = "MessageGroupId";
/// How long ago a message may have been sent: two retentions of a queue.
const OLDEST: TimeDelta = TimeDelta::days(28);

/// A partners' queue with its dead letters.
#[async_trait]
pub trait PartnerQueue: Send + Sync {
    /// Hides a message for `pause`; then it is delivered again.
    ///
    /// # Errors
    /// Fails if the queue does not accept it. The message then returns after the queue's own time.
    async fn wait(&self, message: &SqsMessage, pause: TimeDelta) -> Result<(), Failure>;

    /// Sends a copy of a message to the queue itself, in the message group `group` and with the proof of its origin.
    ///
    /// # Errors
    /// Fails if the queue does not accept it.
    async fn put_back(&self, message: &SqsMessage, group: &GroupId, origin: &str) -> Result<(), Failure>;

    /// Sends a copy of a message to the dead-letter queue.
    ///
    /// # Errors
    /// Fails if the queue does not accept it.
    async fn move_to_dead_letters(&self, message: &SqsMessage, letter: &DeadLetter) -> Result<(), Failure>;
}

/// The attributes of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The identity of the sender, for people.
    pub sender: String,
    /// The reason.
    pub why: String,
    /// The proof of its origin. After a redrive the queue reports the function as the sender.
    pub origin: String,
}

impl DeadLetter {
    /// Returns the attributes of the letter on the dead-letter queue: `why`, `origin`, `sender`, and the `dealer` of the message. Empty
    /// ones are left out, because SQS refuses them.
    pub fn attributes<'a>(&'a self, message: &'a SqsMessage) -> Vec<(&'static str, &'a str)> {
        let dealer = dealer(message).unwrap_or_default();
        let all = [(WHY, &*self.why), (ORIGIN, &*self.origin), (SENDER, &*self.sender), (DEALER, dealer)];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// Returns the dealer that the message attribute `dealer` names. `None` without the attribute.
pub fn dealer(message: &SqsMessage) -> Option<&str> {
    attribute(message, DEALER)
}

fn attribute<'a>(message: &'a SqsMessage, name: &str) -> Option<&'a str> {
    message.message_attributes.get(name)?.string_value.as_deref()
}

/// The sender of a message, and when it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The identity of the sender, as the queue verified it.
    pub sender: String,
    /// When the partner sent it. `None` if the queue gives no time.
    #[serde(with = "chrono::serde::ts_milliseconds_option")]
    pub sent: Option<DateTime<Utc>>,
    /// A hash of the body.
    body: String,
}

impl Origin {
    /// Returns the origin of a message: the proven one of a dead letter, otherwise the one that the queue verified.
    pub fn of(platform: &Platform, message: &SqsMessage) -> Self {
        let body = fingerprint(message.body.as_deref().unwrap_or_default().as_bytes());
        let proven = attribute(message, ORIGIN).and_then(|token| platform.store.secret().verified(PURPOSE, token));
        let proven: Option<Self> = proven.and_then(|text| serde_json::from_str(&text).ok()).filter(|origin: &Self| origin.body == body);
        proven.unwrap_or_else(|| {
            // For a role the queue reports `AROA…:session`; the sender chooses the session's name.
            let sender = message.attributes.get("SenderId").and_then(|id| id.split(':').next()).unwrap_or_default().to_owned();
            let sent = message.attributes.get("SentTimestamp").and_then(|text| text.parse().ok()).and_then(DateTime::from_timestamp_millis);
            Self { sender, sent, body }
        })
    }

    /// Returns the proof of the origin, for [`ORIGIN`].
    fn proof(&self, platform: &Platform) -> Result<String, Failure> {
        let text = serde_json::to_string(self).map_err(|e| Failure::Broken(e.into()))?;
        Ok(platform.store.secret().sign(PURPOSE, &text))
    }

    /// Returns when the partner sent it: `now` if that time is unknown, in the future, or longer ago than any queue keeps a message.
    pub fn sent_at_or(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.sent.filter(|sent| *sent <= now && now - *sent <= OLDEST).unwrap_or(now)
    }
}

/// Handles the messages of a batch one after the other. A refused message becomes a dead letter. After a temporary failure a message waits:
/// half a minute, then twice as long each time, at most a quarter of an hour. In a backlog, messages are first sorted by groups. `handle`
/// returns the subject of the message for the log: ids only.
pub async fn each<F, Fut>(platform: &Platform, queue: &dyn PartnerQueue, mut event: SqsEvent, handle: F) -> SqsBatchResponse
where
    F: Fn(SqsMessage) -> Fut,
    Fut: Future<Output = Result<String, Failure>> + Send,
{
    if event.records.len() >= FULL {
        event.records = sorted(platform, queue, event.records).await;
    }
    super::each_of(platform, event, handle, Some(queue)).await
}

/// Puts the messages back whose message group is not the one of their senders. Returns the others, and those that the queue does not take
/// back.
async fn sorted(platform: &Platform, queue: &dyn PartnerQueue, messages: Vec<SqsMessage>) -> Vec<SqsMessage> {
    let sorted = messages.into_iter().map(|message| async move {
        match sort(platform, queue, &message).await {
            Ok(true) => None,
            Ok(false) => Some(message),
            Err(failure) => {
                let id = message.message_id.as_deref().unwrap_or_default();
                tracing::warn!(function = platform.function, message_id = id, problem = failure.chain(), "message not sorted by groups");
                Some(message)
            }
        }
    });
    join_all(sorted).await.into_iter().flatten().collect()
}

/// Puts a message back if its message group is not the one of its sender. Returns whether it did so.
async fn sort(platform: &Platform, queue: &dyn PartnerQueue, message: &SqsMessage) -> Result<bool, Failure> {
    // A copy would begin the count of deliveries again.
    if deliveries(message) > 1 {
        return Ok(false);
    }
    let origin = Origin::of(platform, message);
    let Some(sender) = platform.store.sender(&origin.sender).await? else { return Ok(false) };
    if message.attributes.get(MESSAGE_GROUP).map(String::as_str) == Some(sender.group.as_str()) {
        return Ok(false);
    }
    queue.put_back(message, &sender.group, &origin.proof(platform)?).await?;
    Ok(true)
}

/// Returns the number of deliveries of a message, with this one.
fn deliveries(message: &SqsMessage) -> u32 {
    message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// Returns the time since the first delivery of a message. `None` if the queue does not report it.
fn time_since_first_delivery(platform: &Platform, message: &SqsMessage) -> Option<TimeDelta> {
    let first = message.attributes.get("ApproximateFirstReceiveTimestamp").and_then(|text| text.parse().ok());
    first.and_then(DateTime::from_timestamp_millis).map(|first| platform.clock.now() - first)
}

/// Moves a failed message to the dead letters, or hides it for a pause. Returns whether it is a dead letter.
pub(super) async fn settle(platform: &Platform, queue: &dyn PartnerQueue, message: &SqsMessage, failure: &Failure) -> bool {
    let deliveries = deliveries(message);
    let long_enough = time_since_first_delivery(platform, message).is_none_or(|time| time >= SHORTEST_TROUBLE);
    let is_final = matches!(failure, Failure::Refused(_)) || (deliveries >= MAX_DELIVERIES && long_enough);
    let settled = if is_final {
        match dead_letter(platform, message, failure) {
            Ok(letter) => queue.move_to_dead_letters(message, &letter).await,
            Err(e) => Err(e),
        }
    } else {
        queue.wait(message, pause_after(deliveries)).await
    };
    if let Err(failure) = &settled {
        let id = message.message_id.as_deref().unwrap_or_default();
        tracing::warn!(function = platform.function, message_id = id, problem = failure.chain(), "the queue does not answer");
    }
    is_final && settled.is_ok()
}

fn pause_after(deliveries: u32) -> TimeDelta {
    TimeDelta::seconds(30 << deliveries.saturating_sub(1).min(5)).min(TimeDelta::minutes(15))
}

fn dead_letter(platform: &Platform, message: &SqsMessage, failure: &Failure) -> Result<DeadLetter, Failure> {
    let origin = Origin::of(platform, message);
    // The letter holds the body, so its reason may quote the body. The log must not quote it.
    let why = match failure {
        Failure::Refused(Refusal::Invalid(faults)) => faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("; "),
        other => other.chain(),
    };
    // SQS refuses these characters.
    let why = why.chars().filter(|c| !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}')).take(LONGEST_REASON).collect();
    Ok(DeadLetter { why, origin: origin.proof(platform)?, sender: origin.sender })
}

/// Returns the scope of the partner that sent a message: by the identity that the queue verified, never by the content (ACC-2).
///
/// # Errors
/// [`Refusal::NotFound`] if the identity is unknown.
pub async fn sender(platform: &Platform, message: &SqsMessage) -> Result<Scope, Failure> {
    let id = Origin::of(platform, message).sender;
    let unknown = || Failure::Refused(Refusal::NotFound("queue sender"));
    let sender = platform.store.sender(&id).await?.ok_or_else(unknown)?;
    let partner = platform.store.partner(&sender.group, &sender.partner).await?.ok_or_else(unknown)?;
    Ok(Scope::partner(sender.group.clone(), partner.as_ref().clone()))
}

/// A partners' queue on AWS.
pub struct Sqs {
    client: aws_sdk_sqs::Client,
    queue: String,
    dead_letters: String,
}

impl Sqs {
    /// Reads the environment: `PARTNER_QUEUE_URL` and `DEAD_LETTERS_URL`.
    ///
    /// # Errors
    /// [`Missing`] names the variable that is not set.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, Missing> {
        let (queue, dead_letters) = (setting("PARTNER_QUEUE_URL")?, setting("DEAD_LETTERS_URL")?);
        Ok(Self { client: aws_sdk_sqs::Client::new(config), queue, dead_letters })
    }
}

fn text(value: &str) -> Result<MessageAttributeValue, Failure> {
    let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
    value.map_err(|e| Failure::Broken(e.into()))
}

#[async_trait]
impl PartnerQueue for Sqs {
    async fn wait(&self, message: &SqsMessage, pause: TimeDelta) -> Result<(), Failure> {
        let seconds = i32::try_from(pause.num_seconds()).unwrap_or(i32::MAX);
        let change = self.client.change_message_visibility().queue_url(&self.queue).visibility_timeout(seconds);
        let change = change.set_receipt_handle(message.receipt_handle.clone());
        change.send().await.map(|_| ()).map_err(|e| Failure::Unavailable(e.into()))
    }

    async fn put_back(&self, message: &SqsMessage, group: &GroupId, origin: &str) -> Result<(), Failure> {
        let send = self.client.send_message().queue_url(&self.queue).set_message_body(message.body.clone());
        let mut send = send.message_group_id(group.as_str()).message_attributes(ORIGIN, text(origin)?);
        if let Some(dealer) = dealer(message) {
            send = send.message_attributes(DEALER, text(dealer)?);
        }
        send.send().await.map(|_| ()).map_err(|e| Failure::Unavailable(e.into()))
    }

    async fn move_to_dead_letters(&self, message: &SqsMessage, letter: &DeadLetter) -> Result<(), Failure> {
        let mut send = self.client.send_message().queue_url(&self.dead_letters).set_message_body(message.body.clone());
        for (name, value) in letter.attributes(message) {
            send = send.message_attributes(name, text(value)?);
        }
        send.send().await.map(|_| ()).map_err(|e| Failure::Unavailable(e.into()))
    }
}
