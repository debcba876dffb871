//! `POST /dealers/{dealer}/mails/{mail}/lead`: a user makes a lead of a mail (INT-7).

use super::{found, is_safe, mail_of};
use crate::answer::{self, Outcome};
use crate::format::ReceivedEnquiry;
use crate::limit::EnquiryLimit;
use crate::lookup::{Sited, site};
use crate::mail::{Layouts, Mailbox, by_hand};
use crate::storing::Storing;
use forecourt_domain::base::{Refusal, Right};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::enquiry::{Flag, RawEnquiry};
use forecourt_domain::lead::{Raw, RawStorage};
use forecourt_domain::mail::{IncomingMail, MailOutcome};
use forecourt_domain::rules::lead::intake::Arrival;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, fingerprint};

/// The source of a lead whose mail names none.
const SOURCE: &str = "mail";

/// Returns the values for a lead of a mail: those of its enquiry, or the sender with the subject and the text.
pub(super) fn suggested(dealer: &Dealer, mail: &IncomingMail, raw: Option<&[u8]>) -> RawEnquiry {
    let own = Layouts::standard().with(dealer.settings.mail_layouts.clone()).ok();
    let read = raw.map(|raw| by_hand(raw, own.as_ref().unwrap_or_else(|| Layouts::standard())));
    let from_record = || RawEnquiry {
        contact: mail.from.as_deref().and_then(Mailbox::in_text).map(|sender| sender.as_contact()).unwrap_or_default(),
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
    let part = ReceivedEnquiry::of_mail(&call.body, suggested(&dealer, &mail, raw.as_deref()), note(&mail))?;
    let outcome = store(platform, &call, (&dealer, &mail), &part).await?;
    mark(platform, &call, &mail, &outcome).await?;
    answer::of_request(vec![outcome])
}

/// Stores the enquiry of a mail as a lead.
async fn store(
    platform: &Platform,
    call: &Call,
    (addressed, mail): (&Dealer, &IncomingMail),
    part: &ReceivedEnquiry,
) -> Result<Outcome, Problem> {
    let (scope, now) = (&call.scope, call.now);
    let limit = EnquiryLimit::of(platform, scope, now);
    limit.check()?;
    let enquiry = part.check(addressed, SOURCE).map_err(Problem::invalid)?;
    let Sited { other, unknown_site } = site(platform, scope, addressed, &enquiry).await?;
    let mailbox = other.as_ref().map(|_| addressed.id.clone());
    let name = |what: &str| platform.store.secret().name(scope, &[what, addressed.id.as_str(), mail.id.as_str()]);
    let origin = name("mail-by-hand");
    let arrival = Arrival {
        // One mail makes one lead, whoever makes it and with whatever values: also if the contact of one of them has a lead in progress.
        body: fingerprint(origin.as_bytes()),
        origin,
        receipt: Some(name("mail-made")),
        request: None,
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
    let storing = Storing { platform, scope, addressed: &addressed.id, dealer, record: None };
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
