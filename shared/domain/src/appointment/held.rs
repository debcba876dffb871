//! When notices to salespersons wait (APT-7).

use crate::appointment::{Appointment, SalesChange, SalesMail, SalesNotice};
use crate::base::stable_hash;
use crate::settings::DealerSettings;
use chrono::{DateTime, TimeDelta, Utc};

impl Appointment {
    /// Returns until when a mail about changes waits: until the person's own hours begin, if only these keep the person from reading it,
    /// or until the dealer opens. It waits for neither if the visit begins before, or would have begun. `None` if it is sent now. The mails
    /// of a dealer are spread over two minutes.
    pub(super) fn held_until(&self, mail: &SalesMail, settings: &DealerSettings, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let calendar = &settings.calendar;
        let back = mail.person.as_ref().and_then(|person| settings.back_on_duty(person, now));
        let opening = calendar.next_opening(now).ok().filter(|_| !calendar.is_open_or_closing(now));
        let earliest = mail.changes.iter().filter_map(|change| change.from).chain([self.at]).filter(|at| *at > now).min()?;
        let next = [back, opening].into_iter().flatten().find(|next| (now < *next) && (*next < earliest))?;
        let spread = i64::try_from(stable_hash(self.id.as_str()) % 120).unwrap_or_default();
        Some((next + TimeDelta::seconds(spread)).min(earliest))
    }

    /// Returns the pending notices of a person, without changes that were taken back before anybody was notified of them.
    pub(super) fn effective<'a>(&self, mut notices: Vec<&'a SalesNotice>) -> Vec<&'a SalesNotice> {
        // The first change knows the time before all of them.
        let at_first = notices.first().and_then(|first| first.from) == Some(self.at);
        if at_first && notices.iter().filter(|notice| notice.what == SalesChange::Moved).count() > 1 {
            notices.retain(|notice| notice.what != SalesChange::Moved);
        }
        for pair in [[SalesChange::Cancelled, SalesChange::Reopened], [SalesChange::Passed, SalesChange::Given]] {
            let of_pair: Vec<SalesChange> = notices.iter().map(|notice| notice.what).filter(|what| pair.contains(what)).collect();
            if of_pair.first() != of_pair.last() {
                notices.retain(|notice| !pair.contains(&notice.what));
            }
        }
        notices
    }
}
