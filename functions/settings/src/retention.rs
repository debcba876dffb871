//! What the next run of a dealer's retention would erase (PRV-5).

use chrono::{DateTime, Utc};
use forecourt_domain::settings::{Dealer, Finding, FindingKind};
use forecourt_edge::Platform;
use forecourt_edge::http::Call;
use forecourt_store::keys::Key;
use forecourt_store::{DealerLeads, Failure, LeadRow, Load, Loaded, Paging};
use serde::Serialize;
use utoipa::ToSchema;

/// The most pages of the dealer's list that are read.
const PAGES: usize = 20;
/// The number of leads of a page.
const LEADS: usize = 1_000;

/// The leads that the next run of the retention would erase.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetentionPreviewView {
    /// Leads that were closed before this time.
    pub closed_before: DateTime<Utc>,
    /// Their number, without those that a legal hold or a calendar event to come keeps.
    pub leads: u32,
    /// Whether there may be more: the list is too long to be read at once.
    pub and_more: bool,
}

/// Counts the leads that the next run would erase. `None` if the dealer keeps closed leads. The list comes from an index, which lags.
pub(crate) async fn preview(platform: &Platform, call: &Call, dealer: &Dealer) -> Result<Option<RetentionPreviewView>, Failure> {
    let loaded = platform.store.load(&call.scope, &Load::of([key(dealer)])).await?;
    count(platform, call, (dealer, &loaded), |_| false).await
}

/// Returns the key of the item that names what earlier runs have erased.
pub(crate) fn key(dealer: &Dealer) -> Key {
    Key::Retention(dealer.id.clone())
}

/// Counts the leads page by page, until there are `enough`. What an earlier run erased is not read again: `loaded` has [`key`].
async fn count(
    platform: &Platform,
    call: &Call,
    (dealer, loaded): (&Dealer, &Loaded),
    enough: impl Fn(u32) -> bool,
) -> Result<Option<RetentionPreviewView>, Failure> {
    let Some(closed_before) = dealer.settings.retention_ends(call.now) else { return Ok(None) };
    let wanted = |row: &LeadRow| row.was_closed_before(closed_before) && !row.held && !row.is_planned_after(call.now);
    let from = loaded.retention(&dealer.id).and_then(|job| job.erased_until);
    let (mut leads, mut cursor) = (0, None);
    for page in 0..PAGES {
        let paging = Paging { now: closed_before, cursor: cursor.as_deref(), limit: LEADS, from, at_once: None };
        let found = platform.store.leads(DealerLeads { scope: &call.scope, dealer }, paging, wanted).await?;
        leads += u32::try_from(found.leads.len()).unwrap_or(u32::MAX);
        cursor = found.cursor;
        if cursor.is_none() || page + 1 == PAGES || enough(leads) {
            break;
        }
    }
    Ok(Some(RetentionPreviewView { closed_before, leads, and_more: cursor.is_some() }))
}

/// Returns the finding that the next run erases leads, if there are any. A dry run counts them all. `loaded` has [`key`].
pub(crate) async fn finding(platform: &Platform, call: &Call, dealer: &Dealer, loaded: &Loaded) -> Result<Option<Finding>, Failure> {
    let preview = count(platform, call, (dealer, loaded), |leads| leads > 0).await?.filter(|preview| preview.leads > 0);
    Ok(preview.map(|RetentionPreviewView { closed_before, leads, and_more }| {
        let date = closed_before.with_timezone(&dealer.settings.calendar.zone()).format("%Y-%m-%d");
        let number = if and_more { format!("{leads} leads or more") } else { format!("{leads} leads") };
        let detail = format!("the next run, at night, erases {number} that were closed before {date}");
        Finding { kind: FindingKind::RetentionErases, field: "retention_months".into(), detail }
    }))
}
