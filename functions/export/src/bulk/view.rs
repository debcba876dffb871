//! Bulk actions as clients see them.

use chrono::{DateTime, Utc};
use forecourt_domain::bookings::Warning;
use forecourt_domain::lead::{BulkAction, BulkRow};
use forecourt_edge::usecase::warnings::{WarningView, warnings};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A bulk action and its progress (LEAD-10).
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkActionView {
    /// Id of the action.
    pub id: String,
    /// `complete`, `move`, `reassign`, `status`, `event` or `plan`.
    pub action: String,
    /// `running` or `done`.
    pub state: &'static str,
    /// Number of leads.
    pub total: u32,
    /// Number of leads with a result.
    pub done: u32,
    /// Number of leads whose action was carried out.
    pub succeeded: u32,
    /// Number of leads whose action was refused.
    pub failed: u32,
    /// When it was requested.
    pub asked_at: DateTime<Utc>,
    /// When it was done; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_at: Option<DateTime<Utc>>,
    /// The result of each lead, in the order of the request; absent from the response to `GET`, and if the action has more than 500 leads
    /// or still runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<Vec<BulkLeadView>>,
}

/// A page of the results of a bulk action.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkLeadsView {
    /// The results, in the order of the request.
    pub results: Vec<BulkLeadView>,
    /// Cursor of the next page; absent on the last page that is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The result of a bulk action for one lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkLeadView {
    /// The lead, as the request names it.
    pub lead: String,
    /// The status that a request for this lead alone would get.
    pub status: u16,
    /// Id of the event that was planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The owner after an assignment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The reasons against the time and person of the event that was planned or moved; absent if there are none (APT-8).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<WarningView>,
    /// The problem, if the action was not carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<forecourt_edge::http::Problem>)]
    pub problem: Option<Value>,
}

impl BulkActionView {
    pub(super) fn of(bulk: &BulkAction, results: Option<Vec<BulkLeadView>>) -> Self {
        Self {
            id: bulk.id.clone(),
            action: bulk.action.clone(),
            state: if bulk.ended.is_some() { "done" } else { "running" },
            total: bulk.total,
            done: bulk.leads_done,
            succeeded: bulk.succeeded,
            failed: bulk.leads_done - bulk.succeeded,
            asked_at: bulk.at,
            done_at: bulk.ended,
            results,
        }
    }
}

impl From<&BulkRow> for BulkLeadView {
    fn from(row: &BulkRow) -> Self {
        Self {
            lead: row.lead.clone(),
            status: row.status,
            event: row.event.as_ref().map(ToString::to_string),
            owner: row.owner.as_ref().map(ToString::to_string),
            warnings: warnings(
                row.warnings.iter().filter_map(|name| Warning::NAMES.iter().find(|(known, _)| known == name)).map(|(_, it)| it),
            ),
            problem: row.problem.as_deref().and_then(|problem| serde_json::from_str(problem).ok()),
        }
    }
}
