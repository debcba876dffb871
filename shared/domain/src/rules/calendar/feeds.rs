//! Adds and removes calendar feeds (CAL-6).

use crate::base::{FeedId, Refusal};
use crate::calendar::{CalendarFeed, CalendarFeeds};
use crate::decision::{Decision, Item};

impl CalendarFeeds {
    /// Adds a calendar feed. The decision is `None` if the same request has already added it.
    ///
    /// # Errors
    /// [`Refusal::Reused`] if another request used the id (INT-5); 409 if there are too many links.
    pub fn with(&self, new: CalendarFeed) -> Result<(Option<Decision>, CalendarFeed), Refusal> {
        if let Some(known) = self.feeds.iter().find(|feed| feed.id == new.id) {
            let same = (&known.dealer, &known.person) == (&new.dealer, &new.person);
            let reused = || Refusal::Reused("this Idempotency-Key was used before with another request".into());
            return same.then(|| (None, known.clone())).ok_or_else(reused);
        }
        if self.feeds.len() >= Self::MOST {
            return Err(Refusal::conflict("CAL-6", format!("you already have {} calendar feeds; revoke one first", Self::MOST)));
        }
        let mut after = self.clone();
        after.feeds.push(new.clone());
        Ok((Some(Decision::default().with(Item::CalendarFeeds(after))), new))
    }

    /// Removes a calendar feed, which revokes it at once.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there is no link with this id.
    pub fn without(&self, id: &FeedId) -> Result<Decision, Refusal> {
        let mut after = self.clone();
        after.feeds.retain(|feed| feed.id != *id);
        if after == *self {
            return Err(Refusal::NotFound("calendar link"));
        }
        Ok(Decision::default().with(Item::CalendarFeeds(after)))
    }
}
