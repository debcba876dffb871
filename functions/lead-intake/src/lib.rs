//! Lead intake: turns an enquiry into a lead before it answers (INT-1 to INT-5, INT-9).
//!
//! - **Triggers**: HTTP API requests (`SubmitLead`, `DryRun`, and those of the inbox), batches of the partner queue, which carry JSON or
//!   ADF, batches of the mail queue, which name received mails in the bucket, and of the queue of text messages.
//! - **Reads**: the dealer, then in one consistent read the lead of the derived number, the rotation or pool, the contact directory and the
//!   receipts of earlier enquiries; with declarations of consent also what is stored about the addresses.
//! - **Writes**: per enquiry one conditional transaction: lead, enquiry, contact records, receipts, timeline, deadlines, and the next turn
//!   of the rotation. The raw input is kept next to the lead if it is small, otherwise in the bucket, before the commit.
//! - **Repeats**: the lead's number is derived from the sender's id of the enquiry, so a repeated enquiry finds the first lead and gets the
//!   first answer.
//! - **Senders who may not read the lead** get a receipt, which is the same whether the person is known (`ReadEnquiry` shows it again).
//!   Only their own receipts decide whether an enquiry is a repeat.
//! - **Failure**: HTTP callers get a problem document. A queue message with a refused enquiry becomes a dead letter with the reason; after
//!   a temporary failure it returns to the queue, for twelve hours at least. The response clock counts from when the partner sent it. A
//!   contended rotation is left to the assign function: the lead is stored without an owner.
//! - **Dry run**: the same rule on the same data, without a write (SET-9).
//!
//! [`adf`] reads ADF documents, [`mail`] mails, `format` turns a body into enquiries, `submission`, [`mail_in`] and [`text_in`] store
//! them by `storing`, `attached` the files of their attachments, `message` makes a mail a message of its lead, `lead_mail` shows it,
//! `limit` counts a sender's enquiries, `candidate` decides an attempt with the items that `lookup` finds, `answer` builds the responses.
//! `inbox` lists and shows mails, and makes leads of those that made none (INT-7).

pub mod adf;
mod answer;
mod attached;
mod body;
mod candidate;
mod dry_run;
mod format;
mod inbox;
mod lead_mail;
mod limit;
mod lookup;
pub mod mail;
pub mod mail_in;
mod message;
mod queue_time;
mod storing;
mod submission;
pub mod text_in;

pub use answer::{EnquiryAccepted, EnquiryReceiptView, LeadCreated, Outcome, Outcomes};
pub use body::{ContactBody, DeclarationBody, EnquiryBody, EnquiryVehicleBody, MailLeadBody};
pub use dry_run::{DeadlinesView, DryRunBody, DryRunView, PassedOverView, SpanView, StepAtView};
pub use inbox::{
    MailFileView, MailHandledView, MailLeadRef, MailListView, MailOutcomeView, MailPageView, MailResult, MailResultsView, MailStepView,
    MailTrialBody, MailTrialView, MailView, MailsBody, SuggestedLead, TriedEnquiryView, TriedLabelView, VerdictsView,
};
pub use lead_mail::{LeadMailView, MailboxView};

use crate::submission::Submission;
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use forecourt_domain::base::{DealerId, Refusal, Right};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::queue::partner::{self, Origin, PartnerQueue};
use forecourt_edge::routes::Operation;
use forecourt_edge::{Platform, http};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load};
use format::Format;
use serde_json::Value;

/// The ARNs of the queues that only AWS fills. AWS states the queue of a message, so that no partner can send the notice of a mail or of a
/// text message.
#[derive(Debug, Clone, Default)]
pub struct OwnQueues {
    /// The mail queue. `None` if the stack receives no mail.
    pub mails: Option<String>,
    /// The queue of text messages. `None` if the stack receives none.
    pub texts: Option<String>,
}

/// Handles the event of the function: an HTTP request, or a batch of the partner queue, of the mail queue or of the queue of text messages.
///
/// # Errors
/// Fails if the event is none of them.
pub async fn handle(
    platform: &Platform,
    partners: &dyn PartnerQueue,
    queues: &OwnQueues,
    event: Value,
) -> Result<Value, lambda_runtime::Error> {
    let queue = event.pointer("/Records/0/eventSourceARN").and_then(Value::as_str);
    Ok(match event.get("Records") {
        Some(_) if queue.is_some() && queue == queues.mails.as_deref() => {
            serde_json::to_value(mail_in::messages(platform, serde_json::from_value(event)?).await)?
        }
        Some(_) if queue.is_some() && queue == queues.texts.as_deref() => {
            serde_json::to_value(text_in::messages(platform, serde_json::from_value(event)?).await)?
        }
        Some(_) => serde_json::to_value(messages(platform, partners, serde_json::from_value(event)?).await)?,
        None => serde_json::to_value(request(platform, serde_json::from_value(event)?).await)?,
    })
}

