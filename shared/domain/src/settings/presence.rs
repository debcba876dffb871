//! Presence, deputies, and the recipients of notices (DIS-4, DIS-6, DIS-13, ESC-3, ESC-12).

use crate::base::{Email, UserId};
use crate::settings::{Dealer, DealerSettings, Member};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;

impl DealerSettings {
    /// Returns the settings of `user` at this dealer.
    pub fn member(&self, user: &UserId) -> Option<&Member> {
        self.members.iter().find(|m| m.user == *user)
    }

    /// Returns the users who work at this dealer or decide for it: the members, the administrator and the fallback user, each once.
    pub fn people(&self) -> BTreeSet<&UserId> {
        let members = self.members.iter().map(|member| &member.user);
        members.chain([&self.admin_user]).chain(&self.fallback_user).collect()
    }

    /// Returns whether an address is a mailbox of the dealer: mail from there is no customer's (INT-7, LEAD-3).
    pub fn has_mailbox(&self, address: &Email) -> bool {
        let mailboxes = [&self.lead_address, &self.forward_to, &self.unparsed_mail_to, &self.trade_in_cc_email];
        mailboxes.into_iter().flatten().any(|mailbox| mailbox.is_same(address))
    }

    /// Returns whether a member has a maximum of open leads (DIS-13).
    pub fn has_limits(&self) -> bool {
        self.members.iter().any(|member| member.max_open.is_some())
    }

    /// Returns whether an absence of `member` holds at `at`: one by date, or one on this day of the week.
    pub fn is_absent(&self, member: &Member, at: DateTime<Utc>) -> bool {
        member.absences_at(at).next().is_some() || self.weekly_deputies(member, at).next().is_some()
    }

    /// Returns whether `user` works here, is not absent, and is within their own weekly hours at `at`.
    pub fn is_present(&self, user: &UserId, at: DateTime<Utc>) -> bool {
        self.member(user).is_some_and(|member| !self.is_absent(member, at) && self.is_on_duty(member, at))
    }

    /// Returns whether `user` reads notices of their own work at `at`: the user is present. If the dealer prefers to give leads outside own
    /// hours, only absences count, because these leads must reach their owner (DIS-13).
    fn reads_notices(&self, user: &UserId, at: DateTime<Utc>) -> bool {
        let works = |member: &Member| self.leads_outside_own_hours || self.is_on_duty(member, at);
        self.member(user).is_some_and(|member| !self.is_absent(member, at) && works(member))
    }

    /// Whether only the own weekly hours keep `user` from reading notices at `at`: these are no absence (DIS-4).
    pub fn is_off_duty(&self, user: &UserId, at: DateTime<Utc>) -> bool {
        self.member(user).is_some_and(|member| !self.is_absent(member, at)) && !self.reads_notices(user, at)
    }

    /// Returns who is first to read a notice for `user` at `at` that does not wait for own weekly hours: `user`, except during an absence.
    pub fn first_reader<'a>(&'a self, user: &'a UserId, at: DateTime<Utc>) -> &'a UserId {
        if self.is_off_duty(user, at) { user } else { self.recipient_for(user, at) }
    }

    /// Returns when the own weekly hours of `user` begin next, if only these keep the user from reading notices at `at`.
    pub fn back_on_duty(&self, user: &UserId, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.member(user).filter(|_| self.is_off_duty(user, at)).and_then(|member| self.next_on_duty(member, at))
    }

    /// Returns whether `at` is within the own weekly hours of `member`; always if the member has none.
    pub fn is_on_duty(&self, member: &Member, at: DateTime<Utc>) -> bool {
        member.hours.as_ref().is_none_or(|hours| self.calendar.is_within(hours, at))
    }

