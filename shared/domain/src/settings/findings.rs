//! Findings about risky settings (SET-8).

use crate::base::UserId;
use crate::hours::{Interval, OpeningHours};
use crate::settings::{DayOfWeek, Dealer, DealerSettings, Escalation, Member};
use chrono::{DateTime, TimeDelta, Utc};

/// The kind of a risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingKind {
    /// A stored setting breaks a rule, because another release stored it. The next change of its part must correct it.
    BreaksRule,
    /// Only one user receives the leads; during an absence nobody does.
    SoloDistribution,
    /// No user can receive a lead by rotation now.
    NobodyEligible,
    /// Every user of a rotation, or every user who can claim from the pool, has the maximum of open leads (DIS-13).
    EverybodyFull,
    /// No user of a rotation is ever on duty within the dealer's weekly opening hours (DIS-13).
    NeverOnDuty,
    /// No user can claim a lead from the pool, because none is assignable (DIS-8).
    NobodyClaims,
    /// A distribution group has no members who receive leads.
    EmptyGroup,
    /// There is no fallback user.
    NoFallback,
    /// A user who gets leads has no supervisor.
    NoSupervisor,
    /// Level 1 is longer than a week's opening hours.
    Level1TooLong,
    /// Level 2 of a user's leads can only go to that user.
    NobodyAbove,
    /// At some time within the next 60 days nobody who is notified of a user's leads is present.
    NobodyPresent,
    /// The reminder is not shorter than its level 1, so that a seller is not reminded of an enquiry that arrives in opening hours.
    ReminderNotBeforeLevel1,
    /// The person of a booking is absent or has left, and nobody has decided about the booking (APT-9).
    BookingWithoutPerson,
    /// The dealer is closed at the time of a booking, and nobody has decided about the booking (APT-9).
    BookingWhileClosed,
    /// A notice came back from the address of a user, so that nobody reads the user's notices (MSG-1).
    NoticesReturned,
    /// The next run of the retention erases closed leads (PRV-5).
    RetentionErases,
}

impl FindingKind {
    /// Returns the name as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            FindingKind::BreaksRule => "breaks_rule",
            FindingKind::SoloDistribution => "solo_distribution",
            FindingKind::NobodyEligible => "nobody_eligible",
            FindingKind::EverybodyFull => "everybody_full",
            FindingKind::NeverOnDuty => "never_on_duty",
            FindingKind::NobodyClaims => "nobody_claims",
            FindingKind::EmptyGroup => "empty_group",
            FindingKind::NoFallback => "no_fallback",
            FindingKind::NoSupervisor => "no_supervisor",
            FindingKind::Level1TooLong => "level_1_too_long",
            FindingKind::NobodyAbove => "nobody_above",
            FindingKind::NobodyPresent => "nobody_present",
            FindingKind::ReminderNotBeforeLevel1 => "reminder_not_before_level_1",
            FindingKind::BookingWithoutPerson => "booking_without_person",
            FindingKind::BookingWhileClosed => "booking_while_closed",
            FindingKind::NoticesReturned => "notices_returned",
            FindingKind::RetentionErases => "retention_erases",
        }
    }
}

/// One risk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The kind of risk.
    pub kind: FindingKind,
    /// The path of the setting.
    pub field: String,
    /// The description, in English.
    pub detail: String,
}

/// How far ahead the findings look for times at which nobody is present.
const AHEAD: TimeDelta = TimeDelta::days(60);

/// The risks that were found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, kind: FindingKind, field: impl Into<String>, detail: impl Into<String>) {
        self.0.push(Finding { kind, field: field.into(), detail: detail.into() });
    }
}

/// Returns every risk of a dealer's settings at `now` (SET-8). `open` returns the number of open leads of a user. The texts mention users
/// by their marked ids ([`UserId::mention`]).
pub fn findings(dealer: &Dealer, open: &dyn Fn(&UserId) -> u32, now: DateTime<Utc>) -> Vec<Finding> {
    let settings = &dealer.settings;
    let mut found = Findings::default();
    for fault in settings.faults() {
        found.add(FindingKind::BreaksRule, fault.field, format!("{} ({})", fault.detail, fault.rule));
    }
    let week = settings.calendar.elapsed(now, now + TimeDelta::weeks(1));
    for (field, Escalation { level_1, reminder, .. }) in settings.escalations() {
        if level_1 > 0 && TimeDelta::minutes(i64::from(level_1)) > week {
            let hours = week.num_minutes() / 60;
            let detail = format!("is longer than the {hours} opening hours of the coming week");
            found.add(FindingKind::Level1TooLong, format!("{field}.level_1"), detail);
        }
        if level_1 > 0 && reminder >= level_1 {
            let detail = format!("{reminder} minutes are not less than level 1 of {level_1} minutes: nobody is reminded in opening hours");
            found.add(FindingKind::ReminderNotBeforeLevel1, format!("{field}.reminder"), detail);
        }
    }
    supervisors(settings, &mut found);
    let state = State { dealer, open, now };
    state.rotations(&mut found);
    if settings.fallback_user.is_none() {
        found.add(FindingKind::NoFallback, "fallback_user", "is not set: leads without an eligible user go to the administrator");
    }
    presence(settings, now, &mut found);
    found.0
}

