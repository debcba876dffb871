//! The first reaction to a lead, which stops its response clock (ESC-7).

use crate::base::{Actor, EventId, ReactionKind, Status};
use crate::calendar::CalendarEvent;
use crate::lead::{ClockStart, ClockTerms, FurtherAnswers, Lead, Plan};
use crate::settings::Dealer;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The first reaction of the seller (ESC-7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reaction {
    /// Its kind.
    pub kind: ReactionKind,
    /// When it happened.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// Response time in seconds of opening hours: from the arrival or, for the answer to a further message, from that message.
    pub working_seconds: i64,
    /// Response time in seconds of elapsed time.
    pub clock_seconds: i64,
    /// The deadline at that time, before any change by a user. The reaction is judged by this deadline (OVR-4).
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DateTime<Utc>>,
    /// The appointments that are the only reaction until now. Empty after any other reaction.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub appointments: Vec<EventId>,
}

/// The maximum number of [`Reaction::appointments`].
const MOST: usize = 18;

impl Reaction {
    /// Whether the reaction met the deadline. `None` if the lead had no deadline.
    pub fn in_time(&self) -> Option<bool> {
        self.deadline.map(|deadline| self.at <= deadline)
    }
}

/// The author of the cancellation of an appointment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Canceller<'a> {
    /// The author.
    pub(crate) by: &'a Actor,
    /// Whether the appointment named no lead when it was made and was linked to it (APT-8).
    pub(crate) linked: bool,
}

impl<'a> Canceller<'a> {
    /// The author of the cancellation of an event that is not known to be a linked appointment.
    pub(crate) fn of_event(by: &'a Actor) -> Self {
        Self { by, linked: false }
    }

    /// Whether the cancellation takes a reaction back. A linked appointment is no work on the lead by itself: the customer or a partner who
    /// cancels it must not leave the lead without a deadline.
    fn takes_back(self) -> bool {
        match self.by {
            Actor::User(_) => true,
            Actor::Partner(_) | Actor::Customer => self.linked,
            Actor::System | Actor::Unknown => false,
        }
    }
}

impl Lead {
    /// Stops the clock if it runs. Returns whether it was running. The response time counts from the arrival (DIS-7), from the further
    /// message that is answered (INT-6), or from the reopening of an answered lead.
    pub(crate) fn react(&mut self, kind: ReactionKind, dealer: &Dealer, now: DateTime<Utc>) -> bool {
        if let Some(reaction) = &mut self.reaction {
            // Closing the lead is no answer.
            if !matches!(kind, ReactionKind::Appointment | ReactionKind::Won | ReactionKind::Lost) {
                reaction.appointments.clear();
            }
            return false;
        }
        // A lead that was answered and then reopened counts from the reopening.
        let reopened = self.restarted.filter(|_| self.first_reaction.is_some());
        let from = self.further.since.or(reopened).unwrap_or(self.arrived);
        let at = now.max(from);
        let working_seconds = dealer.settings.calendar.elapsed(from, at).num_seconds();
        let clock_seconds = (at - from).num_seconds();
        self.reaction =
            Some(Reaction { kind, at, working_seconds, clock_seconds, deadline: self.original_deadline(), appointments: Vec::new() });
        self.answered_for_plan(kind, dealer, now);
        true
    }

    /// Stops the clock with an appointment. Returns whether it was running.
    pub(crate) fn react_with(&mut self, appointment: &EventId, dealer: &Dealer, now: DateTime<Utc>) -> bool {
        let first = self.react(ReactionKind::Appointment, dealer, now);
        if let Some(reaction) = &mut self.reaction
            && (first || !reaction.appointments.is_empty())
            && reaction.appointments.len() < MOST
            && !reaction.appointments.contains(appointment)
        {
            reaction.appointments.push(appointment.clone());
        }
        first
    }

    /// Takes the reaction back if the author of `cancellation` may do so and cancels the only appointment that it consists of, before that
    /// begins or within a day: nobody answered. The deadline and the steps that have fired stay. Returns whether the clock runs again
    /// (ESC-7). A closed lead counts as closed unanswered.
    pub(crate) fn take_back(
        &mut self,
        cancelled: &CalendarEvent,
        cancellation: Canceller<'_>,
        dealer: &Dealer,
        now: DateTime<Utc>,
    ) -> bool {
        let counts = |reaction: &Reaction| cancellation.takes_back() && (cancelled.at > now || reaction.at + TimeDelta::days(1) > now);
        let Some(reaction) = self.reaction.as_mut().filter(|is| counts(is) && is.appointments.contains(&cancelled.id)) else {
            return false;
        };
        reaction.appointments.retain(|appointment| *appointment != cancelled.id);
        if !reaction.appointments.is_empty() {
            return false;
        }
        if self.status != Status::InProgress {
            reaction.kind = ReactionKind::Lost;
            return false;
        }
        self.reaction = None;
        self.replan(dealer);
        self.leave_time(dealer, now);
        true
    }

    /// Lets the clock run again after a reopening. It starts anew at `now` if the lead was answered, or with `agreed`. Otherwise only the
    /// closing had stopped it: the first deadline and the steps that have fired stay (ESC-12). Without `agreed` an appointment to come that
    /// answered the lead still answers it.
    pub(crate) fn restart_clock(&mut self, dealer: &Dealer, agreed: bool, now: DateTime<Utc>) {
        let further = self.further_answers();
        let stands = |reaction: &Reaction| self.planned.iter().any(|event| event.at > now && reaction.appointments.contains(&event.id));
        if !agreed && self.reaction.as_ref().is_some_and(stands) {
            return;
        }
        let Some(reaction) = self.reaction.take() else { return };
        let answered = !matches!(reaction.kind, ReactionKind::Won | ReactionKind::Lost);
        if !answered && !agreed {
            // The settings may have changed while the lead was closed.
            self.replan(dealer);
            return self.leave_time(dealer, now);
        }
        let criteria = self.stricter_criteria().cloned().map(Box::new).or_else(|| self.terms.criteria.take());
        let reached = if answered { 0 } else { self.clock_level() };
        if answered {
            let levels = self.further_levels();
            self.first_reaction = self.first_reaction.take().or(Some(reaction));
            self.note_level();
            self.further = FurtherAnswers { since: None, levels, ..further };
        }
        self.start_clock(dealer, now.into(), ClockTerms { criteria, reached, ..ClockTerms::default() });
    }

    /// Starts the clock of a lead on these terms, with a new deadline. The owner has all the time of the turn again (DIS-10).
    pub(crate) fn start_clock(&mut self, dealer: &Dealer, start: ClockStart, terms: ClockTerms) {
        self.turn = self.turn.take().map(|turn| turn.anew(start.seen.max(start.counted), dealer));
        self.restarted = Some(start.counted);
        self.received = Some(start.seen).filter(|seen| *seen > start.counted);
        self.deadline_before_moves = None;
        self.terms = terms;
        self.escalated = self.highest_level();
        self.plan = Plan::new(self.escalation(dealer), &dealer.settings.calendar, start).unwrap_or(None);
        self.settings_version = dealer.version;
    }
}
