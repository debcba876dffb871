//! Claims a due message: checks that it is still valid and may be sent at this hour, and selects the recipient (ESC-6, DIS-4).

use crate::base::{Status, StepKind, UserId};
use crate::lead::{Lead, is_pooled};
use crate::messages::{Booking, DropReason, FailedAttempts, LATE, Lease, MAY_HAVE_ARRIVED, Message, MessageState, Notice, Recipient};
use crate::settings::{Dealer, DealerSettings};
use chrono::{DateTime, TimeDelta, Utc};

/// The result of a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum MessageClaim {
    /// Send it to this recipient. The message is leased to the sender.
    Send(Message, Recipient),
    /// Send nothing. The new state of the message holds the reason.
    Settle(Message),
}

impl Message {
    /// Claims a due message: checks that it is still valid and may be sent at this hour, and selects the recipient (ESC-6, DIS-4). `None`
    /// if it is not due, or is settled or leased.
    pub fn claim(&self, lead: Option<&Lead>, dealer: &Dealer, now: DateTime<Utc>) -> Option<MessageClaim> {
        let (attempts, unclear, batch) = match &self.state {
            MessageState::Queued { attempts, unclear, batch, .. } => (*attempts, *unclear, batch.clone()),
            // The lease expired without a result: the attempt counts as failed, and the message may have arrived.
            MessageState::Sending { attempts, unclear, batch, .. } => (attempts + 1, unclear + 1, batch.clone()),
            MessageState::Sent { .. } | MessageState::Dropped { .. } | MessageState::Failed { .. } => return None,
        };
        if self.due().is_none_or(|due| due > now) {
            return None;
        }
        let Some(lead) = lead.filter(|lead| self.still_applies(lead)) else {
            return Some(MessageClaim::Settle(self.dropped(DropReason::NoLongerSo, now)));
        };
        let given_up = |why: &str| Some(MessageClaim::Settle(self.with_state(MessageState::Failed { at: now, why: why.to_owned() })));
        if unclear >= Lease::UNCLEAR_ATTEMPTS {
            return given_up(MAY_HAVE_ARRIVED);
        }
        if attempts >= Lease::MAIL.attempts {
            return given_up("every attempt failed");
        }
        if let Some(opening) = self.held_until(dealer, now) {
            return Some(MessageClaim::Settle(self.waits_until(opening, FailedAttempts { attempts, unclear })));
        }
        let Some(to) = self.reader(lead, &dealer.settings, now) else {
            return Some(MessageClaim::Settle(self.dropped(DropReason::NoReader, now)));
        };
        Some(MessageClaim::Send(self.with_state(MessageState::Sending { until: Lease::MAIL.until(now), attempts, unclear, batch }), to))
    }

    /// Whether the message is still valid (ESC-6): the lead is at the same dealer and was not answered since, and the step belongs to the
    /// current plan.
    fn still_applies(&self, lead: &Lead) -> bool {
        let here = lead.dealer == self.dealer && lead.status == Status::InProgress;
        match self.notice {
            // The trade-in address receives the notice whatever the state of the lead.
            Notice::TradeIn { .. } => true,
            // A planned event must also be done on a won lead. At level 2, the supervisor is notified only of leads in progress (ESC-4).
            Notice::Resubmission { ref event, at, level, .. } => {
                let planned = lead.planned.iter().any(|planned| planned.id == *event && planned.at == at);
                let counts = lead.status == Status::InProgress || (lead.status == Status::Won && level == 1);
                lead.dealer == self.dealer && planned && counts
            }
            // Only the latest change is valid. A won lead counts, too.
            Notice::Booking { ref event, at, what, .. } => {
                let planned = lead.planned.iter().any(|planned| planned.id == *event && planned.at == at);
                lead.dealer == self.dealer && planned != (what == Booking::Cancelled)
            }
            _ if !here => false,
            Notice::Pooled { assignment } => lead.assignment == assignment && lead.clock_runs(),
            // A new owner is notified although the lead was answered earlier, but not if it was answered after the assignment.
            Notice::Assigned { assignment } => {
                let answered_since = lead.reaction.as_ref().is_some_and(|r| r.at >= self.queued);
                lead.assignment == assignment && !answered_since
            }
            Notice::Added => lead.reaction.as_ref().is_none_or(|r| r.at < self.queued),
            Notice::Step { step, .. } => {
                let fired = |kind| lead.plan.as_ref().and_then(|plan| plan.step(kind)).filter(|step| step.fired.is_some());
                let overtaken = step == StepKind::Reminder && fired(StepKind::Level1).is_some();
                lead.clock_runs() && !overtaken && fired(step).is_some_and(|step| step.at == self.of)
            }
        }
    }

