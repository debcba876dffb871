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
                let mut during =
                    settings.member(user)?.absences.iter().filter(|absence| self.booked().overlaps(absence.from, absence.until));
                during.find_map(|absence| absence.deputy.as_ref()).or_else(|| settings.deputies(user, self.at).first().copied())
            }
            _ => Some(user),
        });
        match near {
            Some(near) => settings.recipient_for(near, now),
            None => self.supervisor(settings, now),
        }
    }

    /// Returns the user who is notified of it daily: the supervisor of the person or, if neither that user nor the deputy is present, the
    /// fallback user.
    pub(crate) fn supervisor<'a>(&'a self, settings: &'a DealerSettings, now: DateTime<Utc>) -> &'a UserId {
        settings.escalates_to(self.user.as_ref(), now)
    }

    /// Returns the user who is also notified of it on the last open day.
    pub(crate) fn fallback<'a>(&'a self, settings: &'a DealerSettings, now: DateTime<Utc>) -> &'a UserId {
        settings.fallback_user.as_ref().map_or(&settings.admin_user, |fallback| settings.recipient_for(fallback, now))
    }
}
