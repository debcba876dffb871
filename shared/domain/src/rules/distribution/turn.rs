//! Passes a lead on to the next user of the rotation (DIS-10).

use crate::decision::Item;
use crate::distribution::Rotation;
use crate::lead::{Event, Lead, Turn};
use crate::rules::distribution::hand_over;
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

impl Lead {
    /// Passes the lead on to the next user if it is due. Returns the timeline event, the notice to the new owner, and the rotation.
    pub(crate) fn pass_on(&mut self, dealer: &Dealer, rotation: &Rotation, now: DateTime<Utc>) -> Option<(Event, Item, Rotation)> {
        self.passes_on(now)?;
        let mut turn = self.turn.clone()?;
        turn.had.extend(self.owner.clone());
        let Some((choice, turned)) = rotation.next_except(&turn.had, dealer, now) else {
            self.turn = Some(Turn { stays: true, due: None, ..turn });
            return None;
        };
        let (event, notice) = hand_over(self, dealer, choice.owner, choice.why, now);
        self.turn = Some(Turn::new(turn.group, turn.had, dealer, now));
        Some((event, notice, turned))
    }
}
