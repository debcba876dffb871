//! The lead over HTTP: lists, the lead's page, and everything that users do with one lead.
//!
//! - **Triggers**: HTTP requests of the routes that the route table gives to this function.
//! - **Reads**: the lead, its dealer's settings, and the items that the operation needs (enquiry, events, tasks, elements, letters,
//!   directory records) in one consistent read. Lists and the board read indexes, which lag by some milliseconds.
//!   Whether lists changed is read from the dealer's pulse.
//! - **Writes**: every change is one conditional transaction of [`forecourt_store::Store::decide`]: the lead, a timeline entry,
//!   and the items that the rule adds. A request for changes of lists announces that the pulse is needed.
//! - **Files**: documents are uploaded and downloaded by signed links; the first bytes are checked when the upload is completed, and the
//!   verdict of the malware scan before a download. The table is updated before the bucket is cleaned.
//! - **Failure**: an error is a problem document. On a conflict the rule runs again on fresh items; after the last attempt the answer is
//!   503 with `Retry-After`. A repeated request with the same `Idempotency-Key` gets the first answer.
//!
//! Modules: `list` holds the lists, `page` the lead as clients see it, `work` reactions, status, assignment, deadlines, tasks and contacts,
//! `elements` trade-ins, quotes, test drives, comments, documents and communication, `canned` canned answers. `page` uses `elements`,
//! `list` and `work` use `page`.

mod canned;
mod cursor;
mod elements;
mod list;
mod page;
mod undelivered;
mod work;

pub use canned::{CannedAnswerView, CannedAnswersView};
pub use elements::{
    AttachedQuoteView, AttachedView, CommentBody, CommentView, CommunicationBody, CommunicationView, ContactAddressView, ContentView,
    CountsView, DocumentBody, DocumentView, DownloadView, ElementView, ElementsView, LineBody, MessageOptionsView, MoneyBody,
    PurposeRefusalsView, QuoteBody, QuoteView, ReceivedMailView, RecipientView, RefusedAttachmentView, TestDriveBody, TestDriveView,
    TradeInBody, TradeInView, UploadView,
};
pub use list::{
    BoardRowView, BoardView, ChangesView, FoundLeadView, FoundLeadsView, LeadListView, LeadRowView, LeadSearchBody, RowActionView,
};
pub use page::{
    DeadlineRequestView, DeadlineView, EntryView, EventView, HeaderView, LeadContactView, LeadPageView, LeadPlanStepView, LeadPlanView,
    LeadView, MessageView, OpenTaskView, PlanChoiceView, ReactionView, StepView, TargetView, TimelineView,
};
pub use undelivered::{UndeliveredListView, UndeliveredView};
pub use work::{
    AgendaView, AssignmentBody, ConsentBody, ConsentView, ConsentsView, ContactMadeBody, LeadContactBody, LeadContactsView, LiftBody,
    MessagePreviewBody, MessagePreviewView, MetBody, PhoneBody, PlanStartBody, ReactionBody, StatusBody, StopBody, StopView, StopsView,
    TargetBody, TaskBody, TaskView, TasksView, TodoView,
};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_edge::{Platform, http};

/// Answers a request of one of this function's routes.
pub async fn handle(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    http::answer(platform, event, async |call| operate(platform, call).await).await
}

async fn operate(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    match call.operation {
        Operation::ListLeads => list::list(platform, &call).await,
        Operation::Board => list::board(platform, &call).await,
        Operation::ReadChanges => list::changes(platform, &call).await,
        Operation::FindLeads => list::find(platform, &call).await,
        Operation::ReadLead => page::page(platform, &call).await,
        Operation::ReadRawInput => page::raw(platform, &call).await,
        Operation::LogReaction => work::react(platform, &call).await,
        Operation::AssignLead => work::assign(platform, &call).await,
        Operation::SetStatus => work::set_status(platform, &call).await,
        Operation::ClaimLead => work::claim(platform, &call).await,
        Operation::ListUndelivered => undelivered::list(platform, &call).await,
        Operation::Resend => undelivered::resend(platform, &call).await,
        Operation::ListCannedAnswers => canned::list(platform, &call).await,
        Operation::ReadMessageOptions => Box::pin(elements::message_options(platform, &call)).await,
        Operation::Element(what) => Box::pin(elements::operate(platform, &call, what)).await,
        _ => work::operate(platform, &call).await,
    }
}
