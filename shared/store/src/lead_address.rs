//! The dealers by their lead addresses (SET-4, INT-10).

use crate::keys::Key;
use crate::{Failure, Load, Loaded, Store, fingerprint};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, Email};
use forecourt_domain::mail::AddressClaim;

/// A lead address, with the hash under which the claim on it is stored.
#[derive(Debug, Clone)]
pub struct LeadAddressName {
    address: Email,
    key: String,
}

impl LeadAddressName {
    /// The name of `address`.
    pub fn new(address: &Email) -> Self {
        Self { address: address.clone(), key: fingerprint(address.key().as_bytes()) }
    }

    /// Returns the keys of the claim and, once the claim is read, of its dealer.
    pub fn keys(&self, loaded: &Loaded) -> impl Iterator<Item = Key> {
        let claimed = loaded.lead_address(&self.key).map(|claim| Key::Dealer(claim.dealer.clone()));
        [Key::LeadAddress(self.key.clone())].into_iter().chain(claimed)
    }

    /// Returns the state of the address, from the items of [`keys`](Self::keys).
    pub fn claim<'a>(&'a self, loaded: &'a Loaded) -> AddressClaim<'a> {
        let stored = loaded.lead_address(&self.key);
        let holder = stored.and_then(|claim| loaded.dealer(&claim.dealer));
        AddressClaim { address: &self.address, key: &self.key, stored, holder }
    }
}

impl Store {
    /// Returns the dealers of the group whose lead addresses are among `addresses`, in the order of the addresses.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn dealers_at(&self, scope: &Scope, addresses: &[Email]) -> Result<Vec<DealerId>, Failure> {
        let names: Vec<LeadAddressName> = addresses.iter().map(LeadAddressName::new).collect();
        let keys = |loaded: &Loaded| names.iter().flat_map(|name| name.keys(loaded)).collect::<Vec<_>>();
        let loaded = self.load(scope, &Load::of(keys(&Loaded::default())).then(keys)).await?;
        let holders = names.iter().filter_map(|name| loaded_holder(name, &loaded));
        Ok(holders.collect())
    }
}

fn loaded_holder(name: &LeadAddressName, loaded: &Loaded) -> Option<DealerId> {
    let claim = name.claim(loaded);
    claim.holder.filter(|holder| holder.has_lead_address(claim.address)).map(|holder| holder.id.clone())
}
