//! The body of a bulk action, read and checked.

use chrono::{DateTime, Utc};
use forecourt_domain::base::{DealerId, Fault, PlanId, Refusal, Right, UserId};
use forecourt_domain::bookings::Despite;
use forecourt_domain::calendar::EventTime;
use forecourt_domain::distribution::PassedOverFor;
use forecourt_domain::rules::appointment::Closing;
use forecourt_domain::rules::distribution::ByHand;
use forecourt_domain::rules::lead::reaction::ClosingOutcome;
use forecourt_edge::formats::json::{Loose, Text, note};
use forecourt_edge::usecase::assignment::AssignmentTarget;
use forecourt_edge::usecase::event_body::{EventBody, EventDraft, RescheduleBody};
use forecourt_edge::usecase::follow_up::PlanStartBody;
use forecourt_edge::usecase::status::StatusBody;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;

/// An action on many leads: exactly one of `leads` and `filter`, and exactly one action (LEAD-10).
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"leads": ["5959221503"], "reassign": {"user": "jonas.weber", "note": "on holiday from Monday"}}))]
pub struct BulkActionBody {
    /// Ids of the leads, 1 to 5,000. A lead that is named twice counts once.
    #[schema(value_type = Option<Vec<String>>)]
    leads: Loose<Vec<Text>>,
    /// The filter of the list of a dealer. It selects at most 5,000 leads.
    #[schema(value_type = Option<BulkFilterBody>)]
    filter: Loose<BulkFilterBody>,
    /// Completes the next action of each lead, or all its overdue events.
    #[schema(value_type = Option<BulkCompletionBody>)]
    complete: Loose<BulkCompletionBody>,
    /// Reschedules the next action of each lead.
    #[serde(rename = "move")]
    #[schema(value_type = Option<RescheduleBody>)]
    to_move: Loose<RescheduleBody>,
    /// Gives each lead to another owner.
    #[schema(value_type = Option<BulkReassignmentBody>)]
    reassign: Loose<BulkReassignmentBody>,
    /// Changes the status of each lead.
    #[schema(value_type = Option<StatusBody>)]
    status: Loose<StatusBody>,
    /// Plans an event of each lead.
    #[schema(value_type = Option<EventBody>)]
    event: Loose<EventBody>,
    /// Starts a follow-up plan on each lead (CAL-11).
    #[schema(value_type = Option<PlanStartBody>)]
    plan: Loose<PlanStartBody>,
}

/// The parameters of the list of a dealer's leads, with the same meanings.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"dealer": "autohaus-nordstern-demo", "status": "in_progress", "overdue": "true"}))]
pub struct BulkFilterBody {
    /// Id of the dealer.
    #[schema(value_type = String)]
    dealer: Loose<Text>,
    /// `in_progress`, `won` or `lost`.
    #[schema(value_type = Option<String>)]
    status: Loose<Text>,
    /// Id of the owner.
    #[schema(value_type = Option<String>)]
    owner: Loose<Text>,
    /// Type of the enquiry.
    #[serde(rename = "type")]
    #[schema(value_type = Option<String>)]
    kind: Loose<Text>,
    /// Source of the enquiry, up to 100 characters.
    #[schema(value_type = Option<String>, max_length = 100)]
    source: Loose<Text>,
    /// Only leads received at or after this time or date.
    #[schema(value_type = Option<String>)]
    from: Loose<Text>,
    /// Only leads received before this time, or on this date or earlier.
    #[schema(value_type = Option<String>)]
    until: Loose<Text>,
    /// `true` or `false`, as text.
    #[schema(value_type = Option<String>)]
    overdue: Loose<Text>,
    /// Type of the next action.
    #[schema(value_type = Option<String>)]
    action_type: Loose<Text>,
    /// Id of the user of the next action.
    #[schema(value_type = Option<String>)]
    action_user: Loose<Text>,
    /// Search text, 2 to 100 characters.
    #[schema(value_type = Option<String>, max_length = 100)]
    q: Loose<Text>,
}

