//! The leads of a contact in an access file: first the items of a lead, then its files (PRV-4).

use super::items::{Shown, lean};
use super::job::Slice;
use super::names;
use forecourt_domain::base::{ContactId, LeadId, Status, Subject, numbered};
use forecourt_domain::elements::{Content, Document, Element};
use forecourt_domain::enquiry::Enquiry;
use forecourt_domain::lead::{Entry, Lead, Raw, RawStorage};
use forecourt_domain::privacy::{AccessPhase, ErasureTarget};
use forecourt_domain::rules::privacy::OwnPart;
use forecourt_domain::settings::Dealer;
use forecourt_edge::files::Verdict;
use forecourt_edge::formats::packed;
use forecourt_edge::usecase::lead::{enquiry_key, enquiry_of, found};
use forecourt_store::keys::Key;
use forecourt_store::{Disclosed, DisclosedPart, Failure, Load};
use serde_json::json;
use std::collections::BTreeSet;

/// The number of timeline entries that are read at once to learn whom a lead is about.
const ENTRIES: usize = 500;
/// The end of the list of a lead's items.
const END: &str = "\n]}\n";

/// A lead with the part of it that is about the contact.
pub(super) struct OwnLead {
    lead: Lead,
    dealer: Dealer,
    pub(super) part: OwnPart,
}

