//! Starts and stops follow-up plans, and carries out their steps (CAL-11).

use crate::base::{Actor, ElementId, EventId, Medium, PlanId, Refusal, StopReason};
use crate::calendar::{CalendarEvent, EventState};
use crate::decision::{Decision, Item, LeadInput, commit};
use crate::elements::{Communication, Content, Element, ElementKind, beginning};
use crate::enquiry::ContactPreferences;
use crate::lead::{Event, FollowUp, Lead, PlanAction, PlanChange, StepDone, StepSkipped, StopCause, in_progress, not_erased};
use crate::messages::{AddressState, Letter, LetterKind, Message, Unwanted, unwanted};
use crate::rules::lead::thread::MOST_COMMUNICATIONS;
use crate::settings::{Dealer, DealerSettings, PlanStep};
use crate::texts::{DealerText, DealerTexts, TextKind, Values, Written, text_language};
use chrono::{DateTime, Utc};

/// The customer to whom a plan writes, with what is stored about the addresses.
#[derive(Debug, Clone, Copy)]
pub struct PlanCustomer<'a> {
    /// The name.
    pub name: &'a str,
    /// The addresses and the language.
    pub reached: &'a ContactPreferences,
    /// What is stored about the e-mail address.
    pub email: Option<&'a AddressState>,
    /// What is stored about the telephone number.
    pub phone: Option<&'a AddressState>,
}

impl PlanCustomer<'_> {
    /// Whether the customer objected to messages of the dealer, by any channel: a complaint, an unsubscription, a stop of text messages, or
    /// a withdrawn declaration. An objection stops every method.
    fn objects(&self, dealer: &Dealer) -> bool {
        [self.email, self.phone].into_iter().flatten().any(|state| state.objects_at(&dealer.id))
    }

    fn state(&self, medium: Medium) -> Option<&AddressState> {
        if medium == Medium::Sms { self.phone } else { self.email }
    }
}

/// Starts a plan of the dealer on a lead.
///
/// # Errors
/// 422 if the dealer has no such plan for leads of this type; 409 if the lead is closed, if a plan is running, if an appointment is to
/// come, or if the customer objected to messages.
pub fn start(input: LeadInput<'_>, plan: &PlanId, customer: Option<PlanCustomer<'_>>) -> Result<Decision, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    let Some(plan) = dealer.settings.follow_up_plan(plan).filter(|plan| plan.is_for(lead.lead_type)) else {
        return Err(Refusal::field("id", "CAL-11", "must be a follow-up plan of the dealer for leads of this type"));
    };
    in_progress(lead)?;
    not_erased(lead)?;
    if let Some(run) = lead.follow_up.as_ref().filter(|run| run.is_running()) {
        return Err(Refusal::conflict("CAL-11", format!("the plan {} is running; stop it first", run.plan)));
    }
    if lead.erasure.is_some() {
        return Err(Refusal::conflict("PRV-2", "the contact of this lead is being erased"));
    }
    if lead.has_appointment(now) {
        return Err(Refusal::conflict("CAL-11", "an appointment is to come; a plan would stop at once"));
    }
    if customer.is_some_and(|customer| customer.objects(dealer)) {
        return Err(Refusal::conflict("CAL-11", "the customer objected to messages; an objection stops every method"));
    }
    let mut changed = lead.touched(now);
    changed.start_follow_up(plan, by.clone(), dealer, now);
    Ok(commit(changed, by.clone(), Vec::new(), now))
}

/// Stops the running plan of a lead. `None` if none is running.
pub fn stop(input: LeadInput<'_>) -> Option<Decision> {
    let LeadInput { lead, by, now, .. } = input;
    let mut changed = lead.touched(now);
    let stopped = changed.follow_up.as_mut()?.stopped(StopCause::ByUser, now)?;
    Some(commit(changed, by.clone(), vec![stopped], now))
}

/// The state on which a step is decided.
#[derive(Debug, Clone, Copy)]
pub struct StepContext<'a> {
    /// The lead.
    pub lead: &'a Lead,
    /// Its dealer.
    pub dealer: &'a Dealer,
    /// The dealer's own texts.
    pub texts: Option<&'a DealerTexts>,
    /// The name of the lead's owner.
    pub owner: &'a str,
    /// The customer. `None` if the lead no longer has the contact of its latest enquiry.
    pub customer: Option<PlanCustomer<'a>>,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// What a step makes.
enum Made {
    Event(Box<CalendarEvent>),
    Message(Box<Element>, Box<Letter>),
    Nothing(StepSkipped),
}

