//! The access log: rights over the leads of a group that were granted, and searches of users who may not read leads (ACC-1).

use crate::access::Scope;
use crate::base::{Actor, DealerId, Email, Language, LeadId, PartnerId, Right, Role, UserId, is_default};
use crate::messages::{FailedAttempts, Lease, Retry};
use crate::people::User;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One record of the access log. It is never changed, except for the state of its notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRecord {
    /// Its id, unique among the records of the same millisecond.
    pub id: String,
    /// When it happened.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The actor.
    pub by: Actor,
    /// The event.
    pub event: AccessEvent,
    /// The notice to the group's admins, if they are notified of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<AdminNotice>,
}

/// An event of the access log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum AccessEvent {
    /// A user got a role over the whole group, or additional rights over leads, appointments or users; or an actor who may not read leads
    /// gave the user access to the leads of a dealer.
    Granted {
        /// The user.
        user: UserId,
        /// The role of the user.
        role: Role,
        /// The additional rights that are new.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        rights: BTreeSet<Right>,
        /// The dealers whose leads the user can now reach, if the actor may not read leads.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        dealers: BTreeSet<DealerId>,
    },
    /// A group admin got another e-mail address, or is no group admin any more. The notice goes to the former address too, because later
    /// notices no longer reach this person.
    AdminChanged {
        /// The user.
        user: UserId,
        /// The user's name before the change.
        name: String,
        /// The user's address before the change.
        email: Email,
        /// The language of the notices to that address.
        language: Language,
    },
    /// A partner got a signing secret (APT-4).
    PartnerSecret {
        /// The partner.
        partner: PartnerId,
    },
    /// A user without the right to read leads searched for a lead.
    LeadSearch {
        /// The dealer whose leads were searched.
        dealer: DealerId,
        /// `number`, `email`, `phone`, `name`, or `appointment` if an appointment of a customer found them (APT-8). The value itself is not
        /// stored.
        term: String,
        /// The leads in the result.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        found: Vec<LeadId>,
    },
    /// A user ordered, downloaded or cancelled an access file (PRV-4).
    AccessFile {
        /// The id of the file.
        file: String,
        /// The action.
        #[serde(rename = "did")]
        action: AccessFileAction,
        /// The lead that the order names.
        lead: LeadId,
    },
    /// An event of another release.
    #[serde(other)]
    Unknown,
}

/// What a user did with an access file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessFileAction {
    /// The user ordered it.
    Ordered,
    /// The user got a link to it.
    Downloaded,
    /// The user cancelled it, or deleted it.
    Cancelled,
    /// An action of another release.
    #[serde(other)]
    Unknown,
}

impl AccessFileAction {
    /// Returns its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            AccessFileAction::Ordered => "ordered",
            AccessFileAction::Downloaded => "downloaded",
            AccessFileAction::Cancelled => "cancelled",
            AccessFileAction::Unknown => "unknown",
        }
    }
}

/// The notice of a record: a mail to each admin of the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminNotice {
    /// A dealer of the group, for the index of due items.
    pub dealer: DealerId,
    /// The admins whose mail was accepted by the provider.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sent: BTreeSet<UserId>,
    /// The delivery state.
    pub state: AdminNoticeState,
}

/// The delivery state of a notice to the group's admins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum AdminNoticeState {
    /// It waits to be sent.
    Queued {
        /// When it is due.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        due: DateTime<Utc>,
        /// The number of failed attempts.
        #[serde(default)]
        attempts: u32,
        /// The number of those that had no answer.
        #[serde(default, skip_serializing_if = "is_default")]
        unclear: u32,
    },
    /// A sender has leased it.
    Sending {
        /// When the lease expires.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        until: DateTime<Utc>,
        /// The number of failed attempts before this one.
        #[serde(default)]
        attempts: u32,
        /// The number of those that had no answer.
        #[serde(default, skip_serializing_if = "is_default")]
        unclear: u32,
    },
    /// Every admin was notified.
    Done {
        /// When that was known.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
    },
    /// At least one admin could not be notified.
    Failed {
        /// When that was known.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The provider's last error.
        why: String,
    },
}

/// The roles over the whole group: the group's admins get a mail when somebody gets one.
const WATCHED_ROLES: [Role; 4] = [Role::GroupAdmin, Role::HeadOffice, Role::ContactCentre, Role::Operator];
/// The additional rights of which the group's admins get a mail: they show leads, customers' appointments or follow-ups, or lead to rights
/// that do.
const WATCHED_RIGHTS: [Right; 11] = [
    Right::ReadLeads,
    Right::FindLeads,
    Right::WorkLeads,
    Right::AssignLeads,
    Right::ReadOverview,
    Right::ReadAppointments,
    Right::WorkAppointments,
    Right::WorkFollowUps,
    Right::Export,
    Right::ManageUsers,
    Right::ManageWebhooks,
];

impl AccessRecord {
    /// How long a search for leads is kept. Other records are kept for ever.
    const SEARCH_KEPT: TimeDelta = TimeDelta::days(365);

