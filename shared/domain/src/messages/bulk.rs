//! Notices that stand for those of many leads (LEAD-10), and notices about events that were given to a user (CAL-10).

use crate::base::{Actor, LeadId, UserId};
use crate::calendar::CalendarEvent;
use crate::lead::{BulkNews, BulkNotice, Lead};
use crate::messages::{Message, MessageState, Notice};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// What a notice about many leads states besides the leads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BulkContext {
    /// The title of the events.
    pub title: Option<String>,
    /// The note of the user who assigned the leads.
    pub note: Option<String>,
    /// The author.
    pub by: Option<UserId>,
}

impl Message {
    /// Notifies the user of a planned event that `by` gave it to them. `None` if the event is the user's own idea, if it has no user and
    /// records the present, if its lead is in the pool, or if it is an appointment, which has its own notices (APT-7).
    pub(crate) fn event_given(lead: &Lead, event: &CalendarEvent, dealer: &Dealer, by: &Actor, now: DateTime<Utc>) -> Option<Self> {
        if event.is_appointment() || event.booked || *by == Actor::System || (event.user.is_none() && event.at <= now) {
            return None;
        }
        let pool = dealer.settings.pool.as_ref().map(|pool| &pool.user);
        let reader = event.user.as_ref().or(lead.owner.as_ref()).filter(|reader| by.user() != Some(reader) && pool != Some(reader))?;
        let notice = Notice::EventGiven { event: event.id.clone(), title: event.title.clone(), at: event.at, by: by.user().cloned() };
        Some(Self::queued(lead, format!("event-given-{}-{}", event.id, lead.version), notice, reader.clone(), now))
    }

    /// Returns what the message tells of one lead, if it can be part of a notice about many.
    pub fn as_bulk(&self) -> Option<BulkNotice> {
        let what = match &self.notice {
            Notice::Assigned { .. } => BulkNews::Assigned,
            Notice::Passed { .. } => BulkNews::Passed,
            Notice::EventGiven { .. } => BulkNews::Events,
            _ => return None,
        };
        Some(BulkNotice { dealer: self.dealer.clone(), to: self.reader.clone(), what, count: 1, leads: vec![self.lead] })
    }

    /// Returns the message of a notice about many leads. `cause` names what caused it. `None` if the notice has no lead.
    pub fn bulk(notice: &BulkNotice, cause: &str, context: BulkContext, now: DateTime<Utc>) -> Option<Self> {
        let BulkContext { title, note, by } = context;
        let lead = *notice.leads.first()?;
        let what = match notice.what {
            BulkNews::Assigned => "assigned",
            BulkNews::Passed => "passed",
            BulkNews::Events | BulkNews::Unknown => "events",
        };
        let cause = format!("bulk-{cause}-{what}-{}", notice.to);
        let (leads, count) = (notice.leads.clone(), notice.count);
        let content = Notice::Bulk { what: notice.what, count, leads, title, note, by };
        let state = MessageState::Queued { due: now, attempts: 0, unclear: 0, batch: None };
        let (dealer, reader) = (notice.dealer.clone(), notice.to.clone());
        let message =
            Self { lead, cause, dealer, notice: content, reader, of: now, queued: now, bundled: false, own: false, text: false, state };
        Some(message.gathered())
    }

    /// Returns the leads that a waiting notice about many leads names; none of another message.
    pub fn waiting_leads(&self) -> &[LeadId] {
        match (&self.notice, &self.state) {
            (Notice::Bulk { leads, .. }, MessageState::Queued { .. }) => leads,
            _ => &[],
        }
    }

    /// Returns a waiting notice about many leads without those that are `gone`, as a message of the first one that is left. `None` if none
    /// is left.
    pub fn without_leads(&self, gone: impl Fn(LeadId) -> bool) -> Option<Self> {
        let left: Vec<LeadId> = self.waiting_leads().iter().copied().filter(|lead| !gone(*lead)).collect();
        let mut next = Self { lead: *left.first()?, ..self.clone() };
        if let Notice::Bulk { count, leads, .. } = &mut next.notice {
            *count = count.saturating_sub(u32::try_from(leads.len() - left.len()).unwrap_or_default());
            *leads = left;
        }
        Some(next)
    }
}
