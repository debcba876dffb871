//! Invites customers; books, reschedules and cancels their appointments (CAL-8).

use crate::base::text::is_line;
use crate::base::{Actor, Cancellation, EVENT_TYPES, Fault, InvitationId, Language, Refusal, Status, UserId};
use crate::bookings::Despite;
use crate::calendar::{CalendarEvent, EventTime, Invitation, InvitationStatus};
use crate::decision::{Decision, Item, commit};
use crate::lead::{Event, Lead};
use crate::messages::{Booking, Message};
use crate::rules::calendar::{CalendarContext, EventAction, NewEvent, OfferRefusal, schedule, settle};
use crate::rules::settings::tracking_only;
use crate::slots::Diary;
use chrono::{DateTime, TimeDelta, Utc};

/// A new invitation.
#[derive(Debug, Clone, PartialEq)]
pub struct NewInvitation {
    /// Its id.
    pub id: InvitationId,
    /// The event type, as its name in the API or as its display name.
    pub kind: String,
    /// The title.
    pub title: Option<String>,
    /// The salesperson.
    pub user: Option<UserId>,
    /// The validity of the link in days.
    pub days: i64,
    /// The contact's language.
    pub language: Option<Language>,
}

/// The default validity of a link in days.
pub const DAYS: i64 = 14;

/// The maximum validity of a link in days.
const MAX_DAYS: i64 = 60;

/// How often a customer can book again after a cancellation.
pub(crate) const MAX_BOOKINGS: u32 = 20;

/// Invites a lead's contact.
///
/// # Errors
/// Faults by field; 409 if the lead is lost, or the dealer answers customers in another system (SET-5).
pub fn invite(context: &CalendarContext<'_>, new: NewInvitation) -> Result<(Decision, Invitation), Refusal> {
    let CalendarContext { lead, dealer, now, .. } = *context;
    let mut faults = Vec::new();
    let kind = dealer.settings.event_type(&new.kind);
    if kind.is_none() {
        faults.push(Fault::new("type", "CAL-1", "must be a type of calendar events, such as booked_test_drive"));
    }
    let title = new.title.map(|title| title.trim().to_owned()).filter(|title| !title.is_empty());
    if title.as_ref().is_some_and(|title| !is_line(title, 200)) {
        faults.push(Fault::new("title", "CAL-8", "must be 1 to 200 characters in one line"));
    }
    if new.user.as_ref().is_some_and(|user| !dealer.settings.member(user).is_some_and(|member| member.assignable)) {
        faults.push(Fault::new("user", "CAL-8", format!("must be a user of {} who is assignable", dealer.id)));
    }
    if !(1..=MAX_DAYS).contains(&new.days) {
        faults.push(Fault::new("expires_in_days", "CAL-8", format!("must be 1 to {MAX_DAYS}")));
    }
    let (Some(kind), true) = (kind, faults.is_empty()) else { return Err(Refusal::Invalid(faults)) };
    if dealer.settings.lead_tracking_only {
        return Err(tracking_only("CAL-8"));
    }
    if matches!(lead.status, Status::Lost(_)) {
        return Err(Refusal::conflict("CAL-8", "the lead is lost; reopen it first"));
    }
    let invitation = Invitation {
        id: new.id,
        lead: lead.id,
        kind,
        title,
        user: new.user,
        language: new.language,
        created: now,
        expires: now + TimeDelta::days(new.days),
        event: None,
        bookings: 0,
        revoked: None,
    };
    let event = Event::Invited { invitation: invitation.id.clone(), kind: invitation.kind.clone(), expires: invitation.expires };
    let decision = commit(lead.touched(now), context.by.clone(), vec![event], now);
    Ok((decision.with(Item::Invitation(Box::new(invitation.clone()))), invitation))
}

