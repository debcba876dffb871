//! The lists of follow-ups.

use super::{Month, stamp};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{ChannelKey, ContactChannel, DealerId};
use forecourt_domain::follow_up::{ChainState, FollowUp};

/// A list of a dealer's follow-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowUpList {
    /// Those on the list of a method and those that wait for it, by the time from which they are on it.
    Method(ContactChannel),
    /// Those with an appointment, by the time of their latest change.
    Booked,
}

impl FollowUpList {
    /// Returns its name, which is part of keys and cursors.
    pub fn name(self) -> &'static str {
        match self {
            FollowUpList::Method(method) => method.name(),
            FollowUpList::Booked => "booked",
        }
    }

    pub(crate) fn partition(self, scope: &Scope, dealer: &DealerId) -> String {
        partition(scope, dealer, self.name())
    }
}

fn partition(scope: &Scope, dealer: &DealerId, list: &str) -> String {
    format!("{}#D#{dealer}#Q#{list}", scope.group())
}

/// Returns the partition and the place of a follow-up in the index `list`.
pub(crate) fn follow_up_listing(scope: &Scope, follow_up: &FollowUp) -> (String, String) {
    let dealer = &follow_up.dealer;
    let (partition, at) = match &follow_up.chain.state {
        ChainState::Open(step) => (FollowUpList::Method(step.method).partition(scope, dealer), step.from),
        ChainState::Booked { .. } => (FollowUpList::Booked.partition(scope, dealer), follow_up.updated),
        ChainState::Ended { at, .. } => (partition(scope, dealer, &format!("ended#{}", Month::of(*at).0)), *at),
    };
    (partition, format!("{}#{}", stamp(at), follow_up.id))
}

/// Returns the partition of the follow-ups of a contact in the index `work`.
pub(crate) fn follow_ups_of_contact(scope: &Scope, contact: &ChannelKey) -> String {
    format!("{}#FC#{}", scope.group(), contact.0)
}
