//! The leads of a notice about many (LEAD-10).

use crate::notices::ClaimedNotice;
use forecourt_domain::base::{LeadId, Status};
use forecourt_domain::lead::{BulkNews, Lead};
use forecourt_domain::messages::{Message, Notice};
use forecourt_store::Loaded;

/// The leads that a notice about many names; none of another notice.
pub(crate) fn named(message: &Message) -> &[LeadId] {
    if let Notice::Bulk { leads, .. } = &message.notice { leads } else { &[] }
}

/// Returns the named leads for which a notice about many is still true, as that of one lead would be (ESC-6).
pub(crate) fn valid<'a>(message: &Message, loaded: &'a Loaded) -> Vec<&'a Lead> {
    named(message).iter().filter_map(|id| loaded.lead(*id)).filter(|lead| is_true(message, lead)).collect()
}

/// Whether a notice about many leads has nothing to report any more: it names all of its leads, and is true of none.
pub(crate) fn is_void(claimed: &ClaimedNotice, loaded: &Loaded) -> bool {
    let Notice::Bulk { count, leads, .. } = &claimed.message.notice else { return false };
    *count <= u32::try_from(leads.len()).unwrap_or(u32::MAX) && valid(&claimed.message, loaded).is_empty()
}

fn is_true(message: &Message, lead: &Lead) -> bool {
    let Notice::Bulk { what, title, .. } = &message.notice else { return true };
    let (here, open) = (lead.dealer == message.dealer, lead.status == Status::InProgress);
    let is_readers = lead.owner.as_ref() == Some(&message.reader);
    match what {
        BulkNews::Assigned => {
            let answered = lead.reaction.as_ref().is_some_and(|reaction| reaction.at >= message.queued);
            here && open && is_readers && !answered
        }
        // The lead may be at another dealer now. A supervisor reads of leads that were never the reader's own.
        BulkNews::Passed => open && !is_readers,
        // An event of a won lead must also be done.
        BulkNews::Events => {
            let mut theirs = lead.planned.iter().filter(|planned| planned.user.as_ref().or(lead.owner.as_ref()) == Some(&message.reader));
            here && theirs.any(|planned| title.is_none() || planned.title == *title)
        }
        BulkNews::Unknown => true,
    }
}
