//! Start-up of a function.

pub mod keys;

pub use forecourt_store::Purpose;
pub use keys::{CannotStart, Needs};

use crate::environment::{self, ConsoleLinks, Missing, TokenClaims, setting};
use crate::files::Files;
use crate::mail_server::{MailServers, Unchecked};
use crate::metrics::Metrics;
use crate::{Clock, Ids, Platform};
use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::meta::region::ProvideRegion as _;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use forecourt_store::Store;
use std::sync::Arc;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Returns the HTTP client of all AWS clients of a function: one pool of connections.
pub fn http_client() -> SharedHttpClient {
    // A third of the size of the SDK's default cryptography, which has many algorithms that AWS endpoints do not use.
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// A call that hangs must leave its function the time to retry: a function has 20 seconds.
fn timeouts() -> TimeoutConfig {
    let seconds = std::time::Duration::from_secs;
    TimeoutConfig::builder().connect_timeout(seconds(1)).operation_attempt_timeout(seconds(3)).operation_timeout(seconds(9)).build()
}

/// Reads region and credentials from the environment, where Lambda puts them. The SDK's other providers would make the function larger.
async fn config() -> SdkConfig {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client())
        .timeout_config(timeouts())
        .region(EnvironmentVariableRegionProvider::new().region().await)
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()));
    match setting("AWS_ENDPOINT_URL") {
        Ok(url) => config.endpoint_url(url).build(),
        Err(_) => config.build(),
    }
}

/// Returns the instant at which an invocation ends, from Lambda's deadline in milliseconds since 1970.
pub fn ends_at(deadline: u64) -> std::time::Instant {
    let left = deadline.saturating_sub(u64::try_from(chrono::Utc::now().timestamp_millis()).unwrap_or_default());
    std::time::Instant::now() + std::time::Duration::from_millis(left)
}

/// Starts the log and creates the platform of `function` from the environment: `TABLE`, `PUBLIC_URL`, the URL of
/// [`ConsoleLinks`], the names of [`TokenClaims`], and the variables that `files` reads. Reads the secrets that the function needs.
///
/// # Errors
/// A setting that is absent, or a secret that cannot be read.
pub async fn platform(
    function: &'static str,
    files: fn(&SdkConfig) -> Result<Arc<dyn Files>, Missing>,
    needs: Needs,
) -> Result<(Platform, SdkConfig), CannotStart> {
    log(std::io::stdout, "info,aws_smithy_runtime=error");
    let config = config().await;
    let secret = keys::read(&config, needs).await?;
    let table = setting("TABLE")?;
    let store = Store::new(aws_sdk_dynamodb::Client::new(&config), &table, secret);
    let (files, metrics) = (files(&config)?, Metrics::logged(&table));
    let public_url = setting("PUBLIC_URL").unwrap_or_default().trim_end_matches('/').into();
    let console = ConsoleLinks::from_environment().unwrap_or_default();
    let token_claims = Arc::new(TokenClaims::from_environment());
    let (clock, wall, ids) = (Clock::real(), Clock::real(), Ids::random());
    let mail_domain = environment::mail_domain();
    let mail_servers: Arc<dyn MailServers> = Arc::new(Unchecked);
    let platform =
        Platform { function, store, clock, wall, ids, files, public_url, console, metrics, token_claims, mail_domain, mail_servers };
    Ok((platform, config))
}

/// Writes log events to `out` as JSON lines. The environment variable `LOG` overrides `level`.
pub fn log<W: std::io::Write + 'static>(out: fn() -> W, level: &str) {
    let from_environment = std::env::var("LOG").ok().and_then(|level| level.parse::<Targets>().ok());
    let levels = from_environment.unwrap_or_else(|| level.parse().unwrap_or_default());
    // In a process with several functions the log may be started already.
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_writer(out);
    let _ = tracing_subscriber::registry().with(lines.with_filter(levels)).try_init();
}
