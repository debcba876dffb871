//! Moves the tasks, events and appointments of a user who leaves (DIS-12). The customers are not notified: time and place stay. The new
//! persons and the supervisor are.

use crate::appointment::{Appointment, Attended};
use crate::base::{AppointmentId, EventId, Refusal, Status, TaskId, UserId};
use crate::bookings::Despite;
use crate::calendar::{CalendarEvent, EventState, Planned};
use crate::decision::{Decision, Item, commit};
use crate::lead::{Event, Lead, Task, TaskDetails, TaskState, TimelineAction};
use crate::messages::Message;
use crate::rules::appointment::{AppointmentContext, Elsewhere, changed_with, with_appointments};
use crate::rules::calendar::CalendarContext;
use crate::rules::hand_over::HandOverInput;
use crate::settings::{GivenBooking, Moved};
use crate::slots::{DayNotLoaded, Diary, LoadDay};

/// The maximum number of events in one decision. Each writes up to four days, an appointment and webhook events.
const EVENTS_AT_ONCE: usize = 4;

/// Returns whether work of `user` on `lead` is the leaver's: it names the leaver, or it belongs to the leaver as the owner of a closed
/// lead.
fn is_held(input: HandOverInput<'_>, lead: &Lead, user: Option<&UserId>) -> bool {
    let of_owner = user.is_none() && lead.owner.as_ref() == Some(&input.order.user) && lead.status != Status::InProgress;
    input.order.reason.takes_everything() && (of_owner || user == Some(&input.order.user))
}

/// Returns the open tasks on `lead` that go over.
pub fn tasks_of(input: HandOverInput<'_>, lead: &Lead) -> Vec<TaskId> {
    let held = lead.tasks.iter().filter(|task| is_held(input, lead, task.assignee.as_ref()));
    held.map(|task| task.id.clone()).collect()
}

/// Gives the leaver's open `tasks` on a lead to the lead's owner. On a closed lead of the leaver they go to the person of the order. The
/// new person is notified. `None` if there are none.
pub fn move_tasks(input: HandOverInput<'_>, lead: &Lead, tasks: &[&Task]) -> Option<Decision> {
    let HandOverInput { order, now, .. } = input;
    let assignee = input.heir(lead).filter(|_| input.is_about(lead));
    let held = tasks.iter().filter(|task| {
        let open = task.state == TaskState::Open && task.lead == lead.id;
        open && input.is_about(lead) && is_held(input, lead, task.work.assignee.as_ref()) && task.work.assignee != assignee
    });
    let mut changed = lead.touched(now);
    // A change of the person is not an activity on the lead (CAL-3).
    changed.updated = lead.updated;
    let (mut timeline, mut items, mut notices) = (Vec::new(), Vec::new(), Vec::new());
    for task in held {
        let after = Task { work: TaskDetails { assignee: assignee.clone(), ..task.work.clone() }, ..Task::clone(task) };
        changed.tasks.iter_mut().filter(|work| work.id == after.work.id).for_each(|work| *work = after.work.clone());
        timeline.push(after.timeline_event(TimelineAction::Changed, Some(&task.work), None));
        notices.extend(Message::task(&changed, &after.work, &order.by, now).map(|notice| Item::Message(notice.gathered())));
        items.push(Item::Task(Box::new(after)));
    }
    let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
    let counted = order.with_moved(Moved { tasks: count, ..Moved::default() });
    let decision = (count > 0).then(|| commit(changed, order.by.clone(), timeline, now))?;
    Some(items.into_iter().chain(notices).fold(decision, Decision::with).with(Item::HandOver(Box::new(counted))))
}

/// Returns the planned events on `lead` that go over in the next decision.
pub fn events_of(input: HandOverInput<'_>, lead: &Lead) -> Vec<EventId> {
    let held = lead.planned.iter().filter(|planned| is_held(input, lead, planned.user.as_ref()));
    held.take(EVENTS_AT_ONCE).map(|planned| planned.id.clone()).collect()
}

