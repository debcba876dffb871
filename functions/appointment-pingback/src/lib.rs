//! The function `appointment-pingback`: reports of partners' systems on appointments that they created (APT-4, APT-5).
//!
//! - **Does**: applies a report (moved, cancelled, attended) to the appointment.
//! - **Triggers**: `POST /pingbacks/{group}/{partner}`, signed as in Standard Webhooks. [`forecourt_edge::http`] verifies the signature
//!   before this function is called.
//! - **Reads**: the appointment, its lead, event and dealer, and earlier reports on an appointment that is not known yet.
//! - **Writes**: the appointment with its event and letters in one transaction, or the report itself until the appointment is known.
//! - **Repeats**: a repeat with the same `webhook-id` gets the first answer. Late and out-of-order reports are harmless: the latest by the
//!   report's own time wins.
//! - **On failure**: nothing is stored and the partner gets a problem; 503 means that the same ping-back can be sent again.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_edge::usecase::appointment::{PingBackBody, apply_ping_back, partner};
use forecourt_edge::{Platform, http};
use forecourt_store::fingerprint;

/// Handles `POST /pingbacks/{group}/{partner}`.
pub async fn handle(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    http::answer(platform, event, async |call| operate(platform, call).await).await
}

async fn operate(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    if call.operation != Operation::ReceivePingBack {
        return Err(Problem::wrong_function());
    }
    let partner = partner(&call.scope)?;
    let report = call.json::<PingBackBody>()?.check(call.now)?;
    // The signed id recognises a repeat.
    let id = call.header("webhook-id").unwrap_or_default();
    let name = platform.store.secret().name(&call.scope, &["ping-back", partner.as_str(), id]);
    let view = apply_ping_back(platform, &call.scope, &report, Some((name, fingerprint(&call.body))), call.now).await?;
    Ok(Answer::new(200, &view)?.about(&view.appointment))
}
