//! Findings about risky settings (SET-8).

use crate::settings::{DealerSettings, Member};
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
    /// A distribution group has no members who receive leads.
    EmptyGroup,
    /// There is no fallback user.
    NoFallback,
    /// A user who gets leads has no supervisor.
    NoSupervisor,
    /// Level 1 is longer than a week's opening hours.
    Level1TooLong,
    /// The person of a booking is absent or has left, and nobody has decided about the booking (APT-9).
    BookingWithoutPerson,
    /// The dealer is closed at the time of a booking, and nobody has decided about the booking (APT-9).
    BookingWhileClosed,
}

impl FindingKind {
    /// Returns the name as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            FindingKind::BreaksRule => "breaks_rule",
            FindingKind::SoloDistribution => "solo_distribution",
            FindingKind::NobodyEligible => "nobody_eligible",
            FindingKind::EmptyGroup => "empty_group",
            FindingKind::NoFallback => "no_fallback",
            FindingKind::NoSupervisor => "no_supervisor",
            FindingKind::Level1TooLong => "level_1_too_long",
            FindingKind::BookingWithoutPerson => "booking_without_person",
            FindingKind::BookingWhileClosed => "booking_while_closed",
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

/// Returns every risk of these settings at `now`.
pub fn findings(settings: &DealerSettings, now: DateTime<Utc>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut find = |kind, field: String, detail: String| found.push(Finding { kind, field, detail });
    for fault in settings.faults() {
        find(FindingKind::BreaksRule, fault.field, format!("{} ({})", fault.detail, fault.rule));
    }
    let minutes = settings.escalation.level_1;
    let week = settings.calendar.elapsed(now, now + TimeDelta::weeks(1));
    if minutes > 0 && TimeDelta::minutes(i64::from(minutes)) > week {
        let hours = week.num_minutes() / 60;
        find(
            FindingKind::Level1TooLong,
            "escalation.level_1".into(),
            format!("is longer than the {hours} opening hours of the coming week"),
        );
    }
    for (i, member) in settings.members.iter().enumerate() {
        let gets_leads = member.receives_leads || member.assignable;
        if gets_leads && member.supervisor.is_none() {
            let detail = format!("{} has no supervisor: level 2 goes to the fallback user or the administrator", member.user);
            find(FindingKind::NoSupervisor, format!("members[{i}].supervisor"), detail);
        }
    }
    if settings.pool.is_none() {
        let all: Vec<&Member> = settings.members.iter().filter(|member| member.receives_leads).collect();
        solo(&all, "members", "the rotation", now, &mut find);
        for (i, group) in settings.distribution_groups.iter().enumerate() {
            let of_group: Vec<&Member> = all.iter().copied().filter(|member| member.groups.contains(group)).collect();
            if of_group.is_empty() {
                find(FindingKind::EmptyGroup, format!("distribution_groups[{i}]"), format!("no member of {group} receives leads"));
            } else {
                solo(&of_group, &format!("distribution_groups[{i}]"), group.as_str(), now, &mut find);
            }
        }
    }
    if settings.fallback_user.is_none() {
        let detail = "is not set: leads without an eligible user go to the administrator".to_owned();
        find(FindingKind::NoFallback, "fallback_user".into(), detail);
    }
    found
}

fn solo(members: &[&Member], field: &str, of: &str, now: DateTime<Utc>, find: &mut impl FnMut(FindingKind, String, String)) {
    let present = members.iter().filter(|member| member.absence(now).is_none()).count();
    match (members, present) {
        (_, 0) => find(FindingKind::NobodyEligible, field.to_owned(), format!("no member of {of} can receive a lead now")),
        ([one], _) => {
            let detail =
                format!("{} is the only member of {of}: during an absence nobody receives its leads, even if there is a deputy", one.user);
            find(FindingKind::SoloDistribution, field.to_owned(), detail);
        }
        _ => {}
    }
}
