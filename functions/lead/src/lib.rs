//! The lead over HTTP: read, list, react, assign, win, lose, reopen.

mod board;
mod body;
mod change;
mod contacts;
mod cursor;
mod deadlines;
mod elements;
mod header;
mod read;
mod rows;
mod search;
mod task_view;
mod tasks;
mod told;
mod view;

pub use body::{AssignmentBody, ReactionBody, StatusBody};
pub use contacts::{LeadContactBody, LeadContactView, LeadContactsView, PhoneBody};
pub use deadlines::{ContactMadeBody, MetBody, TargetBody};
pub use elements::{
    CommentBody, CommentView, CommunicationBody, CommunicationView, CountsView, DocumentBody, DocumentView, DownloadView, ElementView,
    ElementsView, LineBody, MoneyBody, QuoteBody, QuoteView, SaysView, TestDriveBody, TestDriveView, TradeInBody, TradeInView, UploadView,
};
pub use header::{HeaderView, TargetView};
pub use rows::{BoardRowView, BoardView, LeadListView, LeadRowView};
pub use task_view::{AgendaView, OpenTaskView, TaskView, TasksView, TodoView};
pub use tasks::TaskBody;
pub use view::{DeadlineView, EntryView, EventView, LeadPageView, LeadView, MessageView, ReactionView, StepView, TimelineView};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use forecourt_domain::task::Deed;
use forecourt_edge::http::{Answer, Call};
use forecourt_edge::problem::Problem;
use forecourt_edge::routes::{Desk, Operation};
use forecourt_edge::{Platform, http};

/// A request of one of this function's routes.
pub async fn handle(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    http::answer(platform, event, async |call| operate(platform, call).await).await
}

async fn operate(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    match call.operation {
        Operation::ListLeads => read::list(platform, &call).await,
        Operation::Board => board::board(platform, &call).await,
        Operation::ReadLead => read::page(platform, &call).await,
        Operation::Desk(desk) => on_the_desk(platform, &call, desk).await,
        Operation::LogReaction => change::react(platform, &call).await,
        Operation::AssignLead => change::assign(platform, &call).await,
        Operation::SetStatus => change::set_status(platform, &call).await,
        Operation::ClaimLead => change::claim(platform, &call).await,
        Operation::Element(what) => elements::operate(platform, &call, what).await,
        _ => Err(Problem::not_found("this route belongs to another function")),
    }
}

async fn on_the_desk(platform: &Platform, call: &Call, desk: Desk) -> Result<Answer, Problem> {
    match desk {
        Desk::ReadTimeline => read::timeline(platform, call).await,
        Desk::SetDeadline => deadlines::set(platform, call).await,
        Desk::ChangeDeadline => deadlines::modify(platform, call).await,
        Desk::MeetDeadline => deadlines::meet(platform, call).await,
        Desk::DropDeadline => deadlines::drop(platform, call).await,
        Desk::ContactMade => deadlines::contact_made(platform, call).await,
        Desk::CreateTask => tasks::create(platform, call).await,
        Desk::LeadTasks => tasks::of_lead(platform, call).await,
        Desk::ReadTask => tasks::read(platform, call).await,
        Desk::ChangeTask => tasks::modify(platform, call).await,
        Desk::CompleteTask => tasks::complete(platform, call).await,
        Desk::ReopenTask => tasks::settle(platform, call, Deed::Reopen).await,
        Desk::DeleteTask => tasks::settle(platform, call, Deed::Delete).await,
        Desk::ListTasks => tasks::of_dealer(platform, call).await,
        Desk::AddContact => contacts::add(platform, call).await,
        Desk::CorrectContact => contacts::correct(platform, call).await,
        Desk::RemoveContact => contacts::remove(platform, call).await,
    }
}
