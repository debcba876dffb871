//! HTTPS requests to webhooks. Only public addresses are allowed: they are checked when the name is resolved, and the connection uses the
//! checked addresses.

use crate::carrier::{Call, NoAnswer};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use forecourt_domain::webhooks::endpoint;
use forecourt_edge::resolver::{Resolver, public_addresses};
use std::sync::Arc;
use std::time::Duration;

/// Time limit of an attempt, from name resolution to the status.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A resolver that refuses names with any address that is not public.
#[derive(Clone)]
struct Public(Arc<dyn Resolver>);

impl std::fmt::Debug for Public {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Public")
    }
}

impl ResolveDns for Public {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move { public_addresses(&*self.0, name).await.map_err(ResolveDnsError::new) })
    }
}

/// The HTTPS client. It follows no redirects, uses no proxy and reads only the status. It keeps no connections, so that each attempt checks
/// the addresses again.
pub struct Https(Connector);

impl Https {
    /// Creates a client with this resolver.
    pub fn new(resolver: Arc<dyn Resolver>) -> Self {
        let connector = Connector::builder().pool_max_idle_per_host(0).tls_provider(Provider::Rustls(CryptoMode::Ring));
        Self(connector.build_with_resolver(Public(resolver)))
    }

    /// Sends a request and returns the HTTP status.
    ///
    /// # Errors
    /// [`NoAnswer`] states why.
    pub async fn send(&self, call: &Call) -> Result<u16, NoAnswer> {
        // A literal address is not resolved, so that it must be checked here.
        let url = endpoint(&call.url).map_err(NoAnswer::Address)?;
        let request = http::Request::post(url)
            .header("content-type", "application/json")
            .header("user-agent", "Forecourt")
            .header("webhook-id", &call.webhook_id)
            .header("webhook-timestamp", call.webhook_timestamp.to_string())
            .header("webhook-signature", &call.webhook_signature)
            .body(call.body.clone().into())
            .map_err(|e| NoAnswer::Request(e.into()))?;
        let request = HttpRequest::try_from(request).map_err(|e| NoAnswer::Request(e.into()))?;
        match tokio::time::timeout(TIMEOUT, self.0.call(request)).await {
            Err(_) => Err(NoAnswer::TimedOut),
            Ok(Err(e)) => Err(NoAnswer::Connection(e.into())),
            Ok(Ok(response)) => Ok(response.status().as_u16()),
        }
    }
}
