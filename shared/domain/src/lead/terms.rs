//! The terms of a lead's response clock beside its plan: the first deadline that stands, a requested move, and the time to act that new
//! owners get (ESC-12, DIS-7).

use crate::base::{Actor, StepKind, UserId, is_default};
use crate::enquiry::{Enquiry, LeadType, RoutingCriteria};
use crate::hours::NoHours;
use crate::lead::{ClockStart, Event, Lead, Plan, StricterMessages};
use crate::settings::{DeadlineRule, Dealer, DealerSettings, Escalation};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The terms of a response clock. A new clock has none of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClockTerms {
    /// The first deadline that stands, from which level 2 counts. `None` if the deadline was not moved in this release.
    #[serde(with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub first_deadline: Option<DateTime<Utc>>,
    /// The move beyond level 2 that was requested and not yet decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested: Option<DeadlineRequest>,
    /// The owners who have had time to act. None of them gets it again.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub had_time: BTreeSet<UserId>,
    /// The end of the present owner's time to act: neither the reminder nor level 1 happens before.
    #[serde(with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub act_until: Option<DateTime<Utc>>,
    /// The criteria of the message that started the clock. `None` if they are the lead's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criteria: Option<Box<DeadlineCriteria>>,
    /// The further messages that wait too and have an earlier step. `None` if there is none, or if an agreed deadline replaced them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stricter: Option<Box<StricterMessages>>,
    /// The highest level that this clock reached before its deadline was moved.
    #[serde(skip_serializing_if = "is_default")]
    pub reached: u8,
}

/// The criteria that choose the deadline rule of a message (ESC-13).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadlineCriteria {
    /// Its source.
    pub source: String,
    /// Its type.
    #[serde(rename = "type")]
    pub lead_type: LeadType,
    /// Further criteria.
    #[serde(default)]
    pub asked: RoutingCriteria,
}

impl DeadlineCriteria {
    fn of_lead(lead: &Lead) -> Self {
        Self { source: lead.source.clone(), lead_type: lead.lead_type, asked: lead.asked.clone() }
    }

    pub(crate) fn of_enquiry(enquiry: &Enquiry) -> Self {
        Self { source: enquiry.source.clone(), lead_type: enquiry.lead_type, asked: RoutingCriteria::of(enquiry) }
    }

    /// The durations of the steps at `dealer`.
    pub(super) fn escalation(&self, dealer: &Dealer) -> Escalation {
        dealer.settings.escalation_for(&self.source, self.lead_type, &self.asked)
    }
}

/// A requested move of the first-contact deadline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadlineRequest {
    /// The requested deadline.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The user who requested it.
    pub by: Actor,
    /// When it was requested.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub when: DateTime<Utc>,
}

/// The maximum number of [`ClockTerms::had_time`]. Further owners get no time of their own.
const MOST: usize = 50;

impl Lead {
    /// The durations of the lead's steps at `dealer` (ESC-13).
    pub(crate) fn escalation(&self, dealer: &Dealer) -> Escalation {
        match self.terms.criteria.as_deref() {
            Some(criteria) => criteria.escalation(dealer),
            None => dealer.settings.escalation_for(&self.source, self.lead_type, &self.asked),
        }
    }

