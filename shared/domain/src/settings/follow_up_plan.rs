//! Follow-up plans: the steps by which a lead is followed up, one after the other (CAL-11).

use crate::base::text::is_line;
use crate::base::{BOOKED_TEST_DRIVE, EVENT_TYPES, Fault, PlanId, Purpose, TextId, whole};
use crate::enquiry::LeadType;
use crate::settings::DealerSettings;
use serde::{Deserialize, Deserializer, Serialize};

/// A follow-up plan of a dealer (CAL-11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUpPlan {
    /// The id, unique among the dealer's plans.
    pub id: PlanId,
    /// The name, for users; 1 to 100 characters in one line.
    pub name: String,
    /// The types of the leads for which it is used. Empty means every type.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "default_if_null")]
    pub types: Vec<LeadType>,
    /// How it starts.
    #[serde(default, deserialize_with = "default_if_null")]
    pub starts: PlanStart,
    /// The steps, 1 to 20, each on a later day than the one before.
    pub steps: Vec<PlanStep>,
}

/// How a follow-up plan starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanStart {
    /// A user starts it.
    #[default]
    ByHand,
    /// It starts with the first answer to the customer. A user may start it, too.
    AfterAnswer,
    /// A start of another release. Only users start it here.
    #[serde(other)]
    Unknown,
}

/// A step of a follow-up plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    /// The days after the start, 0 to 365. The step is carried out at the opening of that day, or of the first open day after it.
    #[serde(deserialize_with = "whole::<_, _, 0, { PlanStep::LAST_DAY }>")]
    pub day: u32,
    /// The type of the calendar event that the step makes (CAL-1). An appointment is none.
    #[serde(rename = "type")]
    pub kind: String,
    /// The title of the event; 1 to 200 characters in one line.
    pub title: String,
    /// The canned answer that the step sends instead of making an event. `None` if it makes an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextId>,
    /// The purpose of the message (PRV-6). A plan advertises unless the dealer states another purpose.
    #[serde(default = "advertising", skip_serializing_if = "is_advertising", deserialize_with = "advertising_if_null")]
    pub purpose: Purpose,
}

fn advertising() -> Purpose {
    Purpose::Advertising
}

/// Reads a field. `null` is its default (SET-10).
fn default_if_null<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(value: D) -> Result<T, D::Error> {
    Option::deserialize(value).map(Option::unwrap_or_default)
}

fn advertising_if_null<'de, D: Deserializer<'de>>(purpose: D) -> Result<Purpose, D::Error> {
    Option::deserialize(purpose).map(|purpose| purpose.unwrap_or_else(advertising))
}

fn is_advertising(purpose: &Purpose) -> bool {
    *purpose == Purpose::Advertising
}

impl PlanStep {
    /// The latest day of a step.
    pub const LAST_DAY: u32 = 365;
    /// The maximum length of a title, in characters.
    const MAX_TITLE: usize = 200;
}

impl FollowUpPlan {
    /// The maximum number of plans of a dealer.
    const MOST: usize = 20;
    /// The maximum number of steps of a plan.
    pub const MOST_STEPS: usize = 20;
    /// The maximum length of a name, in characters.
    const MAX_NAME: usize = 100;

    /// Whether it is for leads of this type.
    pub fn is_for(&self, lead_type: LeadType) -> bool {
        self.types.is_empty() || self.types.contains(&lead_type)
    }

    /// Returns every fault. `is_type` is whether the dealer has an event type.
    fn faults(&self, is_type: impl Fn(&str) -> bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |field: String, detail: String| faults.push(Fault::new(field, "CAL-11", detail));
        if !is_line(&self.name, Self::MAX_NAME) {
            fault("name".into(), format!("must be 1 to {} characters in one line, without leading or trailing spaces", Self::MAX_NAME));
        }
        if self.types.contains(&LeadType::Unknown) {
            fault("types".into(), format!("must be among {}", LeadType::NAMES.map(|(name, _)| name).join(", ")));
        }
        if self.starts == PlanStart::Unknown {
            fault("starts".into(), "must be by_hand or after_answer".into());
        }
        if !(1..=Self::MOST_STEPS).contains(&self.steps.len()) {
            fault("steps".into(), format!("must have 1 to {} entries", Self::MOST_STEPS));
        }
        for (i, step) in self.steps.iter().enumerate() {
            if step.day > PlanStep::LAST_DAY {
                fault(format!("steps[{i}].day"), format!("must be 0 to {}", PlanStep::LAST_DAY));
            }
            if i.checked_sub(1).is_some_and(|before| self.steps[before].day >= step.day) {
                fault(format!("steps[{i}].day"), "must be after the day of the step before: a customer gets one step a day".into());
            }
            if !is_type(&step.kind) {
                fault(format!("steps[{i}].type"), "must be an event type of the dealer, and not booked_test_drive".into());
            }
            if !is_line(&step.title, PlanStep::MAX_TITLE) {
                fault(
                    format!("steps[{i}].title"),
                    format!("must be 1 to {} characters in one line, without leading or trailing spaces", PlanStep::MAX_TITLE),
                );
            }
            if step.purpose == Purpose::Unknown {
                fault(format!("steps[{i}].purpose"), "must be contract, service or advertising".into());
            }
        }
        faults
    }
}

impl DealerSettings {
    /// Returns the plan with this id.
    pub fn follow_up_plan(&self, id: &PlanId) -> Option<&FollowUpPlan> {
        self.follow_up_plans.iter().find(|plan| plan.id == *id)
    }

    /// Returns the plan that starts with the first answer to a lead of this type: the first one in the dealer's order.
    pub(crate) fn plan_after_answer(&self, lead_type: LeadType) -> Option<&FollowUpPlan> {
        self.follow_up_plans.iter().find(|plan| plan.starts == PlanStart::AfterAnswer && plan.is_for(lead_type))
    }

    /// Checks the follow-up plans (CAL-11).
    pub(super) fn check_follow_up_plans(&self, faults: &mut Vec<Fault>) {
        let plans = &self.follow_up_plans;
        if plans.len() > FollowUpPlan::MOST {
            faults.push(Fault::new("follow_up_plans", "CAL-11", format!("must have at most {} entries", FollowUpPlan::MOST)));
        }
        let known = |kind: &str| EVENT_TYPES.iter().any(|(name, _)| *name == kind) || self.event_types.iter().any(|own| own == kind);
        for (i, plan) in plans.iter().enumerate() {
            if plans[..i].iter().any(|before| before.id == plan.id) {
                faults.push(Fault::new(format!("follow_up_plans[{i}].id"), "CAL-11", "is listed twice"));
            }
            let own = plan.faults(|kind| kind != BOOKED_TEST_DRIVE && known(kind));
            faults.extend(own.into_iter().map(|fault| Fault { field: format!("follow_up_plans[{i}].{}", fault.field), ..fault }));
        }
    }
}
