//! The pages of lists: the parameters `limit` and `cursor`, and cursors of lists whose ids have no order.

use super::call::Call;
use super::query::Queries;
use chrono::{DateTime, Utc};
use forecourt_domain::base::Refusal;
use forecourt_store::Cursor;
use std::fmt::Display;

/// The default page size of [`Page`].
const DEFAULT_PAGE: usize = 50;

/// A requested page of a list that is read as a whole, newest first.
#[derive(Debug)]
pub struct Page {
    of: String,
    limit: usize,
    /// The time and the id of the last item on the previous page.
    before: Option<(i64, String)>,
}

impl Page {
    /// Reads `limit` and `cursor`. `of` names the list: a cursor is valid for this list only.
    ///
    /// # Errors
    /// 422 names every parameter that is unknown, a `limit` out of range, and a cursor of another list.
    pub fn read(call: &Call, of: impl Display, rule: &'static str) -> Result<Self, Refusal> {
        let mut queries = Queries::of(call, rule);
        let limit = queries.limit(DEFAULT_PAGE);
        let of = of.to_string();
        let parse = |place: &str| {
            let (at, name) = place.split_once('.')?;
            Some((at.parse().ok()?, name.to_owned()))
        };
        let place = queries.cursor(&of, |place| parse(place).is_some());
        queries.done()?;
        let before = place.as_deref().and_then(parse);
        Ok(Self { of, limit, before })
    }

    /// Sorts `all` and returns this page with the cursor of the next. `place` returns the time and the id of an item.
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
