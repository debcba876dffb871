//! The claim of a dealer on its lead address: no two dealers of a group have one (SET-4, INT-10).

use crate::base::{DealerId, Email, Fault};
use crate::settings::Dealer;
use serde::{Deserialize, Serialize};

/// The claim of a dealer on a lead address. It is stored with the dealer's settings. It may be out of date: the dealer's own settings
/// decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadAddress {
    /// A hash of the address.
    pub key: String,
    /// The dealer.
    pub dealer: DealerId,
}

/// The state of an address that a dealer is to have.
#[derive(Debug, Clone, Copy)]
pub struct AddressClaim<'a> {
    /// The address.
    pub address: &'a Email,
    /// The hash of the address.
    pub key: &'a str,
    /// The stored claim on it.
    pub stored: Option<&'a LeadAddress>,
    /// The dealer of that claim.
    pub holder: Option<&'a Dealer>,
}

impl AddressClaim<'_> {
    /// Returns the claim of the dealer `id` on the address. `before` is the dealer before the change. `None` if the dealer had the address
    /// and the claim is stored. Otherwise it is written even if it is stored: the write conflicts with the claim of another dealer at the
    /// same time. A claim of a dealer that no longer has the address is replaced.
    ///
    /// # Errors
    /// A fault if another dealer of the group has the address. It does not name that dealer, which the principal may not see.
    pub fn claimed(self, id: &DealerId, before: Option<&Dealer>) -> Result<Option<LeadAddress>, Fault> {
        let had = before.is_some_and(|before| before.has_lead_address(self.address));
        if self.holder.is_some_and(|holder| holder.id != *id && holder.has_lead_address(self.address)) {
            // Dealers of an earlier release can share an address. Their other settings can still be changed.
            let fault = Fault::new("lead_address", "SET-4", "must be unique: another dealer of the group has this address");
            return if had { Ok(None) } else { Err(fault) };
        }
        let is_claimed = had && self.stored.is_some_and(|stored| stored.dealer == *id);
        Ok((!is_claimed).then(|| LeadAddress { key: self.key.to_owned(), dealer: id.clone() }))
    }
}

impl Dealer {
    /// Whether an address is the dealer's lead address.
    pub fn has_lead_address(&self, address: &Email) -> bool {
        self.settings.lead_address.as_ref().is_some_and(|own| own.is_same(address))
    }
}
