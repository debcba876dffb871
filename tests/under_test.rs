//! The local run as a process of its own, for tests that kill it: `forecourt-under-test PORT DATA`.

use forecourt_local::log;
use forecourt_local::server::{Options, run};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().and_then(|port| port.parse().ok()).ok_or("the first argument must be a port")?;
    let data = arguments.next().ok_or("the second argument must be a data folder")?.into();
    // More lines than a person gets by default: a test searches all of them for customers' names.
    log::start_text("info");
    run(Options { port, data }).await?;
    Ok(())
}
