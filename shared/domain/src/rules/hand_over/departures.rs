//! Takes users off dealers, or out of their distribution, with the change of the user that causes it (DIS-12, SET-7).

use crate::base::{DealerId, Fault, Refusal, UserId};
use crate::decision::{Decision, Item};
use crate::rules::hand_over::{Asked, Change, orders};
use crate::rules::settings;
use crate::settings::{Dealer, DealerSettings, HandOver, HandOverReason};

/// The maximum number of dealers in one change of a user, limited by the size of a transaction.
const MOST: usize = 20;

/// A dealer at which a user loses the membership or the part in the distribution.
#[derive(Debug, Clone, Copy)]
pub struct Departing<'a> {
    /// The dealer.
    pub dealer: &'a Dealer,
    /// [`HandOverReason::Rights`] keeps the membership.
    pub reason: HandOverReason,
}

/// The items and orders of the departures of a user.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Departure {
    /// The changed dealers with their histories.
    pub items: Vec<Item>,
    /// The orders.
    pub orders: Vec<HandOver>,
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
    for Departing { dealer: before, reason } in departing {
        let mut draft: DealerSettings = (*before.settings).clone();
        match reason {
            HandOverReason::Rights => {
                let still: Vec<String> = in_charge(&draft, user);
                if !still.is_empty() {
                    return Err(still_named(user, before, &still));
                }
                let own = draft.members.iter_mut().filter(|member| member.user == *user);
                own.for_each(|member| (member.receives_leads, member.assignable) = (false, false));
            }
            _ => draft.members.retain(|member| member.user != *user),
        }
        let settings = draft.check_change(&before.settings, |_| false).map_err(|faults| {
            let fields: Vec<String> = faults.into_iter().map(|Fault { field, .. }| field).collect();
            still_named(user, before, &fields)
        })?;
        let (decision, after) = if before.settings == settings {
            // Writing the dealer again refuses a part that another request gives to the user at this moment.
            let unchanged = Dealer::clone(before);
            (Decision::default().with(Item::Dealer(Box::new(unchanged.clone()))), unchanged)
        } else {
            settings::save(&before.id, Some(before), settings, asked.by.clone(), asked.now)
        };
        let asked = Asked { about: Some((user, *reason)), ..asked };
        let orders = orders(Change { before, after: &after }, asked, |id| stored(&before.id, id))?;
        departure.items.extend(decision.items);
        departure.items.extend(orders.iter().cloned().map(|order| Item::HandOver(Box::new(order))));
        departure.orders.extend(orders);
    }
    Ok(departure)
}

/// Returns the fields of the settings that put `user` in charge of the work of others.
fn in_charge(settings: &DealerSettings, user: &UserId) -> Vec<String> {
    let mut fields = Vec::new();
    for (i, member) in settings.members.iter().enumerate() {
        if member.supervisor.as_ref() == Some(user) {
            fields.push(format!("members[{i}].supervisor"));
        }
        let stands_in = member.stand_ins().find(|(_, other)| *other == user);
        fields.extend(stands_in.map(|(field, _)| format!("members[{i}].{field}")));
    }
    fields.extend((settings.fallback_user.as_ref() == Some(user)).then(|| "fallback_user".to_owned()));
    fields.extend((settings.admin_user == *user).then(|| "admin_user".to_owned()));
    fields
}

fn still_named(user: &UserId, dealer: &Dealer, fields: &[String]) -> Refusal {
    let (user, fields) = (user.mention(), fields.join(", "));
    let detail = format!("{user} is still named in the settings of {}: {fields}; change these first", dealer.id);
    Refusal::conflict("SET-7", detail)
}
