//! The notices to the salesperson of an appointment (APT-7): what is left to send, and what was sent.

use crate::appointment::{Appointment, Attended};
use crate::base::{Actor, DealerId, UserId, is_default};
use crate::messages::{Lease, Retry};
use crate::settings::DealerSettings;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The notices about an appointment to its salesperson.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Briefing {
    /// The changes about which nobody was notified yet, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<SalesNotice>,
    /// When the appointment must be checked next. `None` if no notice is left to send.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// Whether a sender has the notices; `due` is then the end of its lease.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leased: bool,
    /// The number of failed attempts to send the pending notices.
    #[serde(default, skip_serializing_if = "is_default")]
    pub attempts: u32,
    /// The time of the visit of which the salesperson was reminded, or needs no reminder.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub reminded: Option<DateTime<Utc>>,
    /// The time of the visit for which the dealer's list of the day was planned.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub listed: Option<DateTime<Utc>>,
    /// The latest notices that were settled, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<SettledNotice>,
}

impl Briefing {
    /// Ends the notices: nothing is sent any more. What was sent stays recorded.
    pub(crate) fn end(&mut self) {
        *self = Self { reminded: self.reminded, listed: self.listed, settled: std::mem::take(&mut self.settled), ..Self::default() };
    }
}

/// A change of which a person must be notified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalesNotice {
    /// The change.
    pub what: SalesChange,
    /// The person; `None` if the appointment has no salesperson, so that the dealer's supervisor is notified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<UserId>,
    /// The author of the change.
    pub by: Actor,
    /// The time of the change.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The time of the visit before the change.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    /// The dealer of the person. `None` if it is the dealer of the appointment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dealer: Option<DealerId>,
}

impl SalesNotice {
    /// The notice of an answer of the customer to the salesperson.
    pub(crate) fn of_answer(what: SalesChange, appointment: &Appointment, by: &Actor, now: DateTime<Utc>) -> Self {
        Self { what, to: appointment.user.clone(), by: by.clone(), at: now, from: Some(appointment.at), dealer: None }
    }
}

/// A change of an appointment, as its salesperson sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names explain themselves")]
pub enum SalesChange {
    Made,
    Moved,
    Cancelled,
    Reopened,
    Corrected,
    /// The person got the appointment from somebody else.
    Given,
    /// Somebody else got the appointment.
    Passed,
    /// The customer answered no to a text message.
    Declined,
    /// The customer confirmed after such an answer.
    Confirmed,
    /// Somebody made the appointment with another salesperson than the owner of its lead, who is the person.
    MadeForLead,
    /// The customer answered yes to one of several text messages, and it is unclear to which.
    AnsweredYes,
    /// The customer answered no to one of several text messages, and it is unclear to which.
    AnsweredNo,
    /// No change: the appointment begins soon.
    Reminder,
    /// A change of another release.
    #[serde(other)]
    Unknown,
}

impl SalesChange {
    /// Returns the name as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            SalesChange::Made => "made",
            SalesChange::Moved => "moved",
            SalesChange::Cancelled => "cancelled",
            SalesChange::Reopened => "reopened",
            SalesChange::Corrected => "corrected",
            SalesChange::Given => "given",
            SalesChange::Passed => "passed",
            SalesChange::Declined => "declined",
            SalesChange::Confirmed => "confirmed",
            SalesChange::MadeForLead => "made_for_lead",
            SalesChange::AnsweredYes => "answered_yes",
            SalesChange::AnsweredNo => "answered_no",
            SalesChange::Reminder => "reminder",
            SalesChange::Unknown => "unknown",
        }
    }

    /// Whether the person did not have the appointment before.
    fn is_first(self) -> bool {
        matches!(self, SalesChange::Made | SalesChange::Given | SalesChange::MadeForLead)
    }
}

/// A notice that needs no further attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledNotice {
    /// The latest change that it names.
    pub what: SalesChange,
    /// The reader. `None` if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<UserId>,
    /// When it was settled.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The delivery state.
    pub fate: NoticeFate,
}

/// The delivery state of a notice that needs no further attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names explain themselves")]
pub enum NoticeFate {
    Sent,
    Failed,
    /// The reader has switched notices off.
    Off,
    /// A state of another release.
    #[serde(other)]
    Unknown,
}

