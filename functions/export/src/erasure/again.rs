//! Orders the erasures of the ledger again, after the table was restored to an earlier time (PRV-3).

use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::privacy::LedgerEntry;
use forecourt_domain::rules::privacy::{not_held, ordered};
use forecourt_edge::files::Files;
use forecourt_edge::usecase::directory::record;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, Store};

/// What was read from the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderedAgain {
    /// The number of entries.
    pub entries: usize,
    /// The number of those that the table does not have, and that were ordered again.
    pub ordered: usize,
    /// The ids of those that a legal hold forbids (PRV-5).
    pub held: Vec<String>,
    /// The names of the entries that cannot be read.
    pub unreadable: Vec<String>,
}

/// Orders every erasure of the ledger again that the table does not have. The functions then work these off as others. Repeating it orders
/// nothing twice.
///
/// # Errors
/// [`Failure::Unavailable`] if the bucket or the table does not answer.
pub async fn order_again(store: &Store, files: &dyn Files, now: DateTime<Utc>) -> Result<OrderedAgain, Failure> {
    let mut done = OrderedAgain::default();
    for name in files.names(LedgerEntry::PREFIX).await? {
        let Some(bytes) = files.get(&name).await? else { continue };
        done.entries += 1;
        let Ok(entry) = serde_json::from_slice::<LedgerEntry>(&bytes) else {
            done.unreadable.push(name);
            continue;
        };
        let scope = Scope::keys_only(entry.group.clone());
        let holds = store.legal_holds(&scope).await?;
        let is_stored = || async {
            Ok::<_, Failure>(store.load(&scope, &Load::of([Key::Erasure(entry.id.clone())])).await?.erasure(&entry.id).is_some())
        };
        if not_held(&entry.ordered_again(now), &holds).is_err() && !is_stored().await? {
            done.held.push(entry.id);
            continue;
        }
        done.ordered += usize::from(order(store, &entry, now).await?);
    }
    Ok(done)
}

/// Returns whether the erasure was ordered.
async fn order(store: &Store, entry: &LedgerEntry, now: DateTime<Utc>) -> Result<bool, Failure> {
    let scope = Scope::keys_only(entry.group.clone());
    let channels = entry.channels.iter().chain(&entry.shared_record).cloned().map(Key::Channel);
    let leads = entry.ordered_again(now).marked().map(Key::Lead).collect::<Vec<_>>();
    let load = Load::of([Key::Erasure(entry.id.clone())].into_iter().chain(channels).chain(leads));
    let rule = |loaded: &Loaded, _| {
        if loaded.erasure(&entry.id).is_some() {
            return Ok((None, false));
        }
        let known = entry.channels.iter().filter(|key| loaded.channel(key).is_some());
        let shared = entry.shared_record.as_ref().and_then(|id| record(loaded, id));
        let again = entry.ordered_again(now);
        let leads: Vec<_> = again.marked().filter_map(|lead| loaded.lead(lead)).collect();
        Ok((Some(ordered(again, known, shared.as_ref(), leads)), true))
    };
    store.decide(&scope, load.with_long_retry(), rule).await
}