    /// Returns the record of the change of a user. `None` if the change gives no access that is recorded.
    pub(crate) fn of_user(before: Option<&User>, after: &User, scope: &Scope, now: DateTime<Utc>) -> Option<Self> {
        let reads = scope.needs(Right::ReadLeads).is_ok();
        // Notices show leads: with another address, another person may get them. A group admin's new address has a record of its own.
        let diverted = |user: &User| {
            !reads && !user.email.is_same(&after.email) && scope.user_id() != Some(&after.id) && user.role != Role::GroupAdmin
        };
        // With another subject, tokens name another person, who gets everything that the user has.
        let before = before.filter(|user| user.is_here() && user.token_name() == after.token_name() && !diverted(user));
        // With another role an additional right reaches further than before.
        let had = |right: Right| before.is_some_and(|user| user.role == after.role && user.rights.contains(&right));
        let by_role = WATCHED_ROLES.contains(&after.role) && before.is_none_or(|before| before.role != after.role);
        let new = after.rights.iter().copied();
        let rights: BTreeSet<Right> =
            new.filter(|right| WATCHED_RIGHTS.contains(right) && !after.role.may(*right) && !had(*right)).collect();
        // An actor who may not read leads, such as the operator, gives no access to them unrecorded.
        let unread = !reads && after.role.may(Right::ReadLeads) && !after.role.reaches_all();
        // A seller who becomes a dealer admin sees the leads of the others too.
        let reached = |dealer: &DealerId| {
            let saw = |user: &User| user.role.may(Right::ReadLeads) && (user.role != Role::Seller || after.role == Role::Seller);
            before.is_some_and(|user| saw(user) && user.dealers.contains(dealer))
        };
        let dealers: BTreeSet<DealerId> = after.dealers.iter().filter(|dealer| unread && !reached(dealer)).cloned().collect();
        let notified = by_role || !rights.is_empty();
        if !after.is_here() || (!notified && dealers.is_empty()) {
            return None;
        }
        let id = format!("user-{}-{}", after.id, after.version);
        let event = AccessEvent::Granted { user: after.id.clone(), role: after.role, rights, dealers };
        let record = Self { id, at: now, by: scope.actor(), event, notice: None };
        let dealer = notice_dealer(after, scope).filter(|_| notified);
        Some(dealer.into_iter().fold(record, Self::notified_for))
    }

    /// Returns the record of the change of a user who was a group admin. `None` if the user still is one, with the same e-mail address.
    pub(crate) fn of_admin(before: Option<&User>, after: &User, scope: &Scope, now: DateTime<Utc>) -> Option<Self> {
        let before = before.filter(|user| user.is_here() && user.role == Role::GroupAdmin)?;
        if after.is_here() && after.role == Role::GroupAdmin && after.email.is_same(&before.email) {
            return None;
        }
        let User { id: user, name, email, language, .. } = before.clone();
        let id = format!("admin-{user}-{}", after.version);
        let event = AccessEvent::AdminChanged { user, name, email, language };
        let record = Self { id, at: now, by: scope.actor(), event, notice: None };
        Some(notice_dealer(after, scope).into_iter().fold(record, Self::notified_for))
    }

    /// When the record can be deleted; `None` if it is kept for ever.
    pub fn expires(&self) -> Option<DateTime<Utc>> {
        matches!(self.event, AccessEvent::LeadSearch { .. }).then(|| self.at + Self::SEARCH_KEPT)
    }

    /// Returns the record with a notice to the group's admins, due at once. `dealer` is any dealer of the group.
    #[must_use]
    pub fn notified_for(self, dealer: DealerId) -> Self {
        let state = AdminNoticeState::Queued { due: self.at, attempts: 0, unclear: 0 };
        Self { notice: Some(AdminNotice { dealer, sent: BTreeSet::new(), state }), ..self }
    }

    /// When its notice must be processed next. `None` if it has none, or it is settled.
    pub fn due(&self) -> Option<DateTime<Utc>> {
        match self.notice.as_ref()?.state {
            AdminNoticeState::Queued { due, .. } => Some(due),
            AdminNoticeState::Sending { until, .. } => Some(until),
            AdminNoticeState::Done { .. } | AdminNoticeState::Failed { .. } => None,
        }
    }

    /// Leases the notice to a sender. `None` if it is not due.
    pub fn claim(&self, now: DateTime<Utc>) -> Option<Self> {
        let notice = self.notice.as_ref().filter(|_| self.due().is_some_and(|due| due <= now))?;
        let (AdminNoticeState::Queued { attempts, unclear, .. } | AdminNoticeState::Sending { attempts, unclear, .. }) = notice.state
        else {
            return None;
        };
        let state = AdminNoticeState::Sending { until: Lease::MAIL.until(now), attempts, unclear };
        Some(Self { notice: Some(AdminNotice { state, ..notice.clone() }), ..self.clone() })
    }

    /// Returns the record after an attempt that reached `sent`. `failure` is the error of a mail that was not accepted, and how to
    /// continue.
    pub fn attempted(&self, sent: &BTreeSet<UserId>, failure: Option<(String, Retry)>, now: DateTime<Utc>) -> Self {
        let Some(notice) = &self.notice else { return self.clone() };
        let before = match notice.state {
            AdminNoticeState::Queued { attempts, unclear, .. } | AdminNoticeState::Sending { attempts, unclear, .. } => {
                FailedAttempts { attempts, unclear }
            }
            AdminNoticeState::Done { .. } | AdminNoticeState::Failed { .. } => return self.clone(),
        };
        let sent = notice.sent.union(sent).cloned().collect();
        let state = match failure {
            None => AdminNoticeState::Done { at: now },
            Some((why, retry)) => match Lease::MAIL.after(retry, before, (self.at, &self.id), now) {
                Some(next) => AdminNoticeState::Queued { due: next.due, attempts: next.attempts, unclear: next.unclear },
                None => AdminNoticeState::Failed { at: now, why },
            },
        };
        Self { notice: Some(AdminNotice { sent, state, ..notice.clone() }), ..self.clone() }
    }
}

/// Returns a dealer of the group for the notice about a user.
fn notice_dealer(user: &User, scope: &Scope) -> Option<DealerId> {
    user.dealers.first().cloned().or_else(|| scope.any_dealer())
}
