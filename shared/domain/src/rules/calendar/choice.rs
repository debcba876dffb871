//! The choice of a time and a person for a booking: its warnings, and what is accepted with it (APT-8, APT-9).

use crate::base::{Actor, Refusal, UserId};
use crate::bookings::{Accepted, BookedTime, ChosenTime, Despite, Warning};
use crate::calendar::{CalendarEvent, EventState};
use crate::rules::calendar::CalendarContext;
use crate::settings::Dealer;
use crate::slots::LoadDay;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// The circumstances in which somebody chooses the time or the person of a booking.
#[derive(Clone, Copy)]
pub(crate) struct Choice<'a> {
    pub(crate) dealer: &'a Dealer,
    pub(crate) days: LoadDay<'a>,
    pub(crate) by: &'a Actor,
    pub(crate) despite: &'a Despite,
    pub(crate) now: DateTime<Utc>,
}

/// What follows from a choice.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chosen {
    /// The warnings, for the response.
    pub(crate) warnings: BTreeSet<Warning>,
    /// What is accepted, if the author decided that the booking takes place although its person is not there.
    pub(crate) kept: Option<Accepted>,
}

impl Choice<'_> {
    /// Checks the time and person of the booking `id`. `before` was accepted until then. A customer gets only free times, and a past
    /// booking is a record: neither has warnings.
    ///
    /// # Errors
    /// 409 names the warnings that the request does not accept.
    pub(crate) fn check(&self, booked: &BookedTime<'_>, id: &str, before: Option<&Accepted>) -> Result<Chosen, Refusal> {
        let Self { dealer, days, by, despite, now } = *self;
        // The pool's user is nobody whose time can be double booked.
        let is_pool = |user: &&UserId| dealer.settings.pool.as_ref().is_some_and(|pool| pool.user == **user);
        let booked = &BookedTime { user: booked.user.filter(|user| !is_pool(user)), ..*booked };
        if booked.from <= now || matches!(by, Actor::Customer | Actor::System) {
            return Ok(Chosen { warnings: BTreeSet::new(), kept: None });
        }
        let chosen = ChosenTime { booked: *booked, id, by };
        let warnings = chosen.warnings(&dealer.settings, days, dealer.capacity().per_slot);
        despite.admit(&warnings)?;
        // A person does not keep a booking under an own absence: another user is asked (APT-9).
        let keep = || Accepted::kept(booked, &dealer.settings, before, by, now).ok();
        let kept = despite.keeps(&warnings).then(keep).flatten();
        Ok(Chosen { warnings, kept })
    }
}

/// Returns the warnings about the time and person of an event as they are now, for the response to a repeated request.
pub fn warnings_of(context: &CalendarContext<'_>, event: &CalendarEvent) -> BTreeSet<Warning> {
    event.clone().choose(context, Despite::UNSTATED).unwrap_or_default()
}

impl CalendarEvent {
    /// Checks its time and person as they are now, and records what is accepted with them. An event without a time of its own is no
    /// booking. A partner is warned of the person whom it named only: it does not learn who owns the lead.
    ///
    /// # Errors
    /// 409 names the warnings that the request does not accept.
    pub(crate) fn choose(&mut self, context: &CalendarContext<'_>, despite: &Despite) -> Result<BTreeSet<Warning>, Refusal> {
        let CalendarContext { lead, dealer, days, by, now } = *context;
        if self.taken.is_none() || self.state != EventState::Incomplete {
            return Ok(BTreeSet::new());
        }
        let owner: Option<&UserId> = lead.owner.as_ref().filter(|_| !matches!(by, Actor::Partner(_)));
        let choice = Choice { dealer, days, by, despite, now };
        let chosen = choice.check(&self.booked_time(owner, &dealer.settings), self.id.as_str(), self.accepted.as_ref())?;
        self.accepted = chosen.kept.or(self.accepted.take());
        Ok(chosen.warnings)
    }
}
