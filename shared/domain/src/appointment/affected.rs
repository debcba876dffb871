//! Whether an appointment can take place as planned (APT-9).

use crate::appointment::{Appointment, Attended};
use crate::bookings::{BookedTime, Impediment};
use crate::settings::DealerSettings;
use chrono::{DateTime, Utc};

impl Appointment {
    pub(crate) fn booked_time(&self, settings: &DealerSettings) -> BookedTime<'_> {
        settings.booked(self.user.as_ref(), self.at, self.kind.event_type())
    }

    /// Returns the reason for which the appointment cannot take place as planned and about which nobody has decided (APT-9). `None` if
    /// there is none, or if it is cancelled or over.
    pub fn affected(&self, settings: &DealerSettings, now: DateTime<Utc>) -> Option<Impediment> {
        let pending = !self.state.is_cancelled() && self.attendance.is == Attended::Unknown && self.at > now;
        pending.then(|| settings.undecided(&self.booked_time(settings), self.accepted.as_ref())).flatten()
    }
}
