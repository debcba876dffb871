//! Pages of items whose ids have no order, newest first.

use super::call::Call;
use chrono::{DateTime, Utc};
use forecourt_domain::base::Refusal;
use forecourt_store::Cursor;
use std::fmt::Display;

const LARGEST: usize = 100;
const DEFAULT: usize = 50;

/// A page that a request asks for.
#[derive(Debug)]
pub struct Page {
    of: String,
    limit: usize,
    /// The time and id of the last item of the previous page.
    before: Option<(i64, String)>,
}

impl Page {
    /// Reads `limit` and `cursor`. `of` names the list: a cursor is valid for its list only.
    ///
    /// # Errors
    /// 422 for an unknown parameter, a limit outside 1 to 100, or a cursor of another list.
    pub fn read(call: &Call, of: impl Display, rule: &'static str) -> Result<Self, Refusal> {
        call.only_queries(&["limit", "cursor"], rule)?;
        let limit = call.query_as::<usize>("limit", rule, "a number from 1 to 100")?.unwrap_or(DEFAULT);
        if !(1..=LARGEST).contains(&limit) {
            return Err(Refusal::field("limit", rule, "must be a number from 1 to 100"));
        }
        let of = of.to_string();
        let parse = |place: &str| {
            let (at, name) = place.split_once('.')?;
            Some((at.parse().ok()?, name.to_owned()))
        };
        let place = call.query("cursor").map(|cursor| Cursor::place(cursor, &of, rule, |place| parse(place).is_some())).transpose()?;
        let before = place.as_deref().and_then(parse);
        Ok(Self { of, limit, before })
    }

    /// Returns the page of `all`, which may be in any order, and the cursor of the next page. `place` returns the time and id of an item.
    pub fn cut<T>(&self, mut all: Vec<T>, place: impl Fn(&T) -> (DateTime<Utc>, &str)) -> (Vec<T>, Option<String>) {
        let place = |one: &T| {
            let (at, name) = place(one);
            (at.timestamp_millis(), name.to_owned())
        };
        all.retain(|one| self.before.as_ref().is_none_or(|before| place(one) < *before));
        all.sort_by_cached_key(|one| std::cmp::Reverse(place(one)));
        let more = all.len() > self.limit;
        all.truncate(self.limit);
        let cursor = all.last().filter(|_| more).map(place).map(|(at, name)| Cursor::new(&self.of, format!("{at}.{name}")).encode());
        (all, cursor)
    }
}
