//! The views that a user saved: lists with their filters (ACC-5).

use crate::base::{DealerId, UserId, ViewId};
use serde::{Deserialize, Serialize};

/// A screen with a list that can be saved as a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewScreen {
    /// The list of leads.
    Leads,
    /// The board of leads.
    Board,
    /// Tasks and deadlines.
    Tasks,
    /// The list of appointments.
    Appointments,
    /// The overviews of appointments and leads.
    Overview,
    /// A screen of another release.
    #[serde(other)]
    Unknown,
}

impl ViewScreen {
    /// Every screen with its name in the API.
    pub const NAMES: [(&'static str, ViewScreen); 5] = [
        ("leads", ViewScreen::Leads),
        ("board", ViewScreen::Board),
        ("tasks", ViewScreen::Tasks),
        ("appointments", ViewScreen::Appointments),
        ("overview", ViewScreen::Overview),
    ];

    /// Returns the name in the API; `unknown` for a screen of another release.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, screen)| *screen == self).map_or("unknown", |(name, _)| name)
    }
}

/// A saved view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedView {
    /// The id, unique among the user's views.
    pub id: ViewId,
    /// The version of the list that the latest change of this view made; the ETag.
    pub version: u64,
    /// The name; 1 to 60 characters in one line.
    pub name: String,
    /// The screen that shows it.
    pub screen: ViewScreen,
    /// The filters and the order of the list, as in the address of the screen after the question mark; at most 1,000 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// Whether the user pinned it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// The dealer whose list it shows. `None` if the screen chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dealer: Option<DealerId>,
}

/// The views of a user. They are few, so they are stored in one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedViews {
    /// The user.
    pub user: UserId,
    /// The number of changes. It also counts removals, so that a view that is saved again under an earlier id gets a new version.
    pub version: u64,
    /// The views, oldest first; at most [`SavedViews::MOST`].
    pub views: Vec<SavedView>,
}

impl SavedViews {
    /// The maximum number of views of a user.
    pub const MOST: usize = 50;

    /// Creates an empty list.
    pub fn none(user: UserId) -> Self {
        Self { user, version: 0, views: Vec::new() }
    }

    /// Returns the view with this id.
    pub fn get(&self, id: &ViewId) -> Option<&SavedView> {
        self.views.iter().find(|view| view.id == *id)
    }
}
