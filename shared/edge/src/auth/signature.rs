//! Partners by the signature of a ping-back, as Standard Webhooks defines it (APT-4).

use super::Denied;
use crate::Platform;
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{GroupId, PartnerId};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load};

/// Largest difference between a timestamp and the real clock.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// Longest message id, in bytes.
const MAX_ID: usize = 255;

/// Returns the partner in the path if its secret signed the message. All failures of the signature give the same error, so that it helps no
/// forger. If only the time is wrong, the error states this: the sender has the secret.
pub(crate) async fn scope(platform: &Platform, event: &ApiGatewayV2httpRequest, body: &[u8]) -> Result<Scope, Denied> {
    let (scope, signed_at) = signed(platform, event, body).await?.ok_or(Denied::Signature)?;
    let now = platform.wall.now();
    if (now - signed_at).abs() > TOLERANCE { Err(Denied::SignatureTime { signed_at, now }) } else { Ok(scope) }
}

/// Returns the partner and the time of a message with a valid signature.
async fn signed(platform: &Platform, event: &ApiGatewayV2httpRequest, body: &[u8]) -> Result<Option<(Scope, DateTime<Utc>)>, Failure> {
    let part = |name: &str| event.path_parameters.get(name).map(String::as_str).unwrap_or_default();
    let (Ok(group), Ok(id)) = (GroupId::parse(part("group")), PartnerId::parse(part("partner"))) else { return Ok(None) };
    let header = |name: &str| event.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (message, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let Some(signed_at) = time_of(timestamp) else { return Ok(None) };
    if message.is_empty() || message.len() > MAX_ID || message.contains('.') {
        return Ok(None);
    }
    let keys = Scope::keys_only(group.clone());
    let loaded = platform.store.load(&keys, &Load::of([Key::Signing(id.clone()), Key::Partner(id.clone())])).await?;
    let names: Vec<&str> = loaded.signing(&id).map(|signing| signing.good(platform.wall.now()).collect()).unwrap_or_default();
    let secret = |name: &&str| platform.store.secret().webhook(&keys, &id, name);
    let good = names.iter().filter_map(secret).any(|secret| secret.verifies(header("webhook-signature"), message, timestamp, body));
    Ok(loaded.partner(&id).filter(|_| good).map(|partner| (Scope::partner(group, partner.clone()), signed_at)))
}

/// Returns the time of a `timestamp` in whole seconds since 1970.
fn time_of(timestamp: &str) -> Option<DateTime<Utc>> {
    let digits = !timestamp.is_empty() && timestamp.bytes().all(|b| b.is_ascii_digit());
    timestamp.parse().ok().filter(|_| digits).and_then(|seconds| DateTime::from_timestamp(seconds, 0))
}
