//! Text messages in: each message to the number of a dealer joins the customer's lead, stops messages to the customer, becomes a lead, or
//! waits in the inbox (MSG-3).
//!
//! - **Trigger**: AWS End User Messaging publishes a message to a topic, and the queue of texts keeps it. The number to which it was sent
//!   names the group and the dealer.
//! - **Reads**: the claim on the number and the dealer, then the receipt, the stops and the directory's record of the sender's number, the
//!   leads of the record and their enquiries.
//! - **Writes**: one transaction with the receipt: the lead with timeline entry, communication and notice; or the stop; or a new lead.
//! - **Repeats**: the receipt is named by the provider's id of the message, so that a doubled notice changes nothing.
//!
//! `notice` reads the message, `sender` finds the leads of a number and decides, `inbox` keeps a message of which no lead can be made.

mod inbox;
mod notice;
mod sender;

use crate::answer::{self, Outcome};
use crate::limit::EnquiryLimit;
use crate::storing::{Record, Storing};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{LeadId, Phone, Refusal};
use forecourt_domain::decision::Item;
use forecourt_domain::enquiry::{RawContact, RawEnquiry, RawPhone, Tolerance};
use forecourt_domain::lead::{Raw, RawStorage};
use forecourt_domain::messages::{Reply, TextCommand};
use forecourt_domain::people::ReceivedRequest;
use forecourt_domain::rules::lead::intake::Arrival;
use forecourt_domain::settings::{Dealer, TextNumber};
use forecourt_edge::formats::packed;
use forecourt_edge::{Platform, queue};
use forecourt_store::Failure;
pub(crate) use inbox::REASON;
use notice::Notice;
use sender::Settled;

/// The source of a lead that a text message makes.
pub(crate) const SOURCE: &str = "sms";
/// The media type of a raw text message.
const MEDIA_TYPE: &str = "application/json";

/// Handles a batch of the queue of text messages.
pub async fn messages(platform: &Platform, event: SqsEvent) -> SqsBatchResponse {
    queue::each(platform, event, async |message| receive(platform, message).await).await
}

/// Handles one text message. Returns its id for the log.
async fn receive(platform: &Platform, message: SqsMessage) -> Result<String, Failure> {
    let Some(notice) = Notice::read(message.body.as_deref().unwrap_or_default())? else { return Ok("no text message".to_owned()) };
    let claim = platform.store.claim_on_number(&notice.to).await?;
    let Some(TextNumber { group, dealer: Some(dealer), .. }) = claim else { return Err(without_dealer()) };
    let scope = Scope::mail(group);
    let dealer = platform.store.dealer(&scope, &dealer).await?;
    let dealer = dealer.filter(|dealer| dealer.settings.text_number.as_ref() == Some(&notice.to)).ok_or_else(without_dealer)?;
    let key = platform.store.secret().name(&scope, &["text", dealer.id.as_str(), &notice.message_id]);
    let now = platform.clock.now();
    let text = ReceivedText { platform, scope: &scope, dealer: &dealer, notice: &notice, at: notice.received_at_or(now), now, key };
    Box::pin(text.settle()).await?;
    Ok(notice.message_id)
}

/// No dealer has the number: the message becomes a dead letter, so that it is not lost, and the operator is notified.
fn without_dealer() -> Failure {
    Failure::Refused(Refusal::Malformed("no dealer has the number to which the text message was sent (setting text_number)".to_owned()))
}

/// A text message to a dealer.
struct ReceivedText<'a> {
    platform: &'a Platform,
    scope: &'a Scope,
    dealer: &'a Dealer,
    notice: &'a Notice,
    /// When the provider received it.
    at: DateTime<Utc>,
    now: DateTime<Utc>,
    /// The name of its receipt.
    key: String,
}

impl ReceivedText<'_> {
    /// The sender's number in E.164. `None` if the sender is a short code or a name: it takes no answer.
    fn number(&self) -> Option<&str> {
        let from = self.notice.from.as_str();
        (Phone::read(from, self.dealer.settings.country).texted() == Some(from)).then_some(from)
    }

    async fn settle(&self) -> Result<(), Failure> {
        let Some(number) = self.number() else {
            return self.put_in_inbox("a text message of a sender without a telephone number, who cannot be answered").await;
        };
        let command = TextCommand::of(&self.notice.text);
        match self.of_sender(number, command).await? {
            Settled::Done => Ok(()),
            Settled::Full => self.put_in_inbox("a text message to a lead that has too many messages").await,
            Settled::WithoutLead if command == Some(TextCommand::Help) => {
                self.put_in_inbox("a text message that asks the provider for help, of a sender without a lead").await
            }
            Settled::WithoutLead if Reply::of(&self.notice.text).is_some() => {
                self.put_in_inbox("a text message of one word that answers no question, of a sender without a lead").await
            }
            Settled::WithoutLead if self.notice.text.is_empty() => {
                self.put_in_inbox("a text message without a text, of a sender without a lead").await
            }
            Settled::WithoutLead => self.make_lead(number).await,
        }
    }

    /// Returns the raw message, packed.
    fn raw(&self) -> Result<Raw, Failure> {
        Ok(Raw { media_type: MEDIA_TYPE.to_owned(), storage: RawStorage::Here(packed::pack(self.notice.raw.as_bytes())?) })
    }

    /// Returns the receipt of the message. It is part of the transaction that settles it.
    fn receipt(&self, answer: String) -> Item {
        Item::ReceivedRequest(ReceivedRequest {
            key: self.key.clone(),
            body: String::new(),
            answer,
            until: self.now + ReceivedRequest::KEPT,
        })
    }

    /// Stores the message of a person without an open lead as an enquiry.
    async fn make_lead(&self, number: &str) -> Result<(), Failure> {
        let Self { platform, scope, dealer, notice, .. } = *self;
        let limit = EnquiryLimit::of(platform, scope, self.now);
        limit.check().map_err(answer::as_failure)?;
        let phone = RawPhone { number: number.to_owned(), kind: Some("mobile".to_owned()), time: None };
        let raw = RawEnquiry {
            contact: RawContact { phones: vec![phone], ..RawContact::default() },
            message: Some(notice.text.clone()),
            ..RawEnquiry::default()
        };
        let settings = &dealer.settings;
        let enquiry = raw.check(settings.country, settings.calendar.zone(), SOURCE, Tolerance::Lenient);
        let enquiry = enquiry.map_err(|faults| Failure::Refused(Refusal::Invalid(faults)))?;
        let secret = platform.store.secret();
        let arrival = Arrival {
            origin: secret.name(scope, &["text-lead", dealer.id.as_str(), &notice.message_id]),
            body: secret.name(scope, &["text-body", &notice.text]),
            receipt: None,
            request: Some(self.key.clone()),
            attachments: Vec::new(),
            mail: None,
            raw: self.raw()?,
            by: scope.actor(),
            resend: false,
            automatic: false,
            mailbox: None,
            unknown_site: None,
            sent: self.at,
            at: self.now,
            enquiry,
        };
        let item = |lead: LeadId| self.receipt(lead.to_string());
        let record = Record { key: self.receipt_key(), item: &item };
        let storing = Storing { platform, scope, addressed: &dealer.id, dealer, record: Some(record), files: &[] };
        let outcome = storing.store(arrival, None).await?;
        limit.count(usize::from(outcome.as_ref().is_some_and(Outcome::is_new))).await;
        Ok(())
    }
}
