//! The outcomes of contacts, and what takes them back (FUP-3, FUP-4, FUP-6).

use crate::base::{Actor, ContactChannel, Refusal};
use crate::enquiry::ContactPreferences;
use crate::follow_up::{ChainContext, Clearable, FollowUp, FollowUpNote, Outcome, PastContact, SkipReason};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// The input of a change of a follow-up.
#[derive(Clone, Copy)]
pub struct OutcomeContext<'a> {
    /// Its dealer.
    pub dealer: &'a Dealer,
    /// Whether a method is allowed, with the numbers that are recorded as wrong in a follow-up (FUP-8).
    pub permits: &'a dyn Fn(&FollowUp, ContactChannel) -> Result<(), SkipReason>,
    /// The actor.
    pub by: &'a Actor,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// Records an outcome. `None` if it changes nothing.
///
/// # Errors
/// 409 if the outcome is not possible in the state of the follow-up, or if its contact was erased; 422 for an unknown reason.
pub fn record(context: &OutcomeContext<'_>, before: &FollowUp, outcome: &Outcome) -> Result<Option<FollowUp>, Refusal> {
    not_erased(before)?;
    let OutcomeContext { dealer, by, now, .. } = *context;
    let outcome = match outcome {
        Outcome::Declined(text) => {
            let settings = &dealer.settings.follow_ups;
            let known = settings.decline_reason(text).ok_or_else(|| {
                let detail = format!("must be one of {}; add a reason to the list first", settings.reasons().join(", "));
                Refusal::field("reason", "FUP-3", detail)
            })?;
            Outcome::Declined(known.to_owned())
        }
        other => other.clone(),
    };
    let mut after = before.clone();
    let wrong_number = match outcome {
        Outcome::WrongNumber => ContactPreferences::of(&before.contact).phone.and_then(|phone| phone.e164),
        _ => None,
    };
    let wrong_number = wrong_number.filter(|number| after.wrong_numbers.insert(number.clone()));
    let known = after.clone();
    let permits = |method: ContactChannel| (context.permits)(&known, method);
    let chain = ChainContext {
        settings: &dealer.settings.follow_ups,
        job: &before.job,
        due: before.due,
        calendar: &dealer.settings.calendar,
        permits: &permits,
        now,
    };
    let Some(chain) = before.chain.after(&outcome, &chain)? else { return Ok(None) };
    // Of an appointment the customer is notified, and a message is sent: neither can be taken back by a clear. A withdrawal has no call.
    let by_call =
        matches!(outcome, Outcome::Declined(_) | Outcome::Unavailable | Outcome::CallBack(_) | Outcome::WrongNumber | Outcome::NextMethod);
    let until = now + FollowUp::CLEARABLE;
    after.clearable = by_call.then(|| Clearable { chain: before.chain.clone(), wrong_number, by: by.clone(), until });
    after.chain = chain;
    if outcome != Outcome::Checked {
        after.contacts.push(contact(before, &outcome, by, now));
        let over = after.contacts.len().saturating_sub(FollowUp::CONTACTS);
        after.contacts.drain(..over);
    }
    Ok(Some(changed(after, now)))
}

/// Returns the record of a contact.
fn contact(before: &FollowUp, outcome: &Outcome, by: &Actor, now: DateTime<Utc>) -> PastContact {
    let appointment = match outcome {
        Outcome::Booked(appointment) => Some(appointment.clone()),
        Outcome::Cancelled => before.chain.appointment().cloned(),
        _ => None,
    };
    PastContact {
        at: now,
        by: by.clone(),
        method: before.chain.step().map(|step| step.method),
        outcome: outcome.name().to_owned(),
        reason: if let Outcome::Declined(reason) = outcome { Some(reason.clone()) } else { None },
        call_back: if let Outcome::CallBack(at) = outcome { Some(*at) } else { None },
        appointment,
        cleared: false,
    }
}

/// Takes back the latest outcome of the call of an actor: the status is "awaiting call" again, as before the call (FUP-4). `None` if the
/// call has no outcome.
///
/// # Errors
/// 409 if the customer has an appointment, if another user recorded the outcome, or half an hour after it.
pub fn clear(context: &OutcomeContext<'_>, before: &FollowUp) -> Result<Option<FollowUp>, Refusal> {
    not_erased(before)?;
    let OutcomeContext { by, now, .. } = *context;
    if before.chain.appointment().is_some() {
        return Err(Refusal::conflict("FUP-4", "the customer has an appointment; cancel the appointment first"));
    }
    let Some(clearable) = &before.clearable else { return Ok(None) };
    if !before.is_clearable(by, now) {
        let detail = "the outcome belongs to an earlier call, or to the call of another user; record a new outcome";
        return Err(Refusal::conflict("FUP-4", detail));
    }
    let mut after = before.clone();
    after.chain = clearable.chain.clone();
    if let Some(number) = &clearable.wrong_number {
        after.wrong_numbers.remove(number);
    }
    if let Some(contact) = after.contacts.last_mut() {
        contact.cleared = true;
    }
    after.clearable = None;
    Ok(Some(changed(after, now)))
}

/// Adds a note of the conversation (FUP-6).
///
/// # Errors
/// 409 if the follow-up has the most notes, or if its contact was erased; 422 if the text is empty or too long.
pub fn add_note(context: &OutcomeContext<'_>, before: &FollowUp, text: &str) -> Result<FollowUp, Refusal> {
    not_erased(before)?;
    let text = text.trim();
    if text.is_empty() || text.chars().count() > FollowUp::NOTE {
        return Err(Refusal::field("note", "FUP-6", format!("must be 1 to {} characters", FollowUp::NOTE)));
    }
    if before.notes.len() >= FollowUp::NOTES {
        return Err(Refusal::conflict("FUP-6", format!("the follow-up has {} notes, which is the most", FollowUp::NOTES)));
    }
    let mut after = before.clone();
    after.notes.push(FollowUpNote { at: context.now, by: context.by.clone(), text: text.to_owned() });
    Ok(changed(after, context.now))
}

fn changed(after: FollowUp, now: DateTime<Utc>) -> FollowUp {
    FollowUp { version: after.version + 1, updated: now, ..after }
}

fn not_erased(follow_up: &FollowUp) -> Result<(), Refusal> {
    match follow_up.erased {
        None => Ok(()),
        Some(_) => Err(Refusal::conflict("PRV-2", "the contact of this follow-up was erased")),
    }
}
