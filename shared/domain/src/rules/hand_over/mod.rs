//! Hands over the work of a user who cannot do it any more (DIS-12).
//!
//! The change of settings or of a user and the order are one decision ([`orders()`]). The order is worked off page by page: each lead,
//! and the
//! tasks and events on it, in decisions of their own. Each decision writes the order too, with the number of moved items. So two deliveries
//! of a wake-up cannot count an item twice, and a cancelled order moves nothing more.

mod departures;
mod leads;
mod orders;
mod work;

pub use departures::{Departing, Departure, departures, still_named};
pub use leads::{give_back, move_lead};
pub use orders::{Asked, Change, Target, concerned, orders};
pub use work::{events_of, move_appointment, move_events, move_tasks, tasks_of};

use crate::base::UserId;
use crate::bookings::BookingWatch;
use crate::decision::{Decision, Item};
use crate::lead::{HandedFrom, Lead};
use crate::settings::{Dealer, GivenBooking, HandOver, HandOverPhase};
use chrono::{DateTime, Utc};

/// Returns the decision that stores `next`, the order after a page. When a part of the work is done, the notices about the bookings that it
/// gave to other persons are planned. `watch` is the dealer's stored job of notices about bookings.
pub fn turned(mut next: HandOver, watch: Option<&BookingWatch>, now: DateTime<Utc>) -> Decision {
    let is_moved = matches!(next.phase, HandOverPhase::Again | HandOverPhase::Back) || next.done_at.is_some();
    let given = if is_moved { std::mem::take(&mut next.given) } else { Vec::new() };
    let reports = (!given.is_empty()).then(|| Item::BookingWatch(BookingWatch::with_given(watch, &next.dealer, given, now)));
    Decision::default().with(Item::HandOver(Box::new(next))).with_some(reports)
}

/// The input of a rule that works off an order.
#[derive(Debug, Clone, Copy)]
pub struct HandOverInput<'a> {
    /// The order as stored.
    pub order: &'a HandOver,
    /// The dealer.
    pub dealer: &'a Dealer,
    /// The current time.
    pub now: DateTime<Utc>,
    /// The order by which the lead came to its owner. `None` if it came in another way, or for other work than leads.
    pub earlier: Option<&'a HandOver>,
}

impl HandOverInput<'_> {
    /// Returns whether the order still moves work at this dealer, and `lead` belongs to it.
    fn is_about(&self, lead: &Lead) -> bool {
        self.order.done_at.is_none() && self.order.dealer == self.dealer.id && lead.dealer == self.dealer.id
    }

    /// Returns the hand-over by which the user of the order holds a lead for a user who is absent and gets it back.
    fn held_for<'b>(&self, lead: &'b Lead) -> Option<&'b HandedFrom> {
        let from = lead.handed_from.as_ref().filter(|from| from.to == self.order.user)?;
        self.dealer.settings.member(&from.user)?;
        self.earlier.filter(|earlier| earlier.id == from.order && earlier.is_to_give_back()).map(|_| from)
    }

    /// Returns the events to come that belong to the owner of `lead`, and so go from `from` to its new owner.
    fn following(&self, lead: &Lead, from: &UserId, supervisor: Option<&UserId>) -> Vec<GivenBooking> {
        let own = lead.planned.iter().filter(|planned| planned.user.is_none() && planned.at > self.now);
        let given = own.map(|planned| GivenBooking {
            lead: Some(lead.id),
            event: Some(planned.id.clone()),
            appointment: None,
            from: from.clone(),
            supervisor: supervisor.cloned(),
            by: self.order.by.clone(),
            follows: true,
        });
        given.collect()
    }

    /// Returns the user who gets the tasks and events of the leaver on `lead`. `None` if they belong to the owner of the lead, who works at
    /// the dealer or is not chosen yet.
    fn heir(&self, lead: &Lead) -> Option<UserId> {
        let owner = lead.owner.as_ref()?;
        let works = *owner != self.order.user && self.dealer.settings.member(owner).is_some();
        (!works).then(|| self.order.person(&self.dealer.settings, self.now).clone())
    }
}
