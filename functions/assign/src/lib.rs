//! Assigns an owner to leads that wait for one, and moves the lead's calendar to a new owner (DIS-1, DIS-6, DIS-7, CAL-7).
//!
//! - **Triggers**: wake-ups of the kind `assign` from the assign queue. Leads wait if intake met a contended rotation or if they came from
//!   another dealer. A wake-up also follows every change of owner whose calendar slots are still to be moved.
//! - **Reads**: the dealer, its rotation, group rotation or pool, and the leads of the batch, in one consistent read.
//! - **Writes**: first the leads with their owners and the position of the rotation. All leads of one dealer in a batch are one commit,
//!   because separate commits would contend for the rotation. Then per lead, in further commits, the events, appointments and calendar days
//!   that move to the new owner.
//! - **Failure**: a failed dealer's messages return to the queue and, after the last delivery, to the dead-letter queue. The sweep repeats
//!   a lost wake-up. A repeat finds nothing to do.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{Actor, DealerId, GroupId, LeadId};
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::rules::appointment::with_appointments;
use forecourt_domain::rules::calendar::{CalendarContext, with_reservations_moved};
use forecourt_domain::rules::distribution::distribute_all;
use forecourt_domain::settings::Lane;
use forecourt_domain::slots::{DayNotLoaded, LoadDay};
use forecourt_edge::metrics::Metric;
use forecourt_edge::usecase::lead;
use forecourt_edge::{Platform, queue};
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded};

/// Handles a batch of wake-ups of the kind `assign`.
pub async fn handle(platform: &Platform, event: SqsEvent) -> SqsBatchResponse {
    queue::grouped(platform, event, dealer_of, async |wake_ups| assign(platform, &wake_ups).await).await
}

fn dealer_of(wake_up: &WakeUp) -> (GroupId, DealerId) {
    (wake_up.group.clone(), wake_up.dealer.clone())
}

/// Assigns the waiting leads of one dealer.
async fn assign(platform: &Platform, wake_ups: &[WakeUp]) -> Result<(), Failure> {
    let Some(first) = wake_ups.first() else { return Ok(()) };
    let dealer = &first.dealer;
    let ids = wake_ups.iter().map(WakeUp::lead).collect::<Result<Vec<LeadId>, Failure>>()?;
    let now = platform.clock.now();
    let place = |lane: Lane| Key::lane(dealer.clone(), lane);
    let keys = [Key::Dealer(dealer.clone()), place(Lane::Rotation(None))].into_iter().chain(ids.iter().copied().map(Key::Lead));
    // A dealer with groups or a pool has further lanes; its settings and the leads determine them.
    let lanes = |loaded: &Loaded| -> Vec<Key> {
        let Some(dealer) = loaded.dealer(dealer) else { return Vec::new() };
        ids.iter().filter_map(|id| loaded.lead(*id)).map(|lead| place(lead.lane(dealer))).collect()
    };
    let load = Load::of(keys).then(lanes).with_long_retry();
    let rule = |loaded: &Loaded, _| {
        let leads = ids.iter().filter_map(|id| loaded.lead(*id));
        let decision = loaded.dealer(dealer).and_then(|dealer| distribute_all(leads, dealer, &|lane| loaded.place(&dealer.id, lane), now));
        let assigned: Vec<_> = decision.iter().flat_map(Decision::leads).filter_map(|lead| loaded.lead(lead.id)).collect();
        let waited: Vec<_> = assigned.into_iter().map(|lead| lead.updated).collect();
        let after = |id: LeadId| decision.iter().flat_map(Decision::leads).find(|lead| lead.id == id).or_else(|| loaded.lead(id));
        let handed: Vec<LeadId> =
            ids.iter().copied().filter(|id| after(*id).is_some_and(|lead| lead.calendar_transfer_pending_since.is_some())).collect();
        Ok((decision, (waited, handed)))
    };
    let (waited, handed) = platform.store.decide(&first.scope(), load, rule).await?;
    platform.metrics.note_lag(Metric::AssignLag, waited, now);
    // Separate commits, because a lead may have many events.
    for lead in handed {
        while move_calendar(platform, first, lead, now).await? {}
    }
    Ok(())
}

/// Moves the lead's events and their appointments to the calendar of the new owner (CAL-7). Returns whether more are left for another
/// commit.
async fn move_calendar(platform: &Platform, wake_up: &WakeUp, id: LeadId, now: DateTime<Utc>) -> Result<bool, Failure> {
    let load = Load::of([Key::Lead(id), Key::Dealer(wake_up.dealer.clone())]).then(|loaded| {
        let Some(lead) = loaded.lead(id).filter(|lead| lead.calendar_transfer_pending_since.is_some()) else { return Vec::new() };
        let events: Vec<Key> = lead.planned.iter().map(|planned| Key::Event(id, planned.id.clone())).collect();
        let appointments = loaded.appointments_of(&events);
        let days = lead::days_of(|days| decide_move(loaded, id, days, now));
        [vec![Key::Dealer(lead.dealer.clone())], events, appointments, days].concat()
    });
    let rule = |loaded: &Loaded, _| {
        let decision = decide_move(loaded, id, &|user, date| loaded.day(user, date), now)?;
        let more = decision.as_ref().and_then(Decision::lead).is_some_and(|lead| lead.calendar_transfer_pending_since.is_some());
        Ok((decision, more))
    };
    platform.store.decide(&wake_up.scope(), load.with_long_retry(), rule).await
}

/// Decides the move of the lead's events to the owner's calendar. `None` if none is left to move.
fn decide_move(loaded: &Loaded, id: LeadId, days: LoadDay<'_>, now: DateTime<Utc>) -> Result<Option<Decision>, DayNotLoaded> {
    let Some(lead) = loaded.lead(id).filter(|lead| lead.calendar_transfer_pending_since.is_some()) else { return Ok(None) };
    let Some(dealer) = loaded.dealer(&lead.dealer) else { return Ok(None) };
    let events: Vec<&CalendarEvent> = lead.planned.iter().filter_map(|planned| loaded.event(id, &planned.id)).collect();
    let context = CalendarContext { lead, dealer, days, by: &Actor::System, now };
    let decision = with_reservations_moved(Decision::default().with(Item::Lead(Box::new(lead.clone()))), &events, &context)?;
    Ok(Some(with_appointments(decision, lead, dealer, |id| loaded.appointment(id), now)))
}
