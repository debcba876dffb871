//! Changes of webhooks (APT-6).

use crate::base::Refusal;
use crate::decision::{Decision, Item};
use crate::webhooks::{Webhook, Webhooks};

impl Webhooks {
    /// With another one. No decision: it was made before, by the same request.
    ///
    /// # Errors
    /// 409 for one too many.
    pub fn with(&self, new: Webhook) -> Result<(Option<Decision>, Webhook), Refusal> {
        if let Some(known) = self.get(&new.id) {
            return Ok((None, known.clone()));
        }
        if self.webhooks.len() >= Self::MOST {
            return Err(Refusal::Conflict(format!("the group has {} webhooks already; remove one first (APT-6)", Self::MOST)));
        }
        let mut after = self.clone();
        after.webhooks.push(new.clone());
        Ok((Some(after.decided()), new))
    }

    /// To be stored so.
    pub fn decided(self) -> Decision {
        Decision::default().with(Item::Webhooks(self))
    }
}
