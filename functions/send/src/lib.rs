//! Carries letters to customers out, and notices by mail (ESC-6, MSG-1): claims a message, looks again whether it is still so and who reads it now, sends, records.

mod carrier;
pub mod https;
mod language;
mod letters;
pub mod mail;
mod notices;
pub mod pdf;
mod pool;
pub mod quote;
mod sender;
pub mod ses;
pub mod texts;
pub mod trade_in;
mod webhooks;

pub use carrier::{Call, Carrier, Sms, Undelivered};
pub use sender::Sender;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use forecourt_edge::queue;
use forecourt_store::Failure;
use forecourt_store::keys::WakeUpTarget;
use futures::future::join_all;

impl Sender {
    /// A batch of wake-ups, of the queue `send` or of `notify`.
    pub async fn handle(&self, mut event: SqsEvent) -> SqsBatchResponse {
        // Receivers of webhooks may be slow: they are waited for together.
        let is_webhook =
            |message: &SqsMessage| queue::wake_up(message).is_ok_and(|wake_up| matches!(wake_up.target, WakeUpTarget::Outgoing { .. }));
        let (webhooks, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut event.records).into_iter().partition(is_webhook);
        event.records = rest;
        let mut response = queue::each(&self.platform, event, async |message| self.look_at(message).await).await;
        let told = webhooks.into_iter().map(async |message| {
            let mut event = SqsEvent::default();
            event.records = vec![message];
            queue::each(&self.platform, event, async |message| self.look_at(message).await).await
        });
        response.batch_item_failures.extend(join_all(told).await.into_iter().flat_map(|told| told.batch_item_failures));
        response
    }

    async fn look_at(&self, message: SqsMessage) -> Result<String, Failure> {
        let wake_up = queue::wake_up(&message)?;
        match &wake_up.target {
            WakeUpTarget::Letter { home, letter } => self.letter(&wake_up, home, letter).await?,
            WakeUpTarget::Outgoing { about, .. } => self.notify(&wake_up, about).await?,
            _ => self.notice(&wake_up).await?,
        }
        Ok(wake_up.about())
    }
}
