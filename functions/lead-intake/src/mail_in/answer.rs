//! Recognises a mail that answers a message about a lead, and joins it to the lead (LEAD-3, INT-6).
//!
//! - **Recognition**: the lead's reply address, or the id of the lead's thread in `In-Reply-To` or `References`, each with a valid code.
//!   Both need no read of the table. The ids that the provider gave to our mails are not looked up: no index has them.
//! - **Reads**: the lead and the communication of this mail, then the dealer and the enquiry; the users of the dealer only if the sender is
//!   no contact of the lead.
//! - **Writes**: the files of the attachments, then one transaction with the lead, a timeline entry, the communication, its documents and
//!   the notice to the owner.
//! - **Repeats**: the ids of the communication and of the documents derive from the content of the mail, so that the same mail joins once
//!   and a file that is put again replaces itself.

use crate::mail::{Attachment, Envelope, Mail, Reading, Reason, Verdict};
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, ElementId, Email, GroupId, LeadId, Refusal};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::elements::{Content, Document, Element, ElementKind, HEAD_BYTES, ReceivedMail};
use forecourt_domain::lead::{Raw, RawStorage};
use forecourt_domain::people::User;
use forecourt_domain::rules::lead::thread::{ThreadAttachment, ThreadContext, ThreadMail, ThreadOutcome};
use forecourt_edge::Platform;
use forecourt_edge::usecase::lead::{enquiry_key, enquiry_of};
use forecourt_edge::usecase::thread;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, fingerprint, short};
use std::collections::BTreeSet;

/// Most attachments of one mail of which documents are made.
const MOST_DOCUMENTS: usize = 20;
/// Most refused attachments, and most remarks, that a communication lists.
const MOST_LISTED: usize = 40;
/// Most users of a dealer who are compared with an unknown sender: one read.
const MOST_USERS: usize = 100;
/// Most attempts to put the files that the commit needs. A second one is only needed if the lead gets room in the meantime.
const ATTEMPTS: usize = 3;
/// Longest subject that is shown.
const LONGEST_SUBJECT: usize = 500;

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
    /// The lead is won or lost, and a customer writes: the mail is an enquiry like any other (DIS-5).
    #[error("the mail answers a closed lead")]
    Closed,
    /// The lead has the maximum number of communications.
    #[error("the lead that the mail answers has too many messages")]
    Full,
    /// The virus check of the mail failed. It was not opened.
    #[error("the virus check of the mail failed; the mail was not opened")]
    Virus,
}

impl NotJoined {
    /// Returns a short name, by which reasons are counted.
    pub fn name(self) -> &'static str {
        match self {
            NotJoined::Closed => "closed_lead",
            NotJoined::Full => "full_lead",
            NotJoined::Virus => "virus",
        }
    }
}

