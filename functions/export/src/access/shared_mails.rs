//! Mails that also have the data of others: an access file does not have their raw form (PRV-4).

use super::job::Slice;
use forecourt_domain::base::{LeadId, MailId};
use forecourt_domain::lead::{Entry, Event, Raw};
use forecourt_domain::mail::IncomingMail;
use forecourt_domain::rules::privacy::OwnPart;
use forecourt_store::keys::Key;
use forecourt_store::{Disclosed, Failure, Load};
use std::collections::BTreeSet;

impl Slice<'_> {
    /// Returns the versions of the entries whose raw mail also has the data of others.
    pub(super) async fn withheld(&mut self, part: &OwnPart, items: &[(String, Disclosed)]) -> Result<BTreeSet<u64>, Failure> {
        let mut withheld = BTreeSet::new();
        for (_, item) in items {
            if let Disclosed::Entry(entry) = item
                && part.has_raw(entry)
                && self.is_withheld(entry).await?
            {
                withheld.insert(entry.version);
            }
        }
        Ok(withheld)
    }

    /// Whether the raw mail of an entry also has the data of others. The dealers' records of the mail name its leads. When these have
    /// expired, nobody can tell whether the mail had further enquiries.
    pub(super) async fn is_withheld(&mut self, entry: &Entry) -> Result<bool, Failure> {
        let Some(object) = entry.raw.as_ref().and_then(Raw::mail) else { return Ok(false) };
        self.count_read();
        let (store, id) = (&self.exporter.platform.store, MailId::of_object(object));
        let dealers = store.dealers(&self.scope).await?;
        let load = Load::of(dealers.iter().cloned().map(|dealer| Key::IncomingMail(id.clone(), dealer)));
        let loaded = store.load(&self.scope, &load).await?;
        let records = dealers.iter().filter_map(|dealer| loaded.incoming_mail(&id, dealer));
        let records: Vec<IncomingMail> = records.filter(|record| record.leads().any(|lead| lead == entry.lead)).cloned().collect();
        if records.is_empty() {
            let enquires = |event: &Event| matches!(event, Event::Received { .. } | Event::Resent { .. } | Event::Added { .. });
            return Ok(entry.events.iter().any(enquires));
        }
        for record in &records {
            if self.has_others(record, Some(entry.lead)).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a mail has the data of others: leads that are not the contact's alone were made of it, beside the lead `here`, or an
    /// enquiry of it was refused.
    pub(super) async fn has_others(&mut self, mail: &IncomingMail, here: Option<LeadId>) -> Result<bool, Failure> {
        if mail.has_refused_enquiry() {
            return Ok(true);
        }
        let leads: BTreeSet<LeadId> = mail.leads().collect();
        if leads.len() < 2 {
            return Ok(false);
        }
        for lead in leads.into_iter().filter(|lead| Some(*lead) != here) {
            let target = self.order.targets.iter().find(|target| target.lead == lead).cloned();
            let own = match &target {
                Some(target) => self.own_lead(target).await?,
                None => None,
            };
            if own.is_none_or(|own| own.part.is_shared()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
