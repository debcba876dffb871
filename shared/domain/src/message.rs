//! A notice to a user: queued in the commit that caused it, looked at again before it goes out, recorded with its fate (ESC-6, MSG-1).

use crate::deadline::StepKind;
use crate::dealer::{Dealer, Draft};
use crate::ids::{DealerId, LeadId, UserId};
use crate::lead::{Lead, Status};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A notice about a lead, to whoever is to be told at the time it goes out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// About which lead.
    pub lead: LeadId,
    /// What caused it: its name under the lead, so that one cause makes one message (MSG-1).
    pub cause: String,
    /// Whose opening hours it keeps.
    pub dealer: DealerId,
    /// What it says.
    pub notice: Notice,
    /// The lead's owner when it was queued; finds the mail that a reader can get in one.
    pub reader: UserId,
    /// When what it tells was to happen.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub of: DateTime<Utc>,
    /// When it was queued.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub queued: DateTime<Utc>,
    /// It goes out together with others that wait for the same reader: a step's notice, or one that was held.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bundled: bool,
    /// What has become of it.
    pub fate: Fate,
}

/// What a notice says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "about")]
pub enum Notice {
    /// To the owner: a lead is yours (DIS-1, DIS-7).
    Assigned {
        /// The number of the assignment; a later one makes this stale.
        assignment: u32,
    },
    /// To the owner: the contact has asked again (INT-6).
    Added,
    /// To the owner: a reminder or level 1 (ESC-1, ESC-2); to the supervisor: level 2 (ESC-3).
    Step {
        /// Which step.
        step: StepKind,
        /// Steps that happened at the same late moment and get no notice of their own (ESC-8).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missed: Vec<StepKind>,
    },
}

/// What has become of a message (MSG-1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Fate {
    /// To be looked at, and sent, at `due`.
    Queued {
        /// When.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        due: DateTime<Utc>,
        /// How many attempts have failed.
        attempts: u32,
    },
    /// A sender has it; if nothing was heard of it by `until`, it is looked at again.
    Sending {
        /// End of the sender's lease.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        until: DateTime<Utc>,
        /// How many attempts have failed before.
        attempts: u32,
        /// The mail that it is in together with others; sent again, it is in the same one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        batch: Option<String>,
    },
    /// The provider took it.
    Sent {
        /// When.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// To whom.
        to: UserId,
        /// The provider's id of it.
        provider_id: String,
    },
    /// What it said was no longer so, or the reader wants none.
    Dropped {
        /// When.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// Why.
        why: Dropped,
    },
    /// The provider refused it, or every attempt failed.
    Failed {
        /// When.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// What the provider said.
        why: String,
    },
}

/// Why a message was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dropped {
    /// The lead was answered or closed, or has another owner by now (ESC-6).
    NoLongerSo,
    /// The reader's `notices` are off (SET-7).
    NoticesOff,
    /// The reader is no user any more.
    NoReader,
}

/// What to do with a message that has come due.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// Send it to this user; the message is leased to the sender.
    Send(Message, UserId),
    /// Nothing to send; the message's new state says why.
    Settle(Message),
}

/// How long a sender may take.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// Attempts before a message has failed.
pub const ATTEMPTS: u32 = 8;
/// A step that happens later than this after its time is late, and its notice waits for others of its kind (ESC-8).
const LATE: TimeDelta = TimeDelta::minutes(5);
/// How long late notices wait for one another.
const GATHER: TimeDelta = TimeDelta::seconds(30);

impl Message {
    /// Tells `reader` that the lead is theirs.
    pub fn assigned(lead: &Lead, reader: UserId, now: DateTime<Utc>) -> Self {
        let cause = format!("assigned-{}", lead.assignment);
        Self::queued(lead, cause, Notice::Assigned { assignment: lead.assignment }, reader, now, now)
    }

