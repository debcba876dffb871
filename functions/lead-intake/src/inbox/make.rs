//! `POST /dealers/{dealer}/mails/{mail}/lead`: a user makes a lead of a mail (INT-7).

use super::{found, is_safe, mail_of};
use crate::answer::{self, Outcome};
use crate::attached::attachments;
use crate::format::ReceivedEnquiry;
use crate::limit::EnquiryLimit;
use crate::lookup::{Sited, site};
use crate::mail::{Attachment, Envelope, Layouts, MailByHand, Mailbox, by_hand};
use crate::mail_in::{layouts, raw_mail};
use crate::message::{MailFacts, failed_by_record};
use crate::storing::Storing;
use crate::text_in;
use forecourt_domain::base::{Refusal, Right};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::enquiry::{Flag, RawEnquiry};
use forecourt_domain::lead::{Raw, RawStorage};
use forecourt_domain::mail::{IncomingMail, MailOutcome};
use forecourt_domain::rules::lead::attached::EnquiryMail;
use forecourt_domain::rules::lead::intake::Arrival;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, fingerprint};

/// Returns the source of a lead whose mail names none.
fn source_of(mail: &IncomingMail) -> &'static str {
    if is_text_message(mail) { text_in::SOURCE } else { "mail" }
}

/// Whether the mail is the form in which the inbox keeps a text message.
fn is_text_message(mail: &IncomingMail) -> bool {
    matches!(&mail.outcome, MailOutcome::NoLead { reason, .. } if reason == text_in::REASON)
}

/// Returns a mail as the first message of the conversation of its lead.
fn message(mail: &IncomingMail, content: &MailByHand<'_>, name: &str) -> Box<EnquiryMail> {
    let (envelope, notes): (&Envelope, _) = (&content.envelope, content.notes.as_slice());
    let facts = MailFacts { envelope, failed: failed_by_record(&mail.verdicts), received: mail.received, object: &mail.object, notes };
    facts.of_enquiry(name, content.text.as_deref())
}

/// Returns the values for a lead of a mail: those of its enquiry, or the sender with the subject and the text. Returns also its content,
/// if the raw mail is kept.
pub(super) fn suggested<'a>(layouts: &Layouts, mail: &IncomingMail, raw: Option<&'a [u8]>) -> (RawEnquiry, Option<MailByHand<'a>>) {
    let mut content = raw.map(|raw| by_hand(raw, layouts));
    let from_record = || RawEnquiry {
        contact: mail.from.as_deref().and_then(Mailbox::in_text).map(|sender| sender.as_contact()).unwrap_or_default(),
        message: mail.subject.clone(),
        ..RawEnquiry::default()
    };
    let read = content.as_mut().map(|content| std::mem::take(&mut content.enquiry)).unwrap_or_else(from_record);
    let source = read.source.or_else(|| read.provider.clone()).or_else(|| Some(source_of(mail).to_owned()));
    (RawEnquiry { source, requested_at: Some(mail.received.to_rfc3339()), ..read }, content)
}

pub(crate) async fn make(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::SubmitLeads)?;
    let (dealer, mail) = found(platform, &call, Right::WorkLeads).await?;
    is_safe(&mail)?;
    mail.not_erased()?;
    if !mail.outcome.is_without_lead() {
        return Err(Refusal::conflict("INT-7", "this mail is already part of a lead").into());
    }
    let raw = raw_mail(platform, &mail.object).await?;
    let (enquiry, content) = suggested(&layouts(platform, &dealer), &mail, raw.as_ref().map(|raw| raw.bytes.as_slice()));
    let part = ReceivedEnquiry::of_mail(&call.body, enquiry, note(&mail))?;
    let outcome = store(platform, &call, (&dealer, &mail), (&part, content.as_ref())).await?;
    mark(platform, &call, &mail, &outcome).await?;
    answer::of_request(vec![outcome])
}

