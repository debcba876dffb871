//! Hand-over orders: the work of a user who cannot do it any more goes to other users (DIS-12).

use crate::base::{Actor, AppointmentId, DealerId, EventId, LeadId, UserId, is_default};
use crate::settings::{Absence, DealerSettings};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The target of a hand-over. Its text is `distribution`, `pool`, or `user:` with a user's id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum HandOverTo {
    /// The distribution of the dealer, for each lead by its own lane.
    #[default]
    Distribution,
    /// The pool of the dealer.
    Pool,
    /// One user of the dealer.
    User(UserId),
    /// A target of another release. It counts as the distribution; input refuses it.
    Unknown,
}

impl HandOverTo {
    /// Returns the user, if the target is one.
    pub fn user(&self) -> Option<&UserId> {
        if let Self::User(user) = self { Some(user) } else { None }
    }
}

/// The text is no target of a hand-over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be distribution, pool, or user: with the id of a user of the dealer")]
pub struct BadTarget;

impl FromStr for HandOverTo {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        match (text, text.strip_prefix("user:")) {
            ("distribution", _) => Ok(Self::Distribution),
            ("pool", _) => Ok(Self::Pool),
            (_, Some(user)) => UserId::parse(user).map(Self::User).map_err(|_| BadTarget),
            _ => Err(BadTarget),
        }
    }
}

impl From<String> for HandOverTo {
    fn from(stored: String) -> Self {
        stored.parse().unwrap_or(Self::Unknown)
    }
}

impl From<HandOverTo> for String {
    fn from(to: HandOverTo) -> Self {
        to.to_string()
    }
}

impl fmt::Display for HandOverTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Distribution => f.write_str("distribution"),
            Self::Pool => f.write_str("pool"),
            Self::User(user) => write!(f, "user:{user}"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// The cause of a hand-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandOverReason {
    /// The user left the group.
    Left,
    /// The user is no member of the dealer any more.
    Removed,
    /// The user may not read or work leads any more.
    Rights,
    /// The pool has another user, or was switched off.
    Pool,
    /// The user is absent for long.
    Absent,
    /// A cause of another release. It counts as [`HandOverReason::Removed`].
    #[serde(other)]
    Unknown,
}

impl HandOverReason {
    /// Returns the name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Removed => "removed",
            Self::Rights => "rights",
            Self::Pool => "pool",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
        }
    }

    /// Returns whether all work goes over: also tasks, events and appointments that do not follow a lead's owner. The user of a pool and an
    /// absent user stay at the dealer and keep them.
    pub fn takes_everything(self) -> bool {
        !matches!(self, Self::Pool | Self::Absent)
    }
}

/// The part of the work that an order moves next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandOverPhase {
    /// The leads of the user, with the tasks and events of the user on them.
    #[default]
    Leads,
    /// The tasks of the user on leads of others.
    Tasks,
    /// The events of the user on leads of others.
    Events,
    /// The appointments of the user that belong to no lead.
    Appointments,
    /// The leads of the user once more: requests that read the earlier settings have ended.
    Again,
    /// Waits for the return of an absent user, and then gives leads back.
    Back,
    /// A phase of another release: the order begins again.
    #[serde(other)]
    Unknown,
}

/// The number of items that an order has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct Moved {
    pub leads: u32,
    pub tasks: u32,
    pub events: u32,
    pub appointments: u32,
    /// The leads that went back to a user who returned.
    pub returned: u32,
    /// The open invitations that went over with their leads.
    #[serde(skip_serializing_if = "is_default")]
    pub invitations: u32,
}

/// An order to hand over the work of a user at a dealer. It is committed with the change that causes it, and worked off page by page. It is
/// kept after the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// The dealer.
    pub dealer: DealerId,
    /// The id among the orders of the dealer. The ids sort by the time at which the work goes over.
    pub id: String,
    /// The user whose work goes over.
    pub user: UserId,
    /// The target.
    pub to: HandOverTo,
    /// The cause.
    pub reason: HandOverReason,
    /// The supervisor of the user when the order was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor: Option<UserId>,
    /// The actor who made the change.
    pub by: Actor,
    /// When the order was made.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// When the next page is due. `None` if the order is done.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// The part that is moved next.
    #[serde(default)]
    pub phase: HandOverPhase,
    /// The cursor of the next page of the phase. `None` for the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The number of items that were moved.
    #[serde(default)]
    pub moved: Moved,
    /// When an absent user returns and gets back what is still open. `None` if nothing goes back.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub back_at: Option<DateTime<Utc>>,
    /// When the last item was moved. `None` while the order runs.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub done_at: Option<DateTime<Utc>>,
    /// Whether it was cancelled before it began, because the absence was removed or moved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// Whether the named user gets the work although absent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub despite_absent: bool,
    /// Whether the named user gets the work although they have the maximum of open leads.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub despite_full: bool,
    /// The bookings that it has given to other persons, who have not been notified yet; at most [`HandOver::MOST_GIVEN`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<GivenBooking>,
}

