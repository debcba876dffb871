//! A change of the owner by a user: to another user, to the pool, to the distribution, or to another dealer (DIS-7).

use crate::Platform;
use crate::formats::json::{Loose, Text, note};
use crate::http::{Call, Problem};
use crate::usecase::lead::{self, LeadContext, LeadRequest, enquiry_key, enquiry_of, found};
use forecourt_domain::base::{Actor, DealerId, Fault, LeadId, Refusal, Right, UserId};
use forecourt_domain::bookings::BookingWatch;
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::decision::{Decision, Item, LeadInput};
use forecourt_domain::distribution::{LoadLane, PassedOverFor};
use forecourt_domain::lead::{Lead, Task};
use forecourt_domain::rules::appointment::{EventTransfer, TransferredAppointments, with_events_transferred};
use forecourt_domain::rules::calendar::{CalendarContext, with_reservations_moved};
use forecourt_domain::rules::distribution::{self, ByHand};
use forecourt_domain::rules::lead::task;
use forecourt_domain::settings::Dealer;
use forecourt_store::Loaded;
use forecourt_store::keys::Key;
use serde::Deserialize;
use utoipa::ToSchema;

/// The new owner of a lead: a user of its dealer, or another dealer of the group (DIS-7). Exactly one of `user` and `dealer` is required.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"user": "jonas.weber", "note": "knows the customer"}))]
pub struct AssignmentBody {
    /// A user of the lead's dealer who is `assignable`.
    #[schema(value_type = Option<String>, example = "jonas.weber")]
    user: Loose<Text>,
    /// Another dealer of the group, whose distribution then runs.
    #[schema(value_type = Option<String>)]
    dealer: Loose<Text>,
    /// Assigns the lead although the user is `absent` or `full`, which means that the user has the maximum of open leads. Without it, such
    /// an assignment is refused with 409. `full` needs the user's supervisor or the right to change settings, and nobody may exceed their
    /// own maximum (DIS-13).
    #[schema(value_type = Option<Vec<String>>, max_items = 2, example = json!(["absent"]))]
    despite: Loose<Vec<String>>,
    /// What becomes of the lead's appointments to come at another dealer: `move`, and they take place there; `stay`, and they take place
    /// at the former dealer without the lead; or `cancel`, which notifies the customer. Required with `dealer` if there are any; otherwise
    /// the response is 409 and names them (APT-10).
    #[schema(value_type = Option<String>, example = "move")]
    appointments: Loose<Text>,
    /// Free text, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

/// The transfer of a lead to another dealer.
#[derive(Debug, Clone)]
pub struct Transfer {
    dealer: DealerId,
    appointments: Option<TransferredAppointments>,
    note: Option<String>,
}

/// The target of an assignment.
#[derive(Debug, Clone)]
pub enum AssignmentTarget {
    /// A user of the lead's dealer.
    User(ByHand),
    /// The pool of the lead's dealer, with a note.
    Pool(Option<String>),
    /// The next user in the distribution of the lead's dealer, with a note.
    Distribution(Option<String>),
    /// Another dealer of the group.
    Dealer(Transfer),
}

impl AssignmentBody {
    /// Checks the fields.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] names the faults.
    pub fn check(self) -> Result<AssignmentTarget, Refusal> {
        let mut faults = Vec::new();
        let note = note(self.note, "note", &mut faults);
        let despite = self.despite.take("despite", "a list", &mut faults).unwrap_or_default();
        let accepted = |text: &String| match text.as_str() {
            "absent" => Some(PassedOverFor::Absent),
            "full" => Some(PassedOverFor::Full),
            _ => None,
        };
        let named: Vec<PassedOverFor> = despite.iter().filter_map(accepted).collect();
        if named.len() < despite.len() {
            faults.push(Fault::new("despite", "DIS-7", "must have only absent and full"));
        }
        let appointments = match self.appointments.text("appointments", &mut faults).as_deref() {
            None => None,
            Some("move") => Some(TransferredAppointments::Move),
            Some("stay") => Some(TransferredAppointments::Stay),
            Some("cancel") => Some(TransferredAppointments::Cancel),
            Some(_) => {
                faults.push(Fault::new("appointments", "APT-10", "must be move, stay or cancel"));
                None
            }
        };
        let target = match (self.user.text("user", &mut faults), self.dealer.text("dealer", &mut faults)) {
            (Some(_), None) if appointments.is_some() => Err(Fault::new("appointments", "APT-10", "is allowed with dealer only")),
            (Some(user), None) => UserId::parse(&user)
                .map(|user| AssignmentTarget::User(ByHand { user, despite: named, may_exceed: false, note }))
                .map_err(|e| Fault::new("user", "DIS-7", e.to_string())),
            (None, Some(dealer)) => {
                let id = DealerId::parse(&dealer).map_err(|e| Fault::new("dealer", "DIS-7", e.to_string()));
                id.map(|dealer| AssignmentTarget::Dealer(Transfer { dealer, appointments, note }))
            }
            (Some(_), Some(_)) => Err(Fault::new("dealer", "DIS-7", "must be absent if user is set")),
            (None, None) => Err(Fault::new("user", "DIS-7", "user or dealer is required")),
        };
        let target = target.map_err(|fault| faults.push(fault)).ok();
        match target {
            Some(value) if faults.is_empty() => Ok(value),
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}

/// Assigns the lead of the request to a user, gives it to the distribution of its dealer, or moves it to another dealer (DIS-7). Returns
/// the lead after the change.
///
/// # Errors
/// The refusal or failure as a problem.
pub async fn assign(platform: &Platform, call: &Call, target: &AssignmentTarget) -> Result<Lead, Problem> {
    let id: LeadId = call.part("id", "lead")?;
    let by = call.scope.actor();
    let also = |loaded: &Loaded| {
        let work = match target {
            AssignmentTarget::Dealer(transfer) => {
                [vec![Key::Dealer(transfer.dealer.clone())], open_work_keys(loaded, call), freed_days(loaded, call, transfer)].concat()
            }
            AssignmentTarget::User(ByHand { user, .. }) => planned_keys(loaded, call, user),
            // The calendar slots follow the new owner afterwards.
            AssignmentTarget::Pool(_) | AssignmentTarget::Distribution(_) => Vec::new(),
        };
        [lane_keys(loaded, call, target, &by), work].concat()
    };
    let request = LeadRequest { platform, call, id, right: Right::AssignLeads };
    let rule = |context: LeadContext<'_>| {
        let LeadContext { lead, dealer, loaded } = context;
        let (input, lanes): (_, LoadLane<'_>) = (context.input(&by, call.now), &|lane| loaded.place(&dealer.id, lane));
        match target {
            AssignmentTarget::User(by_hand) => {
                let may_exceed = call.scope.may_exceed_maximum_of(&by_hand.user, &dealer.settings, call.now);
                let given = distribution::to_user(input, &ByHand { may_exceed, ..by_hand.clone() }, lanes)?;
                given.map(|decision| with_planned(decision, dealer, loaded, call)).transpose()
            }
            AssignmentTarget::Pool(note) => distribution::to_pool(input, note.clone(), lanes),
            AssignmentTarget::Distribution(note) => distribution::to_distribution(input, note.clone(), lanes),
            AssignmentTarget::Dealer(Transfer { dealer: id, appointments, note }) => {
                let unknown = || Refusal::field("dealer", "DIS-7", "must be a dealer of the group");
                let to = loaded.dealer(id).ok_or_else(unknown)?;
                let moved = distribution::to_dealer(input, to, note.clone(), lanes)?;
                // The events move to the other dealer's calendar (CAL-6), the assigned tasks to its task list (LEAD-4).
                let events = planned_events(lead, loaded);
                let tasks: Vec<&Task> = lead.tasks.iter().filter_map(|work| loaded.task(lead.id, &work.id)).collect();
                let days = |user: &UserId, date| loaded.day(user, date);
                let context = CalendarContext { lead, dealer, days: &days, by: &by, now: call.now };
                let transferred = |decision| {
                    with_events_transferred(decision, &events, going(lead, to, *appointments, loaded), &context, |id| {
                        loaded.appointment(id)
                    })
                };
                Ok(moved.map(transferred).transpose()?.map(|decision| task::with_tasks_moved(decision, &tasks, to)))
            }
        }
    };
    lead::change(request, &also, rule, |lead, _, _| lead.clone()).await
}

/// Returns the keys of the dealer's lanes that the assignment changes: the pool if its user takes the lead back, and the rotation that
/// counts open leads (DIS-13).
fn lane_keys(loaded: &Loaded, call: &Call, target: &AssignmentTarget, by: &Actor) -> Vec<Key> {
    let Some((lead, dealer)) = call.part("id", "lead").ok().and_then(|id| found(loaded, id).ok()) else { return Vec::new() };
    let input = LeadInput { lead, dealer, by, now: call.now };
    match target {
        AssignmentTarget::User(by_hand) => lead::lanes_of(dealer, |lanes| distribution::to_user(input, by_hand, lanes)),
        AssignmentTarget::Pool(_) => lead::lanes_of(dealer, |lanes| distribution::to_pool(input, None, lanes)),
        AssignmentTarget::Distribution(_) => lead::lanes_of(dealer, |lanes| distribution::to_distribution(input, None, lanes)),
        AssignmentTarget::Dealer(Transfer { dealer: to, .. }) => {
            let to = loaded.dealer(to);
            to.map(|to| lead::lanes_of(dealer, |lanes| distribution::to_dealer(input, to, None, lanes))).unwrap_or_default()
        }
    }
}

/// Returns the keys of the lead's incomplete events and of its open tasks that have an assignee. The lead itself holds the other tasks.
fn open_work_keys(loaded: &Loaded, call: &Call) -> Vec<Key> {
    let Some(lead) = call.part("id", "lead").ok().and_then(|id| loaded.lead(id)) else { return Vec::new() };
    let events = lead.planned.iter().map(|planned| Key::Event(lead.id, planned.id.clone()));
    let given = lead.tasks.iter().filter(|work| work.assignee.is_some()).map(|work| Key::Task(lead.id, work.id.clone()));
    // An appointment that stays keeps the customer's addresses.
    let enquiry = lead.contacts.is_empty().then(|| enquiry_key(loaded, lead.id));
    events.chain(given).chain(enquiry).collect()
}

/// Returns the transfer of the events of a lead to another dealer.
fn going<'a>(lead: &Lead, to: &'a Dealer, appointments: Option<TransferredAppointments>, loaded: &'a Loaded) -> EventTransfer<'a> {
    EventTransfer { to, appointments, enquiry: enquiry_of(loaded, lead) }
}

/// Returns the keys of the calendar days whose time the transfer frees (CAL-7).
fn freed_days(loaded: &Loaded, call: &Call, transfer: &Transfer) -> Vec<Key> {
    let Some((lead, dealer)) = call.part("id", "lead").ok().and_then(|id| found(loaded, id).ok()) else { return Vec::new() };
    let Some(to) = loaded.dealer(&transfer.dealer) else { return Vec::new() };
    let events = planned_events(lead, loaded);
    lead::days_of(|days| {
        let context = CalendarContext { lead, dealer, days, by: &Actor::System, now: call.now };
        let going = going(lead, to, transfer.appointments, loaded);
        with_events_transferred(Decision::default(), &events, going, &context, |id| loaded.appointment(id))
    })
}

/// Returns the keys of the lead's incomplete events, and of the calendar days that these take if `user` becomes the owner (CAL-7).
pub fn planned_keys(loaded: &Loaded, call: &Call, user: &UserId) -> Vec<Key> {
    let Some((lead, dealer)) = call.part("id", "lead").ok().and_then(|id| found(loaded, id).ok()) else { return Vec::new() };
    let events = lead.planned.iter().map(|planned| Key::Event(lead.id, planned.id.clone()));
    let theirs = Lead { owner: Some(user.clone()), calendar_transfer_pending_since: Some(call.now), ..lead.clone() };
    let decision = Decision::default().with(Item::Lead(Box::new(theirs)));
    let read = planned_events(lead, loaded);
    let days = lead::days_of(|days| {
        with_reservations_moved(decision, &read, &CalendarContext { lead, dealer, days, by: &Actor::System, now: call.now })
    });
    events.chain(days).chain([Key::BookingWatch(dealer.id.clone())]).collect()
}

/// Adds the incomplete events of the assigned lead to the decision, as many as one commit can hold.
///
/// # Errors
/// If the day of an event was not loaded.
pub fn with_planned(decision: Decision, dealer: &Dealer, loaded: &Loaded, call: &Call) -> Result<Decision, Refusal> {
    let Some(lead) = decision.lead().cloned() else { return Ok(decision) };
    let days = |user: &UserId, date| loaded.day(user, date);
    let context = CalendarContext { lead: &lead, dealer, days: &days, by: &call.scope.actor(), now: call.now };
    let events = planned_events(&lead, loaded);
    // The new owner can be absent at the time of a booking: the notices start (APT-9).
    let is_affected = |event: &&CalendarEvent| event.affected(lead.owner.as_ref(), &dealer.settings, call.now).is_some();
    let undecided = events.iter().any(|event| event.user.is_none() && is_affected(event));
    let watch = || BookingWatch::started(loaded.booking_watch(&dealer.id), &dealer.id, call.now);
    let watch = undecided.then(|| Item::BookingWatch(watch()));
    Ok(with_reservations_moved(decision, &events, &context)?.with_some(watch))
}

fn planned_events<'a>(lead: &Lead, loaded: &'a Loaded) -> Vec<&'a CalendarEvent> {
    lead.planned.iter().filter_map(|planned| loaded.event(lead.id, &planned.id)).collect()
}
