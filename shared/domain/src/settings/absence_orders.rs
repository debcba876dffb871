//! The orders of the absences that ask for a hand-over (DIS-12).

use crate::base::UserId;
use crate::settings::{Absence, DealerSettings, HandOver, Settings};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;

impl Settings {
    /// Returns the settings in which each absence with a hand-over has its own order, whatever the request says about orders. An absence
    /// that stays keeps its order, and so does one whose first day is corrected after it has begun. `before` are the settings before the
    /// change.
    #[must_use]
    pub fn with_orders_of_absences(mut self, before: &DealerSettings, now: DateTime<Utc>) -> Self {
        for member in &mut self.0.members {
            let known = before.member(&member.user).map(|known| known.absences.as_slice()).unwrap_or_default();
            let orders = orders(&member.user, known, &member.absences, now);
            for (absence, order) in member.absences.iter_mut().zip(orders) {
                if let Some(hand_over) = &mut absence.hand_over {
                    hand_over.order = order.filter(|order| *order != HandOver::id_of(&member.user, absence.from));
                }
            }
        }
        self
    }
}

/// Returns the id of the order of each absence in `after`. `None` if it asks for no hand-over.
fn orders(user: &UserId, before: &[Absence], after: &[Absence], now: DateTime<Utc>) -> Vec<Option<String>> {
    let known = || before.iter().filter(|absence| absence.hand_over.is_some());
    let mut claimed = BTreeSet::new();
    let stays = |absence: &Absence| known().find(|known| known.from == absence.from).map(|known| HandOver::id_of_absence(user, known));
    let mut orders: Vec<Option<String>> = after.iter().map(|absence| absence.hand_over.as_ref().and_then(|_| stays(absence))).collect();
    claimed.extend(orders.iter().flatten().cloned());
    for (absence, order) in after.iter().zip(&mut orders).filter(|(absence, order)| absence.hand_over.is_some() && order.is_none()) {
        let gone = known().filter(|known| after.iter().all(|absence| absence.from != known.from));
        let mut corrected = gone.filter(|known| [*known, absence].iter().all(|absence| absence.from <= now && now < absence.until));
        let of_corrected = corrected.find_map(|known| Some(HandOver::id_of_absence(user, known)).filter(|id| !claimed.contains(id)));
        let mut own = (0..).map(|more| HandOver::id_of(user, absence.from + TimeDelta::milliseconds(more)));
        let id = of_corrected.or_else(|| own.find(|id| !claimed.contains(id)));
        claimed.extend(id.clone());
        *order = id;
    }
    orders
}
