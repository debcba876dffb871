//! Links by which other calendars show what is planned (CAL-6). Each is of one user, and shows what that user may see at the time.

use crate::decision::{Decision, Item};
use crate::ids::{DealerId, FeedId, UserId};
use crate::refusal::Refusal;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A calendar that a link shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Its name.
    pub id: FeedId,
    /// Of which dealer; `None`: of every dealer that the person works at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dealer: Option<DealerId>,
    /// Whose events; `None`: the whole dealer's, or without one, the user's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<UserId>,
    /// When it was made, which the link says too: one that is made anew under an old name has another link.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
}

/// The feeds of a user that were not revoked, oldest first; at most [`Feeds::MOST`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feeds {
    /// Whose.
    pub user: UserId,
    /// The feeds.
    pub feeds: Vec<Feed>,
}

impl Feeds {
    /// Feeds that a user has at most.
    pub const MOST: usize = 20;

    /// A user without any.
    pub fn none(user: UserId) -> Self {
        Self { user, feeds: Vec::new() }
    }

    /// The feed of a link; none where it was revoked.
    pub fn made_at(&self, id: &FeedId, created: DateTime<Utc>) -> Option<&Feed> {
        self.feeds.iter().find(|feed| feed.id == *id && feed.created == created)
    }

    /// With another feed. No decision: it was made before, by the same request.
    ///
    /// # Errors
    /// A name that another request used before (INT-5); 409 for one too many.
    pub fn with(&self, new: Feed) -> Result<(Option<Decision>, Feed), Refusal> {
        if let Some(known) = self.feeds.iter().find(|feed| feed.id == new.id) {
            let same = (&known.dealer, &known.person) == (&new.dealer, &new.person);
            let reused = || Refusal::Reused("this Idempotency-Key was used before with another request (INT-5)".into());
            return same.then(|| (None, known.clone())).ok_or_else(reused);
        }
        if self.feeds.len() >= Self::MOST {
            return Err(Refusal::Conflict(format!("you have {} calendar links already; revoke one first (CAL-6)", Self::MOST)));
        }
        let mut after = self.clone();
        after.feeds.push(new.clone());
        Ok((Some(Decision::default().with(Item::Feeds(after))), new))
    }

    /// Without one of them: its link is good for nothing from now on.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn without(&self, id: &FeedId) -> Result<Decision, Refusal> {
        let mut after = self.clone();
        after.feeds.retain(|feed| feed.id != *id);
        if after == *self {
            return Err(Refusal::NotFound("calendar link"));
        }
        Ok(Decision::default().with(Item::Feeds(after)))
    }
}
