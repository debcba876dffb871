//! Scopes: who may see and do what (LEAD-9, ACC-1).

use crate::appointment::Appointment;
use crate::base::{Actor, AppointmentOrigin, AppointmentTeam, DealerId, GroupId, Partner, PartnerKind, Refusal, Right, Role, UserId};
use crate::elements::{Element, ElementKind};
use crate::lead::Lead;
use crate::people::User;
use crate::settings::DealerSettings;
use chrono::{DateTime, Utc};

/// Whose hand a request is, and whose data it can reach (ACC-2).
///
/// Every key of the table needs one, and it is made only from a verified token and the stored user, from a partner's queue identity, from a
/// link that we signed, or from the stored entity that a wake-up names. So no request can so much as name another group's data.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    group: GroupId,
    who: Who,
}

impl Scope {
    /// The group's keys and no right: for wake-ups, and to look the caller up.
    pub fn keys_only(group: GroupId) -> Self {
        Self { group, who: Who::Nobody }
    }

    /// A stored user whose token was verified for this group.
    pub fn user(group: GroupId, user: User) -> Self {
        Self { group, who: Who::User(user) }
    }

    /// A stored partner whose token or queue identity was verified for this group.
    pub fn partner(group: GroupId, partner: Partner) -> Self {
        Self { group, who: Who::Partner(partner) }
    }

    /// A lead's contact, whose link for this group was verified: no right, and no reach but that of what the link names (CAL-8).
    pub fn customer(group: GroupId) -> Self {
        Self { group, who: Who::Customer }
    }

    /// Whose data.
    pub fn group(&self) -> &GroupId {
        &self.group
    }

    /// Whose hand.
    pub fn actor(&self) -> Actor {
        match &self.who {
            Who::User(user) => Actor::User(user.id.clone()),
            Who::Partner(partner) => Actor::Partner(partner.id.clone()),
            Who::Customer => Actor::Customer,
            Who::Nobody => Actor::System,
        }
    }

    /// The user's id, where it is a user.
    pub fn user_id(&self) -> Option<&UserId> {
        match &self.who {
            Who::User(user) => Some(&user.id),
            Who::Partner(_) | Who::Customer | Who::Nobody => None,
        }
    }

    /// The asker, where it is a seller: who names nobody means themselves.
    pub fn seller(&self) -> Option<&UserId> {
        match &self.who {
            Who::User(user) if user.role == Role::Seller => Some(&user.id),
            _ => None,
        }
    }

    /// The dealers that the asker is said to belong to.
    pub fn dealers(&self) -> impl Iterator<Item = &DealerId> {
        let dealers = match &self.who {
            Who::User(user) => Some(&user.dealers),
            Who::Partner(partner) => Some(&partner.dealers),
            Who::Customer | Who::Nobody => None,
        };
        dealers.into_iter().flatten()
    }

    /// Insists on a right.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] names the right (LEAD-9).
    pub fn needs(&self, right: Right) -> Result<(), Refusal> {
        let may = match &self.who {
            // Nobody becomes head office by a right given besides (EXP-1).
            Who::User(user) => user.role.may(right) || (right != Right::Export && user.rights.contains(&right)),
            Who::Partner(partner) => match right {
                Right::SubmitLeads => true,
                Right::ReadAppointments | Right::WorkAppointments => partner.kind != PartnerKind::Portal,
                _ => false,
            },
            Who::Customer | Who::Nobody => false,
        };
        if may { Ok(()) } else { Err(Refusal::Forbidden(right)) }
    }

    /// Whether the whole group is within reach.
    pub fn reaches_all(&self) -> bool {
        match &self.who {
            Who::User(user) => user.role.reaches_all(),
            Who::Partner(_) | Who::Customer | Who::Nobody => false,
        }
    }

    /// Whether this user is within reach: with the whole group, or at a dealer of the asker's own.
    pub fn sees_user(&self, user: &User) -> bool {
        self.reaches_all() || user.dealers.iter().any(|dealer| self.reaches(dealer).is_ok())
    }

    /// Whether a right is the asker's to give: their own; an operator sets people up for work that is not the operator's (ACC-1).
    pub fn gives(&self, right: Right) -> bool {
        let role = if let Who::User(user) = &self.who { Some(user.role) } else { None };
        // A group admin makes somebody head office, and may yet not take files away.
        let sets_up = role == Some(Role::Operator) || (role == Some(Role::GroupAdmin) && right == Right::Export);
        sets_up || self.needs(right).is_ok()
    }

    /// Whether a role is the asker's to give: all its rights are, and it reaches no further (ACC-1).
    pub fn gives_role(&self, role: Role) -> bool {
        let mut rights = Right::ALL.into_iter().filter(|right| role.may(*right));
        (self.reaches_all() || !role.reaches_all()) && rights.all(|right| self.gives(right))
    }

