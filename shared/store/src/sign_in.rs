//! The text by which tokens name a user: the stored subject, or the id of a user without one (SET-7, ACC-2).

use crate::keys::Key;
use crate::{Failure, Load, Loaded, Store, fingerprint};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{GroupId, UserId};
use forecourt_domain::people::{SubjectClaim, User};
use std::sync::Arc;

/// The text by which tokens name a user, with the hash under which the claim on it is stored.
#[derive(Debug, Clone)]
pub struct TokenName {
    text: String,
    key: String,
}

impl TokenName {
    /// The name `text`.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), key: fingerprint(text.as_bytes()) }
    }

    /// Returns the keys of the claim, of the user with this id, and, once the claim is read, of its user.
    pub fn keys(&self, loaded: &Loaded) -> Vec<Key> {
        let claimed = loaded.token_subject(&self.key).map(|claim| claim.user.clone());
        let users = [UserId::parse(&self.text).ok(), claimed].into_iter().flatten().map(Key::User);
        [Key::TokenSubject(self.key.clone())].into_iter().chain(users).collect()
    }

    /// Returns the state of the name for the user `id`, from the items of [`keys`](Self::keys).
    pub fn claim<'a>(&'a self, loaded: &'a Loaded, id: &UserId) -> SubjectClaim<'a> {
        let stored = loaded.token_subject(&self.key);
        let by_id = UserId::parse(&self.text).ok().and_then(|user| loaded.user(&user));
        let by_claim = stored.and_then(|claim| loaded.user(&claim.user));
        let names = |user: &&User| user.id != *id && user.is_here() && user.token_name() == self.text;
        SubjectClaim { key: &self.key, stored, holder: [by_id, by_claim].into_iter().flatten().find(names) }
    }
}

impl Store {
    /// Returns the user whom tokens of the group name by `text`, at most 60 seconds old. The user may have left. `None` if there is none.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn user_of_token(&self, group: &GroupId, text: &str) -> Result<Option<Arc<User>>, Failure> {
        let name = TokenName::new(text);
        let cached = format!("{group}#{}", name.key);
        // A user without a subject costs one read.
        let by_id = UserId::parse(text).ok().filter(|_| self.cached_subject(&cached).is_none());
        if let Some(id) = by_id
            && let Some(user) = self.user(group, &id).await?.filter(|user| user.token_name() == text)
        {
            return Ok(Some(user));
        }
        let scope = Scope::keys_only(group.clone());
        let load = async {
            let loaded = self.load(&scope, &Load::of([Key::TokenSubject(name.key.clone())])).await?;
            Ok(loaded.token_subject(&name.key).cloned())
        };
        let Some(claim) = self.subject_or_load(cached, load).await? else { return Ok(None) };
        Ok(self.user(group, &claim.user).await?.filter(|user| user.token_name() == text))
    }
}
