//! Orders to erase a contact of the group. An order is also the receipt of the erasure: it has no personal data (PRV-2).

use crate::base::{Actor, ChannelKey, ContactId, DealerId, LeadId, is_default};
use crate::lead::Lead;
use crate::privacy::Spared;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An order to erase a contact. It is worked off page by page, and kept as the receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Its id, by [`Erasure::id_of`].
    pub id: String,
    /// The actor who ordered it.
    pub by: Actor,
    /// When it was ordered.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The reason.
    pub reason: ErasureReason,
    /// A dealer of the group, for the index of due items.
    pub dealer: DealerId,
    /// The leads of the contact.
    pub targets: Vec<ErasureTarget>,
    /// The keys by which the directory knew the contact: HMACs of addresses and numbers.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub channels: BTreeSet<ChannelKey>,
    /// The record of the directory that stays, because it is also that of other contacts. `None` if the record goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_record: Option<ChannelKey>,
    /// Whether the lists are searched for further leads, because the directory did not list all of them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub searches: bool,
    /// The part that is done next.
    #[serde(default)]
    pub phase: ErasurePhase,
    /// The number of targets that are done.
    #[serde(default, skip_serializing_if = "is_default")]
    pub done: u32,
    /// The place at which the search of a list continues. `None` at its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ErasureCursor>,
    /// When the next page is due. `None` if the order is done.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// When the last page was done. `None` while the order runs.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub done_at: Option<DateTime<Utc>>,
    /// The number of items that were erased.
    #[serde(default)]
    pub erased: ErasedCounts,
    /// The leads that this release cannot read. They are not erased.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unreadable: BTreeSet<LeadId>,
    /// The leads that a legal hold keeps (PRV-5): leads of the order, and leads of others whose hold keeps a mail with the contact's data.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub held: BTreeSet<LeadId>,
    /// When it was ordered again from the ledger, after a restore of the table. `None` if it was not.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub again: Option<DateTime<Utc>>,
}

/// The reason of an erasure. A free text could name the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasureReason {
    /// The person asked for it.
    Requested,
    /// The person withdrew the consent.
    ConsentWithdrawn,
    /// The purpose has ended.
    NoLongerNeeded,
    /// The data was processed unlawfully, or was recorded by mistake.
    Unlawful,
    /// The dealer's retention has ended (PRV-5). Nobody can order it by hand.
    Retention,
    /// A reason of another release.
    #[serde(other)]
    Unknown,
}

impl ErasureReason {
    /// Every reason of a request with its name in the API.
    pub const NAMES: [(&'static str, ErasureReason); 4] = [
        ("requested", ErasureReason::Requested),
        ("consent_withdrawn", ErasureReason::ConsentWithdrawn),
        ("no_longer_needed", ErasureReason::NoLongerNeeded),
        ("unlawful", ErasureReason::Unlawful),
    ];

    /// Returns the name in the API.
    pub fn name(self) -> &'static str {
        let other = if self == Self::Retention { "retention" } else { "unknown" };
        Self::NAMES.iter().find(|(_, reason)| *reason == self).map_or(other, |(name, _)| name)
    }
}

/// A lead of the contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureTarget {
    /// The lead.
    pub lead: LeadId,
    /// The ids of the contact within the lead.
    pub contacts: BTreeSet<ContactId>,
}

/// A part of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasurePhase {
    /// Write the order into the ledger.
    #[default]
    Ledger,
    /// Search the lists of leads for further leads, and write those into the ledger too.
    Search,
    /// Erase the leads.
    Leads,
    /// Search the lists of appointments, and erase those of the contact that belong to no lead.
    Appointments,
    /// Search the lists of received mails, and erase those of the contact.
    Mails,
    /// Delete the files of exports, and access files of the contact.
    Exports,
    /// Delete the entries of the directory, and the words of stops of addresses.
    Directory,
    /// A part of another release: the order begins again.
    #[serde(other)]
    Unknown,
}

/// The result for a lead of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetResult {
    /// It is erased.
    Erased,
    /// The retention does not concern it any more.
    Spared,
    /// A legal hold keeps it.
    Held,
    /// This release cannot read it.
    Unreadable,
}

