//! The time that an event reserves (CAL-7).

use crate::calendar::{CalendarEvent, EventState};
use crate::rules::calendar::CalendarContext;
use crate::slots::{Reservation, ReservedTime};

impl CalendarEvent {
    /// The time that it takes as things are: its own user's, or else that of whoever has the lead, for as long as its type takes at the dealer.
    /// None: it is over, or nobody has it.
    pub(crate) fn takes(&self, case: &CalendarContext<'_>) -> Option<Reservation> {
        let user = self.user.as_ref().or(case.lead.owner.as_ref())?;
        let until = self.at.checked_add_signed(case.dealer.capacity().duration(&self.kind)).filter(|until| *until > case.now)?;
        let place = ReservedTime::new(self.at, until).ok()?;
        let date = self.booked.then(|| case.dealer.settings.calendar.date_of(self.at));
        Some(Reservation { user: user.clone(), place: date.map_or(place, |date| place.booked_for(date)) })
    }

    /// The time that it takes after a change: one that was done keeps what it had, unless it was done before it was to begin; one that was
    /// called off, or to which nobody came, gives it back.
    pub(crate) fn takes_now(&self, case: &CalendarContext<'_>) -> Option<Reservation> {
        match self.state {
            EventState::Incomplete => self.takes(case),
            EventState::Completed(_) => self.taken.clone().filter(|_| self.at <= case.now),
            EventState::NoShow(_) | EventState::Deleted(_) => None,
        }
    }

    /// The time that it takes once the lead has another owner: nobody's that took none, its own user's, or the owner's. What has begun stays where it
    /// was if nobody has the lead.
    pub(crate) fn taken_by_owner(&self, case: &CalendarContext<'_>) -> Option<Reservation> {
        let untimed = self.taken.is_none() && self.at == self.saved();
        if untimed || self.user.is_some() {
            return self.taken.clone();
        }
        self.takes(case).or_else(|| self.taken.clone().filter(|_| self.at <= case.now))
    }
}
