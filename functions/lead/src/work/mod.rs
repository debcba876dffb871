//! Changes of a lead: reactions, status, assignment, deadlines, tasks, contacts.

mod assignment;
mod body;
mod consents;
mod contacts;
mod deadlines;
mod plan;
mod preview;
mod status;
mod stops;
mod task_view;
mod tasks;

pub(crate) use assignment::{assign, claim};
pub use body::ReactionBody;
pub use consents::{ConsentBody, ConsentView, ConsentsView};
pub use contacts::{LeadContactBody, LeadContactsView, PhoneBody};
pub use deadlines::{ContactMadeBody, MetBody, TargetBody};
pub use forecourt_edge::usecase::{assignment::AssignmentBody, follow_up::PlanStartBody, status::StatusBody};
pub use preview::{MessagePreviewBody, MessagePreviewView};
pub(crate) use status::{react, set_status};
pub use stops::{LiftBody, StopBody, StopView, StopsView};
pub use task_view::{AgendaView, TaskView, TasksView, TodoView};
pub use tasks::TaskBody;

use crate::page::{self, LeadView};
use forecourt_domain::base::{LeadId, Refusal, Right};
use forecourt_domain::decision::Decision;
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::lead::task::TaskAction;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_edge::usecase::lead::{self, LeadContext, LeadRequest};
use forecourt_store::Loaded;
use forecourt_store::keys::Key;

pub(crate) async fn operate(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    match call.operation {
        Operation::ReadTimeline => page::timeline(platform, call).await,
        Operation::SetDeadline => deadlines::set(platform, call).await,
        Operation::ChangeDeadline => deadlines::modify(platform, call).await,
        Operation::ApproveDeadline => deadlines::approve(platform, call).await,
        Operation::MeetDeadline => deadlines::meet(platform, call).await,
        Operation::DropDeadline => deadlines::drop(platform, call).await,
        Operation::ContactMade => deadlines::contact_made(platform, call).await,
        Operation::CreateTask => tasks::create(platform, call).await,
        Operation::LeadTasks => tasks::of_lead(platform, call).await,
        Operation::ReadTask => tasks::read(platform, call).await,
        Operation::ChangeTask => tasks::modify(platform, call).await,
        Operation::CompleteTask => tasks::complete(platform, call).await,
        Operation::ReopenTask => tasks::settle(platform, call, TaskAction::Reopen).await,
        Operation::DeleteTask => tasks::settle(platform, call, TaskAction::Delete).await,
        Operation::ListTasks => tasks::of_dealer(platform, call).await,
        Operation::AddContact => contacts::add(platform, call).await,
        Operation::CorrectContact => contacts::correct(platform, call).await,
        Operation::RemoveContact => contacts::remove(platform, call).await,
        Operation::ListStops => stops::list(platform, call).await,
        Operation::AddStop => stops::add(platform, call).await,
        Operation::LiftStop => stops::lift(platform, call).await,
        Operation::ListConsents => consents::list(platform, call).await,
        Operation::AddConsent => consents::add(platform, call).await,
        Operation::StartPlan => plan::start(platform, call).await,
        Operation::StopPlan => plan::stop(platform, call).await,
        Operation::PreviewMessage => preview::preview(platform, call).await,
        _ => Err(Problem::wrong_function()),
    }
}

/// Applies `rule` to the lead of the request and answers with the changed lead. `also` names further items that the rule needs.
async fn change(
    platform: &Platform,
    call: &Call,
    right: Right,
    also: &(dyn Fn(&Loaded) -> Vec<Key> + Send + Sync),
    rule: impl Fn(LeadContext<'_>) -> Result<Option<Decision>, Refusal>,
) -> Result<Answer, Problem> {
    let id: LeadId = call.part("id", "lead")?;
    let lead = lead::change(LeadRequest { platform, call, id, right }, also, rule, |lead, _, _| lead.clone()).await?;
    answered(&lead, call)
}

/// Answers with the changed lead.
fn answered(lead: &Lead, call: &Call) -> Result<Answer, Problem> {
    Ok(Answer::new(200, &LeadView::of(lead, call.now))?.header("etag", format!("\"{}\"", lead.version)).about(&lead.id))
}
