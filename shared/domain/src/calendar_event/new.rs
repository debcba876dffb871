//! What an event must be to be put on a calendar (CAL-1).

use super::{CalendarEvent, Case, EVENT_TYPES, EventState};
use crate::ids::{AppointmentId, EventId, UserId};
use crate::refusal::{Fault, Refusal};
use crate::text::is_line;
use chrono::{DateTime, Utc};

/// An event to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Its name.
    pub id: EventId,
    /// What is to be done.
    pub title: String,
    /// The type, as the API writes it or as people do.
    pub kind: String,
    /// When; `None`: now (CAL-1).
    pub at: Option<DateTime<Utc>>,
    /// In words.
    pub notes: Option<String>,
    /// Whose; `None`: whoever has the lead.
    pub user: Option<UserId>,
    /// The customer books it.
    pub booked: bool,
    /// The appointment that it is made as (APT-1).
    pub appointment: Option<AppointmentId>,
}

impl NewEvent {
    /// Judges every field at once, and makes the event.
    pub(super) fn check(self, case: &Case<'_>) -> Result<CalendarEvent, Refusal> {
        let Case { lead, dealer, now, .. } = *case;
        let mut faults = Vec::new();
        let title = self.title.trim().to_owned();
        if !is_line(&title, 200) {
            faults.push(Fault::new("title", "CAL-1", "must be 1 to 200 characters in one line"));
        }
        let kind = dealer.settings.event_type(&self.kind);
        if kind.is_none() {
            let own = dealer.settings.event_types.iter().map(String::as_str);
            let names: Vec<&str> = EVENT_TYPES.iter().map(|(name, _)| *name).chain(own).collect();
            faults.push(Fault::new("type", "CAL-1", format!("must be one of {}", names.join(", "))));
        }
        if self.user.as_ref().is_some_and(|user| !dealer.settings.member(user).is_some_and(|member| member.assignable)) {
            faults.push(Fault::new("user", "CAL-1", format!("must be a user of {} who is assignable", dealer.id)));
        }
        let at = self.at.unwrap_or(now);
        if !in_reach(at, now) {
            faults.push(Fault::new("at", "CAL-1", "must be within ten years"));
        }
        let (Some(kind), true) = (kind, faults.is_empty()) else { return Err(Refusal::Invalid(faults)) };
        let event = CalendarEvent {
            id: self.id,
            lead: lead.id,
            dealer: dealer.id.clone(),
            title,
            kind,
            at,
            notes: self.notes,
            user: self.user,
            by: case.by.clone(),
            created: now,
            state: EventState::Incomplete,
            rescheduled: Vec::new(),
            due: (at > now).then_some(at),
            level: 0,
            booked: self.booked,
            taken: None,
            appointment: self.appointment,
        };
        // Without a time of its own it is a note of what happens now: it takes nobody's time.
        let taken = self.at.and_then(|_| event.takes(case));
        Ok(CalendarEvent { taken, ..event })
    }
}

pub(crate) fn in_reach(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    (at - now).num_days().abs() <= 3_653
}
