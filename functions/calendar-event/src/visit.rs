//! The customer's page of an appointment, which the letters about it have a link to (APT-8).

use crate::booking::{DATES, LinkRequest, token};
use crate::details::{Booked, CustomerPage};
use crate::invited::linked_items;
use forecourt_domain::appointment::{Appointment, AppointmentState};
use forecourt_domain::base::{Actor, AppointmentId, Refusal, UserId};
use forecourt_domain::calendar::type_of;
use forecourt_domain::rules::appointment::{AppointmentContext, ChangedAppointment, offer_to_customer};
use forecourt_domain::rules::calendar::OfferRefusal;
use forecourt_domain::slots::{Diary, LoadDay, Slot};
use forecourt_edge::auth::Link;
use forecourt_edge::http::{Problem, Request, new_name, remembered, request};
use forecourt_edge::usecase::appointment::{context_of, needs, watched};
use forecourt_edge::usecase::lead::enquiry_key;
use forecourt_edge::usecase::letter::{channels_of, customer_of};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};

impl LinkRequest<'_> {
    /// Reads the appointment of a link and the free slots.
    pub(crate) async fn read_visit(&self) -> Result<CustomerPage, Problem> {
        let Self { platform, call, first: from, .. } = *self;
        let now = call.now;
        let free = |context: &AppointmentContext<'_>, appointment: &Appointment| {
            let offer = offer_to_customer(context, appointment)?;
            Ok(offer.free(&Diary::new(context.days), from.map(|from| from.date(&context.dealer.settings.calendar)), DATES))
        };
        let read_days = |context: &AppointmentContext<'_>, appointment: &Appointment| {
            let _: Result<_, OfferRefusal> = free(context, appointment);
        };
        let loaded = platform.store.load(&call.scope, &self.load_visit(None, read_days)).await?;
        let days = |user: &UserId, date| loaded.day(user, date);
        let (appointment, context) = self.visit(&loaded, &days).map_err(|_| Problem::no_link())?;
        let AppointmentContext { dealer, lead, event, .. } = context;
        let offered: Result<_, OfferRefusal> = free(&context, appointment);
        let closed = offered.as_ref().err().copied();
        let (mut free, more_from) = offered.unwrap_or_default();
        // The slot of the appointment is not offered.
        free.iter_mut().for_each(|(_, slots)| slots.retain(|slot| slot.from != appointment.at));
        free.retain(|(_, slots)| !slots.is_empty());
        let kind = event.map_or(appointment.kind.event_type(), |event| event.kind.as_str());
        let minutes = dealer.capacity().duration(kind);
        // A title that staff gave to the event may be meant for staff only; letters do not have it either.
        let named = event.filter(|event| event.appointment.is_none()).map_or(type_of(appointment.kind), |event| event.kind.as_str());
        let ended = if let AppointmentState::Cancelled { at, .. } = &appointment.state { Some(*at) } else { None };
        let moved = appointment.moved.last().map_or(appointment.created, |moved| moved.at);
        let booking = Booked {
            uid: appointment.id.clone(),
            slot: Slot { from: appointment.at, until: appointment.at + minutes },
            sequence: appointment.sequence,
            changed: ended.unwrap_or_else(|| event.map_or(moved, |event| event.changed().max(moved))),
            cancelled: ended.is_some(),
            before: appointment.moved.last().filter(|moved| moved.by != Actor::Customer).map(|moved| moved.from),
            confirmed: Some(appointment.customer_confirmed.is_some()),
        };
        Ok(CustomerPage {
            token: token(call)?,
            key: new_name(platform, call, &appointment.id, "form"),
            dealer: dealer.clone(),
            vehicle: lead.map(|lead| lead.vehicle.clone()).unwrap_or_default(),
            kind: named.to_owned(),
            title: None,
            language: customer_of(appointment, lead, &loaded).language,
            is_at_dealer: appointment.is_at_dealer(event),
            booking: Some(booking),
            status: appointment.status(now),
            minutes: minutes.num_minutes(),
            expires: appointment.at,
            closed,
            rebooks: false,
            free,
            more_from,
            later: from.is_some(),
        })
    }

    /// Applies a change to the appointment once per `Idempotency-Key`.
    pub(crate) async fn change_visit(
        &self,
        rule: impl Fn(&AppointmentContext<'_>, &Appointment) -> Result<Option<ChangedAppointment>, Refusal> + Send + Sync,
    ) -> Result<(), Failure> {
        let Self { platform, call, .. } = *self;
        let request = request(platform, call, self.about());
        let read_days = |context: &AppointmentContext<'_>, appointment: &Appointment| {
            let _ = rule(context, appointment);
        };
        // Customers may compete for the last slot. The losers must get 409, not 503: use the long retry budget.
        let load = self.load_visit(request.as_ref().map(Request::remembered_at), read_days).with_long_retry();
        let decided = platform.store.decide(&call.scope, load, |loaded, _| {
            let days = |user: &UserId, date| loaded.day(user, date);
            let (appointment, context) = self.visit(loaded, &days)?;
            if let Some(request) = &request
                && request.answered(loaded, call.now)?.is_some()
            {
                return Ok((None, true));
            }
            let changed = rule(&context, appointment)?.map(|changed| watched(changed, appointment, &context, loaded));
            let decision = changed.map(|changed| changed.decision);
            Ok((remembered(request.as_ref(), decision, appointment.version, call.now), false))
        });
        call.note_repeat(decided.await?);
        Ok(())
    }

    /// Loads the appointment of the link with everything that a change of it needs, and the contact of its lead.
    fn load_visit<'a>(
        &'a self,
        remembered: Option<Key>,
        read_days: impl Fn(&AppointmentContext<'_>, &Appointment) + Send + Sync + 'a,
    ) -> Load<'a> {
        Load::of(self.linked_keys().into_iter().chain(remembered)).then(move |loaded| {
            let Some(id) = self.linked_appointment(loaded) else { return Vec::new() };
            let lead = loaded.appointment(&id).and_then(|appointment| appointment.lead);
            let enquiry = lead.filter(|lead| loaded.lead(*lead).is_some()).map(|lead| enquiry_key(loaded, lead));
            let needed = needs(loaded, &id, &read_days, &Actor::Customer, self.call.now);
            [Key::Appointment(id)].into_iter().chain(needed).chain(enquiry).chain(self.keys_of_invitation(loaded)).collect()
        })
    }

    /// The keys that show whether the link of an invitation is valid: the dealer of its lead, and its event. The appointment may have
    /// stayed at another dealer (APT-10).
    fn keys_of_invitation(&self, loaded: &Loaded) -> Vec<Key> {
        let Link::Invitation(link) = self.link else { return Vec::new() };
        let dealer = loaded.lead(link.lead).map(|lead| Key::Dealer(lead.dealer.clone()));
        let event = loaded.invitation(link.lead, &link.invitation).and_then(|invitation| invitation.event.clone());
        dealer.into_iter().chain(event.map(|event| Key::Event(link.lead, event))).collect()
    }

    fn linked_keys(&self) -> Vec<Key> {
        match self.link {
            Link::Appointment(link) => vec![Key::Appointment(link.appointment.clone())],
            Link::Invitation(link) => vec![Key::Lead(link.lead), Key::Invitation(link.lead, link.invitation.clone())],
            Link::Feed(_) | Link::Unsubscribe(_) => Vec::new(),
        }
    }

    /// The appointment of the link: of an invitation, that of its latest booking.
    fn linked_appointment(&self, loaded: &Loaded) -> Option<AppointmentId> {
        match self.link {
            Link::Appointment(link) => Some(link.appointment.clone()),
            Link::Invitation(link) => {
                let event = loaded.invitation(link.lead, &link.invitation)?.event.as_ref()?;
                Some(AppointmentId::of_event(link.lead, event))
            }
            Link::Feed(_) | Link::Unsubscribe(_) => None,
        }
    }

    /// Returns the appointment of the link. After the day of the visit, and if its letters go to another address, the link is invalid.
    fn visit<'a>(&self, loaded: &'a Loaded, days: LoadDay<'a>) -> Result<(&'a Appointment, AppointmentContext<'a>), Refusal> {
        let Self { platform, call, .. } = *self;
        let missing = || Refusal::NotFound("appointment");
        let id = self.linked_appointment(loaded).ok_or_else(missing)?;
        let appointment = loaded.appointment(&id).ok_or_else(missing)?;
        let context = context_of(loaded, appointment, days, &Actor::Customer, call.now)?;
        if !appointment.has_page(&context.dealer.settings.calendar, call.now) {
            return Err(missing());
        }
        let addresses = || channels_of(platform.store.secret(), &call.scope, &customer_of(appointment, context.lead, loaded));
        let is_valid = match self.link {
            Link::Appointment(link) => link.is_for(&addresses()),
            Link::Invitation(link) => linked_items(loaded, link, call.now).is_ok(),
            Link::Feed(_) | Link::Unsubscribe(_) => false,
        };
        if is_valid { Ok((appointment, context)) } else { Err(missing()) }
    }
}
