//! Rotations: they choose the next user (DIS-1 to DIS-6, DIS-13).

use crate::base::{DealerId, DistributionGroupId, UserId};
use crate::distribution::shares::{Shares, Weights};
use crate::distribution::{AssignmentReason, Availability, Choice, Counted, OpenLeads, PassedOver, PassedOverFor};
use crate::settings::{DealerSettings, Member};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The state of a dealer's rotation. It is stored, and every turn updates it in its transaction, so that the rotation is fair under
/// concurrency (DIS-2).
///
/// The circle is the members in the order of their ids. The position is the member who was served last. So adding or removing a user
/// does not reset the position, and a user who returns waits for the next turn. With unequal weights, [`Shares`] determine the order, and
/// the circle decides between equal credits.
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
    /// The users who are passed over once, because they got an extra turn for a lead that was reopened (DIS-10); one entry for each turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owes: Vec<UserId>,
    /// The turns by weight. Empty if all weights are equal (DIS-13).
    #[serde(default, skip_serializing_if = "Shares::is_empty")]
    pub shares: Shares,
    /// The open leads of each user. Only in the rotation of all members, and only if a member has a maximum (DIS-13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<OpenLeads>,
}

/// The maximum number of turns that a rotation owes, and that are owed to it. Further turns are not recorded.
const OWED: usize = 1_000;

impl Rotation {
    /// Creates a rotation that has served nobody yet.
    pub fn new(dealer: DealerId, group: Option<DistributionGroupId>) -> Self {
        Self { dealer, group, last: None, turns: 0, owed: Vec::new(), owes: Vec::new(), shares: Shares::default(), open: None }
    }

    /// Chooses the next user. The new rotation is `None` if no user was eligible: a fallback uses no turn.
    pub fn next(&self, available: &Availability<'_>) -> (Choice, Option<Rotation>) {
        if let Some((choice, turned)) = self.owed_turn(available) {
            return (choice, Some(turned));
        }
        let mut turned = self.clone();
        let (owner, passed_over) = turned.take_turn(available, Kind::Regular);
        let Some(owner) = owner else {
            return (nobody_eligible(available, self.group.clone(), passed_over), None);
        };
        let rule = if self.group.is_some() { "DIS-3" } else { "DIS-1" };
        (turned.chosen(owner, rule, passed_over), Some(turned))
    }

    /// Chooses the next user who did not have the lead before. `None` if every user who can get it had it (DIS-10).
    pub(crate) fn next_except(&self, had: &BTreeSet<UserId>, available: &Availability<'_>) -> Option<(Choice, Rotation)> {
        let mut turned = self.clone();
        let (owner, passed_over) = turned.take_turn(available, Kind::PassedOn(had));
        Some((turned.chosen(owner?, "DIS-10", passed_over), turned))
    }

    /// Gives a turn back to `user`: an extra turn, or an earlier one that is not owed any more (DIS-10).
    pub(crate) fn give_back(&mut self, user: &UserId) {
        settle(&mut self.owes, &mut self.owed, user);
    }

    /// Takes a turn that was given back from `user` again. If the user has used it, the user is passed over once (DIS-10).
    pub(crate) fn take_back(&mut self, user: &UserId) {
        settle(&mut self.owed, &mut self.owes, user);
    }

    /// Moves a lead within the count of open leads. Returns the lead's new entry.
    pub(crate) fn recount(&mut self, from: Option<&Counted>, to: Option<Counted>) -> Option<Counted> {
        OpenLeads::moved(&mut self.open, from, to)
    }

    /// Gives an extra turn to the first user who is owed one and can get a lead. The position of the rotation stays, and the turn counts
    /// for no share, because the lead for which it makes up was counted (DIS-10).
    fn owed_turn(&self, available: &Availability<'_>) -> Option<(Choice, Rotation)> {
        let members = self.members(available.settings());
        let eligible = |user: &UserId| members.iter().any(|m| m.user == *user && available.obstacles(m).next().is_none());
        let at = self.owed.iter().position(eligible)?;
        let mut passed_over = Vec::new();
        for member in self.owed[..at].iter().filter_map(|owed| members.iter().find(|member| member.user == *owed)) {
            available.obstacles(member).take(1).for_each(|reason| note(&mut passed_over, &member.user, reason));
        }
        let mut turned = self.clone();
        let owner = turned.owed.remove(at);
        Some((turned.chosen(owner, "DIS-10", passed_over), turned))
    }

    fn chosen(&mut self, owner: UserId, rule: &str, passed_over: Vec<PassedOver>) -> Choice {
        self.turns += 1;
        let why = AssignmentReason { turn: Some(self.turns), group: self.group.clone(), passed_over, ..AssignmentReason::of(rule) };
        Choice { owner, why }
    }

