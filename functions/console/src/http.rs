//! HTTP requests to the API and to the identity provider.

use async_trait::async_trait;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;
use std::error::Error;
use std::time::Duration;

/// The longest time for an answer. The API has 20 seconds for a request, and the console a little more.
const TIMEOUT: Duration = Duration::from_secs(22);

/// The request got no answer.
#[derive(Debug, thiserror::Error)]
#[error("no answer from {host}")]
pub struct NoAnswer {
    host: String,
    #[source]
    cause: Box<dyn Error + Send + Sync>,
}

impl NoAnswer {
    /// The failure of a request to `host`.
    pub fn new(host: impl Into<String>, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { host: host.into(), cause: cause.into() }
    }
}

/// Sends HTTP requests.
#[async_trait]
pub trait Http: Send + Sync {
    /// Returns the answer to a request, of any status.
    ///
    /// # Errors
    /// [`NoAnswer`] if no complete answer arrived.
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, NoAnswer>;
}

/// The client of the function: HTTP/1.1 with a pool of connections. It follows no redirects.
pub struct Client(Connector);

impl Default for Client {
    fn default() -> Self {
        Self(Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build())
    }
}

#[async_trait]
impl Http for Client {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, NoAnswer> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let failed = |cause: Box<dyn Error + Send + Sync>| NoAnswer { host: host.clone(), cause };
        let request = HttpRequest::try_from(request.map(Into::into)).map_err(|e| failed(e.into()))?;
        let answer = async {
            let response = self.0.call(request).await.map_err(|e| failed(e.into()))?;
            let response = response.try_into_http1x().map_err(|e| failed(e.into()))?;
            let (parts, body) = response.into_parts();
            let body = ByteStream::new(body).collect().await.map_err(|e| failed(e.into()))?;
            Ok(http::Response::from_parts(parts, body.to_vec()))
        };
        tokio::time::timeout(TIMEOUT, answer).await.map_err(|e| failed(e.into()))?
    }
}
