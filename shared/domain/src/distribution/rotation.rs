//! Rotations: they choose the next user (DIS-1 to DIS-6).

use crate::base::{DealerId, DistributionGroupId, UserId};
use crate::settings::{DealerSettings, Member};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The state of a dealer's rotation. It is stored, and every turn updates it in its transaction, so that the rotation is fair under
/// concurrency (DIS-2).
///
/// The circle is the members in the order of their ids. The position is the member who was served last. So adding or removing a user
/// does not reset the position, and a user who returns waits for the next turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// The dealer.
    pub dealer: DealerId,
    /// The distribution group. `None` for the rotation of all members (DIS-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<DistributionGroupId>,
    /// The user who was served last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<UserId>,
    /// The number of turns so far.
    pub turns: u64,
    /// The users who are owed an extra turn because a lead of theirs was spam or a duplicate (DIS-10); one entry for each turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owed: Vec<UserId>,
}

/// The chosen owner of a lead, and the reason (DIS-11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The new owner.
    pub owner: UserId,
    /// The reason.
    pub why: AssignmentReason,
}

/// The reason for the assignment of a lead (DIS-11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentReason {
    /// The rule's id: `DIS-1` the rotation, `DIS-3` the rotation of a group, `DIS-5` a known contact, `DIS-6` no eligible user, `DIS-7` by
    /// hand, `DIS-8` the pool, `DIS-10` a turn given back, or the next user because nobody had reacted, `DIS-12` a
    /// hand-over.
    pub rule: String,
    /// The number of this turn in the rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
    /// The distribution group that a routing rule chose (DIS-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<DistributionGroupId>,
    /// The users who were passed over, each with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
    /// The note of the user who assigned the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A user who was passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The user.
    pub user: UserId,
    /// The reason.
    pub reason: PassedOverFor,
}

/// The reason why a user was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassedOverFor {
    /// The user is absent (DIS-4).
    Absent,
    /// The user had this lead before and did not react to it (DIS-10).
    HadIt,
}

impl Rotation {
    /// Creates a rotation that has served nobody yet.
    pub fn new(dealer: DealerId, group: Option<DistributionGroupId>) -> Self {
        Self { dealer, group, last: None, turns: 0, owed: Vec::new() }
    }

    /// Chooses the next user at `now`. The new rotation is `None` if no user was eligible: a fallback uses no turn.
    pub fn next(&self, settings: &DealerSettings, now: DateTime<Utc>) -> (Choice, Option<Rotation>) {
        if let Some((choice, turned)) = self.owed_turn(settings, now) {
            return (choice, Some(turned));
        }
        let (circle, passed_over) = self.circle(settings, now, &BTreeSet::new());
        let Some(owner) = circle else {
            return (nobody_eligible(settings, self.group.clone(), passed_over, now), None);
        };
        let rule = if self.group.is_some() { "DIS-3" } else { "DIS-1" };
        let (choice, turned) = self.turned_to(owner, rule, passed_over);
        (choice, Some(turned))
    }

    /// Chooses the next user who did not have the lead before. `None` if every present user had it (DIS-10).
    pub(crate) fn next_except(&self, had: &BTreeSet<UserId>, settings: &DealerSettings, now: DateTime<Utc>) -> Option<(Choice, Rotation)> {
        let (circle, passed_over) = self.circle(settings, now, had);
        Some(self.turned_to(circle?, "DIS-10", passed_over))
    }

    /// Gives an extra turn to the first user who is owed one and is present. The position of the rotation stays (DIS-10).
    fn owed_turn(&self, settings: &DealerSettings, now: DateTime<Utc>) -> Option<(Choice, Rotation)> {
        let eligible = |user: &UserId| self.members(settings).iter().any(|m| m.user == *user && m.absence(now).is_none());
        let at = self.owed.iter().position(eligible)?;
        let mut turned = self.clone();
        let owner = turned.owed.remove(at);
        turned.turns += 1;
        let why = AssignmentReason {
            rule: "DIS-10".into(),
            turn: Some(turned.turns),
            group: self.group.clone(),
            passed_over: Vec::new(),
            note: None,
        };
        Some((Choice { owner, why }, turned))
    }

    fn turned_to(&self, owner: UserId, rule: &str, passed_over: Vec<PassedOver>) -> (Choice, Rotation) {
        let turned = Rotation { last: Some(owner.clone()), turns: self.turns + 1, ..self.clone() };
        let why = AssignmentReason { rule: rule.into(), turn: Some(turned.turns), group: self.group.clone(), passed_over, note: None };
        (Choice { owner, why }, turned)
    }

    fn members<'a>(&self, settings: &'a DealerSettings) -> Vec<&'a Member> {
        let in_group = |member: &Member| self.group.as_ref().is_none_or(|group| member.groups.contains(group));
        settings.members.iter().filter(|m| m.receives_leads && in_group(m)).collect()
    }

    /// Returns the first present user after the last one who is not in `had`, and the users before them who were passed over.
    fn circle(&self, settings: &DealerSettings, now: DateTime<Utc>, had: &BTreeSet<UserId>) -> (Option<UserId>, Vec<PassedOver>) {
        let mut members = self.members(settings);
        members.sort_by(|a, b| a.user.cmp(&b.user));
        let start = members.partition_point(|m| self.last.as_ref().is_some_and(|last| m.user <= *last));
        members.rotate_left(start);
        let mut passed_over = Vec::new();
        for member in members {
            let reason = if had.contains(&member.user) {
                PassedOverFor::HadIt
            } else if member.absence(now).is_some() {
                PassedOverFor::Absent
            } else {
                return (Some(member.user.clone()), passed_over);
            };
            passed_over.push(PassedOver { user: member.user.clone(), reason });
        }
        (None, passed_over)
    }
}

/// Chooses the fallback user or, if unset or absent, the administrator account (DIS-6).
fn nobody_eligible(
    settings: &DealerSettings,
    group: Option<DistributionGroupId>,
    mut passed_over: Vec<PassedOver>,
    now: DateTime<Utc>,
) -> Choice {
    let owner = match &settings.fallback_user {
        Some(fallback) if settings.is_present(fallback, now) => fallback.clone(),
        Some(fallback) => {
            passed_over.push(PassedOver { user: fallback.clone(), reason: PassedOverFor::Absent });
            settings.admin_user.clone()
        }
        None => settings.admin_user.clone(),
    };
    Choice { owner, why: AssignmentReason { rule: "DIS-6".into(), turn: None, group, passed_over, note: None } }
}
