//! Changes of webhooks (APT-6).

use crate::base::Refusal;
use crate::decision::{Decision, Item};
use crate::webhooks::{Webhook, Webhooks};

impl Webhooks {
    /// Adds a webhook. The decision is `None` if the same request has already added it.
    ///
    /// # Errors
    /// 409 if there are too many webhooks.
    pub fn with(&self, new: Webhook) -> Result<(Option<Decision>, Webhook), Refusal> {
        if let Some(known) = self.get(&new.id) {
            return Ok((None, known.clone()));
        }
        if self.webhooks.len() >= Self::MOST {
            return Err(Refusal::conflict("APT-6", format!("the group already has {} webhooks; remove one first", Self::MOST)));
        }
        let mut after = self.clone();
        after.webhooks.push(new.clone());
        Ok((Some(after.decided()), new))
    }

    /// Returns the decision that stores the webhooks.
    pub fn decided(self) -> Decision {
        Decision::default().with(Item::Webhooks(self))
    }
}
