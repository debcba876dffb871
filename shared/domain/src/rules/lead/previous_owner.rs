//! The owner of a known contact's latest lead, who gets the next one (DIS-5).

use crate::base::UserId;
use crate::decision::Item;
use crate::distribution::{Availability, PassedOver, PassedOverFor};
use crate::lead::{Event, Lead};
use crate::rules::distribution::Lanes;
use chrono::{DateTime, Utc};

/// The owner of a known contact's latest lead here (DIS-5).
pub(super) enum Before {
    /// Gets the lead outside the rotation.
    Free(UserId),
    /// Would get it, but has the maximum of open leads (DIS-13).
    Full(UserId),
    /// There is none who is present and assignable, or the dealer has disabled this.
    Nobody,
}

/// Returns the owner of a known contact's latest lead here (DIS-5).
pub(super) fn owner_before(latest: Option<&Lead>, lanes: &mut Lanes<'_>, now: DateTime<Utc>) -> Before {
    let dealer = lanes.dealer();
    let settings = &dealer.settings;
    let owner = latest.filter(|_| !settings.existing_contacts_to_rotation).and_then(|lead| lead.owner.clone());
    let here = |owner: &UserId| {
        settings.member(owner).is_some_and(|member| member.assignable) && dealer.takes_leads(owner, settings.decided_at(now))
    };
    let Some(owner) = owner.filter(here) else { return Before::Nobody };
    let open = lanes.open();
    if Availability::new(dealer, open.as_ref(), now).is_full(&owner) { Before::Full(owner) } else { Before::Free(owner) }
}

/// Adds to an assignment that a full user was passed over.
pub(super) fn passing(full: UserId, (mut event, notice): (Event, Item)) -> (Event, Item) {
    if let Event::Assigned { why, .. } = &mut event
        && !why.passed_over.iter().any(|passed| passed.user == full)
    {
        why.passed_over.insert(0, PassedOver { user: full, reason: PassedOverFor::Full });
    }
    (event, notice)
}
