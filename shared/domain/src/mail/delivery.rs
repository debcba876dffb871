//! The messages about an incoming mail: the copy to `forward_to`, and the report to `unparsed_mail_to` (SET-4, INT-7).

use crate::base::{Email, LeadId};
use crate::mail::{IncomingMail, MailOutcome, MailStep, MailStepState, OWN_MAIL, VIRUS};
use crate::messages::{FailedAttempts, Lease, MAY_HAVE_ARRIVED, Retry};
use crate::settings::DealerSettings;
use chrono::{DateTime, Utc};

/// A message about an incoming mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailStepKind {
    /// The copy to the dealer's `forward_to` (SET-4).
    Forward,
    /// The report to the dealer's `unparsed_mail_to` that the mail made no lead (INT-7).
    Report,
}

impl MailStepKind {
    /// Returns its name in the ids of mails.
    pub fn name(self) -> &'static str {
        match self {
            MailStepKind::Forward => "forward",
            MailStepKind::Report => "report",
        }
    }
}

/// The mark in the text of each message about a mail, before the id of the message. An automatic forward can lose the headers.
pub const MAIL_MARK: &str = "Forecourt-Mail:";
/// A step is dropped because the dealer has no address for it.
const NO_ADDRESS: &str = "no_address";
/// A report is dropped because the copy of the mail goes to the same mailbox, and states the reason.
const FORWARDED: &str = "forwarded";
/// A report is dropped because the limit of the hour is used up: a summary follows.
const LIMIT: &str = "limit";
/// A message is dropped because the content of the mail was erased.
const ERASED: &str = "erased";
/// A report is dropped because a user has decided about the mail meanwhile.
const HANDLED: &str = "handled";

/// The result of claiming a step that is due.
#[derive(Debug, Clone, PartialEq)]
pub enum MailClaim {
    /// Send it to this address. The step is leased to the sender.
    Send(Box<IncomingMail>, Email),
    /// Send nothing. The state of the step has the reason.
    Settle(Box<IncomingMail>),
}

impl IncomingMail {
    /// Returns a step. `None` if the mail has none of this kind.
    pub fn step(&self, kind: MailStepKind) -> Option<&MailStep> {
        match kind {
            MailStepKind::Forward => self.forward.as_ref(),
            MailStepKind::Report => self.report.as_ref(),
        }
    }

    /// Returns the step that is due at `now`, the copy first. `None` if none is.
    pub fn due_step(&self, now: DateTime<Utc>) -> Option<MailStepKind> {
        let is_due = |kind: &MailStepKind| self.step(*kind).and_then(|step| step.due).is_some_and(|due| due <= now);
        [MailStepKind::Forward, MailStepKind::Report].into_iter().find(is_due)
    }

    /// Whether the mail is, or contains, a message that the system sent. Nothing is sent about it, because a loop could arise.
    pub fn is_own(&self) -> bool {
        self.marked || self.has_reason(OWN_MAIL)
    }

    /// Returns the leads of the mail: those that it made, the one that it answers, and the one that a user made of it.
    pub fn leads(&self) -> impl Iterator<Item = LeadId> {
        let (made, answered) = match &self.outcome {
            MailOutcome::Leads { leads, .. } => (leads.as_slice(), None),
            MailOutcome::Answer { lead } => (&[][..], Some(*lead)),
            MailOutcome::NoLead { .. } | MailOutcome::Refused { .. } | MailOutcome::Unknown => (&[][..], None),
        };
        made.iter().copied().chain(answered).chain(self.handled.as_ref().and_then(|handled| handled.lead))
    }

    /// Whether the mail made leads, and has a further enquiry that was refused.
    pub fn has_refused_enquiry(&self) -> bool {
        matches!(&self.outcome, MailOutcome::Leads { refused: Some(_), .. })
    }

    /// Returns the address to which answers go. `None` if the mail names none that mail can be sent to.
    pub fn answers_go_to(&self) -> Option<Email> {
        let address = |text: &String| Email::read_all(text).into_iter().find_map(|read| read.ok()).map(|(email, _)| email);
        self.reply_to.as_ref().and_then(address).or_else(|| self.from.as_ref().and_then(address))
    }

    /// Whether the virus check failed. The content of the mail is neither shown nor passed on.
    pub fn has_virus(&self) -> bool {
        self.has_reason(VIRUS) || self.verdicts.virus == "fail"
    }

    fn has_reason(&self, name: &str) -> bool {
        matches!(&self.outcome, MailOutcome::NoLead { reason, .. } if reason == name)
    }

    /// Whether the mail is open, and neither a report nor a summary has reached or will reach anybody. The administrator is then notified
    /// once a day (INT-7).
    pub fn is_unreported(&self) -> bool {
        let is_reported = match self.report.as_ref().map(|step| &step.state) {
            Some(MailStepState::Queued | MailStepState::Sending | MailStepState::Sent { .. }) => true,
            Some(MailStepState::Dropped { why, .. }) if why == FORWARDED => self.is_forwarded(),
            Some(MailStepState::Dropped { why, .. }) => why == LIMIT,
            _ => false,
        };
        self.is_open() && !self.is_own() && !is_reported
    }

    /// Whether a copy was sent or will be sent.
    fn is_forwarded(&self) -> bool {
        self.forward.as_ref().is_some_and(|step| step.due.is_some() || matches!(step.state, MailStepState::Sent { .. }))
    }

