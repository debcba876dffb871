//! The dealer, the contact and the stored items to which an enquiry refers.

use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, LeadId, Status};
use forecourt_domain::directory::{Recognised, find_person};
use forecourt_domain::enquiry::{Declaration, Enquiry, RoutingCriteria};
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::lead::intake::Arrival;
use forecourt_domain::rules::messages::declared::DeclaredAt;
use forecourt_domain::settings::{Dealer, Lane};
use forecourt_edge::Platform;
use forecourt_edge::usecase::directory::{self, PersonChannels, records_of};
use forecourt_edge::usecase::lead::enquiry_key;
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

/// Finds the dealer of the vehicle's site if the addressed dealer uses `rules_of_vehicle_location`: by id, or by the names of the dealer's
/// sites (INT-10). Only a dealer that accepts enquiries from the addressed dealer is found.
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

/// Returns the keys that the items of the first read refer to: contact records behind aliases, the lead of a receipt, the contact's latest
/// lead.
pub(crate) fn referenced_keys(
    loaded: &Loaded,
    channels: &PersonChannels,
    dealer: &DealerId,
    (id, arrival): (LeadId, &Arrival),
) -> Vec<Key> {
    let lead = arrival.receipt.as_deref().and_then(|key| loaded.receipt(key)).map(|receipt| Key::Lead(receipt.lead));
    // A known contact may have a lead at this dealer to which this enquiry is added, or was added before.
    let found = find_person(&directory::known(loaded, channels), channels.name.as_ref(), &id.to_string());
    let of_contact = found.as_ref().and_then(|found| found.contact.latest.get(dealer).copied());
    let latest = of_contact.into_iter().flat_map(|lead| [Key::Lead(lead), Key::Receipt(arrival.origin.clone())]);
    // The contacts of the lead to which the enquiry is added.
    let joined =
        of_contact.filter(|lead| loaded.lead(*lead).is_some_and(|lead| lead.status == Status::InProgress && lead.contacts.is_empty()));
    let joined = joined.map(|lead| enquiry_key(loaded, lead));
    let others = found.iter().flat_map(|found| leads_of_others(found, dealer)).map(Key::Lead);
    // The contact of an enquiry that is sent again.
    let again = loaded.lead(id).filter(|lead| arrival.resend && lead.origin.key == arrival.origin && !lead.contacts.is_empty());
    let again = again.map(|lead| enquiry_key(loaded, lead.id));
    let added = loaded.receipt(&arrival.origin).map(|receipt| Key::Lead(receipt.lead));
    let records = records_of(loaded, channels, found.as_ref());
    records.into_iter().chain(lead).chain(latest).chain(joined).chain(others).chain(again).chain(added).collect()
}

/// Returns the declarations of consent of an enquiry with the addresses to which they belong (PRV-6).
pub(crate) fn declared(platform: &Platform, scope: &Scope, enquiry: &Enquiry) -> Vec<DeclaredAt> {
    let at = |declaration: &Declaration| {
        let addresses = declaration.addresses(&enquiry.contact).into_iter();
        let keyed = addresses.map(|(address, text)| (address, platform.store.secret().channel(scope, &text)));
        keyed.map(|(address, key)| DeclaredAt { declaration: declaration.clone(), address, key }).collect::<Vec<_>>()
    };
    enquiry.consents.iter().flat_map(at).collect()
}

/// Returns the latest leads at `dealer` of the people who share a channel with the contact.
fn leads_of_others(found: &Recognised, dealer: &DealerId) -> Vec<LeadId> {
    let mut leads: Vec<LeadId> = found.clashes.iter().filter_map(|clash| clash.other.latest.get(dealer).copied()).collect();
    leads.sort_unstable();
    leads.dedup();
    leads
}

/// Returns the contact of an enquiry as it will be stored in the directory, and the contact's latest lead at `dealer` (INT-6, DIS-5).
/// Returns also the latest leads here of other people who share a channel with the contact.
pub(crate) fn recognised<'a>(
    loaded: &'a Loaded,
    channels: &PersonChannels,
    dealer: &DealerId,
    id: LeadId,
) -> (Option<Recognised>, Option<&'a Lead>, Vec<&'a Lead>) {
    let found = find_person(&directory::known(loaded, channels), channels.name.as_ref(), &id.to_string());
    let before = found.as_ref().and_then(|found| found.contact.latest.get(dealer));
    let latest = before.and_then(|lead| loaded.lead(*lead));
    let others = found.iter().flat_map(|found| leads_of_others(found, dealer)).filter_map(|lead| loaded.lead(lead)).collect();
    (found, latest, others)
}

/// Returns the keys of the lanes that an enquiry may change: its own, and the rotation that counts open leads (DIS-13).
pub(crate) fn lane_keys(dealer: &Dealer, lane: Lane) -> impl Iterator<Item = Key> {
    let counting = counting_key(dealer).filter(|_| lane != Lane::Rotation(None));
    [Key::lane(dealer.id.clone(), lane)].into_iter().chain(counting)
}

/// Returns the key of the rotation that counts open leads. `None` if the dealer counts none.
pub(crate) fn counting_key(dealer: &Dealer) -> Option<Key> {
    dealer.counts_since.map(|_| Key::lane(dealer.id.clone(), Lane::Rotation(None)))
}

/// Returns the lane of an enquiry: the rotation, a group's rotation, or the pool (DIS-3, DIS-8).
pub(crate) fn lane(dealer: &Dealer, enquiry: &Enquiry) -> Lane {
    dealer.settings.lane(&enquiry.source, enquiry.lead_type, &RoutingCriteria::of(enquiry))
}
