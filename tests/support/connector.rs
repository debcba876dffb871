//! The SDK's DynamoDB client without a network: a table in the process of the test answers its calls.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, HttpClient, Region};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use std::fmt;

/// The status and the body of a response.
pub type TableResponse = (u16, String);

/// A table in the process of the test.
#[async_trait]
pub trait EmbeddedTable: Clone + Send + Sync + 'static {
    /// Processes a call of DynamoDB's API, such as `GetItem` with its JSON body. An error is a failed connection.
    async fn answer(&self, operation: &str, body: &[u8]) -> Result<TableResponse, ConnectorError>;
}

/// Returns a client of the table, which repeats a failed call up to `retries` times.
pub fn client(table: impl EmbeddedTable, retries: u32) -> Client {
    let retry = match retries {
        0 => RetryConfig::disabled(),
        more => RetryConfig::standard().with_max_attempts(more + 1),
    };
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .endpoint_url("http://table")
        .allow_no_auth()
        .retry_config(retry)
        .http_client(Connector(table))
        .build();
    Client::from_conf(config)
}

/// An HTTP client that calls the table directly.
#[derive(Clone)]
struct Connector<T>(T);

impl<T> fmt::Debug for Connector<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl<T: EmbeddedTable> HttpClient for Connector<T> {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl<T: EmbeddedTable> HttpConnector for Connector<T> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let table = self.0.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let operation = target.rsplit('.').next().unwrap_or_default();
            let answered = table.answer(operation, request.body().bytes().unwrap_or_default()).await;
            answered.map(response)
        })
    }
}

fn response((status, body): TableResponse) -> HttpResponse {
    let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}
