//! A dealer's settings: one validated whole with one version (SET).

use crate::access::Actor;
use crate::contact::{Country, Email, Language};
use crate::decision::{Decision, Item};
use crate::hours::Calendar;
use crate::ids::{DealerId, DistributionGroupId, UserId};
use crate::pool::PoolSettings;
use crate::refusal::Fault;
use crate::routing::RoutingRule;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
}

/// One change of a dealer's settings (SET-10). What was before is what the change before it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
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

/// Saves `settings` as the next version, and the change in the history (SET-10). Returns the dealer as it is then.
pub fn save(id: &DealerId, before: Option<&Dealer>, settings: Settings, by: Actor, now: DateTime<Utc>) -> (Decision, Dealer) {
    let version = before.map_or(0, |dealer| dealer.version) + 1;
    let since = before.map_or(now, |dealer| dealer.since);
    let change = Change { dealer: id.clone(), version, at: now, by, settings: settings.clone() };
    let dealer = Dealer { id: id.clone(), version, since, settings };
    (Decision::default().with(Item::Dealer(Box::new(dealer.clone()))).with(Item::Change(Box::new(change))), dealer)
}

/// What a dealer's admin sets. It can only be had validated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Draft")]
pub struct Settings(Draft);

impl std::ops::Deref for Settings {
    type Target = Draft;
    fn deref(&self) -> &Draft {
        &self.0
    }
}

/// Settings as written, before they are judged as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The dealer's name, as customers know it; 1 to 100 characters.
    pub name: String,
    /// Where it is: how its people write telephone numbers and dates.
    pub country: Country,
    /// The language of its people, where they have set none of their own.
    pub language: Language,
    /// Zone, opening hours, days off (SET-1, SET-2, CLK).
    pub calendar: Calendar,
    /// The durations of the steps (SET-3).
    #[serde(default)]
    pub escalation: Escalation,
    /// Who works here, and in which part.
    pub members: Vec<Member>,
    /// Gets what nobody in the rotation can get (DIS-6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback_user: Option<UserId>,
    /// Gets it where there is no fallback user, or that user is absent (DIS-6).
    pub admin_user: UserId,
    /// A pool instead of the rotation (SET-6, DIS-8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolSettings>,
    /// Groups of members who share the leads that routing rules give them (DIS-3).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distribution_groups: Vec<DistributionGroupId>,
    /// Which leads go to which group: the first that holds (DIS-3).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routing_rules: Vec<RoutingRule>,
    /// Known contacts without a lead in progress go through the rotation like everybody else, not to the owner they had (DIS-5).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub existing_contacts_to_rotation: bool,
    /// The dealer's own lead address; it identifies no contact (INT-6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_address: Option<Email>,
    /// Mail domains of portals that relay for their customers; an address of theirs identifies no contact (INT-6).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relay_domains: Vec<String>,
}

/// The durations of the steps, in minutes; 0 turns a step off (SET-3).
///
/// Defaults: level 1 after 120 working minutes, the reminder 30 minutes before it, level 2 a day (1440 minutes) after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Escalation {
    /// Working minutes from the enquiry to level 1; 0: no deadline, reminder or level 2 at all.
    pub level_1: u32,
    /// Clock minutes before level 1 at which the seller is reminded.
    pub reminder: u32,
    /// Clock minutes from level 1 to level 2.
    pub level_2: u32,
}

impl Default for Escalation {
    fn default() -> Self {
        Self { level_1: 120, reminder: 30, level_2: 1440 }
    }
}

impl Escalation {
    /// Longest duration of a step: 60 days.
    pub const MAX_MINUTES: u32 = 60 * 24 * 60;
}

/// One user's part at one dealer (SET-7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// Takes turns in the rotation ("erhält Anfragen").
    #[serde(default)]
    pub receives_leads: bool,
    /// May be given leads by hand ("kann Anfragen zugewiesen bekommen").
    #[serde(default)]
    pub assignable: bool,
    /// Whose leads they share (DIS-3).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<DistributionGroupId>,
    /// Who is told at level 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor: Option<UserId>,
    /// When this user is away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absences: Vec<Absence>,
}

/// A time away: from `from` until just before `until`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Absence {
    /// First instant away.
    pub from: DateTime<Utc>,
    /// First instant back.
    pub until: DateTime<Utc>,
    /// Who sees and works the leads meanwhile, and gets the notices (DIS-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deputy: Option<UserId>,
}

impl Member {
    /// The absence that holds at `now`, if any.
    pub fn absence(&self, now: DateTime<Utc>) -> Option<&Absence> {
        self.absences.iter().find(|a| a.from <= now && now < a.until)
    }
}

impl Draft {
    /// The part that `user` has here.
    pub fn member(&self, user: &UserId) -> Option<&Member> {
        self.members.iter().find(|m| m.user == *user)
    }

    /// Whether `user` works here and is not away at `now`.
    pub fn is_present(&self, user: &UserId, now: DateTime<Utc>) -> bool {
        self.member(user).is_some_and(|m| m.absence(now).is_none())
    }

