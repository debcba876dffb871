//! The partner queue's local twin: a folder of messages, and one of dead letters. What is on it survives a kill.

use crate::folder::write_whole;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How often a message is tried before it is a dead letter.
pub const TRIES: u32 = 3;

/// A message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Queued {
    /// The queue's id of it.
    pub id: String,
    /// The identity that the queue vouches for.
    pub sender: String,
    /// What it says.
    pub body: String,
    /// Its attributes, `dealer` among them.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// How often it was tried.
    #[serde(default)]
    pub receives: u32,
}

/// The queue.
pub struct PartnerQueue(PathBuf);

impl PartnerQueue {
    /// The queue in `folder`.
    ///
    /// # Errors
    /// When the folders cannot be made.
    pub fn open(folder: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder.join("ready"))?;
        std::fs::create_dir_all(folder.join("dead"))?;
        Ok(Self(folder))
    }

    fn path(&self, state: &str, id: &str) -> PathBuf {
        self.0.join(state).join(format!("{id}.json"))
    }

    /// Puts a message on the queue.
    ///
    /// # Errors
    /// When it is not kept.
    pub fn put(&self, message: &Queued) -> std::io::Result<()> {
        write_whole(&self.path("ready", &message.id), &serde_json::to_vec(message)?)
    }

    /// The messages that wait, oldest first (ids sort by time).
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn waiting(&self) -> std::io::Result<Vec<Queued>> {
        read(&self.0.join("ready"))
    }

    /// The dead letters, oldest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn dead(&self) -> std::io::Result<Vec<Queued>> {
        read(&self.0.join("dead"))
    }

    /// A message is done.
    ///
    /// # Errors
    /// When it cannot be taken off.
    pub fn done(&self, message: &Queued) -> std::io::Result<()> {
        std::fs::remove_file(self.path("ready", &message.id))
    }

    /// A message goes back, or, after its last try, to the dead letters.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub fn back(&self, message: &Queued) -> std::io::Result<()> {
        let tried = Queued { receives: message.receives + 1, ..message.clone() };
        let state = if tried.receives < TRIES { "ready" } else { "dead" };
        write_whole(&self.path(state, &tried.id), &serde_json::to_vec(&tried)?)?;
        if state == "dead" { self.done(message) } else { Ok(()) }
    }

    /// Puts every dead letter back on the queue; returns how many.
    ///
    /// # Errors
    /// When one cannot be moved.
    pub fn redrive(&self) -> std::io::Result<usize> {
        let dead = self.dead()?;
        for letter in &dead {
            // As SQS does: what is redriven is a new message.
            self.put(&Queued { id: uuid::Uuid::now_v7().to_string(), receives: 0, ..letter.clone() })?;
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