/// Gives the leaver's planned `events` on a lead, and their calendar slots, to the lead's owner. On a closed lead of the leaver they go to
/// the person of the order. Occupied slots do not prevent this (CAL-7). `None` if there are none.
///
/// # Errors
/// [`DayNotLoaded`] if a day of the leaver or of the new person was not loaded.
pub fn move_events<'a>(
    input: HandOverInput<'_>,
    lead: &Lead,
    events: &[&CalendarEvent],
    days: LoadDay<'_>,
    held: impl Fn(&AppointmentId) -> Option<&'a Appointment>,
) -> Result<Option<Decision>, DayNotLoaded> {
    let HandOverInput { order, dealer, now, .. } = input;
    let user = input.heir(lead);
    let moves = |event: &&&CalendarEvent| {
        let planned = event.lead == lead.id && event.state == EventState::Incomplete && event.user != user;
        planned && input.is_about(lead) && is_held(input, lead, event.user.as_ref())
    };
    let context = CalendarContext { lead, dealer, days, by: &order.by, now };
    let mut diary = Diary::new(days);
    let (mut changed, mut timeline, mut items, mut given) = (lead.touched(now), Vec::new(), Vec::new(), Vec::new());
    changed.updated = lead.updated;
    for event in events.iter().filter(moves) {
        let mut after = CalendarEvent { user: user.clone(), ..CalendarEvent::clone(event) };
        let untimed = event.taken.is_none() && event.at == event.saved();
        after.taken = if untimed { None } else { after.takes_now(&context) };
        diary.put(event.id.as_str(), event.taken.as_ref(), after.taken.as_ref())?;
        changed.planned.iter_mut().filter(|planned| planned.id == after.id).for_each(|planned| *planned = Planned::of(&after));
        let (from, to) = (event.user.clone(), user.clone());
        timeline.push(Event::EventGiven { event: event.id.clone(), title: event.title.clone(), from, to });
        given.push(GivenBooking { lead: Some(lead.id), event: Some(event.id.clone()), ..given_by(input) });
        items.push(Item::Event(Box::new(after)));
    }
    let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
    if count == 0 {
        return Ok(None);
    }
    let counted = order.with_moved(Moved { events: count, ..Moved::default() }).with_given(given);
    let decision = items.into_iter().fold(commit(changed, order.by.clone(), timeline, now), Decision::with);
    let decision = diary.items().fold(decision, Decision::with);
    Ok(Some(with_appointments(decision.with(Item::HandOver(Box::new(counted))), lead, dealer, held, now)))
}

/// Returns the record of a booking that the order gives to another person, without the booking.
fn given_by(HandOverInput { order, .. }: HandOverInput<'_>) -> GivenBooking {
    GivenBooking {
        lead: None,
        event: None,
        appointment: None,
        from: order.user.clone(),
        supervisor: order.supervisor.clone(),
        by: order.by.clone(),
        follows: false,
    }
}

/// Gives an appointment of the leaver that is no event of a lead, and its calendar slots, to the person of the order. `None` if it has
/// another user, is over or is cancelled.
///
/// # Errors
/// If a day of the leaver or of the new person was not loaded.
pub fn move_appointment(input: HandOverInput<'_>, appointment: &Appointment, days: LoadDay<'_>) -> Result<Option<Decision>, Refusal> {
    let HandOverInput { order, dealer, now, .. } = input;
    let person = order.person(&dealer.settings, now);
    let of_leaver = appointment.dealer == dealer.id && appointment.user.as_ref() == Some(&order.user) && *person != order.user;
    let to_come = appointment.event.is_none() && appointment.at > now && !appointment.state.is_cancelled();
    if !of_leaver || !to_come || appointment.attendance.is != Attended::Unknown || order.done_at.is_some() {
        return Ok(None);
    }
    let context = AppointmentContext { dealer, lead: None, event: None, days, by: &order.by, despite: Despite::UNSTATED, now };
    let after = Appointment { user: Some(person.clone()), ..appointment.clone() };
    let given = GivenBooking { appointment: Some(appointment.id.clone()), ..given_by(input) };
    let counted = order.with_moved(Moved { appointments: 1, ..Moved::default() }).with_given([given]);
    Ok(Some(changed_with(&context, appointment, after, Elsewhere::All)?.decision.with(Item::HandOver(Box::new(counted)))))
}