impl NoticeFate {
    /// Returns the name as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            NoticeFate::Sent => "sent",
            NoticeFate::Failed => "failed",
            NoticeFate::Off => "off",
            NoticeFate::Unknown => "unknown",
        }
    }
}

/// The notices to one person that are sent in one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesMail {
    /// The person whom the notices are meant for; `None` if the dealer's supervisor gets them.
    pub person: Option<UserId>,
    /// The dealer of the person. `None` if it is the dealer of the appointment.
    pub dealer: Option<DealerId>,
    /// The changes, oldest first; empty for a reminder.
    pub changes: Vec<SalesNotice>,
}

impl SalesMail {
    /// Returns what the mail is about: its latest change, or a reminder.
    pub fn what(&self) -> SalesChange {
        // A person who gets an appointment learns its present state.
        let first = self.changes.first().filter(|first| first.what.is_first());
        first.or(self.changes.last()).map_or(SalesChange::Reminder, |change| change.what)
    }

    /// Returns the user whom the mail is meant for.
    pub fn meant_for<'a>(&'a self, settings: &'a DealerSettings) -> &'a UserId {
        self.person.as_ref().unwrap_or_else(|| settings.supervisor_of(None))
    }
}

/// The result of a claim of notices.
#[derive(Debug, Clone, PartialEq)]
pub enum BriefingClaim {
    /// Send these mails. The appointment is leased to the sender.
    Send(Box<Appointment>, Vec<SalesMail>),
    /// Send nothing now. The appointment has the next due time.
    Settle(Box<Appointment>),
}

/// The outcome of an attempt to send a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesMailSent {
    /// The mail.
    pub mail: SalesMail,
    /// The reader. `None` if there was none.
    pub to: Option<UserId>,
    /// The result; `Err` if it was not accepted.
    pub result: Result<NoticeFate, Retry>,
}

/// How long before an appointment it is checked for its reminder and the list of its day: the longest time of a reminder.
const AHEAD: TimeDelta = TimeDelta::days(1);
/// The maximum numbers of pending and of settled notices that are kept.
const MOST: usize = 20;

impl Appointment {
    /// Whether it takes place later than `now`.
    pub fn is_to_come(&self, now: DateTime<Utc>) -> bool {
        !self.state.is_cancelled() && self.attendance.is == Attended::Unknown && self.at > now
    }

    /// Adds notices about a change, and plans the next check. `changes` are new.
    pub(crate) fn brief(&mut self, changes: Vec<SalesNotice>, settings: &DealerSettings, now: DateTime<Utc>) {
        let is_new = !changes.is_empty();
        self.briefing.pending.extend(changes);
        self.briefing.pending.drain(..self.briefing.pending.len().saturating_sub(MOST));
        // A time that is set so late needs no reminder.
        if self.reminder_of_salesperson(settings).is_some_and(|due| due <= now) {
            self.briefing.reminded = Some(self.at);
        }
        if self.briefing.leased && self.briefing.due.is_some_and(|due| due > now) {
            return;
        }
        if is_new {
            self.briefing.attempts = 0;
        }
        self.plan_briefing(settings, now);
    }

    /// Returns when the salesperson, or the supervisor if there is none, is reminded. `None` if the dealer does not use it, or if it is
    /// done.
    fn reminder_of_salesperson(&self, settings: &DealerSettings) -> Option<DateTime<Utc>> {
        let minutes = settings.appointments.appointment_reminder_minutes;
        let wanted = minutes > 0 && self.briefing.reminded != Some(self.at);
        wanted.then(|| self.at - TimeDelta::minutes(i64::from(minutes)))
    }

    fn plan_briefing(&mut self, settings: &DealerSettings, now: DateTime<Utc>) {
        self.briefing.leased = false;
        let checked = self.next_check(settings, now);
        self.briefing.due = self.mails().iter().map(|mail| self.held_until(mail, settings, now).unwrap_or(now)).chain(checked).min();
    }

    /// Returns when the appointment must be checked next for its reminder and the list of its day. The settings of that moment count.
    fn next_check(&self, settings: &DealerSettings, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if !self.is_to_come(now) {
            return None;
        }
        match self.briefing.listed == Some(self.at) {
            false => Some(now.max(self.at - AHEAD)),
            true => self.reminder_of_salesperson(settings),
        }
    }

    /// Whether the list of the day of the appointment must be planned now.
    pub fn is_to_be_listed(&self, now: DateTime<Utc>) -> bool {
        self.is_to_come(now) && self.at - AHEAD <= now && self.briefing.listed != Some(self.at)
    }

