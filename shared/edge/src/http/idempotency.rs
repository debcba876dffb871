//! Idempotent requests: carried out once, however often they are sent (INT-5).

use super::call::Call;
use crate::Platform;
use chrono::{DateTime, Utc};
use forecourt_domain::base::Refusal;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::BulkNotice;
use forecourt_domain::people::ReceivedRequest;
use forecourt_store::keys::Key;
use forecourt_store::{Loaded, fingerprint, short};
use std::fmt::Display;

/// A request with an `Idempotency-Key`. It is stored for thirty days, in the same transaction as its change.
#[derive(Debug, Clone)]
pub struct Request {
    /// A hash of the sender, the subject and the `Idempotency-Key`.
    key: String,
    /// A hash of the operation, the path and the body.
    body: String,
}

/// Returns the request for the subject `of`. `None` if it has no `Idempotency-Key`.
pub fn request(platform: &Platform, call: &Call, of: impl Display) -> Option<Request> {
    let key = call.idempotency_key.as_ref()?;
    let who = format!("{:?}", call.scope.actor());
    let key = platform.store.secret().name(&call.scope, &["request", &who, &of.to_string(), key]);
    let mut content = format!("{} {}\n", call.operation.fingerprint_name(), call.place()).into_bytes();
    content.extend_from_slice(&call.body);
    Some(Request { key, body: fingerprint(&content) })
}

impl Request {
    /// Returns the key of the stored request.
    pub fn remembered_at(&self) -> Key {
        Key::ReceivedRequest(self.key.clone())
    }

    /// Returns the stored answer. `None` if the request was not carried out before.
    ///
    /// # Errors
    /// [`Refusal::Reused`] if the key was used before with another request (INT-5).
    pub fn answered<'a>(&self, loaded: &'a Loaded, now: DateTime<Utc>) -> Result<Option<&'a str>, Refusal> {
        let reused = |_| Refusal::Reused("this Idempotency-Key was used before with another request".into());
        ReceivedRequest::repeats(loaded.received_request(&self.key), &self.body, now).map_err(reused)
    }

    /// Adds the request and its answer to a decision.
    pub fn answering(&self, decision: Decision, answer: String, now: DateTime<Utc>) -> Decision {
        decision.with(Item::ReceivedRequest(ReceivedRequest {
            key: self.key.clone(),
            body: self.body.clone(),
            answer,
            until: now + ReceivedRequest::KEPT,
        }))
    }

    /// Returns the version that the request made, or found if it changed nothing. `None` if the request was not carried out before.
    ///
    /// # Errors
    /// As [`Request::answered`].
    pub fn done(&self, loaded: &Loaded, now: DateTime<Utc>) -> Result<Option<u64>, Refusal> {
        let version = |answer: &str| answer.split(' ').next().and_then(|version| version.parse().ok()).unwrap_or_default();
        Ok(self.answered(loaded, now)?.map(version))
    }

    /// As [`Request::remembered`], with the notices that are sent for all leads of a bulk action together: a repeat finds them.
    pub(crate) fn remembered_with(&self, decision: Decision, version: u64, notices: &[BulkNotice], now: DateTime<Utc>) -> Decision {
        let version = decision.lead().map_or(version, |lead| lead.version);
        let notices = serde_json::to_string(notices).unwrap_or_default();
        self.answering(decision, format!("{version} {notices}"), now)
    }

    /// Returns the notices that [`Request::remembered_with`] has stored.
    pub(crate) fn notices(&self, loaded: &Loaded, now: DateTime<Utc>) -> Vec<BulkNotice> {
        let answer = self.answered(loaded, now).ok().flatten();
        answer.and_then(|answer| serde_json::from_str(answer.split_once(' ')?.1).ok()).unwrap_or_default()
    }

    /// Adds the request to a decision, even to one that changes nothing of `version`: a repeat must change nothing either.
    pub fn remembered(&self, decision: Decision, version: u64, now: DateTime<Utc>) -> Decision {
        let answer = decision.lead().map_or(version, |lead| lead.version).to_string();
        self.answering(decision, answer, now)
    }
}

/// Adds the request to the decision if it has a key ([`Request::remembered`]).
pub fn remembered(request: Option<&Request>, decision: Option<Decision>, version: u64, now: DateTime<Utc>) -> Option<Decision> {
    match request {
        Some(request) => Some(request.remembered(decision.unwrap_or_default(), version, now)),
        None => decision,
    }
}

/// Returns an id of sixteen letters and digits for a new item of the subject `of`: the same for the same `Idempotency-Key`, else random.
pub fn new_name(platform: &Platform, call: &Call, of: impl Display, what: &str) -> String {
    let name = match &call.idempotency_key {
        Some(key) => platform.store.secret().name(&call.scope, &[what, &format!("{:?}", call.scope.actor()), &of.to_string(), key]),
        None => platform.ids.next(),
    };
    short(&name)
}
