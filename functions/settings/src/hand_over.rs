//! Hand-overs: the request for one, its preview, the work of a user, and the views of orders (DIS-12).

use crate::dealer::current;
use crate::members::counting_key;
use chrono::{DateTime, Utc};
use forecourt_domain::base::{DealerId, Refusal, Right, UserId};
use forecourt_domain::distribution::PassedOverFor;
use forecourt_domain::rules::hand_over::Target;
use forecourt_domain::settings::{Dealer, HandOver, HandOverPhase, HandOverReason, HandOverTo};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Held, HeldBy, Loaded};
use futures::future::try_join_all;
use serde::Serialize;
use std::str::FromStr;
use utoipa::ToSchema;

/// Number of entries of each kind that are listed.
const LISTED: usize = 50;

/// The query parameters of a change that hands over work.
#[derive(Debug, Clone, Default)]
pub(crate) struct HandOverRequest {
    /// The target. `None` means the distribution.
    pub(crate) to: Option<HandOverTo>,
    /// The obstacles of a named user that the request accepts.
    pub(crate) despite: Vec<PassedOverFor>,
    /// Whether the change is only shown.
    pub(crate) dry_run: bool,
}

/// The obstacles that a request accepts, separated by commas.
struct Despite(Vec<PassedOverFor>);

impl FromStr for Despite {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let one = |name: &str| match name.trim() {
            "absent" => Ok(PassedOverFor::Absent),
            "full" => Ok(PassedOverFor::Full),
            _ => Err(()),
        };
        text.split(',').map(one).collect::<Result<_, _>>().map(Self)
    }
}

impl HandOverRequest {
    /// Reads the parameters `hand_over`, `despite` and `dry_run`.
    ///
    /// # Errors
    /// 422 with each parameter that is unknown or cannot be read.
    pub(crate) fn of(call: &Call) -> Result<Self, Refusal> {
        let mut queries = Queries::of(call, "DIS-12");
        let to = queries.parse("hand_over", "distribution, pool, or user: with the id of a user of the dealer");
        let despite: Option<Despite> = queries.parse("despite", "absent, full, or both separated by a comma");
        let dry_run = queries.parse("dry_run", "true or false").unwrap_or(false);
        queries.done()?;
        Ok(Self { to, despite: despite.map(|despite| despite.0).unwrap_or_default(), dry_run })
    }

    /// Returns the keys of the items that decide whether the named user can take work at `dealer`.
    pub(crate) fn target_keys(&self, dealer: &Dealer) -> Vec<Key> {
        let Some(HandOverTo::User(user)) = &self.to else { return Vec::new() };
        [Key::User(user.clone())].into_iter().chain(counting_key(dealer)).collect()
    }

    /// Returns the state of the named user. `loaded` has the items of [`Self::target_keys`].
    pub(crate) fn target<'a>(&self, dealer: &Dealer, loaded: &'a Loaded) -> Target<'a> {
        let Some(HandOverTo::User(user)) = &self.to else { return Target::default() };
        Target { user: loaded.user(user), open: loaded.open_leads(dealer) }
    }
}

/// An order to hand over the work of a user at a dealer.
#[derive(Debug, Serialize, ToSchema)]
pub struct HandOverView {
    /// Id of the order; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Id of the dealer.
    pub dealer: String,
    /// Id of the user whose work goes over.
    pub user: String,
    /// `distribution`, `pool`, or `user:` with a user's id.
    pub to: String,
    /// `left`, `removed`, `rights`, `pool` or `absent`.
    pub reason: &'static str,
    /// Who made the change: `user:…` or `system`.
    pub by: String,
    /// When the work goes over.
    pub from: DateTime<Utc>,
    /// When an absent user gets back what is still open; absent if nothing goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_at: Option<DateTime<Utc>>,
    /// `planned`, `running`, `waiting` (for the return of the user), `done` or `cancelled`. In a dry run, `cancelled` if the change cancels
    /// the order, otherwise `planned`.
    pub state: &'static str,
    /// The number of items that were moved so far; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<MovedView>,
    /// When the last item was moved; absent before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_at: Option<DateTime<Utc>>,
    /// The work that the user holds and that would move; in a dry run if the order is not cancelled, and in the answer of a change that
    /// makes a hand-over of an absence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<WorkView>,
}

