//! The lead that a request is about: if the sender may not see it, the response is 404, whatever else is wrong with the request (LEAD-9).

use super::problem::Problem;
use crate::Platform;
use crate::routes::Route;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{LeadId, Refusal, Right};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load};
use std::collections::HashMap;

/// The lead in the path of a request, with the sender.
pub(super) struct Subject {
    scope: Scope,
    /// `None` if the text in the path can be no number of a lead.
    lead: Option<LeadId>,
    now: DateTime<Utc>,
}

impl Subject {
    /// Returns the lead of a request. `None` if the route is about no lead.
    pub(super) fn of(route: &Route, scope: &Scope, path: &HashMap<String, String>, now: DateTime<Utc>) -> Option<Self> {
        let lead = || path.get("id").and_then(|id| id.parse().ok());
        route.path.starts_with("/leads/{id}").then(|| Self { scope: scope.clone(), lead: lead(), now })
    }

    /// Returns the problem of a request, or 404 in place of a fault in its fields if the sender may not see the lead. Fields are read
    /// before the lead, so that a request that cannot be carried out costs nothing; only then is the lead looked up here.
    pub(super) async fn checked(&self, platform: &Platform, problem: Problem) -> Problem {
        if !problem.is_of_content() || self.scope.needs(Right::ReadLeads).is_err() {
            return problem;
        }
        match self.is_visible(platform).await {
            Ok(false) => Refusal::NotFound("lead").into(),
            // If the lead cannot be looked up, the fault in the fields says nothing of it.
            Ok(true) | Err(_) => problem,
        }
    }

    async fn is_visible(&self, platform: &Platform) -> Result<bool, Failure> {
        let Some(id) = self.lead else { return Ok(false) };
        let loaded = platform.store.load(&self.scope, &Load::of([Key::Lead(id)])).await?;
        let Some(lead) = loaded.lead(id) else { return Ok(false) };
        let dealer = platform.store.dealer(&self.scope, &lead.dealer).await?;
        Ok(dealer.is_some_and(|dealer| self.scope.needs_on(Right::ReadLeads, lead, &dealer.settings, self.now).is_ok()))
    }
}