impl Slice<'_> {
    /// Returns the lead of a target. `None` if it is erased, or if this release cannot read it.
    pub(super) async fn own_lead(&mut self, target: &ErasureTarget) -> Result<Option<OwnLead>, Failure> {
        let id = target.lead;
        let load = Load::of([Key::Lead(id)]).then(|loaded| {
            let dealer = loaded.lead(id).map(|lead| Key::Dealer(lead.dealer.clone()));
            [enquiry_key(loaded, id)].into_iter().chain(dealer).collect()
        });
        self.count_read();
        let loaded = match self.exporter.platform.store.load(&self.scope, &load).await {
            Ok(loaded) => loaded,
            Err(Failure::Broken(_)) => {
                let about = id.to_string();
                tracing::warn!(
                    function = "export",
                    about,
                    "a lead cannot be read for an access file; `forecourt migrate` prints the reason"
                );
                self.order.unreadable.insert(id);
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        let Ok((lead, dealer)) = found(&loaded, id) else { return Ok(None) };
        if lead.erased.is_some() && lead.known_people(None).is_empty() {
            return Ok(None);
        }
        let part = OwnPart::of(lead, enquiry_of(&loaded, lead), &target.contacts);
        let part = self.noted(id, part).await?;
        if part.is_shared() {
            self.order.shared.insert(id);
        }
        Ok(Some(OwnLead { lead: lead.clone(), dealer: dealer.clone(), part }))
    }

    /// Notes the people of the whole timeline.
    async fn noted(&mut self, id: LeadId, mut part: OwnPart) -> Result<OwnPart, Failure> {
        let mut before = None;
        loop {
            self.count_read();
            let entries = self.exporter.platform.store.timeline(&self.scope, id, before, ENTRIES).await?;
            entries.iter().for_each(|entry| part.note(entry));
            match entries.last().filter(|_| entries.len() == ENTRIES) {
                Some(oldest) => before = Some(oldest.version),
                None => return Ok(part),
            }
        }
    }

    /// Writes items of the next lead, until all are written or the slice is full.
    pub(super) async fn lead(&mut self) -> Result<(), Failure> {
        let done = usize::try_from(self.place.done).unwrap_or(usize::MAX);
        let Some(target) = self.order.targets.get(done).cloned() else {
            self.turn(AccessPhase::Appointments);
            return Ok(());
        };
        let Some(own) = self.own_lead(&target).await? else {
            if self.archive.is_open() {
                self.archive.close(END)?;
            }
            self.next_lead();
            return Ok(());
        };
        if !self.archive.is_open() {
            self.archive.open(&names::lead_file(target.lead), &own.head(&target.contacts))?;
        }
        let subject = Subject::Lead(target.lead);
        let store = &self.exporter.platform.store;
        let webhooks = store.webhooks(&self.scope).await?;
        loop {
            self.count_read();
            let page = store.disclosed(&self.scope, DisclosedPart::Of(&subject), self.place.after.as_deref()).await?;
            let withheld = self.withheld(&own.part, &page.items).await?;
            let shown = Shown { part: &own.part, webhooks: &webhooks, withheld: &withheld };
            for item in page.items.iter().filter_map(|(_, item)| shown.item(item)) {
                self.archive.item(&item.to_string())?;
            }
            self.place.after = page.more;
            if self.place.after.is_none() {
                break;
            }
            if self.is_full() {
                return Ok(());
            }
        }
        let shown = Shown { part: &own.part, webhooks: &webhooks, withheld: &BTreeSet::new() };
        for item in self.all_of(DisclosedPart::Webhooks(&subject)).await?.iter().filter_map(|item| shown.item(item)) {
            self.archive.item(&item.to_string())?;
        }
        self.archive.close(END)?;
        self.turn(AccessPhase::Files);
        Ok(())
    }

    /// Reads all items of a part that has few of them.
    pub(super) async fn all_of(&mut self, part: DisclosedPart<'_>) -> Result<Vec<Disclosed>, Failure> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            self.count_read();
            let page = self.exporter.platform.store.disclosed(&self.scope, part, after.as_deref()).await?;
            all.extend(page.items.into_iter().map(|(_, item)| item));
            after = page.more;
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    fn next_lead(&mut self) {
        self.place.done += 1;
        self.turn(AccessPhase::Lead);
    }

    /// Writes files of the lead, until all are written or the slice is full.
    pub(super) async fn files(&mut self) -> Result<(), Failure> {
        let done = usize::try_from(self.place.done).unwrap_or(usize::MAX);
        let own = match self.order.targets.get(done).cloned() {
            Some(target) => self.own_lead(&target).await?,
            None => None,
        };
        let Some(own) = own else {
            self.next_lead();
            return Ok(());
        };
        let subject = Subject::Lead(own.lead.id);
        loop {
            self.count_read();
            let store = &self.exporter.platform.store;
            let page = store.disclosed(&self.scope, DisclosedPart::Of(&subject), self.place.after.as_deref()).await?;
            for (at, item) in &page.items {
                match item {
                    Disclosed::Entry(entry) => self.raw(&own.part, entry).await?,
                    Disclosed::Element(element) if own.part.has_element(element) => self.document(element).await?,
                    _ => continue,
                }
                self.place.after = Some(at.clone());
                if self.is_full() {
                    return Ok(());
                }
            }
            let Some(more) = page.more else {
                self.next_lead();
                return Ok(());
            };
            self.place.after = Some(more);
            if self.is_full() {
                return Ok(());
            }
        }
    }

    /// Writes the raw input of a timeline entry.
    async fn raw(&mut self, part: &OwnPart, entry: &Entry) -> Result<(), Failure> {
        let Some(raw) = entry.raw.as_ref().filter(|_| part.has_raw(entry)) else { return Ok(()) };
        if self.is_withheld(entry).await? {
            return Ok(());
        }
        let stored = match &raw.storage {
            RawStorage::Here(packed) => Some(packed::unpack(packed)?),
            RawStorage::InBucket(name) if raw.media_type == Raw::MAIL => self.get(name).await?,
            RawStorage::InBucket(name) => self.get(name).await?.map(|packed| packed::unpack(&packed)).transpose()?,
        };
        self.add(&names::raw_file(entry, raw), stored)
    }

    /// Writes the file of a document, unless the malware scan does not allow it.
    async fn document(&mut self, element: &Element) -> Result<(), Failure> {
        let Some(document) = uploaded(element) else { return Ok(()) };
        let name = element.file_name(self.scope.group());
        self.count_read();
        let content = match self.exporter.platform.files.verdict(&name).await? {
            Verdict::NotScanned | Verdict::Clean => self.get(&name).await?,
            Verdict::Pending | Verdict::Refused(_) => None,
        };
        self.add(&names::document_file(element, document), content)
    }

    pub(super) async fn get(&mut self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        self.count_read();
        self.exporter.platform.files.get(name).await
    }

    /// Adds a file. One that does not exist any more is counted.
    pub(super) fn add(&mut self, name: &str, content: Option<Vec<u8>>) -> Result<(), Failure> {
        match content {
            Some(content) => self.archive.add(name, &content),
            None => {
                self.order.written.missing += 1;
                Ok(())
            }
        }
    }
}

/// Returns the document of an element, if its file was uploaded and not removed.
fn uploaded(element: &Element) -> Option<&Document> {
    match &element.content {
        Content::Document(document) if document.uploaded.is_some() && element.removed.is_none() => Some(document),
        _ => None,
    }
}

impl OwnLead {
    /// Returns the beginning of the lead's entry: the fields of the lead, and the beginning of the list of its items.
    fn head(&self, contacts: &BTreeSet<ContactId>) -> String {
        let OwnLead { lead, dealer, part } = self;
        // The vehicle and its plate are those of the enquiry.
        let asked = !part.is_shared() || contacts.contains(&numbered(1));
        let text = |text: &str| Some(text.to_owned()).filter(|text| asked && !text.is_empty());
        let reason = if let Status::Lost(reason) = lead.status { Some(reason) } else { None };
        let holds: Vec<_> = lead.holds.iter().map(|hold| json!({"reason": hold.reason, "at": hold.at})).collect();
        let head = lean(json!({
            "number": lead.id.spoken(), "dealer": dealer.id, "dealer_name": dealer.settings.name, "type": lead.lead_type.name(),
            "source": lead.source, "status": lead.status.name(), "lost_reason": reason, "arrived_at": lead.arrived,
            "at_this_dealer_since": lead.here_since(), "last_changed_at": lead.updated, "vehicle": text(&lead.vehicle),
            "plate": lead.plate.as_deref().and_then(text), "only_own_part": part.is_shared().then_some(true),
            "legal_holds": holds, "contact_ids": contacts, "contact_data": part.people(),
        }));
        let mut head = head.to_string();
        head.pop();
        head + ",\n\"items\": ["
    }
}

/// Returns the enquiry's person and further people of a lead that are the contact.
pub(super) fn own_people(lead: &Lead, enquiry: Option<&Enquiry>, contacts: &BTreeSet<ContactId>) -> Vec<forecourt_domain::enquiry::Person> {
    lead.people(enquiry).into_iter().filter(|one| contacts.contains(&one.id)).map(|one| one.person).collect()
}
