//! The steps of a lead happen: reminder, level 1, level 2 (ESC-1 to ESC-3), and of what is planned for it (ESC-4); it goes to the next in turn (DIS-10). And all that moves where the
//! dealer's hours have changed (SET-11).

mod recomputation;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use forecourt_domain::decision::Decision;
use forecourt_domain::rules::calendar::resubmit;
use forecourt_domain::rules::lead::escalate;
use forecourt_edge::metrics::Metric;
use forecourt_edge::{Platform, queue};
use forecourt_store::keys::{DueKind, Key, WakeUp, WakeUpTarget};
use forecourt_store::{Failure, Load, Loaded};

/// A batch of wake-ups of the kinds `escalate`, `resubmit` and `recompute`.
pub async fn handle(platform: &Platform, event: SqsEvent) -> SqsBatchResponse {
    queue::each(platform, event, async |message| look_at(platform, message).await).await
}

async fn look_at(platform: &Platform, message: SqsMessage) -> Result<String, Failure> {
    let wake_up = queue::wake_up(&message)?;
    match wake_up.kind {
        DueKind::Recompute => recomputation::turn(platform, &wake_up).await?,
        DueKind::Resubmit => resubmission(platform, &wake_up).await?,
        _ => step(platform, &wake_up).await?,
    }
    Ok(wake_up.about())
}

async fn step(platform: &Platform, wake_up: &WakeUp) -> Result<(), Failure> {
    let id = wake_up.lead()?;
    let now = platform.clock.now();
    let passes_on = |loaded: &Loaded| loaded.lead(id).and_then(|lead| lead.passes_on(now));
    let load = Load::of([Key::Lead(id), Key::Dealer(wake_up.dealer.clone())])
        .then(|loaded| passes_on(loaded).map(|lane| Key::lane(wake_up.dealer.clone(), lane)).into_iter().collect());
    let rule = |loaded: &Loaded, _| {
        let decision = match (loaded.lead(id), loaded.dealer(&wake_up.dealer)) {
            (Some(lead), Some(dealer)) => {
                let rotation = loaded.rotation(&dealer.id, passes_on(loaded).as_ref());
                escalate(lead, dealer, rotation.as_ref(), now)
            }
            _ => None,
        };
        let happened = decision.as_ref().and_then(Decision::lead).map(|lead| lead.steps_of(now)).unwrap_or_default();
        Ok((decision, happened))
    };
    let happened = platform.store.decide(&wake_up.scope(), load, rule).await?;
    platform.metrics.note_lag(Metric::EscalationLag, happened, now);
    Ok(())
}

/// A calendar event that nobody has done (ESC-4).
async fn resubmission(platform: &Platform, wake_up: &WakeUp) -> Result<(), Failure> {
    let WakeUpTarget::Event { lead: id, event } = &wake_up.target else { return Ok(()) };
    let now = platform.clock.now();
    let load = Load::of([Key::Event(*id, event.clone()), Key::Lead(*id), Key::Dealer(wake_up.dealer.clone())])
        .then(|loaded| loaded.lead(*id).map(|lead| Key::Dealer(lead.dealer.clone())).into_iter().collect());
    let rule = |loaded: &Loaded, _| {
        let lead = loaded.lead(*id);
        let dealer = lead.and_then(|lead| loaded.dealer(&lead.dealer));
        let unit = loaded.event(*id, event).zip(lead.zip(dealer));
        let due = unit.and_then(|(event, _)| event.due);
        let decision = unit.and_then(|(event, (lead, dealer))| resubmit(event, lead, dealer, now));
        let happened = decision.as_ref().and_then(Decision::lead).and(due);
        Ok((decision, happened))
    };
    let happened = platform.store.decide(&wake_up.scope(), load, rule).await?;
    platform.metrics.note_lag(Metric::EscalationLag, happened, now);
    Ok(())
}