/// Revokes an invitation. Its link then shows nothing. `None` if it is already revoked.
pub fn revoke(lead: &Lead, invitation: &Invitation, by: Actor, now: DateTime<Utc>) -> Option<Decision> {
    if invitation.revoked.is_some() {
        return None;
    }
    let revoked = Invitation { revoked: Some(now), ..invitation.clone() };
    let event = Event::InvitationRevoked { invitation: invitation.id.clone() };
    Some(commit(lead.touched(now), by, vec![event], now).with(Item::Invitation(Box::new(revoked))))
}

/// Books the slot at `from` for the customer, or reschedules the booking to it. `None` if it is already booked.
///
/// # Errors
/// 409 if the slot is not free or the link offers no slots ([`OfferRefusal`]).
pub fn book(
    context: &CalendarContext<'_>,
    invitation: &Invitation,
    event: Option<&CalendarEvent>,
    from: DateTime<Utc>,
) -> Result<Option<Decision>, Refusal> {
    let moved = event.filter(|_| invitation.status(event, context.now) == InvitationStatus::Booked);
    if moved.is_some_and(|event| event.at == from) {
        return Ok(None);
    }
    let offer = invitation.offer(context.lead, context.dealer, event, context.now)?;
    // The first run has no loaded days and must report every needed day. So all days are requested before anything is checked.
    let diary = Diary::new(context.days);
    let days = offer.days_of(&diary, from);
    offer.find_slot(&days, from)?;
    if let Some(event) = moved {
        let settled = settle(context, event, EventAction::Reschedule { to: EventTime::At(from), despite: Despite::Unstated }, None)?;
        return Ok(settled.map(|decision| notify(context, decision, Booking::Moved)));
    }
    let bookings = invitation.bookings + 1;
    let id = invitation.names_event(bookings).ok_or(Refusal::NotFound("invitation"))?;
    let label = EVENT_TYPES.iter().find(|(name, _)| *name == invitation.kind).map_or(invitation.kind.as_str(), |(_, label)| *label);
    // A title that was valid under earlier rules must not prevent a booking.
    let title = invitation.title.clone().filter(|title| is_line(title, 200)).unwrap_or_else(|| label.to_owned());
    let new = NewEvent {
        id: id.clone(),
        title,
        kind: invitation.kind.clone(),
        when: EventTime::At(from),
        notes: None,
        user: offer.personal(),
        booked: true,
        appointment: None,
        follows: None,
        despite: Despite::Unstated,
    };
    let decision = schedule(context, new)?;
    let booked = Invitation { event: Some(id), bookings, ..invitation.clone() };
    Ok(Some(notify(context, decision, Booking::Booked).with(Item::Invitation(Box::new(booked)))))
}

/// Cancels the customer's booking. `None` if there is none.
///
/// # Errors
/// 409 if the appointment has started or is over.
pub fn cancel(context: &CalendarContext<'_>, invitation: &Invitation, event: Option<&CalendarEvent>) -> Result<Option<Decision>, Refusal> {
    match (invitation.status(event, context.now), event) {
        (InvitationStatus::Over, _) => Err(OfferRefusal::Over.into()),
        (InvitationStatus::Booked, Some(event)) => {
            let settled = settle(context, event, EventAction::Delete { why: Cancellation::default() }, None)?;
            Ok(settled.map(|decision| notify(context, decision, Booking::Cancelled)))
        }
        _ => Ok(None),
    }
}

/// Extends the decision: notifies the user of the appointment.
fn notify(context: &CalendarContext<'_>, decision: Decision, what: Booking) -> Decision {
    let event = decision.items.iter().find_map(|item| if let Item::Event(event) = item { Some(event.clone()) } else { None });
    let notice = decision.lead().zip(event).map(|(lead, event)| {
        let reader = event.user.as_ref().or(lead.owner.as_ref()).unwrap_or(&context.dealer.settings.admin_user).clone();
        Item::Message(Message::booking(lead, &event, what, reader, context.now))
    });
    decision.with_some(notice)
}
