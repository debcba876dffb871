//! The rows of the lists as clients see them.

use crate::page::TargetView;
use chrono::{DateTime, Utc};
use forecourt_domain::base::Status;
use forecourt_domain::lead::{FIRST_CONTACT, Target};
use forecourt_edge::usecase::pool::Claimable;
use forecourt_store::{Board, LeadList, LeadRow, NextAction};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of a dealer's leads.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadListView {
    /// The leads, newest first.
    pub leads: Vec<LeadRowView>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A page of a dealer's board.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoardView {
    /// The leads, ordered by the date of the next action.
    pub leads: Vec<BoardRowView>,
    /// The number of mails that wait in the dealer's inbox for a decision (INT-7), at most 50; only with `mails=true`, and absent if you
    /// may not read the inbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_mails: Option<u32>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A lead on a board.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoardRowView {
    /// Time of the earliest incomplete calendar event, past or future. If there is none: the time of the lead's last update (CAL-3).
    pub next_action_at: DateTime<Utc>,
    /// Id of that event, at `/leads/{id}/events`.
    pub next_action: Option<String>,
    /// The lead.
    #[serde(flatten)]
    pub lead: LeadRowView,
}

/// A lead in a list.
#[derive(Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "as in LeadView")]
pub struct LeadRowView {
    pub id: String,
    pub number: String,
    pub status: &'static str,
    pub owner: Option<String>,
    #[serde(rename = "type")]
    pub lead_type: &'static str,
    pub source: String,
    pub contact: String,
    /// Telephone number of the main contact for a call, in E.164, with `;ext=` before an extension; `null` if the contact has none that can
    /// be dialled, or if an earlier release stored the contact.
    pub phone: Option<String>,
    /// First e-mail address of the main contact; `null` if the contact has none, or if an earlier release stored the contact.
    pub email: Option<String>,
    pub vehicle: String,
    pub received_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deadline: Option<DateTime<Utc>>,
    pub seconds_left: Option<i64>,
    pub level: u8,
    /// Time of the earliest open deadline: first contact or another (LEAD-6).
    pub current_deadline_at: Option<DateTime<Utc>>,
    /// Whether that time has passed.
    pub overdue: bool,
    /// That deadline, as on the lead's page; `null` if none is open. Its user is the lead's owner.
    pub current_deadline: Option<TargetView>,
    /// The calendar event that is the next action (CAL-3); `null` if no event is incomplete, or if an earlier release planned it.
    pub next_action_event: Option<RowActionView>,
    /// Whether it is in the pool and you may claim it now (DIS-8): with `oldest_only` only the oldest lead, unless you may take any; none
    /// if you have the maximum of open leads.
    pub claimable: bool,
}

/// The reader of a list.
#[derive(Clone, Copy)]
pub(crate) struct RowReader<'a> {
    pub(crate) now: DateTime<Utc>,
    /// The leads that the reader may claim from the pool.
    pub(crate) claimable: &'a Claimable,
}

/// The next action of a lead in a list (CAL-3).
#[derive(Debug, Serialize, ToSchema)]
pub struct RowActionView {
    /// Id of the event within the lead.
    pub id: String,
    /// Title of the event.
    pub title: String,
    /// `phone_outbound`, `visit_inbound` …, or a type that the dealer added.
    #[serde(rename = "type")]
    pub kind: String,
    /// Start of the event.
    pub at: DateTime<Utc>,
    /// The user of the event, otherwise the lead's owner; `null` if the lead has no owner yet.
    pub user: Option<String>,
}

impl LeadListView {
    pub(crate) fn of(listed: &LeadList, reader: RowReader<'_>) -> Self {
        Self { leads: listed.leads.iter().map(|row| LeadRowView::of(row, reader)).collect(), cursor: listed.cursor.clone() }
    }
}

impl BoardView {
    pub(crate) fn of(board: &Board, reader: RowReader<'_>) -> Self {
        let row = |(at, row): &(DateTime<Utc>, LeadRow)| BoardRowView {
            next_action_at: *at,
            next_action: row.next_event.as_ref().map(ToString::to_string),
            lead: LeadRowView::of(row, reader),
        };
        Self { leads: board.leads.iter().map(row).collect(), cursor: board.cursor.clone(), waiting_mails: None }
    }
}

impl LeadRowView {
    fn of(row: &LeadRow, reader: RowReader<'_>) -> Self {
        let RowReader { now, claimable } = reader;
        let facts = &row.facts;
        Self {
            id: facts.id.to_string(),
            number: facts.id.spoken(),
            status: facts.status.name(),
            owner: facts.owner.as_ref().map(ToString::to_string),
            lead_type: facts.lead_type.name(),
            source: facts.source.clone(),
            contact: facts.contact.clone(),
            phone: facts.phone.clone(),
            email: facts.email.as_ref().map(ToString::to_string),
            vehicle: facts.vehicle.clone(),
            received_at: facts.arrived,
            updated_at: facts.updated,
            deadline: row.deadline,
            seconds_left: row.deadline.filter(|_| row.open).map(|due| (due - now).num_seconds()),
            level: row.level,
            current_deadline_at: row.current_deadline(),
            overdue: row.current_deadline().is_some_and(|at| at < now),
            current_deadline: target_of(row, now),
            next_action_event: row.next_action().map(RowActionView::of),
            claimable: facts.status == Status::InProgress && claimable.has(facts.id, facts.owner.as_ref()),
        }
    }
}

impl RowActionView {
    fn of(next: NextAction<'_>) -> Self {
        Self {
            id: next.event.to_string(),
            title: next.title.to_owned(),
            kind: next.kind.to_owned(),
            at: next.at,
            user: next.user.map(ToString::to_string),
        }
    }
}

/// Returns the current deadline: of two at the same time, the one that the lead's page shows.
fn target_of(row: &LeadRow, now: DateTime<Utc>) -> Option<TargetView> {
    let id = |target: Option<&Target>| target.map_or(FIRST_CONTACT, |target| target.id.as_str()).to_owned();
    let (at, id, target) =
        row.open_deadlines().map(|(at, target)| (at, id(target), target)).min_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)))?;
    Some(TargetView {
        id,
        title: target.map(|target| target.title.clone()),
        at,
        seconds_left: Some((at - now).num_seconds()),
        met_at: None,
        original_at: row.deadline_before_moves.filter(|_| target.is_none()),
    })
}
