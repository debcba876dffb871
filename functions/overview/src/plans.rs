//! `GET /overview/plans`: the yield of follow-up plans (CAL-11).

use crate::sites::{self, Site};
use forecourt_domain::base::{DealerId, PlanId, Right};
use forecourt_domain::reports::{LeadFilter, PlanFacts, PlanTally, PlanYield, StepYield};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_store::{Failure, Listing, Partition};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use utoipa::ToSchema;

/// The yield of the follow-up plans of the leads of a filter.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanFiguresView {
    /// By dealer and plan. Plans that ran on none of the leads are left out.
    pub plans: Vec<PlanYieldView>,
}

/// The yield of a follow-up plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanYieldView {
    /// Id of the dealer.
    pub dealer: String,
    /// Id of the plan.
    pub id: String,
    /// Name of the plan; its id if the dealer has removed it.
    pub name: String,
    /// Number of runs. A lead can have several, one after the other.
    pub runs: u64,
    /// Runs in which the customer reacted after a step.
    pub answered: u64,
    /// Runs in which an appointment was booked after a step.
    pub booked: u64,
    /// Runs whose lead was won after a step.
    pub won: u64,
    /// The steps, by their place in the run.
    pub steps: Vec<PlanStepYieldView>,
}

/// The yield of a step of a follow-up plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanStepYieldView {
    /// Number of the step, from 1.
    pub step: usize,
    /// Title of the step in the plan of today; absent if the plan has no such step any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How often the step was carried out: the sum of `events`, `messages` and `skipped`.
    pub done: u64,
    /// How often it made a calendar event.
    pub events: u64,
    /// How often it sent a message.
    pub messages: u64,
    /// How often it was left out, for example because the customer did not agree to advertising.
    pub skipped: u64,
    /// Events that were completed or marked as a no-show.
    pub completed: u64,
    /// Runs in which the customer first reacted after this step and before the next, within 30 days.
    pub answered: u64,
    /// Runs in which an appointment was first booked after this step and before the next, within 30 days.
    pub booked: u64,
    /// Runs whose lead was won after this step and before the next, or before the next run.
    pub won: u64,
}

/// Counts the runs of every lead of the filter that the caller may see.
pub(crate) async fn figures(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadOverview)?;
    call.scope.needs(Right::ReadLeads)?;
    let queries = Queries::of(call, "CAL-11");
    let filter = LeadFilter::read(&|name| queries.text(name).map(str::to_owned), "CAL-11");
    let filter = queries.done_with(filter)?;
    let sites = sites::sites(platform, call, &filter.dealers, |dealer| filter.bounds(&dealer.settings.calendar)).await?;
    let tally = Mutex::new(PlanTally::default());
    let (sites_ref, tally_ref, filter) = (&sites, &tally, &filter);
    let read = |partition: Partition, after: Option<String>| async move {
        let Some(site) = sites_ref.get(&partition.dealer) else {
            return Err(Failure::Broken("a partition of a dealer that was not loaded".into()));
        };
        let count = |rows: Vec<PlanFacts>| {
            let mut tally = tally_ref.lock().unwrap_or_else(PoisonError::into_inner);
            let sees = |facts: &PlanFacts| call.scope.sees_leads_of(facts.owner.as_ref(), &site.dealer.settings, call.now);
            rows.iter().filter(|facts| filter.takes_plans(facts, &site.bounds) && sees(facts)).for_each(|facts| tally.count(facts));
        };
        sites::read_page(platform, call, &partition, after.as_deref(), count).await
    };
    sites::read_all(sites::partitions(Listing::Leads, &sites, call), read).await?;
    let view = PlanFiguresView::of(tally.into_inner().unwrap_or_else(PoisonError::into_inner), &sites);
    let runs: u64 = view.plans.iter().map(|plan| plan.runs).sum();
    Ok(Answer::new(200, &view)?.about(&runs))
}

impl PlanFiguresView {
    fn of(tally: PlanTally, sites: &HashMap<DealerId, Site>) -> Self {
        let plans = tally.plans.into_iter().map(|((dealer, plan), yields)| PlanYieldView::of(&dealer, &plan, &yields, sites));
        Self { plans: plans.collect() }
    }
}

impl PlanYieldView {
    fn of(dealer: &DealerId, id: &PlanId, yields: &PlanYield, sites: &HashMap<DealerId, Site>) -> Self {
        let plan = sites.get(dealer).and_then(|site| site.dealer.settings.follow_up_plan(id));
        let sum = |of: fn(&StepYield) -> u64| yields.steps.iter().map(of).sum();
        let steps = yields.steps.iter().enumerate().map(|(i, step)| {
            let StepYield { done, events, messages, skipped, completed, answered, booked, won } = *step;
            let title = plan.and_then(|plan| plan.steps.get(i)).map(|step| step.title.clone());
            PlanStepYieldView { step: i + 1, title, done, events, messages, skipped, completed, answered, booked, won }
        });
        Self {
            dealer: dealer.to_string(),
            id: id.to_string(),
            name: plan.map_or_else(|| id.to_string(), |plan| plan.name.clone()),
            runs: yields.runs,
            answered: sum(|step| step.answered),
            booked: sum(|step| step.booked),
            won: sum(|step| step.won),
            steps: steps.collect(),
        }
    }
}
