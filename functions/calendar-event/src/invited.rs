//! The customer's page of an invitation: its booking and the free slots (CAL-8).

use crate::booking::{DATES, LinkRequest, NEW_BOOKING, token};
use crate::details::{Booked, CustomerPage};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{Actor, AppointmentId, Refusal, UserId};
use forecourt_domain::calendar::{CalendarEvent, EventState, Invitation, InvitationStatus, is_at_dealer};
use forecourt_domain::decision::Decision;
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::appointment::with_appointments;
use forecourt_domain::rules::calendar::{CalendarContext, OfferRefusal};
use forecourt_domain::settings::Dealer;
use forecourt_domain::slots::{Diary, LoadDay, Slot};
use forecourt_edge::auth::link::InvitationLink;
use forecourt_edge::http::{Problem, Request, new_name, request};
use forecourt_edge::usecase::lead::{self, found};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};

/// Lead, dealer, invitation and the booked event.
pub(crate) type LinkedItems<'a> = (&'a Lead, &'a Dealer, &'a Invitation, Option<&'a CalendarEvent>);

/// Returns the items behind a link. A lead or an invitation that is missing, revoked or expired counts as an invalid link.
pub(crate) fn linked_items<'a>(loaded: &'a Loaded, link: &InvitationLink, now: DateTime<Utc>) -> Result<LinkedItems<'a>, Refusal> {
    let (lead, dealer) = found(loaded, link.lead)?;
    let invitation = loaded.invitation(link.lead, &link.invitation).ok_or(Refusal::NotFound("invitation"))?;
    let event = invitation.event.as_ref().and_then(|event| loaded.event(link.lead, event));
    if invitation.is_good(event, now) { Ok((lead, dealer, invitation, event)) } else { Err(Refusal::NotFound("invitation")) }
}

/// Whether the appointment of the event stayed at a former dealer of the lead, without the lead (APT-10).
fn has_stayed(event: &CalendarEvent) -> bool {
    event.left_at.is_some()
}

/// Loads the items behind a link: lead, invitation, dealer, event and appointment, the days that `read_days` reads, and the
/// `remembered` request.
fn load<'a>(
    link: &'a InvitationLink,
    remembered: Option<Key>,
    now: DateTime<Utc>,
    read_days: impl Fn(LinkedItems<'_>, LoadDay<'_>) + Send + Sync + 'a,
) -> Load<'a> {
    let InvitationLink { lead, invitation } = link;
    let first = [Key::Lead(*lead), Key::Invitation(*lead, invitation.clone())];
    Load::of(first.into_iter().chain(remembered)).then(move |loaded| {
        let dealer = loaded.lead(*lead).map(|lead| Key::Dealer(lead.dealer.clone()));
        let event = loaded.invitation(*lead, invitation).and_then(|found| found.event.clone()).map(|event| Key::Event(*lead, event));
        let ready = dealer.iter().chain(&event).all(|key| loaded.holds(key));
        let days = linked_items(loaded, link, now).ok().filter(|_| ready).map(|items| lead::days_of(|days| read_days(items, days)));
        let event: Vec<Key> = event.into_iter().collect();
        let appointment = loaded.appointments_of(&event);
        dealer.into_iter().chain(event).chain(appointment).chain(days.into_iter().flatten()).collect()
    })
}

