//! Moves appointments whose visit has an attendance: a new appointment follows (APT-12).

use crate::appointment::{Appointment, Attended};
use crate::base::{Actor, AppointmentId, AppointmentOrigin, AppointmentTeam, ChannelKey, Refusal};
use crate::decision::Item;
use crate::rules::appointment::{AppointmentContext, ChangedAppointment, Customer, NewAppointment, make};
use crate::settings::DealerSettings;
use chrono::{DateTime, Utc};

/// The appointment that a new one follows.
#[derive(Debug, Clone, PartialEq)]
pub struct FormerAppointment {
    /// Its id.
    pub id: AppointmentId,
    /// Its customer in the directory.
    pub customer_id: Option<ChannelKey>,
}

/// A request to move an appointment whose visit has an attendance.
#[derive(Debug, Clone, PartialEq)]
pub struct NextVisit {
    /// The id of the new appointment.
    pub id: AppointmentId,
    /// The new time.
    pub to: DateTime<Utc>,
    /// The system in which it is created.
    pub origin: AppointmentOrigin,
    /// The team that creates it.
    pub team: AppointmentTeam,
}

impl Appointment {
    /// Whether a move by `by` to another time makes a new appointment, so that this one stays counted: its attendance is recorded, or its
    /// visit is over and the new time is to come, so that the attendance is still to be recorded. A partner's system has one id for the
    /// appointment and moves it itself (APT-5), unless another one follows already.
    pub fn is_followed_at_move(&self, by: &Actor, to: DateTime<Utc>, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        let over = to > now && self.ends(settings) <= now;
        let stays = !matches!(by, Actor::Partner(_)) && (self.attendance.is != Attended::Unknown || over);
        !self.state.is_cancelled() && (stays || self.followed_by.is_some())
    }

    /// Checks that no other appointment follows this one.
    ///
    /// # Errors
    /// 409 with the id of the one that follows.
    pub(crate) fn not_followed(&self) -> Result<(), Refusal> {
        let refusal = |id| Refusal::conflict("APT-12", format!("the appointment {id} follows this one; change that one"));
        self.followed_by.as_ref().map_or(Ok(()), |id| Err(refusal(id)))
    }

    /// Checks that the attendance can be taken back: no other appointment follows it. Otherwise one customer would be expected twice.
    ///
    /// # Errors
    /// 409 with the id of the one that follows.
    pub fn keeps_no_mark(&self) -> Result<(), Refusal> {
        let why = |id| format!("the attendance can be corrected, but not taken back: the appointment {id} follows this one");
        self.followed_by.as_ref().map_or(Ok(()), |id| Err(Refusal::conflict("APT-12", why(id))))
    }
}

/// Makes the appointment that follows `before`. `next` is the appointment with the id of the request, if it exists. `None` if that one has
/// the requested time already.
///
/// # Errors
/// 422 for a past time; 409 if another appointment follows already; errors of [`make()`].
pub fn follow_up(
    context: &AppointmentContext<'_>,
    before: &Appointment,
    visit: NextVisit,
    next: Option<&Appointment>,
) -> Result<Option<ChangedAppointment>, Refusal> {
    let NextVisit { id, to, origin, team } = visit;
    match next {
        Some(next) if next.at == to && !next.state.is_cancelled() && !matches!(context.by, Actor::Partner(_)) => return Ok(None),
        _ => before.not_followed()?,
    }
    context.not_erased(before)?;
    if to <= context.now {
        return Err(Refusal::field("at", "APT-12", "must be in the future: a new appointment follows the visit"));
    }
    let assignable = |user: &_| context.dealer.settings.member(user).is_some_and(|member| member.assignable);
    let new = NewAppointment {
        request_hash: format!("follows {}", before.id),
        id: id.clone(),
        customer: Customer { name: Some(before.customer.clone()), reached: before.reached.clone(), known: Vec::new() },
        kind: before.kind,
        at: to,
        user: before.user.clone().filter(assignable),
        notes: before.notes.clone(),
        origin,
        team,
        external: None,
        linked: false,
        leaves_clock: false,
        follows: Some(FormerAppointment { id: before.id.clone(), customer_id: before.customer_id.clone() }),
    };
    let mut made = make(&AppointmentContext { event: None, ..*context }, new, None)?;
    let former = Appointment { followed_by: Some(id), ..before.clone() }.revised(context.now);
    made.decision.items.push(Item::Appointment(Box::new(former)));
    Ok(Some(made))
}
