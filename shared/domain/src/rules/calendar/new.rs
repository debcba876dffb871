//! Checks a new calendar event (CAL-1).

use crate::base::text::is_line;
use crate::base::{AppointmentId, EVENT_TYPES, EventId, Fault, Refusal, UserId};
use crate::bookings::{Despite, Warning};
use crate::calendar::{CalendarEvent, EventState, EventTime};
use crate::rules::calendar::CalendarContext;
use std::collections::BTreeSet;

/// A new event.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Its id.
    pub id: EventId,
    /// The title.
    pub title: String,
    /// The type, as its name in the API or as its display name.
    pub kind: String,
    /// When (CAL-1, CAL-2).
    pub when: EventTime,
    /// An optional note.
    pub notes: Option<String>,
    /// The user. `None` if it is the lead's owner.
    pub user: Option<UserId>,
    /// Whether the customer books it.
    pub booked: bool,
    /// The id of its appointment (APT-1).
    pub appointment: Option<AppointmentId>,
    /// The appointment that it follows, because the customer did not come to that one (APT-12).
    pub follows: Option<AppointmentId>,
    /// The warnings about its time and user that the request accepts (APT-8).
    pub despite: Despite,
}

impl NewEvent {
    /// Checks all fields and creates the event, with the warnings about its time and user.
    pub(crate) fn check(self, context: &CalendarContext<'_>) -> Result<(CalendarEvent, BTreeSet<Warning>), Refusal> {
        let CalendarContext { lead, dealer, now, .. } = *context;
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
        let calendar = &dealer.settings.calendar;
        let when = self.when.promised_by(kind.as_deref().unwrap_or_default(), calendar, now);
        let at = when.instant(calendar, now).map_err(|fault| faults.push(fault));
        let (Some(kind), Ok(at), true) = (kind, at, faults.is_empty()) else { return Err(Refusal::Invalid(faults)) };
        let event = CalendarEvent {
            id: self.id,
            lead: lead.id,
            dealer: dealer.id.clone(),
            title,
            kind,
            at,
            notes: self.notes,
            user: self.user,
            by: context.by.clone(),
            created: now,
            state: EventState::Incomplete,
            rescheduled: Vec::new(),
            transferred: None,
            due: (at > now).then_some(at),
            level: 0,
            booked: self.booked,
            taken: None,
            accepted: None,
            appointment: self.appointment,
            follows: self.follows,
            left_at: None,
        };
        let accepted = Some(event.chosen(lead.owner.as_ref(), &dealer.settings));
        // An event without its own time records something at `now`. It reserves no time.
        let taken = if when.is_timed(calendar, now) { event.takes(context) } else { None };
        let mut event = CalendarEvent { taken, accepted, ..event };
        let warnings = event.choose(context, &self.despite)?;
        Ok((event, warnings))
    }
}
