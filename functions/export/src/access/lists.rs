//! The appointments and mails of a contact in an access file (PRV-4).

use super::items::{self, OTHERS, Shown, lean};
use super::job::Slice;
use super::names;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{Email, LeadId, Phone, Subject};
use forecourt_domain::enquiry::Person;
use forecourt_domain::mail::{IncomingMail, MailOutcome, MailStep, MailStepState};
use forecourt_domain::privacy::{AccessPhase, ErasureCursor};
use forecourt_domain::rules::privacy::OwnPart;
use forecourt_domain::settings::Dealer;
use forecourt_store::keys::Key;
use forecourt_store::{DisclosedPart, Failure, Load, MailList, MailState};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The number of mails of a page.
const MAILS: usize = 100;

impl Slice<'_> {
    /// Whether a lead is the contact's alone.
    fn is_own_lead(&self, lead: LeadId) -> bool {
        self.order.targets.iter().any(|target| target.lead == lead) && !self.order.shared.contains(&lead)
    }

    /// Writes appointments of the contact, until all are written or the slice is full.
    pub(super) async fn appointments(&mut self) -> Result<(), Failure> {
        if !self.archive.is_open() {
            self.archive.open("appointments.json", "[")?;
        }
        loop {
            self.count_read();
            let sought = self.sought();
            let wanted = |dealer: &Dealer, appointment: &Appointment| {
                sought.is_customer(dealer, appointment) || appointment.lead.is_some_and(|lead| self.is_own_lead(lead))
            };
            let (found, cursor) = sought.appointments(self.place.cursor.as_ref(), wanted).await?;
            for appointment in &found {
                let shown = self.appointment(appointment).await?;
                self.archive.item(&shown.to_string())?;
            }
            self.place.cursor = cursor;
            if self.place.cursor.is_none() {
                self.archive.close("\n]\n")?;
                self.follow_ups().await?;
                self.turn(AccessPhase::Mails);
                return Ok(());
            }
            if self.is_full() {
                return Ok(());
            }
        }
    }

    /// Writes the follow-ups of the contact, if there are any: a person has few, so that they are one file of one slice.
    async fn follow_ups(&mut self) -> Result<(), Failure> {
        let store = &self.exporter.platform.store;
        let shared = self.order.shared_record.clone();
        let own: Vec<_> = self.order.channels.iter().filter(|channel| shared.as_ref() != Some(*channel)).cloned().collect();
        let mut ids = BTreeSet::new();
        for channel in &own {
            self.count_read();
            ids.extend(store.follow_ups_of(&self.scope, channel).await?);
        }
        let loaded = store.load(&self.scope, &Load::of(ids.iter().cloned().map(Key::FollowUp))).await?;
        let mut found = ids.iter().filter_map(|id| loaded.follow_up(id)).filter(|one| one.created <= self.order.at).peekable();
        if found.peek().is_none() {
            return Ok(());
        }
        self.archive.open("follow_ups.json", "[")?;
        for follow_up in found {
            self.archive.item(&items::follow_up(follow_up).to_string())?;
        }
        self.archive.close("\n]\n")?;
        Ok(())
    }

    /// Returns an appointment with its letters, reports and webhook events.
    async fn appointment(&mut self, listed: &Appointment) -> Result<Value, Failure> {
        // The list lags; the item itself does not.
        self.count_read();
        let loaded = self.exporter.platform.store.load(&self.scope, &Load::of([Key::Appointment(listed.id.clone())])).await?;
        let subject = Subject::Appointment(listed.id.clone());
        let mut beside = self.all_of(DisclosedPart::Of(&subject)).await?;
        beside.extend(self.all_of(DisclosedPart::Webhooks(&subject)).await?);
        let webhooks = self.exporter.platform.store.webhooks(&self.scope).await?;
        let whole = OwnPart::default();
        let shown = Shown { part: &whole, webhooks: &webhooks, withheld: &BTreeSet::new() };
        let items: Vec<Value> = beside.iter().filter_map(|item| shown.item(item)).collect();
        Ok(items::appointment(loaded.appointment(&listed.id).unwrap_or(listed), &items))
    }

    /// Writes mails of the contact, until all are written or the slice is full. Within a page, the place of the last written mail is kept.
    pub(super) async fn mails(&mut self) -> Result<(), Failure> {
        loop {
            self.count_read();
            let Some((dealer, next)) = self.sought().dealer(self.place.cursor.as_ref()).await? else { break };
            let here = self.place.cursor.as_ref().filter(|cursor| cursor.dealer == dealer.id);
            let after = here.and_then(|cursor| cursor.after.clone());
            let list = MailList { dealer: &dealer.id, state: MailState::All, from: None, until: Some(self.order.at) };
            let (mails, more) = self.exporter.platform.store.mails(&self.scope, list, after.as_deref(), MAILS).await?;
            let written = self.place.after.take();
            let rest = mails.iter().filter(|mail| written.as_ref().is_none_or(|written| place(mail) < *written));
            for mail in rest.filter(|mail| self.is_own_mail(&dealer, mail)).collect::<Vec<_>>() {
                self.mail(mail).await?;
                if self.is_full() {
                    self.place.cursor = Some(ErasureCursor { dealer: dealer.id.clone(), partition: None, after });
                    self.place.after = Some(place(mail));
                    return Ok(());
                }
            }
            let here = more.map(|after| ErasureCursor { dealer: dealer.id.clone(), partition: None, after: Some(after) });
            self.place.cursor = here.or_else(|| next.map(|dealer| ErasureCursor { dealer, partition: None, after: None }));
            if self.place.cursor.is_none() {
                break;
            }
            if self.is_full() {
                return Ok(());
            }
        }
        self.turn(AccessPhase::Summary);
        Ok(())
    }

    /// Whether the contact sent a mail, or it belongs to a lead that is the contact's alone.
    fn is_own_mail(&self, dealer: &Dealer, mail: &IncomingMail) -> bool {
        if mail.erased.is_some() {
            return false;
        }
        let addresses = || mail.from.iter().chain(&mail.reply_to);
        let emails = addresses().flat_map(|text| Email::read_all(text)).filter_map(|read| read.ok()).map(|(email, _)| email);
        // The sender of a text message is a number in E.164.
        let phones =
            addresses().map(|text| Phone::read(text, dealer.settings.country)).filter(|phone| phone.texted() == Some(&*phone.typed));
        let sender = Person { emails: emails.collect(), phones: phones.collect(), ..Person::default() };
        self.sought().has(dealer, &sender) || mail.leads().any(|lead| self.is_own_lead(lead))
    }

    /// Writes the record of a mail, and the mail itself if no lead in the file has it. A mail that also has the data of others is withheld,
    /// with its addresses and its subject.
    async fn mail(&mut self, mail: &IncomingMail) -> Result<(), Failure> {
        let [record, raw] = names::mail_files(mail);
        let is_in_lead = mail.leads().any(|lead| self.is_own_lead(lead));
        let is_withheld = self.has_others(mail, None).await?;
        // The file would infect the computer of the reader.
        let is_given = !is_in_lead && !mail.has_virus() && !is_withheld;
        let file = is_given.then(|| json!(raw)).or_else(|| is_withheld.then(|| json!({"withheld": OTHERS})));
        let is_own = |lead: &LeadId| self.order.targets.iter().any(|target| target.lead == *lead);
        let shown = match is_withheld {
            true => mail_record(&IncomingMail { from: None, reply_to: None, subject: None, ..mail.clone() }, file.as_ref(), is_own),
            false => mail_record(mail, file.as_ref(), is_own),
        };
        self.archive.add(&record, format!("{shown:#}\n").as_bytes())?;
        if is_given {
            let content = self.get(&mail.object).await?;
            self.add(&raw, content)?;
        }
        Ok(())
    }
}

