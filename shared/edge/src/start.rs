//! A function starts.

use crate::files::Bucket;
use crate::{Clock, Platform};
use aws_config::{BehaviorVersion, SdkConfig};
use forecourt_store::{Secret, Store};
use std::sync::Arc;

/// A setting that a function needs is missing from its environment.
#[derive(Debug)]
pub struct Missing(&'static str);

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the environment variable {} is not set", self.0)
    }
}
impl std::error::Error for Missing {}

/// Reads a setting.
///
/// # Errors
/// [`Missing`] names it.
pub fn setting(name: &'static str) -> Result<String, Missing> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or(Missing(name))
}

/// Starts the log and makes what `function` needs: `TABLE`, `BUCKET` and `CHANNEL_SECRET` come from the environment.
///
/// # Errors
/// [`Missing`] names the setting that is not there.
pub async fn platform(function: &'static str) -> Result<(Platform, SdkConfig), Missing> {
    log(std::io::stdout, "info,aws_smithy_runtime=error");
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let secret = setting("CHANNEL_SECRET")?;
    if secret.len() < Secret::SHORTEST {
        return Err(Missing("CHANNEL_SECRET (of 16 bytes at least)"));
    }
    let secret = Secret::new(secret.as_bytes());
    let store = Store::new(aws_sdk_dynamodb::Client::new(&config), &setting("TABLE")?, secret);
    let files = Bucket { client: aws_sdk_s3::Client::new(&config), name: setting("BUCKET")? };
    Ok((Platform { function, store, clock: Clock::real(), files: Arc::new(files) }, config))
}

/// One JSON line an event, written to `out`; the environment's `LOG` sets the level in place of `level`.
pub fn log<W: std::io::Write + 'static>(out: fn() -> W, level: &str) {
    let level = tracing_subscriber::EnvFilter::try_from_env("LOG").unwrap_or_else(|_| level.into());
    // A second start in the same process finds the log started.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_env_filter(level)
        .with_writer(out)
        .try_init();
}
