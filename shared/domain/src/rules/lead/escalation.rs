//! Escalates leads without a reaction (ESC-1 to ESC-3).

use crate::base::{Actor, StepKind, UserId};
use crate::decision::{Decision, Item, LeadInput, commit};
use crate::distribution::LoadLane;
use crate::lead::{Event, Lead, Step};
use crate::messages::Message;
use crate::rules::distribution::{Lanes, passed_on};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// Fires every step whose time has come. `None` if nothing is due: the timer was stale, early or duplicated, or the lead was answered
/// (ESC-8, ESC-9).
///
/// If the settings are newer than the lead's plan, the steps that have not fired are recomputed first (SET-11). `load` returns the
/// rotation of the lead's turn, if it has one (DIS-10), and that which counts open leads (DIS-13).
pub fn escalate(lead: &Lead, dealer: &Dealer, load: LoadLane<'_>, now: DateTime<Utc>) -> Option<Decision> {
    let owner = lead.owner.as_ref()?;
    if lead.dealer != dealer.id || !lead.clock_runs() {
        return None;
    }
    let mut changed = lead.touched(now);
    // A missing reaction is not an activity on the lead (CAL-3).
    changed.updated = lead.updated;
    let replanned = changed.replan(dealer);
    // The lead goes on before the steps happen: its new owner gets time to act, and not a new and overdue lead at once (DIS-7).
    let mut lanes = Lanes::new(dealer, load);
    let passed = changed.pass_on(&mut lanes, now);
    let fired = changed.plan.as_mut().map(|plan| plan.fire(now)).unwrap_or_default();
    if fired.is_empty() && !replanned && changed.turn == lead.turn {
        return None;
    }
    let mut events = Vec::new();
    if replanned {
        events.push(Event::DeadlineMoved { from: lead.deadline(), deadline: changed.deadline() });
    }
    let mut notices = notices(&changed, dealer, changed.owner.as_ref().unwrap_or(owner), &fired, now);
    let mut notice = None;
    if let Some((event, message)) = passed {
        // The new owner's notice states the deadline and whether it has passed. A supervisor who gets level 2 learns the new owner there.
        notices.retain(Message::is_for_supervisor);
        let passed = passed_on(LeadInput { lead, dealer, by: &Actor::System, now }, &event, None);
        let passed = passed.into_iter().filter_map(|item| if let Item::Message(message) = item { Some(message) } else { None });
        let passed: Vec<Message> = passed.filter(|message| !notices.iter().any(|notice| notice.reader == message.reader)).collect();
        notices.extend(passed);
        events.push(event);
        notice = Some(message);
        changed.updated = now;
    }
    events.extend(fired.iter().map(|step| Event::Step { step: step.kind, due: step.due }));
    let mut decision = match events.is_empty() {
        // The timeline does not show that the lead passes on at another time, or stays.
        true => Decision::default().with(Item::Lead(Box::new(changed))),
        false => commit(changed, Actor::System, events, now).with_some(notice),
    };
    decision.items.extend(lanes.items());
    Some(notices.into_iter().fold(decision, |decision, notice| decision.with(Item::Message(notice))))
}

/// Returns one notice for each recipient, even if several steps fired at once, and the text message of a reminder (ESC-14). The seller's
/// notice names the last of the seller's steps and lists the missed ones (ESC-8).
fn notices(lead: &Lead, dealer: &Dealer, owner: &UserId, fired: &[Step], now: DateTime<Utc>) -> Vec<Message> {
    let (supervisors, sellers): (Vec<&Step>, Vec<&Step>) = fired.iter().partition(|s| s.kind == StepKind::Level2);
    let mut notices = Vec::new();
    if let Some((last, missed)) = sellers.split_last() {
        let missed = missed.iter().map(|s| s.kind).collect();
        notices.push(Message::step(lead, last, missed, owner.clone(), now));
        if last.kind == StepKind::Reminder && dealer.settings.reminder_by_text {
            notices.push(Message::reminder_text(lead, last, owner.clone(), now));
        }
    }
    if let Some(step) = supervisors.last() {
        let supervisor = dealer.settings.escalates_to(Some(owner), now).clone();
        notices.push(Message::step(lead, step, Vec::new(), supervisor, now));
    }
    notices
}
