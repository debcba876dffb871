//! The dealers of an overview, and the reading of their lists.

use forecourt_domain::base::{DealerId, Refusal};
use forecourt_domain::reports::Bounds;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::Call;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, ListRow, Listing, Load, Partition};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use std::collections::HashMap;

const CONCURRENT_READS: usize = 32;

/// A dealer, and the filter's dates as times in the dealer's zone.
pub(crate) struct Site {
    pub(crate) dealer: Dealer,
    pub(crate) bounds: Bounds,
}

/// Returns the requested dealers, or all that the caller may access, with their current settings.
///
/// # Errors
/// 404 if a requested dealer does not exist or the caller may not access it (LEAD-9).
pub(crate) async fn sites(
    platform: &Platform,
    call: &Call,
    requested: &[DealerId],
    bounds: impl Fn(&Dealer) -> Bounds,
) -> Result<HashMap<DealerId, Site>, Failure> {
    for dealer in requested {
        call.scope.reaches(dealer)?;
    }
    let dealers = match requested {
        [] if call.scope.reaches_all() => platform.store.dealers(&call.scope).await?,
        [] => call.scope.dealers().cloned().collect(),
        requested => requested.to_vec(),
    };
    let loaded = platform.store.load(&call.scope, &Load::of(dealers.iter().cloned().map(Key::Dealer))).await?;
    let mut sites = HashMap::new();
    for id in dealers {
        match loaded.dealer(&id) {
            Some(dealer) => {
                let site = Site { bounds: bounds(dealer), dealer: dealer.clone() };
                sites.insert(id, site);
            }
            None if requested.is_empty() => {}
            None => return Err(Refusal::NotFound("dealer").into()),
        }
    }
    Ok(sites)
}

/// Returns every month of every dealer within the filter's dates, newest first.
pub(crate) fn partitions(listing: Listing, sites: &HashMap<DealerId, Site>, call: &Call) -> Vec<Partition> {
    let of = |site: &Site| Partition::all(listing, &site.dealer.id, site.bounds.created, site.dealer.since, call.now);
    let mut partitions: Vec<Partition> = sites.values().flat_map(of).collect();
    partitions.sort_by_key(|partition| std::cmp::Reverse(partition.ends()));
    partitions
}

/// Reads all partitions concurrently; `read` reads one page and returns the position of the next.
pub(crate) async fn read_all<Fut: Future<Output = Result<Option<String>, Failure>>>(
    partitions: Vec<Partition>,
    read: impl Fn(Partition, Option<String>) -> Fut + Sync,
) -> Result<(), Failure> {
    let read = &read;
    let whole = |partition: Partition| async move {
        let mut after = read(partition.clone(), None).await?;
        while after.is_some() {
            after = read(partition.clone(), after).await?;
        }
        Ok(())
    };
    stream::iter(partitions).map(Ok).try_for_each_concurrent(CONCURRENT_READS, whole).await
}

/// Reads a page of a partition, passes its rows to `take`, and returns the position of the next page.
pub(crate) async fn read_page<R: ListRow>(
    platform: &Platform,
    call: &Call,
    partition: &Partition,
    after: Option<&str>,
    take: impl FnOnce(Vec<R>),
) -> Result<Option<String>, Failure> {
    let page = platform.store.rows::<R>(&call.scope, partition, after).await?;
    take(page.rows);
    Ok(page.more)
}
