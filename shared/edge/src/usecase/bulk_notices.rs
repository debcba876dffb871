//! The notices of a lead that are sent for all leads of a bulk action together (LEAD-10).

use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::{BulkNews, BulkNotice};
use forecourt_store::Loaded;

/// Takes the notices that a bulk action sends for all leads together out of a decision. New appointments notify their salespersons
/// themselves; those that only follow their lead to another owner are part of the notice of the leads.
pub(super) fn without_notices(mut decision: Decision, loaded: &Loaded) -> (Decision, Vec<BulkNotice>) {
    let mut notices = Vec::new();
    decision.items.retain(|item| {
        let notice = if let Item::Message(message) = item { message.as_bulk() } else { None };
        let is_own = notice.is_some();
        notices.extend(notice);
        !is_own
    });
    if notices.iter().any(|notice| notice.what == BulkNews::Assigned) {
        for item in &mut decision.items {
            if let Item::Appointment(after) = item
                && let Some(before) = loaded.appointment(&after.id)
            {
                after.briefing = before.briefing.clone();
            }
        }
    }
    (decision, notices)
}
