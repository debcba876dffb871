//! The contents of notices to staff, and the messages that carry them (MSG-1).

use crate::base::{Actor, DeadlineId, EventId, LeadId, StepKind, TaskId, UserId};
use crate::calendar::CalendarEvent;
use crate::distribution::AssignmentReason;
use crate::lead::{BulkNews, Lead, Step, Target, TaskDetails};
use crate::messages::{FailedAttempts, LATE, Message, MessageState};
use crate::settings::Dealer;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long late notices wait, so that they can be combined.
const GATHER: TimeDelta = TimeDelta::seconds(30);

/// The content of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "about")]
pub enum Notice {
    /// To the owner: the lead was assigned to you (DIS-1, DIS-7).
    Assigned {
        /// The number of the assignment; a later one makes this stale.
        assignment: u32,
        /// The rule of the assignment (DIS-11). `None` if an earlier release stored the notice.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
        /// The user who assigned it by hand (DIS-7).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
        /// The note of the user who assigned it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// The hand-over by which it came (DIS-12). `None` if it came in another way, or if an earlier release stored the notice.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        handed: Option<Handed>,
    },
    /// To the former owner or their supervisor: the lead has gone on to another user or dealer (DIS-7, DIS-10).
    Passed {
        /// The former owner.
        from: UserId,
        /// The number of the former owner's assignment.
        assignment: u32,
        /// The new owner. `None` if the lead went to another dealer, which distributes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<UserId>,
        /// The name of the other dealer, if the lead went there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<String>,
        /// The rule of the assignment (DIS-11).
        rule: String,
        /// The user who assigned it by hand (DIS-7).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
        /// The note of that user.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// Whether it is for the former owner's supervisor, not for the former owner.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        supervisor: bool,
        /// Whether the lead went back to a user who returned (DIS-12).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        back: bool,
    },
    /// To the assignee: another user gave them a task (LEAD-4).
    Task {
        /// The id of the task.
        task: TaskId,
        /// The user who gave it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// To the user of an event: another user planned it for them, or gave it to them (CAL-10).
    EventGiven {
        /// The id of the event.
        event: EventId,
        /// The title.
        title: String,
        /// The time of the event. If the event is rescheduled, this notice states the new time.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The user who gave it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// To the owner, the former owner or the user of events: the notices of many leads in one (LEAD-10). The lead of the message is the
    /// first of them.
    Bulk {
        /// What the reader learns.
        what: BulkNews,
        /// The number of leads.
        count: u32,
        /// The first of the leads.
        leads: Vec<LeadId>,
        /// The title of the events.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// The note of the user who assigned the leads.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// The author.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// To the person whom level 2 notifies: a later first-contact deadline was requested (ESC-12).
    Requested {
        /// The requested deadline. If the request changes, this notice is stale.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The user who requested it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// To the owner: a further deadline has passed and is not met (LEAD-6).
    Deadline {
        /// The id of the deadline.
        deadline: DeadlineId,
        /// When it was due. If it is moved, this notice is stale.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
    },
    /// To a user who may take the lead: it waits in the pool (DIS-8).
    Pooled {
        /// The number of the assignment; a later one makes this stale.
        assignment: u32,
    },
    /// To the owner: the contact asked again (INT-6), or answered by mail (LEAD-3). The timeline entry shows which.
    Added,
    /// To the seller, later to the supervisor: a planned event is overdue (ESC-4).
    Resubmission {
        /// The id of the event.
        event: EventId,
        /// The title.
        title: String,
        /// The time of the event. If the event is rescheduled, this notice is stale.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// 1 notifies the seller, 2 the supervisor.
        level: u8,
        /// The user of the event, if that is not the lead's owner.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<UserId>,
    },
    /// To the user of the appointment: the customer booked, rescheduled or cancelled it (CAL-8).
    Booking {
        /// The id of the event.
        event: EventId,
        /// The title of the event.
        title: String,
        /// The time of the event, or its last time. If the event is rescheduled, this notice is stale.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// The customer's action.
        what: Booking,
        /// The user of the event, if that is not the lead's owner.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<UserId>,
    },
    /// To the dealer's trade-in address: an enquiry that offers a vehicle and requests none, with a data sheet (INT-8).
    TradeIn {
        /// The timeline entry that holds the enquiry.
        entry: u64,
    },
    /// To the owner: mail to the customer is stopped, because the address does not work or the customer complained (MSG-1).
    Unreachable {
        /// The address.
        address: String,
        /// Whether the customer marked a mail as unwanted.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        complained: bool,
    },
    /// To the owner: reminder or level 1 (ESC-1, ESC-2). To the supervisor: level 2 (ESC-3).
    Step {
        /// The kind of the step.
        step: StepKind,
        /// Steps that fired late at the same moment and have no notice of their own (ESC-8).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missed: Vec<StepKind>,
    },
}

/// The hand-over by which a lead came to its owner (DIS-12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// The owner before.
    pub from: UserId,
    /// Whether the lead came back to a user who returned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub back: bool,
}

/// A customer's action on an appointment (CAL-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Booking {
    /// Booked it.
    Booked,
    /// Rescheduled it.
    Moved,
    /// Cancelled it.
    Cancelled,
}

impl Booking {
    /// The name of the notice.
    pub fn name(self) -> &'static str {
        match self {
            Booking::Booked => "booked",
            Booking::Moved => "booking_moved",
            Booking::Cancelled => "booking_cancelled",
        }
    }
}

impl Message {
    /// Notifies `reader` that the lead was assigned to them, and why. `by` is the user who assigned it by hand.
    pub(crate) fn assigned(lead: &Lead, reader: UserId, why: &AssignmentReason, by: Option<&UserId>, now: DateTime<Utc>) -> Self {
        let (rule, note) = (Some(why.rule.clone()), why.note.clone());
        let notice = Notice::Assigned { assignment: lead.assignment, rule, by: by.cloned(), note, handed: None };
        Self::queued(lead, Self::assigned_cause(lead.assignment), notice, reader, now)
    }

