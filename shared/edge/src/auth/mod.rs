//! Identifies the sender of a request: turns a verified token, a signed link or a signature into a [`Scope`].

mod identity;
pub mod link;
mod signature;

pub use link::Link;

use crate::Platform;
use crate::routes::{Access, Route};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_store::Failure;

/// The sender of a request is not known.
#[derive(Debug)]
pub(crate) enum Denied {
    /// The token is missing, a claim of it is wrong, or its user or partner is unknown. The text names the case.
    Token(String),
    /// The signature of a ping-back is not valid. The response gives no reason.
    Signature,
    /// The signature of a ping-back is valid, but its time is too far from `now`.
    SignatureTime {
        /// The time that the partner signed.
        signed_at: DateTime<Utc>,
        /// The real time.
        now: DateTime<Utc>,
    },
    /// The route is open, so it has no sender. A function must not ask for one.
    NoSender,
    /// The link is invalid or has expired, with the rule about such links. The response does not distinguish the two (CAL-8).
    Link(&'static str),
    /// The sender could not be loaded.
    Failed(Failure),
}

impl From<Failure> for Denied {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Authenticates the sender of a request by the means that its route requires.
pub(crate) async fn authenticate(
    platform: &Platform,
    route: &Route,
    event: &ApiGatewayV2httpRequest,
    body: &[u8],
) -> Result<(Scope, Option<Link>), Denied> {
    match route.access {
        Access::Token => Ok((identity::scope(platform, event).await?, None)),
        Access::Signature => Ok((signature::scope(platform, event, body).await?, None)),
        Access::Link => {
            let denied = || Denied::Link(link::rule_of(route.operation));
            let token = event.path_parameters.get("token").ok_or_else(denied)?;
            let (scope, link) = link::verified(platform, route.operation, token).ok_or_else(denied)?;
            Ok((scope, Some(link)))
        }
        // ACC-2: a scope comes only from a verified identity.
        Access::Open => Err(Denied::NoSender),
    }
}
