//! The events on the timeline of a lead (LEAD-1).

use crate::base::{
    AppointmentId, ContactId, DeadlineId, DealerId, ElementId, EventId, InvitationId, ReactionKind, ReportKind, Status, StepKind, TaskId,
    UserId,
};
use crate::bookings::Impediment;
use crate::distribution::AssignmentReason;
use crate::elements::{Content, ElementKind};
use crate::enquiry::{Enquiry, Person};
use crate::lead::{
    AddressStopped, CancelledEvent, ChangedEvent, ConsentRecorded, HoldReason, MailEvent, PlanChange, TaskDetails, TimelineAction,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One event of the timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Event {
    /// The enquiry arrived.
    Received {
        /// Its content.
        enquiry: Box<Enquiry>,
    },
    /// The enquiry arrived at this dealer and is distributed by the rules of the site of its vehicle (INT-10).
    Sited {
        /// The dealer at which it arrived.
        mailbox: DealerId,
    },
    /// The vehicle is at a site that is unknown here, or has not agreed to take enquiries of this dealer (INT-10).
    UnknownSite {
        /// The site as the sender wrote it.
        site: String,
    },
    /// The sender sent the enquiry again with new content (ADF `resend`, INT-5).
    Resent {
        /// The new content.
        enquiry: Box<Enquiry>,
    },
    /// The contact asked again while the lead was in progress (INT-6).
    Added {
        /// The content of the new enquiry.
        enquiry: Box<Enquiry>,
    },
    /// A channel of the contact belongs to another person in the directory, or the reverse. Nothing was merged (INT-6).
    ContactClash {
        /// The address or number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<String>,
    },
    /// The lead has a new owner (DIS-7).
    Assigned {
        /// The previous owner.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<UserId>,
        /// The new owner.
        to: UserId,
        /// The reason (DIS-11).
        why: AssignmentReason,
    },
    /// The lead was transferred to another dealer of the group (DIS-7).
    Moved {
        /// The previous dealer.
        from: DealerId,
        /// The new dealer.
        to: DealerId,
        /// An optional note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// An escalation step fired (ESC-1 to ESC-3).
    Step {
        /// The kind of the step.
        step: StepKind,
        /// When it was due.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        due: DateTime<Utc>,
    },
    /// The deadline was recomputed because the dealer's settings changed (SET-11).
    DeadlineMoved {
        /// The deadline before. `None` if there was none, or if an earlier release moved it.
        #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
        from: Option<DateTime<Utc>>,
        /// The new deadline, if there is one.
        #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
        deadline: Option<DateTime<Utc>>,
    },
    /// The seller reacted (ESC-7).
    Reacted {
        /// The kind of the reaction.
        kind: ReactionKind,
        /// Whether it stopped the clock. Only the first reaction does.
        first: bool,
        /// Whether the customer called or came in.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        inbound: bool,
        /// An optional note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A call was not answered. It is not a reaction.
    CallMissed {
        /// An optional note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The link of an invitation was revoked (CAL-8).
    InvitationRevoked {
        /// The id of the invitation.
        invitation: InvitationId,
    },
    /// A user noted that no contact was made yet. It is not a reaction (LEAD-6).
    NoContact {
        /// An optional note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A user moved the first-contact deadline (LEAD-6).
    FirstContactMoved {
        /// The previous time.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        from: DateTime<Utc>,
        /// The new time.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        to: DateTime<Utc>,
        /// Whether level 2 follows, because a supervisor or an administrator agreed (ESC-12).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        agreed: bool,
    },
    /// A move of the first-contact deadline beyond level 2 was requested, granted (completed) or withdrawn (deleted) (ESC-12).
    DeadlineRequest {
        /// The action.
        #[serde(rename = "did")]
        action: TimelineAction,
        /// The requested deadline.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
    },
    /// A further deadline changed (LEAD-6).
    Deadline {
        /// The action.
        #[serde(rename = "did")]
        action: TimelineAction,
        /// The id of the deadline.
        deadline: DeadlineId,
        /// The goal.
        title: String,
        /// When it is due.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
        /// When it was due before, if that has changed.
        #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
        from: Option<DateTime<Utc>>,
        /// An optional note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A task changed (LEAD-4).
    Task {
        /// The action.
        #[serde(rename = "did")]
        action: TimelineAction,
        /// The id of the task.
        task: TaskId,
        /// The title.
        title: String,
        /// When it starts.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        start: DateTime<Utc>,
        /// Its duration in minutes.
        minutes: u32,
        /// The assignee. `None` if the task belongs to the lead's owner.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assignee: Option<UserId>,
        /// The task before, if that has changed. `None` too if an earlier release changed it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<TaskDetails>>,
        /// An optional note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A contact of the lead was added, corrected or removed (LEAD-7).
    Contact {
        /// The action.
        #[serde(rename = "did")]
        action: TimelineAction,
        /// The id of the contact.
        contact: ContactId,
        /// The previous data.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<Person>>,
        /// The new data.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Box<Person>>,
        /// Whether it became the main contact.
        main: bool,
    },
    /// The contact was invited to choose a time (CAL-8).
    Invited {
        /// The id of the invitation.
        invitation: InvitationId,
        /// The type of the event.
        #[serde(rename = "type")]
        kind: String,
        /// When the link expires.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        expires: DateTime<Utc>,
    },
    /// A calendar event was planned (CAL-1).
    EventScheduled {
        /// The id of the event.
        event: EventId,
        /// The title.
        title: String,
        /// Its type.
        #[serde(rename = "type")]
        kind: String,
        /// When it takes place.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        at: DateTime<Utc>,
    },
    /// A calendar event was completed (CAL-4).
    EventCompleted {
        /// The id of the event.
        event: EventId,
        /// The title.
        title: String,
        /// An optional note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The customer did not come or was not reached (CAL-4).
    EventNoShow {
        /// The id of the event.
        event: EventId,
        /// The title.
        title: String,
        /// The reason.
        reason: String,
        /// An optional note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A calendar event was rescheduled (CAL-4).
    EventRescheduled {
        /// The id of the event.
        event: EventId,
        /// The title.
        title: String,
        /// The previous time.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        from: DateTime<Utc>,
        /// The new time.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        to: DateTime<Utc>,
    },
    /// A calendar event was assigned to another user (APT-1). `None` is the lead's owner.
    EventGiven {
        /// The id of the event.
        event: EventId,
        /// The title.
        title: String,
        /// The previous user.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<UserId>,
        /// The new user.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<UserId>,
    },
    /// A calendar event was kept, although its person is absent or the dealer is closed (APT-9).
    EventKept {
        /// The id of the event.
        event: EventId,
        /// The title.
        title: String,
        /// The reason against it.
        why: Impediment,
    },
    /// An appointment stayed at the former dealer when the lead went to another one (APT-10).
    EventStayed {
        /// The id of the event, which has ended.
        event: EventId,
        /// The title.
        title: String,
        /// The appointment, which has no lead any more.
        appointment: AppointmentId,
        /// The dealer of the appointment.
        dealer: DealerId,
    },
    /// A calendar event was cancelled (CAL-4).
    EventDeleted(CancelledEvent),
    /// A calendar event was corrected or reopened (CAL-9).
    EventChanged(ChangedEvent),
    /// An element was added (LEAD-2).
    ElementAdded {
        /// Its kind.
        kind: ElementKind,
        /// Its id.
        element: ElementId,
        /// The element in one line.
        title: String,
        /// The text of a comment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// A mail arrived in the thread of the lead (LEAD-3).
    MailReceived(Box<MailEvent>),
    /// The upload of a document was requested. The document is added once it is uploaded (LEAD-2).
    DocumentAnnounced {
        /// Its id.
        element: ElementId,
        /// Its title.
        title: String,
    },
    /// An element was updated (LEAD-2).
    ElementChanged {
        /// Its kind.
        kind: ElementKind,
        /// Its id.
        element: ElementId,
        /// The new element in one line.
        title: String,
        /// The new text of a comment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// The previous content.
        before: Box<Content>,
    },
    /// An element was removed (LEAD-2).
    ElementRemoved {
        /// Its kind.
        kind: ElementKind,
        /// Its id.
        element: ElementId,
        /// The removed element in one line.
        title: String,
    },
    /// A planned event is overdue: level 1 notifies the seller, level 2 the supervisor (ESC-4).
    Resubmission {
        /// The id of the event.
        event: EventId,
        /// The title.
        title: String,
        /// 1 or 2.
        level: u8,
        /// When it was due.
        #[serde(with = "chrono::serde::ts_milliseconds")]
        due: DateTime<Utc>,
    },
    /// A mail to the customer came back, was unwanted, or was refused after the provider had accepted it (MSG-1).
    MailReturned {
        /// What the provider reports.
        kind: ReportKind,
        /// The address.
        to: String,
        /// The element of the lead that sent the mail. `None` if it was a letter about an appointment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        element: Option<ElementId>,
        /// The words of the recipient's mail server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// Messages to an address of the customer were stopped, or permitted again (MSG-1).
    AddressStop(AddressStopped),
    /// A declaration of the customer about messages was recorded (PRV-6).
    Consent(ConsentRecorded),
    /// The lead was won, lost or reopened (LEAD-1).
    StatusChanged {
        /// The previous status.
        from: Status,
        /// The new status.
        to: Status,
        /// An optional note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A follow-up plan of the lead was started or ended, or carried out a step (CAL-11).
    Plan(PlanChange),
    /// Contacts of the lead were erased (PRV-2).
    ContactErased {
        /// The ids that they had.
        contacts: BTreeSet<ContactId>,
    },
    /// A legal hold was placed or lifted (PRV-5).
    LegalHold {
        /// `added` or `deleted`.
        #[serde(rename = "did")]
        action: TimelineAction,
        /// Its id.
        hold: String,
        /// Its reason.
        reason: HoldReason,
    },
    /// An event of another release.
    #[serde(other)]
    Unknown,
}
