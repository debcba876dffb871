//! The time that an event reserves (CAL-7).

use crate::base::Actor;
use crate::calendar::{CalendarEvent, EventState};
use crate::rules::calendar::CalendarContext;
use crate::slots::{Reservation, ReservedTime};

impl CalendarEvent {
    /// Returns the time that it reserves now: that of its user or, without one, of the lead's owner, for the duration of its type at the
    /// dealer. `None` if it is over or has no user.
    pub(crate) fn takes(&self, context: &CalendarContext<'_>) -> Option<Reservation> {
        let user = self.user.as_ref().or(context.lead.owner.as_ref())?;
        let until = self.at.checked_add_signed(context.dealer.capacity().duration(&self.kind)).filter(|until| *until > context.now)?;
        let place = ReservedTime::new(self.at, until).ok()?;
        let by_customer = self.booked || self.rescheduled.last().is_some_and(|moved| moved.by == Actor::Customer);
        let date = by_customer.then(|| context.dealer.settings.calendar.date_of(self.at));
        Some(Reservation { user: user.clone(), place: date.map_or(place, |date| place.booked_for(date)) })
    }

    /// Returns the time that it reserves after a change. A completed event keeps its time, unless it was completed before it started. A
    /// cancelled event and a no-show release it.
    pub(crate) fn takes_now(&self, context: &CalendarContext<'_>) -> Option<Reservation> {
        match self.state {
            EventState::Incomplete => self.takes(context),
            EventState::Completed(_) => self.taken.clone().filter(|_| self.at <= context.now),
            EventState::NoShow(_) | EventState::Deleted(_) => None,
        }
    }

    /// Returns the time that it reserves after the lead's owner changed. An event that reserved no time, or has its own user, does not
    /// change. Otherwise the time moves to the new owner. If the lead has no owner, an event that has started keeps its reservation.
    pub(crate) fn taken_by_owner(&self, context: &CalendarContext<'_>) -> Option<Reservation> {
        let untimed = self.taken.is_none() && self.at == self.saved();
        if untimed || self.user.is_some() {
            return self.taken.clone();
        }
        self.takes(context).or_else(|| self.taken.clone().filter(|_| self.at <= context.now))
    }
}
