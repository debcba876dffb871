//! The vehicles of the leads of appointments (EXP-1).

use crate::sought::warn_unreadable;
use forecourt_domain::access::Scope;
use forecourt_domain::base::LeadId;
use forecourt_edge::Platform;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::{BTreeMap, BTreeSet};

/// The number of leads of one read.
const LEADS: usize = 100;
/// The number of reads at once.
const TOGETHER: usize = 8;

/// Returns the vehicles of leads, each in one line. Leads without a vehicle, and those that this release cannot read, are left out.
pub(crate) async fn vehicles(
    platform: &Platform,
    scope: &Scope,
    leads: impl Iterator<Item = LeadId>,
) -> Result<BTreeMap<LeadId, String>, Failure> {
    let leads: Vec<LeadId> = leads.collect::<BTreeSet<_>>().into_iter().collect();
    let reads: Vec<_> = leads.chunks(LEADS).map(|some| read(platform, scope, some)).collect();
    let found: Vec<BTreeMap<_, _>> = stream::iter(reads).buffered(TOGETHER).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

async fn read(platform: &Platform, scope: &Scope, leads: &[LeadId]) -> Result<BTreeMap<LeadId, String>, Failure> {
    let vehicle = |loaded: &Loaded, id: LeadId| {
        let vehicle = loaded.lead(id).map(|lead| lead.vehicle.clone());
        vehicle.filter(|vehicle| !vehicle.is_empty()).map(|vehicle| (id, vehicle))
    };
    match platform.store.load(scope, &Load::of(leads.iter().copied().map(Key::Lead))).await {
        Ok(loaded) => return Ok(leads.iter().filter_map(|id| vehicle(&loaded, *id)).collect()),
        Err(Failure::Broken(_)) => {}
        Err(failure) => return Err(failure),
    }
    // One of them cannot be read.
    let mut found = BTreeMap::new();
    for id in leads {
        match platform.store.load(scope, &Load::of([Key::Lead(*id)])).await {
            Ok(loaded) => found.extend(vehicle(&loaded, *id)),
            Err(Failure::Broken(_)) => warn_unreadable(*id),
            Err(failure) => return Err(failure),
        }
    }
    Ok(found)
}