/// The number of items that an order moved.
#[derive(Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct MovedView {
    pub leads: u32,
    pub tasks: u32,
    pub events: u32,
    pub appointments: u32,
    /// The leads that went back to a user who returned.
    pub returned: u32,
    /// The open invitations that went over with their leads.
    pub invitations: u32,
}

/// The open work of a user at a dealer. The lists have the first 50 entries of each kind; they are empty for users who may not read the
/// leads.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkView {
    /// The number of items of each kind.
    pub counts: WorkCounts,
    /// The leads, by the dates of their next actions. A closed lead is listed if a planned event or a task is open.
    pub leads: Vec<HeldLead>,
    /// The open tasks that are assigned to the user.
    pub tasks: Vec<HeldTask>,
    /// The planned events of the next 13 months and the last one.
    pub events: Vec<HeldEvent>,
    /// The valid invitations of the listed leads that lead to a time with the user.
    pub invitations: Vec<HeldInvitation>,
    /// The appointments to come that are no events of leads.
    pub appointments: Vec<HeldAppointment>,
}

/// The number of items of each kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct WorkCounts {
    pub leads: usize,
    pub tasks: usize,
    pub events: usize,
    pub appointments: usize,
}

/// A lead of the user.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldLead {
    /// Its id.
    pub id: String,
    /// The contact.
    pub contact: String,
    /// `in_progress`, `won` or `lost`.
    pub status: &'static str,
    /// The earliest open deadline; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DateTime<Utc>>,
}

/// A task of the user.
#[derive(Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct HeldTask {
    pub lead: String,
    pub id: String,
    pub title: String,
    pub start: DateTime<Utc>,
}

/// A planned event of the user.
#[derive(Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct HeldEvent {
    pub lead: String,
    pub id: String,
    pub title: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub at: DateTime<Utc>,
}

/// An invitation that leads to a time with the user.
#[derive(Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct HeldInvitation {
    pub lead: String,
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub expires: DateTime<Utc>,
}

/// An appointment with the user.
#[derive(Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct HeldAppointment {
    pub id: String,
    pub customer: String,
    pub at: DateTime<Utc>,
}

impl HandOverView {
    pub(crate) fn of(order: &HandOver) -> Self {
        let moved = order.moved;
        Self {
            id: Some(order.id.clone()),
            dealer: order.dealer.to_string(),
            user: order.user.to_string(),
            to: order.to.to_string(),
            reason: order.reason.name(),
            by: order.by.to_string(),
            from: begins(order),
            back_at: order.back_at,
            state: order.state(),
            moved: Some(MovedView {
                leads: moved.leads,
                tasks: moved.tasks,
                events: moved.events,
                appointments: moved.appointments,
                returned: moved.returned,
                invitations: moved.invitations,
            }),
            done_at: order.done_at,
            holds: None,
        }
    }
}

/// Returns when the work of an order goes over: its id begins with that time.
fn begins(order: &HandOver) -> DateTime<Utc> {
    let millis = order.id.split('-').next().and_then(|millis| millis.parse().ok());
    millis.and_then(DateTime::from_timestamp_millis).unwrap_or(order.at)
}

/// Returns the views of the orders that a change caused or, in a dry run, would cause, with the work that is to move.
pub(crate) async fn views(
    platform: &Platform,
    call: &Call,
    request: &HandOverRequest,
    orders: &[HandOver],
) -> Result<Vec<HandOverView>, Problem> {
    let view = async |order: &HandOver| -> Result<HandOverView, Problem> {
        let shown = HandOverView::of(order);
        // A user who enters an absence must see what it will move, and when.
        let announced = order.reason == HandOverReason::Absent && order.phase == HandOverPhase::Leads && order.done_at.is_none();
        if !request.dry_run && !announced {
            return Ok(shown);
        }
        // The change takes nothing from the user by an order that it cancels.
        if shown.state == "cancelled" {
            return Ok(HandOverView { id: None, moved: None, ..shown });
        }
        let holds = Some(work(platform, call, &order.dealer, &order.user).await?);
        Ok(match request.dry_run {
            true => HandOverView { id: None, moved: None, state: "planned", holds, ..shown },
            false => HandOverView { holds, ..shown },
        })
    };
    try_join_all(orders.iter().map(view)).await
}

