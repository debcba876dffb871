//! Erases the contact of one lead with everything that belongs to the lead (PRV-2).

use super::job::Job;
use forecourt_domain::base::{EventId, LeadId, MailId, Subject, TaskId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::{Entry, Raw, RawStorage};
use forecourt_domain::messages::Message;
use forecourt_domain::privacy::{ErasureTarget, LegalHold, Spared, TargetResult};
use forecourt_domain::rules::privacy::{ErasedBooking, LeadErasure, erase_entry, erase_event, erase_lead, erase_task};
use forecourt_domain::slots::LoadDay;
use forecourt_edge::usecase::lead::{days_of, enquiry_key, enquiry_of, found, lanes_of};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};

/// The number of timeline entries of one commit.
const ENTRIES: usize = 40;

impl Job<'_> {
    /// Erases the contact of the order's next lead, and counts the lead as done. The state of the lead comes first: every change that began
    /// before then conflicts with it, and everything else of the lead is listed after it.
    pub(super) async fn erase_target(&self, target: &ErasureTarget) -> Result<(), Failure> {
        // A hold that cannot be read stops the job.
        let holds = self.exporter.platform.store.legal_holds(&self.scope).await?;
        let erased = match self.erase_state(target, &holds).await {
            Ok(None) => self.erase_items(target.lead).await.map(|()| TargetResult::Erased),
            Ok(Some(Spared::Held)) => Ok(TargetResult::Held),
            Ok(Some(Spared::Reopened | Spared::Planned)) => Ok(TargetResult::Spared),
            Err(failure) => Err(failure),
        };
        let result = match erased {
            Ok(result) => result,
            Err(Failure::Broken(_)) => {
                let about = target.lead.to_string();
                tracing::warn!(function = "export", about, "a lead cannot be erased; `forecourt migrate` prints the reason");
                TargetResult::Unreadable
            }
            Err(failure) => return Err(failure),
        };
        let rule = |loaded: &Loaded, _| {
            let order = loaded.erasure(self.id).filter(|order| order.next() == Some(target));
            let next = order.map(|order| order.passed(result));
            Ok((next.map(|next| Decision::default().with(Item::Erasure(Box::new(next)))), ()))
        };
        self.exporter.platform.store.decide(&self.scope, Load::of([self.key()]).with_long_retry(), rule).await
    }

    /// Returns why the lead is spared. `None` if its contact is erased. A hold that comes after `holds` were read changes the lead, too, so
    /// that either the hold or the erasure is refused.
    async fn erase_state(&self, target: &ErasureTarget, holds: &[LegalHold]) -> Result<Option<Spared>, Failure> {
        let id = target.lead;
        let load = Load::of([self.key(), Key::Lead(id)]).then(|loaded| {
            let dealer = loaded.lead(id).map(|lead| Key::Dealer(lead.dealer.clone()));
            let lanes = self.unit(loaded, id).map(|input| lanes_of(input.dealer, |lanes| erase_lead(input, &target.contacts, lanes)));
            [enquiry_key(loaded, id)].into_iter().chain(dealer).chain(lanes.unwrap_or_default()).collect()
        });
        let rule = |loaded: &Loaded, _| {
            let Some(input) = self.unit(loaded, id) else { return Ok((None, None)) };
            if input.lead.erased.is_none() && holds.iter().any(|hold| hold.forbids_target(input.order, input.lead)) {
                return Ok((None, Some(Spared::Held)));
            }
            let spared = input.order.spares(input.lead, self.now);
            Ok((erase_lead(input, &target.contacts, &|lane| loaded.place(&input.dealer.id, lane))?, spared))
        };
        self.exporter.platform.store.decide(&self.scope, load.with_long_retry(), rule).await
    }

    /// Returns the input of the rule for a lead.
    fn unit<'l>(&self, loaded: &'l Loaded, id: LeadId) -> Option<LeadErasure<'l>> {
        let (lead, dealer) = found(loaded, id).ok()?;
        Some(LeadErasure { order: loaded.erasure(self.id)?, lead, dealer, enquiry: enquiry_of(loaded, lead), now: self.now })
    }

    async fn erase_items(&self, id: LeadId) -> Result<(), Failure> {
        let (store, files) = (&self.exporter.platform.store, &self.exporter.platform.files);
        let items = store.items_to_erase(&self.scope, &Subject::Lead(id)).await?;
        for event in &items.events {
            self.erase_event(id, event).await?;
        }
        for task in &items.tasks {
            self.erase_task(id, task).await?;
        }
        let group = self.scope.group();
        for prefix in [format!("documents/{group}/{id}/"), format!("uploads/{group}/{id}/")] {
            for name in files.names(&prefix).await? {
                files.erase(&name).await?;
            }
        }
        for some in items.entries.chunks(ENTRIES) {
            self.erase_entries(id, some).await?;
        }
        self.erase_stops_of(&items.letters).await?;
        for notice in items.notices.iter().filter(|notice| !notice.waiting_leads().is_empty()) {
            self.keep_notice(notice).await?;
        }
        store.delete_items(items.deletable).await
    }

    /// Stores a waiting notice about many leads under the first of them that is not erased.
    async fn keep_notice(&self, notice: &Message) -> Result<(), Failure> {
        let left = |loaded: &Loaded| {
            notice.without_leads(|lead| lead == notice.lead || loaded.lead(lead).is_none_or(|lead| lead.erased.is_some()))
        };
        let load = Load::of(notice.waiting_leads().iter().copied().map(Key::Lead)).with_long_retry();
        let load = load.then(|loaded| left(loaded).into_iter().map(|left| Key::Message(left.lead, left.cause)).collect());
        let rule = |loaded: &Loaded, _| {
            let is_new = |left: &Message| loaded.message(left.lead, &left.cause).is_none();
            Ok((left(loaded).filter(is_new).map(|left| Decision::default().with(Item::Message(left))), ()))
        };
        self.exporter.platform.store.decide(&self.scope, load, rule).await
    }

    async fn erase_event(&self, id: LeadId, event: &EventId) -> Result<(), Failure> {
        let booking = |loaded: &Loaded| loaded.event(id, event).filter(|event| event.is_appointment()).map(|event| event.appointment_id());
        let decide = |loaded: &Loaded, days: LoadDay<'_>| {
            let unit = loaded.erasure(self.id).zip(loaded.lead(id)).zip(loaded.event(id, event));
            let Some(((order, lead), event)) = unit else { return Ok(None) };
            let appointment = booking(loaded).and_then(|id| loaded.appointment(&id));
            erase_event(&ErasedBooking { order, lead: Some(lead), days, now: self.now }, event, appointment)
        };
        let load = Load::of([self.key(), Key::Lead(id), Key::Event(id, event.clone())]).then(|loaded| {
            let appointment = booking(loaded).map(Key::Appointment);
            appointment.into_iter().chain(days_of(|days| decide(loaded, days))).collect()
        });
        let rule = |loaded: &Loaded, _| Ok((decide(loaded, &|user, date| loaded.day(user, date))?, booking(loaded)));
        match self.exporter.platform.store.decide(&self.scope, load.with_long_retry(), rule).await? {
            Some(appointment) => self.delete_letters(&appointment).await,
            None => Ok(()),
        }
    }

    async fn erase_task(&self, id: LeadId, task: &TaskId) -> Result<(), Failure> {
        let load = Load::of([self.key(), Key::Lead(id), Key::Task(id, task.clone())]).with_long_retry();
        let rule = |loaded: &Loaded, _| {
            let unit = loaded.erasure(self.id).zip(loaded.lead(id)).zip(loaded.task(id, task));
            Ok((unit.and_then(|((order, lead), task)| erase_task(order, lead, task, self.now)), ()))
        };
        self.exporter.platform.store.decide(&self.scope, load, rule).await
    }

    /// Erases timeline entries. Their files of raw input are deleted first, because afterwards nothing names them.
    async fn erase_entries(&self, id: LeadId, versions: &[u64]) -> Result<(), Failure> {
        let platform = &self.exporter.platform;
        let unit = || {
            let keys = [Key::Lead(id)].into_iter().chain(versions.iter().map(|version| Key::Entry(id, *version)));
            Load::of(keys).with_long_retry().then(|loaded| {
                let receipts = versions.iter().filter_map(|version| loaded.entry(id, *version)?.receipt.clone());
                receipts.map(Key::EnquiryReceipt).collect()
            })
        };
        let erased = |loaded: &Loaded| -> Vec<Decision> {
            let Some(lead) = loaded.lead(id) else { return Vec::new() };
            let entries = versions.iter().filter_map(|version| loaded.entry(id, *version));
            let receipt = |entry: &Entry| loaded.enquiry_receipt(entry.receipt.as_deref()?);
            entries.filter_map(|entry| erase_entry(entry, lead, receipt(entry))).collect()
        };
        let loaded = platform.store.load(&self.scope, &unit()).await?;
        for decision in erased(&loaded) {
            let bare = decision.items.iter().filter_map(|item| if let Item::Entry(entry) = item { Some(entry) } else { None });
            let before = bare.filter(|entry| entry.raw.is_none()).filter_map(|entry| loaded.entry(id, entry.version));
            let files: Vec<(&Raw, &str)> = before.filter_map(file_of).collect();
            for (raw, name) in files {
                if raw.media_type != Raw::MAIL || self.erase_mails_of(&MailId::of_object(name)).await? {
                    platform.files.erase(name).await?;
                }
            }
        }
        let rule = |loaded: &Loaded, _| Ok((erased(loaded).into_iter().reduce(and), ()));
        platform.store.decide(&self.scope, unit(), rule).await
    }
}

/// Returns the file of an entry's raw input.
fn file_of(entry: &Entry) -> Option<(&Raw, &str)> {
    let raw = entry.raw.as_ref()?;
    match &raw.storage {
        RawStorage::InBucket(name) => Some((raw, name)),
        RawStorage::Here(_) => None,
    }
}

fn and(mut all: Decision, more: Decision) -> Decision {
    all.items.extend(more.items);
    all
}
