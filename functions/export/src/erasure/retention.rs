//! The daily job that erases the closed leads of a dealer after the dealer's retention (PRV-5).
//!
//! A page selects some leads and commits one order to erase them together with its own progress, so that a page that is repeated orders
//! nothing twice. The order is then worked off as every erasure. The directory forgets a person in the same commit if no other lead of the
//! person is left.

use crate::Exporter;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Actor, ChannelKey, DealerId, LeadId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::directory::{Contact, find_person};
use forecourt_domain::lead::{Lead, LeadContact};
use forecourt_domain::privacy::{Erasure, ErasureReason, ErasureTarget, LegalHold, Retention, RetentionPage, RetentionRun, Spared};
use forecourt_domain::rules::privacy::ordered;
use forecourt_edge::Platform;
use forecourt_edge::usecase::directory::{PersonChannels, channels, contact_of, known, record, records};
use forecourt_edge::usecase::lead::{enquiry_key, enquiry_of, found};
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{DealerLeads, Failure, LeadRow, Load, Loaded, Paging, fingerprint};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};

/// The number of leads of an order.
const LEADS: usize = 20;
/// The number of entries of the directory that an order empties. A transaction has at most 100 items.
const CHANNELS: usize = 80;
/// The number of leads of a person that are examined. A person with more stays in the directory.
const LEADS_OF_PERSON: usize = 25;

/// A page of a run.
struct Page<'a> {
    platform: &'a Platform,
    scope: &'a Scope,
    dealer: &'a DealerId,
    ids: &'a [LeadId],
    holds: &'a [LegalHold],
    run: RetentionRun,
    order: String,
    now: DateTime<Utc>,
}

impl Exporter {
    /// Does the next page of a dealer's retention, if one is due.
    pub(crate) async fn retain(&self, wake_up: &WakeUp, id: &DealerId) -> Result<(), Failure> {
        let (store, scope, now) = (&self.platform.store, wake_up.scope(), self.platform.clock.now());
        let loaded = store.load(&scope, &Load::of([Key::Retention(id.clone()), Key::Dealer(id.clone())])).await?;
        let Some((job, dealer)) = loaded.retention(id).filter(|job| job.is_due(now)).zip(loaded.dealer(id)) else { return Ok(()) };
        let Some(run) = job.current(dealer, now) else { return turn(&self.platform, &scope, (job, job.ended())).await };
        let list = DealerLeads { scope: &scope, dealer };
        let paging =
            Paging { now: run.closed_before, cursor: job.cursor.as_deref(), limit: LEADS, from: job.erased_until, at_once: Some(1_000) };
        let oldest = AtomicI64::new(i64::MAX);
        let wanted = |row: &LeadRow| {
            if row.facts.erased.is_none() {
                oldest.fetch_min(row.facts.arrived.timestamp_millis(), Ordering::Relaxed);
            }
            row.was_closed_before(run.closed_before)
        };
        let found = match store.leads(list, paging, wanted).await {
            // Another release wrote the cursor in a form that this one does not read: the run starts again.
            Err(Failure::Refused(_)) if job.cursor.is_some() => store.leads(list, Paging { cursor: None, ..paging }, wanted).await?,
            found => found?,
        };
        let oldest = DateTime::from_timestamp_millis(oldest.load(Ordering::Relaxed)).filter(|at| *at < now);
        let ids = readable(&self.platform, &scope, found.leads.iter().map(|row| row.facts.id)).await?;
        let holds = store.legal_holds(&scope).await?;
        let order = order_id(&self.platform, &scope, id, &run);
        let page = Page { platform: &self.platform, scope: &scope, dealer: id, ids: &ids, holds: &holds, run, order, now };
        let next = |run| job.turned(RetentionPage { run, cursor: found.cursor.clone(), oldest }, dealer, now);
        let load = Load::of([Key::Retention(id.clone())].into_iter().chain(ids.iter().copied().map(Key::Lead)));
        let rule = |loaded: &Loaded, _| {
            // Another delivery may have done the page.
            if loaded.retention(id) != Some(job) {
                return Ok((None, ()));
            }
            let (run, decision) = page.decide(loaded);
            Ok((Some(decision.with(Item::Retention(Box::new(next(run))))), ()))
        };
        store.decide(&scope, load.with_long_retry().then(|loaded| page.keys(loaded)), rule).await
    }
}

