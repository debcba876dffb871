//! The names of people whom an answer mentions and who are not users of its dealer: former users, the contact centre, the head office, the
//! group's admins. `GET /me` names the dealer's own users (ACC-4).

use crate::Platform;
use crate::http::Call;
use forecourt_domain::base::UserId;
use forecourt_domain::settings::Dealer;
use forecourt_store::Failure;
use serde::Serialize;
use std::collections::BTreeSet;
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

/// Reads the user in a text such as `user:anna.vogt`. `None` if it names another sender.
pub fn user_in(by: &str) -> Option<UserId> {
    by.strip_prefix("user:").and_then(|id| id.parse().ok())
}
