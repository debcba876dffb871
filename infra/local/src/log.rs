//! Log lines of the local run: one short line for a person, or JSON as in the cloud.

use chrono::Local;
use std::fmt::{self, Write as _};
use std::io::IsTerminal as _;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The target of the events that [`request`] makes.
const REQUEST: &str = "request";
/// Longer parts of a path are shown as `…`: they are tokens of links, not ids.
const LONGEST_PART: usize = 40;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One short line, coloured on a terminal unless `NO_COLOR` is set.
    Text,
    /// One JSON object per line, as the functions write it in the cloud.
    Json,
}

/// The log of the local run has each request once, not again from the function that answers it, and no handled wake-ups. The engine reports
/// every lost race for an item as a warning.
const LEVELS: &str = "info,dynoxide=error,forecourt_edge::http=warn,forecourt_edge::queue=warn,forecourt_outbox=warn";
/// The content of JSON lines: the log of the functions in the cloud, without the gateway's own lines.
const JSON_LEVELS: &str = "info,dynoxide=error,request=off";

/// Starts the log on standard error. The environment variable `LOG` replaces the levels, such as `LOG=debug`.
pub fn start(format: Format) {
    match format {
        Format::Json => forecourt_edge::start::log(std::io::stderr, JSON_LEVELS),
        Format::Text => start_text(LEVELS),
    }
}

/// Starts a log of text lines with these levels, unless `LOG` names others.
pub fn start_text(levels: &str) {
    let wanted = std::env::var("LOG").ok().and_then(|levels| levels.parse::<Targets>().ok());
    let levels = wanted.unwrap_or_else(|| levels.parse().unwrap_or_default());
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let lines = Lines { color: std::io::stderr().is_terminal() && !no_color };
    let layer = tracing_subscriber::fmt::layer().event_format(lines).with_writer(std::io::stderr);
    // A second start in the same process finds the log started.
    let _ = tracing_subscriber::registry().with(layer.with_filter(levels)).try_init();
}

/// Logs a request that was answered: the path without its query, which may hold the name of a customer.
pub fn request(method: &http::Method, path: &str, status: http::StatusCode, took: std::time::Duration) {
    let (method, path, status) = (method.as_str(), shown(path), status.as_u16());
    tracing::info!(target: REQUEST, method, path, status, ms = took.as_millis() as u64);
}

fn shown(path: &str) -> String {
    let hidden = |part: &str| part.len() > LONGEST_PART || part.contains(['%', '@', '+']);
    path.split('/').map(|part| if hidden(part) { "…" } else { part }).collect::<Vec<_>>().join("/")
}

/// Formats an event as `14:05:09 POST /leads 201 12 ms`, or as `14:05:09 WARN message name=value`.
struct Lines {
    color: bool,
}

impl Lines {
    fn painted(&self, code: u8, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

const RED: u8 = 31;
const GREEN: u8 = 32;
const YELLOW: u8 = 33;
const DIM: u8 = 2;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let time = self.painted(DIM, &Local::now().format("%H:%M:%S").to_string());
        if event.metadata().target() == REQUEST {
            let field = |name| fields.named(name).unwrap_or_default();
            let color = match field("status").as_bytes().first() {
                Some(b'5') => RED,
                Some(b'4') => YELLOW,
                _ => GREEN,
            };
            let status = self.painted(color, field("status"));
            return writeln!(out, "{time} {:<6} {} {status} {} ms", field("method"), field("path"), field("ms"));
        }
        let level = match *event.metadata().level() {
            Level::ERROR => self.painted(RED, "ERROR"),
            Level::WARN => self.painted(YELLOW, "WARN"),
            other => other.to_string(),
        };
        write!(out, "{time} {level} {}", fields.message)?;
        for (name, value) in fields.others.iter().filter(|(_, value)| !value.is_empty()) {
            write!(out, " {name}={value}")?;
        }
        writeln!(out)
    }
}

/// The fields of an event as text on one line.
#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, String)>,
}

impl Fields {
    fn named(&self, name: &str) -> Option<&str> {
        self.others.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.others.push((field.name(), value.replace(char::is_control, " ")));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        let _ = write!(text, "{value:?}");
        let text = text.replace(char::is_control, " ");
        match field.name() {
            "message" => self.message = text,
            name => self.others.push((name, text)),
        }
    }
}
