//! Who gets the next lead: the rolling distribution, and what happens when nobody can (DIS-1, DIS-2, DIS-6, DIS-11).

use crate::dealer::{Draft, Member};
use crate::ids::{DealerId, DistributionGroupId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The place of a dealer's rotation. It survives restarts, and every turn goes through it, so that it is fair under concurrency (DIS-2).
///
/// The circle is the members in the order of their ids, and the place is the member who was served last. So adding or removing
/// a user resets nobody's place, and who returns waits for the turn like everybody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// Whose rotation.
    pub dealer: DealerId,
    /// Of which of its distribution groups; `None`: of all its people (DIS-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<DistributionGroupId>,
    /// Who was served last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<UserId>,
    /// How many turns were given in all.
    pub turns: u64,
}

/// Who gets a lead, and why (DIS-11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The new owner.
    pub owner: UserId,
    /// Why this one.
    pub why: Why,
}

/// Why a lead went to its owner (DIS-11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The rule's id: `DIS-1` the rotation, `DIS-3` that of a group, `DIS-5` the contact is known, `DIS-6` nobody eligible, `DIS-7` by hand, `DIS-8`
    /// the pool.
    pub rule: String,
    /// The number of this turn in the rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
    /// The distribution group that a routing rule chose (DIS-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<DistributionGroupId>,
    /// Whose turn it would have been, and why it was not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
    /// In words, where a person gave some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Somebody whose turn it would have been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// Who.
    pub user: UserId,
    /// Why not.
    pub reason: PassedOverFor,
}

/// Why somebody was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassedOverFor {
    /// Away (DIS-4).
    Absent,
}

impl Rotation {
    /// A rotation that has served nobody yet.
    pub fn new(dealer: DealerId, group: Option<DistributionGroupId>) -> Self {
        Self { dealer, group, last: None, turns: 0 }
    }

    /// Gives the next turn at `now`. The rotation moves only where it chose: a fallback takes nobody's turn.
    pub fn next(&self, settings: &Draft, now: DateTime<Utc>) -> (Choice, Option<Rotation>) {
        let (circle, passed_over) = self.circle(settings, now);
        let Some(owner) = circle else {
            return (nobody_eligible(settings, self.group.clone(), passed_over, now), None);
        };
        let turned = Rotation { last: Some(owner.clone()), turns: self.turns + 1, ..self.clone() };
        let rule = if self.group.is_some() { "DIS-3" } else { "DIS-1" };
        let why = Why { rule: rule.into(), turn: Some(turned.turns), group: self.group.clone(), passed_over, note: None };
        (Choice { owner, why }, Some(turned))
    }

    /// The first present user after the last one, and who stood before in the circle but is away.
    fn circle(&self, settings: &Draft, now: DateTime<Utc>) -> (Option<UserId>, Vec<PassedOver>) {
        let in_group = |member: &Member| self.group.as_ref().is_none_or(|group| member.groups.contains(group));
        let mut members: Vec<&Member> = settings.members.iter().filter(|m| m.receives_leads && in_group(m)).collect();
        members.sort_by(|a, b| a.user.cmp(&b.user));
        let start = members.partition_point(|m| self.last.as_ref().is_some_and(|last| m.user <= *last));
        members.rotate_left(start);
        let mut passed_over = Vec::new();
        for member in members {
            if member.absence(now).is_none() {
                return (Some(member.user.clone()), passed_over);
            }
            passed_over.push(PassedOver { user: member.user.clone(), reason: PassedOverFor::Absent });
        }
        (None, passed_over)
    }
}

/// The fallback user; unset or absent: the administrator account (DIS-6).
fn nobody_eligible(settings: &Draft, group: Option<DistributionGroupId>, mut passed_over: Vec<PassedOver>, now: DateTime<Utc>) -> Choice {
    let owner = match &settings.fallback_user {
        Some(fallback) if settings.is_present(fallback, now) => fallback.clone(),
        Some(fallback) => {
            passed_over.push(PassedOver { user: fallback.clone(), reason: PassedOverFor::Absent });
            settings.admin_user.clone()
        }
        None => settings.admin_user.clone(),
    };
    Choice { owner, why: Why { rule: "DIS-6".into(), turn: None, group, passed_over, note: None } }
}
