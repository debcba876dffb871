//! Whether a calendar event can take place as planned (APT-9).

use crate::base::UserId;
use crate::bookings::{BookedTime, Impediment};
use crate::calendar::{CalendarEvent, EventState};
use crate::settings::DealerSettings;
use chrono::{DateTime, Utc};

impl CalendarEvent {
    /// Returns its person and time. Without a user of its own it is the owner's.
    pub fn booked_time<'a>(&'a self, owner: Option<&'a UserId>, settings: &DealerSettings) -> BookedTime<'a> {
        settings.booked(self.user.as_ref().or(owner), self.at, &self.kind)
    }

    /// Returns the reason for which the event cannot take place as planned and about which nobody has decided (APT-9). `None` if there is
    /// none, or if it has ended, has no time of its own or is past. `owner` is that of its lead.
    pub fn affected(&self, owner: Option<&UserId>, settings: &DealerSettings, now: DateTime<Utc>) -> Option<Impediment> {
        let pending = self.is_booking() && self.state == EventState::Incomplete && self.at > now;
        pending.then(|| settings.undecided(&self.booked_time(owner, settings), self.accepted.as_ref())).flatten()
    }
}
