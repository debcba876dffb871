//! Why an appointment or an event was cancelled (APT-11).

use crate::base::is_default;
use serde::{Deserialize, Serialize};

/// The side from which a cancellation came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancellationSide {
    /// The customer.
    Customer,
    /// The dealer.
    Dealer,
    /// A side of another release.
    #[serde(other)]
    Unknown,
}

impl CancellationSide {
    /// Every side with its name in the API.
    pub const NAMES: [(&'static str, CancellationSide); 2] =
        [("customer", CancellationSide::Customer), ("dealer", CancellationSide::Dealer)];

    /// Returns the name as the API writes it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, side)| *side == self).map_or("unknown", |(name, _)| name)
    }
}

/// Why and from which side something was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Cancellation {
    /// One of [`CANCELLATION_REASONS`](crate::base::CANCELLATION_REASONS), one of the dealer's own reasons, or the text of another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The side. `None` if nobody stated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<CancellationSide>,
    /// A note, up to 2,000 characters.
    #[serde(default, skip_serializing_if = "is_default")]
    pub note: Option<String>,
}

impl Cancellation {
    /// Whether it states a reason, a side or a note that `known` does not have. What nobody states is no difference.
    pub fn differs_from(&self, known: &Self) -> bool {
        let reason = self.reason.is_some() && self.reason != known.reason;
        let side = self.side.is_some() && self.side != known.side;
        reason || side || (self.note.is_some() && self.note != known.note)
    }
}