/// Returns the place of a mail in its list, which begins with the newest.
fn place(mail: &IncomingMail) -> String {
    format!("{:015}#{}", mail.received.timestamp_millis().max(0), mail.id)
}

/// Returns the record of a mail. It names the leads that `is_own` permits: another lead is that of another contact.
fn mail_record(mail: &IncomingMail, file: Option<&Value>, is_own: impl Fn(&LeadId) -> bool) -> Value {
    let own = |lead: Option<LeadId>| lead.filter(|lead| is_own(lead)).map(|lead| lead.spoken());
    let outcome = match &mail.outcome {
        MailOutcome::Leads { leads, .. } => json!({"leads": leads.iter().filter_map(|lead| own(Some(*lead))).collect::<Vec<_>>()}),
        MailOutcome::Answer { lead } => json!({"answers_lead": own(Some(*lead))}),
        MailOutcome::NoLead { reason, detail } => json!({"no_lead": reason, "detail": detail}),
        MailOutcome::Refused { detail } => json!({"refused": detail}),
        MailOutcome::Unknown => Value::Null,
    };
    let sent = |step: &Option<MailStep>| match step.as_ref().map(|step| &step.state) {
        Some(MailStepState::Sent { at, .. }) => Some(*at),
        _ => None,
    };
    let verdicts = &mail.verdicts;
    lean(json!({
        "received_at": mail.received, "dealer": mail.dealer, "from": mail.from, "reply_to": mail.reply_to, "subject": mail.subject,
        "bytes": mail.bytes, "result": outcome, "forwarded_to_dealer_at": sent(&mail.forward), "reported_to_dealer_at": sent(&mail.report),
        "checks": {"spam": verdicts.spam, "virus": verdicts.virus, "spf": verdicts.spf, "dkim": verdicts.dkim, "dmarc": verdicts.dmarc},
        "made_lead": own(mail.handled.as_ref().and_then(|handled| handled.lead)), "file": file,
    }))
}
