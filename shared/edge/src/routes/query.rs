//! Query parameters that several operations share.

use super::{Query, Values};
use forecourt_domain::enquiry::LeadType;

/// Returns the names of a table, for [`Values::OneOf`].
pub(super) const fn names<T, const N: usize>(table: &[(&'static str, T); N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut i = 0;
    while i < N {
        names[i] = table[i].0;
        i += 1;
    }
    names
}

const TYPES: &[&str] = &names(&LeadType::NAMES);

pub(super) const LIMIT_25: Query = Query::new("limit", Values::Number(1, 100), "The page size; default 25.");
pub(super) const LIMIT_50: Query = Query::new("limit", Values::Number(1, 100), "The page size; default 50.");
pub(super) const CURSOR: Query = Query::new("cursor", Values::Text(4_096), "The cursor in the response with the previous page.");
pub(super) const STATUS: Query = Query::new("status", Values::OneOf(&["in_progress", "won", "lost"]), "The status of the lead.");
pub(super) const TYPE: Query = Query::new("type", Values::OneOf(TYPES), "The type of the enquiry.");
pub(super) const SOURCE: Query = Query::new("source", Values::Text(100), "The source of the enquiry, in upper or lower case.");
pub(super) const CREATED_FROM: Query = Query::new(
    "created_from",
    Values::Bound,
    "Only leads received at or after this time, or on this date or later in the dealer's time zone.",
);
pub(super) const CREATED_UNTIL: Query =
    Query::new("created_until", Values::Bound, "Only leads received before this time, or on this date or earlier.");
pub(super) const OVERDUE: Query = Query::new(
    "overdue",
    Values::Flag,
    "true: only leads with an open deadline in the past, the first-contact deadline or another; false: only other leads.",
);
pub(super) const ACTION_TYPE: Query = Query::new(
    "action_type",
    Values::Text(100),
    "The type of the next action, such as `phone_outbound`, or a type that the dealer has added (CAL-3).",
);
pub(super) const ACTION_USER: Query =
    Query::new("action_user", Values::Id, "The id of the user of the next action: the user of the event, or else the owner of the lead.");
pub(super) const OWNER: Query = Query::new("owner", Values::Id, "The id of a user; default: all users of the dealer.");
pub(super) const HAND_OVER: Query = Query::new(
    "hand_over",
    Values::Text(69),
    "Who gets the work of users who lose it by the change: `distribution` (the default), `pool`, or `user:` with the id of a user.",
);
pub(super) const DESPITE: Query = Query::new(
    "despite",
    Values::OneOf(&["absent", "full", "absent,full"]),
    "The obstacles of the user in `hand_over` that you accept; without it, a user who is absent or full is refused.",
);
pub(super) const DRY_RUN: Query = Query::new(
    "dry_run",
    Values::Flag,
    "`true` changes nothing: the response shows what would follow, such as the work that would move (`hand_overs`).",
);
pub(super) const BEFORE: Query = Query::new("before", Values::Number(0, u64::MAX), "Only changes before this version.");
pub(super) const DEALERS: Query = Query::new("dealer", Values::Ids, "Ids of dealers, separated by commas; default: all within your reach.");
