//! Recognises a mail that answers a message about a lead, and joins it to the lead (LEAD-3, INT-6).
//!
//! - **Recognition**: the lead's reply address, or the id of the lead's thread in `In-Reply-To` or `References`, each with a valid code.
//!   Both need no read of the table. The ids that the provider gave to our mails are not looked up: no index has them.
//! - **Reads**: the lead and the communication of this mail, then the dealer and the enquiry; the users of the dealer only if the sender is
//!   neither a contact of the lead nor a mailbox of the dealer.
//! - **Writes**: the files of the attachments, then one transaction with the lead, a timeline entry, the communication, its documents and
//!   the notice to the owner.
//! - **Repeats**: the ids of the communication and of the documents derive from the content of the mail, so that the same mail joins once
//!   and a repeat overwrites each file with the same content.

use crate::attached::{Documents, Files, attachments, documents_of};
use crate::mail::{Envelope, Mail, Reading, Reason, Verdict};
use crate::message::{self, MailFacts};
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, ElementId, Email, GroupId, LeadId, Refusal, numbered};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::elements::{Element, ElementKind, ReceivedMail};
use forecourt_domain::lead::{Raw, RawStorage};
use forecourt_domain::people::User;
use forecourt_domain::rules::lead::thread::{ThreadContext, ThreadMail, ThreadOutcome};
use forecourt_edge::Platform;
use forecourt_edge::usecase::lead::{enquiry_key, enquiry_of};
use forecourt_edge::usecase::thread;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, fingerprint, short};

/// Most attempts to put the files that the commit needs. A second one is only needed if the lead gets room in the meantime.
const ATTEMPTS: usize = 3;

/// A mail that arrived, as it was read.
#[derive(Debug, Clone, Copy)]
pub struct ArrivedMail<'a> {
    /// The group of the address at which it arrived.
    pub group: &'a GroupId,
    /// The addresses at which it arrived, as the mail server states them.
    pub recipients: &'a [String],
    /// The mail.
    pub mail: &'a Mail<'a>,
    /// The name of the raw mail in the bucket.
    pub object: &'a str,
    /// When the mail server received it.
    pub received: DateTime<Utc>,
}

/// The result for a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// It answers no lead of the group.
    No,
    /// It joined a lead.
    Joined {
        /// The lead.
        lead: LeadId,
        /// The dealer at which the lead is now.
        dealer: DealerId,
        /// Whether a customer wrote it. The mail of a user or of a program is forwarded to nobody.
        is_customers: bool,
        /// Whether it had joined before, and nothing was done.
        again: bool,
    },
    /// It answers a lead and did not join it.
    NotJoined {
        /// The lead.
        lead: LeadId,
        /// The dealer at which the lead is now.
        dealer: DealerId,
        /// The reason.
        why: NotJoined,
    },
}

/// The reason why an answer did not join its lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotJoined {
    /// The lead is won or lost, and a customer writes, or its contact was erased: the mail is an enquiry like any other (DIS-5, PRV-2).
    #[error("the mail answers a closed lead")]
    Closed,
    /// The lead has the maximum number of communications.
    #[error("the lead that the mail answers has too many messages")]
    Full {
        /// Whether a customer wrote the mail.
        is_customers: bool,
    },
    /// The virus check of the mail failed. It was not opened.
    #[error("the virus check of the mail failed; the mail was not opened")]
    Virus,
}

/// The result of one attempt.
enum Step {
    Done(Answered, Documents),
    /// These documents need their files first.
    NeedsFiles(Documents),
}

