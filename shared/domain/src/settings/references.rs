//! The parts in which a dealer's settings name a user beside their own membership (SET-7, DIS-12).

use crate::base::UserId;
use crate::settings::{DealerSettings, HandOverTo};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// A part in which the settings name a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference<'a> {
    /// The administrator.
    Admin,
    /// The fallback user.
    Fallback,
    /// The pool user.
    Pool,
    /// The supervisor of this user.
    Supervisor(&'a UserId),
    /// The deputy of this user, in an absence by date or of every week.
    Deputy(&'a UserId),
    /// The target to whom an absence of this user hands over work.
    Target(&'a UserId),
}

/// The maximum number of users that a text names for one part.
const NAMED: usize = 10;

impl<'a> Reference<'a> {
    /// Returns the user in whose settings the part is. `None` if it is a part of the dealer.
    pub fn of(self) -> Option<&'a UserId> {
        match self {
            Reference::Admin | Reference::Fallback | Reference::Pool => None,
            Reference::Supervisor(user) | Reference::Deputy(user) | Reference::Target(user) => Some(user),
        }
    }

    fn part(self) -> &'static str {
        match self {
            Reference::Admin => "administrator (admin_user)",
            Reference::Fallback => "fallback user (fallback_user)",
            Reference::Pool => "pool user",
            Reference::Supervisor(_) => "supervisor of",
            Reference::Deputy(_) => "deputy of",
            Reference::Target(_) => "the target of a hand-over in an absence of",
        }
    }

    /// Returns the parts as one text.
    pub fn text(references: &[Self]) -> String {
        let mut parts: BTreeMap<(usize, &str), Vec<String>> = BTreeMap::new();
        for reference in references {
            let place = usize::from(reference.of().is_some());
            parts.entry((place, reference.part())).or_default().extend(reference.of().map(UserId::mention));
        }
        let part = |((_, part), users): ((usize, &str), Vec<String>)| match users.len() {
            0 => part.to_owned(),
            some if some > NAMED => format!("{part} {} and {} more", users[..NAMED].join(", "), some - NAMED),
            _ => format!("{part} {}", users.join(", ")),
        };
        parts.into_iter().map(part).collect::<Vec<_>>().join("; ")
    }
}

impl DealerSettings {
    /// Returns the parts in which the settings name `user`, each once. Absences that have ended do not count.
    pub fn references(&self, user: &UserId, now: DateTime<Utc>) -> Vec<Reference<'_>> {
        let is = |named: Option<&UserId>| named == Some(user);
        let mut found = Vec::new();
        found.extend((self.admin_user == *user).then_some(Reference::Admin));
        found.extend(is(self.fallback_user.as_ref()).then_some(Reference::Fallback));
        found.extend(is(self.pool.as_ref().map(|pool| &pool.user)).then_some(Reference::Pool));
        for member in self.members.iter().filter(|member| member.user != *user) {
            let of = &member.user;
            let to_come = || member.absences.iter().filter(|absence| absence.until > now);
            let weekly = member.weekly_absences.iter().any(|absence| is(absence.deputy.as_ref()));
            let deputy = weekly || to_come().any(|absence| is(absence.deputy.as_ref()));
            let names = |to: &HandOverTo| matches!(to, HandOverTo::User(named) if named == user);
            let target = to_come().any(|absence| absence.hand_over.as_ref().is_some_and(|hand_over| names(&hand_over.to)));
            found.extend(is(member.supervisor.as_ref()).then_some(Reference::Supervisor(of)));
            found.extend(deputy.then_some(Reference::Deputy(of)));
            found.extend(target.then_some(Reference::Target(of)));
        }
        found
    }

    /// Removes `user` from the absences of others that have ended, so that these do not keep the user from leaving.
    pub fn forget_in_ended_absences(&mut self, user: &UserId, now: DateTime<Utc>) {
        for absence in self.members.iter_mut().flat_map(|member| &mut member.absences).filter(|absence| absence.until <= now) {
            absence.deputy.take_if(|deputy| deputy == user);
            absence.hand_over.take_if(|hand_over| matches!(&hand_over.to, HandOverTo::User(to) if to == user));
        }
    }
}