/// Answers `POST /dealers/{dealer}/leads` and the dry run.
pub async fn request(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    http::answer(platform, event, async |call| operate(platform, call).await).await
}

async fn operate(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    match call.operation {
        Operation::SubmitLead => submit_request(platform, call).await,
        Operation::DryRun => dry_run::dry_run(platform, &call).await,
        Operation::ReadEnquiry => read_enquiry(platform, &call).await,
        Operation::ReadLeadMail => lead_mail::read(platform, &call).await,
        Operation::ListMails => inbox::list(platform, &call).await,
        Operation::ReadMail => inbox::page(platform, &call).await,
        Operation::ReadRawMail => inbox::raw(platform, &call).await,
        Operation::MakeLeadOfMail => Box::pin(inbox::make(platform, call)).await,
        Operation::CompleteMail => inbox::complete(platform, &call).await,
        Operation::CompleteMails => Box::pin(inbox::complete_many(platform, &call)).await,
        Operation::TryMailLayouts => inbox::try_layouts(platform, &call).await,
        Operation::ReopenMail => inbox::reopen(platform, &call).await,
        _ => Err(Problem::wrong_function()),
    }
}

/// Answers `GET /enquiries/{receipt}`: for the sender of the enquiry, without a word about its lead.
async fn read_enquiry(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::SubmitLeads)?;
    let id: String = call.part("receipt", "enquiry")?;
    let loaded = platform.store.load(&call.scope, &Load::of([Key::EnquiryReceipt(id.clone())])).await?;
    let receipt = loaded.enquiry_receipt(&id).filter(|receipt| receipt.by == call.scope.actor());
    let receipt = receipt.ok_or(Refusal::NotFound("enquiry"))?;
    Ok(Answer::new(200, &EnquiryReceiptView::of(receipt, &receipt.flags))?.about(&id))
}

async fn submit_request(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::SubmitLeads).map_err(Problem::from)?;
    let dealer = call.part("dealer", "dealer")?;
    let media_type = call.media_type();
    let format = match media_type.as_deref() {
        Some("application/json") => Format::Json,
        Some("application/adf+xml" | "application/xml" | "text/xml") => Format::Adf,
        Some(other) => return Err(Problem::media_type(format!("send application/json or application/adf+xml, not {other}"))),
        None => return Err(Problem::media_type("Content-Type header required: application/json or application/adf+xml")),
    };
    let Call { scope, body, now, idempotency_key, .. } = call;
    let submission = Submission { scope, dealer, format, body, idempotency_key, message_id: None, sent_in: String::new(), sent: now, now };
    let outcomes = submission.run(platform).await?;
    answer::of_request(outcomes)
}

/// Handles a batch of the partner queue.
pub async fn messages(platform: &Platform, partners: &dyn PartnerQueue, event: SqsEvent) -> SqsBatchResponse {
    partner::each(platform, partners, event, async |message| submit_message(platform, message).await).await
}

async fn submit_message(platform: &Platform, message: SqsMessage) -> Result<String, Failure> {
    let scope = partner::sender(platform, &message).await?;
    let origin = Origin::of(platform, &message);
    let body = message.body.clone().unwrap_or_default().into_bytes();
    let format = Format::guess(&body);
    let named = partner::dealer(&message).map(str::to_owned).or_else(|| format.dealer_in(&body));
    let dealer = named.as_deref().and_then(|text| DealerId::parse(text.trim()).ok());
    let missing = || {
        Refusal::field("dealer", "INT-10", "is required: as message attribute 'dealer', as 'dealer' in JSON, or as the vendor's id in ADF")
    };
    let dealer = dealer.ok_or_else(missing)?;
    let now = platform.clock.now();
    // A redelivery has the same month.
    let sent_in = origin.sent.map(|at| at.format("%Y-%m").to_string()).unwrap_or_default();
    let submission = Submission {
        scope,
        dealer,
        format,
        body,
        idempotency_key: None,
        message_id: message.message_id,
        sent_in,
        sent: origin.sent_at_or(now),
        now,
    };
    let outcomes = submission.run(platform).await.map_err(answer::as_failure)?;
    answer::of_message(outcomes)
}
