//! A dealer and its settings (SET-1 to SET-7).

mod absence_orders;
mod appointments;
mod capacity;
mod check;
mod deadline_rules;
mod dealer_settings;
mod findings;
mod follow_up_plan;
mod follow_ups;
mod hand_over;
mod instant_answer;
mod limits;
mod location;
mod mail_layouts;
mod mail_server;
mod member;
mod pool;
mod presence;
mod recompute;
mod references;
mod routing;
mod sites;
mod text_number;

pub use appointments::AppointmentSettings;
pub use capacity::{Capacity, CapacityDraft};
pub use deadline_rules::DeadlineRule;
pub use dealer_settings::{DealerSettings, Escalation};
pub use findings::{Finding, FindingKind, findings, returned_notices};
pub use follow_up_plan::{FollowUpPlan, PlanStart, PlanStep};
pub use follow_ups::{FollowUpSettings, JobType, MethodStep};
pub use hand_over::{AbsenceHandOver, BadTarget, GivenBooking, HandOver, HandOverPhase, HandOverReason, HandOverTo, Moved};
pub use instant_answer::InstantAnswer;
pub use limits::SendingLimits;
pub use location::Location;
pub use mail_layouts::{MailField, MailLayout};
pub use mail_server::{BadMailServer, MailSecurity, MailServer};
pub use member::{Absence, DayOfWeek, Member, WeeklyAbsence};
pub use pool::PoolSettings;
pub use presence::Presence;
pub use recompute::{Recompute, moves_deadlines};
pub use references::Reference;
pub use routing::{Lane, RoutingCondition, RoutingRule};
pub use sites::VehicleSite;
pub use text_number::{NumberChange, TextNumber};

use crate::base::text::{composed, forbidden, is_line, visible};
use crate::base::{Actor, DealerId, UserId, known_entries};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// A dealer as stored: its settings and their version (SET-10).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dealer {
    /// The dealer's id.
    pub id: DealerId,
    /// The number of times the settings were saved, from 1.
    pub version: u64,
    /// The time of its creation: no lead of it is older.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub since: DateTime<Utc>,
    /// The settings.
    pub settings: Settings,
    /// The former members, the latest last; at most a hundred. Their open work is handed over (DIS-12); closed leads keep their owner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<UserId>,
    /// The users who are busy, each with the end of it. They change without a new version of the settings (DIS-13).
    #[serde(default, deserialize_with = "known_entries", skip_serializing_if = "BTreeMap::is_empty")]
    pub busy: BTreeMap<UserId, DateTime<Utc>>,
    /// The version of the settings from which on the open leads of each user are counted. `None` if no member has a maximum (DIS-13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_since: Option<u64>,
}

impl Dealer {
    /// Returns the users who may have work here: the members and the former members.
    pub fn workers(&self) -> impl Iterator<Item = &UserId> {
        self.settings.members.iter().map(|member| &member.user).chain(&self.former)
    }

    /// Returns the capacity of a person here: the dealer's settings over the defaults, because a group has no settings yet (CAL-7).
    pub fn capacity(&self) -> Capacity {
        Capacity::resolve(&self.settings.capacity, &CapacityDraft::default())
    }
}

/// One change of a dealer's settings (SET-10). The settings before it are in the previous change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SettingsChange {
    /// The dealer.
    pub dealer: DealerId,
    /// The version after the change.
    pub version: u64,
    /// The time of the change.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The author of the change.
    pub by: Actor,
    /// The settings after the change.
    pub settings: Settings,
}

/// Settings of a dealer that may be saved: the only ways to create them are [`DealerSettings::check`] and [`DealerSettings::check_change`].
///
/// Stored settings are read without a check, because another release may have stored them by its own rules. They may break a rule of this
/// release: [`findings()`] lists each such setting, and the next change of its part must correct it (SET-8).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(#[serde(deserialize_with = "read_stored")] DealerSettings);

impl Settings {
    /// Returns the settings without absences that ended more than a day before `now`, so that they stay small. The history keeps them
    /// (DIS-4).
    pub fn without_ended_absences(mut self, now: DateTime<Utc>) -> Self {
        for member in &mut self.0.members {
            member.absences.retain(|absence| absence.until > now - TimeDelta::days(1));
        }
        self
    }
}

impl std::ops::Deref for Settings {
    type Target = DealerSettings;
    fn deref(&self) -> &DealerSettings {
        &self.0
    }
}

/// Reads stored settings. An earlier release also accepted names with line ends and control characters, so the name is read as a line.
fn read_stored<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DealerSettings, D::Error> {
    let mut settings = DealerSettings::deserialize(deserializer)?;
    settings.name = as_line(&settings.name);
    Ok(settings)
}

/// Returns a name as one line: without line ends, control characters, invisible characters and outer spaces. Returns `?` if nothing
/// visible is left.
fn as_line(name: &str) -> String {
    let shown = visible(name, ' ').replace(forbidden, " ");
    let words = composed(&shown).split_whitespace().collect::<Vec<_>>().join(" ");
    if is_line(&words, usize::MAX) { words } else { "?".to_owned() }
}
