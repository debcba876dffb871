//! The retention of a dealer as clients see it (PRV-5).

use chrono::{DateTime, Utc};
use forecourt_domain::base::{DealerId, Refusal, Right};
use forecourt_domain::privacy::{Retention, RetentionRun};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde::Serialize;
use utoipa::ToSchema;

/// The retention of a dealer, with the receipt of the latest run.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetentionView {
    /// Id of the dealer.
    pub dealer: String,
    /// The months after which a closed lead is erased; `null` if closed leads are kept.
    pub months: Option<u32>,
    /// When the next run, or the next page of the run in progress, is due; `null` if closed leads are kept.
    pub next_at: Option<DateTime<Utc>>,
    /// The run in progress; absent between the runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RetentionRunView>,
    /// The latest run that is done; absent before the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<RetentionRunView>,
}

/// A run of a retention, which is also its receipt. It has no personal data.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetentionRunView {
    /// The time for which it was planned.
    pub began_at: DateTime<Utc>,
    /// It erases leads that were closed before this time.
    pub closed_before: DateTime<Utc>,
    /// When it was done; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_at: Option<DateTime<Utc>>,
    /// Number of leads whose erasure it ordered.
    pub ordered: u32,
    /// Number of leads that a legal hold keeps.
    pub held: u32,
    /// Number of leads with a calendar event to come. A later run erases them.
    pub planned: u32,
    /// Ids of the erasures that it ordered: `GET /erasures/{erasure}` has the receipts with the numbers of the leads.
    pub erasures: Vec<String>,
    /// Whether it ended at the limit of a day. The next run continues.
    pub limited: bool,
}

impl RetentionRunView {
    fn of(run: &RetentionRun) -> Self {
        let RetentionRun { began, closed_before, done_at, ordered, held, planned, erasures, limited } = run.clone();
        Self { began_at: began, closed_before, done_at, ordered, held, planned, erasures, limited }
    }
}

/// `GET /dealers/{dealer}/retention`.
pub(crate) async fn read(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadSettings)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    let loaded = platform.store.load(&call.scope, &Load::of([Key::Dealer(id.clone()), Key::Retention(id.clone())])).await?;
    let dealer = loaded.dealer(&id).ok_or(Refusal::NotFound("dealer"))?;
    let job = loaded.retention(&id);
    let run = |run: Option<&RetentionRun>| run.map(RetentionRunView::of);
    let view = RetentionView {
        dealer: id.to_string(),
        months: dealer.settings.retention_months,
        next_at: job.and_then(|job: &Retention| job.due).filter(|_| dealer.settings.retention_months.is_some()),
        run: run(job.and_then(|job| job.run.as_ref())),
        last: run(job.and_then(|job| job.last.as_ref())),
    };
    Ok(Answer::new(200, &view)?.about(&id))
}
