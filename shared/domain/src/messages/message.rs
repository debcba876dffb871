//! Messages to staff (MSG-1, ESC-6).

use crate::base::{DealerId, Email, EventId, LeadId, StepKind, UserId};
use crate::calendar::CalendarEvent;
use crate::lead::Lead;
use crate::messages::Lease;
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
    pub fate: MessageState,
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
    /// To one who may take it: a lead waits in the pool (DIS-8).
    Pooled {
        /// The number of the assignment; a later one makes this stale.
        assignment: u32,
    },
    /// To the owner: the contact has asked again (INT-6).
    Added,
    /// To the seller, and later the supervisor: nobody has done what was planned (ESC-4).
    Resubmission {
        /// Which event.
        event: EventId,
        /// What is to be done.
        title: String,
        /// The time that it had; another makes this stale.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// 1: to the seller; 2: to the supervisor.
        level: u8,
        /// Whose it is, where not the owner's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<UserId>,
    },
    /// To whose appointment it is: the customer has booked it, moved it or cancelled it (CAL-8).
    Booking {
        /// Which event.
        event: EventId,
        /// What it is.
        title: String,
        /// The time that it has, or had; another makes this stale.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// What the customer did.
        what: Booking,
        /// Whose it is, where not the owner's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<UserId>,
    },
    /// To the dealer's address for them: a trade-in enquiry that asks for no vehicle, with a sheet of its data (INT-8).
    TradeIn {
        /// The entry of the timeline that holds the enquiry.
        entry: u64,
    },
    /// To the owner: a reminder or level 1 (ESC-1, ESC-2); to the supervisor: level 2 (ESC-3).
    Step {
        /// Which step.
        step: StepKind,
        /// Steps that happened at the same late moment and get no notice of their own (ESC-8).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missed: Vec<StepKind>,
    },
}

/// What a customer did with an appointment (CAL-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Booking {
    /// Booked it.
    Booked,
    /// Moved it to another time.
    Moved,
    /// Cancelled it.
    Cancelled,
}

impl Booking {
    /// As notices are named.
    pub fn name(self) -> &'static str {
        match self {
            Booking::Booked => "booked",
            Booking::Moved => "booking_moved",
            Booking::Cancelled => "booking_cancelled",
        }
    }
}

/// Who a message went to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Recipient {
    /// A user.
    User(UserId),
    /// An address; no user's id has an `@`.
    Address(Email),
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Recipient::User(user) => user.fmt(f),
            Recipient::Address(address) => address.fmt(f),
        }
    }
}

