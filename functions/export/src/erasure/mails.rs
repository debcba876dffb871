//! Erases the mails and text messages of a contact in the inbox, and the words of stops and consents of the contact's addresses (PRV-2).

use super::job::Job;
use forecourt_domain::base::{ChannelKey, DealerId, Email, LeadId, MailId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::Lead;
use forecourt_domain::mail::IncomingMail;
use forecourt_domain::messages::Letter;
use forecourt_domain::privacy::{Erasure, ErasureCursor};
use forecourt_domain::rules::privacy::{ErasedMail, erase_mail, erase_words};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, MailList, MailState, fingerprint};
use std::collections::BTreeSet;

/// The number of mails of a page.
const MAILS: usize = 200;

impl Job<'_> {
    /// Erases the mails of a page of a dealer's list that are of the contact. Returns the place of the next page.
    pub(super) async fn erase_mails(&self, order: &Erasure) -> Result<Option<ErasureCursor>, Failure> {
        let Some((dealer, next)) = self.sought(order).dealer(order.cursor.as_ref()).await? else { return Ok(None) };
        let after = order.cursor.as_ref().filter(|cursor| cursor.dealer == dealer.id).and_then(|cursor| cursor.after.as_deref());
        let list = MailList { dealer: &dealer.id, state: MailState::All, from: None, until: None };
        let (mails, more) = self.exporter.platform.store.mails(&self.scope, list, after, MAILS).await?;
        for mail in mails.iter().filter(|mail| self.concerns(order, mail)) {
            self.erase_mails_of(&mail.id).await?;
        }
        let at = |dealer: DealerId, after| ErasureCursor { dealer, partition: None, after };
        Ok(more.map(|more| at(dealer.id.clone(), Some(more))).or_else(|| next.map(|dealer| at(dealer, None))))
    }

    /// Erases the records of a mail at all dealers: a lead may have been transferred since the mail arrived. Returns whether the raw mail
    /// goes, too. It stays, with its records, while a legal hold keeps one of its leads, which then is in the receipt (PRV-5).
    pub(super) async fn erase_mails_of(&self, id: &MailId) -> Result<bool, Failure> {
        let (store, dealers) = (&self.exporter.platform.store, self.exporter.platform.store.dealers(&self.scope).await?);
        let records = |loaded: &Loaded| -> Vec<IncomingMail> {
            dealers.iter().filter_map(|dealer| loaded.incoming_mail(id, dealer)).cloned().collect()
        };
        let leads = |loaded: &Loaded| -> Vec<LeadId> { records(loaded).iter().flat_map(IncomingMail::leads).collect() };
        let load = Load::of(dealers.iter().cloned().map(|dealer| Key::IncomingMail(id.clone(), dealer))).with([self.key()]);
        let loaded = store.load(&self.scope, &load.then(|loaded| leads(loaded).into_iter().map(Key::Lead).collect())).await?;
        let holds = store.legal_holds(&self.scope).await?;
        let is_held = |lead: &Lead| {
            let is_kept = || loaded.erasure(self.id).is_some_and(|order| order.held.contains(&lead.id));
            lead.erased.is_none() && (!lead.holds.is_empty() || holds.iter().any(|hold| hold.forbids_lead(lead)) || is_kept())
        };
        let held: BTreeSet<LeadId> = leads(&loaded).into_iter().filter(|lead| loaded.lead(*lead).is_some_and(is_held)).collect();
        if held.is_empty() {
            for mail in records(&loaded) {
                self.erase_mail(&mail).await?;
            }
            return Ok(true);
        }
        let rule = |loaded: &Loaded, _| {
            let order = loaded.erasure(self.id).and_then(|order| order.with_held(&held));
            Ok((order.map(|order| Decision::default().with(Item::Erasure(Box::new(order)))), ()))
        };
        store.decide(&self.scope, Load::of([self.key()]).with_long_retry(), rule).await?;
        Ok(false)
    }

    /// Returns the key of an e-mail address, or of a number in E.164.
    fn channel(&self, text: &str) -> ChannelKey {
        let address = Email::parse(text).map_or_else(|_| text.to_owned(), |email| email.key());
        self.exporter.platform.store.secret().channel(&self.scope, &address)
    }

    /// Returns the keys of the senders that a mail states. That of a text message is a number.
    fn senders(&self, mail: &IncomingMail) -> Vec<ChannelKey> {
        [&mail.from, &mail.reply_to].into_iter().flatten().map(|text| self.channel(text)).collect()
    }

    /// Returns the keys of the addresses and numbers of a lead's contacts.
    fn channels_of(&self, lead: &Lead) -> Vec<ChannelKey> {
        let people = || lead.contacts.iter().map(|contact| &contact.person);
        let emails = people().flat_map(|person| &person.emails).map(Email::key);
        let phones = people().flat_map(|person| &person.phones).filter_map(|phone| phone.e164.clone());
        emails.chain(phones).map(|text| self.channel(&text)).collect()
    }

    /// Whether a mail may be one of the contact.
    fn concerns(&self, order: &Erasure, mail: &IncomingMail) -> bool {
        mail.erased.is_none()
            && (leads_of(order, mail).next().is_some() || self.senders(mail).iter().any(|key| order.channels.contains(key)))
    }

    /// Erases a mail. Its raw form is deleted first, because afterwards the mail counts as done.
    async fn erase_mail(&self, mail: &IncomingMail) -> Result<(), Failure> {
        let platform = &self.exporter.platform;
        let (id, dealer) = (&mail.id, &mail.dealer);
        let load = || {
            Load::of([self.key(), Key::IncomingMail(id.clone(), dealer.clone())]).with_long_retry().then(|loaded| {
                let unit = loaded.erasure(self.id).zip(loaded.incoming_mail(id, dealer));
                unit.map(|(_, mail)| mail.leads().map(Key::Lead).collect()).unwrap_or_default()
            })
        };
        let decide = |loaded: &Loaded| {
            let (order, mail) = loaded.erasure(self.id).zip(loaded.incoming_mail(id, dealer))?;
            let leads: Vec<_> = leads_of(order, mail).filter_map(|id| loaded.lead(id)).map(|lead| (lead, self.channels_of(lead))).collect();
            let others: Vec<_> =
                mail.leads().filter_map(|id| loaded.lead(id)).filter(|lead| leads.iter().all(|(one, _)| one.id != lead.id)).collect();
            erase_mail(ErasedMail { order, mail, senders: &self.senders(mail), leads: &leads, others: &others, now: self.now })
        };
        if decide(&platform.store.load(&self.scope, &load()).await?).is_none() {
            return Ok(());
        }
        platform.files.erase(&mail.object).await?;
        platform.store.decide(&self.scope, load(), |loaded: &Loaded, _| Ok((decide(loaded), ()))).await
    }

    /// Removes the words of the stops of the addresses to which letters went.
    pub(super) async fn erase_stops_of(&self, letters: &[Letter]) -> Result<(), Failure> {
        for to in letters.iter().filter_map(|letter| letter.to.as_deref()) {
            self.erase_stops(&self.channel(to)).await?;
        }
        Ok(())
    }

    /// Removes the words of the stops and consents of an address.
    pub(super) async fn erase_stops(&self, key: &ChannelKey) -> Result<(), Failure> {
        let hash = |text: &str| fingerprint(text.as_bytes());
        let rule = |loaded: &Loaded, _| Ok((loaded.address_state(key).and_then(|state| erase_words(state, hash)), ()));
        self.exporter.platform.store.decide(&self.scope, Load::of([Key::AddressState(key.clone())]).with_long_retry(), rule).await
    }
}

/// Returns the order's leads among those of a mail.
fn leads_of(order: &Erasure, mail: &IncomingMail) -> impl Iterator<Item = LeadId> {
    mail.leads().filter(|lead| order.targets.iter().any(|target| target.lead == *lead))
}
