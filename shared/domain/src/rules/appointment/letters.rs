//! The letters that a change of an appointment sends (APT-3).

use crate::appointment::{Appointment, Attended};
use crate::decision::Item;
use crate::messages::{Letter, LetterKind};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

impl Appointment {
    /// Returns the letters about the change from `before` to `self`, one per medium that the dealer uses and the customer allows (APT-3). A
    /// future appointment has a confirmation at once and a reminder later. A past one has no letters, with one exception: if it was moved
    /// from a future time to a past one, the customer is notified so that they do not come for nothing. A new address receives a
    /// confirmation; a newly allowed medium receives a confirmation and a reminder.
    pub fn letters(&self, before: Option<&Self>, dealer: &Dealer, now: DateTime<Utc>) -> impl Iterator<Item = Item> {
        let settings = &dealer.settings.appointments;
        let (was, is) = (before.is_some_and(|before| !before.state.is_cancelled()), !self.state.is_cancelled());
        let moved = before.is_some_and(|before| (before.at, &before.dealer) != (self.at, &self.dealer));
        let (mut kinds, mut readdressed, mut allowed) = (Vec::new(), Vec::new(), Vec::new());
        let reminder = settings.reminder_at(self.at, &dealer.settings.calendar, now);
        let to_come = before.is_some_and(|before| before.at > now) && self.attendance.is == Attended::Unknown;
        if self.at <= now && was && is && moved && to_come {
            kinds.push((LetterKind::Moved, now));
        }
        if self.at > now {
            match (was, is) {
                (false, true) => kinds.push((LetterKind::Confirmation, now)),
                (true, true) if moved => kinds.push((LetterKind::Moved, now)),
                // If no confirmation was sent, no cancellation is needed either. It is queued all the same, and the pending confirmation is
                // stale.
                (true, false) => kinds.push((LetterKind::Cancelled, now)),
                (true, true) => {
                    allowed = before.map(|before| self.reached.allows(&before.reached)).unwrap_or_default();
                    readdressed = before.map(|before| self.reached.differs(&before.reached)).unwrap_or_default();
                    readdressed.retain(|medium| !allowed.contains(medium));
                }
                (false, false) => {}
            }
            if is && (!was || moved) {
                kinds.extend(reminder.map(|due| (LetterKind::Reminder, due)));
            }
        }
        let media = settings.media(&self.reached.refuses);
        let confirmed = readdressed.into_iter().chain(allowed.iter().copied()).map(|medium| (LetterKind::Confirmation, medium, now));
        let reminded = allowed.iter().flat_map(|medium| reminder.map(|due| (LetterKind::Reminder, *medium, due)));
        let again: Vec<_> = confirmed.chain(reminded).filter(|(_, medium, _)| media.contains(medium)).collect();
        let again = again.into_iter().map(move |(kind, medium, due)| {
            let letter = Letter::of_appointment(self, kind, medium, due, now);
            // Adds the version to the cause. Otherwise it would equal the cause of the first letter.
            Letter { cause: format!("{}-{}", letter.cause, self.version + 1), ..letter }
        });
        let letters =
            kinds.into_iter().flat_map(move |(kind, due)| media.clone().into_iter().map(move |medium| (kind.clone(), medium, due)));
        let letters = letters.map(move |(kind, medium, due)| Letter::of_appointment(self, kind, medium, due, now));
        letters.chain(again).map(|letter| Item::Letter(Box::new(letter)))
    }
}
