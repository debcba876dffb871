//! Access files: a ZIP file with everything that the group has about a contact (PRV-4).
//!
//! An access file is written in slices, as an export is. A commit starts a slice and counts it. A second commit ends the slice and records
//! its output and its place. If the next slice starts before the end of a slice, the output of the overtaken slice is ignored.

use crate::base::{Actor, ChannelKey, ContactId, DealerId, Language, LeadId, Refusal, is_default};
use crate::privacy::{Erasure, ErasureCursor, ErasureTarget};
use crate::reports::UnfinishedSheet;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An order to write an access file. It is kept as the receipt, without personal data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessFile {
    /// Its id, of the form of [`Erasure::id_of`].
    pub id: String,
    /// The actor who ordered it.
    pub by: Actor,
    /// When it was ordered. It contains what was stored before, in its state at the time of reading.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The dealer of the lead that the order names.
    pub dealer: DealerId,
    /// The language of the explanation.
    pub language: Language,
    /// The lead that the order names.
    pub lead: LeadId,
    /// The contact of that lead.
    pub contact: ContactId,
    /// The leads of the contact.
    pub targets: Vec<ErasureTarget>,
    /// The keys by which the directory knows the contact: HMACs of addresses and numbers. Empty once the file is deleted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub channels: BTreeSet<ChannelKey>,
    /// The record of the directory, if it is also that of other contacts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_record: Option<ChannelKey>,
    /// Whether the lists are searched for further leads, because the directory does not list all of them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub searches: bool,
    /// The progress.
    pub state: AccessState,
    /// The number of slices that were started. It is the part number of the latest slice.
    #[serde(default)]
    pub slices: u32,
    /// The output so far.
    #[serde(default)]
    pub written: AccessOutput,
    /// The leads of which the file has the contact's own part only, because they have or had other contacts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub shared: BTreeSet<LeadId>,
    /// The leads that this release cannot read. They are not in the file.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unreadable: BTreeSet<LeadId>,
    /// When it must be processed next: to continue, or to be deleted. `None` if it is deleted.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
}

/// The progress of an access file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum AccessState {
    /// The data is being read from this place.
    Running {
        /// The start of the next slice.
        #[serde(default)]
        place: AccessPlace,
    },
    /// All parts are written and must be combined into one file.
    Closing,
    /// The file is available.
    Done {
        /// When it was completed.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
    },
    /// The file is deleted, or will be at once.
    Deleted {
        /// When that was decided.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The reason.
        why: AccessDeletion,
    },
    /// A state of another release.
    #[serde(other)]
    Unknown,
}

/// The reason for which an access file is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessDeletion {
    /// Its time has passed.
    Expired,
    /// A user cancelled it, or deleted the file.
    Cancelled,
    /// The contact was erased (PRV-2).
    Erased,
    /// A reason of another release.
    #[serde(other)]
    Unknown,
}

/// A place in the data of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessPlace {
    /// The part that is written next.
    pub phase: AccessPhase,
    /// The number of targets that are written.
    pub done: u32,
    /// The place of the last written item of the current lead. `None` if the lead is not begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The place in a list of the group. `None` at its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ErasureCursor>,
}

/// A part of an access file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessPhase {
    /// Search the lists of leads for further leads.
    #[default]
    Search,
    /// Write the items of a lead.
    Lead,
    /// Write the files of the same lead.
    Files,
    /// Search the lists of appointments, and write those of the contact.
    Appointments,
    /// Search the lists of mails, and write those of the contact.
    Mails,
    /// Write the summary and the explanation.
    Summary,
    /// A part of another release: the file is begun again.
    #[serde(other)]
    Unknown,
}

/// The output of an access file so far.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessOutput {
    /// The bucket's upload id for the parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<String>,
    /// When the upload was begun.
    #[serde(with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub upload_since: Option<DateTime<Utc>>,
    /// The parts in order: the number, and the bucket's ETag of the content.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<(u32, String)>,
    /// The object that stores the bytes that are too few for a part, and after them the list of the complete entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried: Option<String>,
    /// The number of bytes of that list.
    pub listed: u64,
    /// The number of bytes without that list.
    pub bytes: u64,
    /// The number of complete entries.
    pub entries: u64,
    /// The entry that the next slice continues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<UnfinishedEntry>,
    /// The number of files that could not be given: deleted after their time, or refused by the malware scan.
    pub missing: u32,
}