/// A booking that a hand-over gave to another person: a planned event of a lead, or an appointment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenBooking {
    /// The lead of the event. `None` for an appointment that is no event of a lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadId>,
    /// The event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// The appointment. `None` for an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment: Option<AppointmentId>,
    /// The former person.
    pub from: UserId,
    /// The supervisor of the former person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor: Option<UserId>,
    /// The actor of the hand-over, who needs no notice.
    pub by: Actor,
    /// Whether the event belongs to the owner of the lead, who gets a notice of the lead. It is reported only if a customer comes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follows: bool,
}

/// The delay of the second look at the leads. A request that read the earlier settings has ended by then in every case.
const REQUESTS_DONE: TimeDelta = TimeDelta::seconds(60);

impl HandOver {
    /// Returns the id of an order by which the work of `user` goes over at `at`.
    pub fn id_of(user: &UserId, at: DateTime<Utc>) -> String {
        format!("{:015}-{user}", at.timestamp_millis().max(0))
    }

    /// Returns whether a text has the form of an order's id.
    pub fn is_id(text: &str) -> bool {
        let parts = text.split_once('-').filter(|(at, _)| at.len() == 15 && at.bytes().all(|digit| digit.is_ascii_digit()));
        parts.is_some_and(|(_, user)| UserId::parse(user).is_ok())
    }

    /// Returns the id of the order of an absence of `user`.
    pub fn id_of_absence(user: &UserId, absence: &Absence) -> String {
        let own = absence.hand_over.as_ref().and_then(|hand_over| hand_over.order.clone());
        own.unwrap_or_else(|| Self::id_of(user, absence.from))
    }