/// The events to complete.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"events": "overdue"}))]
pub struct BulkCompletionBody {
    /// `next` (default): the next action of the lead. `overdue`: every incomplete event in the past. Appointments are not completed: they
    /// need their attendance.
    #[schema(value_type = Option<String>, example = "overdue")]
    events: Loose<Text>,
    /// A note on how the events ended, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

/// The new owner of the leads: exactly one of `user` and `to`.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"to": "distribution"}))]
pub struct BulkReassignmentBody {
    /// A user of the leads' dealer who is `assignable`.
    #[schema(value_type = Option<String>, example = "jonas.weber")]
    user: Loose<Text>,
    /// `pool`: the pool of the dealer. `distribution`: the next user of the dealer's distribution, other than the owner.
    #[schema(value_type = Option<String>, example = "distribution")]
    to: Loose<Text>,
    /// Obstacles of `user` that you accept: `absent`, `full` (DIS-7).
    #[schema(value_type = Option<Vec<String>>, max_items = 2, example = json!(["absent"]))]
    despite: Loose<Vec<String>>,
    /// Free text, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

/// The leads that a request selects.
pub(super) enum Chosen {
    /// As the request names them, each once.
    Leads(Vec<String>),
    /// A dealer, and the parameters of its list.
    Filter(DealerId, HashMap<String, String>),
}

/// An action on one lead.
#[derive(Debug, Clone)]
pub(super) enum Action {
    CompleteNext { note: Option<String> },
    CompleteOverdue { note: Option<String> },
    Move { to: EventTime, despite: Despite },
    Reassign(AssignmentTarget),
    SetStatus(ClosingOutcome, Closing, Option<String>),
    Plan(EventDraft),
    FollowUp(PlanId),
}

impl Action {
    /// Returns the name in the API.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Action::CompleteNext { .. } | Action::CompleteOverdue { .. } => "complete",
            Action::Move { .. } => "move",
            Action::Reassign(_) => "reassign",
            Action::SetStatus(..) => "status",
            Action::Plan(_) => "event",
            Action::FollowUp(_) => "plan",
        }
    }

    /// Returns the right that the same action on one lead requires.
    pub(super) fn right(&self) -> Right {
        match self {
            Action::Reassign(_) => Right::AssignLeads,
            _ => Right::WorkLeads,
        }
    }

    /// Checks the time of the action: one that is out of reach is so for every lead.
    pub(super) fn within_reach(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let reached = match self {
            Action::Move { to, .. } => to.within_reach(now),
            Action::Plan(draft) => draft.when().within_reach(now),
            _ => Ok(()),
        };
        reached.map_err(|fault| Refusal::Invalid(vec![Fault { field: format!("{}.{}", self.name(), fault.field), ..fault }]))
    }

    /// Returns the number of leads that change at the same time. Changes of owners and states write the same lane of the dealer. Plans and
    /// moves come one after another, because the warnings of a row name the bookings of the rows before it (LEAD-10, APT-8).
    pub(super) fn at_once(&self) -> usize {
        match self {
            Action::Plan(_) | Action::Move { .. } => 1,
            Action::Reassign(_) | Action::SetStatus(..) => 2,
            _ => 8,
        }
    }
}

const RULE: &str = "LEAD-10";
/// Maximum number of leads of an action.
pub(super) const MAX_LEADS: usize = 5_000;