    /// Returns the instant at which presence counts for a lead that is distributed at `now`: `now` if the dealer is open, else the next
    /// opening, at which the response clock starts (DIS-13). `now` if the dealer never opens.
    pub fn decided_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.calendar.next_opening(now).unwrap_or(now)
    }

    /// Returns the supervisor of `owner`: the one in their settings, else the fallback user, else the administrator, but not the owner.
    /// Only if there is nobody else, it is the owner (ESC-3).
    pub fn supervisor_of(&self, owner: Option<&UserId>) -> &UserId {
        self.above(owner).find(|user| Some(*user) != owner).unwrap_or(&self.admin_user)
    }

    /// Returns the recipient of a notice for `user` at `at`: the user, if present, or outside own hours if the dealer prefers that
    /// (DIS-13). Otherwise it is the first person present among the deputies and their deputies, the supervisor, the fallback user and the
    /// administrator, each with their deputies (DIS-4). If nobody is present, it is the administrator.
    pub fn recipient_for<'a>(&'a self, user: &'a UserId, at: DateTime<Utc>) -> &'a UserId {
        if self.reads_notices(user, at) {
            return user;
        }
        self.recipient_after(user, &[], at).unwrap_or(&self.admin_user)
    }

    /// Returns the first person present in the order of [`Self::recipient_for`] who is not one of `before`. `None` if there is none.
    pub fn recipient_after<'a>(&'a self, user: &'a UserId, before: &[&UserId], at: DateTime<Utc>) -> Option<&'a UserId> {
        let mut seen = Vec::new();
        let mut order = std::iter::once(user).chain(self.above(Some(user)));
        order.find_map(|user| self.present_one(user, before, at, &mut seen))
    }

    /// Returns the recipient of level 2 for the work of `owner` at `at`: the first person present among the supervisor, the fallback user
    /// and the administrator, each with their deputies, but never the owner (ESC-3, ESC-12). If nobody is present, it is the administrator;
    /// if that is the owner, the supervisor or fallback user. Only if there is nobody else, it is the owner.
    pub fn escalates_to<'a>(&'a self, owner: Option<&'a UserId>, at: DateTime<Utc>) -> &'a UserId {
        let before: &[&UserId] = owner.as_slice();
        let nobody = || Some(&self.admin_user).filter(|admin| Some(*admin) != owner).unwrap_or_else(|| self.supervisor_of(owner));
        self.escalates_after(owner, before, at).unwrap_or_else(nobody)
    }

    /// Returns the first person present in the order of [`Self::escalates_to`] who is not one of `before`. `None` if there is none.
    pub fn escalates_after<'a>(&'a self, owner: Option<&UserId>, before: &[&UserId], at: DateTime<Utc>) -> Option<&'a UserId> {
        let mut seen = Vec::new();
        self.above(owner).find_map(|user| self.present_one(user, before, at, &mut seen))
    }

    /// Returns the next time at which `member` is within their own hours while the dealer is open. `None` if there is none.
    pub fn next_on_duty(&self, member: &Member, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut at = from;
        // Each week has at most as many openings and beginnings as this.
        for _ in 0..200 {
            at = self.calendar.next_opening(at).ok()?;
            if self.is_on_duty(member, at) {
                return Some(at);
            }
            let hours = member.hours.as_ref()?;
            at = self.calendar.changes_of(hours, at, at + TimeDelta::days(8)).filter(|change| *change > at).min()?;
        }
        None
    }

    /// Returns whether `user` replaces `owner` at `at`: as a deputy, as the deputy of an absent deputy, or as one to whom the owner's
    /// notices go, or level 2 (DIS-4).
    pub fn stands_in(&self, user: &UserId, owner: &UserId, at: DateTime<Utc>) -> bool {
        let mut seen = Vec::new();
        self.is_deputy(user, owner, at, &mut seen) || self.gets_notices_of(user, owner, at) || self.escalates_to(Some(owner), at) == user
    }

    /// Returns whether the notices of `owner` can go to `user`. The first person present may have switched notices off, so that they go on
    /// to the next ones.
    fn gets_notices_of(&self, user: &UserId, owner: &UserId, at: DateTime<Utc>) -> bool {
        let mut before = Vec::new();
        while let Some(next) = self.recipient_after(owner, &before, at).filter(|next| *next != owner) {
            if next == user {
                return true;
            }
            before.push(next);
        }
        self.recipient_for(owner, at) == user
    }

    /// Returns whether any person is present at `at` who is notified of the work of `owner`.
    pub fn is_anybody_present(&self, owner: &UserId, at: DateTime<Utc>) -> bool {
        self.reads_notices(owner, at) || self.is_present(self.recipient_for(owner, at), at)
    }

    /// Returns whether level 2 of the work of `owner` reaches another person who is present at `at`; also if nobody is above the owner,
    /// which has a finding of its own.
    pub fn reaches_somebody_above(&self, owner: &UserId, at: DateTime<Utc>) -> bool {
        let to = self.escalates_to(Some(owner), at);
        self.supervisor_of(Some(owner)) == owner || (to != owner && self.is_present(to, at))
    }

    /// Returns the users above `owner`, the first one first: the supervisor, the fallback user, the administrator.
    pub(crate) fn above<'a>(&'a self, owner: Option<&UserId>) -> impl Iterator<Item = &'a UserId> + use<'a> {
        let supervisor = owner.and_then(|owner| self.member(owner)).and_then(|member| member.supervisor.as_ref());
        supervisor.into_iter().chain(&self.fallback_user).chain([&self.admin_user])
    }

    /// Returns `user` if present, else the first present one of the deputies and their deputies, without those of `except`. A circle of
    /// deputies ends at the first person of `seen`.
    fn present_one<'a>(
        &'a self,
        user: &'a UserId,
        except: &[&UserId],
        at: DateTime<Utc>,
        seen: &mut Vec<&'a UserId>,
    ) -> Option<&'a UserId> {
        if seen.contains(&user) {
            return None;
        }
        seen.push(user);
        if !except.contains(&user) && self.is_present(user, at) {
            return Some(user);
        }
        self.deputies(user, at).into_iter().find_map(|deputy| self.present_one(deputy, except, at, seen))
    }

    fn is_deputy<'a>(&'a self, user: &UserId, of: &'a UserId, at: DateTime<Utc>, seen: &mut Vec<&'a UserId>) -> bool {
        if seen.contains(&of) {
            return false;
        }
        seen.push(of);
        self.deputies(of, at).into_iter().any(|deputy| deputy == user || self.is_deputy(user, deputy, at, seen))
    }

    /// Returns the deputies of all absences of `user` that hold at `at`, those of absences by date first. Empty if the user is not absent.
    pub fn deputies<'a>(&'a self, user: &UserId, at: DateTime<Utc>) -> Vec<&'a UserId> {
        let Some(member) = self.member(user) else { return Vec::new() };
        let by_date = member.absences_at(at).map(|absence| absence.deputy.as_ref());
        by_date.chain(self.weekly_deputies(member, at)).flatten().collect()
    }

    /// Returns the deputy of each weekly absence of `member` on the day of `at`; `None` for an absence without one.
    fn weekly_deputies<'a>(&'a self, member: &'a Member, at: DateTime<Utc>) -> impl Iterator<Item = Option<&'a UserId>> {
        // Most members have none, and the date of an instant costs a look at the zone.
        let today = (!member.weekly_absences.is_empty()).then(|| chrono::Datelike::weekday(&self.calendar.date_of(at)));
        member.weekly_absences.iter().filter(move |absence| Some(absence.day.weekday()) == today).map(|absence| absence.deputy.as_ref())
    }
}