/// What has become of a message (MSG-1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum MessageState {
    /// To be looked at, and sent, at `due`.
    Queued {
        /// When.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        due: DateTime<Utc>,
        /// How many attempts have failed.
        attempts: u32,
        /// The mail in which an attempt failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        batch: Option<String>,
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
        to: Recipient,
        /// The provider's id of it.
        provider_id: String,
    },
    /// What it said was no longer so, or the reader wants none.
    Dropped {
        /// When.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// Why.
        why: DropReason,
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
pub enum DropReason {
    /// The lead was answered or closed, or has another owner by now (ESC-6).
    NoLongerSo,
    /// The reader's `notices` are off (SET-7).
    NoticesOff,
    /// The reader is no user any more.
    NoReader,
}

/// A step that happens later than this after its time is late, and its notice waits for others of its kind (ESC-8).
pub(crate) const LATE: TimeDelta = TimeDelta::minutes(5);

/// How long late notices wait for one another.
const GATHER: TimeDelta = TimeDelta::seconds(30);

impl Message {
    /// Tells `reader` that the lead is theirs.
    pub fn assigned(lead: &Lead, reader: UserId, now: DateTime<Utc>) -> Self {
        let cause = format!("assigned-{}", lead.assignment);
        Self::queued(lead, cause, Notice::Assigned { assignment: lead.assignment }, reader, now, now)
    }

    /// Tells `reader`, who may take it, that the lead waits in the pool.
    pub fn pooled(lead: &Lead, reader: UserId, now: DateTime<Utc>) -> Self {
        let cause = format!("pooled-{}-{reader}", lead.assignment);
        Self::queued(lead, cause, Notice::Pooled { assignment: lead.assignment }, reader, now, now)
    }

    /// Tells the dealer's address for them of a trade-in enquiry, which the lead's present version took in; `reader` has the lead.
    pub fn trade_in(lead: &Lead, reader: UserId, now: DateTime<Utc>) -> Self {
        Self::queued(lead, format!("trade-in-{}", lead.version), Notice::TradeIn { entry: lead.version }, reader, now, now)
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

    /// Tells `reader` that nobody has done what was planned; the step was to happen at `of`.
    pub fn resubmission(lead: &Lead, event: &CalendarEvent, level: u8, reader: UserId, of: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let (title, user) = (event.title.clone(), event.user.clone());
        let notice = Notice::Resubmission { event: event.id.clone(), title, at: event.at, level, user };
        let message = Self::queued(lead, format!("resubmission-{}-{}", event.id, lead.version), notice, reader, of, now);
        message.waits_until(if now - of > LATE { now + GATHER } else { now }, 0)
    }

    /// Tells `reader` what the customer did with an appointment.
    pub fn booking(lead: &Lead, event: &CalendarEvent, what: Booking, reader: UserId, now: DateTime<Utc>) -> Self {
        let (title, user) = (event.title.clone(), event.user.clone());
        let notice = Notice::Booking { event: event.id.clone(), title, at: event.at, what, user };
        Self::queued(lead, format!("booking-{}-{}", event.id, lead.version), notice, reader, now, now)
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
            fate: MessageState::Queued { due: now, attempts: 0, batch: None },
        }
    }

    /// When it wants to be looked at; `None`: never again.
    pub fn due(&self) -> Option<DateTime<Utc>> {
        match &self.fate {
            MessageState::Queued { due, .. } => Some(*due),
            MessageState::Sending { until, .. } => Some(*until),
            MessageState::Sent { .. } | MessageState::Dropped { .. } | MessageState::Failed { .. } => None,
        }
    }

    pub(crate) fn waits_until(&self, due: DateTime<Utc>, attempts: u32) -> Self {
        let batch = self.batch().map(str::to_owned);
        Self { bundled: true, ..self.with_state(MessageState::Queued { due, attempts, batch }) }
    }

    pub(crate) fn with_state(&self, fate: MessageState) -> Self {
        Self { fate, ..self.clone() }
    }

    /// The mail that it is in together with others, while it is being sent, or was when an attempt failed.
    pub fn batch(&self) -> Option<&str> {
        match &self.fate {
            MessageState::Queued { batch, .. } | MessageState::Sending { batch, .. } => batch.as_deref(),
            MessageState::Sent { .. } | MessageState::Dropped { .. } | MessageState::Failed { .. } => None,
        }
    }

    /// A claimed message as part of the mail `batch`.
    pub fn in_batch(&self, batch: &str) -> Self {
        match self.fate {
            MessageState::Sending { until, attempts, .. } => {
                self.with_state(MessageState::Sending { until, attempts, batch: Some(batch.to_owned()) })
            }
            MessageState::Queued { .. } | MessageState::Sent { .. } | MessageState::Dropped { .. } | MessageState::Failed { .. } => {
                self.clone()
            }
        }
    }

    /// Records that the provider took it.
    pub fn sent(&self, to: Recipient, provider_id: String, now: DateTime<Utc>) -> Self {
        self.with_state(MessageState::Sent { at: now, to, provider_id })
    }

    /// Records that nobody is to be told.
    pub fn dropped(&self, why: DropReason, now: DateTime<Utc>) -> Self {
        self.with_state(MessageState::Dropped { at: now, why })
    }

    /// Records a failed attempt: later again where `again` may help, else failed for good.
    pub fn failed(&self, why: String, again: bool, now: DateTime<Utc>) -> Self {
        let attempts = match self.fate {
            MessageState::Queued { attempts, .. } | MessageState::Sending { attempts, .. } => attempts + 1,
            MessageState::Sent { .. } | MessageState::Dropped { .. } | MessageState::Failed { .. } => Lease::MAIL.attempts,
        };
        if let Some(due) = Lease::MAIL.next_attempt(attempts, now).filter(|_| again) {
            // Nobody can know whether the provider took it after all: it goes out in the same mail again.
            let batch = self.batch().map(str::to_owned);
            return self.with_state(MessageState::Queued { due, attempts, batch });
        }
        self.with_state(MessageState::Failed { at: now, why })
    }
}