    /// The cause of the notice of an assignment.
    pub(crate) fn assigned_cause(assignment: u32) -> String {
        format!("assigned-{assignment}")
    }

    /// Notifies the assignee of a task that `by` gave it to them. `None` if the lead has no owner and the task no assignee, or if the task
    /// is the assignee's own idea.
    pub(crate) fn task(lead: &Lead, task: &TaskDetails, by: &Actor, now: DateTime<Utc>) -> Option<Self> {
        let reader = task.assignee.as_ref().or(lead.owner.as_ref()).filter(|reader| by.user() != Some(reader))?;
        let notice = Notice::Task { task: task.id.clone(), by: by.user().cloned() };
        Some(Self::queued(lead, format!("task-{}-{}", task.id, lead.version), notice, reader.clone(), now))
    }

    /// Notifies `reader`, who may agree to it, that `by` requested the first-contact deadline `at`.
    pub(crate) fn requested(lead: &Lead, at: DateTime<Utc>, by: &Actor, reader: UserId, now: DateTime<Utc>) -> Self {
        let notice = Notice::Requested { at, by: by.user().cloned() };
        Self::queued(lead, format!("requested-{}", lead.version), notice, reader, now)
    }

    /// Notifies `reader`, who owns the lead, of a further deadline that has passed.
    pub(crate) fn deadline(lead: &Lead, target: &Target, reader: UserId, now: DateTime<Utc>) -> Self {
        let notice = Notice::Deadline { deadline: target.id.clone(), at: target.at };
        Self::queued(lead, format!("deadline-{}-{}", target.id, lead.version), notice, reader, now).planned_for(target.at)
    }

    /// Notifies `reader`, who may take the lead, that it waits in the pool.
    pub fn pooled(lead: &Lead, reader: UserId, now: DateTime<Utc>) -> Self {
        let cause = format!("pooled-{}-{reader}", lead.assignment);
        Self::queued(lead, cause, Notice::Pooled { assignment: lead.assignment }, reader, now)
    }

    /// Notifies the dealer's trade-in address of the enquiry that the lead's current version received. `reader` owns the lead.
    pub fn trade_in(lead: &Lead, reader: UserId, now: DateTime<Utc>) -> Self {
        Self::queued(lead, format!("trade-in-{}", lead.version), Notice::TradeIn { entry: lead.version }, reader, now)
    }

    /// Returns the version of the timeline entry with the enquiry or the mail that the notice reports. `None` if it reports none.
    pub fn reported_entry(&self, lead: &Lead) -> Option<u64> {
        match self.notice {
            Notice::Assigned { .. } | Notice::Pooled { .. } => Some(lead.enquiry_version.unwrap_or(1)),
            // The cause of the copy of a message has an ending.
            Notice::Added => self.cause.strip_prefix("added-")?.split('-').next()?.parse().ok(),
            Notice::TradeIn { entry } => Some(entry),
            _ => None,
        }
    }

