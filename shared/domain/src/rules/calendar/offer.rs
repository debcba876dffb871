//! The slots that an invitation offers (CAL-8).

use crate::base::{Refusal, Status, UserId};
use crate::calendar::{CalendarEvent, Invitation, InvitationStatus};
use crate::lead::Lead;
use crate::rules::calendar::invitation::MAX_BOOKINGS;
use crate::settings::{Capacity, Dealer, Member};
use crate::slots::{Days, Diary, NotFree, Slot, Terms};
use chrono::{DateTime, NaiveDate, Utc};

/// The reason why a link offers no slots, even if slots are free. The customer reads the text, so it reveals nothing about how the dealer
/// works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OfferRefusal {
    /// The appointment has started or is over.
    #[error("this appointment has begun or is over")]
    Over,
    /// The link has expired.
    #[error("this link has expired; call the dealer")]
    Expired,
    /// The maximum number of bookings by the link, or of changes to the booking, is reached.
    #[error("this link was used for too many changes; call the dealer")]
    TooOften,
    /// The lead is lost or has the maximum number of incomplete events, the dealer does not have the event type or answers customers in
    /// another system, or no user is available.
    #[error("no appointment can be booked with this link now; call the dealer")]
    Unavailable,
}

impl OfferRefusal {
    /// The name in the API.
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
        Self::conflict("CAL-8", why.to_string())
    }
}

impl Invitation {
    /// Returns the offered slots. If there is a booking, it can be rescheduled to them at any time. Otherwise they can be booked until the
    /// invitation expires. `event` is the latest booking.
    ///
    /// # Errors
    /// The reason why it offers no slots.
    pub fn offer<'a>(
        &'a self,
        lead: &'a Lead,
        dealer: &'a Dealer,
        event: Option<&'a CalendarEvent>,
        now: DateTime<Utc>,
    ) -> Result<Offer<'a>, OfferRefusal> {
        match (self.status(event, now), event) {
            (InvitationStatus::Over, _) => Err(OfferRefusal::Over),
            (InvitationStatus::Booked, Some(event)) if !event.can_be_moved() => Err(OfferRefusal::TooOften),
            (InvitationStatus::Booked, Some(event)) => {
                let offer = offer_of(event.kind.clone(), event.user.as_ref(), lead, dealer, now).ok_or(OfferRefusal::Unavailable)?;
                Ok(offer.moving(event.id.as_str()))
            }
            _ => self.first_offer(lead, dealer, lead.has_room(0), now),
        }
    }

    /// Whether slots are offered again after the booking is cancelled.
    pub fn rebooks(&self, lead: &Lead, dealer: &Dealer, now: DateTime<Utc>) -> bool {
        self.first_offer(lead, dealer, lead.has_room(1), now).is_ok()
    }

    fn first_offer<'a>(
        &'a self,
        lead: &'a Lead,
        dealer: &'a Dealer,
        has_room: bool,
        now: DateTime<Utc>,
    ) -> Result<Offer<'a>, OfferRefusal> {
        if now >= self.expires {
            return Err(OfferRefusal::Expired);
        }
        let kind = dealer.settings.event_type(&self.kind).filter(|_| has_room).ok_or(OfferRefusal::Unavailable)?;
        let offer = offer_of(kind, self.user.as_ref(), lead, dealer, now).ok_or(OfferRefusal::Unavailable)?;
        if self.bookings >= MAX_BOOKINGS { Err(OfferRefusal::TooOften) } else { Ok(offer) }
    }
}

/// Offers slots of `user` or, without one, of the lead's owner. If the user is no longer a member, the slots are those of the owner. If the
/// owner is no member either, because a closed lead keeps its owner, they are those of the first assignable one of the fallback user, the
/// administrator and the other members (DIS-12). `None` if there is no user to book, the lead is lost, or the dealer answers customers in
/// another system (SET-5).
fn offer_of<'a>(kind: String, user: Option<&'a UserId>, lead: &'a Lead, dealer: &'a Dealer, now: DateTime<Utc>) -> Option<Offer<'a>> {
    let settings = &dealer.settings;
    if matches!(lead.status, Status::Lost(_)) || settings.lead_tracking_only {
        return None;
    }
    let is_assignable = |user: &&UserId| settings.member(user).is_some_and(|member| member.assignable);
    let user = user.filter(is_assignable);
    let (with, personal) = match (user, lead.owner.as_ref()) {
        (Some(user), _) => (user, true),
        (None, Some(owner)) if settings.member(owner).is_some() => (owner, false),
        (None, Some(_)) => {
            let others = settings.fallback_user.iter().chain([&settings.admin_user]);
            (others.chain(settings.members.iter().map(|member| &member.user)).find(is_assignable)?, true)
        }
        (None, None) => return None,
    };
    Offer::with_person(kind, with, dealer, now).map(|offer| Offer { personal, ..offer })
}

/// The slots that an invitation offers.
pub struct Offer<'a> {
    kind: String,
    user: &'a UserId,
    /// Whether the invitation or booking names the user; otherwise it is the lead's owner.
    personal: bool,
    capacity: Capacity,
    person: &'a Member,
    /// The id of the booking that would be rescheduled.
    moving: Option<&'a str>,
    dealer: &'a Dealer,
    now: DateTime<Utc>,
}

impl<'a> Offer<'a> {
    /// Offers slots of a person who works at the dealer. `None` if the dealer answers customers in another system (SET-5).
    pub(crate) fn with_person(kind: String, user: &'a UserId, dealer: &'a Dealer, now: DateTime<Utc>) -> Option<Self> {
        let person = dealer.settings.member(user).filter(|_| !dealer.settings.lead_tracking_only)?;
        Some(Self { kind, user, personal: true, capacity: dealer.capacity(), person, moving: None, dealer, now })
    }

    /// Offers the slots to the booking with this id, whose own time does not block them.
    pub(crate) fn moving(self, booking: &'a str) -> Self {
        Self { moving: Some(booking), ..self }
    }

    fn terms(&self) -> Terms<'_> {
        Terms {
            calendar: &self.dealer.settings.calendar,
            capacity: &self.capacity,
            person: self.person,
            busy_until: self.dealer.busy_until(self.user, self.now),
            kind: &self.kind,
            now: self.now,
        }
    }

    /// Returns the user of a new booking. `None` means the lead's owner.
    pub(crate) fn personal(&self) -> Option<UserId> {
        self.personal.then(|| self.user.clone())
    }

    /// Returns the days that determine whether the slot at `from` is free.
    pub(crate) fn days_of(&self, diary: &Diary<'_>, from: DateTime<Utc>) -> Days {
        diary.days(self.user, self.terms().dates_of(from))
    }

    /// Returns the slot at `from` if it is offered and free.
    pub(crate) fn find_slot(&self, days: &Days, from: DateTime<Utc>) -> Result<Slot, NotFree> {
        self.terms().find_slot(days, from, self.moving)
    }

    /// Returns the free slots from a date on, for up to `most` dates that have any, and the next date with free slots.
    pub fn free(&self, diary: &Diary<'_>, from: Option<NaiveDate>, most: usize) -> (Vec<(NaiveDate, Vec<Slot>)>, Option<NaiveDate>) {
        let calendar = &self.dealer.settings.calendar;
        let until = self.now.checked_add_days(chrono::Days::new(100)).unwrap_or(self.now);
        let days = diary.days(self.user, self.terms().dates(self.now, until));
        let mut dates: Vec<(NaiveDate, Vec<Slot>)> = Vec::new();
        for slot in self.terms().free(&days, self.now, until, self.moving) {
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