impl StepContext<'_> {
    /// Carries out the next step of the lead's plan, if it is due. `None` if it is not, or if there is none: the wake-up was early, late or
    /// doubled. While the dealer is closed, the step waits for the next opening.
    pub fn carry_out(&self) -> Option<Decision> {
        let Self { lead, dealer, now, .. } = *self;
        let next = lead.next_follow_up().filter(|next| next.at <= now && lead.dealer == dealer.id)?;
        let run = lead.follow_up.as_deref()?;
        let step = &run.steps.get(next.step)?.step;
        let cause = if lead.erasure.is_some() || lead.erased.is_some() {
            Some(StopCause::Erased)
        } else if self.customer.is_some_and(|customer| customer.objects(dealer)) {
            Some(StopCause::OptOut)
        } else {
            lead.has_appointment(now).then_some(StopCause::Booked)
        };
        let mut changed = lead.touched(now);
        // A plan is no activity on the lead (CAL-3).
        changed.updated = lead.updated;
        if let Some(cause) = cause {
            let stopped = changed.follow_up.as_mut()?.stopped(cause, now)?;
            return Some(commit(changed, Actor::System, vec![stopped], now));
        }
        if let Some(held) = run.held(&dealer.settings.calendar, now) {
            changed.follow_up = Some(Box::new(held));
            return Some(Decision::default().with(Item::Lead(Box::new(changed))));
        }
        let made = self.made(run, step);
        let (mut done, mut events, mut items) = (StepDone { at: now, ..StepDone::default() }, Vec::new(), Vec::new());
        match made {
            Made::Event(event) => match changed.plan_without_reaction(&event) {
                Ok(scheduled) => {
                    done.event = Some(event.id.clone());
                    events.push(scheduled);
                    items.extend(self.given(run, &event));
                    items.push(Item::Event(event));
                }
                Err(_) => done.skipped = Some(StepSkipped::Full),
            },
            Made::Message(element, letter) => {
                done.message = Some(element.id.clone());
                changed.counts.add(element.content.kind());
                events.push(element.added());
                items.extend([Item::Element(element), Item::Letter(letter)]);
            }
            Made::Nothing(why) => done.skipped = Some(why),
        }
        let (title, skipped) = (Some(step.title.clone()), done.skipped);
        let run = changed.follow_up.as_mut()?;
        run.steps.get_mut(next.step)?.done = Some(done);
        run.plan_next(&dealer.settings.calendar, now);
        let noted = PlanChange { step: Some(next.step + 1), title, skipped, ..run.change(PlanAction::Step) };
        events.insert(0, Event::Plan(noted));
        events.extend((!run.is_running()).then(|| Event::Plan(run.change(PlanAction::Ended))));
        let decision = commit(changed, Actor::System, events, now);
        Some(items.into_iter().fold(decision, Decision::with))
    }

    fn made(&self, run: &FollowUp, step: &PlanStep) -> Made {
        let name = format!("plan-{}-{}", run.number, step.day);
        match self.written(step) {
            Some((medium, written)) => self.message(&name, run, step, (medium, written)),
            None => self.event(&name, run, step),
        }
    }

    /// Returns the text of a step in the customer's language: the dealer's canned answer of the same name and medium in that language or,
    /// without one, the canned answer that the step names. `None` if the step has no text, or if the dealer has removed it: the step then
    /// makes an event, so that a person follows up.
    fn written(&self, step: &PlanStep) -> Option<(Medium, Written)> {
        let Self { lead, dealer, customer, .. } = *self;
        let texts = &self.texts?.texts;
        let canned = |text: &&DealerText| text.kind == TextKind::Canned;
        let named = texts.iter().filter(canned).find(|text| Some(&text.id) == step.text.as_ref())?;
        let language = customer.and_then(|customer| customer.reached.language.as_ref()).unwrap_or(&dealer.settings.language);
        let same = |text: &&DealerText| {
            let fits = text.lead_type.is_none_or(|kind| kind == lead.lead_type);
            (&text.name, text.medium) == (&named.name, named.medium) && text.language.as_str() == text_language(language) && fits
        };
        let text = texts.iter().filter(canned).filter(same).max_by_key(|text| text.lead_type.is_some()).unwrap_or(named);
        let name = customer.map_or(lead.contact.as_str(), |customer| customer.name);
        let values = Values::of(&dealer.settings, &text.language, name, &lead.vehicle).with_lead(lead.id).with_seller(self.owner);
        text.write(&values).map(|written| (text.medium, written))
    }

    fn event(&self, name: &str, run: &FollowUp, step: &PlanStep) -> Made {
        let Self { lead, dealer, now, .. } = *self;
        let Ok(id) = EventId::parse(name) else { return Made::Nothing(StepSkipped::Unknown) };
        let next = run.next.filter(|next| next.planned < next.at);
        let event = CalendarEvent {
            id,
            lead: lead.id,
            dealer: dealer.id.clone(),
            title: step.title.clone(),
            kind: step.kind.clone(),
            at: now,
            notes: None,
            user: None,
            by: Actor::System,
            // The plan set its time earlier: it is a resubmission, of which the owner is notified now (ESC-4).
            created: next.map_or(now, |next| next.planned.min(now)),
            state: EventState::Incomplete,
            rescheduled: Vec::new(),
            transferred: None,
            due: Some(now),
            level: 0,
            booked: false,
            taken: None,
            accepted: None,
            appointment: None,
            follows: None,
            left_at: None,
        };
        Made::Event(Box::new(event))
    }

    /// Returns the notice to the owner about an event that the start of a plan by another user made at once, because it is no resubmission
    /// (CAL-10).
    fn given(&self, run: &FollowUp, event: &CalendarEvent) -> Option<Item> {
        let Self { lead, dealer, now, .. } = *self;
        let theirs = CalendarEvent { user: lead.owner.clone(), ..event.clone() };
        let notice = || Message::event_given(lead, &theirs, dealer, &run.by, now).map(Item::Message);
        if event.created == event.at { notice() } else { None }
    }

    fn message(&self, name: &str, run: &FollowUp, step: &PlanStep, (medium, written): (Medium, Written)) -> Made {
        let Self { lead, dealer, now, .. } = *self;
        if let Some(why) = self.unsent(medium, step) {
            return Made::Nothing(why);
        }
        let Ok(id) = ElementId::parse(name) else { return Made::Nothing(StepSkipped::Unknown) };
        let communication = match medium {
            Medium::Sms => Communication::Sms { begins: beginning(&written.text), received: None },
            _ => Communication::Email {
                subject: written.subject.clone(),
                quote: None,
                received: None,
                answers: None,
                documents: Vec::new(),
                expose: false,
            },
        };
        let kind = LetterKind::text(written.subject, written.text);
        let letter = Letter::of_lead(lead, id.to_string(), medium, kind, now);
        // A dealer may open while its quiet hours last.
        let letter = Letter { purpose: step.purpose, plan: Some(run.number), ..letter }.waiting(now, None, &dealer.settings);
        let element = Element::new(id, lead.id, Content::Communication(communication), &Actor::System, now);
        Made::Message(Box::new(element), Box::new(letter))
    }

    /// Returns why a step sends no message. `None` if it does.
    fn unsent(&self, medium: Medium, step: &PlanStep) -> Option<StepSkipped> {
        let Self { lead, dealer, customer, .. } = *self;
        let settings: &DealerSettings = &dealer.settings;
        match settings {
            DealerSettings { lead_tracking_only: true, .. } => return Some(StepSkipped::TrackingOnly),
            DealerSettings { send_external_mail: false, .. } => return Some(StepSkipped::Switched),
            _ => {}
        }
        let Some(customer) = customer else { return Some(StepSkipped::NoAddress) };
        let number = customer.reached.phone.as_ref().and_then(|phone| phone.texted());
        let has_address = match medium {
            Medium::Email => customer.reached.email.is_some(),
            Medium::Sms => number.is_some(),
            Medium::Unknown => false,
        };
        if !has_address {
            return Some(StepSkipped::NoAddress);
        }
        if medium == Medium::Sms && number.is_some_and(|number| !settings.may_text(number)) {
            return Some(StepSkipped::Country);
        }
        match unwanted(customer.state(medium), medium, step.purpose, &dealer.id) {
            Some(Unwanted::Stopped(StopReason::Bounced)) => Some(StepSkipped::Bounced),
            Some(_) => Some(StepSkipped::NoConsent),
            None => (lead.counts.of(ElementKind::Communication) >= MOST_COMMUNICATIONS).then_some(StepSkipped::Full),
        }
    }
}

impl Letter {
    /// Whether it is a message of a follow-up plan that ended before the message was sent, because the customer reacted or the plan was
    /// stopped (CAL-11).
    pub fn is_of_ended_plan(&self, lead: Option<&Lead>) -> bool {
        let run = || lead.and_then(|lead| lead.follow_up.as_deref()).filter(|run| Some(run.number) == self.plan);
        self.plan.is_some() && run().is_none_or(|run| !run.may_send())
    }
}