    /// Whether the message notifies the supervisor: level 2 of a lead or of a planned event (ESC-3, ESC-4).
    pub fn is_for_supervisor(&self) -> bool {
        matches!(self.notice, Notice::Step { step: StepKind::Level2, .. } | Notice::Resubmission { level: 2.., .. })
    }

    /// Whether the message notifies the supervisor of a lead in the pool (ESC-11).
    pub fn is_of_the_pool(&self, lead: &Lead, dealer: &Dealer) -> bool {
        self.is_for_supervisor() && is_pooled(lead, &dealer.settings)
    }

    /// Returns the next opening if the message may not be sent at `now` (ESC-6). A message that was due at closing time or shortly before
    /// is not delayed because of its short processing time. Each dealer has its own start within two minutes after opening, so that not all
    /// mail is sent in the same second. If the dealer never opens again, the message is not delayed: a notice at night is better than none.
    fn held_until(&self, dealer: &Dealer, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // Opening hours apply to users and their supervisors.
        if matches!(self.notice, Notice::TradeIn { .. }) {
            return None;
        }
        let calendar = &dealer.settings.calendar;
        if matches!(self.notice, Notice::Resubmission { .. }) && !dealer.settings.resubmission_respects_hours {
            // At any hour, but not on days off (ESC-6).
            return calendar.holds_day_off(now).ok().filter(|opening| *opening > now);
        }
        let in_time = now - self.of <= LATE && calendar.is_open_or_closing(self.of);
        if in_time || calendar.is_open_or_closing(now) {
            return None;
        }
        let opening = calendar.next_opening(now).ok()?;
        let spread: i64 = dealer.id.as_str().bytes().fold(7, |sum, b| (sum * 31 + i64::from(b)) % 120);
        let spread_out = opening + TimeDelta::seconds(spread);
        Some(if calendar.is_open(spread_out) { spread_out } else { opening })
    }

    /// Returns the recipient at `now`. The deputy receives messages for an absent user (DIS-4). If the user no longer works here, the
    /// default supervisor receives the message.
    fn reader(&self, lead: &Lead, settings: &DealerSettings, now: DateTime<Utc>) -> Option<Recipient> {
        let here = |user: &&UserId| settings.member(user).is_some();
        let owner = lead.owner.as_ref().filter(here);
        // A notice of closing time is sent moments later: the people of that time count.
        let at = if now - self.of <= LATE { self.of } else { now };
        if self.is_for_supervisor() {
            let of_event = match &self.notice {
                Notice::Resubmission { user, .. } => user.as_ref().filter(here),
                _ => None,
            };
            return Some(Recipient::User(settings.escalates_to(of_event.or(owner), at).clone()));
        }
        let meant_for = match &self.notice {
            Notice::TradeIn { .. } => return settings.trade_in_cc_email.clone().map(Recipient::Address),
            Notice::Pooled { .. } => &self.reader,
            Notice::Resubmission { user, .. } => {
                let seller = user.as_ref().filter(here).or(owner);
                seller.unwrap_or(settings.supervisor_of(None))
            }
            Notice::Booking { user, .. } => user.as_ref().filter(here).or(owner).unwrap_or(settings.supervisor_of(None)),
            Notice::Assigned { .. } | Notice::Added | Notice::Step { .. } => owner.unwrap_or(settings.supervisor_of(None)),
        };
        Some(Recipient::User(settings.recipient_for(meant_for, at).clone()))
    }
}
