//! A dealer and its settings (SET-1 to SET-7).

mod appointments;
mod capacity;
mod check;
mod dealer_settings;
mod findings;
mod pool;
mod recompute;
mod routing;

pub use appointments::AppointmentSettings;
pub use capacity::{Capacity, CapacityDraft};
pub use dealer_settings::{Absence, DealerSettings, Escalation, Member};
pub use findings::{Finding, FindingKind, findings};
pub use pool::PoolSettings;
pub use recompute::{Recompute, moves_deadlines};
pub use routing::{Lane, RoutingCondition, RoutingRule};

use crate::base::{Actor, DealerId, Fault, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A dealer as stored: its settings and the version they have (SET-10).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dealer {
    /// Which dealer.
    pub id: DealerId,
    /// Counts the saves, from 1.
    pub version: u64,
    /// When it was set up: no lead of it is older.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub since: DateTime<Utc>,
    /// What the dealer's admin has set.
    pub settings: Settings,
    /// Who had a part here and has none any more, the latest last; at most a hundred. Their work is still here until somebody takes it over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<UserId>,
}

impl Dealer {
    /// Who may have work here: who has a part, and who had one.
    pub fn workers(&self) -> impl Iterator<Item = &UserId> {
        self.settings.members.iter().map(|member| &member.user).chain(&self.former)
    }

    /// How many customers a person takes here: the dealer's settings over the defaults, since a group has no settings of its own yet (CAL-7).
    pub fn capacity(&self) -> Capacity {
        Capacity::resolve(&self.settings.capacity, &CapacityDraft::default())
    }
}

/// One change of a dealer's settings (SET-10). What was before is what the change before it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SettingsChange {
    /// Whose settings.
    pub dealer: DealerId,
    /// The version that it made.
    pub version: u64,
    /// When.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Actor,
    /// The settings after it.
    pub settings: Settings,
}

/// What a dealer's admin sets. It can only be had validated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "DealerSettings")]
pub struct Settings(DealerSettings);

impl std::ops::Deref for Settings {
    type Target = DealerSettings;
    fn deref(&self) -> &DealerSettings {
        &self.0
    }
}

impl TryFrom<DealerSettings> for Settings {
    type Error = String;
    fn try_from(draft: DealerSettings) -> Result<Self, String> {
        let told =
            |faults: Vec<Fault>| faults.iter().map(|f| format!("{} {} ({})", f.field, f.detail, f.rule)).collect::<Vec<_>>().join("; ");
        draft.check().map_err(told)
    }
}