    /// Insists that the dealer is within reach.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], as for a dealer that does not exist (LEAD-9).
    pub fn reaches(&self, dealer: &DealerId) -> Result<(), Refusal> {
        let reaches = match &self.who {
            // An operator sets things up; no lead is shown to one, since the right to read them is missing.
            Who::User(user) => self.reaches_all() || user.dealers.contains(dealer),
            Who::Partner(partner) => partner.dealers.contains(dealer),
            Who::Customer | Who::Nobody => false,
        };
        if reaches { Ok(()) } else { Err(Refusal::NotFound("dealer")) }
    }

    /// Whether leads of `owner` at a dealer within reach are to be seen: a seller sees own ones and those of users they supervise or deputise for.
    pub fn sees_leads_of(&self, owner: Option<&UserId>, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        let Who::User(user) = &self.who else { return false };
        if user.role != Role::Seller {
            return true;
        }
        let Some(owner) = owner else { return false };
        let member = settings.member(owner);
        let supervised = *settings.supervisor_of(Some(owner)) == user.id;
        let deputised = member.and_then(|m| m.absence(now)).and_then(|a| a.deputy.as_ref()) == Some(&user.id);
        // Whoever may take a lead out of the pool sees it there (DIS-8).
        let pooled =
            settings.pool.as_ref().is_some_and(|pool| pool.user == *owner) && settings.member(&user.id).is_some_and(|m| m.assignable);
        *owner == user.id || supervised || deputised || pooled
    }

    /// Whether an appointment with `user`, made by the user `by`, at a dealer within reach, is to be seen (ACC-1): the contact centre sees all, as it
    /// makes them for all dealers; a seller own ones, those of users they supervise or deputise for, and what they made.
    pub fn sees_appointment_of(&self, user: Option<&UserId>, by: Option<&UserId>, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        (by.is_some() && by == self.user_id()) || self.sees_leads_of(user, settings, now)
    }

    /// Insists on a right, and that the lead is within reach; `settings` are its dealer's.
    ///
    /// # Errors
    /// 403 names the right; a lead out of reach is not found (LEAD-9).
    pub fn needs_on(&self, right: Right, lead: &Lead, settings: &DealerSettings, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.needs(right)?;
        let reached = self.reaches(&lead.dealer).is_ok() && self.sees_leads_of(lead.owner.as_ref(), settings, now);
        if reached { Ok(()) } else { Err(Refusal::NotFound("lead")) }
    }

    /// Where an appointment of the asker's comes from, and whose people make it (APT-1, APT-2): never what a request says.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] of who makes none.
    pub fn makes_appointments(&self) -> Result<(AppointmentOrigin, AppointmentTeam), Refusal> {
        self.needs(Right::WorkAppointments)?;
        Ok(match &self.who {
            Who::Partner(partner) if partner.kind == PartnerKind::DealerSystem => {
                (AppointmentOrigin::DealerSystem, AppointmentTeam::Dealer)
            }
            Who::Partner(_) => (AppointmentOrigin::ContactCentre, AppointmentTeam::ContactCentre),
            Who::User(user) if user.role == Role::ContactCentre => (AppointmentOrigin::Forecourt, AppointmentTeam::ContactCentre),
            Who::User(_) | Who::Customer | Who::Nobody => (AppointmentOrigin::Forecourt, AppointmentTeam::Dealer),
        })
    }

    /// Whether an appointment at a dealer within reach is to be seen: as [`Scope::sees_appointment_of`] says; a partner sees its own.
    pub fn sees_appointment(&self, appointment: &Appointment, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        match &self.who {
            Who::Partner(partner) => appointment.by == Actor::Partner(partner.id.clone()),
            _ => self.sees_appointment_of(appointment.user.as_ref(), appointment.by.user(), settings, now),
        }
    }

    /// Insists on a right, and that the appointment is within reach; `settings` are its dealer's.
    ///
    /// # Errors
    /// 403 names the right; an appointment out of reach is not found (LEAD-9).
    pub fn needs_on_appointment(
        &self,
        right: Right,
        appointment: &Appointment,
        settings: &DealerSettings,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        self.needs(right)?;
        let reached = self.reaches(&appointment.dealer).is_ok() && self.sees_appointment(appointment, settings, now);
        if reached { Ok(()) } else { Err(Refusal::NotFound("appointment")) }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Who {
    User(User),
    Partner(Partner),
    /// A lead's contact, by a link of one lead.
    Customer,
    /// The identity of a caller, or the system acting on stored state: reaches the group's keys, has no right.
    Nobody,
}

impl Element {
    /// Insists that whoever asks may change or remove it: a comment its author, and who may moderate.
    ///
    /// # Errors
    /// 403 names the right (LEAD-9).
    pub fn may_be_changed_by(&self, scope: &Scope) -> Result<(), Refusal> {
        let own = self.content.kind() != ElementKind::Comment || self.by == scope.actor();
        if own { Ok(()) } else { scope.needs(Right::ModerateComments) }
    }
}