impl BulkActionBody {
    /// Checks the leads and the action.
    pub(super) fn check(self) -> Result<(Chosen, Action), Refusal> {
        let mut faults = Vec::new();
        let leads = self.leads.take("leads", "a list of ids", &mut faults);
        let filter = self.filter.take("filter", "an object", &mut faults);
        let chosen = match (leads, filter) {
            (Some(leads), None) => named(leads, &mut faults),
            (None, Some(filter)) => filter.read(&mut faults),
            (Some(_), Some(_)) => {
                faults.push(Fault::new("filter", RULE, "cannot be combined with leads; send one of them"));
                None
            }
            (None, None) => {
                faults.push(Fault::new("leads", RULE, "leads or filter is required"));
                None
            }
        };
        let mut actions = Vec::new();
        if let Some(body) = self.complete.take("complete", "an object", &mut faults) {
            actions.extend(body.read(&mut faults));
        }
        if let Some(body) = self.to_move.take("move", "an object", &mut faults) {
            actions.extend(within("move", body.check(), &mut faults).map(|(to, despite)| Action::Move { to, despite }));
        }
        if let Some(body) = self.reassign.take("reassign", "an object", &mut faults) {
            actions.extend(body.read(&mut faults).map(Action::Reassign));
        }
        if let Some(body) = self.status.take("status", "an object", &mut faults) {
            let change = within("status", body.check(), &mut faults);
            actions.extend(change.map(|(outcome, closing, note)| Action::SetStatus(outcome, closing, note)));
        }
        if let Some(body) = self.event.take("event", "an event", &mut faults) {
            actions.push(Action::Plan(body.read("event.", &mut faults)));
        }
        if let Some(body) = self.plan.take("plan", "an object", &mut faults) {
            actions.extend(within("plan", body.check(), &mut faults).map(Action::FollowUp));
        }
        if faults.is_empty() && actions.len() != 1 {
            faults.push(Fault::new("complete", RULE, "send exactly one of complete, move, reassign, status, event and plan"));
        }
        match (chosen, actions.pop()) {
            (Some(chosen), Some(action)) if faults.is_empty() => Ok((chosen, action)),
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}

fn named(leads: Vec<Text>, faults: &mut Vec<Fault>) -> Option<Chosen> {
    if !(1..=MAX_LEADS).contains(&leads.len()) {
        faults.push(Fault::new("leads", RULE, format!("must contain 1 to {MAX_LEADS} lead ids")));
        return None;
    }
    let mut known = BTreeSet::new();
    // An id that is no number of a lead has its result, too.
    let leads = leads.into_iter().map(|Text(id)| id.trim().chars().take(40).collect::<String>());
    Some(Chosen::Leads(leads.filter(|id| known.insert(id.replace('-', ""))).collect()))
}

/// Returns the checked value. Adds the faults of its fields, within the field `name`.
fn within<T>(name: &str, checked: Result<T, Refusal>, faults: &mut Vec<Fault>) -> Option<T> {
    match checked.map_err(|refusal| refusal.relocated(|field| Some(format!("{name}.{field}")))) {
        Ok(value) => Some(value),
        Err(Refusal::Invalid(found)) => {
            faults.extend(found);
            None
        }
        Err(_) => None,
    }
}

impl BulkFilterBody {
    fn read(self, faults: &mut Vec<Fault>) -> Option<Chosen> {
        let dealer = self.dealer.text("filter.dealer", faults).map(|dealer| DealerId::parse(dealer.trim()));
        let fields = [
            ("status", self.status),
            ("owner", self.owner),
            ("type", self.kind),
            ("source", self.source),
            ("from", self.from),
            ("until", self.until),
            ("overdue", self.overdue),
            ("action_type", self.action_type),
            ("action_user", self.action_user),
            ("q", self.q),
        ];
        let mut parameters = HashMap::new();
        for (name, value) in fields {
            parameters.extend(value.text(&format!("filter.{name}"), faults).map(|value| (name.to_owned(), value)));
        }
        match dealer {
            Some(Ok(dealer)) => Some(Chosen::Filter(dealer, parameters)),
            Some(Err(e)) => {
                faults.push(Fault::new("filter.dealer", RULE, e.to_string()));
                None
            }
            None => {
                faults.push(Fault::new("filter.dealer", RULE, "is required"));
                None
            }
        }
    }
}

impl BulkCompletionBody {
    fn read(self, faults: &mut Vec<Fault>) -> Option<Action> {
        let note = note(self.note, "complete.note", faults);
        match self.events.text("complete.events", faults).as_deref() {
            None | Some("next") => Some(Action::CompleteNext { note }),
            Some("overdue") => Some(Action::CompleteOverdue { note }),
            Some(_) => {
                faults.push(Fault::new("complete.events", RULE, "must be next or overdue"));
                None
            }
        }
    }
}

impl BulkReassignmentBody {
    fn read(self, faults: &mut Vec<Fault>) -> Option<AssignmentTarget> {
        let note = note(self.note, "reassign.note", faults);
        let despite = self.despite.take("reassign.despite", "a list", faults).unwrap_or_default();
        let accepted = |text: &String| match text.as_str() {
            "absent" => Some(PassedOverFor::Absent),
            "full" => Some(PassedOverFor::Full),
            _ => None,
        };
        let obstacles: Vec<PassedOverFor> = despite.iter().filter_map(accepted).collect();
        if obstacles.len() < despite.len() {
            faults.push(Fault::new("reassign.despite", "DIS-7", "must have only absent and full"));
        }
        let target = match (self.user.text("reassign.user", faults), self.to.text("reassign.to", faults).as_deref()) {
            (Some(user), None) => UserId::parse(user.trim())
                .map(|user| AssignmentTarget::User(ByHand { user, despite: obstacles, may_exceed: false, note }))
                .map_err(|e| Fault::new("reassign.user", "DIS-7", e.to_string())),
            (None, Some("pool")) => Ok(AssignmentTarget::Pool(note)),
            (None, Some("distribution")) => Ok(AssignmentTarget::Distribution(note)),
            (None, Some(_)) => Err(Fault::new("reassign.to", RULE, "must be pool or distribution")),
            (Some(_), Some(_)) => Err(Fault::new("reassign.to", RULE, "must be absent if user is set")),
            (None, None) => Err(Fault::new("reassign.user", RULE, "user or to is required")),
        };
        target.map_err(|fault| faults.push(fault)).ok()
    }
}
