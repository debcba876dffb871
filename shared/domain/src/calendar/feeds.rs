//! The links by which other calendars subscribe to a calendar (CAL-6).

use crate::base::{DealerId, FeedId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A calendar that a link shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarFeed {
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

/// The feeds of a user that were not revoked, oldest first; at most [`CalendarFeeds::MOST`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarFeeds {
    /// Whose.
    pub user: UserId,
    /// The feeds.
    pub feeds: Vec<CalendarFeed>,
}

impl CalendarFeeds {
    /// Feeds that a user has at most.
    pub const MOST: usize = 20;

    /// A user without any.
    pub fn none(user: UserId) -> Self {
        Self { user, feeds: Vec::new() }
    }

    /// The feed of a link; none where it was revoked.
    pub fn made_at(&self, id: &FeedId, created: DateTime<Utc>) -> Option<&CalendarFeed> {
        self.feeds.iter().find(|feed| feed.id == *id && feed.created == created)
    }
}
