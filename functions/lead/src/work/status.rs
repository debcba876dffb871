//! The seller's reaction (ESC-7), and the status of the lead: won, lost, reopened (LEAD-1).

use super::body::ReactionBody;
use super::{answered, change};
use forecourt_domain::base::Right;
use forecourt_domain::rules::lead::reaction;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::lead::LeadContext;
use forecourt_edge::usecase::status::{self, StatusBody};

/// `POST /leads/{id}/reactions`: logs the seller's reaction (ESC-7).
pub(crate) async fn react(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let (logged, note) = call.json::<ReactionBody>()?.check()?;
    let by = call.scope.actor();
    let rule = |context: LeadContext<'_>| reaction::log(context.input(&by, call.now), logged, note.clone()).map(Some);
    change(platform, call, Right::WorkLeads, &|_| Vec::new(), rule).await
}

/// `POST /leads/{id}/status`: marks a lead as won or lost, or reopens it (LEAD-1, ESC-9).
pub(crate) async fn set_status(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let change = call.json::<StatusBody>()?.check()?;
    answered(&status::set_status(platform, call, change).await?, call)
}
