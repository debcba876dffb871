//! Whether a dealer's lists may have changed, for clients that show one and ask every few seconds (LEAD-8).

use forecourt_domain::base::{DealerId, Refusal, Right};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use serde::Serialize;
use utoipa::ToSchema;

/// Whether a dealer's lists may have changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangesView {
    /// Another text after each change of the dealer's leads, calendar events, tasks and appointments. `null` in the first minutes after
    /// nobody asked for a while: read the list itself then.
    pub mark: Option<String>,
}

/// `GET /dealers/{dealer}/changes`: returns the mark of the dealer's changes for half a read unit.
pub(crate) async fn changes(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    platform.store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?;
    let mark = platform.store.pulse(&call.scope, &id, platform.wall.now()).await?;
    Ok(Answer::new(200, &ChangesView { mark })?.about(&id))
}
