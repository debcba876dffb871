//! The letters that a change of an appointment sends (APT-3).

use crate::appointment::{Appointment, Attended};
use crate::decision::Item;
use crate::messages::{Letter, LetterKind};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

impl Appointment {
    /// What its customer is told of a change to `self` from `before`, by every medium that the dealer uses and the customer allows (APT-3):
    /// a confirmation at once, and a reminder in its time; of an appointment that is over, nothing, unless it was still to come: who was told of the
    /// time that it had must not come in vain. At an address that is new, a confirmation; by a medium that is allowed only now, both.
    pub fn letters(&self, before: Option<&Self>, dealer: &Dealer, now: DateTime<Utc>) -> impl Iterator<Item = Item> {
        let settings = &dealer.settings.appointments;
        let (was, is) = (before.is_some_and(|before| !before.state.is_cancelled()), !self.state.is_cancelled());
        let moved = before.is_some_and(|before| (before.at, &before.dealer) != (self.at, &self.dealer));
        let (mut says, mut readdressed, mut allowed) = (Vec::new(), Vec::new(), Vec::new());
        let reminder = settings.reminder_at(self.at, &dealer.settings.calendar, now);
        let to_come = before.is_some_and(|before| before.at > now) && self.attendance.is == Attended::Unknown;
        if self.at <= now && was && is && moved && to_come {
            says.push((LetterKind::Moved, now));
        }
        if self.at > now {
            match (was, is) {
                (false, true) => says.push((LetterKind::Confirmation, now)),
                (true, true) if moved => says.push((LetterKind::Moved, now)),
                // Of one that nobody was told of there is nothing to take back, but then its confirmation is stale, too.
                (true, false) => says.push((LetterKind::Cancelled, now)),
                (true, true) => {
                    allowed = before.map(|before| self.reached.allows(&before.reached)).unwrap_or_default();
                    readdressed = before.map(|before| self.reached.differs(&before.reached)).unwrap_or_default();
                    readdressed.retain(|medium| !allowed.contains(medium));
                }
                (false, false) => {}
            }
            if is && (!was || moved) {
                says.extend(reminder.map(|due| (LetterKind::Reminder, due)));
            }
        }
        let media = settings.media(&self.reached.refuses);
        let confirmed = readdressed.into_iter().chain(allowed.iter().copied()).map(|medium| (LetterKind::Confirmation, medium, now));
        let reminded = allowed.iter().flat_map(|medium| reminder.map(|due| (LetterKind::Reminder, *medium, due)));
        let again: Vec<_> = confirmed.chain(reminded).filter(|(_, medium, _)| media.contains(medium)).collect();
        let again = again.into_iter().map(move |(says, medium, due)| {
            let letter = Letter::of_appointment(self, says, medium, due, now);
            // Its name there is that of the first one, unless it says of which version it is.
            Letter { cause: format!("{}-{}", letter.cause, self.version + 1), ..letter }
        });
        let letters =
            says.into_iter().flat_map(move |(says, due)| media.clone().into_iter().map(move |medium| (says.clone(), medium, due)));
        let letters = letters.map(move |(says, medium, due)| Letter::of_appointment(self, says, medium, due, now));
        letters.chain(again).map(|letter| Item::Letter(Box::new(letter)))
    }
}
