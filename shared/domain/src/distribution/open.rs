//! The open leads of each user, and who can get a lead at a given time (DIS-4, DIS-13).

use crate::base::{UserId, known_entries};
use crate::distribution::PassedOverFor;
use crate::settings::{Dealer, DealerSettings, Member};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The number of leads in progress of each user of a dealer. Each lead of the count carries a [`Counted`]; both change in one commit, so
/// the numbers are exact under concurrency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenLeads {
    /// The version of the settings with which this count began. Leads that an earlier count has are not in this one.
    since: u64,
    /// The number of leads of each user who has any.
    #[serde(default, deserialize_with = "known_entries", skip_serializing_if = "BTreeMap::is_empty")]
    of: BTreeMap<UserId, u32>,
}

/// A lead's entry in a count of open leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The user among whose leads it is counted.
    pub user: UserId,
    /// The count that has it: the version of the settings with which the count began.
    pub since: u64,
}

impl OpenLeads {
    /// Returns the number of open leads of `user`.
    pub fn of(&self, user: &UserId) -> u32 {
        self.of.get(user).copied().unwrap_or_default()
    }

    /// Returns the version of the settings with which this count began.
    pub fn since(&self) -> u64 {
        self.since
    }

    /// Moves a lead within the count: out of the entry `from`, and into the entry `to`. Returns the lead's new entry.
    ///
    /// A newer count replaces an older one. An entry of another count than this one is void. `to` is left out if this count is newer: the
    /// settings were read just before they changed, and the recomputation that follows counts the lead.
    pub(super) fn moved(count: &mut Option<Self>, from: Option<&Counted>, to: Option<Counted>) -> Option<Counted> {
        if let Some(to) = &to
            && count.as_ref().is_none_or(|count| count.since < to.since)
        {
            *count = Some(Self { since: to.since, of: BTreeMap::new() });
        }
        let count = count.as_mut()?;
        if let Some(from) = from.filter(|from| from.since == count.since) {
            match count.of.get_mut(&from.user) {
                Some(open) if *open > 1 => *open -= 1,
                _ => drop(count.of.remove(&from.user)),
            }
        }
        let to = to.filter(|to| to.since == count.since)?;
        *count.of.entry(to.user.clone()).or_default() += 1;
        Some(to)
    }
}

/// The state that determines who can get a lead.
#[derive(Debug, Clone, Copy)]
pub struct Availability<'a> {
    dealer: &'a Dealer,
    open: Option<&'a OpenLeads>,
    at: DateTime<Utc>,
}

impl<'a> Availability<'a> {
    /// Creates the state for a lead that is distributed at `now`: presence counts at the instant at which the response clock starts
    /// ([`DealerSettings::decided_at`]). `open` is `None` if the dealer counts no open leads.
    pub fn new(dealer: &'a Dealer, open: Option<&'a OpenLeads>, now: DateTime<Utc>) -> Self {
        Self { dealer, open, at: dealer.settings.decided_at(now) }
    }

    pub(crate) fn settings(&self) -> &'a DealerSettings {
        &self.dealer.settings
    }

    /// Returns whether `user` works here and is present.
    pub(crate) fn is_present(&self, user: &UserId) -> bool {
        self.settings().is_present(user, self.at)
    }

    fn fills(&self, member: &Member) -> bool {
        member.max_open.zip(self.open).is_some_and(|(most, open)| open.of(&member.user) >= most)
    }

    /// Returns whether `user` has the maximum of open leads.
    pub(crate) fn is_full(&self, user: &UserId) -> bool {
        self.settings().member(user).is_some_and(|member| self.fills(member))
    }

    /// Returns every reason why a member cannot get a lead. It looks up no other member, because every turn asks for all of them.
    pub(crate) fn obstacles(&self, member: &Member) -> impl Iterator<Item = PassedOverFor> {
        let settings = self.settings();
        let absent = settings.is_absent(member, self.at).then_some(PassedOverFor::Absent);
        let busy = self.dealer.busy_until(&member.user, self.at).map(|_| PassedOverFor::Busy);
        // A dealer may prefer to give leads outside own hours (DIS-13).
        let off_duty = !settings.leads_outside_own_hours && !settings.is_on_duty(member, self.at);
        let off_duty = off_duty.then_some(PassedOverFor::OffDuty);
        [absent, busy, off_duty, self.fills(member).then_some(PassedOverFor::Full)].into_iter().flatten()
    }

    /// Returns every reason against an assignment by hand: the member is absent, which includes the time outside their own hours, or has
    /// the maximum of open leads. A busy user can be assigned leads.
    pub(crate) fn obstacles_by_hand(&self, member: &Member) -> impl Iterator<Item = PassedOverFor> {
        let obstacles: BTreeSet<PassedOverFor> = self.obstacles(member).collect();
        let off = [PassedOverFor::Absent, PassedOverFor::OffDuty].iter().any(|away| obstacles.contains(away));
        let full = obstacles.contains(&PassedOverFor::Full);
        [off.then_some(PassedOverFor::Absent), full.then_some(PassedOverFor::Full)].into_iter().flatten()
    }

    /// Returns the number of open leads of `user` and the maximum. `None` if the user has no maximum.
    pub(crate) fn load_of(&self, user: &UserId) -> Option<(u32, u32)> {
        Some((self.open?.of(user), self.settings().member(user)?.max_open?))
    }
}
