//! The state of an invitation or of an appointment as its customer sees it: the source of the JSON answer, the page and the calendar file.

use chrono::{DateTime, NaiveDate, Utc};
use forecourt_domain::base::{AppointmentId, Language};
use forecourt_domain::calendar::InvitationStatus;
use forecourt_domain::rules::calendar::OfferRefusal;
use forecourt_domain::settings::Dealer;
use forecourt_domain::slots::Slot;

/// An invitation with its booking, or an appointment, and the free slots.
pub(crate) struct CustomerPage {
    pub(crate) token: String,
    /// Idempotency key for the forms of the page.
    pub(crate) key: String,
    pub(crate) dealer: Dealer,
    pub(crate) vehicle: String,
    /// The type of the event, or the kind of the appointment, as [`name_of`](forecourt_domain::calendar::name_of) knows it.
    pub(crate) kind: String,
    /// The title of the invitation; `None` if the name of its type is used.
    pub(crate) title: Option<String>,
    /// The customer's language.
    pub(crate) language: Option<Language>,
    /// Whether the customer comes to the dealer.
    pub(crate) is_at_dealer: bool,
    /// The latest booking, also if it was cancelled.
    pub(crate) booking: Option<Booked>,
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

/// A booking as it is in the customer's calendar.
pub(crate) struct Booked {
    pub(crate) uid: AppointmentId,
    pub(crate) slot: Slot,
    /// The number of changes.
    pub(crate) sequence: u32,
    /// The time of the latest change.
    pub(crate) changed: DateTime<Utc>,
    pub(crate) cancelled: bool,
    /// The time before the dealer moved it. `None` if it was not moved, or if the customer chose the present time.
    pub(crate) before: Option<DateTime<Utc>>,
    /// Whether the customer confirmed it. `None` if it cannot be confirmed.
    pub(crate) confirmed: Option<bool>,
}

impl CustomerPage {
    /// The booking; `None` if there is none or it was cancelled.
    pub(crate) fn booked(&self) -> Option<&Booked> {
        self.booking.as_ref().filter(|_| matches!(self.status, InvitationStatus::Booked | InvitationStatus::Over))
    }
}
