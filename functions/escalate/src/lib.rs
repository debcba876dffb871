//! Carries out the escalation steps that are due: reminder, level 1 and level 2 of a lead (ESC-1 to ESC-3), and those of a calendar event
//! (ESC-4). Notifies owners of further deadlines that have passed (LEAD-6). Carries out the steps of follow-up plans (CAL-11).
//!
//! - **Triggers**: wake-ups of the kinds `escalate`, `resubmit` and `recompute` from the escalate queue.
//! - **Reads**: the lead or the event with its lead, the dealer, and the rotation if the lead goes to the next user (DIS-10), in one
//!   consistent read.
//! - **Writes**: the lead with the steps marked as done, a timeline entry, and the notices to send, in one transaction. Sending is the send
//!   function's work.
//! - **Recompute**: after a change of opening hours or durations, the deadlines of the dealer's open leads are computed again, page by page
//!   (SET-11). After the first maximum of open leads, these leads are counted (DIS-13).
//! - **Hand over**: the work of a user who left, lost the right to it or is absent for long goes to others, page by page (DIS-12).
//! - **Failure**: a failed message returns to the queue and, after the last delivery, to the dead-letter queue; the sweep repeats a lost
//!   wake-up. A wake-up that is early, late or doubled finds no due step and changes nothing (ESC-8, ESC-9).

mod follow_up;
mod hand_over;
mod recomputation;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use forecourt_domain::decision::Decision;
use forecourt_domain::rules::calendar::resubmit;
use forecourt_domain::rules::lead::{deadlines_passed, escalate};
use forecourt_edge::metrics::Metric;
use forecourt_edge::usecase::lead::lanes_of;
use forecourt_edge::{Platform, queue};
use forecourt_store::keys::{DueKind, Key, WakeUp, WakeUpTarget};
use forecourt_store::{Failure, Load, Loaded};

/// Handles a batch of wake-ups of the kinds `escalate`, `resubmit` and `recompute`.
pub async fn handle(platform: &Platform, event: SqsEvent) -> SqsBatchResponse {
    queue::each(platform, event, async |message| handle_message(platform, message).await).await
}

async fn handle_message(platform: &Platform, message: SqsMessage) -> Result<String, Failure> {
    let wake_up = queue::wake_up(&message)?;
    match wake_up.kind {
        DueKind::Recompute => match &wake_up.target {
            WakeUpTarget::HandOver { hand_over: id } => hand_over::process_page(platform, &wake_up, id).await?,
            _ => recomputation::process_page(platform, &wake_up).await?,
        },
        DueKind::Resubmit => escalate_event(platform, &wake_up).await?,
        _ => {
            if escalate_lead(platform, &wake_up).await? {
                follow_up::carry_out(platform, &wake_up).await?;
            }
        }
    }
    Ok(wake_up.about())
}

/// Carries out the escalation steps that are due. Returns whether a step of the lead's follow-up plan is due, too.
async fn escalate_lead(platform: &Platform, wake_up: &WakeUp) -> Result<bool, Failure> {
    let id = wake_up.lead()?;
    let now = platform.clock.now();
    let load = Load::of([Key::Lead(id), Key::Dealer(wake_up.dealer.clone())]).then(|loaded| {
        let unit = loaded.lead(id).zip(loaded.dealer(&wake_up.dealer));
        unit.map(|(lead, dealer)| lanes_of(dealer, |lanes| escalate(lead, dealer, lanes, now))).unwrap_or_default()
    });
    let rule = |loaded: &Loaded, _| {
        let unit = loaded.lead(id).zip(loaded.dealer(&wake_up.dealer));
        let decision = unit.and_then(|(lead, dealer)| {
            escalate(lead, dealer, &|lane| loaded.place(&dealer.id, lane), now).or_else(|| deadlines_passed(lead, dealer, now))
        });
        let happened = decision.as_ref().and_then(Decision::lead).map(|lead| lead.steps_of(now)).unwrap_or_default();
        let lead = decision.as_ref().and_then(Decision::lead).or(loaded.lead(id));
        let follows = lead.is_some_and(|lead| follow_up::is_due(lead, now));
        Ok((decision, (happened, follows)))
    };
    let (happened, follows) = platform.store.decide(&wake_up.scope(), load, rule).await?;
    platform.metrics.note_lag(Metric::EscalationLag, happened, now);
    Ok(follows)
}

/// Escalates a calendar event that is overdue (ESC-4).
async fn escalate_event(platform: &Platform, wake_up: &WakeUp) -> Result<(), Failure> {
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
