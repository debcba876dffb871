//! Claims a due message: is it still true, may it go out at this hour, and who reads it (ESC-6, DIS-4)?

use crate::base::{Status, StepKind, UserId};
use crate::lead::{Lead, is_pooled};
use crate::messages::{Booking, DropReason, LATE, Lease, Message, MessageState, Notice, Recipient};
use crate::settings::{Dealer, DealerSettings};
use chrono::{DateTime, TimeDelta, Utc};

/// What to do with a message that has come due.
#[derive(Debug, Clone, PartialEq)]
pub enum MessageClaim {
    /// Send it to this reader; the message is leased to the sender.
    Send(Message, Recipient),
    /// Nothing to send; the message's new state says why.
    Settle(Message),
}

impl Message {
    /// Looks at a message whose time has come: is it still so, may it go out at this hour, and who reads it now (ESC-6, DIS-4)?
    /// `None`: its time has not come, or it is settled or leased.
    pub fn claim(&self, lead: Option<&Lead>, dealer: &Dealer, now: DateTime<Utc>) -> Option<MessageClaim> {
        let (attempts, batch) = match &self.fate {
            MessageState::Queued { attempts, batch, .. } => (*attempts, batch.clone()),
            // The lease ran out without a word: that attempt counts as failed.
            MessageState::Sending { attempts, batch, .. } => (attempts + 1, batch.clone()),
            MessageState::Sent { .. } | MessageState::Dropped { .. } | MessageState::Failed { .. } => return None,
        };
        if self.due().is_none_or(|due| due > now) {
            return None;
        }
        let Some(lead) = lead.filter(|lead| self.still_so(lead)) else {
            return Some(MessageClaim::Settle(self.dropped(DropReason::NoLongerSo, now)));
        };
        if attempts >= Lease::MAIL.attempts {
            return Some(MessageClaim::Settle(self.with_state(MessageState::Failed { at: now, why: "every attempt failed".into() })));
        }
        if let Some(opening) = self.held_until(dealer, now) {
            return Some(MessageClaim::Settle(self.waits_until(opening, attempts)));
        }
        let Some(to) = self.reader(lead, &dealer.settings, now) else {
            return Some(MessageClaim::Settle(self.dropped(DropReason::NoReader, now)));
        };
        Some(MessageClaim::Send(self.with_state(MessageState::Sending { until: Lease::MAIL.until(now), attempts, batch }), to))
    }

    /// Whether what it says is so by now (ESC-6): the lead is where it was, and not answered since; the step is one of its present plan.
    fn still_so(&self, lead: &Lead) -> bool {
        let here = lead.dealer == self.dealer && lead.status == Status::InProgress;
        match self.notice {
            // Whoever buys cars in is told whatever has become of the lead.
            Notice::TradeIn { .. } => true,
            // What was planned is to be done on a won lead too; at level 2 the supervisor is told of leads in progress only (ESC-4).
            Notice::Resubmission { ref event, at, level, .. } => {
                let planned = lead.planned.iter().any(|planned| planned.id == *event && planned.at == at);
                let counts = lead.status == Status::InProgress || (lead.status == Status::Won && level == 1);
                lead.dealer == self.dealer && planned && counts
            }
            // Of the latest change only; on a lead that was won meanwhile, too.
            Notice::Booking { ref event, at, what, .. } => {
                let planned = lead.planned.iter().any(|planned| planned.id == *event && planned.at == at);
                lead.dealer == self.dealer && planned != (what == Booking::Cancelled)
            }
            _ if !here => false,
            Notice::Pooled { assignment } => lead.assignment == assignment && lead.clock_runs(),
            // One who takes over a lead that was answered before is told; one who has answered it since needs no telling.
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

    /// Whether it tells the supervisor that a lead lies in the pool (ESC-11).
    pub fn is_of_the_pool(&self, lead: &Lead, dealer: &Dealer) -> bool {
        let to_supervisor = matches!(self.notice, Notice::Step { step: StepKind::Level2, .. } | Notice::Resubmission { level: 2.., .. });
        to_supervisor && is_pooled(lead, &dealer.settings)
    }

    /// The next opening, if it may not go out at `now` (ESC-6). What was to happen at closing, or just before, is not held back by the
    /// moments that it took to get here. Each dealer starts within its own two minutes, so that not all dealers' mail goes out in the same
    /// second. A dealer that never opens again holds nothing back: better told at night than not at all.
    fn held_until(&self, dealer: &Dealer, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // Opening hours are for users and their supervisors.
        if matches!(self.notice, Notice::TradeIn { .. }) {
            return None;
        }
        let calendar = &dealer.settings.calendar;
        if matches!(self.notice, Notice::Resubmission { .. }) && !dealer.settings.resubmission_respects_hours {
            // At any hour, days off excepted (ESC-6).
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

    /// Who reads it at `now`: for an absent user the deputy (DIS-4); for one who works here no more, whoever is told of a lead without a supervisor.
    fn reader(&self, lead: &Lead, settings: &DealerSettings, now: DateTime<Utc>) -> Option<Recipient> {
        let here = |user: &&UserId| settings.member(user).is_some();
        let owner = lead.owner.as_ref().filter(here);
        let meant_for = match &self.notice {
            Notice::TradeIn { .. } => return settings.trade_in_cc_email.clone().map(Recipient::Address),
            Notice::Step { step: StepKind::Level2, .. } => settings.supervisor_of(lead.owner.as_ref()),
            Notice::Pooled { .. } => &self.reader,
            Notice::Resubmission { level, user, .. } => {
                let seller = user.as_ref().filter(here).or(owner);
                if *level == 1 { seller.unwrap_or(settings.supervisor_of(None)) } else { settings.supervisor_of(seller) }
            }
            Notice::Booking { user, .. } => user.as_ref().filter(here).or(owner).unwrap_or(settings.supervisor_of(None)),
            Notice::Assigned { .. } | Notice::Added | Notice::Step { .. } => owner.unwrap_or(settings.supervisor_of(None)),
        };
        Some(Recipient::User(settings.reader_for(meant_for, now).clone()))
    }
}
