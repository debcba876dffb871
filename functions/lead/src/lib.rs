//! The lead over HTTP: read, list, react, assign, win, lose, reopen.

mod cursor;
mod elements;
mod list;
mod page;
mod work;

pub use elements::{
    CommentBody, CommentView, CommunicationBody, CommunicationView, CountsView, DocumentBody, DocumentView, DownloadView, ElementView,
    ElementsView, LineBody, MoneyBody, QuoteBody, QuoteView, SaysView, TestDriveBody, TestDriveView, TradeInBody, TradeInView, UploadView,
};
pub use list::{BoardRowView, BoardView, LeadListView, LeadRowView};
pub use page::{
    DeadlineView, EntryView, EventView, HeaderView, LeadContactView, LeadPageView, LeadView, MessageView, OpenTaskView, ReactionView,
    StepView, TargetView, TimelineView,
};
pub use work::{
    AgendaView, AssignmentBody, ContactMadeBody, LeadContactBody, LeadContactsView, MetBody, PhoneBody, ReactionBody, StatusBody,
    TargetBody, TaskBody, TaskView, TasksView, TodoView,
};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_edge::{Platform, http};

/// A request of one of this function's routes.
pub async fn handle(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    http::answer(platform, event, async |call| operate(platform, call).await).await
}

async fn operate(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    match call.operation {
        Operation::ListLeads => list::list(platform, &call).await,
        Operation::Board => list::board(platform, &call).await,
        Operation::ReadLead => page::page(platform, &call).await,
        Operation::LogReaction => work::react(platform, &call).await,
        Operation::AssignLead => work::assign(platform, &call).await,
        Operation::SetStatus => work::set_status(platform, &call).await,
        Operation::ClaimLead => work::claim(platform, &call).await,
        Operation::Element(what) => elements::operate(platform, &call, what).await,
        _ => work::operate(platform, &call).await,
    }
}