/// Joins a mail to the lead that it answers.
///
/// # Errors
/// [`Failure::Unavailable`] or [`Failure::Contended`]: deliver the mail again.
pub async fn answered_lead(platform: &Platform, arrived: ArrivedMail<'_>) -> Result<Answered, Failure> {
    let scope = Scope::keys_only(arrived.group.clone());
    let Some(lead) = recognised(platform, &scope, arrived.recipients, &arrived.mail.envelope) else { return Ok(Answered::No) };
    if arrived.mail.reading == Reading::NotALead(Reason::Virus) {
        let loaded = platform.store.load(&scope, &Load::of([Key::Lead(lead)])).await?;
        let dealer = loaded.lead(lead).map(|lead| lead.dealer.clone());
        return Ok(dealer.map_or(Answered::No, |dealer| Answered::NotJoined { lead, dealer, why: NotJoined::Virus }));
    }
    let mail = thread_mail(platform, &scope, lead, arrived);
    let mut files = Files::of(platform, &scope, &mail.attachments, &arrived.mail.attachments);
    for _ in 0..ATTEMPTS {
        match join(platform, &scope, lead, (&mail, &files)).await? {
            Step::Done(answered, documents) => {
                files.take(documents);
                files.remove_unused().await?;
                return Ok(answered);
            }
            Step::NeedsFiles(missing) => files.store(missing).await?,
        }
    }
    Err(Failure::Contended)
}

/// Returns the lead that a mail answers, by the addresses first.
pub(super) fn recognised(platform: &Platform, scope: &Scope, recipients: &[String], envelope: &Envelope) -> Option<LeadId> {
    let stated = envelope.recipients.iter().map(|recipient| recipient.address.as_str());
    let addresses = recipients.iter().map(String::as_str).chain(stated);
    let ids = envelope.in_reply_to.iter().chain(envelope.references.iter().rev()).map(String::as_str);
    thread::lead_of_address(platform, scope, addresses).or_else(|| thread::lead_of_ids(platform, scope, ids))
}

/// Decides once. The decision is committed if the files of its documents are there.
async fn join(platform: &Platform, scope: &Scope, id: LeadId, (mail, files): (&ThreadMail, &Files<'_>)) -> Result<Step, Failure> {
    let now = platform.clock.now();
    let known = Key::Element(id, ElementKind::Communication, mail.id.clone());
    let load = Load::of([Key::Lead(id), known.clone()]).with_long_retry().then(|loaded| {
        let Some(lead) = loaded.lead(id).filter(|_| !loaded.holds(&known)) else { return Vec::new() };
        let of_lead = [Key::Dealer(lead.dealer.clone()), enquiry_key(loaded, id)];
        let users = context(scope, loaded, id, (&[], now)).filter(|context| !context.is_author_certain(mail));
        let users = users.iter().flat_map(|context| context.dealer.settings.people());
        of_lead.into_iter().chain(users.cloned().map(Key::User)).collect()
    });
    let rule = |loaded: &Loaded, _| {
        let Some(lead) = loaded.lead(id) else { return Ok((None, Step::Done(Answered::No, Documents::new()))) };
        let dealer = lead.dealer.clone();
        let not_joined = |why| (None, Step::Done(Answered::NotJoined { lead: id, dealer: dealer.clone(), why }, Documents::new()));
        if let Some(before) = loaded.element(id, ElementKind::Communication, &mail.id) {
            let answered = Answered::Joined { lead: id, dealer, is_customers: is_customers(before), again: true };
            return Ok((None, Step::Done(answered, documents_before(before))));
        }
        let people = loaded.dealer(&dealer).into_iter().flat_map(|dealer| dealer.settings.people());
        let users: Vec<&User> = people.filter_map(|user| loaded.user(user)).collect();
        let context = context(scope, loaded, id, (&users, now)).ok_or(Refusal::NotFound("lead"))?;
        Ok(match context.join(mail) {
            ThreadOutcome::Closed => not_joined(NotJoined::Closed),
            ThreadOutcome::Full { is_customers } => not_joined(NotJoined::Full { is_customers }),
            ThreadOutcome::Joined(decision) => {
                let documents = documents_of(&decision);
                let missing = files.missing_of(&documents);
                let is_customers = elements(&decision).any(is_customers);
                match missing.is_empty() {
                    true => (Some(decision), Step::Done(Answered::Joined { lead: id, dealer, is_customers, again: false }, documents)),
                    false => (None, Step::NeedsFiles(missing)),
                }
            }
        })
    };
    platform.store.decide(scope, load, rule).await
}

fn context<'a>(
    scope: &'a Scope,
    loaded: &'a Loaded,
    id: LeadId,
    (users, now): (&'a [&'a User], DateTime<Utc>),
) -> Option<ThreadContext<'a>> {
    let lead = loaded.lead(id)?;
    let dealer = loaded.dealer(&lead.dealer)?;
    Some(ThreadContext { group: scope.group(), lead, dealer, enquiry: enquiry_of(loaded, lead), users, now })
}

