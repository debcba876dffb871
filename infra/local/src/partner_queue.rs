//! The local twin of a partners' queue: a folder of waiting messages and a folder of dead letters. Messages survive a kill.

use crate::folder::write_whole;
use crate::ids::Sequence;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// After this many failed deliveries a message becomes a dead letter.
pub const MAX_RECEIVES: u32 = 3;

/// A message on the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Number of failed deliveries.
    #[serde(default)]
    pub receives: u32,
}

/// A partners' queue.
pub struct PartnerQueue {
    folder: PathBuf,
    numbers: Sequence,
}

impl PartnerQueue {
    /// Opens the queue in `folder`.
    ///
    /// # Errors
    /// If the folders cannot be created.
    pub fn open(folder: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder.join("ready"))?;
        std::fs::create_dir_all(folder.join("dead"))?;
        Ok(Self { numbers: Sequence::open(folder.join("next"))?, folder })
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
        write_whole(&self.path("ready", &message.id), &serde_json::to_vec(message)?)
    }

    /// Returns the waiting messages, oldest first.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn waiting(&self) -> std::io::Result<Vec<Queued>> {
        read(&self.folder.join("ready"))
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
        std::fs::remove_file(self.path("ready", &message.id))
    }

    /// Returns a failed message to the queue or, after its last delivery, moves it to the dead letters.
    ///
    /// # Errors
    /// If it cannot be moved.
    pub fn give_back(&self, message: &Queued) -> std::io::Result<()> {
        let failed = Queued { receives: message.receives + 1, ..message.clone() };
        let state = if failed.receives < MAX_RECEIVES { "ready" } else { "dead" };
        write_whole(&self.path(state, &failed.id), &serde_json::to_vec(&failed)?)?;
        if state == "dead" { self.delete(message) } else { Ok(()) }
    }

    /// Puts every dead letter back on the queue. Returns their number.
    ///
    /// # Errors
    /// If one of them cannot be moved.
    pub fn redrive(&self) -> std::io::Result<usize> {
        let dead = self.dead()?;
        for letter in &dead {
            // A redriven message has a new id and a count of zero, as in SQS.
            self.put(&Queued { id: self.new_id(), receives: 0, ..letter.clone() })?;
            std::fs::remove_file(self.path("dead", &letter.id))?;
        }
        Ok(dead.len())
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
