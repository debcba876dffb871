//! The dealers that an overview is of, and all that is read of them.

use forecourt_domain::base::{DealerId, Refusal};
use forecourt_domain::reports::Bounds;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::Call;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, ListRow, Listing, Load, Partition};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use std::collections::HashMap;

/// Reads that are under way at once.
const AT_ONCE: usize = 32;

/// A dealer, and what the filter's dates mean there.
pub(crate) struct Site {
    pub(crate) dealer: Dealer,
    pub(crate) bounds: Bounds,
}

/// The dealers that are asked for, or else all within reach; with their settings as they are now.
///
/// # Errors
/// 404 for a dealer out of reach, or that does not exist (LEAD-9).
pub(crate) async fn sites(
    platform: &Platform,
    call: &Call,
    asked: &[DealerId],
    bounds: impl Fn(&Dealer) -> Bounds,
) -> Result<HashMap<DealerId, Site>, Failure> {
    for dealer in asked {
        call.scope.reaches(dealer)?;
    }
    let dealers = match asked {
        [] if call.scope.reaches_all() => platform.store.dealers(&call.scope).await?,
        [] => call.scope.dealers().cloned().collect(),
        asked => asked.to_vec(),
    };
    let loaded = platform.store.load(&call.scope, &Load::of(dealers.iter().cloned().map(Key::Dealer))).await?;
    let mut sites = HashMap::new();
    for id in dealers {
        match loaded.dealer(&id) {
            Some(dealer) => {
                let site = Site { bounds: bounds(dealer), dealer: dealer.clone() };
                sites.insert(id, site);
            }
            None if asked.is_empty() => {}
            None => return Err(Refusal::NotFound("dealer").into()),
        }
    }
    Ok(sites)
}

/// Every month of every site that the filter's dates leave, newest first.
pub(crate) fn partitions(listing: Listing, sites: &HashMap<DealerId, Site>, call: &Call) -> Vec<Partition> {
    let of = |site: &Site| Partition::all(listing, &site.dealer.id, site.bounds.created, site.dealer.since, call.now);
    let mut partitions: Vec<Partition> = sites.values().flat_map(of).collect();
    partitions.sort_by_key(|partition| std::cmp::Reverse(partition.ends()));
    partitions
}

/// Reads all stacks, many at once, each page by `read`.
pub(crate) async fn each<Fut: Future<Output = Result<Option<String>, Failure>>>(
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
    stream::iter(partitions).map(Ok).try_for_each_concurrent(AT_ONCE, whole).await
}

/// A page of rows of a stack, each given to `take`; and where the next begins.
pub(crate) async fn page<R: ListRow>(
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
