//! The links by which other calendars subscribe to a calendar (CAL-6).

use crate::base::{DealerId, FeedId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A link that shows a calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarFeed {
    /// The id.
    pub id: FeedId,
    /// The dealer. `None` means every dealer where the person works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dealer: Option<DealerId>,
    /// The person whose events are shown. `None` means all events of the dealer or, without a dealer, the user's own events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<UserId>,
    /// The time of its creation. It is part of the link, so a feed that is created again with an old id has a new link.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created: DateTime<Utc>,
}

/// The feeds of a user that were not revoked, oldest first; at most [`CalendarFeeds::MOST`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarFeeds {
    /// The user.
    pub user: UserId,
    /// The feeds.
    pub feeds: Vec<CalendarFeed>,
}

impl CalendarFeeds {
    /// The maximum number of feeds of a user.
    pub const MOST: usize = 20;

    /// Creates an empty list.
    pub fn none(user: UserId) -> Self {
        Self { user, feeds: Vec::new() }
    }

    /// Returns the feed of a link. `None` if it was revoked.
    pub fn made_at(&self, id: &FeedId, created: DateTime<Utc>) -> Option<&CalendarFeed> {
        self.feeds.iter().find(|feed| feed.id == *id && feed.created == created)
    }
}
