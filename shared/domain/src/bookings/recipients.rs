//! The recipients of notices about a booking about which nobody has decided.

use crate::base::UserId;
use crate::bookings::{BookedTime, Impediment};
use crate::settings::DealerSettings;
use chrono::{DateTime, Utc};

/// A booking about which somebody must decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// The id of the appointment, or of the lead and its event.
    pub id: String,
    /// The person of the booking.
    pub user: Option<UserId>,
    /// The start.
    pub at: DateTime<Utc>,
    /// The end.
    pub until: DateTime<Utc>,
    /// The reason.
    pub why: Impediment,
}

impl Undecided {
    fn booked(&self) -> BookedTime<'_> {
        BookedTime { user: self.user.as_ref(), from: self.at, until: self.until }
    }

    /// Returns the user who is notified of it at once: the deputy of an absent person, and the person if the dealer is closed. If that user
    /// is not present, the supervisor.
    pub(crate) fn recipient<'a>(&'a self, settings: &'a DealerSettings, now: DateTime<Utc>) -> &'a UserId {
        let user = self.user.as_ref().filter(|user| settings.member(user).is_some());
        let near = user.and_then(|user| match self.why {
            Impediment::Absence => {
                let during = settings.member(user)?.absences.iter().find(|absence| self.booked().overlaps(absence.from, absence.until))?;
                during.deputy.as_ref()
            }
            _ => Some(user),
        });
        let present = near.map(|near| settings.reader_for(near, now)).filter(|reader| settings.is_present(reader, now));
        present.unwrap_or_else(|| self.supervisor(settings, now))
    }

    /// Returns the user who is notified of it daily: the supervisor of the person or, if neither that user nor the deputy is present, the
    /// fallback user.
    pub(crate) fn supervisor<'a>(&'a self, settings: &'a DealerSettings, now: DateTime<Utc>) -> &'a UserId {
        first_present(settings, [Some(settings.supervisor_of(self.user.as_ref())), settings.fallback_user.as_ref()], now)
    }

    /// Returns the user who is also notified of it on the last open day.
    pub(crate) fn fallback<'a>(&'a self, settings: &'a DealerSettings, now: DateTime<Utc>) -> &'a UserId {
        first_present(settings, [settings.fallback_user.as_ref(), None], now)
    }
}

/// Returns the first of these users, or of their deputies, who is present. If nobody is, the administrator.
fn first_present<'a>(settings: &'a DealerSettings, users: [Option<&'a UserId>; 2], now: DateTime<Utc>) -> &'a UserId {
    let readers = users.into_iter().flatten().map(|user| settings.reader_for(user, now));
    readers.into_iter().find(|reader| settings.is_present(reader, now)).unwrap_or(&settings.admin_user)
}
