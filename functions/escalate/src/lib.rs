//! The steps of a lead happen: reminder, level 1, level 2 (ESC-1 to ESC-3).

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use forecourt_domain::decision::Decision;
use forecourt_domain::escalation::escalate;
use forecourt_edge::metrics::Metric;
use forecourt_edge::{Platform, queue};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};

/// A batch of wake-ups of the kind `escalate`.
pub async fn handle(platform: &Platform, event: SqsEvent) -> SqsBatchResponse {
    queue::each(platform, event, async |message| look_at(platform, message).await).await
}

async fn look_at(platform: &Platform, message: SqsMessage) -> Result<String, Failure> {
    let look = queue::look(&message)?;
    let now = platform.clock.now();
    let load = Load::of([Key::Lead(look.lead), Key::Dealer(look.dealer.clone())]);
    let rule = |loaded: &Loaded, _| {
        let decision = match (loaded.lead(look.lead), loaded.dealer(&look.dealer)) {
            (Some(lead), Some(dealer)) => escalate(lead, dealer, now),
            _ => None,
        };
        let happened = decision.as_ref().and_then(Decision::lead).map(|lead| lead.steps_of(now)).unwrap_or_default();
        Ok((decision, happened))
    };
    let happened = platform.store.decide(&look.scope(), load, rule).await?;
    platform.metrics.note_lag(Metric::EscalationLag, happened, now);
    Ok(look.lead.to_string())
}