    /// Tells `reader` that the contact of a lead has asked again.
    pub fn added(lead: &Lead, reader: UserId, now: DateTime<Utc>) -> Self {
        Self::queued(lead, format!("added-{}", lead.version), Notice::Added, reader, now, now)
    }

    /// Tells `reader` of a step, `missed` ones included, that was to happen at `at`.
    pub fn step(lead: &Lead, step: StepKind, missed: Vec<StepKind>, reader: UserId, at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let name = match step {
            StepKind::Reminder => "reminder",
            StepKind::Level1 => "level-1",
            StepKind::Level2 => "level-2",
        };
        // The lead's version tells a step of a reopened lead from the same step before.
        let message = Self::queued(lead, format!("{name}-{}", lead.version), Notice::Step { step, missed }, reader, at, now);
        // Those that happen in the same moment, as after a night they do, are one mail; late ones wait a little for one another.
        message.waits_until(if now - at > LATE { now + GATHER } else { now }, 0)
    }

    fn queued(lead: &Lead, cause: String, notice: Notice, reader: UserId, of: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self {
            lead: lead.id,
            cause,
            dealer: lead.dealer.clone(),
            notice,
            reader,
            of,
            queued: now,
            bundled: false,
            fate: Fate::Queued { due: now, attempts: 0 },
        }
    }

    /// When it wants to be looked at; `None`: never again.
    pub fn due(&self) -> Option<DateTime<Utc>> {
        match &self.fate {
            Fate::Queued { due, .. } => Some(*due),
            Fate::Sending { until, .. } => Some(*until),
            Fate::Sent { .. } | Fate::Dropped { .. } | Fate::Failed { .. } => None,
        }
    }

    fn waits_until(&self, due: DateTime<Utc>, attempts: u32) -> Self {
        Self { bundled: true, ..self.become_(Fate::Queued { due, attempts }) }
    }

    fn become_(&self, fate: Fate) -> Self {
        Self { fate, ..self.clone() }
    }

    /// Looks at a message whose time has come: is it still so, may it go out at this hour, and who reads it now (ESC-6, DIS-4)?
    /// `None`: its time has not come, or it is settled or leased.
    pub fn claim(&self, lead: Option<&Lead>, dealer: &Dealer, now: DateTime<Utc>) -> Option<Claim> {
        let (attempts, batch) = match &self.fate {
            Fate::Queued { attempts, .. } => (*attempts, None),
            // The lease ran out without a word: that attempt counts as failed.
            Fate::Sending { attempts, batch, .. } => (attempts + 1, batch.clone()),
            Fate::Sent { .. } | Fate::Dropped { .. } | Fate::Failed { .. } => return None,
        };
        if self.due().is_none_or(|due| due > now) {
            return None;
        }
        let Some(lead) = lead.filter(|lead| self.still_so(lead)) else {
            return Some(Claim::Settle(self.dropped(Dropped::NoLongerSo, now)));
        };
        if attempts >= ATTEMPTS {
            return Some(Claim::Settle(self.become_(Fate::Failed { at: now, why: "every attempt failed".into() })));
        }
        if let Some(opening) = self.held_until(dealer, now) {
            return Some(Claim::Settle(self.waits_until(opening, attempts)));
        }
        let to = dealer.settings.reader_for(self.meant_for(lead, &dealer.settings), now).clone();
        Some(Claim::Send(self.become_(Fate::Sending { until: now + LEASE, attempts, batch }), to))
    }

    /// The mail that it is in together with others, while it is being sent.
    pub fn batch(&self) -> Option<&str> {
        match &self.fate {
            Fate::Sending { batch, .. } => batch.as_deref(),
            Fate::Queued { .. } | Fate::Sent { .. } | Fate::Dropped { .. } | Fate::Failed { .. } => None,
        }
    }

    /// A claimed message as part of the mail `batch`.
    pub fn in_batch(&self, batch: &str) -> Self {
        match self.fate {
            Fate::Sending { until, attempts, .. } => self.become_(Fate::Sending { until, attempts, batch: Some(batch.to_owned()) }),
            Fate::Queued { .. } | Fate::Sent { .. } | Fate::Dropped { .. } | Fate::Failed { .. } => self.clone(),
        }
    }