/// A place in the lists of the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureCursor {
    /// The dealer whose list is read.
    pub dealer: DealerId,
    /// The partition of the list. `None` for the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// The place after which the list continues. `None` at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// The numbers of erased items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErasedCounts {
    /// Leads without a remaining contact.
    pub leads: u32,
    /// Leads that keep another contact.
    pub shared_leads: u32,
    /// Leads in progress that were closed.
    pub closed: u32,
    /// Appointments.
    pub appointments: u32,
    /// Appointments in the future that were cancelled.
    pub cancelled: u32,
    /// Documents.
    pub documents: u32,
    /// Received mails.
    pub mails: u32,
    /// Exports whose files were deleted.
    pub exports: u32,
    /// Access files that were deleted.
    #[serde(skip_serializing_if = "is_default")]
    pub access_files: u32,
}

impl ErasedCounts {
    /// Returns the sum of both.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self {
            leads: self.leads + more.leads,
            shared_leads: self.shared_leads + more.shared_leads,
            closed: self.closed + more.closed,
            appointments: self.appointments + more.appointments,
            cancelled: self.cancelled + more.cancelled,
            documents: self.documents + more.documents,
            mails: self.mails + more.mails,
            exports: self.exports + more.exports,
            access_files: self.access_files + more.access_files,
        }
    }
}

impl Erasure {
    /// The most leads that the commit of an order marks ([`Lead::erasure`]). A transaction has room for few more.
    const MARKED: usize = 40;

    /// Returns the leads that the commit of the order marks.
    pub fn marked(&self) -> impl Iterator<Item = LeadId> {
        self.targets.iter().map(|target| target.lead).take(Self::MARKED)
    }

    /// Returns an order that begins at once. `actor, time, reason` are those of the order.
    pub fn new(id: String, (by, at, reason): (Actor, DateTime<Utc>, ErasureReason), dealer: DealerId, targets: Vec<ErasureTarget>) -> Self {
        Self {
            id,
            by,
            at,
            reason,
            dealer,
            targets,
            channels: BTreeSet::new(),
            shared_record: None,
            searches: false,
            phase: ErasurePhase::default(),
            done: 0,
            cursor: None,
            due: Some(at),
            done_at: None,
            erased: ErasedCounts::default(),
            unreadable: BTreeSet::new(),
            held: BTreeSet::new(),
            again: None,
        }
    }

    /// Returns the id of an order. `name` is a name that no other order of this millisecond has: lower case letters and digits.
    pub fn id_of(at: DateTime<Utc>, name: &str) -> String {
        format!("{:015}-{name}", at.timestamp_millis().max(0))
    }

    /// Returns whether a text has the form of an order's id.
    pub fn is_id(text: &str) -> bool {
        let name = |name: &str| !name.is_empty() && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let digits = |at: &str| at.len() == 15 && at.bytes().all(|digit| digit.is_ascii_digit());
        text.split_once('-').is_some_and(|(at, rest)| digits(at) && name(rest))
    }

    /// Returns the key that replaces a key of the contact in erased items. It differs for each key, so that the number of distinct
    /// customers stays as it is (OVR-1). `lead` is the lead of the item. The key of an earlier erasure stays.
    pub fn anonymous(&self, key: &ChannelKey, lead: Option<LeadId>) -> ChannelKey {
        if key.0.starts_with("erased-") {
            return key.clone();
        }
        let place = self.channels.iter().position(|known| known == key).map(|place| place.to_string());
        // The retention erases leads of many persons, and a person with other leads stays known.
        let of_lead = || lead.filter(|_| self.is_retention()).map(|lead| lead.to_string());
        ChannelKey(format!("erased-{}-{}", self.id, place.or_else(of_lead).unwrap_or_else(|| "x".to_owned())))
    }

    /// Returns whether it erases leads after the dealer's retention, and not a person everywhere (PRV-5).
    pub fn is_retention(&self) -> bool {
        self.reason == ErasureReason::Retention
    }

    /// Returns whether a lead of the order stays as it is: a legal hold keeps it, or the retention does not concern it any more.
    pub fn spares(&self, lead: &Lead, now: DateTime<Utc>) -> Option<Spared> {
        lead.spared(now).filter(|why| self.is_retention() || *why == Spared::Held).filter(|_| lead.erased.is_none())
    }

