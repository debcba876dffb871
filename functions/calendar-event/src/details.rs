//! What an invitation offers its customer at one moment: shown as JSON, as a page and as a calendar file.

use chrono::{DateTime, NaiveDate, Utc};
use forecourt_domain::calendar::{CalendarEvent, Invitation, InvitationStatus};
use forecourt_domain::rules::calendar::OfferRefusal;
use forecourt_domain::settings::Dealer;
use forecourt_domain::slots::Slot;

/// What a customer is shown, as JSON or as a page.
pub(crate) struct Shown {
    pub(crate) token: String,
    /// The key of its forms.
    pub(crate) key: String,
    pub(crate) dealer: Dealer,
    pub(crate) vehicle: String,
    pub(crate) invitation: Invitation,
    pub(crate) event: Option<CalendarEvent>,
    pub(crate) standing: InvitationStatus,
    pub(crate) minutes: i64,
    /// From when on the link is good for nothing.
    pub(crate) expires: DateTime<Utc>,
    /// Why no slot can be picked now.
    pub(crate) closed: Option<OfferRefusal>,
    /// Whether another can be once it is cancelled.
    pub(crate) rebooks: bool,
    pub(crate) free: Vec<(NaiveDate, Vec<Slot>)>,
    pub(crate) more_from: Option<NaiveDate>,
    /// Whether dates were left out before those.
    pub(crate) later: bool,
}

impl Shown {
    /// The event and its time, unless it was cancelled.
    pub(crate) fn booked(&self) -> Option<(&CalendarEvent, Slot)> {
        let event = self.event.as_ref().filter(|_| matches!(self.standing, InvitationStatus::Booked | InvitationStatus::Over))?;
        Some((event, self.slot(event)))
    }

    /// An event's time.
    pub(crate) fn slot(&self, event: &CalendarEvent) -> Slot {
        Slot { from: event.at, until: event.at + self.dealer.capacity().duration(&event.kind) }
    }
}