    /// The deadline rule that chose the first-contact deadline, with its place among those of `dealer`. `None` if the dealer's durations
    /// apply (ESC-13).
    pub fn deadline_rule<'a>(&self, dealer: &'a Dealer) -> Option<(usize, &'a DeadlineRule)> {
        match self.stricter_criteria().or(self.terms.criteria.as_deref()) {
            Some(criteria) => dealer.settings.deadline_rule_for(&criteria.source, criteria.lead_type, &criteria.asked),
            None => dealer.settings.deadline_rule_for(&self.source, self.lead_type, &self.asked),
        }
    }

    /// Returns the criteria of the latest message. A message that states none has them too.
    pub(crate) fn latest_criteria(&self) -> DeadlineCriteria {
        let latest = self.stricter_criteria().or(self.terms.criteria.as_deref());
        latest.cloned().unwrap_or_else(|| DeadlineCriteria::of_lead(self))
    }

    /// Starts the clock of a further message of the contact; if a clock runs, the earlier steps of both hold (INT-6). `criteria` choose its
    /// deadline rule. Returns the event of a deadline that became earlier.
    pub(crate) fn further_message(&mut self, dealer: &Dealer, start: ClockStart, criteria: DeadlineCriteria) -> Option<Event> {
        let from = self.deadline();
        if !self.clock_runs() {
            self.restart_deadline(dealer, start, criteria);
            return None;
        }
        let is_earlier = self.tighten(dealer, start, criteria) && self.deadline() != from;
        is_earlier.then(|| Event::DeadlineMoved { from, deadline: self.deadline() })
    }

    /// Starts a new deadline, because the contact sent a message after a reaction (INT-6). `criteria` choose the deadline rule.
    fn restart_deadline(&mut self, dealer: &Dealer, start: ClockStart, criteria: DeadlineCriteria) {
        self.asked_again(start.counted);
        let answered = self.reaction.take();
        self.first_reaction = self.first_reaction.take().or(answered);
        let criteria = (criteria != DeadlineCriteria::of_lead(self)).then(|| Box::new(criteria));
        self.start_clock(dealer, start, ClockTerms { criteria, ..ClockTerms::default() });
    }

    /// Follows a newer content of the enquiry that `by` sent: the deadline rule may be another one than `before`. Returns whether the plan
    /// changed. The content that a user sends moves no deadline, so that nobody moves their own.
    pub(crate) fn follow_content(&mut self, before: &Lead, by: &Actor, dealer: &Dealer) -> bool {
        if self.dealer != dealer.id || self.escalation(dealer) == before.escalation(dealer) {
            return false;
        }
        if by.user().is_some() {
            self.terms.criteria = Some(Box::new(DeadlineCriteria::of_lead(before)));
            return false;
        }
        self.settings_version = 0;
        self.clock_runs() && self.replan(dealer)
    }

    /// Moves the first-contact deadline to `at`. Its steps start again. With `agreed`, level 2 counts from `at`, and the lead does not pass
    /// on before a later deadline (DIS-10). Otherwise level 2 stays where it is, and does not happen a second time.
    ///
    /// # Errors
    /// [`NoHours`] if the dealer never opens again.
    pub(crate) fn move_deadline(&mut self, dealer: &Dealer, at: DateTime<Utc>, agreed: bool, now: DateTime<Utc>) -> Result<(), NoHours> {
        let (escalation, calendar) = (self.escalation(dealer), &dealer.settings.calendar);
        let original = self.original_deadline().or_else(|| self.deadline());
        let later = self.deadline().is_none_or(|was| at > was);
        let first = if agreed { Some(at) } else { self.terms.first_deadline.or(original) };
        let plan = Plan::until(at, escalation, calendar, now)?;
        self.escalated = self.highest_level();
        let reached = self.clock_level();
        self.plan = Some(match (&self.plan, first.filter(|_| !agreed)) {
            (Some(was), Some(first)) => {
                let plan = plan.with_level_2(was.step(StepKind::Level2), first, escalation, calendar)?;
                self.with_stricter_level_2(plan, dealer)
            }
            _ => plan,
        });
        if agreed {
            self.turn = self.turn.take().map(|turn| if later { turn.agreed(at, now, dealer) } else { turn.tightened(at, dealer) });
        }
        self.deadline_before_moves = original;
        let terms = std::mem::take(&mut self.terms);
        let stricter = terms.stricter.filter(|_| !agreed);
        self.terms = ClockTerms { first_deadline: first, requested: None, act_until: None, stricter, reached, ..terms };
        self.settings_version = dealer.version;
        Ok(())
    }

    /// Computes the level 2 of a deadline that was moved by hand again, by newer settings. Returns whether the plan changed. A deadline
    /// that an earlier release moved keeps its level 2.
    pub(crate) fn replan_level_2(&mut self, dealer: &Dealer) -> bool {
        let escalation = self.escalation(dealer);
        let Some((plan, first)) = self.plan.as_ref().zip(self.terms.first_deadline) else { return false };
        let replanned = match escalation.level_1 {
            // Only stricter messages have a level 2.
            0 => Ok(plan.clone()),
            _ => plan.clone().with_level_2(plan.step(StepKind::Level2), first, escalation, &dealer.settings.calendar),
        };
        // Without opening hours to count in, the old plan stays (CLK-6).
        let replanned = replanned.ok().map(|replanned| self.with_stricter_level_2(replanned, dealer));
        let Some(replanned) = replanned.filter(|replanned| replanned != plan) else { return false };
        self.plan = Some(replanned);
        true
    }

    /// Lets level 2 happen again at another dealer, because nobody there has been notified. Reports keep the level (ESC-12).
    pub(crate) fn escalates_again(&mut self) {
        if self.clock_runs() {
            self.escalated = self.highest_level();
            self.terms.reached = self.clock_level();
            self.plan = self.plan.take().map(|plan| plan.again(StepKind::Level2));
        }
    }

    /// Gives the new owner of a lead the reminder's time, in opening hours, before the reminder and level 1 happen. Level 2 does not move.
    /// Each owner gets it once; the first owner of a new lead needs none. `from` is the owner before.
    pub(crate) fn give_time(&mut self, dealer: &Dealer, from: Option<&UserId>, now: DateTime<Utc>) {
        // Also while the clock stands: a former owner does not agree to a move when it runs again.
        self.had_time(from);
        let is_first = from.is_none() && self.moved_to_dealer_at.is_none();
        if is_first || !self.clock_runs() {
            return;
        }
        let (escalation, calendar) = (self.escalation(dealer), &dealer.settings.calendar);
        let Some(owner) = self.owner.clone() else { return };
        // The time of an earlier owner ends with the hand-over.
        self.terms.act_until = None;
        if self.terms.had_time.len() >= MOST || !self.terms.had_time.insert(owner) {
            return;
        }
        let Ok(until) = calendar.add(now, escalation.time_to_act()) else { return };
        self.terms.act_until = Some(until);
        if let Some(Ok(plan)) = self.plan.as_ref().map(|plan| plan.giving(until, calendar)) {
            self.plan = Some(plan);
        }
    }

    /// Leaves an owner who reopens the lead the reminder's time before it passes on, once (DIS-10). Its steps stay.
    pub(super) fn leave_time(&mut self, dealer: &Dealer, now: DateTime<Utc>) {
        let Some(owner) = self.owner.clone().filter(|_| self.turn.is_some() && self.terms.had_time.len() < MOST) else { return };
        let Ok(until) = dealer.settings.calendar.add(now, self.escalation(dealer).time_to_act()) else { return };
        if self.terms.had_time.insert(owner) {
            self.turn = self.turn.take().map(|turn| turn.leaving(until, dealer));
        }
    }

    /// Returns whether a move of the deadline concerns `user`: the owner, a former owner of the present clock, and the user who requested
    /// the move. So nobody agrees to their own move by giving the lead away for a moment (ESC-12).
    pub(crate) fn is_concerned_by_move(&self, user: &UserId) -> bool {
        self.concerned_by_move().any(|concerned| concerned == user)
    }

    fn concerned_by_move(&self) -> impl Iterator<Item = &UserId> {
        let requested_by = self.terms.requested.as_ref().and_then(|requested| requested.by.user());
        self.owner.iter().chain(&self.terms.had_time).chain(requested_by)
    }

    /// Returns the user who is asked to agree to a move of the deadline at `at`: the first person present in the order of level 2 whom the
    /// move does not concern. If there is none, it is the recipient of level 2 (ESC-12).
    pub fn decides_on_move<'a>(&'a self, settings: &'a DealerSettings, at: DateTime<Utc>) -> &'a UserId {
        let (owner, concerned) = (self.owner.as_ref(), self.concerned_by_move().collect::<Vec<_>>());
        settings.escalates_after(owner, &concerned, at).unwrap_or_else(|| settings.escalates_to(owner, at))
    }

    /// Records that an owner has had time to act.
    pub(crate) fn had_time(&mut self, owner: Option<&UserId>) {
        if self.terms.had_time.len() < MOST {
            self.terms.had_time.extend(owner.cloned());
        }
    }
}

impl Escalation {
    /// The working time that a new owner gets: the reminder's, at most that of level 1; the default reminder's if the reminder is off.
    fn time_to_act(self) -> TimeDelta {
        let reminder = if self.reminder == 0 { Escalation::default().reminder } else { self.reminder };
        let minutes = if self.level_1 == 0 { reminder } else { reminder.min(self.level_1) };
        TimeDelta::minutes(i64::from(minutes))
    }
}
