//! Adds and removes calendar links (CAL-6).

use crate::base::{FeedId, Refusal};
use crate::calendar::{CalendarFeed, CalendarFeeds};
use crate::decision::{Decision, Item};

impl CalendarFeeds {
    /// With another feed. No decision: it was made before, by the same request.
    ///
    /// # Errors
    /// A name that another request used before (INT-5); 409 for one too many.
    pub fn with(&self, new: CalendarFeed) -> Result<(Option<Decision>, CalendarFeed), Refusal> {
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
