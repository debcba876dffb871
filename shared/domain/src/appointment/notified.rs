//! The addresses at which a customer was notified of an appointment (APT-3).

use crate::appointment::Appointment;
use crate::base::Medium;
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
    const MAX_ADDRESSES: usize = 40;

    /// Returns the appointment while a sender has leased `letter`: from now on the customer may have been notified. `None` if nothing
    /// changes.
    pub fn with_notification_leased(&self, letter: &Letter) -> Option<Self> {
        if let Some(reminding) = letter.reminds_at() {
            let mut after = self.clone();
            after.reminding.retain(|known| known.sequence == self.sequence && *known != reminding);
            after.reminding.push(reminding);
            return Some(after);
        }
        let address = letter.notifies_at().filter(|address| !self.notified.contains(address))?;
        let mut after = self.clone();
        after.notified.push(address);
        if after.notified.len() > Self::MAX_ADDRESSES {
            after.notified.remove(0);
        }
        Some(after)
    }

    /// Returns the appointment once the state of `letter` has changed: sent, not sent, or unclear. `None` if nothing changes.
    pub fn with_notification(&self, letter: &Letter) -> Option<Self> {
        let mut after = self.clone();
        match (&letter.state, &letter.kind) {
            (LetterState::Sent { .. }, LetterKind::Confirmation | LetterKind::Moved) => {
                after.confirmed = after.confirmed.and(letter.medium)
            }
            (LetterState::Sent { .. }, LetterKind::Reminder) => after.reminded = after.reminded.and(letter.medium),
            (LetterState::Queued { .. } | LetterState::Failed { .. }, _) => {
                let unsent = letter.notifies_at();
                after.notified.retain(|address| Some(address) != unsent.as_ref());
                let unsent = letter.reminds_at();
                after.reminding.retain(|address| Some(address) != unsent.as_ref());
            }
            _ => {}
        }
        (after != *self).then_some(after)
    }

    /// Returns the appointment once a sent letter has come back: its address was not notified. `None` if nothing changes.
    pub fn with_notification_returned(&self, letter: &Letter) -> Option<Self> {
        let mut after = self.clone();
        for unsent in [letter.notifies_at(), letter.reminds_at()].into_iter().flatten() {
            after.notified.retain(|address| *address != unsent);
            after.reminding.retain(|address| *address != unsent);
        }
        let is_mail = |address: &NotifiedAddress| address.to.contains('@') == (letter.medium == Medium::Email);
        if letter.kind == LetterKind::Reminder && !after.reminding.iter().any(is_mail) {
            after.reminded = after.reminded.without(letter.medium);
        }
        if matches!(letter.kind, LetterKind::Confirmation | LetterKind::Moved) && !after.notified.iter().any(is_mail) {
            after.confirmed = after.confirmed.without(letter.medium);
        }
        (after != *self).then_some(after)
    }
}

impl Letter {
    /// Returns the letter for an address, adapted to the previous letters to that address: a first letter about a change of time becomes a
    /// confirmation, and a first letter about a cancellation is suppressed.
    ///
    /// # Errors
    /// The reason why it must not be sent to this address.
    pub fn addressed(self, to: &str, appointment: Option<&Appointment>) -> Result<Self, SuppressionReason> {
        let notified = |appointment: &Appointment| {
            // Letters from before addresses were recorded count for all addresses.
            let before = appointment.notified.is_empty() && appointment.confirmed.has(self.medium);
            before || appointment.notified.iter().any(|address| address.to == to)
        };
        let kind = match (&self.kind, appointment) {
            (LetterKind::Moved, Some(appointment)) if !notified(appointment) && appointment.at <= self.queued => {
                return Err(SuppressionReason::NeverNotified);
            }
            (LetterKind::Moved, Some(appointment)) if !notified(appointment) => LetterKind::Confirmation,
            (LetterKind::Cancelled, Some(appointment)) if !notified(appointment) => return Err(SuppressionReason::NeverNotified),
            (LetterKind::Confirmation, Some(Appointment { notified, sequence, .. }))
                if notified.iter().any(|address| address.to == to && address.sequence == *sequence) =>
            {
                return Err(SuppressionReason::AlreadyNotified);
            }
            (LetterKind::Reminder, Some(Appointment { reminding, sequence, .. }))
                if reminding.iter().any(|address| address.to == to && address.sequence == *sequence) =>
            {
                return Err(SuppressionReason::AlreadyNotified);
            }
            (kind, _) => kind.clone(),
        };
        Ok(Self { kind, to: Some(to.to_owned()), ..self })
    }

    /// The address that this letter reminds of an appointment.
    fn reminds_at(&self) -> Option<NotifiedAddress> {
        let to = self.to.clone().filter(|_| self.kind == LetterKind::Reminder)?;
        Some(NotifiedAddress { to, sequence: self.sequence })
    }

    /// The address that this letter notifies of an appointment.
    fn notifies_at(&self) -> Option<NotifiedAddress> {
        let notifies = matches!(self.kind, LetterKind::Confirmation | LetterKind::Moved);
        let to = self.to.clone().filter(|_| notifies)?;
        Some(NotifiedAddress { to, sequence: self.sequence })
    }
}
