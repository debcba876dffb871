//! Claims a due message: checks that it is still valid and may be sent at this hour, and selects the recipient (ESC-6, DIS-4).

use crate::base::{Status, StepKind, UserId};
use crate::lead::{Lead, TaskDetails};
use crate::messages::{
    Booking, DropReason, FailedAttempts, LATE, Lease, MAY_HAVE_ARRIVED, Message, MessageState, Notice, Recipient, TEXT_MAY_HAVE_ARRIVED,
};
use crate::settings::{Dealer, DealerSettings};
use chrono::{DateTime, TimeDelta, Utc};

/// The rule of an assignment by a hand-over.
const HAND_OVER: &str = "DIS-12";

/// The rule of an assignment to the salesperson of the customer's appointment.
const BOOKED: &str = "APT-8";

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
        // The mail with the same content was sent: a text message that may have arrived is not sent again (ESC-14).
        if self.text && unclear > 0 {
            return given_up(TEXT_MAY_HAVE_ARRIVED);
        }
        if unclear >= Lease::UNCLEAR_ATTEMPTS {
            return given_up(MAY_HAVE_ARRIVED);
        }
        if attempts >= Lease::MAIL.attempts {
            return given_up("every attempt failed");
        }
        if let Some(opening) = self.held_until(dealer, now) {
            return Some(MessageClaim::Settle(self.waits_until(opening, FailedAttempts { attempts, unclear })));
        }
        // The work of a copy may have gone to somebody else meanwhile, who was notified.
        if self.own && *self.meant_for(lead, &dealer.settings) != self.reader {
            return Some(MessageClaim::Settle(self.dropped(DropReason::NoLongerSo, now)));
        }
        let Some(to) = self.reader(lead, &dealer.settings, now) else {
            return Some(MessageClaim::Settle(self.dropped(DropReason::NoReader, now)));
        };
        if self.is_known_to(&to, lead, &dealer.settings, now) {
            return Some(MessageClaim::Settle(self.dropped(DropReason::NoLongerSo, now)));
        }
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
            // The lead may be at another dealer now. If the former owner has it again, there is nothing to report.
            Notice::Passed { ref from, .. } => lead.status == Status::InProgress && lead.owner.as_ref() != Some(from),
            // A task of a closed lead must also be done.
            Notice::Task { ref task, .. } => {
                let assigned = |work: &&TaskDetails| work.assignee.as_ref().or(lead.owner.as_ref()) == Some(&self.reader);
                lead.dealer == self.dealer && lead.task(task).is_some_and(|work| assigned(&work))
            }
            // An event of a won lead must also be done.
            Notice::EventGiven { ref event, .. } => {
                let planned = lead.planned.iter().find(|planned| planned.id == *event);
                let theirs = planned.is_some_and(|planned| planned.user.as_ref().or(lead.owner.as_ref()) == Some(&self.reader));
                lead.dealer == self.dealer && theirs
            }
            // It is about many leads, and states what happened.
            Notice::Bulk { .. } => true,
            // An appointment of a won lead concerns the customer, too.
            Notice::Unreachable { .. } => lead.dealer == self.dealer && matches!(lead.status, Status::InProgress | Status::Won),
            _ if !here => false,
            Notice::Pooled { assignment } => lead.assignment == assignment && lead.clock_runs(),
            // A new owner is notified although the lead was answered earlier, but not if it was answered after the assignment.
            Notice::Assigned { assignment, ref rule, .. } => {
                // The appointment that gives the lead to its salesperson also stops the clock, in the same commit (APT-8).
                let is_by_booking = |at: DateTime<Utc>| rule.as_deref() == Some(BOOKED) && at == self.queued;
                let answered_since = lead.reaction.as_ref().is_some_and(|r| r.at >= self.queued && !is_by_booking(r.at));
                lead.assignment == assignment && !answered_since
            }
            Notice::Requested { at, .. } => lead.clock_runs() && lead.terms.requested.as_ref().is_some_and(|requested| requested.at == at),
            Notice::Deadline { ref deadline, at } => {
                lead.targets.iter().any(|target| target.id == *deadline && target.at == at && target.met.is_none())
            }
            Notice::Added => lead.reaction.as_ref().is_none_or(|r| r.at < self.queued),
            Notice::Step { step, .. } => {
                let fired = |kind| lead.plan.as_ref().and_then(|plan| plan.step(kind)).filter(|step| step.fired.is_some());
                let overtaken = step == StepKind::Reminder && fired(StepKind::Level1).is_some();
                // The notice of a later assignment states the deadline and whether it has passed.
                let theirs = step == StepKind::Level2 || lead.owner.as_ref() == Some(&self.reader);
                lead.clock_runs() && theirs && !overtaken && fired(step).is_some_and(|step| step.at == self.of)
            }
        }
    }

    /// Whether the message is a level 2 or a request for an agreement. It goes to a person above the owner, and is sent even if the
    /// recipient's notices are off (ESC-3, ESC-4, ESC-11, ESC-12).
    pub fn is_for_supervisor(&self) -> bool {
        matches!(
            self.notice,
            Notice::Requested { .. } | Notice::Step { step: StepKind::Level2, .. } | Notice::Resubmission { level: 2.., .. }
        )
    }

    /// Returns the cause of the notice of an assignment that decides whether this message is needed ([`Message::is_needless`]). `None` if
    /// there is none.
    pub fn depends_on(&self, lead: &Lead) -> Option<String> {
        let assignment = match self.notice {
            Notice::Step { step: StepKind::Reminder | StepKind::Level1, .. } if lead.assignment > 1 || self.own => lead.assignment,
            Notice::Passed { assignment, supervisor: false, .. } => assignment,
            _ => return None,
        };
        let cause = Self::assigned_cause(assignment);
        // Two copies that wait for the same user: that of the assignment states the deadline.
        let copy = self.own && matches!(self.notice, Notice::Step { .. });
        Some(if copy { Self::copy_cause(&cause) } else { cause })
    }

    /// The cause of the copy of a message.
    fn copy_cause(cause: &str) -> String {
        format!("{cause}-own")
    }

    /// Returns the copy for the user whom the message is meant for, if somebody else gets it only because that user is outside their own
    /// weekly hours. It waits until the user is back, and is then sent if it still applies (DIS-4).
    pub fn copy_for_return(&self, lead: &Lead, settings: &DealerSettings, to: &Recipient, now: DateTime<Utc>) -> Option<Self> {
        let Recipient::User(to) = to else { return None };
        let user = self.meant_for(lead, settings);
        let member = settings.member(user).filter(|_| user != to && !self.own && !matches!(self.notice, Notice::Pooled { .. }))?;
        if settings.is_absent(member, now) || settings.is_on_duty(member, now) {
            return None;
        }
        let due = settings.next_on_duty(member, now).unwrap_or(now);
        let state = MessageState::Queued { due, attempts: 0, unclear: 0, batch: None };
        Some(Self { cause: Self::copy_cause(&self.cause), reader: user.clone(), own: true, bundled: true, state, ..self.clone() })
    }

    /// Whether the message is not needed because of `assigned`, the notice that it depends on. A step is stated by the notice of an
    /// assignment that waits to be sent, which names the deadline and whether it has passed. A former owner who was never notified of a
    /// lead, and has not answered it, need not learn that it has gone on (DIS-7).
    pub fn is_needless(&self, lead: &Lead, assigned: Option<&Message>) -> bool {
        let Some(assigned) = assigned else { return false };
        match self.notice {
            Notice::Step { .. } => assigned.due().is_some(),
            Notice::Passed { .. } => {
                lead.answered().is_none() && matches!(assigned.state, MessageState::Queued { .. } | MessageState::Dropped { .. })
            }
            _ => false,
        }
    }

    /// Whether `to` knows the content already, because they did it, own the lead now, or get the same notice as the former owner (DIS-7).
    fn is_known_to(&self, to: &Recipient, lead: &Lead, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        let (Notice::Passed { from, by, supervisor, rule, back, .. }, Recipient::User(to)) = (&self.notice, to) else { return false };
        let did_it = by.as_ref() == Some(to);
        // The former owner's copy is sent only if they are here and did not pass the lead on themselves. A hand-over sends them none.
        let has_copy = (rule != HAND_OVER || *back) && settings.member(from).is_some();
        let as_former = *supervisor && by.as_ref() != Some(from) && has_copy;
        did_it || lead.owner.as_ref() == Some(to) || (as_former && settings.recipient_for(from, now) == to)
    }

    /// Whether `to` also gets the notice of the assignment of the lead that has gone on, as the substitute of its new owner: one notice is
    /// enough (DIS-7). A user who took the lead gets no such notice. While the dealer is closed, own weekly hours do not count.
    pub fn repeats_assignment(&self, to: &Recipient, lead: &Lead, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        let (Notice::Passed { by, .. }, Recipient::User(to), Some(owner)) = (&self.notice, to, &lead.owner) else { return false };
        let Some(member) = settings.member(owner).filter(|_| lead.dealer == self.dealer && !self.own) else { return false };
        let replaced = settings.is_absent(member, now) || settings.calendar.is_open_or_closing(now);
        replaced && by.as_ref() != Some(owner) && settings.recipient_for(owner, now) == to
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
    /// default supervisor receives the message. While the dealer is closed, own weekly hours do not count, because nobody is there.
    fn reader(&self, lead: &Lead, settings: &DealerSettings, now: DateTime<Utc>) -> Option<Recipient> {
        if let Notice::TradeIn { .. } = self.notice {
            return settings.trade_in_cc_email.clone().map(Recipient::Address);
        }
        // A notice of closing time is sent moments later: the people of that time count.
        let at = if now - self.of <= LATE { self.of } else { now };
        let here = |user: &&UserId| settings.member(user).is_some();
        let owner = lead.owner.as_ref().filter(here);
        let meant_for = self.meant_for(lead, settings);
        let absent = settings.member(meant_for).is_none_or(|member| settings.is_absent(member, at));
        if !absent && (self.own || !settings.calendar.is_open_or_closing(at)) {
            return Some(Recipient::User(meant_for.clone()));
        }
        let to = match &self.notice {
            Notice::Requested { .. } => lead.decides_on_move(settings, at),
            Notice::Step { step: StepKind::Level2, .. } => settings.escalates_to(owner, at),
            Notice::Resubmission { level: 2.., user, .. } => settings.escalates_to(user.as_ref().filter(here).or(owner), at),
            // The supervisor of a user who left is known only from the time before.
            Notice::Passed { from, supervisor: true, .. } if settings.member(from).is_none() => settings.recipient_for(&self.reader, at),
            Notice::Passed { from, supervisor: true, .. } => settings.escalates_to(Some(from), at),
            _ => settings.recipient_for(meant_for, at),
        };
        Some(Recipient::User(to.clone()))
    }

    /// Returns the user whom the message is meant for. While they are absent, another user receives it.
    pub fn meant_for<'a>(&'a self, lead: &'a Lead, settings: &'a DealerSettings) -> &'a UserId {
        let here = |user: &&UserId| settings.member(user).is_some();
        let owner = lead.owner.as_ref().filter(here);
        match &self.notice {
            Notice::Requested { .. } => {
                let mut above = settings.above(lead.owner.as_ref());
                above.find(|user| !lead.is_concerned_by_move(user)).unwrap_or(settings.supervisor_of(lead.owner.as_ref()))
            }
            Notice::Step { step: StepKind::Level2, .. } => settings.supervisor_of(lead.owner.as_ref()),
            Notice::Passed { from, supervisor: true, .. } if settings.member(from).is_some() => settings.supervisor_of(Some(from)),
            Notice::Pooled { .. } | Notice::Passed { .. } | Notice::Task { .. } | Notice::TradeIn { .. } => &self.reader,
            Notice::EventGiven { .. } | Notice::Bulk { .. } => &self.reader,
            Notice::Resubmission { level, user, .. } => {
                let seller = user.as_ref().filter(here).or(owner);
                if *level == 1 { seller.unwrap_or(settings.supervisor_of(None)) } else { settings.supervisor_of(seller) }
            }
            Notice::Booking { user, .. } => user.as_ref().filter(here).or(owner).unwrap_or(settings.supervisor_of(None)),
            Notice::Assigned { .. } | Notice::Added | Notice::Unreachable { .. } | Notice::Deadline { .. } | Notice::Step { .. } => {
                owner.unwrap_or(settings.supervisor_of(None))
            }
        }
    }

    /// Returns the users whom the text of the message to `to` mentions by name.
    pub fn mentions(&self, lead: &Lead, dealer: &Dealer, to: &Recipient) -> Vec<UserId> {
        let instead_of = match to {
            Recipient::User(to) => Some(self.meant_for(lead, &dealer.settings)).filter(|meant| *meant != to),
            Recipient::Address(_) => None,
        };
        let mentioned = match &self.notice {
            Notice::Assigned { by, handed, .. } => [by.as_ref(), handed.as_ref().map(|handed| &handed.from), None],
            Notice::Task { by, .. } | Notice::EventGiven { by, .. } | Notice::Bulk { by, .. } => [by.as_ref(), None, None],
            Notice::Passed { from, to, by, .. } => [Some(from), to.as_ref(), by.as_ref()],
            Notice::Requested { by, .. } => [by.as_ref(), lead.owner.as_ref(), None],
            Notice::Resubmission { level: 2.., user, .. } => [user.as_ref().or(lead.owner.as_ref()), None, None],
            Notice::Step { step: StepKind::Level2, .. } => [lead.owner.as_ref(), None, None],
            _ => [None, None, None],
        };
        mentioned.into_iter().flatten().chain(instead_of).cloned().collect()
    }

    /// Returns the users to whom the message goes on, in order, if its recipient `gone` is no longer a user of the group or, as somebody
    /// else's substitute, has switched notices off: nobody may miss it (DIS-4). First come the others who are present, then those who
    /// would get it without `gone`. Level 2 does not go to the owner of the lead. A notice about a former lead, or one in the pool,
    /// concerns nobody else.
    pub fn goes_on_to(&self, gone: &UserId, lead: &Lead, settings: &DealerSettings, now: DateTime<Utc>) -> Vec<UserId> {
        if matches!(self.notice, Notice::Pooled { .. } | Notice::Passed { .. }) {
            return Vec::new();
        }
        let chain = [Some(settings.supervisor_of(Some(gone))), settings.fallback_user.as_ref(), Some(&settings.admin_user)];
        let owner = lead.owner.as_ref();
        let mut before: Vec<&UserId> = std::iter::once(gone).chain(owner.filter(|_| self.is_for_supervisor())).collect();
        let meant_for = self.meant_for(lead, settings);
        let after = |before: &[&UserId]| match &self.notice {
            _ if !self.is_for_supervisor() => settings.recipient_after(meant_for, before, now),
            Notice::Resubmission { user, .. } => settings.escalates_after(user.as_ref().or(owner), before, now),
            _ => settings.escalates_after(owner, before, now),
        };
        while let Some(user) = after(&before) {
            before.push(user);
        }
        let others = before.into_iter().filter(|user| *user != gone && !(self.is_for_supervisor() && Some(*user) == owner));
        let mut next: Vec<UserId> = others.cloned().collect();
        for user in chain.into_iter().flatten().flat_map(|user| [settings.recipient_for(user, now), user]) {
            let owns = self.is_for_supervisor() && lead.owner.as_ref() == Some(user) && *user != settings.admin_user;
            if user != gone && !owns && !next.contains(user) {
                next.push(user.clone());
            }
        }
        next
    }
}