    /// Returns whether a page is due at `now`.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// Returns the state in the API: `running`, `done`, or `incomplete` if leads could not be read or are held.
    pub fn state(&self) -> &'static str {
        match self.done_at {
            None => "running",
            Some(_) if self.unreadable.is_empty() && self.held.is_empty() => "done",
            Some(_) => "incomplete",
        }
    }

    /// Returns the progress in percent of the targets, below 100 while the order runs.
    pub fn progress(&self) -> u8 {
        let all = self.targets.len().max(1);
        let done = usize::try_from(self.done).unwrap_or(usize::MAX).min(all);
        if self.done_at.is_some() { 100 } else { u8::try_from(done * 100 / all).unwrap_or(99).min(99) }
    }

    /// Returns the next target. `None` if all are done.
    pub fn next(&self) -> Option<&ErasureTarget> {
        self.targets.get(usize::try_from(self.done).unwrap_or(usize::MAX))
    }

    /// Returns the order at its next page: at `cursor` of the same phase, or at the next phase. Each page has its own due time, so that
    /// each has its own wake-up.
    #[must_use]
    pub fn turned(&self, cursor: Option<ErasureCursor>, now: DateTime<Utc>) -> Self {
        let next = self.due.map_or(now, |due| now.max(due + TimeDelta::milliseconds(1)));
        if cursor.is_some() || (self.phase == ErasurePhase::Leads && self.next().is_some()) {
            return Self { cursor, due: Some(next), ..self.clone() };
        }
        let phase = match self.phase {
            ErasurePhase::Unknown => Some(ErasurePhase::Ledger),
            ErasurePhase::Ledger if self.searches => Some(ErasurePhase::Search),
            ErasurePhase::Ledger | ErasurePhase::Search => Some(ErasurePhase::Leads),
            // A lead's own appointments and mails go with the lead, and files of exports expire within days.
            ErasurePhase::Leads if self.is_retention() => Some(ErasurePhase::Directory),
            ErasurePhase::Leads => Some(ErasurePhase::Appointments),
            ErasurePhase::Appointments => Some(ErasurePhase::Mails),
            ErasurePhase::Mails => Some(ErasurePhase::Exports),
            ErasurePhase::Exports => Some(ErasurePhase::Directory),
            ErasurePhase::Directory => None,
        };
        let done_at = phase.is_none().then_some(now);
        Self { phase: phase.unwrap_or(self.phase), cursor: None, due: phase.map(|_| next), done_at, ..self.clone() }
    }

    /// Returns whether the order is at the same page as `seen`: counts may have changed, and nothing else.
    pub fn is_at(&self, seen: &Self) -> bool {
        (self.due, self.phase, &self.cursor) == (seen.due, seen.phase, &seen.cursor)
    }

    /// Returns the order with further counts.
    #[must_use]
    pub fn with(&self, more: ErasedCounts) -> Self {
        Self { erased: self.erased.and(more), ..self.clone() }
    }

    /// Adds leads that a search found.
    #[must_use]
    pub fn with_targets(mut self, found: impl IntoIterator<Item = ErasureTarget>) -> Self {
        for target in found {
            if !self.targets.iter().any(|known| known.lead == target.lead) {
                self.targets.push(target);
            }
        }
        self
    }

    /// Adds leads that a search found and that this release cannot read. Those of the order are counted when their turn comes.
    #[must_use]
    pub fn with_unreadable(mut self, found: &[LeadId]) -> Self {
        let is_target = |lead: &LeadId| self.targets.iter().any(|target| target.lead == *lead);
        let found: Vec<LeadId> = found.iter().copied().filter(|lead| !is_target(lead)).collect();
        self.unreadable.extend(found);
        self
    }

    /// Returns the order with further held leads. `None` if it has them all.
    pub fn with_held(&self, leads: &BTreeSet<LeadId>) -> Option<Self> {
        let held: BTreeSet<LeadId> = self.held.union(leads).copied().collect();
        (held != self.held).then(|| Self { held, ..self.clone() })
    }

    /// Returns the order after its next target.
    #[must_use]
    pub fn passed(&self, result: TargetResult) -> Self {
        let mut order = self.clone();
        let lead = self.next().map(|target| target.lead);
        match result {
            TargetResult::Erased | TargetResult::Spared => {}
            TargetResult::Held => order.held.extend(lead),
            TargetResult::Unreadable => order.unreadable.extend(lead),
        }
        order.done += 1;
        order
    }
}
