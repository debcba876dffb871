//! Changes that the customer makes: by the link in a letter about the appointment (APT-8), or by an answer to a text message (MSG-3).

use crate::appointment::{Appointment, AppointmentChange, ConfirmationWay, NotifiedAddress, SalesChange, SalesNotice};
use crate::base::{Actor, Cancellation, Refusal, Status};
use crate::calendar::InvitationStatus;
use crate::hours::Calendar;
use crate::messages::Reply;
use crate::rules::appointment::{AppointmentContext, ChangedAppointment, apply_local, changed, confirm};
use crate::rules::calendar::{Offer, OfferRefusal};
use crate::slots::Diary;
use chrono::{DateTime, Utc};

/// How often a customer can reschedule an appointment.
const MAX_MOVES: usize = 20;

impl Appointment {
    /// Returns the status as the page of its customer shows it.
    pub fn status(&self, now: DateTime<Utc>) -> InvitationStatus {
        match () {
            () if self.state.is_cancelled() => InvitationStatus::Cancelled,
            () if self.is_to_come(now) => InvitationStatus::Booked,
            () => InvitationStatus::Over,
        }
    }

    /// Whether the customer chose its present time.
    pub(crate) fn is_time_of_customer(&self) -> bool {
        self.moved.last().is_some_and(|moved| moved.by == Actor::Customer)
    }

    /// Whether a text message has reminded this number of its present time, so that an answer of the number is about it.
    pub fn was_asked(&self, number: &str, now: DateTime<Utc>) -> bool {
        let is_it = |at: &NotifiedAddress| at.to == number && at.sequence == self.sequence;
        self.is_to_come(now) && self.not_erased().is_ok() && self.reminding.iter().any(is_it)
    }

    /// Whether a link in a letter about it opens its page: until the end of the day of the visit at the dealer, unless the customer was
    /// erased (PRV-2). [`status`](Self::status) states whether the customer can still change it.
    pub fn has_page(&self, calendar: &Calendar, now: DateTime<Utc>) -> bool {
        calendar.date_of(now) <= calendar.date_of(self.at) && self.not_erased().is_ok()
    }
}

/// Returns the slots to which the customer can reschedule an appointment: those of its salesperson, as for an invitation.
///
/// # Errors
/// The reason why there are none.
pub fn offer_to_customer<'a>(context: &AppointmentContext<'a>, appointment: &'a Appointment) -> Result<Offer<'a>, OfferRefusal> {
    let AppointmentContext { dealer, lead, event, now, .. } = *context;
    match appointment.status(now) {
        InvitationStatus::Booked => {}
        InvitationStatus::Over => return Err(OfferRefusal::Over),
        InvitationStatus::Open | InvitationStatus::Cancelled => return Err(OfferRefusal::Unavailable),
    }
    let moves = appointment.moved.iter().filter(|moved| moved.by == Actor::Customer).count();
    if moves >= MAX_MOVES || event.is_some_and(|event| !event.can_be_moved()) {
        return Err(OfferRefusal::TooOften);
    }
    let lost = lead.is_some_and(|lead| matches!(lead.status, Status::Lost(_)));
    let kind = event.map_or_else(|| appointment.kind.event_type(), |event| event.kind.as_str());
    let place = event.map_or(appointment.id.as_str(), |event| event.id.as_str());
    let offer = appointment.user.as_ref().and_then(|user| Offer::with_person(kind.to_owned(), user, dealer, now));
    offer.filter(|_| !lost).map(|offer| offer.moving(place)).ok_or(OfferRefusal::Unavailable)
}

/// Reschedules an appointment to the slot that its customer chose. `None` if it has this time.
///
/// # Errors
/// 409 if the slot is not free or the link offers no slots.
pub fn move_by_customer(
    context: &AppointmentContext<'_>,
    appointment: &Appointment,
    from: DateTime<Utc>,
) -> Result<Option<ChangedAppointment>, Refusal> {
    if appointment.status(context.now) == InvitationStatus::Booked && appointment.at == from {
        return Ok(None);
    }
    let offer = offer_to_customer(context, appointment)?;
    // The first run reports every needed day, so all days are requested before anything is checked.
    let days = offer.days_of(&Diary::new(context.days), from);
    let moved = apply_local(context, appointment, AppointmentChange::Moved { to: from });
    offer.find_slot(&days, from)?;
    moved.map(Some)
}

