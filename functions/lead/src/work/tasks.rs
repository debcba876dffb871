//! Tasks of a lead, and a dealer's list of open tasks and deadlines (LEAD-4).

use super::deadlines::MetBody;
use super::task_view::{AgendaView, TaskView, TasksView};
use crate::cursor;
use forecourt_domain::base::{DealerId, Fault, LeadId, Refusal, Right, TaskId, UserId, numbered};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::{Lead, Task};
use forecourt_domain::reports::Period;
use forecourt_domain::rules::lead::task::{self, TaskAction, TaskChange};
use forecourt_edge::Platform;
use forecourt_edge::formats::json::{Loose, Text, time};
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_edge::usecase::lead::{self, LeadContext, LeadRequest, made};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded, Todo, WorkQuery};
use serde::Deserialize;
use utoipa::ToSchema;

/// The default page size of the task lists.
const DEFAULT_PAGE: usize = 25;

/// A task (LEAD-4).
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"title": "Photograph the trade-in", "start": "2026-11-25T10:00:00+01:00", "minutes": 30, "assignee": "ben.krause"}))]
pub struct TaskBody {
    /// Title, up to 100 characters.
    #[schema(value_type = String, max_length = 100)]
    title: Loose<Text>,
    /// Start, RFC 3339, within ten years.
    #[schema(value_type = String)]
    start: Loose<Text>,
    /// Duration, 1 to 1,440 minutes.
    #[schema(value_type = u32, minimum = 1, maximum = 1_440)]
    minutes: Loose<u32>,
    /// A user who works at the lead's dealer; the lead's owner if empty or absent.
    #[schema(value_type = Option<String>)]
    assignee: Loose<Text>,
}

impl TaskBody {
    fn check(self) -> Result<TaskChange, Refusal> {
        let mut faults = Vec::new();
        let assignee = self.assignee.text("assignee", &mut faults).map(|user| match user.trim() {
            "" => Ok(None),
            user => UserId::parse(user).map(Some),
        });
        if let Some(Err(e)) = &assignee {
            faults.push(Fault::new("assignee", "LEAD-4", e.to_string()));
        }
        let wanted = TaskChange {
            title: self.title.text("title", &mut faults),
            start: time(self.start, "start", "LEAD-4", &mut faults),
            minutes: self.minutes.take("minutes", "a whole number", &mut faults),
            assignee: assignee.and_then(Result::ok),
        };
        if faults.is_empty() { Ok(wanted) } else { Err(Refusal::Invalid(faults)) }
    }
}

/// `POST /leads/{id}/tasks`.
pub(crate) async fn create(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let id: LeadId = call.part("id", "lead")?;
    let wanted = call.json::<TaskBody>()?.check()?;
    // The task of an earlier attempt is read so that a repeated request gets the same response.
    let known = |loaded: &Loaded| made(platform, call, id, None, loaded).map(|version| Key::Task(id, numbered(version)));
    let also = |loaded: &Loaded| known(loaded).into_iter().collect();
    let by = call.scope.actor();
    let rule = |context: LeadContext<'_>| task::create(context.input(&by, call.now), &wanted).map(Some);
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| {
        let name: TaskId = numbered(made(platform, call, id, decision, loaded).unwrap_or_default());
        (task_of(decision, loaded, id, &name).map(|task| TaskView::of(task, lead, call.now)), lead.version)
    };
    let (view, version) = lead::change(LeadRequest::of(platform, call, id), &also, rule, shown).await?;
    let view = view.ok_or(Refusal::NotFound("task"))?;
    let location = format!("/leads/{id}/tasks/{}", view.id);
    Ok(Answer::new(201, &view)?.header("etag", format!("\"{version}\"")).header("location", location).about(&id))
}

/// `PATCH /leads/{id}/tasks/{task}`.
pub(crate) async fn modify(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let wanted = call.json::<TaskBody>()?.check()?;
    let by = call.scope.actor();
    with_task(platform, call, |context, task| task::change(context.input(&by, call.now), task, &wanted)).await
}

/// `POST /leads/{id}/tasks/{task}/completion`.
pub(crate) async fn complete(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let note = call.json::<MetBody>()?.check()?;
    settle(platform, call, TaskAction::Complete { note }).await
}

/// Completes, reopens or deletes a task.
pub(crate) async fn settle(platform: &Platform, call: &Call, action: TaskAction) -> Result<Answer, Problem> {
    let by = call.scope.actor();
    with_task(platform, call, |context, task| task::settle(context.input(&by, call.now), task, action.clone())).await
}

