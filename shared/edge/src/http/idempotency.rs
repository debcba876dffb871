//! Requests that are carried out once, however often they come (INT-5).

use super::call::Call;
use crate::Platform;
use chrono::{DateTime, Utc};
use forecourt_domain::base::Refusal;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::people::Seen;
use forecourt_store::keys::Key;
use forecourt_store::{Loaded, fingerprint, short};
use std::fmt::Display;

/// A request with an `Idempotency-Key` that changes a lead or an appointment: it is remembered for thirty days, besides what it changes.
#[derive(Debug, Clone)]
pub struct Request {
    /// A hash of who asked, of what, and their key.
    key: String,
    /// A hash of what was asked.
    body: String,
}

/// The request, where it has an `Idempotency-Key`.
pub fn request(platform: &Platform, call: &Call, of: impl Display) -> Option<Request> {
    let key = call.idempotency_key.as_ref()?;
    let who = format!("{:?}", call.scope.actor());
    let key = platform.store.secret().name(&call.scope, &["request", &who, &of.to_string(), key]);
    let mut said = format!("{:?} {}\n", call.operation, call.place()).into_bytes();
    said.extend_from_slice(&call.body);
    Some(Request { key, body: fingerprint(&said) })
}

impl Request {
    /// Where it is remembered.
    pub fn remembered_at(&self) -> Key {
        Key::Seen(self.key.clone())
    }

    /// What it was answered, if it was carried out before.
    ///
    /// # Errors
    /// [`Refusal::Reused`] when its key named another request (INT-5).
    pub fn answered<'a>(&self, loaded: &'a Loaded, now: DateTime<Utc>) -> Result<Option<&'a str>, Refusal> {
        let reused = |_| Refusal::Reused("this Idempotency-Key was used before with another request (INT-5)".into());
        Seen::repeats(loaded.seen(&self.key), &self.body, now).map_err(reused)
    }

    /// The decision with the request and its answer remembered.
    pub fn answering(&self, decision: Decision, answer: String, now: DateTime<Utc>) -> Decision {
        decision.with(Item::Seen(Seen { key: self.key.clone(), body: self.body.clone(), answer, until: now + Seen::KEPT }))
    }

    /// The version of what it changed that it made, if it was carried out before; that which it left, if it changed nothing.
    ///
    /// # Errors
    /// As [`Request::answered`].
    pub fn done(&self, loaded: &Loaded, now: DateTime<Utc>) -> Result<Option<u64>, Refusal> {
        Ok(self.answered(loaded, now)?.map(|version| version.parse().unwrap_or_default()))
    }

    /// The decision with the request remembered, also where it changes nothing of what has version `seen`: its repeat shall not either.
    pub fn remembered(&self, decision: Decision, seen: u64, now: DateTime<Utc>) -> Decision {
        let answer = decision.lead().map_or(seen, |lead| lead.version).to_string();
        self.answering(decision, answer, now)
    }
}

/// What was decided, if anything was, with the request remembered where it has a key ([`Request::remembered`]).
pub fn remembered(request: Option<&Request>, decision: Option<Decision>, seen: u64, now: DateTime<Utc>) -> Option<Decision> {
    match request {
        Some(request) => Some(request.remembered(decision.unwrap_or_default(), seen, now)),
        None => decision,
    }
}

/// A name for something new of a lead, or of another thing, sixteen letters and digits: the same for the same `Idempotency-Key`.
pub fn new_name(platform: &Platform, call: &Call, of: impl Display, what: &str) -> String {
    let name = match &call.idempotency_key {
        Some(key) => platform.store.secret().name(&call.scope, &[what, &format!("{:?}", call.scope.actor()), &of.to_string(), key]),
        None => uuid::Uuid::new_v4().simple().to_string(),
    };
    short(&name)
}
