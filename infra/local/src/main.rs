//! `cargo run`: the whole system on this machine. `cargo run -- openapi` prints the API's document; `cargo run -- load` writes a group into a table.

use forecourt_local::log::{self, Format};
use forecourt_local::server::{Options, run};
use forecourt_local::{demo, openapi, template};
use forecourt_store::{Secret, Store};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
forecourt [--port N] [--data DIR] [--log text|json]
                              run everything on 127.0.0.1 (default: port 3000, data in .forecourt, log as text)
forecourt openapi             print the API's OpenAPI document
forecourt template [FILE]     write the API's routes into FILE (default: infra/template.yaml)
forecourt load TABLE [FILE]   write a group's dealers, users and partners from FILE (default: the demo group) into a deployed table";

#[tokio::main]
async fn main() -> ExitCode {
    match arguments() {
        Ok(Command::Run(options, format)) => {
            log::start(format);
            run(options).await.map_or_else(|e| print_error(&e), |()| ExitCode::SUCCESS)
        }
        Ok(Command::OpenApi) => match openapi::document().to_pretty_json() {
            Ok(document) => print(&document),
            Err(e) => print_error(&e.to_string()),
        },
        Ok(Command::Template(file)) => match write_routes(&file) {
            Ok(()) => print(&format!("the routes of {} are current", file.display())),
            Err(e) => print_error(&e),
        },
        Ok(Command::Load(table, file)) => match load(&table, file).await {
            Ok(group) => print(&format!("loaded the group {group}")),
            Err(e) => print_error(&e),
        },
        Ok(Command::Help) => print(USAGE),
        Err(e) => print_error(&format!("{e}\n\n{USAGE}")),
    }
}

enum Command {
    Run(Options, Format),
    OpenApi,
    Template(PathBuf),
    Load(String, Option<PathBuf>),
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
            Value(word) if word == "load" => {
                let table = parser.value()?.string()?;
                let file = parser.optional_value().or_else(|| parser.raw_args().ok()?.next()).map(PathBuf::from);
                return Ok(Command::Load(table, file));
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Run(options, format))
}

/// Replaces the generated routes of the template in `file`.
fn write_routes(file: &Path) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("{}: {e}", file.display());
    let text = std::fs::read_to_string(file).map_err(failed)?;
    let text = template::with_routes(&text).ok_or_else(|| format!("{} has no section of generated routes", file.display()))?;
    std::fs::write(file, text).map_err(failed)
}

fn log_format(word: &str) -> Result<Format, String> {
    match word {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err("must be text or json".into()),
    }
}

/// Writes a group into the table `table` of the AWS account in the environment. Returns the group's id.
async fn load(table: &str, file: Option<PathBuf>) -> Result<String, String> {
    let data = match file {
        Some(file) => std::fs::read_to_string(&file)
            .map_err(|e| format!("{}: {e}", file.display()))
            .and_then(|text| serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display())))?,
        None => demo::group().map_err(|e| e.to_string())?,
    };
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest()).http_client(forecourt_edge::start::http_client()).load().await;
    // Nothing here derives from the secret.
    let store = Store::new(aws_sdk_dynamodb::Client::new(&config), table, Secret::new(&[]));
    data.load_into(&store, chrono::Utc::now()).await.map_err(|e| e.to_string())?;
    Ok(data.group.to_string())
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