async fn with_task(
    platform: &Platform,
    call: &Call,
    rule: impl Fn(LeadContext<'_>, &Task) -> Result<Option<Decision>, Refusal>,
) -> Result<Answer, Problem> {
    let (id, name): (LeadId, TaskId) = (call.part("id", "lead")?, call.part("task", "task")?);
    let also = |_: &Loaded| vec![Key::Task(id, name.clone())];
    let rule = |context: LeadContext<'_>| rule(context, context.loaded.task(id, &name).ok_or(Refusal::NotFound("task"))?);
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| {
        (task_of(decision, loaded, id, &name).map(|task| TaskView::of(task, lead, call.now)), lead.version)
    };
    let (view, version) = lead::change(LeadRequest::of(platform, call, id), &also, rule, shown).await?;
    let view = view.ok_or(Refusal::NotFound("task"))?;
    Ok(Answer::new(200, &view)?.header("etag", format!("\"{version}\"")).about(&id))
}

/// Returns the task of the decision, otherwise the stored task.
fn task_of<'a>(decision: Option<&'a Decision>, loaded: &'a Loaded, lead: LeadId, name: &TaskId) -> Option<&'a Task> {
    let decided =
        decision.and_then(|decision| decision.items.iter().find_map(|item| if let Item::Task(task) = item { Some(&**task) } else { None }));
    decided.or_else(|| loaded.task(lead, name))
}

/// `GET /leads/{id}/tasks/{task}`, for users who may read the lead and for the assignee.
pub(crate) async fn read(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let (id, name): (LeadId, TaskId) = (call.part("id", "lead")?, call.part("task", "task")?);
    let loaded = platform.store.load(&call.scope, &Load::of([Key::Lead(id), Key::Task(id, name.clone())])).await?;
    let lead = loaded.lead(id).ok_or(Refusal::NotFound("lead"))?;
    let dealer = platform.store.dealer(&call.scope, &lead.dealer).await?.ok_or(Refusal::NotFound("lead"))?;
    let task = loaded.task(id, &name);
    lead::reads_given(call, lead, &dealer, task.and_then(|task| task.work.assignee.as_ref()))?;
    let task = task.ok_or(Refusal::NotFound("task"))?;
    Ok(Answer::new(200, &TaskView::of(task, lead, call.now))?.header("etag", format!("\"{}\"", lead.version)).about(&id))
}

/// `GET /leads/{id}/tasks`: returns all tasks of a lead, newest first; done and deleted tasks included.
pub(crate) async fn of_lead(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let mut queries = Queries::of(call, "LEAD-4");
    let (limit, before) = (queries.limit(DEFAULT_PAGE), cursor::read(&mut queries, id));
    queries.done()?;
    let (store, lead) = (&platform.store, Load::of([Key::Lead(id)]));
    let (loaded, tasks) = tokio::try_join!(store.load(&call.scope, &lead), store.tasks(&call.scope, id, before, limit + 1))?;
    let lead = lead::readable(platform, call, loaded.lead(id)).await?;
    cursor::check_reached(before, lead, "LEAD-4")?;
    let answer = Answer::new(200, &TasksView::of(&tasks, lead, limit, call.now))?;
    Ok(answer.header("etag", format!("\"{}\"", lead.version)).about(&id))
}

/// `GET /dealers/{dealer}/tasks`: returns the open tasks and deadlines of the users whose leads the caller may see, ordered by date.
pub(crate) async fn of_dealer(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    let store = &platform.store;
    let dealer = store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?;
    let mut queries = Queries::of(call, "LEAD-4");
    let limit = queries.limit(DEFAULT_PAGE);
    let owner = queries.parse::<UserId>("owner", "the id of a user");
    let Period { from, until } = queries.period(["from", "until"], &dealer.settings.calendar);
    queries.done()?;
    let sees = |user: &UserId| call.scope.sees_leads_of(Some(user), &dealer.settings, call.now);
    let users: Vec<UserId> = match &owner {
        Some(owner) => [owner.clone()].into_iter().filter(sees).collect(),
        None => dealer.workers().filter(|user| sees(user)).cloned().collect(),
    };
    let query = WorkQuery { users: &users, from, until, cursor: call.query("cursor"), limit, selective: false };
    let agenda = store.agenda(&call.scope, &id, query).await?;
    // An assigned task does not hold the contact's name, so the leads of these tasks are read. The name is shown only to users who may see
    // the lead.
    let given = agenda.todos.iter().filter_map(|todo| if let Todo::Given(task) = todo { Some(Key::Lead(task.lead)) } else { None });
    let given: Vec<Key> = given.collect();
    let leads = if given.is_empty() { Loaded::default() } else { store.load(&call.scope, &Load::of(given)).await? };
    let readable = |lead: &Lead| lead.dealer == id && call.scope.sees_leads_of(lead.owner.as_ref(), &dealer.settings, call.now);
    Ok(Answer::new(200, &AgendaView::of(&agenda, |id| leads.lead(id).filter(|lead| readable(lead)), call.now))?.about(&id))
}