    /// Claims a step that is due: selects the address, and checks that the message still applies. `None` if the step is not due.
    pub fn claim_step(&self, kind: MailStepKind, settings: &DealerSettings, now: DateTime<Utc>) -> Option<MailClaim> {
        let step = self.step(kind).filter(|step| step.due.is_some_and(|due| due <= now))?;
        let (attempts, unclear) = match step.state {
            MailStepState::Queued => (step.attempts, step.unclear),
            // The lease expired without a result: the message may have arrived.
            MailStepState::Sending => (step.attempts + 1, step.unclear + 1),
            _ => return None,
        };
        let settle = |mail: Self| Some(MailClaim::Settle(Box::new(mail)));
        let failed = |why: &str| settle(self.with_state(kind, MailStepState::Failed { at: now, why: why.to_owned() }));
        if unclear >= Lease::UNCLEAR_ATTEMPTS {
            return failed(MAY_HAVE_ARRIVED);
        }
        if attempts >= Lease::MAIL.attempts {
            return failed("every attempt failed");
        }
        let to = match self.recipient(kind, settings) {
            Ok(to) => to,
            Err(why) => return settle(self.dropped(kind, why, now)),
        };
        let leased = MailStep { due: Some(Lease::MAIL.until(now)), attempts, unclear, state: MailStepState::Sending, ..step.clone() };
        Some(MailClaim::Send(Box::new(self.with_step(kind, leased)), to))
    }

    /// Returns the address of a message.
    ///
    /// # Errors
    /// The reason why it is not sent.
    fn recipient(&self, kind: MailStepKind, settings: &DealerSettings) -> Result<Email, &'static str> {
        if self.erased.is_some() {
            return Err(ERASED);
        }
        if self.is_own() {
            return Err(OWN_MAIL);
        }
        let forward = settings.forward_to.as_ref();
        if kind == MailStepKind::Forward && self.has_virus() {
            return Err(VIRUS);
        }
        if kind == MailStepKind::Forward {
            return forward.cloned().ok_or(NO_ADDRESS);
        }
        if !self.is_open() {
            return Err(HANDLED);
        }
        let to = settings.unparsed_mail_to.as_ref().ok_or(NO_ADDRESS)?;
        if self.is_forwarded() && forward.is_some_and(|forward| forward.is_same(to)) { Err(FORWARDED) } else { Ok(to.clone()) }
    }

    /// Returns the mail with the report dropped, because the limit of the hour is used up.
    pub fn report_over_limit(&self, now: DateTime<Utc>) -> Self {
        self.dropped(MailStepKind::Report, LIMIT, now)
    }

    /// Returns the mail with a step that has its share of the limit of the hour.
    pub fn counted(&self, kind: MailStepKind) -> Self {
        match self.step(kind) {
            Some(step) => self.with_step(kind, MailStep { counted: true, ..step.clone() }),
            None => self.clone(),
        }
    }

    /// Returns the mail with the claimed step waiting until `due`, which uses up no attempt.
    pub fn step_waiting(&self, kind: MailStepKind, due: DateTime<Utc>) -> Self {
        match self.step(kind) {
            Some(step) => self.with_step(kind, MailStep { due: Some(due), state: MailStepState::Queued, ..step.clone() }),
            None => self.clone(),
        }
    }

    /// Records that the provider accepted a message.
    pub fn step_sent(&self, kind: MailStepKind, provider_id: String, now: DateTime<Utc>) -> Self {
        self.with_state(kind, MailStepState::Sent { at: now, provider_id })
    }

    /// Records a failed attempt. If `retry` leaves an attempt, the message is queued again; otherwise it has failed. The reader is staff: a
    /// message that may have arrived is repeated (MSG-1).
    pub fn step_failed(&self, kind: MailStepKind, why: String, retry: Retry, now: DateTime<Utc>) -> Self {
        let Some(step) = self.step(kind) else { return self.clone() };
        let before = FailedAttempts { attempts: step.attempts, unclear: step.unclear };
        match Lease::MAIL.after(retry, before, (self.received, self.id.as_str()), now) {
            Some(next) => {
                let (due, attempts, unclear) = (Some(next.due), next.attempts, next.unclear);
                self.with_step(kind, MailStep { due, attempts, unclear, state: MailStepState::Queued, ..step.clone() })
            }
            None => {
                let may_have_arrived = retry == Retry::Unclear;
                let why = if may_have_arrived { format!("{MAY_HAVE_ARRIVED}: {why}") } else { why };
                self.with_state(kind, MailStepState::Failed { at: now, why })
            }
        }
    }

    /// Returns the mail with every step settled and without the words of a provider, because its content is erased.
    pub(crate) fn steps_erased(&self, now: DateTime<Utc>) -> Self {
        [MailStepKind::Forward, MailStepKind::Report].into_iter().fold(self.clone(), |mail, kind| {
            match mail.step(kind).map(|it| &it.state) {
                None | Some(MailStepState::Sent { .. } | MailStepState::Dropped { .. }) => mail,
                Some(MailStepState::Failed { at, .. }) => {
                    let at = *at;
                    mail.with_state(kind, MailStepState::Failed { at, why: ERASED.to_owned() })
                }
                _ => mail.dropped(kind, ERASED, now),
            }
        })
    }

    fn dropped(&self, kind: MailStepKind, why: &str, now: DateTime<Utc>) -> Self {
        self.with_state(kind, MailStepState::Dropped { at: now, why: why.to_owned() })
    }

    fn with_state(&self, kind: MailStepKind, state: MailStepState) -> Self {
        match self.step(kind) {
            Some(step) => self.with_step(kind, MailStep { due: None, state, ..step.clone() }),
            None => self.clone(),
        }
    }

    fn with_step(&self, kind: MailStepKind, step: MailStep) -> Self {
        let mut mail = self.clone();
        match kind {
            MailStepKind::Forward => mail.forward = Some(step),
            MailStepKind::Report => mail.report = Some(step),
        }
        mail
    }
}
