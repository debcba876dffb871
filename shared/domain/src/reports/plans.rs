//! The yield of follow-up plans (CAL-11).

use crate::base::{DealerId, PlanId, UserId};
use crate::lead::FollowUpYield;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The facts of a lead about its follow-up plans.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanFacts {
    /// The dealer.
    pub dealer: DealerId,
    /// When the lead came to its dealer.
    pub received: DateTime<Utc>,
    /// The owner.
    pub owner: Option<UserId>,
    /// The source of the enquiry.
    pub source: String,
    /// The yield of each run of a plan on the lead.
    pub runs: Vec<FollowUpYield>,
}

/// The yield of a step in all runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StepYield {
    /// How often it was carried out: the sum of the next three.
    pub done: u64,
    /// How often it made a calendar event.
    pub events: u64,
    /// How often it sent a message.
    pub messages: u64,
    /// How often it was left out.
    pub skipped: u64,
    /// The events that were completed or marked as a no-show.
    pub completed: u64,
    /// The runs in which the customer first reacted after it.
    pub answered: u64,
    /// The runs in which an appointment was first booked after it.
    pub booked: u64,
    /// The runs whose lead was won after it.
    pub won: u64,
}

impl StepYield {
    fn count(&mut self, bits: u8) {
        let has = |bit: u8| u64::from(bits & bit != 0);
        self.done += 1;
        self.events += has(FollowUpYield::EVENT);
        self.messages += has(FollowUpYield::MESSAGE);
        self.skipped += has(FollowUpYield::SKIPPED);
        self.completed += has(FollowUpYield::COMPLETED);
        self.answered += has(FollowUpYield::ANSWERED);
        self.booked += has(FollowUpYield::BOOKED);
        self.won += has(FollowUpYield::WON);
    }
}

/// The yield of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanYield {
    /// The number of runs.
    pub runs: u64,
    /// The yield of each step, in the order of the steps.
    pub steps: Vec<StepYield>,
}

/// The yield of the plans of all leads of a filter.
#[derive(Debug, Clone, Default)]
pub struct PlanTally {
    /// By dealer and plan.
    pub plans: BTreeMap<(DealerId, PlanId), PlanYield>,
}

impl PlanTally {
    /// Counts one more lead.
    pub fn count(&mut self, facts: &PlanFacts) {
        for run in &facts.runs {
            let plan = self.plans.entry((facts.dealer.clone(), run.plan.clone())).or_default();
            plan.runs += 1;
            plan.steps.resize(plan.steps.len().max(run.steps.len()), StepYield::default());
            for (step, bits) in plan.steps.iter_mut().zip(&run.steps) {
                step.count(*bits);
            }
        }
    }
}
