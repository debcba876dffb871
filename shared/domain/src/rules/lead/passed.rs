//! Notifies the owner of further deadlines that have passed (LEAD-6).

use crate::decision::{Decision, Item};
use crate::lead::{Lead, Target};
use crate::messages::Message;
use crate::settings::{Dealer, DealerSettings};
use chrono::{DateTime, Utc};

/// Notes the further deadlines that have passed unmet, and notifies the owner of each once. `None` if there are none. A pool user gets no
/// notice: users who may claim the lead see the deadline in their list.
pub fn deadlines_passed(lead: &Lead, dealer: &Dealer, now: DateTime<Utc>) -> Option<Decision> {
    let owner = lead.owner.clone().filter(|_| lead.dealer == dealer.id)?;
    let passed: Vec<Target> = lead.unnoticed().filter(|target| target.at <= now).cloned().collect();
    if passed.is_empty() {
        return None;
    }
    let mut changed = lead.touched(now);
    // A deadline that was missed is not an activity on the lead (CAL-3).
    changed.updated = lead.updated;
    for target in changed.targets.iter_mut().filter(|target| passed.iter().any(|passed| passed.id == target.id)) {
        target.passed = Some(now);
    }
    let is_pool = |settings: &DealerSettings| settings.pool.as_ref().is_some_and(|pool| pool.user == owner);
    let readers = passed.iter().filter(|_| !is_pool(&dealer.settings));
    let notices: Vec<Message> = readers.map(|target| Message::deadline(&changed, target, owner.clone(), now)).collect();
    let decision = Decision::default().with(Item::Lead(Box::new(changed)));
    Some(notices.into_iter().fold(decision, |decision, notice| decision.with(Item::Message(notice))))
}
