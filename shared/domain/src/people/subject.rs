//! The subject by which tokens name a user (SET-7, ACC-2).

use crate::base::UserId;
use serde::{Deserialize, Serialize};

/// The claim of a user on the subject by which tokens name them. It is stored with the user, so that no two users of a group have one subject.
/// It may be out of date: the user's own record decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSubject {
    /// A hash of the subject.
    pub key: String,
    /// The user.
    pub user: UserId,
}
