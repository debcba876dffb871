//! Sends letters and notices again by hand, and records their delivery states (MSG-1).

pub mod consent;
pub mod declared;
pub mod fate;
pub mod given;
pub mod subscription;

use crate::appointment::{Appointment, LetterClaim};
use crate::base::Refusal;
use crate::decision::{Decision, Item};
use crate::lead::Lead;
use crate::messages::{AddressState, Letter, LetterState, Message, MessageClaim, MessageState};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};
use fate::not_stopped;

/// Queues a letter again that was not delivered or is unclear. `appointment` is its subject, if that is an appointment, and `stops` are
/// those of messages to its current recipient.
///
/// # Errors
/// 409 if the letter has another state, its content no longer applies, messages to the recipient are stopped, or it is an automatic answer:
/// it is late by now, and a person can write.
pub fn send_letter_again(
    letter: &Letter,
    (appointment, stops): (Option<&Appointment>, Option<&AddressState>),
    dealer: &Dealer,
    now: DateTime<Utc>,
) -> Result<(Decision, Letter), Refusal> {
    let again = letter.queued_again(now).ok_or_else(|| settled(letter.state_name()))?;
    if letter.instant {
        return Err(Refusal::conflict("MSG-1", "an automatic answer is not sent again; write to the customer"));
    }
    not_stopped(stops, letter.medium, letter.purpose, &letter.dealer)?;
    if let Some(LetterClaim::Settle(Letter { state: LetterState::Suppressed { why, .. }, .. })) =
        again.claim(appointment, &dealer.settings, now)
    {
        return Err(Refusal::conflict("MSG-1", format!("the letter would not be sent: {}", why.name())));
    }
    // The address no longer counts as notified: otherwise the letter would be a repeat of itself.
    let unsent = appointment.and_then(|appointment| appointment.with_notification(&again));
    let decision = Decision::default().with(Item::Letter(Box::new(again.clone())));
    Ok((decision.with_some(unsent.map(|appointment| Item::Appointment(Box::new(appointment)))), again))
}

/// Queues a notice again that has failed.
///
/// # Errors
/// 409 if the notice has another state, or its content no longer applies.
pub fn send_notice_again(message: &Message, lead: &Lead, dealer: &Dealer, now: DateTime<Utc>) -> Result<(Decision, Message), Refusal> {
    let again = message.queued_again(now).ok_or_else(|| settled(message.state.name()))?;
    if let Some(MessageClaim::Settle(Message { state: MessageState::Dropped { why, .. }, .. })) = again.claim(Some(lead), dealer, now) {
        return Err(Refusal::conflict("MSG-1", format!("the notice would not be sent: {}", why.name())));
    }
    Ok((Decision::default().with(Item::Message(again.clone())), again))
}

fn settled(state: &str) -> Refusal {
    Refusal::conflict("MSG-1", format!("the message is {state}; only one that was not delivered or is unclear can be sent again"))
}