    /// Notifies `reader` that the contact asked again or answered.
    pub fn added(lead: &Lead, reader: UserId, now: DateTime<Utc>) -> Self {
        Self::queued(lead, format!("added-{}", lead.version), Notice::Added, reader, now)
    }

    /// Notifies the lead's owner, or the supervisor of a lead without an owner, that mail to an address of the customer is stopped.
    pub(crate) fn unreachable(lead: &Lead, dealer: &Dealer, address: String, complained: bool, now: DateTime<Utc>) -> Self {
        let reader = lead.owner.as_ref().unwrap_or(dealer.settings.supervisor_of(None)).clone();
        Self::queued(lead, format!("unreachable-{}", lead.version), Notice::Unreachable { address, complained }, reader, now)
    }

    /// Notifies `reader` of a step, including the `missed` steps.
    pub fn step(lead: &Lead, step: &Step, missed: Vec<StepKind>, reader: UserId, now: DateTime<Utc>) -> Self {
        let name = match step.kind {
            StepKind::Reminder => "reminder",
            StepKind::Level1 => "level-1",
            StepKind::Level2 => "level-2",
        };
        let notice = Notice::Step { step: step.kind, missed };
        // The lead's version distinguishes this step from the same step before a reopening.
        Self::queued(lead, format!("{name}-{}", lead.version), notice, reader, now).planned_for(step.at)
    }

    /// Reminds `reader` by text message, in addition to the message by mail (ESC-14).
    pub(crate) fn reminder_text(lead: &Lead, step: &Step, reader: UserId, now: DateTime<Utc>) -> Self {
        let notice = Notice::Step { step: step.kind, missed: Vec::new() };
        let message = Self::queued(lead, format!("reminder-text-{}", lead.version), notice, reader, now);
        Self { text: true, ..message }.planned_for(step.at)
    }

    /// Notifies the recipient of level 2 again of a lead whose clock runs again, if level 2 has happened: the first notice may have been
    /// dropped while the clock did not run.
    pub(crate) fn level_2_again(lead: &Lead, dealer: &Dealer, now: DateTime<Utc>) -> Option<Self> {
        let level_2 = lead.plan.as_ref().and_then(|plan| plan.step(StepKind::Level2));
        let step = level_2.filter(|step| lead.clock_runs() && step.fired.is_some())?;
        let supervisor = dealer.settings.escalates_to(lead.owner.as_ref(), now).clone();
        Some(Self::step(lead, step, Vec::new(), supervisor, now))
    }

    /// Notifies `reader` of an overdue event, whose level has already been raised. The step was planned for `of`.
    pub fn resubmission(lead: &Lead, event: &CalendarEvent, reader: UserId, of: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let (title, user) = (event.title.clone(), event.user.clone());
        let notice = Notice::Resubmission { event: event.id.clone(), title, at: event.at, level: event.level, user };
        Self::queued(lead, format!("resubmission-{}-{}", event.id, lead.version), notice, reader, now).planned_for(of)
    }

    /// Notifies `reader` of the customer's action on an appointment.
    pub fn booking(lead: &Lead, event: &CalendarEvent, what: Booking, reader: UserId, now: DateTime<Utc>) -> Self {
        let (title, user) = (event.title.clone(), event.user.clone());
        let notice = Notice::Booking { event: event.id.clone(), title, at: event.at, what, user };
        Self::queued(lead, format!("booking-{}-{}", event.id, lead.version), notice, reader, now)
    }

    /// Returns the message of a step that was planned for `of`. Notices of the same moment, for example after a night, are sent in one
    /// mail. Late notices wait so that they can be combined.
    fn planned_for(&self, of: DateTime<Utc>) -> Self {
        let now = self.queued;
        let due = if now - of > LATE { now + GATHER } else { now };
        Self { of, ..self.waits_until(due, FailedAttempts { attempts: 0, unclear: 0 }) }
    }

    /// Returns the message as one of many that follow each other: it waits so that they can be combined.
    pub(crate) fn gathered(self) -> Self {
        let due = self.queued + GATHER;
        self.waits_until(due, FailedAttempts { attempts: 0, unclear: 0 })
    }

    pub(crate) fn queued(lead: &Lead, cause: String, notice: Notice, reader: UserId, now: DateTime<Utc>) -> Self {
        Self {
            lead: lead.id,
            cause,
            dealer: lead.dealer.clone(),
            notice,
            reader,
            of: now,
            queued: now,
            bundled: false,
            own: false,
            text: false,
            state: MessageState::Queued { due: now, attempts: 0, unclear: 0, batch: None },
        }
    }
}
