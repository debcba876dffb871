//! What is due, and when.

use crate::view::Zoned;
use chrono::{DateTime, Utc};
use minijinja::{Value, context};

/// The parts of a list by what is due, in their order: with the texts `today.group.…`.
const GROUPS: [&str; 4] = ["overdue", "today", "later", "open"];

/// Reads an instant. `None` if the text is none, such as an absent field.
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
}

/// Returns the seconds until an instant; negative after it.
pub(super) fn seconds_left(at: DateTime<Utc>, zoned: &Zoned) -> i64 {
    (at - zoned.now).num_seconds()
}

/// Divides rows, each with the time at which it is due, into those overdue, due today, due later, and without a time. Each part is ordered
/// by time. Parts without a row are left out.
pub(super) fn groups(mut rows: Vec<(Option<DateTime<Utc>>, Value)>, zoned: &Zoned) -> Vec<Value> {
    let today = zoned.date(zoned.now);
    let place = |due: Option<DateTime<Utc>>| match due {
        Some(due) if due < zoned.now => 0,
        Some(due) if zoned.date(due) == today => 1,
        Some(_) => 2,
        None => 3,
    };
    rows.sort_by_key(|(due, _)| *due);
    let of = |wanted: usize| rows.iter().filter(|(due, _)| place(*due) == wanted).map(|(_, row)| row.clone()).collect::<Vec<Value>>();
    let parts = GROUPS.into_iter().enumerate().map(|(i, name)| (name, of(i)));
    parts.filter(|(_, rows)| !rows.is_empty()).map(|(name, rows)| context! { name, rows }).collect()
}
