//! Pages of what stands with a lead under names that have no order, newest first.

use super::call::Call;
use chrono::{DateTime, Utc};
use forecourt_domain::base::Refusal;
use std::fmt::Display;

/// How many stand on a page, at most and if not said.
const MOST: usize = 100;
const USUAL: usize = 50;

/// Which page is asked for.
#[derive(Debug)]
pub struct Page {
    of: String,
    limit: usize,
    /// The time and the name of what the page before ended with.
    before: Option<(i64, String)>,
}

impl Page {
    /// Reads `limit` and `cursor`. `of` names the list: a cursor is good for no other.
    ///
    /// # Errors
    /// 422 names what is unknown, is no number from 1 to 100, or is no cursor of this list.
    pub fn read(call: &Call, of: impl Display, rule: &'static str) -> Result<Self, Refusal> {
        call.only_queries(&["limit", "cursor"], rule)?;
        let limit = call.query_as::<usize>("limit", rule, "a number from 1 to 100")?.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(Refusal::field("limit", rule, "must be a number from 1 to 100"));
        }
        let of = of.to_string();
        let read = |cursor: &str| {
            let (at, name) = cursor.strip_prefix(of.as_str())?.strip_prefix('.')?.split_once('.')?;
            Some((at.parse().ok()?, name.to_owned()))
        };
        let none = || Refusal::field("cursor", rule, "must be the cursor of an earlier page of this list");
        let before = call.query("cursor").map(|cursor| read(cursor).ok_or_else(none)).transpose()?;
        Ok(Self { of, limit, before })
    }

    /// The page of `all`, in whatever order these are, and the cursor of the next one. `place` says when something was, and its name.
    pub fn cut<T>(&self, mut all: Vec<T>, place: impl Fn(&T) -> (DateTime<Utc>, &str)) -> (Vec<T>, Option<String>) {
        let place = |one: &T| {
            let (at, name) = place(one);
            (at.timestamp_millis(), name.to_owned())
        };
        all.retain(|one| self.before.as_ref().is_none_or(|before| place(one) < *before));
        all.sort_by_cached_key(|one| std::cmp::Reverse(place(one)));
        let more = all.len() > self.limit;
        all.truncate(self.limit);
        let cursor = all.last().filter(|_| more).map(place).map(|(at, name)| format!("{}.{at}.{name}", self.of));
        (all, cursor)
    }
}
