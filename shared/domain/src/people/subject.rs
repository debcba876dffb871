//! The subject by which tokens name a user (SET-7, ACC-2).

use super::User;
use crate::base::{Fault, Refusal, UserId};
use serde::{Deserialize, Serialize};

/// The claim of a user on the subject by which tokens name them. It is stored with the user, so that no two users of a group have one
/// subject. It may be out of date: the user's own record decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSubject {
    /// A hash of the subject.
    pub key: String,
    /// The user.
    pub user: UserId,
}

/// The state of the text by which tokens name a user: a subject, or the id of a user without one.
#[derive(Debug, Clone, Copy)]
pub struct SubjectClaim<'a> {
    /// The hash of the text.
    pub key: &'a str,
    /// The stored claim on it.
    pub stored: Option<&'a TokenSubject>,
    /// Another user of the group whom tokens with this text name.
    pub holder: Option<&'a User>,
}

impl SubjectClaim<'_> {
    /// Returns the claim of `user` on the text. `before` is the user before the change. `None` if tokens already named this user by the
    /// text, and the user is found by the stored claim or by the id. Otherwise the claim is written even if it is stored: the write
    /// conflicts with the claim of another user at the same time.
    ///
    /// # Errors
    /// A fault if tokens with this text name another user of the group.
    pub fn claimed(self, before: Option<&User>, user: &User) -> Result<Option<TokenSubject>, Refusal> {
        if let Some(fault) = self.fault(user.subject.as_deref()) {
            return Err(Refusal::Invalid(vec![fault]));
        }
        let was_named = before.is_some_and(|before| before.is_here() && before.token_name() == user.token_name());
        let is_found = user.subject.is_none() || self.stored.is_some_and(|stored| stored.user == user.id);
        let is_claimed = was_named && is_found;
        Ok((!is_claimed).then(|| TokenSubject { key: self.key.to_owned(), user: user.id.clone() }))
    }

    /// Returns the fault of a user with this subject if tokens name another user. It does not name that user, whom the principal may not
    /// see.
    pub fn fault(self, subject: Option<&str>) -> Option<Fault> {
        self.holder?;
        let field = if subject.is_some() { "subject" } else { "user" };
        Some(Fault::new(field, "SET-7", "must be unique: tokens with this text name another user of the group"))
    }
}
