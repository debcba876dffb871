//! The dealer, the contact and the stored items to which an enquiry refers.

use forecourt_domain::access::Scope;
use forecourt_domain::base::{ChannelKey, DealerId, LeadId};
use forecourt_domain::directory::{Recognised, recognise};
use forecourt_domain::enquiry::{Enquiry, RoutingCriteria};
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::lead::intake::Arrival;
use forecourt_domain::settings::{Dealer, Lane};
use forecourt_edge::Platform;
use forecourt_edge::usecase::directory::{self, contact_of, records};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Loaded};
use std::sync::Arc;

/// The dealer whose rules apply to an enquiry (INT-10).
#[derive(Default)]
pub(crate) struct Sited {
    /// The dealer of the vehicle's site. `None` if the addressed dealer's own rules apply.
    pub(crate) other: Option<Arc<Dealer>>,
    /// The site, if the addressed dealer uses the rules of the site and no dealer that agreed to it has this id or name.
    pub(crate) unknown_site: Option<String>,
}

/// Finds the dealer of the vehicle's site if the addressed dealer uses `rules_of_vehicle_location`: by id, or by the names of the dealer's sites
/// (INT-10). Only a dealer that accepts enquiries from the addressed dealer is found.
pub(crate) async fn site(platform: &Platform, scope: &Scope, dealer: &Dealer, enquiry: &Enquiry) -> Result<Sited, Failure> {
    let Some(site) = dealer.settings.site_of(enquiry) else { return Ok(Sited::default()) };
    let named = DealerId::parse(&site.to_lowercase()).ok();
    if named.as_ref() == Some(&dealer.id) || dealer.settings.is_named(site) {
        return Ok(Sited::default());
    }
    let sites = &dealer.settings.vehicle_sites;
    let called = sites.iter().filter(|known| known.is_called(site)).map(|known| &known.dealer);
    for id in named.iter().chain(called) {
        if let Some(other) = agreed(platform, scope, dealer, id).await? {
            return Ok(Sited { other: Some(other), unknown_site: None });
        }
    }
    for known in sites {
        if let Some(other) = agreed(platform, scope, dealer, &known.dealer).await?.filter(|other| other.settings.is_named(site)) {
            return Ok(Sited { other: Some(other), unknown_site: None });
        }
    }
    Ok(Sited { other: None, unknown_site: Some(site.to_owned()) })
}

/// Returns the dealer `id` if it accepts enquiries from `dealer`.
async fn agreed(platform: &Platform, scope: &Scope, dealer: &Dealer, id: &DealerId) -> Result<Option<Arc<Dealer>>, Failure> {
    let other = platform.store.dealer(scope, id).await?;
    Ok(other.filter(|other| other.settings.accepts_enquiries_from.contains(&dealer.id)))
}

/// Returns the keys that the items of the first read refer to: contact records behind aliases, the lead of a receipt, the contact's latest lead.
pub(crate) fn referenced_keys(loaded: &Loaded, channels: &[ChannelKey], dealer: &DealerId, arrival: &Arrival) -> Vec<Key> {
    let lead = arrival.receipt.as_deref().and_then(|key| loaded.receipt(key)).map(|receipt| Key::Lead(receipt.lead));
    // A known contact may have a lead at this dealer to which this enquiry is added, or was added before.
    let known = channels.iter().filter_map(|channel| contact_of(loaded, channel)).find_map(|contact| contact.latest.get(dealer).copied());
    let latest = known.into_iter().flat_map(|lead| [Key::Lead(lead), Key::Receipt(arrival.origin.clone())]);
    let added = loaded.receipt(&arrival.origin).map(|receipt| Key::Lead(receipt.lead));
    records(loaded, channels).into_iter().chain(lead).chain(latest).chain(added).collect()
}

/// Returns the contact of an enquiry as it will be stored in the directory, and the contact's latest lead at `dealer` (INT-6, DIS-5).
pub(crate) fn recognised<'a>(
    loaded: &'a Loaded,
    channels: &[ChannelKey],
    dealer: &DealerId,
    id: LeadId,
) -> (Option<Recognised>, Option<&'a Lead>) {
    let people = directory::known(loaded, channels);
    let before = people.iter().find_map(|(_, contact)| contact.as_ref()).and_then(|contact| contact.latest.get(dealer));
    let latest = before.and_then(|lead| loaded.lead(*lead));
    (recognise(&people, dealer, id), latest)
}

/// Returns the lane of an enquiry: the rotation, a group's rotation, or the pool (DIS-3, DIS-8).
pub(crate) fn lane(dealer: &Dealer, enquiry: &Enquiry) -> Lane {
    dealer.settings.lane(&enquiry.source, enquiry.lead_type, &RoutingCriteria::of(enquiry))
}
