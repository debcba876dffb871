//! The local run as a process of its own, for tests that kill it: `forecourt-under-test PORT DATA`.

use forecourt_local::server::{Options, run};

#[tokio::main]
async fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().and_then(|port| port.parse().ok()).ok_or("no port")?;
    let data = arguments.next().ok_or("no data folder")?.into();
    forecourt_edge::start::log(std::io::stderr, "info");
    run(Options { port, data }).await
}
