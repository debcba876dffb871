//! The orders that follow from a change of a dealer's settings (DIS-12).

use crate::base::{Actor, Refusal, UserId};
use crate::settings::{
    Absence, AbsenceHandOver, Dealer, DealerSettings, HandOver, HandOverPhase, HandOverReason, HandOverTo, Member, Moved,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// The maximum number of orders in one change, limited by the size of a transaction.
const MOST: usize = 40;

/// The request whose change causes orders.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The requested target. `None` means the distribution.
    pub to: Option<&'a HandOverTo>,
    /// The user whom the request is about, with the reason, if it is about a user: that user's work goes over in any case.
    pub about: Option<(&'a UserId, HandOverReason)>,
    /// The actor.
    pub by: &'a Actor,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// The dealer before and after the change.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// Before.
    pub before: &'a Dealer,
    /// After.
    pub after: &'a Dealer,
}

/// Returns the users whose work goes over because of the change, each with the reason.
fn leavers(before: &DealerSettings, after: &DealerSettings, about: Option<(&UserId, HandOverReason)>) -> Vec<(UserId, HandOverReason)> {
    let reason = |user: &UserId| about.filter(|(of, _)| *of == user).map_or(HandOverReason::Removed, |(_, reason)| reason);
    let gone = before.members.iter().map(|member| &member.user).filter(|user| after.member(user).is_none());
    let mut leavers: Vec<(UserId, HandOverReason)> = gone.map(|user| (user.clone(), reason(user))).collect();
    leavers.extend(about.filter(|(user, _)| after.member(user).is_some()).map(|(user, reason)| (user.clone(), reason)));
    let pool = before.pool.as_ref().map(|pool| &pool.user).filter(|user| after.pool.as_ref().is_none_or(|pool| pool.user != **user));
    if let Some(user) = pool.filter(|user| leavers.iter().all(|(leaver, _)| leaver != *user)) {
        leavers.push((user.clone(), HandOverReason::Pool));
    }
    leavers
}

/// Returns the absences of `settings` that ask for a hand-over and end after `now`, with their users: of the members whose absences are
/// not the same in `other`.
fn asking<'a>(
    settings: &'a DealerSettings,
    other: &DealerSettings,
    now: DateTime<Utc>,
) -> Vec<(&'a UserId, &'a Absence, &'a AbsenceHandOver)> {
    let same = |member: &Member| other.member(&member.user).is_some_and(|other| other.absences == member.absences);
    let changed = settings.members.iter().filter(|member| !same(member));
    let asks = |member: &'a Member| {
        let to_come = member.absences.iter().filter(move |absence| absence.until > now);
        to_come.filter_map(move |absence| Some((&member.user, absence, absence.hand_over.as_ref()?)))
    };
    changed.flat_map(asks).collect()
}

/// Returns the ids of the stored orders that [`orders`] needs: those of the users who leave, and of absences before and after the change.
pub fn concerned(before: &DealerSettings, after: &DealerSettings, asked: Asked<'_>) -> BTreeSet<String> {
    let left = leavers(before, after, asked.about).into_iter().map(|(user, _)| HandOver::id_of(&user, asked.now));
    let absences = asking(before, after, asked.now).into_iter().chain(asking(after, before, asked.now));
    left.chain(absences.map(|(user, absence, _)| HandOver::id_of(user, absence.from))).collect()
}

/// Returns the orders that the change causes, new or changed. `stored` returns a stored order by its id ([`concerned`]).
///
/// # Errors
/// A fault of `hand_over` if the target cannot take the work: a user who is not assignable, is absent or leaves too, or a pool that the
/// dealer does not have.
pub fn orders<'a>(
    Change { before, after }: Change<'_>,
    asked: Asked<'_>,
    stored: impl Fn(&str) -> Option<&'a HandOver>,
) -> Result<Vec<HandOver>, Refusal> {
    let now = asked.now;
    let to = asked.to.cloned().unwrap_or_default();
    let mut orders = Vec::new();
    for (user, reason) in leavers(&before.settings, &after.settings, asked.about) {
        check(&to, &user, after, now)?;
        let supervisor = before.settings.member(&user).and_then(|member| member.supervisor.clone());
        let supervisor = supervisor.filter(|supervisor| after.settings.member(supervisor).is_some());
        let order = order(&after.id, &user, (&to, reason), asked.by, now);
        orders.push(HandOver { supervisor, due: Some(now), ..order });
    }
    orders.extend(of_absences(before, after, asked, stored));
    if orders.len() > MOST {
        return Err(Refusal::field("members", "DIS-12", format!("at most {MOST} hand-overs can begin or change at once")));
    }
    Ok(orders)
}

