//! The letters about an appointment that do not exist, and why (APT-3).

use crate::appointment::Appointment;
use crate::base::Medium;
use crate::messages::{Letter, LetterKind, SuppressionReason};
use crate::settings::DealerSettings;

/// A letter that does not exist, because the customer or the dealer does not use its medium, or because there was no time for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsentLetter {
    /// The content.
    pub kind: LetterKind,
    /// The medium.
    pub medium: Medium,
    /// The reason.
    pub why: SuppressionReason,
}

impl Appointment {
    /// Returns the letters about its present state that do not exist, with the reasons: confirmation or move, and reminder, by each medium,
    /// or the cancellation. `letters` are those that exist; each of them states its own reason if it was not sent.
    pub fn unsent(&self, letters: &[Letter], settings: &DealerSettings) -> Vec<UnsentLetter> {
        let kinds: &[LetterKind] = match self.state.is_cancelled() {
            true => &[LetterKind::Cancelled],
            // The letter about a move confirms the new time.
            false if self.is_moved() => &[LetterKind::Moved, LetterKind::Reminder],
            false => &[LetterKind::Confirmation, LetterKind::Reminder],
        };
        let all = kinds.iter().flat_map(|kind| [Medium::Email, Medium::Sms].map(|medium| (kind.clone(), medium)));
        let missing = all.filter(|(kind, medium)| !letters.iter().any(|letter| letter.medium == *medium && self.is_about(letter, kind)));
        missing.map(|(kind, medium)| UnsentLetter { why: self.why_unsent(&kind, medium, settings), kind, medium }).collect()
    }

    /// Whether an existing letter is the one of `kind`. A letter about a move to another time confirms that time.
    fn is_about(&self, letter: &Letter, kind: &LetterKind) -> bool {
        match kind {
            LetterKind::Confirmation => matches!(letter.kind, LetterKind::Confirmation | LetterKind::Moved),
            // A medium that was permitted later has a confirmation of the new time.
            LetterKind::Moved => matches!(letter.kind, LetterKind::Confirmation | LetterKind::Moved) && letter.sequence == self.sequence,
            kind => letter.kind == *kind && letter.sequence == self.sequence,
        }
    }

    /// Whether its latest change of time or place was a move, not a booking after a cancellation.
    fn is_moved(&self) -> bool {
        let moved = self.moved.last().map(|moved| moved.at).max(self.left.last().map(|left| left.at));
        moved.is_some() && self.sequence > 0 && moved > self.undone.last().map(|undone| undone.again_at)
    }

    fn why_unsent(&self, kind: &LetterKind, medium: Medium, settings: &DealerSettings) -> SuppressionReason {
        let used = &settings.appointments;
        match () {
            () if self.reached.refuses.has(medium) => SuppressionReason::Refused,
            () if !used.media.contains(&medium) => SuppressionReason::NotUsed,
            () if *kind == LetterKind::Reminder && used.reminder_hours == 0 => SuppressionReason::NotUsed,
            // A reminder that would be due before the booking is not made.
            () if *kind == LetterKind::Reminder || self.at <= self.moved.last().map_or(self.created, |moved| moved.at) => {
                SuppressionReason::TooLate
            }
            // The medium was switched on, or permitted, after the letter would have been made.
            () => SuppressionReason::NotUsed,
        }
    }
}
