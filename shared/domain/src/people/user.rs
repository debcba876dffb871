//! A user: name, addresses, dealers, role and rights (SET-7, ACC-1).

use crate::base::{Actor, DealerId, Email, Language, Right, Role, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;

/// A person of a group (SET-7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// The number of changes, from 1.
    #[serde(default = "first")]
    pub version: u64,
    /// The subject by which tokens name the user; 1 to 255 characters. `None`: they name the user by the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The name that colleagues see; 1 to 100 characters.
    pub name: String,
    /// The address for notices.
    pub email: Email,
    /// A mobile number in E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
    /// The language of notices.
    pub language: Language,
    /// The role.
    pub role: Role,
    /// Rights in addition to those of the role.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub rights: BTreeSet<Right>,
    /// The dealers where they work.
    pub dealers: BTreeSet<DealerId>,
    /// Whether they receive notices.
    pub notices: bool,
    /// The time at which they left the group. Their token is invalid since then.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub left: Option<DateTime<Utc>>,
}

impl User {
    /// Returns whether this user still belongs to the group.
    pub fn is_here(&self) -> bool {
        self.left.is_none()
    }

    /// Returns whether the role or an additional right permits `right`. The right to export comes only with a role (EXP-1).
    pub fn may(&self, right: Right) -> bool {
        self.role.may(right) || (right != Right::Export && self.rights.contains(&right))
    }

    /// Returns whether the user can read and work leads. Only such users take part in a distribution (DIS-12).
    pub fn works_leads(&self) -> bool {
        self.may(Right::ReadLeads) && self.may(Right::WorkLeads)
    }

    /// Returns the text by which tokens name this user: the subject, or the id of a user without one.
    pub fn token_name(&self) -> &str {
        self.subject.as_deref().unwrap_or(self.id.as_str())
    }
}

fn first() -> u64 {
    1
}

/// A user as written by a client. `None` keeps an optional field, `Some(None)` is its default (SET-10). A user who returns to the group
/// keeps only the subject.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "as in User")]
pub struct UserFacts {
    #[serde(default, deserialize_with = "given")]
    pub subject: Option<Option<String>>,
    pub name: String,
    pub email: Email,
    #[serde(default, deserialize_with = "given")]
    pub mobile: Option<Option<String>>,
    pub language: Language,
    pub role: Role,
    #[serde(default, deserialize_with = "given")]
    pub rights: Option<Option<BTreeSet<Right>>>,
    pub dealers: BTreeSet<DealerId>,
    #[serde(default, deserialize_with = "given")]
    pub notices: Option<Option<bool>>,
}

/// Reads a field that is present, be it null.
fn given<'a, D: Deserializer<'a>, T: Deserialize<'a>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What users may change of themselves (ACC-6). `None` keeps a field; `Some(None)` is its default (SET-10).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OwnFacts {
    /// The language.
    #[serde(default)]
    pub language: Option<Language>,
    /// Whether they receive notices; by default they do.
    #[serde(default, deserialize_with = "given")]
    pub notices: Option<Option<bool>>,
    /// A mobile number; by default none.
    #[serde(default, deserialize_with = "given")]
    pub mobile: Option<Option<String>>,
}

impl UserFacts {
    /// Returns the user's subject after the change.
    pub fn subject_after(&self, before: Option<&User>) -> Option<String> {
        match &self.subject {
            Some(given) => given.clone(),
            None => before.and_then(|user| user.subject.clone()),
        }
    }

    /// Returns the user's additional rights after the change.
    pub fn rights_after(&self, before: Option<&User>) -> BTreeSet<Right> {
        let kept = || before.filter(|user| user.is_here()).map(|user| user.rights.clone());
        self.rights.clone().unwrap_or_else(kept).unwrap_or_default()
    }

    /// Returns whether the user receives notices after the change.
    pub fn notices_after(&self, before: Option<&User>) -> bool {
        let kept = || before.filter(|user| user.is_here()).map(|user| user.notices);
        self.notices.unwrap_or_else(kept).unwrap_or(true)
    }
}

/// One change of a user (SET-10). The user before it is in the previous change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserChange {
    /// The time of the change.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The author of the change.
    pub by: Actor,
    /// The user after the change.
    pub user: User,
}