/// Stores the enquiry of a mail as a lead.
async fn store(
    platform: &Platform,
    call: &Call,
    (addressed, mail): (&Dealer, &IncomingMail),
    (part, content): (&ReceivedEnquiry, Option<&MailByHand<'_>>),
) -> Result<Outcome, Problem> {
    let (scope, now) = (&call.scope, call.now);
    let limit = EnquiryLimit::of(platform, scope, now);
    limit.check()?;
    let enquiry = part.check(addressed, source_of(mail), now).map_err(Problem::invalid)?;
    let Sited { other, unknown_site } = site(platform, scope, addressed, &enquiry).await?;
    let mailbox = other.as_ref().map(|_| addressed.id.clone());
    let name = |what: &str| platform.store.secret().name(scope, &[what, addressed.id.as_str(), mail.id.as_str()]);
    let origin = name("mail-by-hand");
    let document = |place: usize| platform.store.secret().name(scope, &["mail-document", &origin, &place.to_string()]);
    let files: &[Attachment<'_>] = content.map(|content| content.attachments.as_slice()).unwrap_or_default();
    let attachments = attachments(files, mail.received, document);
    let arrival = Arrival {
        // One mail makes one lead: a request of another user, or with other values, gets the same lead, also if its contact has a lead in
        // progress.
        body: fingerprint(origin.as_bytes()),
        origin,
        receipt: Some(name("mail-made")),
        request: None,
        attachments,
        mail: content
            .filter(|content| content.is_single && !is_text_message(mail))
            .map(|content| message(mail, content, &name("mail-message"))),
        raw: Raw { media_type: Raw::MAIL.into(), storage: RawStorage::InBucket(mail.object.clone()) },
        by: scope.actor(),
        resend: false,
        // A person has read the mail: the answer is a person's, too.
        automatic: true,
        mailbox,
        unknown_site,
        // Nobody could react before: the clock counts from now.
        sent: now,
        at: now,
        enquiry,
    };
    let dealer = other.as_deref().unwrap_or(addressed);
    let storing = Storing { platform, scope, addressed: &addressed.id, dealer, files, record: None };
    let outcome = storing.store(arrival, None).await?.ok_or_else(|| Failure::Broken("an enquiry without a record has none".into()))?;
    limit.count(usize::from(outcome.is_new())).await;
    Ok(outcome)
}

/// Returns the flag that states where the lead comes from.
fn note(mail: &IncomingMail) -> Flag {
    let why = match &mail.outcome {
        MailOutcome::NoLead { detail, .. } | MailOutcome::Refused { detail } => detail.as_str(),
        MailOutcome::Leads { .. } | MailOutcome::Answer { .. } | MailOutcome::Unknown => "",
    };
    let received = mail.received.format("%Y-%m-%d %H:%M");
    Flag { field: "mail".into(), detail: format!("a user made the lead of a mail that arrived on {received} UTC; {why}") }
}

/// Records the lead on the mail. A second user who makes the same lead changes nothing.
async fn mark(platform: &Platform, call: &Call, mail: &IncomingMail, outcome: &Outcome) -> Result<(), Problem> {
    let key = Key::IncomingMail(mail.id.clone(), mail.dealer.clone());
    let receipt = if let Outcome::Received { receipt, .. } = outcome { Some(receipt.receipt.clone()) } else { None };
    let load = Load::of([key.clone()].into_iter().chain(receipt.clone().map(Key::EnquiryReceipt))).with_long_retry();
    let rule = |loaded: &Loaded, _| {
        let by_receipt = || loaded.enquiry_receipt(receipt.as_deref()?).map(|receipt| receipt.lead);
        let lead = outcome.lead().or_else(by_receipt);
        let mail = mail_of(loaded, &key)?;
        let marked = lead.and_then(|lead| mail.made_lead(lead, &call.scope.actor(), call.now));
        Ok((marked.map(|mail| Decision::default().with(Item::IncomingMail(Box::new(mail)))), ()))
    };
    Ok(platform.store.decide(&call.scope, load, rule).await?)
}
