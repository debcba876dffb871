//! The recipients of notices about a booking about which nobody has decided.

use crate::base::UserId;
use crate::bookings::{BookedTime, Impediment};
use crate::settings::DealerSettings;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

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

    /// Returns the users on whom the first notice depends: the person, and the user who is asked first if everybody is present. If they
    /// change, the booking is notified anew.
    pub(crate) fn asked(&self, settings: &DealerSettings) -> String {
        let booked = self.booked();
        let person = self.user.as_ref().map(UserId::as_str).unwrap_or_default();
        format!("{person}#{}", booked.near(self.why, settings).unwrap_or_else(|| settings.supervisor_of(self.user.as_ref())))
    }

    /// Returns whether another user is asked first under other settings.
    pub fn asks_another_under(&self, before: &DealerSettings, after: &DealerSettings) -> bool {
        self.asked(before) != self.asked(after)
    }

    /// Returns the user who is notified of it at once ([`BookedTime::recipient`]).
    pub(crate) fn recipient<'a>(&'a self, settings: &'a DealerSettings, now: DateTime<Utc>) -> &'a UserId {
        self.booked().recipient(self.why, settings, now)
    }

    /// Returns the user who is notified of it daily ([`BookedTime::supervisor`]).
    pub(crate) fn supervisor<'a>(&'a self, settings: &'a DealerSettings, now: DateTime<Utc>) -> &'a UserId {
        self.booked().supervisor(settings, now)
    }
}

impl<'a> BookedTime<'a> {
    /// Returns the user who is notified of the booking at once: the deputy of an absent person, and the person if the dealer is closed. If
    /// that user is not present, the supervisor.
    fn recipient(&self, why: Impediment, settings: &'a DealerSettings, now: DateTime<Utc>) -> &'a UserId {
        match self.near(why, settings) {
            Some(near) => settings.recipient_for(near, now),
            None => self.supervisor(settings, now),
        }
    }

    /// Returns the deputy of an absent person, and the person if the dealer is closed. `None` if there is none.
    fn near(&self, why: Impediment, settings: &'a DealerSettings) -> Option<&'a UserId> {
        match why {
            Impediment::Absence => self.deputies(settings).first().copied(),
            _ => self.user.filter(|user| settings.member(user).is_some()),
        }
    }

    /// Returns the deputies of all absences of the person that overlap the booking.
    fn deputies(&self, settings: &'a DealerSettings) -> Vec<&'a UserId> {
        let Some(member) = self.user.and_then(|user| settings.member(user)) else { return Vec::new() };
        let during = member.absences.iter().filter(|absence| self.overlaps(absence.from, absence.until));
        let during = during.filter_map(|absence| absence.deputy.as_ref());
        during.chain(settings.deputies(&member.user, self.from)).collect()
    }

    /// Returns the user who is notified of the booking daily: the supervisor of the person or, if neither that user nor the deputy is
    /// present, the fallback user.
    fn supervisor(&self, settings: &'a DealerSettings, now: DateTime<Utc>) -> &'a UserId {
        settings.escalates_to(self.user, now)
    }
}

impl DealerSettings {
    /// Returns the user who is also notified of undecided bookings on the last open day.
    pub(crate) fn last_decides(&self, now: DateTime<Utc>) -> &UserId {
        self.fallback_user.as_ref().map_or(&self.admin_user, |fallback| self.recipient_for(fallback, now))
    }

    /// Returns whether `user` is among those who decide about a booking to come that cannot take place as planned: every deputy of the
    /// absence, and the users who are notified. It does not matter whether somebody has decided: the deputy also helps the customer. Nobody
    /// is asked about the `intended` reasons, which were accepted when the time was chosen.
    pub fn is_asked_about(&self, user: &UserId, booked: &BookedTime<'_>, intended: &BTreeSet<Impediment>, now: DateTime<Utc>) -> bool {
        let asked = |why: Impediment| {
            let notified = [booked.recipient(why, self, now), booked.supervisor(self, now), self.last_decides(now)];
            notified.contains(&user) || (why == Impediment::Absence && booked.deputies(self).contains(&user))
        };
        booked.from > now && self.impediments(booked).into_iter().any(|why| !intended.contains(&why) && asked(why))
    }
}
