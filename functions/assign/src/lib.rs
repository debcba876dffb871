//! Gives an owner to leads that wait for one: those whose intake met a contended rotation, and those that came from another dealer (DIS-1, DIS-6, DIS-7).

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use forecourt_domain::assignment::distribute;
use forecourt_edge::{Platform, queue};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load};

/// A batch of wake-ups of the kind `assign`.
pub async fn handle(platform: &Platform, event: SqsEvent) -> SqsBatchResponse {
    queue::each(platform, event, async |message| assign(platform, message).await).await
}

async fn assign(platform: &Platform, message: SqsMessage) -> Result<String, Failure> {
    let look = queue::look(&message)?;
    let now = platform.clock.now();
    let load = Load::of([Key::Lead(look.lead), Key::Dealer(look.dealer.clone()), Key::Rotation(look.dealer.clone())]);
    platform
        .store
        .decide(&look.scope(), load, |loaded, _| {
            let decision = match (loaded.lead(look.lead), loaded.dealer(&look.dealer)) {
                (Some(lead), Some(dealer)) => distribute(lead, dealer, &loaded.rotation(&look.dealer), now),
                _ => None,
            };
            Ok((decision, ()))
        })
        .await?;
    Ok(look.lead.to_string())
}