impl LinkRequest<'_> {
    /// Reads the items behind the link of an invitation, and the free slots. `None` if its appointment stayed at a former dealer of the
    /// lead: the link then opens the appointment (APT-10).
    pub(crate) async fn read_invitation(&self, link: &InvitationLink) -> Result<Option<CustomerPage>, Problem> {
        let Self { platform, call, first: from, .. } = *self;
        let now = call.now;
        let free = |(lead, dealer, invitation, event): LinkedItems<'_>, days: LoadDay<'_>| {
            let offer = invitation.offer(lead, dealer, event, now)?;
            Ok(offer.free(&Diary::new(days), from.map(|from| from.date(&dealer.settings.calendar)), DATES))
        };
        let read_days = |items: LinkedItems<'_>, days: LoadDay<'_>| {
            let _ = free(items, days);
        };
        let loaded = platform.store.load(&call.scope, &load(link, None, now, read_days)).await?;
        let items = linked_items(&loaded, link, now).map_err(|_| Problem::no_link())?;
        let days = |user: &UserId, date| loaded.day(user, date);
        let (lead, dealer, invitation, event) = items;
        if event.is_some_and(has_stayed) {
            return Ok(None);
        }
        let offered: Result<_, OfferRefusal> = free(items, &days);
        let closed = offered.as_ref().err().copied();
        let (mut free, more_from) = offered.unwrap_or_default();
        let status = invitation.status(event, now);
        // The slot of the current booking is not offered.
        let here = event.filter(|_| status == InvitationStatus::Booked).map(|event| event.at);
        free.iter_mut().for_each(|(_, slots)| slots.retain(|slot| Some(slot.from) != here));
        free.retain(|(_, slots)| !slots.is_empty());
        let minutes = dealer.capacity().duration(&invitation.kind);
        let booking = event.map(|event| Booked {
            uid: AppointmentId::of_event(event.lead, &event.id),
            slot: Slot { from: event.at, until: event.at + dealer.capacity().duration(&event.kind) },
            sequence: event.sequence(),
            changed: event.changed(),
            cancelled: matches!(event.state, EventState::Deleted(_)),
            before: event.rescheduled.last().filter(|moved| moved.by != Actor::Customer).map(|moved| moved.from),
            confirmed: loaded.appointment(&event.appointment_id()).map(|appointment| appointment.customer_confirmed.is_some()),
        });
        let kind = event.map_or(&invitation.kind, |event| &event.kind);
        let page = CustomerPage {
            token: token(call)?,
            key: new_name(platform, call, link.lead, "form"),
            dealer: dealer.clone(),
            vehicle: lead.vehicle.clone(),
            kind: invitation.kind.clone(),
            title: invitation.title.clone(),
            language: invitation.language.clone(),
            is_at_dealer: is_at_dealer(kind),
            booking,
            status,
            minutes: minutes.num_minutes(),
            expires: invitation.ends(event),
            closed,
            rebooks: invitation.rebooks(lead, dealer, now),
            free,
            more_from,
            later: from.is_some(),
        };
        Ok(Some(page))
    }

    /// Applies a change once per `Idempotency-Key`. Returns whether it made a new booking; `None` if the appointment stayed at a former
    /// dealer of the lead, so that the change is one of the appointment.
    pub(crate) async fn change_invitation(
        &self,
        link: &InvitationLink,
        rule: impl Fn(&CalendarContext<'_>, &Invitation, Option<&CalendarEvent>) -> Result<Option<Decision>, Refusal> + Send + Sync,
    ) -> Result<Option<bool>, Failure> {
        let Self { platform, call, .. } = *self;
        let request = request(platform, call, link.lead);
        let apply = |(lead, dealer, invitation, event): LinkedItems<'_>, days: LoadDay<'_>| {
            rule(&CalendarContext { lead, dealer, days, by: &Actor::Customer, now: call.now }, invitation, event)
        };
        let read_days = |items: LinkedItems<'_>, days: LoadDay<'_>| {
            let _ = apply(items, days);
        };
        // Many customers may compete for the last slot. The losers must get 409, not 503: use the long retry budget.
        let load = load(link, request.as_ref().map(Request::remembered_at), call.now, read_days).with_long_retry();
        let decided = platform.store.decide(&call.scope, load, |loaded, _| {
            let days = |user: &UserId, date| loaded.day(user, date);
            let items = linked_items(loaded, link, call.now)?;
            if items.3.is_some_and(has_stayed) {
                return Ok((None, (None, false)));
            }
            if let Some(request) = &request
                && let Some(answer) = request.answered(loaded, call.now)?
            {
                return Ok((None, (Some(answer == NEW_BOOKING), true)));
            }
            let new = items.3.is_none_or(|event| items.2.status(Some(event), call.now) == InvitationStatus::Cancelled);
            let decision = apply(items, &days)?;
            let decision = decision.map(|decision| with_appointments(decision, items.0, items.1, |id| loaded.appointment(id), call.now));
            let new = new && decision.is_some();
            let decision = match &request {
                Some(request) => Some(request.answering(decision.unwrap_or_default(), if new { NEW_BOOKING } else { "" }.into(), call.now)),
                None => decision,
            };
            Ok((decision, (Some(new), false)))
        });
        let (new, again) = decided.await?;
        call.note_repeat(again);
        Ok(new)
    }
}