/// Whether a user is there, and why not (DIS-13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The user is there.
    Present,
    /// The user is there, and busy.
    Busy,
    /// An absence holds.
    Absent,
    /// It is outside the user's own weekly hours.
    OutsideHours,
}

impl Presence {
    /// Returns the name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Busy => "busy",
            Self::Absent => "absent",
            Self::OutsideHours => "outside_hours",
        }
    }
}

impl Dealer {
    /// Returns until when `user` is busy at `at`. `None` if the user is not (DIS-13).
    pub fn busy_until(&self, user: &UserId, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.busy.get(user).copied().filter(|until| at < *until)
    }

    /// Returns whether a rotation may give a lead to `user` at `at`: the user is present and not busy. If the dealer prefers it, own hours
    /// do not count (DIS-13).
    pub fn takes_leads(&self, user: &UserId, at: DateTime<Utc>) -> bool {
        self.settings.reads_notices(user, at) && self.busy_until(user, at).is_none()
    }

    /// Returns whether `member` is there at `at`, and why not. An absence counts before the own hours, and these before a busy time.
    pub fn presence(&self, member: &Member, at: DateTime<Utc>) -> Presence {
        let settings = &self.settings;
        match self.busy_until(&member.user, at) {
            _ if settings.is_absent(member, at) => Presence::Absent,
            _ if !settings.is_on_duty(member, at) => Presence::OutsideHours,
            Some(_) => Presence::Busy,
            None => Presence::Present,
        }
    }

    /// Marks `user` as busy until `until`, or as not busy. Drops marks that have ended.
    pub fn with_busy(&self, user: &UserId, until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let mut changed = self.clone();
        changed.busy.retain(|marked, until| marked != user && *until > now);
        changed.busy.extend(until.filter(|until| *until > now).map(|until| (user.clone(), until)));
        changed
    }

    /// The longest time for which a user can be busy: a day. A longer one is an absence.
    pub const LONGEST_BUSY: TimeDelta = TimeDelta::hours(24);
}