    /// Who reads what is meant for `user` at `now`: the deputy while the user is absent and has one who is there (DIS-4).
    pub fn reader_for<'a>(&'a self, user: &'a UserId, now: DateTime<Utc>) -> &'a UserId {
        let deputy = self.member(user).and_then(|m| m.absence(now)).and_then(|a| a.deputy.as_ref());
        deputy.filter(|deputy| self.is_present(deputy, now)).unwrap_or(user)
    }

    /// Who is told at level 2 of a lead of `owner`: the supervisor, else the fallback user, else the administrator account (ESC-3).
    pub fn supervisor_of(&self, owner: Option<&UserId>) -> &UserId {
        let own = owner.and_then(|owner| self.member(owner)).and_then(|m| m.supervisor.as_ref());
        own.or(self.fallback_user.as_ref()).unwrap_or(&self.admin_user)
    }

    /// Judges the settings as a whole.
    ///
    /// # Errors
    /// Every fault with its field and rule.
    pub fn check(self) -> Result<Settings, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut fault = |field: String, rule, detail: &str| faults.push(Fault::new(field, rule, detail));
        if self.name.trim().is_empty() || self.name.chars().count() > 100 {
            fault("name".into(), "SET-4", "must be 1 to 100 characters");
        }
        let Escalation { level_1, reminder, level_2 } = self.escalation;
        for (name, minutes) in [("level_1", level_1), ("reminder", reminder), ("level_2", level_2)] {
            if minutes > Escalation::MAX_MINUTES {
                fault(format!("escalation.{name}"), "SET-3", "must be at most 86400 minutes (60 days)");
            }
        }
        if level_1 > 0 && !self.calendar.has_hours() {
            fault("escalation.level_1".into(), "SET-3", "needs opening hours; without any, set it to 0");
        }
        let unknown = |user: &UserId| self.member(user).is_none();
        if unknown(&self.admin_user) {
            fault("admin_user".into(), "SET-5", "must be one of the members");
        }
        if self.fallback_user.as_ref().is_some_and(unknown) {
            fault("fallback_user".into(), "SET-5", "must be one of the members");
        }
        for (i, member) in self.members.iter().enumerate() {
            if self.members[..i].iter().any(|m| m.user == member.user) {
                fault(format!("members[{i}].user"), "SET-7", "is named twice");
            }
            if member.supervisor.as_ref().is_some_and(unknown) {
                fault(format!("members[{i}].supervisor"), "SET-7", "must be one of the members");
            }
            for (j, absence) in member.absences.iter().enumerate() {
                if absence.until <= absence.from {
                    fault(format!("members[{i}].absences[{j}].until"), "SET-7", "must be after from");
                }
                if absence.deputy.as_ref().is_some_and(|d| unknown(d) || *d == member.user) {
                    fault(format!("members[{i}].absences[{j}].deputy"), "DIS-4", "must be another of the members");
                }
            }
        }
        self.check_distribution(&mut faults);
        if faults.is_empty() { Ok(Settings(self)) } else { Err(faults) }
    }
}

impl Draft {
    /// Judges pool, groups and routing rules (SET-6, DIS-3, DIS-8, DIS-9).
    fn check_distribution(&self, faults: &mut Vec<Fault>) {
        let mut fault = |field: String, rule, detail: String| faults.push(Fault::new(field, rule, detail));
        let known = |group: &DistributionGroupId| self.distribution_groups.contains(group);
        for (i, group) in self.distribution_groups.iter().enumerate() {
            if self.distribution_groups[..i].contains(group) {
                fault(format!("distribution_groups[{i}]"), "DIS-3", "is named twice".into());
            }
        }
        for (i, member) in self.members.iter().enumerate() {
            for group in member.groups.iter().filter(|group| !known(group)) {
                fault(format!("members[{i}].groups"), "DIS-3", format!("{group} is none of the distribution groups"));
            }
        }
        for (i, rule) in self.routing_rules.iter().enumerate().filter(|(_, rule)| !known(&rule.group)) {
            fault(format!("routing_rules[{i}].group"), "DIS-3", format!("{} is none of the distribution groups", rule.group));
        }
        let Some(pool) = &self.pool else { return };
        match self.member(&pool.user) {
            None => fault("pool.user".into(), "SET-6", "must be one of the members".into()),
            Some(member) if member.supervisor.is_none() => {
                fault("pool.user".into(), "SET-6", "needs a supervisor, who is told of leads that lie in the pool".into());
            }
            Some(_) => {}
        }
        if !self.distribution_groups.is_empty() {
            fault("pool".into(), "DIS-8", "cannot be combined with distribution groups".into());
        }
        let others: Vec<String> =
            self.members.iter().filter(|m| m.receives_leads && m.user != pool.user).map(|m| m.user.to_string()).collect();
        if !others.is_empty() {
            fault("pool".into(), "DIS-9", format!("nobody else may receive leads: {} would share them with the pool", others.join(", ")));
        }
    }
}

impl TryFrom<Draft> for Settings {
    type Error = String;
    fn try_from(draft: Draft) -> Result<Self, String> {
        let told =
            |faults: Vec<Fault>| faults.iter().map(|f| format!("{} {} ({})", f.field, f.detail, f.rule)).collect::<Vec<_>>().join("; ");
        draft.check().map_err(told)
    }
}
