//! The bookings that a change of settings affects, and those about which nobody has decided (APT-9).

use forecourt_domain::base::UserId;
use forecourt_domain::bookings::{AHEAD, affected_range};
use forecourt_domain::settings::{Dealer, Finding, FindingKind};
use forecourt_edge::Platform;
use forecourt_edge::http::Call;
use forecourt_edge::usecase::bookings::{AffectedBooking, BookingAffectedView, affected_bookings};
use forecourt_store::Failure;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The most bookings in an answer.
const SHOWN: usize = 100;

/// The bookings that a change affects.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct BookingsAffectedView {
    /// The bookings that the change affects and that you may see, by their times; the first 100. Absent if there are none. Nothing is
    /// cancelled: reschedule each, give it to another person, cancel it, or keep it (APT-9).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bookings_affected: Vec<BookingAffectedView>,
    /// The number of bookings that the change affects, those that you may not see included; up to 500. Absent if there are none.
    #[serde(skip_serializing_if = "is_zero")]
    pub bookings_affected_count: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The fields of [`BookingsAffectedView`]: a client may send an answer back.
pub(crate) const FIELDS: [&str; 2] = ["bookings_affected", "bookings_affected_count"];

/// Returns the bookings that the change from `before` to `after` affects. It reads them only if the change can affect any.
pub(crate) async fn newly_affected(
    platform: &Platform,
    call: &Call,
    before: &Dealer,
    after: &Dealer,
) -> Result<BookingsAffectedView, Failure> {
    let Some(range) = affected_range(&before.settings, &after.settings, call.now) else { return Ok(BookingsAffectedView::default()) };
    let mut found = affected_bookings(platform, &call.scope, after, range, call.now).await?;
    found.retain(|booking| {
        let asks_another = booking.undecided().asks_another_under(&before.settings, &after.settings);
        asks_another || !booking.is_affected_under(&before.settings, call.now)
    });
    let bookings_affected_count = found.len();
    let bookings_affected = views(platform, call, after, &found).await?;
    Ok(BookingsAffectedView { bookings_affected, bookings_affected_count })
}

/// Returns the bookings that changes of several dealers affect, each with its dealer.
pub(crate) async fn affected_by_all(
    platform: &Platform,
    call: &Call,
    changes: &[(Dealer, Dealer)],
) -> Result<BookingsAffectedView, Failure> {
    let mut all = BookingsAffectedView::default();
    for (before, after) in changes {
        let found = Box::pin(newly_affected(platform, call, before, after)).await?;
        let of_dealer = |view| BookingAffectedView { dealer: Some(after.id.to_string()), ..view };
        all.bookings_affected.extend(found.bookings_affected.into_iter().map(of_dealer));
        all.bookings_affected_count += found.bookings_affected_count;
    }
    all.bookings_affected.sort_by_key(|booking| booking.at);
    all.bookings_affected.truncate(SHOWN);
    Ok(all)
}

/// Returns the findings about the bookings about which nobody has decided, each with its booking.
pub(crate) async fn findings(platform: &Platform, call: &Call, dealer: &Dealer) -> Result<Vec<(Finding, BookingAffectedView)>, Failure> {
    let found = affected_bookings(platform, &call.scope, dealer, (call.now, call.now + AHEAD), call.now).await?;
    let views = views(platform, call, dealer, &found).await?;
    let zone = dealer.settings.calendar.zone();
    Ok(views.into_iter().map(|view| finding(dealer, zone, view)).collect())
}

fn finding(dealer: &Dealer, zone: chrono_tz::Tz, view: BookingAffectedView) -> (Finding, BookingAffectedView) {
    let place = view.user.as_deref().and_then(|user| dealer.settings.members.iter().position(|member| member.user.as_str() == user));
    let person = view.user_name.as_deref().or(view.user.as_deref()).unwrap_or("nobody");
    let when = view.at.with_timezone(&zone).format("%Y-%m-%d %H:%M");
    let phone = view.phone.as_ref().map(|phone| format!(" ({phone})")).unwrap_or_default();
    let what = format!("{} with {}{phone} on {when}", view.title, view.customer);
    let (kind, field, why) = match view.why {
        "absence" => (
            FindingKind::BookingWithoutPerson,
            place.map_or_else(|| "members".to_owned(), |place| format!("members[{place}].absences")),
            format!("{person} is absent"),
        ),
        "leaver" => (FindingKind::BookingWithoutPerson, "members".to_owned(), format!("{person} is no longer a user of the dealer")),
        "day_off" => (FindingKind::BookingWhileClosed, "calendar.days_off".to_owned(), "this date is a day off".to_owned()),
        _ => (FindingKind::BookingWhileClosed, "calendar.hours".to_owned(), "the dealer is closed then".to_owned()),
    };
    (Finding { kind, field, detail: format!("{what}: {why}, and nobody has decided about the booking") }, view)
}

/// Returns the first bookings that the requester may see.
async fn views(platform: &Platform, call: &Call, dealer: &Dealer, found: &[AffectedBooking]) -> Result<Vec<BookingAffectedView>, Failure> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let users: BTreeSet<UserId> = found.iter().filter_map(|booking| booking.user.clone()).collect();
    let users: Vec<UserId> = users.into_iter().collect();
    let read = platform.store.cached_users(&call.scope, &users).await?;
    let names: BTreeMap<UserId, String> = read.iter().map(|user| (user.id.clone(), user.name.clone())).collect();
    Ok(found.iter().filter_map(|booking| booking.view(&call.scope, dealer, &names, call.now)).take(SHOWN).collect())
}
