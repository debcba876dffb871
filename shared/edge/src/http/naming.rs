//! Names in the place of the ids that rules mark in their texts ([`forecourt_domain::base::mentioned`]).

use super::problem::Problem;
use crate::Platform;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{UserId, mentioned, with_names};
use std::collections::{BTreeMap, BTreeSet};

/// The maximum number of users whose names are read for one answer.
const MOST: usize = 500;

/// The names of the users that texts mention.
#[derive(Debug, Default)]
pub struct Mentions(BTreeMap<UserId, String>);

impl Mentions {
    /// Reads the names of the users whom `texts` mention, at most 60 seconds old. A sender gets only names of users whom they may see, and
    /// a partner none. If the names cannot be read, the texts have the ids.
    pub async fn of(platform: &Platform, scope: &Scope, texts: impl IntoIterator<Item = &str>) -> Self {
        let users: BTreeSet<UserId> = texts.into_iter().flat_map(mentioned).collect();
        if users.is_empty() || scope.user_id().is_none() {
            return Self::default();
        }
        let users: Vec<UserId> = users.into_iter().take(MOST).collect();
        let found = platform.store.cached_users(scope, &users).await.unwrap_or_default();
        let seen = found.into_iter().filter(|user| scope.sees_user(user));
        Self(seen.map(|user| (user.id.clone(), user.name.clone())).collect())
    }

    /// Returns a text with names. A user without a known name keeps the id.
    pub fn named(&self, text: &str) -> String {
        with_names(text, |user| self.0.get(user).cloned().unwrap_or_else(|| user.to_string()))
    }
}

impl Problem {
    /// Returns the problem with names in the place of marked ids.
    pub async fn named(mut self, platform: &Platform, scope: &Scope) -> Self {
        let texts = [self.detail.as_str()].into_iter().chain(self.errors.iter().map(|error| error.detail.as_str()));
        let mentions = Mentions::of(platform, scope, texts).await;
        self.detail = mentions.named(&self.detail);
        self.errors.iter_mut().for_each(|error| error.detail = mentions.named(&error.detail));
        self
    }
}