/// An entry of a ZIP file that the next slice continues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfinishedEntry {
    /// Its name.
    pub name: String,
    /// Its content so far.
    pub content: UnfinishedSheet,
}

impl AccessFile {
    /// How long a file is available after the order.
    pub const VALIDITY: TimeDelta = TimeDelta::days(7);
    /// How old an upload can become: the bucket removes unfinished uploads after a day.
    const UPLOAD: TimeDelta = TimeDelta::hours(20);
    /// How long a slice can outlive the deletion of its file.
    const LINGERING: TimeDelta = TimeDelta::minutes(5);
    /// How long an order waits before it reads, so that the indexes contain all earlier changes.
    pub const SETTLED: TimeDelta = TimeDelta::seconds(2);

    /// Returns whether a text has the form of an order's id.
    pub fn is_id(text: &str) -> bool {
        Erasure::is_id(text)
    }

    /// When the file expires.
    pub fn expires(&self) -> DateTime<Utc> {
        self.at + Self::VALIDITY
    }

    /// Whether the file is deleted or has expired.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        matches!(self.state, AccessState::Deleted { .. }) || now >= self.expires()
    }

    /// Whether the file is still being written at `now`.
    pub fn is_running(&self, now: DateTime<Utc>) -> bool {
        !self.is_over(now) && !matches!(self.state, AccessState::Done { .. })
    }

    /// Starts a slice. `None` if nothing is due: the wake-up was stale or duplicated.
    pub fn begun(&self, now: DateTime<Utc>) -> Option<Self> {
        self.due.filter(|due| *due <= now)?;
        Some(Self { slices: self.slices + 1, ..self.clone() })
    }

    /// Whether the slice started by `begun` is still the latest and has not ended.
    pub fn is_at(&self, begun: &Self) -> bool {
        (self.slices, &self.state, self.due) == (begun.slices, &begun.state, begun.due)
    }

    /// Whether the file must be begun again: its upload becomes too old, or another release has begun it.
    pub fn must_restart(&self, now: DateTime<Utc>) -> bool {
        let is_unfinished = matches!(self.state, AccessState::Running { .. } | AccessState::Closing);
        let is_unknown = matches!(&self.state, AccessState::Running { place } if place.phase == AccessPhase::Unknown);
        is_unknown || (is_unfinished && self.written.upload_since.is_some_and(|since| now - since > Self::UPLOAD))
    }

    /// Returns the order at its beginning, without what was written.
    #[must_use]
    pub fn restarted(&self, now: DateTime<Utc>) -> Self {
        let state = AccessState::Running { place: AccessPlace::default() };
        Self { written: AccessOutput::default(), ..self.ended(state, now) }
    }

    /// Ends a slice with a new state.
    #[must_use]
    pub fn ended(&self, state: AccessState, now: DateTime<Utc>) -> Self {
        // Each slice has its own due time, so that each has its own wake-up.
        let next = self.due.map_or(now, |due| now.max(due + TimeDelta::milliseconds(1)));
        let due = match state {
            AccessState::Running { .. } | AccessState::Closing | AccessState::Unknown => Some(next),
            AccessState::Done { .. } => Some(self.expires()),
            AccessState::Deleted { at, .. } => Some(at),
        };
        Self { state, due, ..self.clone() }
    }

    /// Returns the receipt of a file that was removed for this reason. It is removed once more after a while: a slice that was being
    /// written at that time may have left something.
    #[must_use]
    pub fn removed(&self, why: AccessDeletion, now: DateTime<Utc>) -> Self {
        let AccessOutput { bytes, entries, missing, .. } = self.written;
        let written = AccessOutput { bytes, entries, missing, ..AccessOutput::default() };
        let at = if let AccessState::Deleted { at, .. } = self.state { at } else { now };
        let due = Some(at + Self::LINGERING).filter(|again| *again > now);
        Self { channels: BTreeSet::new(), shared_record: None, written, state: AccessState::Deleted { at, why }, due, ..self.clone() }
    }

    /// Returns the order with its file to be removed at once. `None` if it is deleted already.
    pub fn deleted(&self, why: AccessDeletion, now: DateTime<Utc>) -> Option<Self> {
        let is_deleted = matches!(self.state, AccessState::Deleted { .. });
        (!is_deleted).then(|| self.ended(AccessState::Deleted { at: now, why }, now))
    }

    /// Returns the reason for which the file must be removed at `now`. `None` if it stays.
    pub fn ends_by(&self, now: DateTime<Utc>) -> Option<AccessDeletion> {
        match self.state {
            AccessState::Deleted { why, .. } => Some(why),
            _ => (now >= self.expires()).then_some(AccessDeletion::Expired),
        }
    }

    /// Whether the file may contain data of the contact of an erasure.
    pub fn concerns(&self, erasure: &Erasure) -> bool {
        let leads = || erasure.targets.iter().any(|target| self.targets.iter().any(|own| own.lead == target.lead));
        !self.channels.is_disjoint(&erasure.channels) || leads()
    }

    /// Adds leads that a search found.
    pub fn add_targets(&mut self, found: impl IntoIterator<Item = ErasureTarget>) {
        for target in found {
            if !self.targets.iter().any(|known| known.lead == target.lead) {
                self.targets.push(target);
            }
        }
    }

    /// Adds leads that a search found and that this release cannot read. Those of the order are noted when they are written.
    pub fn add_unreadable(&mut self, found: &[LeadId]) {
        let is_target = |lead: &LeadId| self.targets.iter().any(|target| target.lead == *lead);
        let found: Vec<LeadId> = found.iter().copied().filter(|lead| !is_target(lead)).collect();
        self.unreadable.extend(found);
    }

    /// Returns the name of the state in the API at `now`: `running`, `done`, `incomplete` if leads could not be read, `expired`,
    /// `cancelled` or `erased`.
    pub fn state_name(&self, now: DateTime<Utc>) -> &'static str {
        match (self.ends_by(now), &self.state) {
            (Some(AccessDeletion::Expired), _) => "expired",
            (Some(AccessDeletion::Cancelled), _) => "cancelled",
            (Some(AccessDeletion::Erased), _) => "erased",
            (Some(AccessDeletion::Unknown), _) => "unknown",
            (None, AccessState::Done { .. }) if !self.unreadable.is_empty() => "incomplete",
            (None, AccessState::Done { .. }) => "done",
            (None, _) => "running",
        }
    }

    /// Returns the progress in percent, below 100 until the file is available.
    pub fn progress(&self) -> u8 {
        let AccessState::Running { place } = &self.state else {
            return if self.state == AccessState::Closing { 99 } else { 100 };
        };
        let (done, all) = (usize::try_from(place.done).unwrap_or(usize::MAX), self.targets.len().max(1));
        match place.phase {
            AccessPhase::Search | AccessPhase::Unknown => 0,
            AccessPhase::Lead | AccessPhase::Files => u8::try_from(done.min(all) * 70 / all).unwrap_or(70),
            AccessPhase::Appointments => 70,
            AccessPhase::Mails => 85,
            AccessPhase::Summary => 95,
        }
    }

    /// Checks that the file is available.
    ///
    /// # Errors
    /// [`Refusal::Gone`] once it is deleted, 409 while it is being written.
    pub fn ready(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        match self.ends_by(now) {
            Some(AccessDeletion::Erased) => Err(Refusal::gone("PRV-4", "the file was deleted because the contact was erased")),
            Some(AccessDeletion::Cancelled) => Err(Refusal::gone("PRV-4", "the access file was cancelled; order it again")),
            Some(AccessDeletion::Expired | AccessDeletion::Unknown) => {
                Err(Refusal::gone("PRV-4", "the access file has expired; order it again"))
            }
            None if matches!(self.state, AccessState::Done { .. }) => Ok(()),
            None => Err(Refusal::conflict("PRV-4", "the access file is still being written")),
        }
    }
}