/// Returns the id of the order of a page: a repeated page has the same.
fn order_id(platform: &Platform, scope: &Scope, dealer: &DealerId, run: &RetentionRun) -> String {
    let (began, number) = (run.began.timestamp_millis().to_string(), run.erasures.len().to_string());
    let name = platform.store.secret().name(scope, &["retention", dealer.as_str(), &began, &number]);
    Erasure::id_of(run.began, &fingerprint(name.as_bytes()).to_lowercase().replace(['-', '_'], "0"))
}

/// Stores the job after a page, unless another delivery has done the page.
async fn turn(platform: &Platform, scope: &Scope, (seen, next): (&Retention, Retention)) -> Result<(), Failure> {
    let rule = |loaded: &Loaded, _| {
        let ours = loaded.retention(&seen.dealer) == Some(seen);
        Ok((ours.then(|| Decision::default().with(Item::Retention(Box::new(next.clone())))), ()))
    };
    platform.store.decide(scope, Load::of([Key::Retention(seen.dealer.clone())]), rule).await
}

/// Returns the leads that this release can read. The others do not stop the run.
async fn readable(platform: &Platform, scope: &Scope, ids: impl Iterator<Item = LeadId>) -> Result<Vec<LeadId>, Failure> {
    let ids: Vec<LeadId> = ids.collect();
    if platform.store.load(scope, &Load::of(ids.iter().copied().map(Key::Lead))).await.is_ok() {
        return Ok(ids);
    }
    let mut readable = Vec::new();
    for id in ids {
        match platform.store.load(scope, &Load::of([Key::Lead(id)])).await {
            Ok(_) => readable.push(id),
            Err(Failure::Broken(_)) => {
                let about = id.to_string();
                tracing::warn!(function = platform.function, about, "a lead cannot be erased; `forecourt migrate` prints the reason");
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(readable)
}

impl Page<'_> {
    /// Returns the contacts of a lead with their channels.
    fn people(&self, loaded: &Loaded, id: LeadId) -> Vec<(LeadContact, PersonChannels)> {
        let Ok((lead, dealer)) = found(loaded, id) else { return Vec::new() };
        let people = lead.people(enquiry_of(loaded, lead)).into_iter();
        people.map(|one| (one.clone(), channels(self.platform, self.scope, dealer, &one.person))).collect()
    }

    /// Returns the directory's records of the contacts of a lead.
    fn records(&self, loaded: &Loaded, id: LeadId) -> Vec<Contact> {
        let by_person = |own: &PersonChannels| find_person(&known(loaded, own), own.name.as_ref(), "").map(|found| found.contact.id);
        let named = loaded.lead(id).and_then(|lead| lead.contact_id.clone());
        let ids: BTreeSet<ChannelKey> = self.people(loaded, id).iter().filter_map(|(_, own)| by_person(own)).chain(named).collect();
        ids.iter().filter_map(|id| record(loaded, id)).collect()
    }

    /// Returns the items on which the page decides.
    fn keys(&self, loaded: &Loaded) -> Vec<Key> {
        let of = |id: LeadId| {
            let dealer = loaded.lead(id).map(|lead| Key::Dealer(lead.dealer.clone()));
            let own = self.people(loaded, id);
            let entries =
                own.iter().flat_map(|(_, own)| own.keys().chain(own.named_keys()).chain(records(loaded, own)).collect::<Vec<_>>());
            let named = loaded.lead(id).and_then(|lead| lead.contact_id.clone()).map(Key::Channel);
            let found = self.records(loaded, id);
            let leads = found.iter().flat_map(|record| record.leads.iter().rev().take(LEADS_OF_PERSON).copied()).map(Key::Lead);
            let aliases = found.iter().flat_map(|record| record.aliases.iter().cloned()).map(Key::Channel);
            let first = [enquiry_key(loaded, id)].into_iter().chain(dealer).chain(named);
            first.chain(entries).chain(leads.chain(aliases).collect::<Vec<_>>()).collect::<Vec<Key>>()
        };
        self.ids.iter().flat_map(|id| of(*id)).collect()
    }

    /// Returns the run with the counts of the page, and the decision that orders the erasure of its leads.
    fn decide(&self, loaded: &Loaded) -> (RetentionRun, Decision) {
        let mut run = self.run.clone();
        let (mut targets, mut gone): (Vec<ErasureTarget>, BTreeSet<ChannelKey>) = (Vec::new(), BTreeSet::new());
        for id in self.ids.iter().copied() {
            let Some(lead) = loaded.lead(id).filter(|lead| self.concerns(lead)) else { continue };
            let spared = lead.spared(self.now).or_else(|| self.is_held(loaded, lead).then_some(Spared::Held));
            run.held += u32::from(spared == Some(Spared::Held));
            run.planned += u32::from(spared == Some(Spared::Planned));
            if spared.is_some() {
                continue;
            }
            let contacts = self.people(loaded, id).into_iter().map(|(contact, _)| contact.id).collect();
            let with_it: Vec<ErasureTarget> = targets.iter().cloned().chain([ErasureTarget { lead: id, contacts }]).collect();
            let channels = self.forgotten(loaded, &with_it);
            // A lead with too many entries of the directory waits for the next run, unless it is the only one.
            if channels.len() <= CHANNELS || targets.is_empty() {
                (targets, gone) = (with_it, channels);
            }
        }
        if targets.is_empty() {
            return (run, Decision::default());
        }
        run.ordered += u32::try_from(targets.len()).unwrap_or(u32::MAX);
        run.erasures.push(self.order.clone());
        // A repeated page makes the same order, also in the ledger.
        let order =
            Erasure::new(self.order.clone(), (Actor::System, self.run.began, ErasureReason::Retention), self.dealer.clone(), targets);
        let order = Erasure { channels: gone, ..order };
        let known: Vec<ChannelKey> = order.channels.iter().filter(|key| loaded.channel(key).is_some()).cloned().collect();
        (run, ordered(order, &known, None, []))
    }

    /// Whether the retention concerns a lead.
    fn concerns(&self, lead: &Lead) -> bool {
        let is_old = lead.closed_since().is_some_and(|closed| closed < self.run.closed_before);
        lead.dealer == *self.dealer && lead.erased.is_none() && is_old
    }

    /// Whether a legal hold on a contact of the lead stands.
    fn is_held(&self, loaded: &Loaded, lead: &Lead) -> bool {
        let people = self.people(loaded, lead.id);
        let keys: Vec<ChannelKey> = people.iter().flat_map(|(_, own)| own.all.iter().map(|channel| channel.key.clone())).collect();
        self.holds.iter().any(|hold| hold.forbids([lead.id], keys.iter().chain(&lead.contact_id)))
    }

    /// Returns the keys of the directory that belong to nobody once the leads of `targets` are erased.
    fn forgotten(&self, loaded: &Loaded, targets: &[ErasureTarget]) -> BTreeSet<ChannelKey> {
        let goes = |lead: &LeadId| {
            targets.iter().any(|target| target.lead == *lead) || loaded.lead(*lead).is_some_and(|lead| lead.erased.is_some())
        };
        let mut keys = BTreeSet::new();
        for target in targets {
            let own = self.people(loaded, target.lead);
            for record in self.records(loaded, target.lead) {
                if !record.all_leads().is_some_and(|all| all.iter().all(goes)) {
                    continue;
                }
                let every = |own: &PersonChannels| own.all.iter().map(|channel| channel.key.clone()).chain(own.named()).collect::<Vec<_>>();
                let entries = own.iter().flat_map(|(_, own)| every(own));
                keys.extend(entries.filter(|key| contact_of(loaded, key).is_some_and(|owner| owner.id == record.id)));
                keys.extend([record.id].into_iter().chain(record.aliases));
            }
        }
        keys
    }
}