/// Returns the documents of a mail that joined before.
fn documents_before(element: &Element) -> Documents {
    let documents = element.received().map(|mail| mail.documents.clone()).unwrap_or_default();
    documents.into_iter().map(|document| (element.lead, document)).collect()
}

/// Whether an element is the mail of a customer.
fn is_customers(element: &Element) -> bool {
    element.received().is_some_and(ReceivedMail::is_from_customer)
}

fn elements(decision: &Decision) -> impl Iterator<Item = &Element> {
    decision.items.iter().filter_map(|item| if let Item::Element(element) = item { Some(&**element) } else { None })
}

/// Returns the mail as the rule needs it.
fn thread_mail(platform: &Platform, scope: &Scope, lead: LeadId, arrived: ArrivedMail<'_>) -> ThreadMail {
    let ArrivedMail { mail, object, received, .. } = arrived;
    let envelope = &mail.envelope;
    let text = mail.own_text.clone().unwrap_or_default();
    let from = envelope.from.as_ref();
    let facts = MailFacts { envelope, failed: message::failed(envelope.verdicts), received, object, notes: &mail.notes };
    let secret_name = |parts: &[&str]| platform.store.secret().name(scope, &[&["thread", lead.to_string().as_str()], parts].concat());
    let identity = identity(arrived, &text);
    let id = ElementId::parse(&short(&secret_name(&["mail", &identity]))).unwrap_or_else(|_| numbered(0));
    let document = |place: usize| secret_name(&["document", &identity, &place.to_string()]);
    let recipients = envelope.recipients.iter().filter(|recipient| matches!(recipient.header, "To" | "Cc"));
    ThreadMail {
        id,
        subject: facts.subject(),
        sender: from.and_then(|from| Email::parse(&from.address).ok()),
        is_confirmed: envelope.verdicts.dmarc == Verdict::Pass,
        recipients: recipients.filter_map(|recipient| Email::parse(&recipient.address).ok()).collect(),
        attachments: attachments(&mail.attachments, received, document),
        raw: Raw { media_type: Raw::MAIL.to_owned(), storage: RawStorage::InBucket(object.to_owned()) },
        mail: ReceivedMail { automatic: is_automatic(mail), ..facts.mail(text) },
    }
}

/// Returns a hash of the content by which a repeated mail is recognised. A message id alone could be repeated by a forger, so that a real
/// mail would be taken for a repeat.
fn identity(ArrivedMail { mail, object, .. }: ArrivedMail<'_>, text: &str) -> String {
    let envelope = &mail.envelope;
    let from = envelope.from.as_ref().map(|from| from.address.to_lowercase()).unwrap_or_default();
    let id = envelope.message_id.clone().or_else(|| envelope.date.map(|date| date.to_rfc3339())).unwrap_or_else(|| object.to_owned());
    let files = mail.attachments.iter().map(|attachment| fingerprint(&attachment.bytes));
    let subject = envelope.subject.clone().unwrap_or_default();
    let parts: Vec<String> = [id, from, subject, text.to_owned()].into_iter().chain(files).collect();
    let parts: Vec<String> = parts.iter().map(|part| fingerprint(part.as_bytes())).collect();
    fingerprint(parts.join(" ").as_bytes())
}

/// Whether a program sent the mail. A person's mail can have some of the headers by which [`crate::mail::Envelope::is_automatic`] avoids
/// loops; it must not remain without a notice.
fn is_automatic(mail: &Mail<'_>) -> bool {
    let automatic = &mail.envelope.automatic;
    let is_reply = |precedence: &str| matches!(precedence, "auto_reply" | "auto-reply" | "bulk" | "junk");
    matches!(mail.reading, Reading::NotALead(Reason::DeliveryReport(_) | Reason::AutomaticReply(_)))
        || automatic.auto_submitted.is_some()
        || automatic.reply_header.is_some()
        || automatic.precedence.as_deref().is_some_and(is_reply)
        || !automatic.loops.is_empty()
        || mail.envelope.return_path.as_deref() == Some("")
}
