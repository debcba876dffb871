//! The slots that an invitation offers (CAL-8).

use crate::base::{Refusal, Status, UserId};
use crate::calendar::{CalendarEvent, Invitation, InvitationStatus};
use crate::lead::Lead;
use crate::rules::calendar::invitation::MOST_BOOKINGS;
use crate::settings::{Absence, Capacity, Dealer};
use crate::slots::{Days, Diary, NotFree, Slot, Terms};
use chrono::{DateTime, NaiveDate, Utc};

/// Why nothing can be picked by a link, whatever is free. Whoever reads of it is the customer: nothing of how the dealer works is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OfferRefusal {
    /// What was booked has begun, or is over.
    #[error("this appointment has begun or is over (CAL-8)")]
    Over,
    /// It has expired.
    #[error("this link is too old to book by; call the dealer (CAL-8)")]
    Expired,
    /// So much was booked by it, or what is booked was moved so often, as may be.
    #[error("too much was changed by this link; call the dealer (CAL-8)")]
    TooOften,
    /// The lead is lost or has as many incomplete events as may be, its dealer has no such type of event, or nobody is there.
    #[error("nothing can be booked by this link now; call the dealer (CAL-8)")]
    Unavailable,
}

impl OfferRefusal {
    /// Its name, as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            OfferRefusal::Over => "over",
            OfferRefusal::Expired => "expired",
            OfferRefusal::TooOften => "too_often",
            OfferRefusal::Unavailable => "unavailable",
        }
    }
}

impl From<OfferRefusal> for Refusal {
    fn from(why: OfferRefusal) -> Self {
        Self::Conflict(why.to_string())
    }
}

impl Invitation {
    /// The slots that it offers: at any time those to which what is booked can be moved, else, until it expires, those that can be booked.
    /// `event` is the one that was booked last.
    ///
    /// # Errors
    /// Why it offers none.
    pub fn offer<'a>(
        &'a self,
        lead: &'a Lead,
        dealer: &'a Dealer,
        event: Option<&'a CalendarEvent>,
        now: DateTime<Utc>,
    ) -> Result<Offer<'a>, OfferRefusal> {
        match (self.standing(event, now), event) {
            (InvitationStatus::Over, _) => Err(OfferRefusal::Over),
            (InvitationStatus::Booked, Some(event)) if !event.can_be_moved() => Err(OfferRefusal::TooOften),
            (InvitationStatus::Booked, Some(event)) => {
                let offer = offer_of(event.kind.clone(), event.user.as_ref(), lead, dealer, now).ok_or(OfferRefusal::Unavailable)?;
                Ok(Offer { moving: Some(event), ..offer })
            }
            _ => self.anew(lead, dealer, lead.has_room(0), now),
        }
    }

    /// Whether a slot can be picked once what is booked is cancelled.
    pub fn rebooks(&self, lead: &Lead, dealer: &Dealer, now: DateTime<Utc>) -> bool {
        self.anew(lead, dealer, lead.has_room(1), now).is_ok()
    }

    fn anew<'a>(&'a self, lead: &'a Lead, dealer: &'a Dealer, has_room: bool, now: DateTime<Utc>) -> Result<Offer<'a>, OfferRefusal> {
        if now >= self.expires {
            return Err(OfferRefusal::Expired);
        }
        let kind = dealer.settings.event_type(&self.kind).filter(|_| has_room).ok_or(OfferRefusal::Unavailable)?;
        let offer = offer_of(kind, self.user.as_ref(), lead, dealer, now).ok_or(OfferRefusal::Unavailable)?;
        if self.bookings >= MOST_BOOKINGS { Err(OfferRefusal::TooOften) } else { Ok(offer) }
    }
}

/// Slots with `user`, or else with whoever has the lead. None where nobody is there to be booked, or the lead is lost.
fn offer_of<'a>(kind: String, user: Option<&'a UserId>, lead: &'a Lead, dealer: &'a Dealer, now: DateTime<Utc>) -> Option<Offer<'a>> {
    let with = user.or(lead.owner.as_ref()).filter(|_| !matches!(lead.status, Status::Lost(_)))?;
    let member = dealer.settings.member(with).filter(|member| user.is_none() || member.assignable)?;
    Some(Offer { kind, user: with, capacity: dealer.capacity(), absences: &member.absences, moving: None, dealer, now })
}

/// What an invitation offers.
pub struct Offer<'a> {
    kind: String,
    user: &'a UserId,
    capacity: Capacity,
    absences: &'a [Absence],
    /// What would be moved.
    moving: Option<&'a CalendarEvent>,
    dealer: &'a Dealer,
    now: DateTime<Utc>,
}

impl Offer<'_> {
    fn terms(&self) -> Terms<'_> {
        Terms { calendar: &self.dealer.settings.calendar, capacity: &self.capacity, absences: self.absences, now: self.now }
    }

    fn moves(&self) -> Option<&str> {
        self.moving.map(|event| event.id.as_str())
    }

    /// The days that decide on the slot at `from`.
    pub(crate) fn days_of(&self, diary: &Diary<'_>, from: DateTime<Utc>) -> Days {
        diary.days(self.user, self.terms().dates_of(&self.kind, from))
    }

    /// Whether the slot at `from` is one of those that it offers.
    pub(crate) fn look(&self, days: &Days, from: DateTime<Utc>) -> Result<Slot, NotFree> {
        self.terms().look(days, &self.kind, from, self.moves())
    }

    /// The free slots of up to `most` dates that have some, from a date on, and the date with which more begin.
    pub fn free(&self, diary: &Diary<'_>, from: Option<NaiveDate>, most: usize) -> (Vec<(NaiveDate, Vec<Slot>)>, Option<NaiveDate>) {
        let calendar = &self.dealer.settings.calendar;
        let until = self.now.checked_add_days(chrono::Days::new(100)).unwrap_or(self.now);
        let days = diary.days(self.user, self.terms().dates(self.now, until));
        let mut dates: Vec<(NaiveDate, Vec<Slot>)> = Vec::new();
        for slot in self.terms().free(&days, &self.kind, self.now, until, self.moves()) {
            let date = calendar.date_of(slot.from);
            if from.is_some_and(|from| date < from) {
                continue;
            }
            let full = dates.len() == most;
            match dates.last_mut() {
                Some((last, slots)) if *last == date => slots.push(slot),
                _ if full => return (dates, Some(date)),
                _ => dates.push((date, vec![slot])),
            }
        }
        (dates, None)
    }
}
