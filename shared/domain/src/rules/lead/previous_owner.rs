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
    /// Would get it, but cannot take a lead now: is absent, busy or off duty, or has the maximum of open leads (DIS-13).
    Unable(UserId, PassedOverFor),
    /// There is none who is assignable here, or the dealer has disabled this.
    Nobody,
}

/// Returns the owner of a known contact's latest lead here (DIS-5).
pub(super) fn owner_before(latest: Option<&Lead>, lanes: &mut Lanes<'_>, now: DateTime<Utc>) -> Before {
    let dealer = lanes.dealer();
    let settings = &dealer.settings;
    let owner = latest.filter(|_| !settings.existing_contacts_to_rotation).and_then(|lead| lead.owner.clone());
    let Some(member) = owner.and_then(|owner| settings.member(&owner)).filter(|member| member.assignable) else { return Before::Nobody };
    let open = lanes.open();
    match Availability::new(dealer, open.as_ref(), now).obstacles(member).next() {
        Some(reason) => Before::Unable(member.user.clone(), reason),
        None => Before::Free(member.user.clone()),
    }
}

/// Adds to an assignment that the owner of the contact's latest lead was passed over, unless that user gets the lead nevertheless.
pub(super) fn passing(user: UserId, reason: PassedOverFor, (mut event, notice): (Event, Item)) -> (Event, Item) {
    if let Event::Assigned { to, why, .. } = &mut event
        && *to != user
        && !why.passed_over.iter().any(|passed| passed.user == user)
    {
        why.passed_over.insert(0, PassedOver { user, reason });
    }
    (event, notice)
}