fn order(
    dealer: &crate::base::DealerId,
    user: &UserId,
    (to, reason): (&HandOverTo, HandOverReason),
    by: &Actor,
    at: DateTime<Utc>,
) -> HandOver {
    HandOver {
        dealer: dealer.clone(),
        id: HandOver::id_of(user, at),
        user: user.clone(),
        to: to.clone(),
        reason,
        supervisor: None,
        by: by.clone(),
        at,
        due: None,
        phase: HandOverPhase::Leads,
        cursor: None,
        moved: Moved::default(),
        back_at: None,
        done_at: None,
        cancelled: false,
    }
}

fn check(to: &HandOverTo, leaver: &UserId, after: &Dealer, now: DateTime<Utc>) -> Result<(), Refusal> {
    let detail = match to {
        HandOverTo::Pool if after.settings.pool.is_none() => format!("must not be pool: {} has no pool", after.id),
        HandOverTo::User(user) => {
            let able = after.settings.member(user).is_some_and(|member| member.assignable && !after.settings.is_absent(member, now));
            if able && user != leaver {
                return Ok(());
            }
            format!("must name a user of {} who stays, is assignable and is not absent; {} is not", after.id, user.mention())
        }
        HandOverTo::Unknown => crate::settings::BadTarget.to_string(),
        HandOverTo::Pool | HandOverTo::Distribution => return Ok(()),
    };
    Err(Refusal::field("hand_over", "DIS-12", detail))
}

/// Returns the orders of absences: new ones, those that begin or end at another time, and those that are cancelled.
fn of_absences<'a>(before: &Dealer, after: &Dealer, asked: Asked<'_>, stored: impl Fn(&str) -> Option<&'a HandOver>) -> Vec<HandOver> {
    let now = asked.now;
    let wanted = asking(&after.settings, &before.settings, now);
    let earlier = asking(&before.settings, &after.settings, now);
    let mut orders = Vec::new();
    for (user, absence, hand_over) in &wanted {
        let known = stored(&HandOver::id_of(user, absence.from)).filter(|known| !known.cancelled);
        // An absence whose first day was corrected after it had begun keeps its order.
        let known = known.or_else(|| {
            let (_, earlier, _) = earlier.iter().find(|(of, earlier, _)| of == user && same_absence(earlier, absence, now))?;
            stored(&HandOver::id_of(user, earlier.from)).filter(|known| !known.cancelled)
        });
        let back_at = hand_over.back.then_some(absence.until);
        let next = match known {
            Some(known) if known.has_begun(now) => returning(known, back_at, now),
            _ => {
                let made = order(&after.id, user, (&hand_over.to, HandOverReason::Absent), asked.by, now);
                let supervisor = after.settings.member(user).and_then(|member| member.supervisor.clone());
                HandOver { id: HandOver::id_of(user, absence.from), supervisor, due: Some(absence.from.max(now)), back_at, ..made }
            }
        };
        // A part of the settings that stays makes no new order.
        if known.is_none_or(|known| HandOver { at: known.at, by: known.by.clone(), ..next.clone() } != *known) {
            orders.push(next);
        }
    }
    for (user, absence, _) in &earlier {
        let stays = wanted.iter().any(|(of, wanted, _)| of == user && (wanted.from == absence.from || same_absence(absence, wanted, now)));
        let known = stored(&HandOver::id_of(user, absence.from)).filter(|known| known.done_at.is_none() && !stays);
        let Some(known) = known else { continue };
        orders.push(match known.has_begun(now) {
            false => known.cancelled(now),
            true => returning(known, known.back_at.map(|_| now), now),
        });
    }
    orders
}

/// Returns whether an absence that has begun is the same after a change: both hold at `now`.
pub fn same_absence(before: &Absence, after: &Absence, now: DateTime<Utc>) -> bool {
    [before, after].iter().all(|absence| absence.from <= now && now < absence.until)
}

/// Returns an order that has begun, with another time of the return.
fn returning(order: &HandOver, back_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> HandOver {
    let mut changed = HandOver { back_at, ..order.clone() };
    if order.phase == HandOverPhase::Back && order.cursor.is_none() && order.back_at != back_at {
        changed.due = back_at.map(|back| back.max(now));
        changed.done_at = if back_at.is_some() { None } else { order.done_at.or(Some(now)) };
    }
    changed
}
