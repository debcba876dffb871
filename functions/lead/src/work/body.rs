//! The request bodies of reactions, assignment and status.

use forecourt_domain::base::{DealerId, Fault, LostReason, ReactionKind, Refusal, UserId};
use forecourt_domain::distribution::PassedOverFor;
use forecourt_domain::rules::calendar::CompletedEvents;
use forecourt_domain::rules::distribution::ByHand;
use forecourt_domain::rules::lead::reaction::{ClosingOutcome, Logged};
use forecourt_edge::formats::json::{Loose, Text, note};
use serde::Deserialize;
use utoipa::ToSchema;

/// The seller's reaction.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"kind": "call_reached", "note": "comes by on Friday"}))]
pub struct ReactionBody {
    /// `reply`, `call_reached` or `contact_made`, which stop the response clock (ESC-7); `call_missed`, which does not.
    #[schema(value_type = String, example = "reply")]
    kind: Loose<Text>,
    /// `true` if the customer called or came in. In a pool with `oldest_only` such a lead can be claimed although it is not the oldest
    /// (DIS-8).
    #[schema(value_type = Option<bool>)]
    inbound: Loose<bool>,
    /// Free text, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

/// The new owner of a lead: a user of its dealer, or another dealer of the group (DIS-7). Exactly one of `user` and `dealer` is required.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"user": "jonas.weber", "note": "knows the customer"}))]
pub struct AssignmentBody {
    /// A user of the lead's dealer who is `assignable`.
    #[schema(value_type = Option<String>, example = "jonas.weber")]
    user: Loose<Text>,
    /// Another dealer of the group, whose distribution then runs.
    #[schema(value_type = Option<String>)]
    dealer: Loose<Text>,
    /// Assigns the lead although the user is `absent` or `full`, which means that the user has the maximum of open leads. Without it, such
    /// an assignment is refused with 409. `full` needs the user's supervisor or the right to change settings, and nobody may exceed their
    /// own maximum (DIS-13).
    #[schema(value_type = Option<Vec<String>>, max_items = 2, example = json!(["absent"]))]
    despite: Loose<Vec<String>>,
    /// Free text, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

/// The new status of a lead.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"status": "lost", "reason": "bought_elsewhere"}))]
pub struct StatusBody {
    /// `in_progress`, `won` or `lost`.
    #[schema(value_type = String, example = "lost")]
    status: Loose<Text>,
    /// Reason of a lost lead, required with `lost`: `bought_elsewhere`, `price`, `vehicle_gone`, `no_interest`, `not_reached`, `spam`,
    /// `duplicate` or `other` (LEAD-1).
    #[schema(value_type = Option<String>, example = "bought_elsewhere")]
    reason: Loose<Text>,
    /// Which incomplete calendar events are completed with the lead: `none` (default), `overdue` or `all` (CAL-5).
    #[schema(value_type = Option<String>, example = "overdue")]
    complete_events: Loose<Text>,
    /// Free text, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
}

/// The target of an assignment.
pub(crate) enum AssignmentTarget {
    User(ByHand),
    Dealer(DealerId, Option<String>),
}

fn checked<T>(value: Option<T>, faults: Vec<Fault>) -> Result<T, Refusal> {
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        _ => Err(Refusal::Invalid(faults)),
    }
}

impl ReactionBody {
    pub(crate) fn check(self) -> Result<(Logged, Option<String>), Refusal> {
        let mut faults = Vec::new();
        let note = note(self.note, "note", &mut faults);
        let inbound = self.inbound.take("inbound", "true or false", &mut faults) == Some(true);
        let reaction = if inbound { Logged::Inbound } else { Logged::Reaction };
        let kind = match self.kind.text("kind", &mut faults).as_deref() {
            Some("reply") => Some(Logged::Reaction(ReactionKind::Reply)),
            Some("call_reached") => Some(reaction(ReactionKind::CallReached)),
            Some("contact_made") => Some(reaction(ReactionKind::ContactMade)),
            Some("call_missed") => Some(Logged::CallMissed),
            _ => {
                faults.push(Fault::new("kind", "ESC-7", "must be reply, call_reached, contact_made or call_missed"));
                None
            }
        };
        checked(kind, faults).map(|kind| (kind, note))
    }
}

impl AssignmentBody {
    pub(crate) fn check(self) -> Result<AssignmentTarget, Refusal> {
        let mut faults = Vec::new();
        let note = note(self.note, "note", &mut faults);
        let despite = self.despite.take("despite", "a list", &mut faults).unwrap_or_default();
        let accepted = |text: &String| match text.as_str() {
            "absent" => Some(PassedOverFor::Absent),
            "full" => Some(PassedOverFor::Full),
            _ => None,
        };
        let named: Vec<PassedOverFor> = despite.iter().filter_map(accepted).collect();
        if named.len() < despite.len() {
            faults.push(Fault::new("despite", "DIS-7", "must have only absent and full"));
        }
        let target = match (self.user.text("user", &mut faults), self.dealer.text("dealer", &mut faults)) {
            (Some(user), None) => UserId::parse(&user)
                .map(|user| AssignmentTarget::User(ByHand { user, despite: named, may_exceed: false, note }))
                .map_err(|e| Fault::new("user", "DIS-7", e.to_string())),
            (None, Some(dealer)) => {
                let id = DealerId::parse(&dealer).map_err(|e| Fault::new("dealer", "DIS-7", e.to_string()));
                id.map(|dealer| AssignmentTarget::Dealer(dealer, note))
            }
            (Some(_), Some(_)) => Err(Fault::new("dealer", "DIS-7", "must be absent if user is set")),
            (None, None) => Err(Fault::new("user", "DIS-7", "user or dealer is required")),
        };
        let target = target.map_err(|fault| faults.push(fault)).ok();
        checked(target, faults)
    }
}

impl StatusBody {
    pub(crate) fn check(self) -> Result<(ClosingOutcome, CompletedEvents, Option<String>), Refusal> {
        let mut faults = Vec::new();
        let note = note(self.note, "note", &mut faults);
        let reason = self.reason.text("reason", &mut faults);
        let status = self.status.text("status", &mut faults);
        if reason.is_some() && status.as_deref().is_some_and(|status| status != "lost") {
            faults.push(Fault::new("reason", "LEAD-1", "is allowed with lost only"));
        }
        let outcome = match status.as_deref() {
            Some("won") => Some(ClosingOutcome::Won),
            Some("in_progress") => Some(ClosingOutcome::Reopened),
            Some("lost") => {
                let found = LostReason::NAMES.iter().find(|(name, _)| Some(*name) == reason.as_deref());
                if found.is_none() {
                    let names = LostReason::NAMES.map(|(name, _)| name).join(", ");
                    faults.push(Fault::new("reason", "LEAD-1", format!("must be one of {names}")));
                }
                found.map(|(_, reason)| ClosingOutcome::Lost(*reason))
            }
            _ => {
                faults.push(Fault::new("status", "LEAD-1", "must be in_progress, won or lost"));
                None
            }
        };
        let completes = match self.complete_events.text("complete_events", &mut faults).as_deref() {
            None | Some("none") => CompletedEvents::None,
            Some("overdue") => CompletedEvents::Overdue,
            Some("all") => CompletedEvents::All,
            Some(_) => {
                faults.push(Fault::new("complete_events", "CAL-5", "must be none, overdue or all"));
                CompletedEvents::None
            }
        };
        if completes != CompletedEvents::None && outcome == Some(ClosingOutcome::Reopened) {
            faults.push(Fault::new("complete_events", "CAL-5", "is allowed with won and lost only"));
        }
        checked(outcome, faults).map(|outcome| (outcome, completes, note))
    }
}
