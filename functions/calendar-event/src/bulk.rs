//! One event for many leads, each answered for itself (CAL-2).

use crate::body::BulkBody;
use crate::{CalendarEventView, put};
use forecourt_domain::access::Right;
use forecourt_domain::ids::LeadId;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call};
use forecourt_edge::problem::Problem;
use futures::{FutureExt as _, StreamExt as _, stream};
use serde::Serialize;
use utoipa::ToSchema;

/// Leads that are worked on at once.
const AT_ONCE: usize = 16;

/// What became of each lead, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkView {
    /// One for each lead.
    pub results: Vec<BulkResult>,
}

/// What became of one lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkResult {
    /// Which lead, as the request names it.
    pub lead: String,
    /// As a request for this lead alone would have been answered.
    pub status: u16,
    /// The event, where it was put on the calendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<CalendarEventView>,
    /// Why not, where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// Puts the event on the calendar of each lead. With an `Idempotency-Key` the request can be sent again: a lead that has the event does not get it twice.
pub(crate) async fn schedule(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::WorkLeads)?;
    let (leads, event) = call.json::<BulkBody>()?.check()?;
    // All of one person's are written to the same day: who meets there only tries again.
    let at_once = if event.user.is_some() { 1 } else { AT_ONCE };
    let each = leads.into_iter().map(|lead| {
        let event = event.clone();
        async move {
            let outcome = match lead.trim().parse::<LeadId>() {
                Ok(id) => put(platform, call, id, event).await,
                Err(_) => Err(Problem::not_found("there is no such lead")),
            };
            match outcome {
                Ok(event) => BulkResult { lead, status: 201, event: Some(event), problem: None },
                Err(problem) => BulkResult { lead, status: problem.status, event: None, problem: Some(problem) },
            }
        }
        .boxed()
    });
    let results: Vec<BulkResult> = stream::iter(each).buffered(at_once).collect().await;
    Ok(Answer::new(207, &BulkView { results })?)
}