/// Records the answer of the customer to a text message that reminds of an appointment. `None` if it changes nothing. "No" does not cancel:
/// the salesperson is notified, and calls the customer or cancels.
///
/// # Errors
/// 409 if the appointment is cancelled or over, or if its customer was erased (PRV-2).
pub fn answer(context: &AppointmentContext<'_>, before: &Appointment, reply: Reply) -> Result<Option<ChangedAppointment>, Refusal> {
    if reply == Reply::Yes {
        return confirm(context, before, ConfirmationWay::Text);
    }
    context.not_erased(before)?;
    if before.is_declined() {
        return Ok(None);
    }
    let mut after = before.clone();
    after.decline(context.by, context.now);
    let notice = SalesNotice::of_answer(SalesChange::Declined, before, context.by, context.now);
    after.brief(vec![notice], &context.dealer.settings, context.now);
    changed(context, before, after).map(Some)
}

/// The appointments that an answer to a text message can mean.
#[derive(Debug, Clone, PartialEq)]
pub enum Meant<'a> {
    /// It means this one.
    One(&'a Appointment),
    /// It can mean each of these: their salespersons ask the customer. Empty if the answer changes none.
    Several(Vec<&'a Appointment>),
}

/// Selects what `reply` means of the appointments about which the number was `asked`: the only one, or the only one that is not answered
/// yet. Of several it is none, because the wrong one might be confirmed. `None` if the number was asked about nothing.
pub fn meant_by<'a>(reply: Reply, asked: Vec<&'a Appointment>) -> Option<Meant<'a>> {
    let is_open = |appointment: &&&Appointment| appointment.customer_confirmed.is_none() && !appointment.is_declined();
    let open: Vec<&Appointment> = asked.iter().filter(is_open).copied().collect();
    match (asked.as_slice(), open.as_slice()) {
        ([], _) => None,
        ([one], _) | (_, [one]) => Some(Meant::One(one)),
        (_, []) => {
            let differs = |appointment: &&Appointment| match reply {
                Reply::Yes => appointment.customer_confirmed.is_none(),
                Reply::No => !appointment.is_declined(),
            };
            Some(Meant::Several(asked.into_iter().filter(differs).collect()))
        }
        _ => Some(Meant::Several(open)),
    }
}

/// Notifies the salesperson of an answer that can mean several appointments. `None` if an equal answer is known.
pub fn answer_unclearly(context: &AppointmentContext<'_>, before: &Appointment, reply: Reply) -> Option<Appointment> {
    let what = if reply == Reply::Yes { SalesChange::AnsweredYes } else { SalesChange::AnsweredNo };
    let known = before.briefing.pending.iter().map(|notice| notice.what).chain(before.briefing.settled.iter().map(|notice| notice.what));
    if context.not_erased(before).is_err() || known.collect::<Vec<_>>().contains(&what) {
        return None;
    }
    let mut after = before.clone();
    let notice = SalesNotice::of_answer(what, before, context.by, context.now);
    after.brief(vec![notice], &context.dealer.settings, context.now);
    Some(after.revised(context.now))
}

/// Cancels an appointment from the side of its customer. `None` if it is cancelled.
///
/// # Errors
/// 409 if it has begun or is over.
pub fn cancel_by_customer(context: &AppointmentContext<'_>, appointment: &Appointment) -> Result<Option<ChangedAppointment>, Refusal> {
    match appointment.status(context.now) {
        InvitationStatus::Over => Err(OfferRefusal::Over.into()),
        InvitationStatus::Open | InvitationStatus::Cancelled => Ok(None),
        InvitationStatus::Booked => {
            let why = context.dealer.settings.cancellation(Cancellation::default(), context.by)?;
            apply_local(context, appointment, AppointmentChange::Cancelled { why }).map(Some)
        }
    }
}
