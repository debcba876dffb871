//! The names of the users whom a mail mentions.

use crate::sender::Sender;
use forecourt_domain::base::UserId;
use forecourt_store::Failure;
use forecourt_store::keys::WakeUp;
use std::collections::{BTreeMap, BTreeSet};

/// The names of users.
#[derive(Debug, Clone, Default)]
pub struct People(BTreeMap<UserId, String>);

impl People {
    /// Returns the name of a user; the id if the user is unknown.
    pub fn name(&self, user: &UserId) -> String {
        self.0.get(user).cloned().unwrap_or_else(|| user.to_string())
    }
}

impl FromIterator<(UserId, String)> for People {
    fn from_iter<T: IntoIterator<Item = (UserId, String)>>(names: T) -> Self {
        Self(names.into_iter().collect())
    }
}

impl Sender {
    /// Returns the names of `users`, at most 60 seconds old. Reads nothing if there are none.
    pub(crate) async fn people(&self, wake_up: &WakeUp, users: impl IntoIterator<Item = UserId>) -> Result<People, Failure> {
        let users: Vec<UserId> = users.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        if users.is_empty() {
            return Ok(People::default());
        }
        let found = self.platform.store.cached_users(&wake_up.scope(), &users).await?;
        Ok(found.iter().map(|user| (user.id.clone(), user.name.clone())).collect())
    }
}
