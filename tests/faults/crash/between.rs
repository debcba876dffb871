//! The state between the functions: messages, timers, mails and files.

use super::gate::Process;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_edge::Platform;
use forecourt_send::Sms;
use forecourt_send::mail::Mail;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A message in a queue.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: u64,
    pub queue: &'static str,
    pub body: String,
    pub visible: DateTime<Utc>,
    pub receives: u32,
}

/// The state between the functions: messages, timers, mails and files.
#[derive(Default)]
pub struct Between {
    pub(super) messages: Vec<Message>,
    pub(super) timers: BTreeMap<String, (DateTime<Utc>, &'static str, String)>,
    /// Waiting stream records: the record, the time from which it may be delivered, and the number of its deliveries.
    pub(super) stream: Vec<(Value, DateTime<Utc>, u32)>,
    pub dead: Vec<Message>,
    pub mails: Vec<Mail>,
    /// The text messages that the provider accepted.
    pub texts: Vec<Sms>,
    /// Every call to a webhook, including repeats.
    pub hooks: Vec<forecourt_send::Call>,
    pub files: BTreeMap<String, Vec<u8>>,
    pub uploads: BTreeMap<String, super::ports::Parts>,
    pub(super) last_id: u64,
    pub(super) next_sweep: DateTime<Utc>,
    pub(super) processes: HashMap<&'static str, Vec<(Arc<Process>, Platform)>>,
    pub(super) dice: Option<fastrand::Rng>,
}

impl Between {
    pub fn put(&mut self, queue: &'static str, body: String, visible: DateTime<Utc>) {
        self.last_id += 1;
        self.messages.push(Message { id: self.last_id, queue, body, visible, receives: 0 });
    }

    pub fn set_timer(&mut self, name: String, at: DateTime<Utc>, queue: &'static str, body: String) {
        self.timers.entry(name).or_insert((at, queue, body));
    }

    /// Returns the delay of the next wake-up.
    pub fn random_delay(&mut self) -> TimeDelta {
        TimeDelta::seconds(self.dice.as_mut().map_or(0, |dice| dice.i64(0..360)))
    }

    pub(super) fn take(&mut self, queue: &str, now: DateTime<Utc>, most: usize) -> Vec<Message> {
        let mut taken = Vec::new();
        self.messages.retain(|message| {
            let take = message.queue == queue && message.visible <= now && taken.len() < most;
            if take {
                taken.push(message.clone());
            }
            !take
        });
        taken
    }
}

/// Returns a message in the form in which a function receives it.
pub fn record(message: &Message) -> Value {
    let sender = if message.queue == "appointment" { super::journey::CENTRE } else { super::journey::SENDER };
    json!({
        "messageId": message.id.to_string(), "receiptHandle": message.id.to_string(), "body": message.body,
        "attributes": {"SenderId": sender, "SentTimestamp": "1795424400000"},
        "messageAttributes": {"dealer": {"stringValue": super::journey::NORTH, "dataType": "String"}}, "eventSource": "aws:sqs",
    })
}
