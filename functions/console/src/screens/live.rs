//! Polls: the script asks every few seconds whether a page that refreshes itself has changed.
//!
//! The ETag of such a page has the mark of the data that it shows, so that most polls are answered without making the page: for half a read
//! unit for the session, and half a unit for the mark. A page is made anew twice after each change, since indexes lag, and since notices
//! are sent some seconds after the change that causes them; and every quarter of an hour, since people, rights and the date change too,
//! and since a mark that could not be written is missed. The quarters of pages begin when they are made, so not all are made anew at once.

use super::find;
use crate::api::{Ask, Data};
use crate::console::Console;
use crate::reply::Reply;
use crate::sign_in;
use crate::visit::Visit;
use forecourt_edge::routes::Operation;
use http::Method;
use std::sync::Mutex;

/// Seconds after which an unchanged page is made anew.
const LIFETIME: i64 = 900;
/// The same for the messages of a lead: their delivery changes without a change of the lead.
const LIFETIME_OF_THREAD: i64 = 60;

/// The outcome of a poll.
pub(crate) enum Poll {
    /// Nothing has changed.
    Unchanged(Reply),
    /// The page must be made, with what the poll has read.
    Changed(News),
}

/// What a poll has read.
#[derive(Default)]
pub(crate) struct News {
    /// The time of the page, in seconds since 1970.
    made: i64,
    /// The mark of the data. Empty if the page has none.
    mark: String,
    /// Whether the browser has a page with this mark already, so that the next one is the last.
    settled: bool,
    /// The lead of the page, until the screen takes it.
    lead: Mutex<Option<Data>>,
}

/// The ETag of a page.
struct Tag<'a> {
    made: i64,
    mark: &'a str,
    settled: bool,
    hash: &'a str,
}

impl<'a> Tag<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.trim_start_matches("W/").trim_matches('"').split('.');
        let (made, mark, settled, hash) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()? == "s", parts.next()?);
        Some(Self { made, mark, settled, hash })
    }

    /// The tag of the page that the browser has.
    fn of(visit: &'a Visit) -> Option<Self> {
        visit.header("if-none-match").and_then(Self::parse)
    }

    /// Whether the page need not be made anew for its age alone.
    fn is_recent(&self, now: i64, lifetime: i64) -> bool {
        now.checked_sub(self.made).is_some_and(|age| (0..lifetime).contains(&age))
    }
}

impl News {
    /// Returns the ETag of a page with this hash.
    pub(super) fn tag(&self, hash: &str) -> String {
        format!("\"{}.{}.{}.{hash}\"", self.made, self.mark, if self.settled { "s" } else { "f" })
    }

    /// Takes the lead that the poll has read.
    pub(super) fn take_lead(&self) -> Option<Data> {
        self.lead.lock().ok()?.take()
    }
}

/// Whether the browser has a page with this hash.
pub(super) fn has(visit: &Visit, hash: &str) -> bool {
    Tag::of(visit).is_some_and(|known| known.hash == hash)
}

/// What a page shows.
enum Shown {
    /// A lead, or a thing of it.
    Lead(String),
    /// A list of a dealer.
    ListOf(String),
}

/// Asks the API whether the page of a poll has changed. Any failure is left to the page.
pub(crate) async fn poll(console: &Console, visit: &Visit) -> Poll {
    let made = console.clock.now().timestamp();
    let news = News { made, ..News::default() };
    let Some(shown) = shown_by(visit) else { return Poll::Changed(news) };
    let Ok(Some(session)) = sign_in::glance(console, visit).await else { return Poll::Changed(news) };
    let known = Tag::of(visit);
    let lifetime = if shows_messages(visit) { LIFETIME_OF_THREAD } else { LIFETIME };
    let current = known.as_ref().filter(|known| known.settled && known.is_recent(made, lifetime)).map(|known| known.mark);
    let token = &session.tokens.access;
    let (mark, lead) = match &shown {
        Shown::Lead(id) => {
            let if_none_match = current.map(|mark| format!("\"{mark}\""));
            let ask = Ask { parts: &[("id", id.as_str())], if_none_match, ..Ask::default() };
            let Ok(lead) = console.api.call(token, Operation::ReadLead, ask).await else { return Poll::Changed(news) };
            match lead.is_unchanged() {
                true => (current.unwrap_or_default().to_owned(), None),
                false => (lead.version().unwrap_or_default(), Some(lead)),
            }
        }
        Shown::ListOf(dealer) => {
            let ask = Ask { parts: &[("dealer", dealer.as_str())], ..Ask::default() };
            let Ok(changes) = console.api.call(token, Operation::ReadChanges, ask).await else { return Poll::Changed(news) };
            (changes.text("mark").to_owned(), None)
        }
    };
    if !mark.is_empty() && current == Some(mark.as_str()) && lead.is_none() {
        return Poll::Unchanged(Reply::empty(304).header("etag", visit.header("if-none-match").unwrap_or_default()));
    }
    let settled = !mark.is_empty() && known.is_some_and(|known| known.mark == mark);
    Poll::Changed(News { mark, settled, lead: Mutex::new(lead), ..news })
}

/// Whether a page shows the delivery of messages.
fn shows_messages(visit: &Visit) -> bool {
    visit.query.get("tab") == Some("thread") || visit.path.contains("/communications/")
}

/// Returns what a page shows, if the script asks for it again and the API can say whether it changed. The scan of a document changes no
/// lead.
fn shown_by(visit: &Visit) -> Option<Shown> {
    if visit.method != Method::GET || !visit.wants_part() {
        return None;
    }
    let (screen, parts) = find("GET", &visit.path)?;
    let part = |name: &str| parts.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    match screen.path {
        "/desk/leads/{id}" => part("id").map(Shown::Lead),
        "/desk/leads/{id}/{part}/{item}" if part("part").as_deref() != Some("documents") => part("id").map(Shown::Lead),
        "/desk/d/{dealer}/today" | "/desk/d/{dealer}/tasks" | "/desk/d/{dealer}/leads" | "/desk/d/{dealer}/board" => {
            part("dealer").map(Shown::ListOf)
        }
        _ => None,
    }
}
