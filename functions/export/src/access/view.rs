//! Access files as clients see them.

use chrono::{DateTime, Utc};
use forecourt_domain::privacy::{AccessFile, AccessState};
use serde::Serialize;
use utoipa::ToSchema;

/// An access file: the order, its progress, and the receipt. It has no personal data (PRV-4).
#[derive(Debug, Serialize, ToSchema)]
pub struct AccessFileView {
    /// Id of the access file.
    pub id: String,
    /// `running`, `done`, `incomplete` (leads in `unreadable` are not in the file), `expired`, `cancelled`, or `erased` (the contact was
    /// erased). The file exists if it is `done` or `incomplete`.
    pub state: &'static str,
    /// Progress in percent; 100 once the file is available.
    pub progress: u8,
    /// Who ordered it.
    pub ordered_by: String,
    /// When it was ordered. It contains what was stored before, in its state at the time of reading.
    pub ordered_at: DateTime<Utc>,
    /// When the file became available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_at: Option<DateTime<Utc>>,
    /// When the file is deleted.
    pub expires_at: DateTime<Utc>,
    /// Numbers of the leads, in the form that people read out.
    pub leads: Vec<String>,
    /// Numbers of the leads that have or had other contacts: the file has the contact's own part of them only; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared_leads: Vec<String>,
    /// Numbers of the leads that could not be read; absent if there are none. Deploy the latest release and order the file again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
    /// Number of files in the ZIP file so far.
    pub files: u64,
    /// Number of documents and raw inputs that are not in it: they have expired, or the malware scan does not allow them.
    pub missing_files: u32,
    /// Bytes so far.
    pub bytes: u64,
}

impl AccessFileView {
    pub(super) fn of(order: &AccessFile, now: DateTime<Utc>) -> Self {
        let done_at = if let AccessState::Done { at } = order.state { Some(at) } else { None };
        let spoken =
            |leads: &std::collections::BTreeSet<_>| leads.iter().map(|lead: &forecourt_domain::base::LeadId| lead.spoken()).collect();
        Self {
            id: order.id.clone(),
            state: order.state_name(now),
            progress: order.progress(),
            ordered_by: order.by.to_string(),
            ordered_at: order.at,
            done_at,
            expires_at: order.expires(),
            leads: order.targets.iter().map(|target| target.lead.spoken()).collect(),
            shared_leads: spoken(&order.shared),
            unreadable: spoken(&order.unreadable),
            files: order.written.entries,
            missing_files: order.written.missing,
            bytes: order.written.bytes,
        }
    }
}

/// A page of the group's access files.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccessFilesView {
    /// The access files, the latest first.
    pub access_files: Vec<AccessFileView>,
    /// Cursor of the next page; `null` on the last page.
    pub cursor: Option<String>,
}

/// A link to an access file.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccessFileLinkView {
    /// URL of the file. It needs no token, so it must be kept secret.
    pub url: String,
    /// When the link expires.
    pub expires_at: DateTime<Utc>,
    /// Suggested file name.
    pub file_name: String,
}
