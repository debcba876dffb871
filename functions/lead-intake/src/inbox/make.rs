//! `POST /dealers/{dealer}/mails/{mail}/lead`: a user makes a lead of a mail (INT-7).

use super::{found, is_safe, mail_of};
use crate::answer::{self, Outcome};
use crate::format::{Format, ReceivedEnquiry};
use crate::mail::{Layouts, Mailbox, by_hand};
use crate::submission::{Given, Submission};
use forecourt_domain::base::{LeadId, Refusal, Right};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::enquiry::{Flag, RawEnquiry};
use forecourt_domain::lead::{Raw, RawStorage};
use forecourt_domain::mail::{IncomingMail, MailOutcome};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded, fingerprint};

/// The source of a lead whose mail names none.
const SOURCE: &str = "mail";

/// Returns the values for a lead of a mail: those of its enquiry, or the sender with the subject and the text.
pub(super) fn suggested(mail: &IncomingMail, raw: Option<&[u8]>) -> RawEnquiry {
    let read = raw.map(|raw| by_hand(raw, Layouts::standard()));
    let from_record = || RawEnquiry {
        contact: mail.from.as_deref().and_then(Mailbox::written).map(|sender| sender.as_contact()).unwrap_or_default(),
        message: mail.subject.clone(),
        ..RawEnquiry::default()
    };
    let read = read.unwrap_or_else(from_record);
    let source = read.source.or_else(|| read.provider.clone()).or_else(|| Some(SOURCE.to_owned()));
    RawEnquiry { source, requested_at: Some(mail.received.to_rfc3339()), ..read }
}

pub(crate) async fn make(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::SubmitLeads)?;
    let (dealer, mail) = found(platform, &call, Right::WorkLeads).await?;
    is_safe(&mail)?;
    if !mail.outcome.is_without_lead() {
        return Err(Refusal::conflict("INT-7", "this mail became part of a lead by itself").into());
    }
    let raw = platform.files.get(&mail.object).await?;
    let part = ReceivedEnquiry::of_mail(&call.body, suggested(&mail, raw.as_deref()), note(&mail))?;
    let origin = platform.store.secret().name(&call.scope, &["mail", dealer.id.as_str(), mail.id.as_str()]);
    let submission = Submission {
        scope: call.scope.clone(),
        dealer: dealer.id.clone(),
        format: Format::Json,
        body: Vec::new(),
        idempotency_key: None,
        message_id: None,
        sent_in: String::new(),
        // Nobody could react before: the clock counts from now.
        sent: call.now,
        now: call.now,
        given: Some(Given {
            // One mail makes one lead, whoever makes it and with whatever values.
            body: fingerprint(origin.as_bytes()),
            origin,
            raw: Raw { media_type: Raw::MAIL.into(), storage: RawStorage::InBucket(mail.object.clone()) },
        }),
    };
    let outcome = submission.run_one(platform, part).await?;
    if let Outcome::Refused(problem) = outcome {
        return Err(problem);
    }
    mark(platform, &call, &mail, &outcome).await?;
    answer::of_request(vec![outcome])
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
        let lead = match (outcome, &receipt) {
            (Outcome::Created(lead) | Outcome::Repeated { lead, .. } | Outcome::Updated(lead), _) => lead.id.parse::<LeadId>().ok(),
            (_, Some(receipt)) => loaded.enquiry_receipt(receipt).map(|receipt| receipt.lead),
            _ => None,
        };
        let mail = mail_of(loaded, &key)?;
        let marked = lead.and_then(|lead| mail.made_lead(lead, &call.scope.actor(), call.now));
        Ok((marked.map(|mail| Decision::default().with(Item::IncomingMail(Box::new(mail)))), ()))
    };
    Ok(platform.store.decide(&call.scope, load, rule).await?)
}
