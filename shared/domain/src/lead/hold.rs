//! Legal holds of a lead (PRV-5).

use crate::base::Actor;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The reason of a legal hold. A free text could name the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// The data is evidence for a claim, also a future one.
    LegalClaim,
    /// An authority or a court demands that the data is kept.
    Authority,
    /// A law on accounting or taxes demands it.
    Accounting,
    /// Another reason, which is in the files of the group.
    Other,
    /// A reason of another release.
    #[serde(other)]
    Unknown,
}

impl HoldReason {
    /// Every reason with its name in the API.
    pub const NAMES: [(&'static str, HoldReason); 4] = [
        ("legal_claim", HoldReason::LegalClaim),
        ("authority", HoldReason::Authority),
        ("accounting", HoldReason::Accounting),
        ("other", HoldReason::Other),
    ];

    /// Returns the name in the API.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, reason)| *reason == self).map_or("unknown", |(name, _)| name)
    }
}

/// A legal hold as its leads keep it. While it stands, nobody erases the lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadHold {
    /// The id of the hold.
    pub id: String,
    /// The reason.
    pub reason: HoldReason,
    /// The actor who placed it.
    pub by: Actor,
    /// When it was placed.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
}
