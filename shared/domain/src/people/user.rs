//! A user: who they are, where they work, and their rights (SET-7, ACC-1).

use crate::base::{Actor, DealerId, Email, Language, Right, Role, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A person of a group (SET-7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// Counts the changes, from 1.
    #[serde(default = "first")]
    pub version: u64,
    /// As colleagues know them; 1 to 100 characters.
    pub name: String,
    /// Where notices go.
    pub email: Email,
    /// A mobile number in E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
    /// The language notices are written in.
    pub language: Language,
    /// What they are.
    pub role: Role,
    /// What they may do besides what their role may.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub rights: BTreeSet<Right>,
    /// Where they work.
    pub dealers: BTreeSet<DealerId>,
    /// Whether they are told of things at all.
    pub notices: bool,
    /// When they left the group: their token is good for nothing since.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub left: Option<DateTime<Utc>>,
}

impl User {
    /// Whether this user works in the group today.
    pub fn is_here(&self) -> bool {
        self.left.is_none()
    }
}

fn first() -> u64 {
    1
}

/// A user as a client writes one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "as in User")]
pub struct UserFacts {
    pub name: String,
    pub email: Email,
    #[serde(default)]
    pub mobile: Option<String>,
    pub language: Language,
    pub role: Role,
    #[serde(default)]
    pub rights: BTreeSet<Right>,
    pub dealers: BTreeSet<DealerId>,
    #[serde(default = "yes")]
    pub notices: bool,
}

fn yes() -> bool {
    true
}

/// One change of a user (SET-10). What was before is what the change before it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserChange {
    /// When.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Actor,
    /// The user after it.
    pub user: User,
}
