//! Stores the enquiries of a mail as leads, and the record of the mail in the transaction of the last one.

use super::Receipt;
use super::customers::OwnAddresses;
use crate::answer::Outcome;
use crate::attached::attachments;
use crate::limit::EnquiryLimit;
use crate::lookup::{Sited, site};
use crate::mail::{Attachment, Envelope, Form, MailEnquiry, Verdict};
use crate::message::{self, MailFacts};
use crate::storing::{Record, Storing};
use crate::{answer, mail};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{Email, Fault, LeadId, Refusal};
use forecourt_domain::enquiry::{Enquiry, Flag, Tolerance};
use forecourt_domain::lead::{Raw, RawStorage};
use forecourt_domain::mail::{Arrived, MailOutcome, OWN_ADDRESS};
use forecourt_domain::rules::lead::intake::Arrival;
use forecourt_store::{Failure, fingerprint};

/// The source of an enquiry whose mail and address name none.
const SOURCE: &str = "mail";
/// Most names of documents in a flag.
const MAX_NAMES: usize = 20;

/// The enquiries of a mail.
pub(super) struct Enquiries<'a> {
    pub(super) receipt: &'a Receipt<'a>,
    pub(super) arrived: &'a Arrived,
    pub(super) envelope: &'a Envelope,
    /// Remarks on content that was left unread.
    pub(super) notes: Vec<String>,
    /// The whole text of the mail.
    pub(super) text: Option<String>,
    /// The files of the mail: the documents of its lead, if it has one enquiry.
    pub(super) attachments: Vec<Attachment<'a>>,
    pub(super) now: DateTime<Utc>,
}

/// A checked enquiry.
struct Checked {
    enquiry: Enquiry,
    resend: bool,
    position: usize,
    /// Whether the mail and its files belong to it.
    has_mail: bool,
    form: Form,
}

