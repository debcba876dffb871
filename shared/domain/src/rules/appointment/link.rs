//! Links an appointment to the lead of its customer (APT-8).

use crate::appointment::{Appointment, ChosenLead, LinkedLead, OfLead};
use crate::base::{AppointmentKind, EventId, Refusal, Status, UserId};
use crate::bookings::Despite;
use crate::calendar::{EventTime, Planned};
use crate::decision::Item;
use crate::lead::{Lead, is_pooled};
use crate::rules::appointment::{AppointmentContext, ChangeCause, ChangedAppointment, Elsewhere};
use crate::rules::calendar::{Clock, NewEvent, schedule_as, state_of};
use crate::settings::Dealer;

impl Lead {
    /// Returns whether an appointment of its customer at `dealer` is linked to it: it is in progress there, nobody erases its contact, and
    /// it has room for one more event.
    pub fn takes_appointment(&self, dealer: &Dealer) -> bool {
        let is_open = self.status == Status::InProgress && self.erased.is_none() && self.erasure.is_none();
        self.dealer == dealer.id && is_open && self.has_room(0)
    }

    /// Returns the owner as the salesperson of an appointment that names none. The user of the pool is nobody's salesperson.
    pub(crate) fn person(&self, dealer: &Dealer) -> Option<UserId> {
        self.owner.clone().filter(|_| !is_pooled(self, &dealer.settings))
    }
}

/// Links an appointment without a lead to the lead of the context: it becomes an event on the calendar of the lead. With `leaves_clock` the
/// response clock runs on, because nobody takes the lead out of the pool. `None` if it belongs to this lead already.
///
/// # Errors
/// 409 if it is cancelled, over, for the workshop, or of another lead; if the lead is not in progress, somebody has ordered to erase its
/// contact, or it has 18 incomplete events; or if the customer or the contact was erased (PRV-2). 422 if the lead does not belong to its
/// dealer.
pub fn link(context: &AppointmentContext<'_>, before: &Appointment, leaves_clock: bool) -> Result<Option<ChangedAppointment>, Refusal> {
    let AppointmentContext { dealer, by, now, .. } = *context;
    let unknown = || Refusal::field("lead", "APT-1", format!("must be a lead of {}", dealer.id));
    let calendar_context = context.calendar_context().filter(|context| context.lead.dealer == before.dealer).ok_or_else(unknown)?;
    let lead = calendar_context.lead;
    match before.lead {
        Some(own) if own == lead.id => return Ok(None),
        Some(_) => return Err(Refusal::conflict("APT-8", "the appointment belongs to another lead already; its lead cannot be changed")),
        None if before.state.is_cancelled() => {
            return Err(Refusal::conflict("APT-8", "the appointment is cancelled; reopen it before you link it to a lead"));
        }
        None => context.not_erased(before)?,
    }
    if before.kind == AppointmentKind::Workshop || before.at <= now {
        return Err(Refusal::conflict("APT-8", "only an appointment to come is linked to a lead, and no workshop appointment"));
    }
    if lead.status != Status::InProgress {
        return Err(Refusal::conflict("APT-8", "the lead is closed; reopen it before you link an appointment to it"));
    }
    if lead.erasure.is_some() {
        return Err(Refusal::conflict("APT-8", "the data of the lead's contact is being erased; choose another lead"));
    }
    let Ok(id) = EventId::parse(before.id.as_str()) else { return Err(unknown()) };
    let event = NewEvent {
        id: id.clone(),
        title: before.kind.title().to_owned(),
        kind: before.kind.event_type().to_owned(),
        when: EventTime::At(before.at),
        notes: before.notes.clone(),
        user: before.user.clone(),
        booked: false,
        appointment: Some(before.id.clone()),
        follows: before.follows.clone(),
        despite: Despite::Unstated,
    };
    let clock = if leaves_clock { Clock::RunsOn } else { Clock::Stops };
    let mut decision = schedule_as(&calendar_context, event, state_of(before), clock)?;
    // Neither the time nor the person is chosen anew: what was accepted stays so, and there is nothing to warn of.
    decision.warnings.clear();
    let mut planned = None;
    for item in &mut decision.items {
        if let Item::Event(event) = item {
            event.accepted = before.accepted.clone().or(event.accepted.take());
            planned = Some(Planned::of(event));
        }
    }
    for item in &mut decision.items {
        if let Item::Lead(lead) = item {
            lead.planned.iter_mut().filter(|one| one.id == id).for_each(|one| *one = planned.clone().unwrap_or_else(|| one.clone()));
        }
    }
    let after = Appointment {
        lead: Some(lead.id),
        of_lead: Some(OfLead::of(lead)),
        event: Some(id),
        customer_id: lead.contact_id.clone().or_else(|| before.customer_id.clone()),
        user: before.user.clone().or_else(|| lead.person(dealer)),
        taken: None,
        linked: Some(LinkedLead { named: before.user.clone(), chosen: Some(ChosenLead { at: now, by: by.clone() }) }),
        ..before.clone()
    };
    let cause = ChangeCause { by, notified: Elsewhere::Nothing, settings: &dealer.settings, now };
    let after = after.briefed(Some(before), cause).with_owner_notified(Some(lead), cause).revised(now);
    decision.items.push(Item::Appointment(Box::new(after.clone())));
    Ok(Some(ChangedAppointment { decision, appointment: after }))
}
