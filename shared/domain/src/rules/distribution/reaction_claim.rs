//! A reaction to a lead of the pool claims it, and no change takes another lead than the oldest out of the pool (DIS-8).

use crate::base::{Refusal, Status, UserId};
use crate::calendar::{CalendarEvent, EventState};
use crate::decision::{Decision, Item, LeadInput};
use crate::lead::{Event, is_pooled};
use crate::rules::distribution::pool::{PoolLeads, claimed};
use crate::rules::distribution::{Lanes, hand_over, you_are_full};
use chrono::{DateTime, Utc};

/// The event types by which a user records that the customer called or came in.
const INBOUND: [&str; 2] = ["phone_inbound", "visit_inbound"];

/// What a decision does with a lead of the pool.
#[derive(Debug, Default)]
struct Taking {
    /// It reacts to the lead.
    reacts: bool,
    /// The customer began it: they called or came in.
    inbound: bool,
    /// It gives the lead, an event of it, or the customer whom it invites, to a user or another dealer.
    gives: bool,
}

impl Taking {
    fn of(decision: &Decision, pool_user: &UserId, now: DateTime<Utc>) -> Self {
        let mut taking = Self::default();
        for item in &decision.items {
            match item {
                Item::Entry(entry) => entry.events.iter().for_each(|event| taking.note(event, pool_user)),
                Item::Event(event) => taking.note_event(event, decision, pool_user, now),
                // A new invitation that names a user gives the customer to that user.
                Item::Invitation(new) if new.created == now && new.revoked.is_none() => {
                    taking.gives |= new.user.as_ref().is_some_and(|user| user != pool_user);
                }
                _ => {}
            }
        }
        taking
    }

    fn note(&mut self, event: &Event, pool_user: &UserId) {
        match event {
            Event::Reacted { inbound, .. } => {
                self.reacts = true;
                self.inbound |= *inbound;
            }
            Event::StatusChanged { to: Status::Won | Status::Lost(_), .. } => self.reacts = true,
            Event::Assigned { to, .. } => self.gives |= to != pool_user,
            Event::EventGiven { to, .. } => self.gives |= to.as_ref().is_some_and(|to| to != pool_user),
            Event::Moved { .. } => self.gives = true,
            _ => {}
        }
    }

    /// Notes a calendar event that the decision creates.
    fn note_event(&mut self, event: &CalendarEvent, decision: &Decision, pool_user: &UserId, now: DateTime<Utc>) {
        let planned = |known: &Event| matches!(known, Event::EventScheduled { event: id, .. } if *id == event.id);
        let is_new = decision.items.iter().any(|item| matches!(item, Item::Entry(entry) if entry.events.iter().any(planned)));
        if !is_new {
            return;
        }
        self.gives |= event.user.as_ref().is_some_and(|user| user != pool_user);
        // An appointment before the enquiry is no reaction to it (ESC-7).
        let in_time = decision.lead().is_some_and(|lead| event.at >= lead.clock_start());
        self.reacts |= event.is_appointment() && event.state == EventState::Incomplete && in_time;
        if INBOUND.contains(&event.kind.as_str()) && event.at <= now {
            (self.reacts, self.inbound) = (true, true);
        }
    }
}

/// Extends a decision about a lead of the pool. A reaction of an assignable user claims the lead for that user. With `oldest_only`, a
/// reaction to another lead than the oldest, and each other way to take it, is refused, unless the customer called or came in. So is a
/// reaction of a user who has the maximum of open leads. Customers, partners and users who do not work at the dealer take no lead.
///
/// # Errors
/// 409 names the oldest lead, or states that the user has the maximum of open leads.
pub fn with_claim(mut decision: Decision, input: LeadInput<'_>, waiting: PoolLeads<'_>) -> Result<Decision, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    let settings = &dealer.settings;
    let Some(pool) = settings.pool.as_ref().filter(|_| is_pooled(lead, settings)) else { return Ok(decision) };
    let Some((user, member)) = by.user().and_then(|user| Some((user, settings.member(user)?))) else { return Ok(decision) };
    let taking = Taking::of(&decision, &pool.user, now);
    let claims = taking.reacts && member.assignable && decision.lead().is_none_or(|after| after.owner == lead.owner);
    if !claims && !taking.gives {
        return Ok(decision);
    }
    if !(claims && taking.inbound) {
        waiting.check_order(lead.id, dealer)?;
    }
    let left = decision.lead().is_some_and(|after| after.owner != lead.owner);
    if !claims && !left {
        return Ok(decision);
    }
    let mut lanes = Lanes::new(dealer, waiting.lanes);
    // A lead that the reaction closes counts too, because its owner could reopen it. If the customer called or came in, the timeline notes
    // that the user was full.
    if let Some(load) = lanes.full_load(user).filter(|_| claims && !taking.inbound) {
        return Err(you_are_full(load));
    }
    let mut assigned = None;
    for item in &mut decision.items {
        match item {
            Item::Lead(changed) if claims => assigned = Some(hand_over(changed, user.clone(), claimed(), &mut lanes, now).0),
            Item::Appointment(appointment) if claims && appointment.user.as_ref().is_none_or(|now| *now == pool.user) => {
                appointment.user = Some(user.clone());
            }
            _ => {}
        }
    }
    for item in &mut decision.items {
        if let Item::Entry(entry) = item {
            entry.events.extend(assigned.take());
        }
    }
    decision.items.extend(lanes.items());
    Ok(decision.with_some(waiting.without(lead.id, dealer)))
}
