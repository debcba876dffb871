//! The keys of one purpose. Each has an id, so that they can be replaced one after the other.

use std::sync::Arc;

/// The purposes that have keys of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signed links, of invitations and calendars, and the codes of reply addresses.
    Links,
    /// The secrets with which partners sign ping-backs.
    PingBacks,
    /// The secrets that sign webhooks.
    Webhooks,
    /// The proof of a dead letter's origin.
    Origins,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::Links, Self::PingBacks, Self::Webhooks, Self::Origins];
}

/// A key with its id. The first key of a deployment has an empty id, because its signatures name no key.
#[derive(Clone)]
struct Key {
    id: Arc<str>,
    bytes: Arc<[u8]>,
}

/// The keys of a purpose: the first signs, each is valid.
#[derive(Clone)]
pub struct KeyRing {
    current: Key,
    others: Vec<Key>,
}

impl KeyRing {
    /// Longest id of a key, in characters.
    pub const LONGEST_ID: usize = 16;

    /// A ring with one key, which signs.
    pub fn new(id: &str, key: &[u8]) -> Self {
        Self { current: Key { id: id.into(), bytes: key.into() }, others: Vec::new() }
    }

    /// Adds a key that is valid and does not sign. A key with an id that the ring has already is ignored.
    #[must_use]
    pub fn with(mut self, id: &str, key: &[u8]) -> Self {
        if self.get(id).is_none() {
            self.others.push(Key { id: id.into(), bytes: key.into() });
        }
        self
    }

    /// Returns the id of the key that signs.
    pub(crate) fn current_id(&self) -> &str {
        &self.current.id
    }

    /// Returns a key by its id. `None` if the ring does not have it.
    pub(crate) fn get(&self, id: &str) -> Option<&[u8]> {
        [&self.current].into_iter().chain(&self.others).find(|key| &*key.id == id).map(|key| &*key.bytes)
    }

    /// Returns every valid key, the one that signs first.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        [&self.current].into_iter().chain(&self.others).map(|key| &*key.bytes)
    }

    /// Returns `text` with the id of the key that signs before it, and no id for the first key of a deployment.
    pub(crate) fn named(&self, text: String) -> String {
        if self.current_id().is_empty() { text } else { format!("{}.{text}", self.current_id()) }
    }
}

/// Splits a text that [`KeyRing::named`] made into the id of the key and the rest. The rest has no full stop.
pub(crate) fn key_id(text: &str) -> (&str, &str) {
    text.split_once('.').unwrap_or(("", text))
}
