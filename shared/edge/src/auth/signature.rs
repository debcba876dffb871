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

/// Returns the partner in the path if its secret signed the message. All failures give the same error, so that it helps no forger.
pub(crate) async fn scope(platform: &Platform, event: &ApiGatewayV2httpRequest, body: &[u8]) -> Result<Scope, Denied> {
    signed(platform, event, body).await?.ok_or(Denied::Signature)
}

async fn signed(platform: &Platform, event: &ApiGatewayV2httpRequest, body: &[u8]) -> Result<Option<Scope>, Failure> {
    let part = |name: &str| event.path_parameters.get(name).map(String::as_str).unwrap_or_default();
    let (Ok(group), Ok(id)) = (GroupId::parse(part("group")), PartnerId::parse(part("partner"))) else { return Ok(None) };
    let header = |name: &str| event.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (message, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let now = platform.wall.now();
    if message.is_empty() || message.len() > MAX_ID || message.contains('.') || !is_recent(timestamp, now) {
        return Ok(None);
    }
    let keys = Scope::keys_only(group.clone());
    let loaded = platform.store.load(&keys, &Load::of([Key::Signing(id.clone()), Key::Partner(id.clone())])).await?;
    let names: Vec<&str> = loaded.signing(&id).map(|signing| signing.good(now).collect()).unwrap_or_default();
    let secret = |name: &&str| platform.store.secret().webhook(&keys, &id, name);
    let good = names.iter().filter_map(secret).any(|secret| secret.verifies(header("webhook-signature"), message, timestamp, body));
    Ok(loaded.partner(&id).filter(|_| good).map(|partner| Scope::partner(group, partner.clone())))
}

/// Whether `timestamp` is whole seconds since 1970, within the tolerance of now.
fn is_recent(timestamp: &str, now: DateTime<Utc>) -> bool {
    let digits = !timestamp.is_empty() && timestamp.bytes().all(|b| b.is_ascii_digit());
    let at = timestamp.parse().ok().filter(|_| digits).and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    at.is_some_and(|at| (now - at).abs() <= TOLERANCE)
}
