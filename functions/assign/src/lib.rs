//! Gives an owner to leads that wait for one: those whose intake met a contended rotation, and those that came from another dealer (DIS-1, DIS-6, DIS-7).
//! Then what is planned for them takes that owner's time, as it does wherever else a lead has got another one (CAL-7).
//!
//! The leads of one dealer in a batch are given out in one commit: they would only contend with each other for the rotation.

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

/// A batch of wake-ups of the kind `assign`.
pub async fn handle(platform: &Platform, event: SqsEvent) -> SqsBatchResponse {
    queue::grouped(platform, event, dealer_of, async |wake_ups| assign(platform, &wake_ups).await).await
}

fn dealer_of(wake_up: &WakeUp) -> (GroupId, DealerId) {
    (wake_up.group.clone(), wake_up.dealer.clone())
}

/// Gives out the leads of one dealer.
async fn assign(platform: &Platform, wake_ups: &[WakeUp]) -> Result<(), Failure> {
    let Some(first) = wake_ups.first() else { return Ok(()) };
    let dealer = &first.dealer;
    let ids = wake_ups.iter().map(WakeUp::lead).collect::<Result<Vec<LeadId>, Failure>>()?;
    let now = platform.clock.now();
    let place = |lane: Lane| Key::lane(dealer.clone(), lane);
    let keys = [Key::Dealer(dealer.clone()), place(Lane::Rotation(None))].into_iter().chain(ids.iter().copied().map(Key::Lead));
    // A dealer with groups or a pool has other lanes, which its settings and the leads name.
    let lanes = |loaded: &Loaded| -> Vec<Key> {
        let Some(dealer) = loaded.dealer(dealer) else { return Vec::new() };
        ids.iter().filter_map(|id| loaded.lead(*id)).map(|lead| place(lead.lane(dealer))).collect()
    };
    let load = Load::of(keys).then(lanes).with_long_retry();
    let rule = |loaded: &Loaded, _| {
        let leads = ids.iter().filter_map(|id| loaded.lead(*id));
        let decision = loaded.dealer(dealer).and_then(|dealer| distribute_all(leads, dealer, |lane| loaded.place(&dealer.id, lane), now));
        let given: Vec<_> = decision.iter().flat_map(Decision::leads).filter_map(|lead| loaded.lead(lead.id)).collect();
        let waited: Vec<_> = given.into_iter().map(|lead| lead.updated).collect();
        let after = |id: LeadId| decision.iter().flat_map(Decision::leads).find(|lead| lead.id == id).or_else(|| loaded.lead(id));
        let handed: Vec<LeadId> =
            ids.iter().copied().filter(|id| after(*id).is_some_and(|lead| lead.calendar_transfer_pending_since.is_some())).collect();
        Ok((decision, (waited, handed)))
    };
    let (waited, handed) = platform.store.decide(&first.scope(), load, rule).await?;
    platform.metrics.note_lag(Metric::AssignLag, waited, now);
    // In commits of their own, as a lead may have much planned.
    for lead in handed {
        while take_along(platform, first, lead, now).await? {}
    }
    Ok(())
}

/// Has what is planned for a lead take the time of whoever has got it (CAL-7), with the appointments that it is. Returns whether there is more of it.
async fn take_along(platform: &Platform, wake_up: &WakeUp, id: LeadId, now: DateTime<Utc>) -> Result<bool, Failure> {
    let load = Load::of([Key::Lead(id), Key::Dealer(wake_up.dealer.clone())]).then(|loaded| {
        let Some(lead) = loaded.lead(id).filter(|lead| lead.calendar_transfer_pending_since.is_some()) else { return Vec::new() };
        let events: Vec<Key> = lead.planned.iter().map(|planned| Key::Event(id, planned.id.clone())).collect();
        let appointments = loaded.appointments_of(&events);
        let days = lead::days_of(|days| given(loaded, id, days, now));
        [vec![Key::Dealer(lead.dealer.clone())], events, appointments, days].concat()
    });
    let rule = |loaded: &Loaded, _| {
        let decision = given(loaded, id, &|user, date| loaded.day(user, date), now)?;
        let more = decision.as_ref().and_then(Decision::lead).is_some_and(|lead| lead.calendar_transfer_pending_since.is_some());
        Ok((decision, more))
    };
    platform.store.decide(&wake_up.scope(), load.with_long_retry(), rule).await
}

/// The lead with what is planned for it in its owner's time. `None`: it is so.
fn given(loaded: &Loaded, id: LeadId, days: LoadDay<'_>, now: DateTime<Utc>) -> Result<Option<Decision>, DayNotLoaded> {
    let Some(lead) = loaded.lead(id).filter(|lead| lead.calendar_transfer_pending_since.is_some()) else { return Ok(None) };
    let Some(dealer) = loaded.dealer(&lead.dealer) else { return Ok(None) };
    let events: Vec<&CalendarEvent> = lead.planned.iter().filter_map(|planned| loaded.event(id, &planned.id)).collect();
    let case = CalendarContext { lead, dealer, days, by: &Actor::System, now };
    let decision = with_reservations_moved(Decision::default().with(Item::Lead(Box::new(lead.clone()))), &events, &case)?;
    Ok(Some(with_appointments(decision, lead, dealer, |id| loaded.appointment(id), now)))
}