impl Enquiries<'_> {
    /// Stores the enquiries that name a customer. Refused ones do not stop the others (INT-2).
    ///
    /// # Errors
    /// A temporary failure: the notice is delivered again, and stored enquiries are then repeats.
    pub(super) async fn store(&self, read: Vec<MailEnquiry>) -> Result<(), Failure> {
        let Receipt { platform, scope, .. } = *self.receipt;
        let limit = EnquiryLimit::of(platform, scope, self.now);
        limit.check().map_err(answer::as_failure)?;
        let own = OwnAddresses::of(platform, scope, self.receipt.dealer()).await?;
        let (mut checked, mut refused, mut has_own) = (Vec::new(), Vec::new(), false);
        let is_single = read.len() == 1;
        for (position, mut enquiry) in read.into_iter().enumerate() {
            if !own.leave_customer(&mut enquiry) {
                has_own = true;
                continue;
            }
            match self.check(enquiry, (position, is_single)) {
                Ok(enquiry) => checked.push(enquiry),
                Err(faults) => refused.push(in_words(&faults)),
            }
        }
        let (mut leads, mut new, mut is_recorded) = (Vec::new(), 0, false);
        let last = checked.len();
        for (number, enquiry) in checked.into_iter().enumerate() {
            let is_last = number + 1 == last;
            match self.store_one(enquiry, is_last.then_some((&leads, &refused))).await {
                // The mail was received before.
                Ok(None) => return Ok(()),
                Ok(Some(outcome)) => {
                    new += usize::from(outcome.is_new());
                    leads.extend(outcome.lead().filter(|lead| !leads.contains(lead)));
                    is_recorded = is_last;
                }
                Err(Failure::Refused(refusal)) => refused.push(words_of(refusal)),
                Err(temporary) => return Err(temporary),
            }
        }
        if !is_recorded {
            self.receipt.record(self.arrived, outcome(&leads, &refused, has_own), self.now).await?;
        }
        limit.count(new).await;
        Ok(())
    }

    /// Checks an enquiry. A value that cannot be read is kept as text and flagged (INT-3).
    fn check(&self, read: MailEnquiry, (position, is_single): (usize, bool)) -> Result<Checked, Vec<Fault>> {
        let MailEnquiry { enquiry: mut raw, mut flags, form, .. } = read;
        if self.envelope.verdicts.dmarc != Verdict::Pass && raw.leave_out_consents() {
            let detail = "the sender of the mail is not proven (DMARC); the consent to advertising is not recorded";
            flags.push(("consents".to_owned(), detail.to_owned()));
        }
        let settings = &self.receipt.dealer().settings;
        raw.source = self.receipt.addressee.tag.clone().or(raw.source);
        let mut enquiry = raw.check(settings.country, settings.calendar.zone(), SOURCE, Tolerance::Lenient)?;
        // Anybody can write the id of another enquiry. Only a sender whose domain is proven changes an enquiry that was sent before.
        let resend = raw.resend && self.envelope.verdicts.dmarc == Verdict::Pass;
        // Nobody knows to which of several enquiries a file belongs, and the text names all their customers. An enquiry that is sent again
        // has its files already.
        let has_mail = is_single && !resend;
        let unread = if has_mail { None } else { self.files_note() };
        let notes = self.notes.iter().map(|note| ("mail".to_owned(), note.clone())).chain(unread);
        let more = flags.into_iter().chain(notes).take(mail::MAX_FLAGS).map(|(field, detail)| Flag { field, detail });
        // The verdicts come first.
        enquiry.flags.splice(0..0, more);
        Ok(Checked { enquiry, resend, position, has_mail, form })
    }

    /// Whether the enquiry gets no automatic answer: the mail failed a check, or a program wrote it in the name of the customer. The mail
    /// of a portal is a program's, too, but names the customer in its text.
    fn is_automatic(&self, enquiry: &Enquiry) -> bool {
        let Envelope { from, reply_to, verdicts, .. } = self.envelope;
        let writers = || [from, reply_to].into_iter().flatten();
        let is_writer = |email: &Email| writers().any(|writer| Email::parse(&writer.address).is_ok_and(|writer| writer.is_same(email)));
        let has_failed = [verdicts.spam, verdicts.dmarc].contains(&Verdict::Fail);
        has_failed || self.envelope.is_automatic() && enquiry.contact.emails.iter().any(is_writer)
    }

    fn facts(&self) -> MailFacts<'_> {
        MailFacts {
            envelope: self.envelope,
            failed: message::failed(self.envelope.verdicts),
            received: self.arrived.received,
            object: &self.receipt.notice.object,
            notes: &self.notes,
        }
    }

    fn files_note(&self) -> Option<(String, String)> {
        let names = self.attachments.iter().map(|one| one.name.as_ref().unwrap_or(&one.media_type).as_str());
        let names = names.take(MAX_NAMES).collect::<Vec<_>>().join(", ");
        let number = self.attachments.len();
        (number > 0).then(|| ("mail".to_owned(), format!("has {number} documents, which are in the raw mail: {names}")))
    }

    /// Stores one enquiry. With `before`, the leads and refusals of the enquiries before it, it is the last one, and the record of the mail
    /// is part of its transaction.
    async fn store_one(&self, checked: Checked, before: Option<(&Vec<LeadId>, &Vec<String>)>) -> Result<Option<Outcome>, Failure> {
        let Receipt { platform, scope, addressee, notice, .. } = *self.receipt;
        let Checked { enquiry, resend, position, has_mail, form } = checked;
        let (secret, addressed) = (platform.store.secret(), &addressee.dealer);
        let Sited { other, unknown_site } = site(platform, scope, addressed, &enquiry).await?;
        let mailbox = other.as_ref().map(|_| addressed.id.clone());
        let dealer = other.as_deref().unwrap_or(addressed);
        // Flags and consents depend on the way of the mail, for example on its verdicts, and the same mail can come on two ways.
        let content = Enquiry { flags: Vec::new(), consents: Vec::new(), ..enquiry.clone() };
        let content = serde_json::to_vec(&(&addressed.id, &content));
        let body = fingerprint(&content.map_err(|e| Failure::Broken(e.into()))?);
        let id = self.envelope.message_id.as_deref().unwrap_or(&notice.message_id);
        let by_message = secret.name(scope, &["mail", addressed.id.as_str(), id, &body]);
        let provider = enquiry.provider.as_ref().unwrap_or(&enquiry.source).to_lowercase();
        let by_id = enquiry.external_id.as_ref().map(|id| secret.name(scope, &["mail-id", addressed.id.as_str(), &provider, id]));
        let item = |lead: LeadId| {
            let (leads, refused) = before.map_or((&[][..], &[][..]), |(leads, refused)| (leads.as_slice(), refused.as_slice()));
            let leads: Vec<LeadId> = leads.iter().copied().filter(|known| *known != lead).chain([lead]).collect();
            self.receipt.item(self.arrived, outcome(&leads, refused, false), self.now)
        };
        let mail = has_mail.then(|| {
            // ADF is no text for readers, and the text beside it need not have the customer's message.
            let message = enquiry.message.as_deref().filter(|_| form == Form::Adf || self.text.is_none());
            let texts = [self.text.as_deref(), message].into_iter().flatten();
            self.facts().of_enquiry(&secret.name(scope, &["mail-message", &by_message]), texts)
        });
        let files = if has_mail { self.attachments.as_slice() } else { &[] };
        let document = |place: usize| secret.name(scope, &["mail-document", &by_message, &place.to_string()]);
        let attachments = attachments(files, self.arrived.received, document);
        let record = || before.map(|_| Record { key: self.receipt.key(), item: &item });
        let arrival = Arrival {
            origin: by_id.clone().unwrap_or_else(|| by_message.clone()),
            body,
            receipt: None,
            request: Some(secret.name(scope, &["mail-request", &notice.message_id, &position.to_string()])),
            attachments,
            mail,
            raw: Raw { media_type: Raw::MAIL.to_owned(), storage: RawStorage::InBucket(notice.object.clone()) },
            by: scope.actor(),
            resend,
            automatic: self.is_automatic(&enquiry),
            mailbox,
            unknown_site,
            sent: self.arrived.received,
            at: self.now,
            enquiry,
        };
        let storing = Storing { platform, scope, addressed: &addressed.id, dealer, files, record: record() };
        match storing.store(arrival.clone(), None).await {
            // Nobody can correct a mail: an id that was used before with another content does not lose the enquiry.
            Err(Failure::Refused(Refusal::Reused(_))) if by_id.is_some() => {
                storing.store(Arrival { origin: by_message, resend: false, ..arrival }, None).await
            }
            stored => stored,
        }
    }
}

/// Returns the result of a mail with these leads and refusals.
fn outcome(leads: &[LeadId], refused: &[String], has_own: bool) -> MailOutcome {
    let detail = refused.join("; ");
    if !leads.is_empty() {
        return MailOutcome::Leads { leads: leads.to_vec(), refused: Some(detail).filter(|detail| !detail.is_empty()) };
    }
    if refused.is_empty() && has_own {
        let detail = "the only customer that the mail names is the dealer or a user of the dealer".to_owned();
        return MailOutcome::NoLead { reason: OWN_ADDRESS.to_owned(), detail };
    }
    MailOutcome::Refused { detail }
}

fn in_words(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("; ")
}

fn words_of(refusal: Refusal) -> String {
    match refusal {
        Refusal::Invalid(faults) => in_words(&faults),
        other => other.to_string(),
    }
}
