//! The claims of dealers on telephone numbers: no two dealers of a stack receive text messages at one number (MSG-3).

use crate::base::{DealerId, Fault, GroupId, Refusal};
use crate::settings::{Dealer, DealerSettings};
use serde::{Deserialize, Serialize};

/// The dealer that receives the text messages to a number. It is stored with the dealer's settings. It may be out of date: the dealer's own
/// settings decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextNumber {
    /// The number in E.164.
    pub number: String,
    /// The group of the dealer.
    pub group: GroupId,
    /// The dealer. `None` if the dealer of this group no longer has the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dealer: Option<DealerId>,
}

/// A change of the number of a dealer.
#[derive(Debug, Clone, Copy)]
pub struct NumberChange<'a> {
    /// The group.
    pub group: &'a GroupId,
    /// The dealer.
    pub dealer: &'a DealerId,
    /// The number before. `None` if the dealer had none.
    pub before: Option<&'a String>,
    /// The number after.
    pub after: Option<&'a String>,
}

impl<'a> NumberChange<'a> {
    /// The change from one state of the settings to another. `before` is `None` if the dealer is new.
    pub fn of(group: &'a GroupId, dealer: &'a DealerId, before: Option<&'a DealerSettings>, after: &'a DealerSettings) -> Self {
        Self { group, dealer, before: before.and_then(|before| before.text_number.as_ref()), after: after.text_number.as_ref() }
    }

    /// Returns the numbers whose claims the change reads and writes.
    pub fn numbers(&self) -> impl Iterator<Item = &'a String> {
        let is_changed = self.before != self.after;
        self.before.into_iter().chain(self.after).filter(move |_| is_changed)
    }

    /// Returns the claims that the change writes: on the new number, and the end of the claim on the old one. A claim of a dealer of the
    /// group that no longer has the number is replaced. `stored` returns the claim on a number, and `dealer` a dealer of the group.
    ///
    /// # Errors
    /// A fault if another dealer has the number. It does not name that dealer, which the principal may not see.
    pub fn claims<'b>(
        &self,
        stored: impl Fn(&str) -> Option<&'b TextNumber>,
        dealer: impl Fn(&DealerId) -> Option<&'b Dealer>,
    ) -> Result<Vec<TextNumber>, Refusal> {
        let is_own = |claim: &TextNumber| claim.group == *self.group && claim.dealer.as_ref() == Some(self.dealer);
        let mut claims = Vec::new();
        if self.before == self.after {
            return Ok(claims);
        }
        if let Some(number) = self.after {
            let is_held = |claim: &TextNumber| match &claim.dealer {
                None => false,
                Some(_) if claim.group != *self.group => true,
                Some(holder) => dealer(holder).is_some_and(|holder| holder.settings.text_number.as_ref() == Some(number)),
            };
            if stored(number).is_some_and(|claim| !is_own(claim) && is_held(claim)) {
                let detail = "must be unique: another dealer receives text messages at this number; remove it there first";
                return Err(Refusal::Invalid(vec![Fault::new("text_number", "MSG-3", detail)]));
            }
            claims.push(TextNumber { number: number.clone(), group: self.group.clone(), dealer: Some(self.dealer.clone()) });
        }
        let released = self.before.and_then(|number| stored(number)).filter(|claim| is_own(claim));
        claims.extend(released.map(|claim| TextNumber { dealer: None, ..claim.clone() }));
        Ok(claims)
    }
}
