//! Works an order off, one page per wake-up. Each item is erased in its own commit, together with the order's counts, so a page that is
//! repeated erases and counts nothing twice (PRV-2).

use crate::Exporter;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::privacy::{AccessDeletion, ErasedCounts, Erasure, ErasurePhase, LedgerEntry};
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded};

/// The number of leads of a page.
const LEADS: usize = 5;
/// The number of access files that are read at once.
const ACCESS_FILES: usize = 50;

/// An order that is worked off.
pub(super) struct Job<'a> {
    pub(super) exporter: &'a Exporter,
    pub(super) scope: Scope,
    pub(super) id: &'a str,
    pub(super) now: DateTime<Utc>,
}

impl Exporter {
    /// Does the next page of an erasure, if one is due.
    pub(crate) async fn erase(&self, wake_up: &WakeUp, id: &str) -> Result<(), Failure> {
        let job = Job { exporter: self, scope: wake_up.scope(), id, now: self.platform.clock.now() };
        let loaded = self.platform.store.load(&job.scope, &Load::of([Key::Erasure(id.to_owned())])).await?;
        match loaded.erasure(id).filter(|order| order.is_due(job.now)) {
            Some(order) => job.page(order).await,
            None => Ok(()),
        }
    }
}

impl Job<'_> {
    async fn page(&self, order: &Erasure) -> Result<(), Failure> {
        match order.phase {
            ErasurePhase::Unknown => self.turn(order, |order| order.turned(None, self.now)).await,
            ErasurePhase::Ledger => {
                self.write_ledger(order).await?;
                self.turn(order, |order| order.turned(None, self.now)).await
            }
            ErasurePhase::Search => {
                let found = self.sought(order).leads(order.cursor.as_ref()).await?;
                let with_found =
                    |order: &Erasure| order.clone().with_targets(found.targets.iter().cloned()).with_unreadable(&found.unreadable);
                self.write_ledger(&with_found(order)).await?;
                self.turn(order, |order| with_found(order).turned(found.next.clone(), self.now)).await
            }
            ErasurePhase::Leads => {
                let done = usize::try_from(order.done).unwrap_or(usize::MAX);
                for target in order.targets.iter().skip(done).take(LEADS) {
                    self.erase_target(target).await?;
                }
                self.turn(order, |order| order.turned(None, self.now)).await
            }
            ErasurePhase::Appointments => {
                let cursor = self.erase_appointments(order).await?;
                self.turn(order, |order| order.turned(cursor.clone(), self.now)).await
            }
            ErasurePhase::Mails => {
                let cursor = self.erase_mails(order).await?;
                self.turn(order, |order| order.turned(cursor.clone(), self.now)).await
            }
            ErasurePhase::Exports => {
                self.delete_exports().await?;
                self.delete_access_files(order).await?;
                self.turn(order, |order| order.turned(None, self.now)).await
            }
            ErasurePhase::Directory => {
                self.erase_follow_ups(order).await?;
                // A held lead also keeps the proofs of its contact.
                let keeps_words = !order.is_retention() && order.targets.iter().any(|target| order.held.contains(&target.lead));
                for channel in &order.channels {
                    if !keeps_words {
                        self.erase_stops(channel).await?;
                    }
                    self.exporter.platform.store.delete_channel(&self.scope, channel).await?;
                }
                self.turn(order, |order| order.turned(None, self.now)).await
            }
        }
    }

    /// Stores the order after a page, unless another delivery has done the page.
    async fn turn(&self, seen: &Erasure, next: impl Fn(&Erasure) -> Erasure) -> Result<(), Failure> {
        let rule = |loaded: &Loaded, _| {
            let ours = loaded.erasure(self.id).filter(|order| order.is_at(seen));
            Ok((ours.map(|order| Decision::default().with(Item::Erasure(Box::new(next(order))))), ()))
        };
        self.exporter.platform.store.decide(&self.scope, Load::of([self.key()]).with_long_retry(), rule).await
    }

    pub(super) fn key(&self) -> Key {
        Key::Erasure(self.id.to_owned())
    }

    /// Writes the order into the ledger, before anything is erased (PRV-3).
    async fn write_ledger(&self, order: &Erasure) -> Result<(), Failure> {
        let entry = LedgerEntry::of(self.scope.group(), order);
        let bytes = serde_json::to_vec(&entry).map_err(|e| Failure::Broken(e.into()))?;
        self.exporter.platform.files.put(&entry.name(), bytes).await
    }

    /// Deletes the files of all exports of the group: each may contain the name of the contact.
    async fn delete_exports(&self) -> Result<(), Failure> {
        let platform = &self.exporter.platform;
        for id in platform.store.export_ids(&self.scope).await? {
            let rule = |loaded: &Loaded, _| {
                let (export, order) = (loaded.export(&id), loaded.erasure(self.id));
                let ended = export.zip(order).and_then(|(export, order)| Some((export.without_file(self.now)?, order)));
                let counted = ErasedCounts { exports: 1, ..ErasedCounts::default() };
                let decision = ended.map(|(ended, order)| {
                    let order = Item::Erasure(Box::new(order.with(counted)));
                    Decision::default().with(Item::Export(Box::new(ended))).with(order)
                });
                Ok((decision, export.cloned()))
            };
            let load = Load::of([self.key(), Key::Export(id.clone())]).with_long_retry();
            if let Some(export) = platform.store.decide(&self.scope, load, rule).await? {
                self.exporter.remove_files(&crate::file_name(&self.scope, &export), &export.written).await?;
            }
        }
        Ok(())
    }

    /// Deletes the access files that may contain data of the contact.
    async fn delete_access_files(&self, order: &Erasure) -> Result<(), Failure> {
        let (platform, mut before) = (&self.exporter.platform, None::<String>);
        loop {
            let page = platform.store.access_files(&self.scope, before.as_deref(), ACCESS_FILES).await?;
            for file in page.iter().filter(|file| file.concerns(order)) {
                let rule = |loaded: &Loaded, _| {
                    let found = loaded.access_file(&file.id).zip(loaded.erasure(self.id));
                    let deleted = found.and_then(|(file, order)| Some((file.deleted(AccessDeletion::Erased, self.now)?, order)));
                    let counted = ErasedCounts { access_files: 1, ..ErasedCounts::default() };
                    let decision = deleted.map(|(file, order)| {
                        let order = Item::Erasure(Box::new(order.with(counted)));
                        Decision::default().with(Item::AccessFile(Box::new(file))).with(order)
                    });
                    Ok((decision, loaded.access_file(&file.id).cloned()))
                };
                let load = Load::of([self.key(), Key::AccessFile(file.id.clone())]).with_long_retry();
                if let Some(file) = platform.store.decide(&self.scope, load, rule).await? {
                    self.exporter.remove_access_file(&self.scope, &file).await?;
                }
            }
            match page.last().filter(|_| page.len() == ACCESS_FILES) {
                Some(last) => before = Some(last.id.clone()),
                None => return Ok(()),
            }
        }
    }
}
