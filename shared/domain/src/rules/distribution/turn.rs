//! Passes a lead on to the next user of the rotation (DIS-10).

use crate::decision::Item;
use crate::distribution::{Availability, LaneState};
use crate::lead::{Event, Lead, Turn};
use crate::rules::distribution::{Lanes, hand_over};
use chrono::{DateTime, Utc};

impl Lead {
    /// Passes the lead on to the next user if it is due. Returns the timeline event and the notice to the new owner.
    pub(crate) fn pass_on(&mut self, lanes: &mut Lanes<'_>, now: DateTime<Utc>) -> Option<(Event, Item)> {
        let lane = self.passes_on(now)?;
        let dealer = lanes.dealer();
        let mut turn = self.turn.clone()?;
        turn.had.extend(self.owner.clone());
        let open = lanes.open();
        let available = Availability::new(dealer, open.as_ref(), now);
        let Some((choice, turned)) = lanes.rotation(&lane)?.next_except(&turn.had, &available) else {
            self.turn = Some(Turn { stays: true, due: None, ..turn });
            return None;
        };
        lanes.put(LaneState::Rotation(turned));
        let passed_on = hand_over(self, choice.owner, choice.why, lanes, now);
        self.turn = Some(Turn::new(turn.group, turn.had, dealer, now));
        Some(passed_on)
    }
}
