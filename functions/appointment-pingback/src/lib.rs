//! Ping-backs: what another system tells of an appointment that it made (APT-4, APT-5). Who signed it is found out before this function sees
//! it ([`forecourt_edge::http`]); whatever comes twice, late or out of order is harmless.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_edge::usecase::appointment::{PingBackBody, partner, tell};
use forecourt_edge::{Platform, http};
use forecourt_store::fingerprint;

/// `POST /pingbacks/{group}/{partner}`.
pub async fn handle(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    http::answer(platform, event, async |call| operate(platform, call).await).await
}

async fn operate(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    if call.operation != Operation::ReceivePingBack {
        return Err(Problem::wrong_function());
    }
    let partner = partner(&call.scope)?;
    let told = call.json_of_system::<PingBackBody>()?.check(call.now)?;
    // The name under which it is known again is the one that was signed.
    let id = call.header("webhook-id").unwrap_or_default();
    let name = platform.store.secret().name(&call.scope, &["ping-back", partner.as_str(), id]);
    let view = tell(platform, &call.scope, &told, Some((name, fingerprint(&call.body))), call.now).await?;
    Ok(Answer::new(200, &view)?.about(&view.appointment))
}
