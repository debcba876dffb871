//! Gives an owner to leads that wait for one: those whose intake met a contended rotation, and those that came from another dealer (DIS-1, DIS-6, DIS-7).
//!
//! The leads of one dealer in a batch are given out in one commit: they would only contend with each other for the rotation.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use forecourt_domain::appointment::given;
use forecourt_domain::assignment::distribute_all;
use forecourt_domain::decision::Decision;
use forecourt_domain::ids::{DealerId, GroupId, LeadId};
use forecourt_domain::routing::Lane;
use forecourt_edge::metrics::Metric;
use forecourt_edge::{Platform, queue};
use forecourt_store::keys::{Key, Look};
use forecourt_store::{Failure, Load, Loaded};

/// A batch of wake-ups of the kind `assign`.
pub async fn handle(platform: &Platform, event: SqsEvent) -> SqsBatchResponse {
    queue::grouped(platform, event, dealer_of, async |looks| assign(platform, &looks).await).await
}

fn dealer_of(look: &Look) -> (GroupId, DealerId) {
    (look.group.clone(), look.dealer.clone())
}

/// Gives out the leads of one dealer.
async fn assign(platform: &Platform, looks: &[Look]) -> Result<(), Failure> {
    let Some(first) = looks.first() else { return Ok(()) };
    let dealer = &first.dealer;
    let ids = looks.iter().map(Look::lead).collect::<Result<Vec<LeadId>, Failure>>()?;
    let now = platform.clock.now();
    let place = |lane: Lane| Key::Place(dealer.clone(), lane);
    let keys = [Key::Dealer(dealer.clone()), place(Lane::Rotation(None))].into_iter().chain(ids.iter().copied().map(Key::Lead));
    // A dealer with groups or a pool has other lanes, which its settings and the leads name.
    let lanes = |loaded: &Loaded| -> Vec<Key> {
        let Some(dealer) = loaded.dealer(dealer) else { return Vec::new() };
        ids.iter().filter_map(|id| loaded.lead(*id)).map(|lead| place(lead.lane(dealer))).collect()
    };
    let load = Load::of(keys).then(lanes).patiently();
    let rule = |loaded: &Loaded, _| {
        let leads = ids.iter().filter_map(|id| loaded.lead(*id));
        let decision = loaded.dealer(dealer).and_then(|dealer| distribute_all(leads, dealer, |lane| loaded.place(&dealer.id, lane), now));
        let given: Vec<_> = decision.iter().flat_map(Decision::leads).filter_map(|lead| loaded.lead(lead.id)).collect();
        let waited: Vec<_> = given.into_iter().map(|lead| lead.updated).collect();
        let planned: Vec<LeadId> =
            ids.iter().filter_map(|id| loaded.lead(*id)).filter(|lead| !lead.planned.is_empty()).map(|lead| lead.id).collect();
        Ok((decision, (waited, planned)))
    };
    let (waited, planned) = platform.store.decide(&first.scope(), load, rule).await?;
    platform.metrics.note_lag(Metric::AssignLag, waited, now);
    // In commits of their own, as a lead may have many; where one is cut short the wake-up comes again, and does this though nobody waits any more.
    for lead in planned {
        give_appointments(platform, first, lead).await?;
    }
    Ok(())
}

/// Gives the appointments that came along with a lead to whoever has it by now.
async fn give_appointments(platform: &Platform, look: &Look, id: LeadId) -> Result<(), Failure> {
    let events = |loaded: &Loaded| -> Vec<Key> {
        let planned = loaded.lead(id).into_iter().flat_map(|lead| &lead.planned);
        planned.map(|planned| Key::Event(id, planned.id.clone())).collect()
    };
    let load = Load::of([Key::Lead(id)]).then(|loaded| {
        let events = events(loaded);
        let appointments = loaded.appointments_of(&events);
        events.into_iter().chain(appointments).collect()
    });
    let now = platform.clock.now();
    let rule = |loaded: &Loaded, _| {
        let appointments = loaded.appointments_of(&events(loaded));
        let held = appointments.iter().filter_map(|key| if let Key::Appointment(id) = key { loaded.appointment(id) } else { None });
        Ok((loaded.lead(id).and_then(|lead| given(lead, held, now)), ()))
    };
    platform.store.decide(&look.scope(), load.patiently(), rule).await
}