    /// Whether what it says is so by now (ESC-6): the lead is where it was, and not answered since; the step is one of its present plan.
    fn still_so(&self, lead: &Lead) -> bool {
        let here = lead.dealer == self.dealer && lead.status == Status::InProgress;
        here && match self.notice {
            // One who takes over a lead that was answered before is told; one who has answered it since needs no telling.
            Notice::Assigned { assignment } => {
                let answered_since = lead.reaction.as_ref().is_some_and(|r| r.at >= self.queued);
                lead.assignment == assignment && !answered_since
            }
            Notice::Added => lead.reaction.as_ref().is_none_or(|r| r.at < self.queued),
            Notice::Step { step, .. } => {
                let fired = |kind| lead.plan.as_ref().and_then(|plan| plan.step(kind)).filter(|step| step.fired.is_some());
                let overtaken = step == StepKind::Reminder && fired(StepKind::Level1).is_some();
                lead.clock_runs() && !overtaken && fired(step).is_some_and(|step| step.at == self.of)
            }
        }
    }

    /// Whether it tells the supervisor that a lead lies in the pool (ESC-11).
    pub fn is_of_the_pool(&self, lead: &Lead, dealer: &Dealer) -> bool {
        matches!(self.notice, Notice::Step { step: StepKind::Level2, .. }) && crate::pool::is_pooled(lead, &dealer.settings)
    }

    /// The next opening, if it may not go out at `now` (ESC-6). What was to happen at closing, or just before, is not held back by the
    /// moments that it took to get here. Each dealer starts within its own two minutes, so that not all dealers' mail goes out in the same
    /// second. A dealer that never opens again holds nothing back: better told at night than not at all.
    fn held_until(&self, dealer: &Dealer, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let calendar = &dealer.settings.calendar;
        let in_time = now - self.of <= LATE && calendar.is_open_or_closing(self.of);
        if in_time || calendar.is_open_or_closing(now) {
            return None;
        }
        let opening = calendar.next_opening(now).ok()?;
        let spread: i64 = dealer.id.as_str().bytes().fold(7, |sum, b| (sum * 31 + i64::from(b)) % 120);
        let spread_out = opening + TimeDelta::seconds(spread);
        Some(if calendar.is_open(spread_out) { spread_out } else { opening })
    }

    fn meant_for<'a>(&'a self, lead: &'a Lead, settings: &'a Draft) -> &'a UserId {
        match self.notice {
            Notice::Step { step: StepKind::Level2, .. } => settings.supervisor_of(lead.owner.as_ref()),
            Notice::Assigned { .. } | Notice::Added | Notice::Step { .. } => lead.owner.as_ref().unwrap_or(&settings.admin_user),
        }
    }

    /// Records that the provider took it.
    pub fn sent(&self, to: UserId, provider_id: String, now: DateTime<Utc>) -> Self {
        self.become_(Fate::Sent { at: now, to, provider_id })
    }

    /// Records that nobody is to be told.
    pub fn dropped(&self, why: Dropped, now: DateTime<Utc>) -> Self {
        self.become_(Fate::Dropped { at: now, why })
    }

    /// Records a failed attempt: later again where `again` may help, else failed for good.
    pub fn failed(&self, why: String, again: bool, now: DateTime<Utc>) -> Self {
        let attempts = match self.fate {
            Fate::Queued { attempts, .. } | Fate::Sending { attempts, .. } => attempts + 1,
            Fate::Sent { .. } | Fate::Dropped { .. } | Fate::Failed { .. } => ATTEMPTS,
        };
        if again && attempts < ATTEMPTS {
            let due = now + TimeDelta::minutes(1 << attempts.min(6));
            return self.become_(Fate::Queued { due, attempts });
        }
        self.become_(Fate::Failed { at: now, why })
    }
}