    /// Returns whether a page is due at `now`.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// Returns the state in the API: `planned`, `running`, `waiting` for the return of the user, `done` or `cancelled`.
    pub fn state(&self) -> &'static str {
        let untouched = self.phase == HandOverPhase::Leads && self.cursor.is_none() && self.moved == Moved::default();
        match (self.cancelled, self.done_at, self.phase) {
            (true, ..) => "cancelled",
            (_, Some(_), _) => "done",
            (_, _, HandOverPhase::Back) if self.cursor.is_none() => "waiting",
            _ if untouched && self.reason == HandOverReason::Absent => "planned",
            _ => "running",
        }
    }

    /// Returns whether the order has begun to move work.
    pub fn has_begun(&self, now: DateTime<Utc>) -> bool {
        self.state() != "planned" || self.is_due(now)
    }

    /// Returns the order with further moved items.
    #[must_use]
    pub fn with_moved(&self, more: Moved) -> Self {
        let Moved { leads, tasks, events, appointments, returned, invitations } = self.moved;
        let moved = Moved {
            leads: leads + more.leads,
            tasks: tasks + more.tasks,
            events: events + more.events,
            appointments: appointments + more.appointments,
            returned: returned + more.returned,
            invitations: invitations + more.invitations,
        };
        Self { moved, ..self.clone() }
    }

    /// The maximum number of bookings that wait for their notices.
    pub const MOST_GIVEN: usize = 500;

    /// Returns the order with further bookings that were given to other persons.
    #[must_use]
    pub fn with_given(mut self, more: impl IntoIterator<Item = GivenBooking>) -> Self {
        for booking in more {
            if self.given.len() < Self::MOST_GIVEN && !self.given.contains(&booking) {
                self.given.push(booking);
            }
        }
        self
    }

    /// Returns when the next page is due. Each page has a distinct due time, so that each page has its own wake-up.
    fn next_page(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.due.map_or(now, |due| now.max(due + TimeDelta::milliseconds(1)))
    }

    /// Returns the order after a page. `cursor` is the next page of the phase; after its last one the next phase begins.
    #[must_use]
    pub fn turned(&self, cursor: Option<String>, now: DateTime<Utc>) -> Self {
        let next = self.next_page(now);
        if cursor.is_some() {
            return Self { due: Some(next), cursor, ..self.clone() };
        }
        let everything = self.reason.takes_everything();
        let (phase, due) = match self.phase {
            HandOverPhase::Leads if everything => (HandOverPhase::Tasks, Some(next)),
            HandOverPhase::Leads if self.reason == HandOverReason::Pool => (HandOverPhase::Again, Some(next.max(self.at + REQUESTS_DONE))),
            HandOverPhase::Leads => (HandOverPhase::Back, self.back_at.map(|back| back.max(next))),
            HandOverPhase::Tasks => (HandOverPhase::Events, Some(next)),
            HandOverPhase::Events => (HandOverPhase::Appointments, Some(next)),
            HandOverPhase::Appointments => (HandOverPhase::Again, Some(next.max(self.at + REQUESTS_DONE))),
            HandOverPhase::Unknown => (HandOverPhase::Leads, Some(next)),
            HandOverPhase::Again | HandOverPhase::Back => (self.phase, None),
        };
        Self { due, phase, cursor: None, done_at: due.is_none().then_some(now), ..self.clone() }
    }

    /// Returns whether a user who is absent gets back what this order moved, and has not got it back yet.
    pub fn is_to_give_back(&self) -> bool {
        self.reason == HandOverReason::Absent && self.back_at.is_some() && self.done_at.is_none()
    }

    /// Returns the order as one that begins again after `known`, which has the same id. Its first page has a due time of its own.
    #[must_use]
    pub fn again_after(&self, known: &Self) -> Self {
        Self { due: self.due.map(|due| due + TimeDelta::milliseconds(1)), moved: known.moved, ..self.clone() }
    }

    /// Returns the order of an absence that was removed while work was moved. What was moved goes back, if the order gives anything back.
    #[must_use]
    pub fn broken_off(&self, now: DateTime<Utc>) -> Self {
        match (self.moved == Moved::default(), self.back_at) {
            (true, _) => self.cancelled(now),
            (false, None) => self.ended(now),
            (false, Some(_)) => {
                Self { phase: HandOverPhase::Back, cursor: None, due: Some(self.next_page(now)), back_at: Some(now), ..self.clone() }
            }
        }
    }

    /// Returns the order as ended before it began.
    #[must_use]
    pub fn cancelled(&self, now: DateTime<Utc>) -> Self {
        Self { due: None, done_at: Some(now), cancelled: true, ..self.clone() }
    }

    /// Returns the order as ended, whatever its phase.
    #[must_use]
    pub fn ended(&self, now: DateTime<Utc>) -> Self {
        Self { due: None, done_at: Some(now), ..self.clone() }
    }

    /// Returns the user whom the order names. `None` if it names none, or one who is not assignable or is absent at `now`, unless the order
    /// accepts that.
    pub fn named<'a>(&'a self, settings: &DealerSettings, now: DateTime<Utc>) -> Option<&'a UserId> {
        let HandOverTo::User(user) = &self.to else { return None };
        let able =
            settings.member(user).is_some_and(|member| member.assignable && (self.despite_absent || !settings.is_absent(member, now)));
        Some(user).filter(|_| able)
    }

    /// Returns the user who gets work that follows no owner of a lead: the named user, else the first one who is present of the supervisor,
    /// the fallback user and the administrator. If nobody is present, it is the administrator.
    pub fn person<'a>(&'a self, settings: &'a DealerSettings, now: DateTime<Utc>) -> &'a UserId {
        let others = self.supervisor.iter().chain(&settings.fallback_user).chain([&settings.admin_user]);
        let present = others.filter(|user| **user != self.user).find(|user| settings.is_present(user, now));
        self.named(settings, now).or(present).unwrap_or(&settings.admin_user)
    }
}

/// The hand-over that an absence asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsenceHandOver {
    /// The target.
    #[serde(default)]
    pub to: HandOverTo,
    /// Whether the user gets back, on return, what is still open.
    #[serde(default)]
    pub back: bool,
    /// The id of its order, if it is not the one of the user and the beginning: the first day was corrected after the absence had begun.
    /// Requests cannot set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
}
