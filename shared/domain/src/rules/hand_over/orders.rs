//! The orders that follow from a change of a dealer's settings (DIS-12).

use crate::base::{Actor, Refusal, UserId};
use crate::distribution::{Availability, OpenLeads, PassedOverFor};
use crate::people::User;
use crate::rules::distribution::free;
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
    /// The obstacles of the named user that the request accepts: [`PassedOverFor::Absent`] and [`PassedOverFor::Full`].
    pub despite: &'a [PassedOverFor],
    /// The user whom the request is about, with the reason, if it is about a user: that user's work goes over in any case.
    pub about: Option<(&'a UserId, HandOverReason)>,
    /// The actor.
    pub by: &'a Actor,
    /// The current time.
    pub now: DateTime<Utc>,
}

impl Asked<'_> {
    /// Returns whether the work goes to the named user despite an obstacle. Nobody exceeds their own maximum (DIS-13).
    fn accepts(&self, obstacle: PassedOverFor, named: Option<&UserId>) -> bool {
        self.despite.contains(&obstacle) && !(obstacle == PassedOverFor::Full && self.is_own(named))
    }

    fn is_own(&self, named: Option<&UserId>) -> bool {
        named.is_some() && self.by.user() == named
    }
}

/// The state that decides whether a named user can take the work.
#[derive(Debug, Clone, Copy, Default)]
pub struct Target<'a> {
    /// The named user. `None` if the group has no such user, or nobody is named.
    pub user: Option<&'a User>,
    /// The open leads at the dealer. `None` if the dealer counts none.
    pub open: Option<&'a OpenLeads>,
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
    left.chain(absences.map(|(user, absence, _)| HandOver::id_of_absence(user, absence))).collect()
}

/// Returns the orders that the change causes, new or changed. `stored` returns a stored order by its id ([`concerned`]).
///
/// # Errors
/// A fault of `hand_over` if the target cannot take the work: a user who is not assignable, may not work leads, leaves too, or is absent or
/// full without [`Asked::despite`]; or a pool that the dealer does not have. It names the users who can.
pub fn orders<'a>(
    Change { before, after }: Change<'_>,
    asked: Asked<'_>,
    target: Target<'_>,
    stored: impl Fn(&str) -> Option<&'a HandOver>,
) -> Result<Vec<HandOver>, Refusal> {
    let now = asked.now;
    let to = asked.to.cloned().unwrap_or_default();
    let mut orders = Vec::new();
    for (user, reason) in leavers(&before.settings, &after.settings, asked.about) {
        check(&to, &user, (after, target), asked)?;
        let supervisor = before.settings.member(&user).and_then(|member| member.supervisor.clone());
        let supervisor = supervisor.filter(|supervisor| after.settings.member(supervisor).is_some());
        let order = order(&after.id, &user, (&to, reason), asked.by, now);
        let despite = |obstacle| asked.accepts(obstacle, to.user());
        let (despite_absent, despite_full) = (despite(PassedOverFor::Absent), despite(PassedOverFor::Full));
        orders.push(HandOver { supervisor, due: Some(now), despite_absent, despite_full, ..order });
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
        despite_absent: false,
        despite_full: false,
        given: Vec::new(),
    }
}

fn check(to: &HandOverTo, leaver: &UserId, (after, target): (&Dealer, Target<'_>), asked: Asked<'_>) -> Result<(), Refusal> {
    let detail = match to {
        HandOverTo::Pool if after.settings.pool.is_none() => format!("must not be pool: {} has no pool", after.id),
        HandOverTo::User(user) => match obstacle(user, leaver, (after, target), asked) {
            Some(detail) => detail,
            None => return Ok(()),
        },
        HandOverTo::Unknown => crate::settings::BadTarget.to_string(),
        HandOverTo::Pool | HandOverTo::Distribution => return Ok(()),
    };
    Err(Refusal::field("hand_over", "DIS-12", detail))
}

impl Target<'_> {
    fn works_leads(&self) -> bool {
        self.user.is_some_and(|user| user.is_here() && user.works_leads())
    }

    /// Returns whether the work of another user of the dealer can be handed over to `member`, whose state this is (DIS-12).
    pub fn can_take_over(&self, member: &Member, dealer: &Dealer, now: DateTime<Utc>) -> bool {
        let available = Availability::new(dealer, self.open, now);
        member.assignable && self.works_leads() && available.obstacles_by_hand(member).next().is_none()
    }
}