/// Returns the members whose notices came back: `returns` states whether mail to a user's address comes back (MSG-1).
pub fn returned_notices(settings: &DealerSettings, returns: impl Fn(&UserId) -> bool) -> Vec<Finding> {
    let returned = settings.members.iter().enumerate().filter(|(_, member)| returns(&member.user));
    let finding = |(i, member): (usize, &Member)| {
        let detail = format!("a notice to {} came back: correct the user's e-mail address", member.user.mention());
        Finding { kind: FindingKind::NoticesReturned, field: format!("members[{i}]"), detail }
    };
    returned.map(finding).collect()
}

/// Finds users without a supervisor, and users above whom there is nobody else (ESC-3, ESC-12).
fn supervisors(settings: &DealerSettings, found: &mut Findings) {
    for (i, member) in holders(settings) {
        let field = format!("members[{i}].supervisor");
        if settings.supervisor_of(Some(&member.user)) == &member.user {
            let user = member.user.mention();
            let detail = format!("nobody is above {user}: set a supervisor, a fallback user, or another administrator");
            found.add(FindingKind::NobodyAbove, field, detail);
        } else if member.supervisor.is_none() && (member.receives_leads || member.assignable) {
            let user = member.user.mention();
            let detail = format!("{user} has no supervisor: level 2 goes to the fallback user or the administrator");
            found.add(FindingKind::NoSupervisor, field, detail);
        }
    }
}

/// Returns the members whom the steps of leads concern, with their places in the list: those who get leads, the pool user, the fallback
/// user and the administrator.
fn holders(settings: &DealerSettings) -> impl Iterator<Item = (usize, &Member)> {
    let pool = settings.pool.as_ref().map(|pool| &pool.user);
    let last: Vec<&UserId> = pool.into_iter().chain(&settings.fallback_user).chain([&settings.admin_user]).collect();
    let holds = move |member: &Member| member.receives_leads || member.assignable || last.contains(&&member.user);
    settings.members.iter().enumerate().filter(move |(_, member)| holds(member))
}

/// The state that determines who can get a lead now.
struct State<'a> {
    dealer: &'a Dealer,
    open: &'a dyn Fn(&UserId) -> u32,
    now: DateTime<Utc>,
}

/// Users who share leads: a rotation, or those who can claim from the pool.
struct Circle<'a> {
    members: Vec<&'a Member>,
    /// The path of the setting.
    field: String,
    /// The name in texts.
    name: &'a str,
}

impl State<'_> {
    /// Finds rotations, groups and a pool that one user or nobody serves.
    fn rotations(&self, found: &mut Findings) {
        let settings = &self.dealer.settings;
        if let Some(pool) = &settings.pool {
            let members: Vec<&Member> = settings.members.iter().filter(|member| member.assignable && member.user != pool.user).collect();
            if members.is_empty() {
                found.add(FindingKind::NobodyClaims, "pool", "no user is assignable: nobody can claim a lead from the pool");
            } else {
                self.lasting(&Circle { members, field: "pool".into(), name: "the pool" }, found);
            }
            return;
        }
        let all: Vec<&Member> = settings.members.iter().filter(|member| member.receives_leads).collect();
        self.rotation(&Circle { members: all.clone(), field: "members".into(), name: "the rotation" }, found);
        for (i, group) in settings.distribution_groups.iter().enumerate() {
            let members: Vec<&Member> = all.iter().copied().filter(|member| member.groups.contains(group)).collect();
            let field = format!("distribution_groups[{i}]");
            if members.is_empty() {
                found.add(FindingKind::EmptyGroup, field, format!("no member of {group} receives leads"));
            } else {
                self.rotation(&Circle { members, field, name: group.as_str() }, found);
            }
        }
    }

    fn rotation(&self, circle: &Circle<'_>, found: &mut Findings) {
        if self.lasting(circle, found) {
            return;
        }
        let Circle { members, field, name } = circle;
        let settings = &self.dealer.settings;
        let at = settings.decided_at(self.now);
        let takes = |member: &&&Member| self.dealer.takes_leads(&member.user, at) && !self.is_full(member);
        match (members.as_slice(), members.iter().filter(takes).count()) {
            (_, 0) => found.add(FindingKind::NobodyEligible, field, format!("no member of {name} can receive a lead now")),
            ([one], _) => {
                let one = one.user.mention();
                let detail =
                    format!("{one} is the only member of {name}: during an absence nobody receives its leads, even if there is a deputy");
                found.add(FindingKind::SoloDistribution, field, detail);
            }
            _ => {}
        }
    }

    /// Finds that no user of a circle can get a lead, for a reason that does not pass by itself. Returns whether it is so.
    fn lasting(&self, Circle { members, field, name }: &Circle<'_>, found: &mut Findings) -> bool {
        let settings = &self.dealer.settings;
        if members.is_empty() {
            return false;
        }
        if members.iter().all(|member| !is_ever_on_duty(settings, member)) {
            let detail = format!("no user of {name} is ever on duty within the weekly opening hours");
            found.add(FindingKind::NeverOnDuty, field, detail);
            return true;
        }
        if members.iter().all(|member| self.is_full(member)) {
            found.add(FindingKind::EverybodyFull, field, format!("every user of {name} has the maximum of open leads"));
            return true;
        }
        false
    }

    fn is_full(&self, member: &Member) -> bool {
        member.max_open.is_some_and(|most| (self.open)(&member.user) >= most)
    }
}

