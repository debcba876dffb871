//! The names of people. An answer has those of people who are not users of its dealer: former users, the contact centre, the head office,
//! the group's admins. `GET /me` names the dealer's own users (ACC-4).

use crate::Platform;
use crate::http::Call;
use forecourt_domain::access::Scope;
use forecourt_domain::base::UserId;
use forecourt_domain::settings::Dealer;
use forecourt_store::Failure;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A user by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonView {
    /// Id of the user.
    pub id: String,
    /// Display name.
    pub name: String,
}

/// Returns the names of those of `users` who are not users of the dealer, at most 60 seconds old. Those that are not cached are read
/// together; for most answers there are none. A partner gets no names.
///
/// # Errors
/// [`Failure::Unavailable`].
pub async fn named(platform: &Platform, call: &Call, dealer: Option<&Dealer>, users: BTreeSet<UserId>) -> Result<Vec<PersonView>, Failure> {
    if call.scope.user_id().is_none() {
        return Ok(Vec::new());
    }
    let is_here = |user: &UserId| dealer.is_some_and(|dealer| dealer.settings.member(user).is_some());
    let others: Vec<UserId> = users.into_iter().filter(|user| !is_here(user)).collect();
    let found = platform.store.cached_users(&call.scope, &others).await?;
    Ok(found.iter().map(|user| PersonView { id: user.id.to_string(), name: user.name.clone() }).collect())
}

/// The names of users, for a text or a file.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<UserId, String>);

impl Names {
    /// Reads the names of `users`, at most 60 seconds old. Reads nothing if all are cached.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn of(platform: &Platform, scope: &Scope, users: impl IntoIterator<Item = UserId>) -> Result<Self, Failure> {
        let users: Vec<UserId> = users.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        if users.is_empty() {
            return Ok(Self::default());
        }
        let found = platform.store.cached_users(scope, &users).await?;
        Ok(Self(found.iter().map(|user| (user.id.clone(), user.name.clone())).collect()))
    }

    /// Returns the name of a user; the id if the user is unknown.
    pub fn name(&self, user: &UserId) -> String {
        self.0.get(user).cloned().unwrap_or_else(|| user.to_string())
    }
}

/// Reads the user in a text such as `user:anna.vogt`. `None` if it names another sender.
pub fn user_in(by: &str) -> Option<UserId> {
    by.strip_prefix("user:").and_then(|id| id.parse().ok())
}
