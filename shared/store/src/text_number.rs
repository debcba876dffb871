//! The dealers by the telephone numbers at which they receive text messages (MSG-3).

use crate::entity::from_item;
use crate::keys::{self, Key};
use crate::{Failure, Loaded, Store};
use forecourt_domain::base::Refusal;
use forecourt_domain::decision::Item;
use forecourt_domain::settings::{NumberChange, TextNumber};

/// Returns the keys of the claims that a change of a dealer's number needs, and of the dealers that hold them.
pub fn number_keys(change: NumberChange<'_>, loaded: &Loaded) -> Vec<Key> {
    let claims = change.numbers().map(|number| Key::TextNumber(number.clone()));
    let holders = change.numbers().filter_map(|number| loaded.text_number(number)).filter(|claim| claim.group == *change.group);
    claims.chain(holders.filter_map(|claim| claim.dealer.clone()).map(Key::Dealer)).collect()
}

/// Returns the claims that a change of a dealer's number writes, from the items of [`number_keys`].
///
/// # Errors
/// A fault if another dealer has the number.
pub fn number_claims(change: NumberChange<'_>, loaded: &Loaded) -> Result<Vec<Item>, Refusal> {
    let claims = change.claims(|number| loaded.text_number(number), |dealer| loaded.dealer(dealer))?;
    Ok(claims.into_iter().map(Item::TextNumber).collect())
}

impl Store {
    /// Returns the claim on a number. It has no scope, since it is read to learn the group to which a text message was sent.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn claim_on_number(&self, number: &str) -> Result<Option<TextNumber>, Failure> {
        self.get(keys::text_number(number)).await?.map(from_item).transpose()
    }
}
