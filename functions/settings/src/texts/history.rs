//! The history of a dealer's texts (MSG-2).

use super::view::TextView;
use chrono::{DateTime, Utc};
use forecourt_domain::base::{DealerId, Refusal, Right};
use forecourt_domain::texts::TextChange;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_edge::usecase::people::{PersonView, named, user_in};
use serde::Serialize;
use utoipa::ToSchema;

/// Number of changes on a page.
const PAGE: usize = 20;

/// A page of changes of a dealer's texts.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextHistoryView {
    /// The changes, newest first. Changes by releases without a history are missing.
    pub changes: Vec<TextChangeView>,
    /// Value of `before` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// The names of the authors; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonView>,
}

/// A change of a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextChangeView {
    /// The version of the dealer's texts that the change made.
    pub version: u64,
    /// Time of the change.
    pub at: DateTime<Utc>,
    /// Actor of the change: `user:…` or `system`.
    pub by: String,
    /// The text before the change; absent if the change created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<TextView>,
    /// The text after the change; absent if the change removed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<TextView>,
}

impl TextChangeView {
    fn of(change: &TextChange) -> Self {
        Self {
            version: change.version,
            at: change.at,
            by: change.by.to_string(),
            before: change.before.as_ref().map(TextView::of),
            after: change.after.as_ref().map(TextView::of),
        }
    }
}

/// `GET /dealers/{dealer}/text-history`.
pub(super) async fn read(platform: &Platform, call: &Call, dealer: &DealerId) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadSettings)?;
    call.scope.reaches(dealer)?;
    let mut queries = Queries::of(call, "MSG-2");
    let before: Option<u64> = queries.parse("before", "a version");
    queries.done()?;
    platform.store.dealer(&call.scope, dealer).await?.ok_or(Refusal::NotFound("dealer"))?;
    let read = platform.store.text_history(&call.scope, dealer, before, PAGE + 1).await?;
    let changes: Vec<TextChangeView> = read.iter().take(PAGE).map(TextChangeView::of).collect();
    let before = changes.last().map(|last| last.version).filter(|_| read.len() > PAGE);
    let authors = changes.iter().filter_map(|change| user_in(&change.by)).collect();
    let people = named(platform, call, None, authors).await?;
    Ok(Answer::new(200, &TextHistoryView { changes, before, people })?.about(dealer))
}
