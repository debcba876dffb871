//! The follow-up plan of a lead: start and stop (CAL-11).

use super::{answered, change};
use forecourt_domain::base::Right;
use forecourt_domain::rules::lead::follow_up;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::follow_up::{PlanStartBody, start as start_plan};
use forecourt_edge::usecase::lead::LeadContext;

/// `POST /leads/{id}/plan`: starts a follow-up plan of the dealer.
pub(super) async fn start(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let plan = call.json::<PlanStartBody>()?.check()?;
    answered(&start_plan(platform, call, &plan).await?, call)
}

/// `DELETE /leads/{id}/plan`: stops the running plan. Nothing changes if none is running.
pub(super) async fn stop(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let by = call.scope.actor();
    let rule = |context: LeadContext<'_>| Ok(follow_up::stop(context.input(&by, call.now)));
    change(platform, call, Right::WorkLeads, &|_| Vec::new(), rule).await
}