/// `GET /dealers/{dealer}/users/{user}/work`: the open work of a user.
pub(crate) async fn held(platform: &Platform, call: &Call, id: &DealerId) -> Result<Answer, Problem> {
    let user = call.part::<UserId>("user", "user")?;
    let dealer = current(platform, call, id).await?;
    if !dealer.workers().any(|worker| *worker == user) {
        return Err(Refusal::NotFound("user of this dealer").into());
    }
    Ok(Answer::new(200, &work(platform, call, id, &user).await?)?.about(id))
}

/// Returns the number of items that a user holds at a dealer.
pub(crate) async fn counts(platform: &Platform, call: &Call, dealer: &DealerId, user: &UserId) -> Result<WorkCounts, Failure> {
    Ok(WorkCounts::of(&platform.store.held(HeldBy { scope: &call.scope, dealer, user }, call.now).await?))
}

impl WorkCounts {
    fn of(held: &Held) -> Self {
        let Held { leads, tasks, events, appointments } = held;
        Self { leads: leads.len(), tasks: tasks.len(), events: events.len(), appointments: appointments.len() }
    }
}

async fn work(platform: &Platform, call: &Call, dealer: &DealerId, user: &UserId) -> Result<WorkView, Problem> {
    let held = platform.store.held(HeldBy { scope: &call.scope, dealer, user }, call.now).await?;
    let counts = WorkCounts::of(&held);
    // An operator may remove users, but may not see which customers they have.
    let own = call.scope.user_id() == Some(user) && call.scope.needs(Right::ReadLeads).is_ok();
    if !own && !call.scope.reads_every_lead() {
        return Ok(WorkView { counts, leads: vec![], tasks: vec![], events: vec![], invitations: vec![], appointments: vec![] });
    }
    let leads: Vec<HeldLead> = held.leads.iter().take(LISTED).map(HeldLead::of).collect();
    let read = held.leads.iter().take(LISTED).map(|row| platform.store.invitations(&call.scope, row.facts.id));
    let invitations = try_join_all(read).await?.into_iter().flatten();
    let valid = invitations.filter(|invitation| invitation.is_open_with(user, call.now));
    let invitations = valid.take(LISTED).map(|invitation| HeldInvitation {
        lead: invitation.lead.to_string(),
        id: invitation.id.to_string(),
        kind: invitation.kind,
        expires: invitation.expires,
    });
    let tasks = held.tasks.into_iter().take(LISTED).map(|task| HeldTask {
        lead: task.lead.to_string(),
        id: task.work.id.to_string(),
        title: task.work.title,
        start: task.work.start,
    });
    let events = held.events.into_iter().take(LISTED).map(|row| HeldEvent {
        lead: row.lead.to_string(),
        id: row.id.to_string(),
        title: row.title,
        kind: row.kind,
        at: row.at,
    });
    let appointments = held.appointments.into_iter().take(LISTED).map(|row| HeldAppointment {
        id: row.id.to_string(),
        customer: row.customer,
        at: row.at,
    });
    Ok(WorkView {
        counts,
        leads,
        tasks: tasks.collect(),
        events: events.collect(),
        invitations: invitations.collect(),
        appointments: appointments.collect(),
    })
}

impl HeldLead {
    fn of(row: &forecourt_store::LeadRow) -> Self {
        Self {
            id: row.facts.id.to_string(),
            contact: row.facts.contact.clone(),
            status: row.facts.status.name(),
            deadline: row.current_deadline(),
        }
    }
}