/// Returns why `user` cannot take the work of `leaver`, and who can. `None` if the user can.
fn obstacle(user: &UserId, leaver: &UserId, (after, target): (&Dealer, Target<'_>), asked: Asked<'_>) -> Option<String> {
    let available = Availability::new(after, target.open, asked.now);
    let names = || free(&available, Some(leaver));
    let who = user.mention();
    let Some(member) = after.settings.member(user).filter(|member| member.assignable && user != leaver) else {
        let dealer = &after.id;
        return Some(format!(
            "must name a user who can take the work: {who} does not stay at {dealer} as an assignable user; free: {}",
            names()
        ));
    };
    if !target.works_leads() {
        return Some(format!("must name a user who can take the work: {who} may not read and work leads; free: {}", names()));
    }
    let obstacle = available.obstacles_by_hand(member).find(|obstacle| !asked.accepts(*obstacle, Some(user)))?;
    Some(match available.load_of(user).filter(|_| obstacle == PassedOverFor::Full) {
        Some((open, most)) if asked.is_own(Some(user)) => {
            format!("{who} has {open} of {most} open leads, and you cannot exceed your own maximum; free: {}", names())
        }
        Some((open, most)) => {
            format!("{who} has {open} of {most} open leads; free: {}; to hand over all the same, send despite=full", names())
        }
        None => format!("{who} is absent; free: {}; to hand over all the same, send despite=absent", names()),
    })
}

/// Returns the orders of absences: new ones, those that begin or end at another time, and those that are cancelled.
fn of_absences<'a>(before: &Dealer, after: &Dealer, asked: Asked<'_>, stored: impl Fn(&str) -> Option<&'a HandOver>) -> Vec<HandOver> {
    let now = asked.now;
    let wanted = asking(&after.settings, &before.settings, now);
    let earlier = asking(&before.settings, &after.settings, now);
    let mut orders = Vec::new();
    for (user, absence, hand_over) in &wanted {
        let id = HandOver::id_of_absence(user, absence);
        let known = stored(&id).filter(|known| !known.cancelled);
        let back_at = hand_over.back.then_some(absence.until);
        let stays = has(&earlier, user, &id);
        let begun = known.filter(|known| known.has_begun(now));
        let next = match begun {
            // Another target gets what the user holds now.
            Some(known) if stays && known.to == hand_over.to => returning(known, back_at, now),
            _ => {
                let made = order(&after.id, user, (&hand_over.to, HandOverReason::Absent), asked.by, now);
                let supervisor = after.settings.member(user).and_then(|member| member.supervisor.clone());
                let due = Some(absence.from.max(now));
                let made = HandOver { id, supervisor, due, back_at, ..made };
                // An absence that was removed or had ended, and is entered again, hands over again. Its order continues to count.
                begun.map_or_else(|| made.clone(), |known| made.again_after(known))
            }
        };
        // A part of the settings that stays makes no new order.
        if known.is_none_or(|known| HandOver { at: known.at, by: known.by.clone(), ..next.clone() } != *known) {
            orders.push(next);
        }
    }
    for (user, absence, _) in &earlier {
        let id = HandOver::id_of_absence(user, absence);
        let known = stored(&id).filter(|known| known.done_at.is_none() && !has(&wanted, user, &id));
        let Some(known) = known else { continue };
        orders.push(match known.has_begun(now) {
            false => known.cancelled(now),
            true => returning(known, known.back_at.map(|_| now), now),
        });
    }
    orders
}

/// Returns whether one of the absences belongs to the order `id`.
fn has(absences: &[(&UserId, &Absence, &AbsenceHandOver)], user: &UserId, id: &str) -> bool {
    absences.iter().any(|(of, absence, _)| *of == user && HandOver::id_of_absence(user, absence) == id)
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