/// The result of one attempt.
enum Step {
    Done(Answered, BTreeSet<ElementId>),
    /// These documents need their files first.
    NeedsFiles(BTreeSet<ElementId>),
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
    let mut files = BTreeSet::new();
    for _ in 0..ATTEMPTS {
        match join(platform, &scope, lead, (&mail, &files)).await? {
            Step::Done(answered, stored) => {
                // Files of documents for which the lead has no room any more.
                for unused in files.difference(&stored) {
                    platform.files.remove(&file_name(&scope, lead, unused)).await?;
                }
                return Ok(answered);
            }
            Step::NeedsFiles(needed) => {
                put(platform, &scope, lead, (&mail, arrived.mail), &needed).await?;
                files.extend(needed);
            }
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
async fn join(platform: &Platform, scope: &Scope, id: LeadId, (mail, files): (&ThreadMail, &BTreeSet<ElementId>)) -> Result<Step, Failure> {
    let now = platform.clock.now();
    let known = Key::Element(id, ElementKind::Communication, mail.id.clone());
    let load = Load::of([Key::Lead(id), known.clone()]).with_long_retry().then(|loaded| {
        let Some(lead) = loaded.lead(id).filter(|_| !loaded.holds(&known)) else { return Vec::new() };
        let of_lead = [Key::Dealer(lead.dealer.clone()), enquiry_key(loaded, id)];
        let users = context(scope, loaded, id, (&[], now)).filter(|context| !context.is_author_certain(mail));
        let users = users.iter().flat_map(|context| &context.dealer.settings.members).take(MOST_USERS);
        of_lead.into_iter().chain(users.map(|member| Key::User(member.user.clone()))).collect()
    });
    let rule = |loaded: &Loaded, _| {
        let Some(lead) = loaded.lead(id) else { return Ok((None, Step::Done(Answered::No, BTreeSet::new()))) };
        let dealer = lead.dealer.clone();
        let not_joined = |why| (None, Step::Done(Answered::NotJoined { lead: id, dealer: dealer.clone(), why }, BTreeSet::new()));
        if let Some(before) = loaded.element(id, ElementKind::Communication, &mail.id) {
            let answered = Answered::Joined { lead: id, dealer, is_customers: is_customers(before), again: true };
            return Ok((None, Step::Done(answered, documents_of(before).into_iter().collect())));
        }
        let users: Vec<&User> = members(loaded, id).filter_map(|user| loaded.user(user)).collect();
        let context = context(scope, loaded, id, (&users, now)).ok_or(Refusal::NotFound("lead"))?;
        Ok(match context.join(mail) {
            ThreadOutcome::Closed => not_joined(NotJoined::Closed),
            ThreadOutcome::Full => not_joined(NotJoined::Full),
            ThreadOutcome::Joined(decision) => {
                let needed: BTreeSet<ElementId> =
                    elements(&decision).filter(|element| element.content.kind() == ElementKind::Document).map(|it| it.id.clone()).collect();
                let is_customers = elements(&decision).any(is_customers);
                match needed.is_subset(files) {
                    true => (Some(decision), Step::Done(Answered::Joined { lead: id, dealer, is_customers, again: false }, needed)),
                    false => (None, Step::NeedsFiles(needed.difference(files).cloned().collect())),
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

fn members(loaded: &Loaded, id: LeadId) -> impl Iterator<Item = &forecourt_domain::base::UserId> {
    let dealer = loaded.lead(id).and_then(|lead| loaded.dealer(&lead.dealer));
    dealer.into_iter().flat_map(|dealer| &dealer.settings.members).take(MOST_USERS).map(|member| &member.user)
}

fn documents_of(element: &Element) -> Vec<ElementId> {
    let Content::Communication(communication) = &element.content else { return Vec::new() };
    communication.received().map(|(_, mail)| mail.documents.clone()).unwrap_or_default()
}

/// Whether an element is the mail of a customer.
fn is_customers(element: &Element) -> bool {
    let Content::Communication(communication) = &element.content else { return false };
    communication.received().is_some_and(|(_, mail)| mail.user.is_none() && !mail.automatic)
}

fn elements(decision: &Decision) -> impl Iterator<Item = &Element> {
    decision.items.iter().filter_map(|item| if let Item::Element(element) = item { Some(&**element) } else { None })
}

/// Puts the files of these documents. A repeat replaces a file by itself.
async fn put(
    platform: &Platform,
    scope: &Scope,
    lead: LeadId,
    (mail, read): (&ThreadMail, &Mail<'_>),
    needed: &BTreeSet<ElementId>,
) -> Result<(), Failure> {
    for (attachment, file) in mail.attachments.iter().zip(&read.attachments).filter(|(attachment, _)| needed.contains(&attachment.id)) {
        platform.files.put(&file_name(scope, lead, &attachment.id), file.bytes.to_vec()).await?;
    }
    Ok(())
}

fn file_name(scope: &Scope, lead: LeadId, document: &ElementId) -> String {
    Element::document_file(scope.group(), lead, document)
}

/// Returns the mail as the rule needs it.
fn thread_mail(platform: &Platform, scope: &Scope, lead: LeadId, arrived: ArrivedMail<'_>) -> ThreadMail {
    let ArrivedMail { mail, object, received, .. } = arrived;
    let envelope = &mail.envelope;
    let subject: String =
        envelope.subject.as_deref().unwrap_or_default().chars().filter(|c| !c.is_control()).take(LONGEST_SUBJECT).collect();
    let text = mail.answer.as_ref().or(mail.own_text.as_ref()).cloned().unwrap_or_default();
    let from = envelope.from.as_ref();
    let verdicts = [("spam", envelope.verdicts.spam), ("dmarc", envelope.verdicts.dmarc)];
    let failed = verdicts.into_iter().filter(|(_, verdict)| *verdict == Verdict::Fail).map(|(name, _)| name.to_owned()).collect();
    let name = |parts: &[&str]| {
        let name = platform.store.secret().name(scope, &[&["thread", lead.to_string().as_str()], parts].concat());
        ElementId::parse(&short(&name)).ok()
    };
    let identity = identity(arrived, &text);
    let id = name(&["mail", &identity]).unwrap_or_else(|| forecourt_domain::base::numbered(0));
    let attachments = mail.attachments.iter().enumerate().map(|(place, attachment)| {
        let document = match place < MOST_DOCUMENTS {
            true => document(attachment, received),
            false => Err(format!("is one of more than {MOST_DOCUMENTS} attachments")),
        };
        let id = name(&["document", &identity, &place.to_string()]).unwrap_or_else(|| forecourt_domain::base::numbered(0));
        ThreadAttachment { id, name: attachment_name(attachment), document }
    });
    let recipients = envelope.recipients.iter().filter(|recipient| matches!(recipient.header, "To" | "Cc"));
    ThreadMail {
        id,
        subject,
        sender: from.and_then(|from| Email::parse(&from.address).ok()),
        is_confirmed: envelope.verdicts.dmarc == Verdict::Pass,
        recipients: recipients.filter_map(|recipient| Email::parse(&recipient.address).ok()).collect(),
        attachments: attachments.take(MOST_DOCUMENTS + MOST_LISTED).collect(),
        raw: Raw { media_type: "message/rfc822".to_owned(), storage: RawStorage::InBucket(object.to_owned()) },
        mail: ReceivedMail {
            from: from.map(|from| from.address.clone()),
            name: from.and_then(|from| from.name.clone()),
            contact: None,
            user: None,
            automatic: is_automatic(mail),
            text,
            message_id: envelope.message_id.clone(),
            at: received,
            object: object.to_owned(),
            failed,
            documents: Vec::new(),
            refused: Vec::new(),
            notes: mail.notes.iter().take(MOST_LISTED).cloned().collect(),
        },
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

fn attachment_name(attachment: &Attachment<'_>) -> String {
    attachment.name.clone().unwrap_or_else(|| "attachment".to_owned())
}

fn document(attachment: &Attachment<'_>, received: DateTime<Utc>) -> Result<Document, String> {
    let most = usize::try_from(HEAD_BYTES).unwrap_or(usize::MAX);
    let head = attachment.bytes.get(..most).unwrap_or(&attachment.bytes);
    let bytes = u64::try_from(attachment.bytes.len()).unwrap_or(u64::MAX);
    Document::attached(&attachment_name(attachment), &attachment.media_type, (head, bytes), received)
}
