//! `cargo run`: the whole system on this machine. `cargo run -- openapi` prints the API's document.

use forecourt_local::openapi;
use forecourt_local::server::{Options, run};
use std::process::ExitCode;

const USAGE: &str = "forecourt [--port N] [--data DIR]   run everything on 127.0.0.1 (port 3000, data in .forecourt)\n\
                     forecourt openapi                    print the API's OpenAPI document";

#[tokio::main]
async fn main() -> ExitCode {
    match arguments() {
        Ok(Command::Run(options)) => {
            forecourt_edge::start::log(std::io::stderr);
            run(options).await.map_or_else(|e| failed(&e), |()| ExitCode::SUCCESS)
        }
        Ok(Command::OpenApi) => match openapi::document().to_pretty_json() {
            Ok(document) => said(&document),
            Err(e) => failed(&e.to_string()),
        },
        Ok(Command::Help) => said(USAGE),
        Err(e) => failed(&format!("{e}\n\n{USAGE}")),
    }
}

enum Command {
    Run(Options),
    OpenApi,
    Help,
}

fn arguments() -> Result<Command, lexopt::Error> {
    use lexopt::prelude::{Long, Short, Value, ValueExt as _};
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("port") => options.port = parser.value()?.parse()?,
            Long("data") => options.data = parser.value()?.into(),
            Long("help") | Short('h') => return Ok(Command::Help),
            Value(word) if word == "openapi" => return Ok(Command::OpenApi),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Run(options))
}

#[expect(clippy::print_stdout, reason = "what was asked for")]
fn said(text: &str) -> ExitCode {
    println!("{text}");
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "to the person at the terminal")]
fn failed(why: &str) -> ExitCode {
    eprintln!("forecourt: {why}");
    ExitCode::FAILURE
}
