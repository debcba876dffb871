//! Query parameters that several operations share.

use super::Query;

pub(super) const LIMIT_25: Query = ("limit", "The page size, 1 to 100; default 25.");
pub(super) const LIMIT_50: Query = ("limit", "The page size, 1 to 100; default 50.");
pub(super) const CURSOR: Query = ("cursor", "The cursor in the response with the previous page.");
pub(super) const STATUS: Query = ("status", "in_progress, won or lost.");
pub(super) const TYPE: Query = ("type", "new_car, used_car, trade_in, test_drive, service or other.");
pub(super) const SOURCE: Query = ("source", "The source of the enquiry.");
pub(super) const CREATED_FROM: Query = ("created_from", "Only leads received at or after this time, RFC 3339.");
pub(super) const CREATED_UNTIL: Query = ("created_until", "Only leads received before this time.");
pub(super) const OVERDUE: Query =
    ("overdue", "true: only leads with an open deadline in the past, the first-contact deadline or another; false: only other leads.");
pub(super) const OWNER: Query = ("owner", "The id of a user; default: all users of the dealer.");
pub(super) const BEFORE: Query = ("before", "Only changes before this version.");
pub(super) const DEALERS: Query = ("dealer", "Ids of dealers, separated by commas; default: all within your reach.");
