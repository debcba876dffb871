//! The documents as web pages.

use forecourt_edge::routes;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};
use std::fmt::Write as _;

/// The pages: path below `/reference/` and Markdown source.
const PAGES: [(&str, &str); 15] = [
    ("rules", include_str!("../../../docs/rules.md")),
    ("decisions/README", include_str!("../../../docs/decisions/README.md")),
    ("decisions/settings", include_str!("../../../docs/decisions/settings.md")),
    ("decisions/intake", include_str!("../../../docs/decisions/intake.md")),
    ("decisions/distribution", include_str!("../../../docs/decisions/distribution.md")),
    ("decisions/escalation", include_str!("../../../docs/decisions/escalation.md")),
    ("decisions/lead", include_str!("../../../docs/decisions/lead.md")),
    ("decisions/calendar", include_str!("../../../docs/decisions/calendar.md")),
    ("decisions/appointments", include_str!("../../../docs/decisions/appointments.md")),
    ("decisions/messages", include_str!("../../../docs/decisions/messages.md")),
    ("decisions/reports", include_str!("../../../docs/decisions/reports.md")),
    ("decisions/follow-up", include_str!("../../../docs/decisions/follow-up.md")),
    ("decisions/webhooks", include_str!("../../../docs/decisions/webhooks.md")),
    ("decisions/privacy", include_str!("../../../docs/decisions/privacy.md")),
    ("decisions/console", include_str!("../../../docs/decisions/console.md")),
];

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}\
    h2{border-bottom:1px solid #ccc}:target,h3:has(:target){background:#fff3c4}table{border-collapse:collapse}\
    td,th{border:1px solid #ccc;padding:.25rem .5rem;text-align:left}";

/// Returns the page at a path such as `/reference/rules` as HTML. `None` if there is no such page.
pub fn page(path: &str) -> Option<String> {
    let path = path.strip_prefix("/reference")?;
    if path.is_empty() {
        return Some(rendered(&index()));
    }
    let name = path.strip_prefix('/')?;
    PAGES.into_iter().find(|(known, _)| *known == name).map(|(_, source)| rendered(source))
}

/// Returns the first page in Markdown: the documents, and all operations of the API.
fn index() -> String {
    let mut text = String::from(
        "# Reference\n\n- [Rules](/reference/rules): each rule with its id\n- [Decisions](/reference/decisions/README): the choices that the rules \
         leave open\n- [OpenAPI document](/reference/openapi.json): every operation with its bodies, parameters and problems\n\n## Operations\n\n\
         | Operation | Does | Requires |\n|---|---|---|\n",
    );
    for row in routes::rows() {
        let rights: Vec<&str> = row.route.rights.iter().map(|right| right.name()).collect();
        let _ = writeln!(text, "| `{}` | {} | {} |", row.route.key(), row.summary, rights.join(", "));
    }
    text
}

fn rendered(source: &str) -> String {
    let title = source.lines().next().unwrap_or_default().trim_start_matches("# ");
    let mut body = String::new();
    html::push_html(&mut body, events(source).into_iter());
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} – Forecourt</title><style>{STYLE}</style></head><body>\n{body}</body></html>\n"
    )
}

/// Parses Markdown, gives each heading an id as GitHub does, and points links between documents at their pages.
fn events(source: &str) -> Vec<Event<'_>> {
    let mut events: Vec<Event<'_>> = Parser::new_ext(source, Options::ENABLE_TABLES).collect();
    let mut open = 0;
    let mut text = String::new();
    for at in 0..events.len() {
        match &mut events[at] {
            Event::Start(Tag::Heading { .. }) => {
                open = at;
                text.clear();
            }
            Event::Text(part) | Event::Code(part) => text.push_str(part),
            Event::End(TagEnd::Heading(_)) => {
                if let Event::Start(Tag::Heading { id, .. }) = &mut events[open] {
                    *id = Some(slug(&text).into());
                }
            }
            Event::Start(Tag::Link { dest_url, .. }) if !dest_url.contains("://") => {
                *dest_url = CowStr::from(dest_url.replace(".md", ""));
            }
            _ => {}
        }
    }
    events
}

/// Returns the anchor that GitHub gives to a heading: lower case, spaces as hyphens, without punctuation.
pub fn slug(heading: &str) -> String {
    let characters = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    characters.collect::<String>().to_lowercase().replace(' ', "-")
}
