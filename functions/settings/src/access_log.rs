//! The access log: rights that were granted, changed group admins, searches for leads (ACC-1), and access files (PRV-4).

use chrono::{DateTime, Utc};
use forecourt_domain::access::{AccessEvent, AccessRecord};
use forecourt_domain::base::{Refusal, Right};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use serde::Serialize;
use utoipa::ToSchema;

/// The default page size of the log.
const DEFAULT_PAGE: usize = 25;

/// A page of the access log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccessLogView {
    /// The records, newest first.
    pub records: Vec<AccessRecordView>,
    /// Cursor of the next page; `null` on the last page.
    pub cursor: Option<String>,
}

/// A record of the access log.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct AccessRecordView {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The actor: `user:…` or `partner:…`.
    pub by: String,
    /// `granted`, `admin_changed`, `partner_secret`, `lead_search` or `access_file`.
    pub what: &'static str,
    /// The user that got rights, or the group admin that was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The role of that user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    /// The additional rights that are new.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<&'static str>,
    /// The dealers whose leads the user can now reach, if the actor may not read leads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dealers: Vec<String>,
    /// The partner that got a signing secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// The dealer whose leads were searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dealer: Option<String>,
    /// The kind of the value that was searched for: `number`, `email`, `phone` or `name`; or `appointment` if the leads were found for an
    /// appointment of the customer (APT-8). The value is not stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub searched_by: Option<String>,
    /// Ids of the leads in the result of the search, or of the lead that names the contact of the access file; absent without the right
    /// `read_leads`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leads: Option<Vec<String>>,
    /// Id of the access file (PRV-4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_file: Option<String>,
    /// What the actor did with the access file: `ordered`, `downloaded` or `cancelled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<&'static str>,
    /// Ids of the group's admins that were notified by mail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notified: Vec<String>,
}

/// `GET /access-log`, for users who manage the whole group.
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ManageUsers)?;
    if !call.scope.reaches_all() {
        return Err(Refusal::NotFound("access log").into());
    }
    let mut queries = Queries::of(call, "ACC-1");
    let limit = queries.limit(DEFAULT_PAGE);
    queries.done()?;
    let (records, cursor) = platform.store.access_log(&call.scope, call.query("cursor"), limit).await?;
    // The operator manages users, but may not see which leads exist.
    let reads_leads = call.scope.needs(Right::ReadLeads).is_ok();
    let records = records.iter().map(|record| AccessRecordView::of(record, reads_leads)).collect();
    Ok(Answer::new(200, &AccessLogView { records, cursor })?)
}

impl AccessRecordView {
    fn of(record: &AccessRecord, reads_leads: bool) -> Self {
        let notified = record.notice.iter().flat_map(|notice| &notice.sent).map(ToString::to_string).collect();
        let of = Self { at: record.at, by: record.by.to_string(), notified, ..Self::default() };
        match &record.event {
            AccessEvent::Granted { user, role, rights, dealers } => Self {
                what: "granted",
                user: Some(user.to_string()),
                role: Some(role.name()),
                rights: rights.iter().map(|right| right.name()).collect(),
                dealers: dealers.iter().map(ToString::to_string).collect(),
                ..of
            },
            AccessEvent::AdminChanged { user, .. } => Self { what: "admin_changed", user: Some(user.to_string()), ..of },
            AccessEvent::PartnerSecret { partner } => Self { what: "partner_secret", partner: Some(partner.to_string()), ..of },
            AccessEvent::LeadSearch { dealer, term, found } => Self {
                what: "lead_search",
                dealer: Some(dealer.to_string()),
                searched_by: Some(term.clone()),
                leads: reads_leads.then(|| found.iter().map(ToString::to_string).collect()),
                ..of
            },
            AccessEvent::AccessFile { file, action, lead } => Self {
                what: "access_file",
                access_file: Some(file.clone()),
                action: Some(action.name()),
                leads: reads_leads.then(|| vec![lead.to_string()]),
                ..of
            },
            AccessEvent::Unknown => Self { what: "unknown", ..of },
        }
    }
}
