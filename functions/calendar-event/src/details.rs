//! The state of an invitation as its customer sees it: the source of the JSON answer, the page and the calendar file.

use chrono::{DateTime, NaiveDate, Utc};
use forecourt_domain::calendar::{CalendarEvent, Invitation, InvitationStatus};
use forecourt_domain::rules::calendar::OfferRefusal;
use forecourt_domain::settings::Dealer;
use forecourt_domain::slots::Slot;

/// An invitation with its booking and the free slots.
pub(crate) struct InvitationDetails {
    pub(crate) token: String,
    /// Idempotency key for the forms of the page.
    pub(crate) key: String,
    pub(crate) dealer: Dealer,
    pub(crate) vehicle: String,
    pub(crate) invitation: Invitation,
    pub(crate) event: Option<CalendarEvent>,
    pub(crate) status: InvitationStatus,
    pub(crate) minutes: i64,
    /// When the link expires.
    pub(crate) expires: DateTime<Utc>,
    /// Why no slot can be chosen now; `None` if one can.
    pub(crate) closed: Option<OfferRefusal>,
    /// Whether the customer can book again after a cancellation.
    pub(crate) rebooks: bool,
    pub(crate) free: Vec<(NaiveDate, Vec<Slot>)>,
    pub(crate) more_from: Option<NaiveDate>,
    /// Whether the list starts at a date that the customer asked for.
    pub(crate) later: bool,
}

impl InvitationDetails {
    /// The booked event and its time; `None` if there is none or it was cancelled.
    pub(crate) fn booked(&self) -> Option<(&CalendarEvent, Slot)> {
        let event = self.event.as_ref().filter(|_| matches!(self.status, InvitationStatus::Booked | InvitationStatus::Over))?;
        Some((event, self.slot(event)))
    }

    /// The time of an event, with the duration of its type.
    pub(crate) fn slot(&self, event: &CalendarEvent) -> Slot {
        Slot { from: event.at, until: event.at + self.dealer.capacity().duration(&event.kind) }
    }
}
