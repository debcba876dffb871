//! Takes users off dealers, or out of their distribution, with the change of the user that causes it (DIS-12, SET-7).

use crate::base::{DealerId, Refusal, UserId};
use crate::bookings::{BookingWatch, affected_range};
use crate::decision::{Decision, Item};
use crate::rules::hand_over::{Asked, Change, Target, orders};
use crate::rules::settings;
use crate::settings::{Dealer, DealerSettings, HandOver, HandOverReason, Reference};

/// The maximum number of dealers in one change of a user, limited by the size of a transaction.
const MOST: usize = 18;

/// A dealer at which a user loses the membership or the part in the distribution.
#[derive(Debug, Clone, Copy)]
pub struct Departing<'a> {
    /// The dealer.
    pub dealer: &'a Dealer,
    /// [`HandOverReason::Rights`] keeps the membership.
    pub reason: HandOverReason,
    /// The state of the user to whom the work goes.
    pub target: Target<'a>,
    /// The watch of the dealer's undecided bookings, if it was ever started.
    pub watch: Option<&'a BookingWatch>,
}

/// The items and orders of the departures of a user.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Departure {
    /// The changed dealers with their histories.
    pub items: Vec<Item>,
    /// The orders.
    pub orders: Vec<HandOver>,
    /// Each dealer whose settings changed, before and after the change.
    pub changes: Vec<(Dealer, Dealer)>,
}

/// Returns the settings of the dealers without the user, or without the user's part in the distribution, and the orders that hand over the
/// work.
///
/// # Errors
/// 409 if another setting of a dealer still names the user, such as a supervisor or the fallback user; 409 if there are too many dealers;
/// a fault of `hand_over` as in [`orders()`].
pub fn departures<'a>(
    user: &UserId,
    departing: &[Departing<'_>],
    asked: Asked<'_>,
    stored: impl Fn(&DealerId, &str) -> Option<&'a HandOver>,
) -> Result<Departure, Refusal> {
    if departing.len() > MOST {
        let detail = format!(
            "{} is a member at {} dealers; at most {MOST} can change at once: remove the member at some first",
            user.mention(),
            departing.len()
        );
        return Err(Refusal::conflict("SET-7", detail));
    }
    let mut departure = Departure::default();
    for Departing { dealer: before, reason, target, watch } in departing {
        let mut draft: DealerSettings = (*before.settings).clone();
        draft.forget_in_ended_absences(user, asked.now);
        // The user of a pool need not be able to work leads.
        let keeps_pool = *reason == HandOverReason::Rights;
        let still: Vec<Reference<'_>> =
            before.settings.references(user, asked.now).into_iter().filter(|named| !keeps_pool || *named != Reference::Pool).collect();
        if !still.is_empty() {
            return Err(Refusal::conflict("SET-7", still_named(user, before, &still)));
        }
        match reason {
            HandOverReason::Rights => {
                let own = draft.members.iter_mut().filter(|member| member.user == *user);
                own.for_each(|member| (member.receives_leads, member.assignable) = (false, false));
            }
            _ => draft.members.retain(|member| member.user != *user),
        }
        let settings = draft.check_change(&before.settings, |_| false).map_err(Refusal::Invalid)?;
        let (decision, after) = if before.settings == settings {
            // Writing the dealer again refuses a part that another request gives to the user at this moment.
            let unchanged = Dealer::clone(before);
            (Decision::default().with(Item::Dealer(Box::new(unchanged.clone()))), unchanged)
        } else {
            settings::save(&before.id, Some(before), settings, asked.by.clone(), asked.now)
        };
        let asked = Asked { about: Some((user, *reason)), ..asked };
        let orders = orders(Change { before, after: &after }, asked, *target, |id| stored(&before.id, id))?;
        // The bookings of the user need a decision, unless the hand-over gives them to another person (APT-9).
        let affects = affected_range(&before.settings, &after.settings, asked.now).is_some();
        let watch = affects.then(|| BookingWatch::started_with_hand_over(*watch, &before.id, asked.now));
        departure.items.extend(decision.items.into_iter().chain(watch.map(Item::BookingWatch)));
        departure.items.extend(orders.iter().cloned().map(|order| Item::HandOver(Box::new(order))));
        departure.orders.extend(orders);
        departure.changes.push((Dealer::clone(before), after));
    }
    Ok(departure)
}

/// Returns the text that the settings of `dealer` still name `user`.
pub fn still_named(user: &UserId, dealer: &Dealer, references: &[Reference<'_>]) -> String {
    let (who, parts) = (user.mention(), Reference::text(references));
    format!("{who} has a part in the settings of {} that somebody else must get first: {parts}", dealer.id)
}