/// Returns whether the weekly presence of a member overlaps the weekly opening hours. Always if the dealer has no weekly hours.
fn is_ever_on_duty(settings: &DealerSettings, member: &Member) -> bool {
    let opening = settings.calendar.hours();
    let own: Option<&OpeningHours> = member.hours.as_ref().filter(|_| !settings.leads_outside_own_hours);
    let overlaps = |open: &Interval, own: &Interval| open.from < own.to && own.from < open.to;
    let works_on = |day: DayOfWeek| {
        let open = opening.on(day.weekday());
        let off = member.weekly_absences.iter().any(|absence| absence.day == day);
        !off && own.map_or(!open.is_empty(), |own| open.iter().any(|open| own.on(day.weekday()).iter().any(|own| overlaps(open, own))))
    };
    opening.is_empty() || DayOfWeek::ALL.into_iter().any(works_on)
}

/// Finds the first time from `now` on at which a lead of a user would reach nobody who is present (ESC-12). Presence changes only at the
/// begin of an absence, of a weekly absence, and of a day with own hours: so every opening within [`AHEAD`], and every begin
/// and end of an absence that falls into opening hours, is examined.
fn presence(settings: &DealerSettings, now: DateTime<Utc>, found: &mut Findings) {
    let times = changes_of_presence(settings, now);
    // A step can also concern a user who gets no leads any more and still has some, or events.
    for (i, member) in settings.members.iter().enumerate() {
        let who = member.user.mention();
        if let Some(at) = times.iter().find(|at| !settings.is_anybody_present(&member.user, **at)) {
            let local = at.with_timezone(&settings.calendar.zone()).format("%Y-%m-%d %H:%M");
            let detail = format!(
                "at {local} neither {who}, a deputy, the supervisor, the fallback user nor the administrator is present: notices go to the administrator",
            );
            found.add(FindingKind::NobodyPresent, format!("members[{i}].absences"), detail);
        } else if let Some(at) = times.iter().find(|at| !settings.reaches_somebody_above(&member.user, **at)) {
            let local = at.with_timezone(&settings.calendar.zone()).format("%Y-%m-%d %H:%M");
            let detail = format!("at {local} nobody above {who} is present: level 2 goes to the administrator");
            found.add(FindingKind::NobodyPresent, format!("members[{i}].supervisor"), detail);
        }
    }
}

/// Returns `now` or the next opening, and the openings and changes of presence within [`AHEAD`] at which the dealer is open, in order.
fn changes_of_presence(settings: &DealerSettings, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let calendar = &settings.calendar;
    let end = now + AHEAD;
    let first = settings.decided_at(now);
    let openings = calendar.explain(first, end).map(|span| span.opens);
    let absences = settings.members.iter().flat_map(|member| &member.absences).flat_map(|absence| [absence.from, absence.until]);
    let shifts =
        settings.members.iter().filter_map(|member| member.hours.as_ref()).flat_map(|hours| calendar.changes_of(hours, first, end));
    let inside = |at: &DateTime<Utc>| first <= *at && *at < end && calendar.is_open(*at);
    let mut times: Vec<_> = [first].into_iter().chain(openings).chain(absences.filter(inside)).chain(shifts.filter(inside)).collect();
    times.sort_unstable();
    times.dedup();
    times
}
