//! The addresses at which a customer was notified of an appointment (APT-3).

use crate::appointment::Appointment;
use crate::messages::{Letter, LetterKind, LetterState, SuppressionReason};
use serde::{Deserialize, Serialize};

/// An address that was or may have been notified of an appointment, with the sequence at that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifiedAddress {
    /// The address or number.
    pub to: String,
    /// The [`Appointment::sequence`].
    pub sequence: u32,
}

impl Appointment {
    /// The maximum number of recorded addresses. The oldest are dropped first.
    const TOLD: usize = 40;

    /// Returns the appointment while a sender has leased `letter`: from now on the customer may have been notified. `None` if nothing
    /// changes.
    pub fn telling(&self, letter: &Letter) -> Option<Self> {
        if let Some(reminding) = letter.reminds_at() {
            let mut told = self.clone();
            told.reminding.retain(|known| known.sequence == self.sequence && *known != reminding);
            told.reminding.push(reminding);
            return Some(told);
        }
        let telling = letter.told_at().filter(|told| !self.told.contains(told))?;
        let mut told = self.clone();
        told.told.push(telling);
        if told.told.len() > Self::TOLD {
            told.told.remove(0);
        }
        Some(told)
    }

    /// Returns the appointment once the state of `letter` has changed: sent, not sent, or unclear. `None` if nothing changes.
    pub fn told(&self, letter: &Letter) -> Option<Self> {
        let mut told = self.clone();
        match (&letter.fate, &letter.says) {
            (LetterState::Sent { .. }, LetterKind::Confirmation | LetterKind::Moved) => told.confirmed = told.confirmed.and(letter.medium),
            (LetterState::Sent { .. }, LetterKind::Reminder) => told.reminded = told.reminded.and(letter.medium),
            (LetterState::Queued { .. } | LetterState::Failed { .. }, _) => {
                let not = letter.told_at();
                told.told.retain(|told| Some(told) != not.as_ref());
                let not = letter.reminds_at();
                told.reminding.retain(|reminding| Some(reminding) != not.as_ref());
            }
            _ => {}
        }
        (told != *self).then_some(told)
    }
}

impl Letter {
    /// Returns the letter for an address, adapted to the previous letters to that address: a first letter about a change of time becomes a
    /// confirmation, and a first letter about a cancellation is suppressed.
    ///
    /// # Errors
    /// The reason why it must not be sent to this address.
    pub fn addressed(self, to: &str, appointment: Option<&Appointment>) -> Result<Self, SuppressionReason> {
        let told = |appointment: &Appointment| {
            // Letters from before addresses were recorded count for all addresses.
            let before = appointment.told.is_empty() && appointment.confirmed.has(self.medium);
            before || appointment.told.iter().any(|told| told.to == to)
        };
        let says = match (&self.says, appointment) {
            (LetterKind::Moved, Some(appointment)) if !told(appointment) && appointment.at <= self.queued => {
                return Err(SuppressionReason::NeverTold);
            }
            (LetterKind::Moved, Some(appointment)) if !told(appointment) => LetterKind::Confirmation,
            (LetterKind::Cancelled, Some(appointment)) if !told(appointment) => return Err(SuppressionReason::NeverTold),
            (LetterKind::Confirmation, Some(Appointment { told, sequence, .. }))
                if told.iter().any(|told| told.to == to && told.sequence == *sequence) =>
            {
                return Err(SuppressionReason::AlreadyTold);
            }
            (LetterKind::Reminder, Some(Appointment { reminding, sequence, .. }))
                if reminding.iter().any(|told| told.to == to && told.sequence == *sequence) =>
            {
                return Err(SuppressionReason::AlreadyTold);
            }
            (says, _) => says.clone(),
        };
        Ok(Self { says, to: Some(to.to_owned()), ..self })
    }

    /// The address that this letter reminds of an appointment.
    fn reminds_at(&self) -> Option<NotifiedAddress> {
        let to = self.to.clone().filter(|_| self.says == LetterKind::Reminder)?;
        Some(NotifiedAddress { to, sequence: self.sequence })
    }

    /// The address that this letter notifies of an appointment.
    fn told_at(&self) -> Option<NotifiedAddress> {
        let tells = matches!(self.says, LetterKind::Confirmation | LetterKind::Moved);
        let to = self.to.clone().filter(|_| tells)?;
        Some(NotifiedAddress { to, sequence: self.sequence })
    }
}
