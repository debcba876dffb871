//! The local twin of a partners' queue, and of the mail queue: a folder of waiting messages and a folder of dead letters. Messages survive
//! a kill.

use crate::clock::VirtualClock;
use crate::fair::Turns;
use crate::folder::write_whole;
use crate::ids::Sequence;
use async_trait::async_trait;
use aws_lambda_events::sqs::SqsMessage;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::GroupId;
use forecourt_edge::queue::partner::{self, DeadLetter};
use forecourt_store::Failure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A message on the queue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Queued {
    /// The id that the queue gave the message.
    pub id: String,
    /// The sender's identity, verified by the queue.
    pub sender: String,
    /// The body as the sender wrote it.
    pub body: String,
    /// Message attributes, such as `dealer`.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// The message group, by which the queue is fair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Number of failed deliveries.
    #[serde(default)]
    pub receives: u32,
    /// When it was put on the queue. A redrive does not change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<DateTime<Utc>>,
    /// When it is delivered again after a temporary failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible: Option<DateTime<Utc>>,
    /// Why it is a dead letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A partners' queue.
pub struct PartnerQueue {
    folder: PathBuf,
    numbers: Sequence,
    clock: VirtualClock,
    turns: Mutex<Turns<String>>,
}

impl PartnerQueue {
    /// Opens the queue in `folder`.
    ///
    /// # Errors
    /// If the folders cannot be created.
    pub fn open(folder: PathBuf, clock: VirtualClock) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder.join("ready"))?;
        std::fs::create_dir_all(folder.join("dead"))?;
        Ok(Self { numbers: Sequence::open(folder.join("next"))?, folder, clock, turns: Mutex::default() })
    }

    fn path(&self, state: &str, id: &str) -> PathBuf {
        self.folder.join(state).join(format!("{id}.json"))
    }

    /// Returns a new message id. Ids sort by the time of their messages.
    pub fn new_id(&self) -> String {
        self.numbers.next_number().map_or_else(|| uuid::Uuid::new_v4().to_string(), |number| format!("{number:012}"))
    }

    /// Puts a message on the queue.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn put(&self, message: &Queued) -> std::io::Result<()> {
        let message = Queued { sent: message.sent.or(Some(self.clock.now())), ..message.clone() };
        write_whole(&self.path("ready", &message.id), &serde_json::to_vec(&message)?)
    }

    /// Returns when the next message that waits after a temporary failure is delivered.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        self.waiting().ok()?.into_iter().filter_map(|message| message.visible).min()
    }

    /// Returns the waiting messages, oldest first.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn waiting(&self) -> std::io::Result<Vec<Queued>> {
        read(&self.folder.join("ready"))
    }

    /// Returns at most `room` of the messages that can be delivered now, as a fair queue chooses them. As in SQS, a message without a
    /// group counts as a group of its own.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub(crate) fn ready(&self, room: usize) -> std::io::Result<Vec<Queued>> {
        let now = self.clock.now();
        let ready: Vec<Queued> = self.waiting()?.into_iter().filter(|message| message.visible.is_none_or(|at| at <= now)).collect();
        let group = |message: &Queued| message.group.clone().unwrap_or_else(|| format!("{}#", message.id));
        Ok(self.turns.lock().unwrap_or_else(PoisonError::into_inner).take(ready, group, room))
    }

    /// Returns the dead letters, oldest first.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn dead(&self) -> std::io::Result<Vec<Queued>> {
        read(&self.folder.join("dead"))
    }

    /// Deletes a message that was handled.
    ///
    /// # Errors
    /// If it cannot be deleted.
    pub fn delete(&self, message: &Queued) -> std::io::Result<()> {
        match std::fs::remove_file(self.path("ready", &message.id)) {
            // It became a dead letter.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// Returns a failed message to the queue. It is delivered again when its pause is over.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn give_back(&self, message: &Queued) -> std::io::Result<()> {
        let pause = self.read_one(&message.id).and_then(|stored| stored.visible);
        let visible = pause.filter(|until| *until > self.clock.now()).or(Some(self.clock.now() + VISIBLE_AGAIN));
        let failed = Queued { receives: message.receives + 1, visible, ..message.clone() };
        write_whole(&self.path("ready", &failed.id), &serde_json::to_vec(&failed)?)
    }

    /// Moves a message that failed too often to the dead letters.
    ///
    /// # Errors
    /// If it cannot be moved.
    pub(crate) fn bury(&self, message: &Queued) -> std::io::Result<()> {
        let dead = Queued { receives: message.receives + 1, visible: None, ..message.clone() };
        write_whole(&self.path("dead", &dead.id), &serde_json::to_vec(&dead)?)?;
        self.delete(&dead)
    }

    fn read_one(&self, id: &str) -> Option<Queued> {
        std::fs::read(self.path("ready", id)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok())
    }

    /// Puts every dead letter back on the queue. Returns their number.
    ///
    /// # Errors
    /// If one of them cannot be moved.
    pub fn redrive(&self) -> std::io::Result<usize> {
        let dead = self.dead()?;
        for letter in &dead {
            // A redriven message has a new id and a count of zero, as in SQS.
            self.put(&Queued { id: self.new_id(), receives: 0, why: None, ..letter.clone() })?;
            std::fs::remove_file(self.path("dead", &letter.id))?;
        }
        Ok(dead.len())
    }
}

