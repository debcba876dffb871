//! The exports that the user began in this browser. The API lists downloads only, so a cookie keeps the ids of the last exports for a day:
//! as long as their files.

use super::super::Page;
use crate::api::Data;
use chrono::{DateTime, TimeDelta, Utc};
use cookie::Cookie;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};

/// The cookie: the user's id, then for each export `~id.what.time`, the newest first. The time is in seconds.
const COOKIE: &str = "desk-exports";
/// The exports that the cookie keeps.
const MOST: usize = 5;
/// The exports of which the list has the progress: a page asks the API three times at most, and one request is for the log.
const WATCHED: usize = 2;

/// An export that was begun.
struct Begun {
    id: String,
    what: String,
    at: DateTime<Utc>,
}

impl Begun {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(3, '.');
        let (at, what, id) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { id: id.to_owned(), what: what.to_owned(), at: DateTime::from_timestamp(at.parse().ok()?, 0)? })
    }

    fn write(&self) -> String {
        format!("~{}.{}.{}", self.id, self.what, self.at.timestamp())
    }
}

/// Returns the exports of the cookie whose files are still kept; none if another user began them.
fn kept(page: &Page<'_>) -> Vec<Begun> {
    let text = page.kept(COOKIE).unwrap_or_default();
    let mut parts = text.split('~');
    if parts.next() != Some(page.me.text("id")) {
        return Vec::new();
    }
    let now = page.zoned(None).now;
    parts.filter_map(Begun::read).filter(|begun| now - begun.at < TimeDelta::days(1)).collect()
}

/// Makes the cookie after an export of `what` was begun.
pub(super) fn cookie(page: &Page<'_>, id: &str, what: &str) -> Cookie<'static> {
    let new = Begun { id: id.to_owned(), what: what.to_owned(), at: page.zoned(None).now };
    let all: String = std::iter::once(new).chain(kept(page)).take(MOST).map(|begun| begun.write()).collect();
    page.keep(COOKIE, &format!("{}{all}", page.me.text("id")), 1)
}

/// Returns the exports for the template, the newest ones with their progress. Those that the API does not know are left out.
pub(super) async fn list(page: &Page<'_>) -> Vec<Value> {
    let all = kept(page);
    let states = futures::join!(state(page, all.first()), state(page, all.get(1)));
    let states: [Data; WATCHED] = states.into();
    let row = |(place, begun): (usize, &Begun)| {
        let state = states.get(place);
        let is_known = state.is_none_or(|state| !state.text("state").is_empty());
        is_known.then(|| {
            context! {
                id => begun.id.as_str(), what => begun.what.as_str(), at => begun.at.to_rfc3339(),
                state => state.map(|state| state.text("state").to_owned()),
                progress => state.map(|state| state.get("progress").value()),
            }
        })
    };
    all.iter().enumerate().filter_map(row).collect()
}

/// Reads an export. Nothing is there if there is none, or the API does not answer: the list is shown without it.
async fn state(page: &Page<'_>, begun: Option<&Begun>) -> Data {
    match begun {
        Some(begun) => page.get(Operation::ReadExport, &[("id", begun.id.as_str())], Vec::new()).await.unwrap_or_default(),
        None => Data::default(),
    }
}
