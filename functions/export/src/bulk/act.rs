//! The action on one lead, as the request for this lead alone would carry it out.

use super::body::Action;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{EventId, LeadId, Refusal};
use forecourt_domain::bookings::Warning;
use forecourt_domain::decision::Decision;
use forecourt_domain::lead::{BulkAction, BulkNotice, BulkRow, Lead};
use forecourt_domain::rules::calendar::EventAction;
use forecourt_edge::Platform;
use forecourt_edge::http::{Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_edge::usecase::event::{self, EventChoice};
use forecourt_edge::usecase::{assignment, follow_up, status};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use std::collections::BTreeSet;

/// What the action did with the lead.
#[derive(Default)]
struct Done {
    event: Option<EventId>,
    /// The lead after an assignment.
    assigned: Option<Lead>,
    /// The warnings about the event that was planned or moved.
    warnings: BTreeSet<Warning>,
}

/// Returns the warnings of a decision. A repeat after an interruption has none.
fn warnings_in(decision: Option<&Decision>) -> BTreeSet<Warning> {
    decision.map(|decision| decision.warnings.clone()).unwrap_or_default()
}

/// The leads of a bulk action, each changed by a request of its own.
pub(super) struct Actor<'a> {
    pub(super) platform: &'a Platform,
    pub(super) scope: &'a Scope,
    pub(super) bulk: &'a BulkAction,
    pub(super) action: &'a Action,
}

impl Actor<'_> {
    /// Carries the action out for a lead. Returns its result, and the notices that are sent for all leads together. A repeat returns the
    /// same.
    pub(super) async fn act(&self, named: &str) -> (BulkRow, Vec<BulkNotice>) {
        let row = BulkRow { lead: named.to_owned(), status: 200, event: None, owner: None, warnings: Vec::new(), problem: None };
        let Ok(lead) = named.parse::<LeadId>() else {
            return (self.failed(row, Refusal::NotFound("lead").into()).await, Vec::new());
        };
        let mut notices = Vec::new();
        match self.carry_out(lead, &mut notices).await {
            Ok(done) => {
                let owner = done.assigned.and_then(|lead| lead.owner);
                let warnings = done.warnings.into_iter().map(|warning| warning.name().to_owned()).collect();
                let status = if done.event.is_some() { 201 } else { 200 };
                (BulkRow { status, event: done.event, owner, warnings, ..row }, notices)
            }
            Err(problem) => (self.failed(row, problem).await, Vec::new()),
        }
    }

    async fn failed(&self, row: BulkRow, problem: Problem) -> BulkRow {
        let problem = problem.named(self.platform, self.scope).await;
        BulkRow { status: problem.status, problem: serde_json::to_string(&problem).ok(), ..row }
    }

    fn call(&self, operation: Operation, lead: LeadId, event: Option<&EventId>) -> Call {
        let path = [("id", lead.to_string())].into_iter().chain(event.map(|event| ("event", event.to_string())));
        let key = match event {
            Some(event) => format!("bulk-{}-{event}", self.bulk.id),
            None => format!("bulk-{}", self.bulk.id),
        };
        Call::of_bulk(operation, self.scope.clone(), self.platform.clock.now(), &path.collect::<Vec<_>>(), key)
    }

    async fn carry_out(&self, lead: LeadId, notices: &mut Vec<BulkNotice>) -> Result<Done, Problem> {
        let platform = self.platform;
        let nothing = |_: &Lead, _: [Option<&EventId>; 2], _: Option<&Decision>, _: &Loaded| ();
        match self.action {
            Action::CompleteNext { note } => {
                let call = self.call(Operation::CompleteEvent, lead, None);
                let action = EventAction::Complete { note: note.clone() };
                event::settle(platform, &call, EventChoice::NextAction, (action, None), nothing).await?;
                Ok(Done::default())
            }
            Action::CompleteOverdue { note } => {
                for id in self.overdue(lead).await? {
                    let call = self.call(Operation::CompleteEvent, lead, Some(&id));
                    let action = EventAction::Complete { note: note.clone() };
                    event::settle(platform, &call, EventChoice::Id(id), (action, None), nothing).await?;
                }
                Ok(Done::default())
            }
            Action::Move { to, despite } => {
                let call = self.call(Operation::RescheduleEvent, lead, None);
                let action = EventAction::Reschedule { to: *to, despite: despite.clone() };
                let warned = |_: &Lead, _: [Option<&EventId>; 2], decision: Option<&Decision>, _: &Loaded| warnings_in(decision);
                let warnings = event::settle(platform, &call, EventChoice::NextAction, (action, None), warned).await?;
                Ok(Done { warnings, ..Done::default() })
            }
            Action::Reassign(target) => {
                let call = self.call(Operation::AssignLead, lead, None);
                let assigned = assignment::assign(platform, &call, target).await?;
                notices.extend(call.take_notices());
                Ok(Done { assigned: Some(assigned), ..Done::default() })
            }
            Action::SetStatus(outcome, closing, note) => {
                let call = self.call(Operation::SetStatus, lead, None);
                status::set_status(platform, &call, (*outcome, *closing, note.clone())).await?;
                notices.extend(call.take_notices());
                Ok(Done::default())
            }
            Action::Plan(draft) => {
                let call = self.call(Operation::ScheduleEvent, lead, None);
                let planned =
                    |_: &Lead, [id, _]: [&EventId; 2], decision: Option<&Decision>, _: &Loaded| (id.clone(), warnings_in(decision));
                let (event, warnings) = event::schedule(platform, &call, draft.clone(), planned).await?;
                notices.extend(call.take_notices());
                Ok(Done { event: Some(event), warnings, ..Done::default() })
            }
            Action::FollowUp(plan) => {
                let call = self.call(Operation::StartPlan, lead, None);
                follow_up::start(platform, &call, plan).await?;
                notices.extend(call.take_notices());
                Ok(Done::default())
            }
        }
    }

    /// Returns the overdue events of a lead that the sender may work on. Appointments are not among them: they need their attendance.
    async fn overdue(&self, id: LeadId) -> Result<Vec<EventId>, Problem> {
        let (platform, scope, now) = (self.platform, self.scope, self.platform.clock.now());
        scope.needs(self.action.right())?;
        let load = Load::of([Key::Lead(id)]).then(|loaded| {
            let events = loaded.lead(id).into_iter().flat_map(|lead| lead.planned.iter().map(|planned| Key::Event(id, planned.id.clone())));
            let dealer = loaded.lead(id).map(|lead| Key::Dealer(lead.dealer.clone()));
            events.chain(dealer).collect()
        });
        let loaded = platform.store.load(scope, &load).await?;
        let lead = loaded.lead(id).ok_or(Refusal::NotFound("lead"))?;
        let dealer = loaded.dealer(&lead.dealer).ok_or(Refusal::NotFound("lead"))?;
        scope.needs_on(self.action.right(), lead, &dealer.settings, now)?;
        let overdue = lead.planned.iter().filter(|planned| planned.at <= now);
        let events = overdue.filter_map(|planned| loaded.event(id, &planned.id));
        Ok(events.filter(|event| !event.is_appointment()).map(|event| event.id.clone()).collect())
    }
}
