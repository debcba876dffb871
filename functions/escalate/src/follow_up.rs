//! Carries out the next step of a lead's follow-up plan (CAL-11).

use chrono::{DateTime, Utc};
use forecourt_domain::base::{LeadId, UserId};
use forecourt_domain::decision::Decision;
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::lead::follow_up::StepContext;
use forecourt_edge::Platform;
use forecourt_edge::usecase::follow_up::ReachedCustomer;
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded};

/// Carries out the step that is due.
pub(crate) async fn carry_out(platform: &Platform, wake_up: &WakeUp) -> Result<(), Failure> {
    let step = Step { platform, wake_up, id: wake_up.lead()?, now: platform.clock.now() };
    let load = Load::of([Key::Lead(step.id)]).then(|loaded| step.keys(loaded));
    platform.store.decide(&wake_up.scope(), load, |loaded, _| Ok((step.decide(loaded), ()))).await
}

/// Whether a step of the lead's plan is due.
pub(crate) fn is_due(lead: &Lead, now: DateTime<Utc>) -> bool {
    lead.next_follow_up().is_some_and(|next| next.at <= now)
}

struct Step<'a> {
    platform: &'a Platform,
    wake_up: &'a WakeUp,
    id: LeadId,
    now: DateTime<Utc>,
}

impl Step<'_> {
    fn due<'a>(&self, loaded: &'a Loaded) -> Option<&'a Lead> {
        loaded.lead(self.id).filter(|lead| is_due(lead, self.now))
    }

    fn keys(&self, loaded: &Loaded) -> Vec<Key> {
        let Some(lead) = self.due(loaded) else { return Vec::new() };
        let customer = ReachedCustomer::keys(self.platform.store.secret(), &self.wake_up.scope(), self.id, loaded);
        let dealer = [Key::Dealer(lead.dealer.clone()), Key::DealerTexts(lead.dealer.clone())];
        dealer.into_iter().chain(lead.owner.clone().map(Key::User)).chain(customer).collect()
    }

    fn decide(&self, loaded: &Loaded) -> Option<Decision> {
        let lead = self.due(loaded)?;
        let dealer = loaded.dealer(&lead.dealer)?;
        let customer = ReachedCustomer::of(self.platform.store.secret(), &self.wake_up.scope(), lead, loaded);
        let name = |id: &UserId| loaded.user(id).map(|user| user.name.as_str());
        let context = StepContext {
            lead,
            dealer,
            texts: loaded.dealer_texts(&dealer.id),
            owner: lead.owner.as_ref().and_then(name).unwrap_or_default(),
            customer: customer.as_ref().map(ReachedCustomer::as_customer),
            now: self.now,
        };
        context.carry_out()
    }
}
