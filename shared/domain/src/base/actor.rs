//! The actor who performed an action, and the partners of a group.

use crate::base::{DealerId, PartnerId, UserId};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The author of a change, as the timeline shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "StoredActor")]
pub enum Actor {
    /// A user of the group.
    User(UserId),
    /// A partner's system.
    Partner(PartnerId),
    /// The lead's contact, by a link that was sent to them (CAL-8).
    Customer,
    /// Forecourt itself.
    System,
    /// An author of another release.
    Unknown,
}

/// An author as it is stored.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredActor {
    Known(KnownActor),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum KnownActor {
    User(UserId),
    Partner(PartnerId),
    Customer,
    System,
}

impl From<StoredActor> for Actor {
    fn from(stored: StoredActor) -> Self {
        match stored {
            StoredActor::Known(KnownActor::User(user)) => Actor::User(user),
            StoredActor::Known(KnownActor::Partner(partner)) => Actor::Partner(partner),
            StoredActor::Known(KnownActor::Customer) => Actor::Customer,
            StoredActor::Known(KnownActor::System) => Actor::System,
            StoredActor::Other(IgnoredAny) => Actor::Unknown,
        }
    }
}

impl Actor {
    /// Returns the id if the actor is a user.
    pub fn user(&self) -> Option<&UserId> {
        if let Actor::User(user) = self { Some(user) } else { None }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::User(user) => write!(f, "user:{user}"),
            Actor::Partner(partner) => write!(f, "partner:{partner}"),
            Actor::Customer => f.write_str("customer"),
            Actor::System => f.write_str("system"),
            Actor::Unknown => f.write_str("unknown"),
        }
    }
}

/// A text names no author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be user: or partner: with an id, customer, or system")]
pub struct BadActor;

impl FromStr for Actor {
    type Err = BadActor;

    fn from_str(text: &str) -> Result<Self, BadActor> {
        match text.split_once(':') {
            Some(("user", id)) => id.parse().map(Actor::User).map_err(|_| BadActor),
            Some(("partner", id)) => id.parse().map(Actor::Partner).map_err(|_| BadActor),
            Some(_) => Err(BadActor),
            None if text == "customer" => Ok(Actor::Customer),
            None if text == "system" => Ok(Actor::System),
            None => Err(BadActor),
        }
    }
}

/// A portal or a vendor's system (ACC-1). It may send enquiries to its dealers. The contact centre's and a dealer's own system may also
/// send appointments and reports about them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Partner {
    /// The partner's id.
    pub id: PartnerId,
    /// The dealers it may send to.
    pub dealers: BTreeSet<DealerId>,
    /// The kind of system. Default: a portal.
    #[serde(default)]
    pub kind: PartnerKind,
    /// The limit of its enquiries in a minute (SET-12). Default 600.
    #[serde(default = "enquiries_per_minute", skip_serializing_if = "is_default_limit")]
    pub enquiries_per_minute: u32,
}

impl Partner {
    /// The default limit of a sender's enquiries in a minute (SET-12).
    pub const ENQUIRIES_PER_MINUTE: u32 = 600;
}

fn enquiries_per_minute() -> u32 {
    Partner::ENQUIRIES_PER_MINUTE
}

fn is_default_limit(limit: &u32) -> bool {
    *limit == Partner::ENQUIRIES_PER_MINUTE
}

/// The kind of a partner. It determines the origin of the partner's appointments (APT-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartnerKind {
    /// A portal: makes no appointments.
    #[default]
    Portal,
    /// The contact centre's system.
    ContactCentre,
    /// A dealer's own system.
    DealerSystem,
}