/// A failed message is delivered again after this time, if the function names no other.
const VISIBLE_AGAIN: TimeDelta = TimeDelta::minutes(2);

#[async_trait]
impl partner::PartnerQueue for PartnerQueue {
    async fn wait(&self, message: &SqsMessage, pause: TimeDelta) -> Result<(), Failure> {
        let failed = |e: std::io::Error| Failure::Unavailable(e.into());
        let stored = self.read_one(message.message_id.as_deref().unwrap_or_default());
        let Some(stored) = stored else { return Ok(()) };
        let waiting = Queued { visible: Some(self.clock.now() + pause), ..stored };
        let written = serde_json::to_vec(&waiting).map_err(|e| Failure::Broken(e.into()))?;
        write_whole(&self.path("ready", &waiting.id), &written).map_err(failed)
    }

    async fn put_back(&self, message: &SqsMessage, group: &GroupId, origin: &str) -> Result<(), Failure> {
        let stored = self.read_one(message.message_id.as_deref().unwrap_or_default());
        let Some(mut copy) = stored else { return Ok(()) };
        copy.attributes.insert(partner::ORIGIN.to_owned(), origin.to_owned());
        // In SQS the function is the sender of the copy. The proof names the partner.
        let copy = Queued { id: self.new_id(), sender: "forecourt".into(), group: Some(group.to_string()), sent: None, ..copy };
        self.put(&copy).map_err(|e| Failure::Unavailable(e.into()))
    }

    async fn move_to_dead_letters(&self, message: &SqsMessage, letter: &DeadLetter) -> Result<(), Failure> {
        let failed = |e: std::io::Error| Failure::Unavailable(e.into());
        let stored = self.read_one(message.message_id.as_deref().unwrap_or_default());
        let Some(stored) = stored else { return Ok(()) };
        let dead = Queued { receives: stored.receives + 1, visible: None, why: Some(letter.why.clone()), ..stored };
        let written = serde_json::to_vec(&dead).map_err(|e| Failure::Broken(e.into()))?;
        write_whole(&self.path("dead", &dead.id), &written).map_err(failed)?;
        self.delete(&dead).map_err(failed)
    }
}

fn read(folder: &Path) -> std::io::Result<Vec<Queued>> {
    let mut messages = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "json") {
            messages.extend(std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Queued>(&bytes).ok()));
        }
    }
    messages.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(messages)
}