    /// Claims the notices that are due. `None` if none is due, or if another sender has them.
    pub fn claim_briefing(&self, settings: &DealerSettings, now: DateTime<Utc>) -> Option<BriefingClaim> {
        self.briefing.due.filter(|due| *due <= now)?;
        let mut after = self.clone();
        after.briefing.pending = self.pending_notices(now);
        if self.is_to_be_listed(now) {
            after.briefing.listed = Some(self.at);
        }
        let mut mails = after.mails();
        mails.retain(|mail| after.held_until(mail, settings, now).is_none());
        let reminds = self.is_to_come(now) && after.reminder_of_salesperson(settings).is_some_and(|due| due <= now);
        mails.extend(reminds.then(|| SalesMail { person: self.user.clone(), dealer: None, changes: Vec::new() }));
        if mails.is_empty() {
            after.plan_briefing(settings, now);
            return Some(BriefingClaim::Settle(Box::new(after)));
        }
        (after.briefing.due, after.briefing.leased) = (Some(Lease::MAIL.until(now)), true);
        Some(BriefingClaim::Send(Box::new(after), mails))
    }

    /// Returns the pending notices without those that concern nobody any more: a person who was not notified of an appointment need not
    /// learn that it is cancelled or has gone on, and nobody need learn of a change that was taken back.
    fn pending_notices(&self, now: DateTime<Utc>) -> Vec<SalesNotice> {
        let pending = &self.briefing.pending;
        let of = |person: &Option<UserId>| pending.iter().filter(|notice| notice.to == *person).collect::<Vec<_>>();
        let concerns = |notice: &&SalesNotice| {
            let all = of(&notice.to);
            let never_had = all.first().is_some_and(|first| first.what.is_first());
            let has_it = notice.to == self.user;
            let expected = self.at > now || all.iter().any(|one| one.from.is_some_and(|from| from > now));
            match () {
                () if !self.effective(all.clone()).contains(notice) => false,
                () if notice.what == SalesChange::MadeForLead => expected && !self.state.is_cancelled(),
                () if !has_it => !never_had && notice.what == SalesChange::Passed,
                () if self.state.is_cancelled() => !never_had && expected,
                () => expected,
            }
        };
        pending.iter().filter(concerns).cloned().collect()
    }

    /// Returns the pending notices, one mail for each person.
    fn mails(&self) -> Vec<SalesMail> {
        let mut mails: Vec<SalesMail> = Vec::new();
        for notice in &self.briefing.pending {
            let changes = vec![notice.clone()];
            match mails.iter_mut().find(|mail| mail.person == notice.to && mail.dealer == notice.dealer) {
                Some(mail) => mail.changes.extend(changes),
                None => mails.push(SalesMail { person: notice.to.clone(), dealer: notice.dealer.clone(), changes }),
            }
        }
        mails
    }

    /// Returns the stored appointment after attempts to send mails. Changes since then stay pending.
    pub fn with_briefing_sent(&self, sent: &[SalesMailSent], settings: &DealerSettings, now: DateTime<Utc>) -> Self {
        let mut after = self.clone();
        let busy = sent.iter().any(|one| one.result == Err(Retry::Busy));
        let failed = sent.iter().any(|one| one.result.is_err());
        let attempts = self.briefing.attempts + u32::from(failed && !busy);
        let next = Lease::MAIL.next_attempt(attempts, now);
        for SalesMailSent { mail, to, result } in sent {
            let fate = match result {
                Ok(fate) => *fate,
                // A reminder that is not accepted is tried again until the visit begins.
                Err(Retry::Never) => NoticeFate::Failed,
                Err(_) if next.is_none() => NoticeFate::Failed,
                Err(_) => continue,
            };
            after.briefing.pending.retain(|notice| !mail.changes.contains(notice));
            if mail.what() == SalesChange::Reminder {
                after.briefing.reminded = Some(self.at);
            }
            after.briefing.settled.push(SettledNotice { what: mail.what(), to: to.clone(), at: now, fate });
        }
        after.briefing.settled.drain(..after.briefing.settled.len().saturating_sub(MOST));
        after.plan_briefing(settings, now);
        after.briefing.attempts = if failed { attempts } else { 0 };
        if failed && after.briefing.due.is_some_and(|due| due <= now) {
            after.briefing.due = next;
        }
        after
    }
}
