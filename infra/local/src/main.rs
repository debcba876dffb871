//! `cargo run`: the whole system on this machine. `cargo run -- openapi` prints the API's document; `cargo run -- load` creates a group in
//! a table; `cargo run -- migrate` writes a table's items in the form of this release; `cargo run -- erase-again` repeats erasures after a
//! restore.

mod table;

use anyhow::Context as _;
use forecourt_local::log::{self, Format};
use forecourt_local::server::{Options, run};
use forecourt_local::{openapi, template};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use table::{EraseAgain, Load, Migration};

const USAGE: &str = "\
forecourt [--port N] [--data DIR] [--log text|json]
                              run everything on 127.0.0.1 (default: port 3000, data in .forecourt, log as text)
forecourt openapi             print the API's OpenAPI document
forecourt template [FILE]     write the API's routes into FILE (default: infra/template.yaml)
forecourt load TABLE [FILE] [--overwrite] [--yes]
                              create a group's dealers, users and partners from FILE (default: the demo group) in a deployed table; those that it
                              has stay as they are, unless --overwrite puts them back to the file: it shows what it would change, and asks (not
                              with --yes)
forecourt migrate [TABLE] [--data DIR] [--from PLACE]
                              write every item of a deployed table (default: of the data folder) in the form of this release, while the system
                              runs; PLACE is where an interrupted migration stopped
forecourt erase-again [TABLE BUCKET] [--data DIR]
                              order the erasures of the ledger again that a restored table (default: of the data folder) does not have; the system
                              then works them off";

#[tokio::main]
async fn main() -> ExitCode {
    // With its sources.
    let failed = |e: anyhow::Error| print_error(&format!("{e:#}"));
    match arguments() {
        Ok(Command::Run(options, format)) => {
            log::start(format);
            run(options).await.map_or_else(failed, |()| ExitCode::SUCCESS)
        }
        Ok(Command::OpenApi) => match openapi::document().to_pretty_json() {
            Ok(document) => print(&document),
            Err(e) => failed(e.into()),
        },
        Ok(Command::Template(file)) => match write_routes(&file) {
            Ok(()) => print(&format!("the routes of {} are current", file.display())),
            Err(e) => failed(e),
        },
        Ok(Command::Load(load)) => load.run().await.map_or_else(failed, |done| print(&done)),
        Ok(Command::Migrate(migration)) => migration.run().await.map_or_else(failed, |done| print(&done)),
        Ok(Command::EraseAgain(again)) => again.run().await.map_or_else(failed, |done| print(&done)),
        Ok(Command::Help) => print(USAGE),
        Err(e) => print_error(&format!("{e}\n\n{USAGE}")),
    }
}

enum Command {
    Run(Options, Format),
    OpenApi,
    Template(PathBuf),
    Load(Load),
    Migrate(Migration),
    EraseAgain(EraseAgain),
    Help,
}

fn arguments() -> Result<Command, lexopt::Error> {
    use lexopt::prelude::{Long, Short, Value, ValueExt as _};
    let (mut options, mut format) = (Options::default(), Format::Text);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("port") => options.port = parser.value()?.parse()?,
            Long("data") => options.data = parser.value()?.into(),
            Long("log") => format = parser.value()?.parse_with(log_format)?,
            Long("help") | Short('h') => return Ok(Command::Help),
            Value(word) if word == "openapi" => return Ok(Command::OpenApi),
            Value(word) if word == "template" => {
                let file = parser.optional_value().or_else(|| parser.raw_args().ok()?.next());
                return Ok(Command::Template(file.map_or_else(|| "infra/template.yaml".into(), PathBuf::from)));
            }
            Value(word) if word == "load" => return Load::read(&mut parser).map(Command::Load),
            Value(word) if word == "migrate" => return Migration::read(&mut parser).map(Command::Migrate),
            Value(word) if word == "erase-again" => return EraseAgain::read(&mut parser).map(Command::EraseAgain),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Run(options, format))
}

/// Replaces the generated routes of the template in `file`.
fn write_routes(file: &Path) -> anyhow::Result<()> {
    let name = || file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(name)?;
    let text = template::with_routes(&text).with_context(|| format!("{} has no section of generated routes", file.display()))?;
    std::fs::write(file, text).with_context(name)
}

fn log_format(word: &str) -> anyhow::Result<Format> {
    match word {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => anyhow::bail!("must be text or json"),
    }
}

#[expect(clippy::print_stdout, reason = "the requested output")]
fn print(text: &str) -> ExitCode {
    println!("{text}");
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "the program's own error")]
fn print_error(error: &str) -> ExitCode {
    eprintln!("forecourt: {error}");
    ExitCode::FAILURE
}
