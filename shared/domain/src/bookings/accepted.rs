//! The reasons against a booking that people accepted: it takes place although the dealer is closed, or its person is absent.

use crate::base::{Actor, Refusal, UserId};
use crate::bookings::{BookedTime, Impediment};
use crate::settings::DealerSettings;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The impediments that were accepted for a booking. They count for its time and, if they are of its person, for this person only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The time of the booking.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The person of the booking, if an impediment of this person was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The impediments.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub why: BTreeSet<Impediment>,
    /// The latest decision to keep the booking, also at an earlier time. `None` if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
}

/// A decision to keep a booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The time of the decision.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The author.
    pub by: Actor,
    /// The time of the booking that was kept. `None` if an earlier release recorded the decision.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub booking_at: Option<DateTime<Utc>>,
    /// The absences by date under which the booking was kept. `None` if an earlier release recorded the decision: it then counts for every
    /// absence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absences: Option<Vec<KeptUnder>>,
}

/// An absence under which a booking was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptUnder {
    /// The first instant of the absence.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub from: DateTime<Utc>,
    /// The first instant after the absence.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub until: DateTime<Utc>,
}

impl Kept {
    /// Returns whether the decision counts for an absence of the person under the absences `now`: each of them is one under which the
    /// booking was kept, with the same beginning or end. An absence that is entered later, or instead, needs a decision of its own.
    fn counts_under(&self, now: &[KeptUnder]) -> bool {
        let Some(kept) = &self.absences else { return true };
        let is_known = |absence: &KeptUnder| kept.iter().any(|kept| kept.from == absence.from || kept.until == absence.until);
        now.iter().all(is_known) && (kept.is_empty() || !now.is_empty())
    }
}

/// The refusal to a person who keeps a booking under an own absence.
const ABSENT: &str = "you are absent then, so another user must decide to keep this booking; reschedule or cancel it, or correct your \
                      absence if you come for it";

impl Accepted {
    /// Returns what is accepted when the time of a booking is set: a time at which the dealer is closed already was chosen on purpose.
    /// `before` was accepted until then.
    pub(crate) fn with_the_time(booked: &BookedTime<'_>, settings: &DealerSettings, before: Option<&Self>) -> Self {
        let why = settings.impediments(booked).into_iter().filter(|why| !why.is_of_person()).collect();
        Self { at: booked.from, user: None, why, kept: before.and_then(|before| before.kept.clone()) }
    }

    /// Returns what is accepted after the decision of `by` to keep a booking. `before` was accepted until then.
    ///
    /// # Errors
    /// 409 if the person of the booking is to keep it under an own absence: the person will not be there to see the customer.
    pub(crate) fn kept(
        booked: &BookedTime<'_>,
        settings: &DealerSettings,
        before: Option<&Self>,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        let covered = before.is_some_and(|before| before.covers(booked, Impediment::Absence, settings));
        if booked.user.is_some() && by.user() == booked.user && settings.is_absent_during(booked) && !covered {
            return Err(Refusal::conflict("APT-9", ABSENT));
        }
        let why = settings.impediments(booked);
        let user = booked.user.filter(|_| why.iter().any(|why| why.is_of_person())).cloned();
        let absences = Some(settings.absences_during(booked));
        let kept = Kept { at: now, by: by.clone(), booking_at: Some(booked.from), absences };
        Ok(Self { at: booked.from, user, why, kept: Some(kept) })
    }

    /// Returns whether `why` was accepted for the booking as it is under `settings`.
    pub(crate) fn covers(&self, booked: &BookedTime<'_>, why: Impediment, settings: &DealerSettings) -> bool {
        let same_person = !why.is_of_person() || self.user.as_ref() == booked.user;
        let absence = self.kept.as_ref().filter(|_| why == Impediment::Absence);
        // What the person kept outside their own hours, they did not keep under an absence.
        let own = |kept: &Kept| kept.by.user().is_some() && kept.by.user() == booked.user && settings.is_absent_during(booked);
        self.at == booked.from
            && same_person
            && self.why.contains(&why)
            && absence.is_none_or(|kept| !own(kept) && kept.counts_under(&settings.absences_during(booked)))
    }

    /// Returns the reasons that were accepted with the choice of the time `at`: nobody is asked about them. Empty if somebody was asked and
    /// kept the booking at this time.
    pub(crate) fn intended_at(&self, at: DateTime<Utc>) -> BTreeSet<Impediment> {
        let kept = self.kept.as_ref().is_some_and(|kept| kept.booking_at.is_none_or(|kept| kept == self.at));
        if kept || self.at != at { BTreeSet::new() } else { self.why.clone() }
    }
}