    fn members<'a>(&self, settings: &'a DealerSettings) -> Vec<&'a Member> {
        let in_group = |member: &Member| self.group.as_ref().is_none_or(|group| member.groups.contains(group));
        settings.members.iter().filter(|m| m.receives_leads && in_group(m)).collect()
    }

    /// Moves on by one turn. Returns the user whose turn it is, and the users who were passed over: those before that one in the circle.
    /// With weights there is no such order, so it is every user who cannot get the lead. A user who owes a turn loses it, unless every
    /// other user who can get the lead owes one too.
    fn take_turn(&mut self, available: &Availability<'_>, kind: Kind<'_>) -> (Option<UserId>, Vec<PassedOver>) {
        let mut members = self.members(available.settings());
        members.sort_by(|a, b| a.user.cmp(&b.user));
        members.dedup_by(|a, b| a.user == b.user);
        let obstacle = |member: &Member| match kind {
            Kind::PassedOn(had) if had.contains(&member.user) => Some(PassedOverFor::HadIt),
            _ => available.obstacles(member).next(),
        };
        let obstacles: Vec<Option<PassedOverFor>> = members.iter().map(|member| obstacle(member)).collect();
        let candidates: Vec<(&Member, Option<PassedOverFor>)> = members.into_iter().zip(obstacles).collect();
        let eligible = || candidates.iter().filter(|(_, obstacle)| obstacle.is_none()).map(|(member, _)| *member);
        let weights = Weights::of(eligible().map(|member| (&member.user, member.weight)));
        let is_weighted = candidates.windows(2).any(|pair| pair[0].0.weight != pair[1].0.weight);
        if is_weighted {
            self.shares.keep(|user| candidates.iter().any(|(member, _)| member.user == *user));
        } else {
            self.shares = Shares::default();
        }
        if is_weighted && matches!(kind, Kind::Regular) && eligible().next().is_some() {
            self.shares.begin(&weights);
        }
        let somebody_owes_none = eligible().any(|member| !self.owes.contains(&member.user));
        let mut passed_over: Vec<PassedOver> = Vec::new();
        loop {
            let may: Box<dyn Fn(&UserId) -> bool + '_> = match kind {
                Kind::Regular if is_weighted => Box::new(self.shares.can_serve(&weights)),
                _ => Box::new(|_| true),
            };
            let mut next = None;
            for (member, obstacle) in self.in_order(&candidates) {
                match obstacle {
                    Some(reason) => note(&mut passed_over, &member.user, *reason),
                    None if next.is_none() && may(&member.user) => next = Some(member.user.clone()),
                    None => {}
                }
                if next.is_some() && !is_weighted {
                    break;
                }
            }
            drop(may);
            let Some(user) = next else { return (None, passed_over) };
            self.last = Some(user.clone());
            match kind {
                Kind::Regular if is_weighted => self.shares.count_turn(&user, &weights),
                Kind::PassedOn(_) if is_weighted => self.shares.credit_turn(&user, &weights),
                _ => {}
            }
            match self.owes.iter().position(|owes| *owes == user).filter(|_| somebody_owes_none) {
                Some(at) => {
                    self.owes.remove(at);
                    note(&mut passed_over, &user, PassedOverFor::OwesTurn);
                }
                None => {
                    passed_over.retain(|passed| passed.user != user);
                    return (Some(user), passed_over);
                }
            }
        }
    }

    /// Sorts members for the next turn: by credit, the highest first, then in the circle after the last one.
    fn in_order<'a, T>(&self, members: &'a [(&'a Member, T)]) -> Vec<&'a (&'a Member, T)> {
        let start = members.partition_point(|(m, _)| self.last.as_ref().is_some_and(|last| m.user <= *last));
        let mut circle: Vec<&(&Member, T)> = members[start..].iter().chain(&members[..start]).collect();
        if !self.shares.is_empty() {
            circle.sort_by_cached_key(|(member, _)| Reverse(self.shares.credit(&member.user)));
        }
        circle
    }
}

/// The kind of a turn.
#[derive(Clone, Copy)]
enum Kind<'a> {
    /// The turn of a new lead.
    Regular,
    /// The turn of a lead that these users had and did not react to. With weights it changes only the credits: its eligible users are
    /// others than those of the stretch, which goes on (DIS-10, DIS-13).
    PassedOn(&'a BTreeSet<UserId>),
}

/// Adds a user who was passed over, once.
fn note(passed_over: &mut Vec<PassedOver>, user: &UserId, reason: PassedOverFor) {
    if !passed_over.iter().any(|passed| passed.user == *user) {
        passed_over.push(PassedOver { user: user.clone(), reason });
    }
}

/// Removes an entry of `user` from `from`, or adds one to `to` if there is none.
fn settle(from: &mut Vec<UserId>, to: &mut Vec<UserId>, user: &UserId) {
    match from.iter().position(|entry| entry == user) {
        Some(at) => drop(from.remove(at)),
        None if to.len() < OWED => to.push(user.clone()),
        None => {}
    }
}

/// Chooses the first person present of: the fallback user, the administrator, the users who receive leads, the assignable users. If nobody
/// is present, it is the administrator. A maximum of open leads does not apply (DIS-6).
fn nobody_eligible(available: &Availability<'_>, group: Option<DistributionGroupId>, mut passed_over: Vec<PassedOver>) -> Choice {
    let settings = available.settings();
    let by = |wanted: fn(&&Member) -> bool| settings.members.iter().filter(wanted).map(|member| &member.user);
    let first = || settings.fallback_user.iter().chain([&settings.admin_user]);
    let mut order = first().chain(by(|member| member.receives_leads)).chain(by(|member| member.assignable));
    let owner = order.find(|user| available.is_present(user)).unwrap_or(&settings.admin_user).clone();
    for user in first().take_while(|user| **user != owner) {
        note(&mut passed_over, user, PassedOverFor::Absent);
    }
    Choice { owner, why: AssignmentReason { group, passed_over, ..AssignmentReason::of("DIS-6") } }
}
