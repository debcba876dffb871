//! The embedded engine: DynamoDB's API on a loopback port, SQLite behind it.

use anyhow::Context as _;
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use dynoxide::Database;
use std::net::SocketAddr;
use std::path::Path;

/// Starts an engine on its own thread, so that it never waits for its callers. Without a `file` it keeps its data in memory.
/// Returns its address.
///
/// # Errors
/// If the file cannot be opened or no port is free.
pub fn start(file: Option<&Path>) -> anyhow::Result<SocketAddr> {
    let database = match file {
        Some(path) => Database::new(&path.to_string_lossy()).with_context(|| format!("cannot open {}", path.display()))?,
        None => Database::memory().context("cannot make a table in memory")?,
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").context("no free port for the table")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let serve = move || {
        runtime.block_on(async move {
            if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                dynoxide::server::serve_on(listener, database).await;
            }
        });
    };
    std::thread::Builder::new().name("engine".into()).spawn(serve).context("cannot start the thread of the table")?;
    Ok(address)
}

/// A client for the engine at `address`.
pub fn client(address: SocketAddr) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .endpoint_url(format!("http://{address}"))
        .credentials_provider(Credentials::from_keys("local", "local", None))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}
