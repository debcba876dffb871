//! Scopes: the data and actions that a request may access (LEAD-9, ACC-1).

mod mails;
mod record;

pub use record::{AccessEvent, AccessFileAction, AccessRecord, AdminNotice, AdminNoticeState};

use crate::appointment::Appointment;
use crate::base::{Actor, AppointmentOrigin, AppointmentTeam, DealerId, GroupId, Partner, PartnerKind, Refusal, Right, Role, UserId};
use crate::bookings::{Accepted, BookedTime, Impediment};
use crate::elements::{Element, ElementKind};
use crate::lead::Lead;
use crate::people::User;
use crate::settings::{Dealer, DealerSettings};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// The authenticated principal and the tenant it may access (ACC-2).
///
/// Every key of the table requires a scope. A scope is created only from a verified token and the stored user, from a partner's queue
/// identity, from a link that Forecourt signed, from the address at which the mail server received a mail, or from the stored entity of a
/// wake-up. A request therefore cannot form a key of another group. A session of the console is no source of a scope: it keeps the token
/// that the API verifies.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    group: GroupId,
    identity: Identity,
}

impl Scope {
    /// A scope with the group's keys and no rights: for wake-ups, and to load the caller.
    pub fn keys_only(group: GroupId) -> Self {
        Self { group, identity: Identity::Nobody }
    }

    /// The scope of a stored user whose token was verified for this group.
    pub fn user(group: GroupId, user: User) -> Self {
        Self { group, identity: Identity::User(user) }
    }

    /// The scope of a stored partner whose token or queue identity was verified for this group.
    pub fn partner(group: GroupId, partner: Partner) -> Self {
        Self { group, identity: Identity::Partner(partner) }
    }

    /// The scope of a lead's contact whose link was verified for this group: no rights, and access only to the entities of the link
    /// (CAL-8).
    pub fn customer(group: GroupId) -> Self {
        Self { group, identity: Identity::Customer }
    }

    /// The scope of the reader of incoming mail. It sends enquiries to every dealer of the group, and reads the leads that they make to
    /// record their numbers. No request gets this scope: the group comes from the address at which the mail server received the mail
    /// (INT-10).
    pub fn mail(group: GroupId) -> Self {
        Self { group, identity: Identity::Mail }
    }

    /// The group whose data is accessible.
    pub fn group(&self) -> &GroupId {
        &self.group
    }

    /// The actor that is recorded for changes.
    pub fn actor(&self) -> Actor {
        match &self.identity {
            Identity::User(user) => Actor::User(user.id.clone()),
            Identity::Partner(partner) => Actor::Partner(partner.id.clone()),
            Identity::Customer => Actor::Customer,
            Identity::Mail | Identity::Nobody => Actor::System,
        }
    }

    /// The user's id. `None` if the principal is not a user.
    pub fn user_id(&self) -> Option<&UserId> {
        self.as_user().map(|user| &user.id)
    }

    /// The user's record, at most 60 seconds old. `None` if the principal is not a user.
    pub fn as_user(&self) -> Option<&User> {
        match &self.identity {
            Identity::User(user) => Some(user),
            Identity::Partner(_) | Identity::Mail | Identity::Customer | Identity::Nobody => None,
        }
    }

    /// The limit of the principal's enquiries in a minute (SET-12).
    pub fn enquiries_per_minute(&self) -> u32 {
        match &self.identity {
            Identity::Partner(partner) => partner.enquiries_per_minute,
            Identity::User(_) | Identity::Mail | Identity::Customer | Identity::Nobody => Partner::ENQUIRIES_PER_MINUTE,
        }
    }

    /// The id of the principal if it is a seller. Requests of sellers that name no user refer to the seller.
    pub fn seller(&self) -> Option<&UserId> {
        match &self.identity {
            Identity::User(user) if user.role == Role::Seller => Some(&user.id),
            _ => None,
        }
    }

    /// A dealer for items that belong to the whole group: one of the principal's, else the group's own id, which is a valid dealer's id.
    pub fn any_dealer(&self) -> Option<DealerId> {
        self.dealers().next().cloned().or_else(|| DealerId::parse(self.group.as_str()).ok())
    }

    /// Whether the principal may read every lead of the dealers that it may access.
    pub fn reads_every_lead(&self) -> bool {
        self.needs(Right::ReadLeads).is_ok() && matches!(&self.identity, Identity::User(user) if user.role != Role::Seller)
    }

    /// The dealers that are listed in the principal's record.
    pub fn dealers(&self) -> impl Iterator<Item = &DealerId> {
        let dealers = match &self.identity {
            Identity::User(user) => Some(&user.dealers),
            Identity::Partner(partner) => Some(&partner.dealers),
            Identity::Mail | Identity::Customer | Identity::Nobody => None,
        };
        dealers.into_iter().flatten()
    }

    /// Checks a right.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] names the right (LEAD-9).
    pub fn needs(&self, right: Right) -> Result<(), Refusal> {
        let may = match &self.identity {
            Identity::User(user) => user.may(right),
            Identity::Partner(partner) => match right {
                Right::SubmitLeads => true,
                Right::FindLeads => partner.kind == PartnerKind::ContactCentre,
                Right::ReadAppointments | Right::WorkAppointments => partner.kind != PartnerKind::Portal,
                _ => false,
            },
            Identity::Mail => matches!(right, Right::SubmitLeads | Right::ReadLeads),
            Identity::Customer | Identity::Nobody => false,
        };
        if may { Ok(()) } else { Err(Refusal::Forbidden(right)) }
    }

    /// Checks that the principal may export the records of the dealer: head office, and an administrator of the dealer if the dealer's
    /// setting allows it (EXP-1).
    ///
    /// # Errors
    /// [`Refusal::Forbidden`]; [`Refusal::NotFound`] for a dealer that the principal may not access.
    pub fn needs_export(&self, dealer: &Dealer) -> Result<(), Refusal> {
        self.reaches(&dealer.id)?;
        let administers = self.as_user().is_some_and(|user| user.role == Role::DealerAdmin);
        if administers && dealer.settings.own_exports { Ok(()) } else { self.needs(Right::Export) }
    }

    /// The rights that the principal has.
    pub fn rights(&self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.needs(*right).is_ok())
    }

    /// Whether the principal may access the whole group.
    pub fn reaches_all(&self) -> bool {
        match &self.identity {
            Identity::User(user) => user.role.reaches_all(),
            Identity::Partner(_) | Identity::Mail | Identity::Customer | Identity::Nobody => false,
        }
    }

    /// Whether the principal may access this user: it may access the whole group or one of the user's dealers.
    pub fn sees_user(&self, user: &User) -> bool {
        self.reaches_all() || user.dealers.iter().any(|dealer| self.reaches(dealer).is_ok())
    }

    /// Whether the principal may grant a right: any right that it has. An operator may grant every right, because operators set users up
    /// for other work (ACC-1).
    pub fn gives(&self, right: Right) -> bool {
        let role = if let Identity::User(user) = &self.identity { Some(user.role) } else { None };
        // A group admin may grant head office's right to export, but does not have it.
        let sets_up = role == Some(Role::Operator) || (role == Some(Role::GroupAdmin) && right == Right::Export);
        sets_up || self.needs(right).is_ok()
    }

    /// Whether the principal may grant a role: it may grant all rights of the role, and the role gives no wider access than its own
    /// (ACC-1).
    pub fn gives_role(&self, role: Role) -> bool {
        let mut rights = Right::ALL.into_iter().filter(|right| role.may(*right));
        (self.reaches_all() || !role.reaches_all()) && rights.all(|right| self.gives(right))
    }

    /// Checks that the principal may access the dealer.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], as for a dealer that does not exist (LEAD-9).
    pub fn reaches(&self, dealer: &DealerId) -> Result<(), Refusal> {
        let reaches = match &self.identity {
            // An operator reaches every dealer to set it up, but sees no leads, because operators lack the right to read them.
            Identity::User(user) => self.reaches_all() || user.dealers.contains(dealer),
            Identity::Partner(partner) => partner.dealers.contains(dealer),
            Identity::Mail => true,
            Identity::Customer | Identity::Nobody => false,
        };
        if reaches { Ok(()) } else { Err(Refusal::NotFound("dealer")) }
    }

    /// Whether the principal may see leads of `owner`, at a dealer that it may access. A seller who is a member there sees their own
    /// leads and those of users whom they supervise or stand in for.
    pub fn sees_leads_of(&self, owner: Option<&UserId>, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        let Identity::User(user) = &self.identity else { return self.identity == Identity::Mail };
        if user.role != Role::Seller {
            return true;
        }
        let Some(owner) = owner else { return false };
        // Access ends with the membership: the work of a former member is handed over (DIS-12).
        if settings.member(&user.id).is_none() {
            return false;
        }
        let supervised = *settings.supervisor_of(Some(owner)) == user.id;
        // A seller who may take leads from the pool sees the leads in it (DIS-8).
        let pooled =
            settings.pool.as_ref().is_some_and(|pool| pool.user == *owner) && settings.member(&user.id).is_some_and(|m| m.assignable);
        *owner == user.id || supervised || pooled || settings.stands_in(&user.id, owner, now)
    }

    /// Whether the principal may take any lead out of the pool of `dealer`, even with `oldest_only`: the supervisor of the pool user, and
    /// users who may change the dealer's settings (DIS-8).
    pub fn takes_any_pool_lead(&self, dealer: &Dealer) -> bool {
        let pool = dealer.settings.pool.as_ref().and_then(|pool| dealer.settings.member(&pool.user));
        let supervises = pool.and_then(|pool| pool.supervisor.as_ref()).is_some_and(|supervisor| self.user_id() == Some(supervisor));
        supervises || (self.needs(Right::ChangeSettings).is_ok() && self.reaches(&dealer.id).is_ok())
    }

    /// Whether the principal may assign a lead to `user` although that user has the maximum of open leads: the person whom level 2 of the
    /// user's leads notifies, and users who may change the dealer's settings; never the user themself (DIS-13).
    pub fn may_exceed_maximum_of(&self, user: &UserId, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        let Some(own) = self.user_id().filter(|own| *own != user) else { return false };
        let supervises = settings.supervisor_of(Some(user)) == own || settings.escalates_to(Some(user), now) == own;
        supervises || self.needs(Right::ChangeSettings).is_ok()
    }

    /// Whether the principal may see an appointment with `user` that the user `by` created, at a dealer that it may access (ACC-1). The
    /// contact centre sees all, because it creates appointments for all dealers. A seller sees their own appointments, those of users whom
    /// they supervise or stand in for, and those that they created, while they are a member there.
    pub fn sees_appointment_of(&self, user: Option<&UserId>, by: Option<&UserId>, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        // Access ends with the membership (DIS-12).
        let left = matches!(&self.identity, Identity::User(user) if user.role == Role::Seller && settings.member(&user.id).is_none());
        !left && ((by.is_some() && by == self.user_id()) || self.sees_leads_of(user, settings, now))
    }

    /// Whether the principal is asked to decide about another user's booking that cannot take place as planned (APT-9). Such a user may
    /// read the booking and its lead, and decide, also before the absence of the person begins.
    pub fn decides_about(
        &self,
        booked: &BookedTime<'_>,
        accepted: Option<&Accepted>,
        settings: &DealerSettings,
        now: DateTime<Utc>,
    ) -> bool {
        let intended = accepted.map(|accepted| accepted.intended_at(booked.from));
        self.is_asked_about(booked, intended.as_ref(), settings, now)
    }

    fn is_asked_about(
        &self,
        booked: &BookedTime<'_>,
        intended: Option<&BTreeSet<Impediment>>,
        settings: &DealerSettings,
        now: DateTime<Utc>,
    ) -> bool {
        let user = self.user_id().filter(|user| settings.member(user).is_some() && booked.user != Some(*user));
        user.is_some_and(|user| settings.is_asked_about(user, booked, &settings.intended(booked, intended), now))
    }

    /// Whether the principal is asked to decide about a booking of the lead.
    fn decides_on(&self, lead: &Lead, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        lead.planned.iter().filter(|planned| planned.booking).any(|planned| {
            let user = planned.user.as_ref().or(lead.owner.as_ref());
            let booked = settings.booked(user, planned.at, planned.kind.as_deref().unwrap_or_default());
            self.is_asked_about(&booked, planned.intended.as_ref(), settings, now)
        })
    }

    /// Checks a right, and that the principal may access the lead. `settings` are those of the lead's dealer. A user who decides about a
    /// booking of the lead may read it; one who is asked to agree to a later deadline may also work on it.
    ///
    /// # Errors
    /// 403 names the right; 404 if the lead is not accessible (LEAD-9).
    pub fn needs_on(&self, right: Right, lead: &Lead, settings: &DealerSettings, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.needs(right)?;
        let sees = || self.sees_leads_of(lead.owner.as_ref(), settings, now);
        let decides = || right == Right::ReadLeads && self.decides_on(lead, settings, now);
        let agrees = || lead.terms.requested.is_some() && self.user_id() == Some(lead.decides_on_move(settings, now));
        if self.reaches(&lead.dealer).is_ok() && (sees() || decides() || agrees()) { Ok(()) } else { Err(Refusal::NotFound("lead")) }
    }

    /// Returns whether the principal may agree to a move of the lead's first-contact deadline: the owner's supervisor, the user whom level
    /// 2 notifies now, the user who is asked, and an administrator, who may change the settings anyway. Those whom the move concerns may
    /// not, unless nobody else is above the owner (ESC-12). The principal must have access to the lead.
    pub fn agrees_for(&self, lead: &Lead, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        let (owner, Some(user)) = (lead.owner.as_ref(), self.user_id()) else { return false };
        let asked = [settings.supervisor_of(owner), settings.escalates_to(owner, now), lead.decides_on_move(settings, now)];
        if lead.is_concerned_by_move(user) {
            return asked.contains(&user) && settings.above(owner).all(|user| lead.is_concerned_by_move(user));
        }
        asked.contains(&user) || self.needs(Right::ChangeSettings).is_ok()
    }

    /// Returns the origin and team of appointments that the principal creates (APT-1, APT-2). They are never taken from the request.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] if the principal may not create appointments.
    pub fn makes_appointments(&self) -> Result<(AppointmentOrigin, AppointmentTeam), Refusal> {
        self.needs(Right::WorkAppointments)?;
        Ok(match &self.identity {
            Identity::Partner(partner) if partner.kind == PartnerKind::DealerSystem => {
                (AppointmentOrigin::DealerSystem, AppointmentTeam::Dealer)
            }
            Identity::Partner(_) => (AppointmentOrigin::ContactCentre, AppointmentTeam::ContactCentre),
            Identity::User(user) if user.role == Role::ContactCentre => (AppointmentOrigin::Forecourt, AppointmentTeam::ContactCentre),
            Identity::User(_) | Identity::Mail | Identity::Customer | Identity::Nobody => {
                (AppointmentOrigin::Forecourt, AppointmentTeam::Dealer)
            }
        })
    }

    /// Whether the principal may see an appointment at a dealer that it may access: users as in [`Scope::sees_appointment_of`] and if they
    /// decide about it, partners only their own.
    pub fn sees_appointment(&self, appointment: &Appointment, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        match &self.identity {
            Identity::Partner(partner) => appointment.by == Actor::Partner(partner.id.clone()),
            _ => {
                self.sees_appointment_of(appointment.user.as_ref(), appointment.by.user(), settings, now)
                    || self.decides_about(&appointment.booked_time(settings), appointment.accepted.as_ref(), settings, now)
            }
        }
    }

    /// Whether the principal may see the number and the vehicle of the lead of an appointment, also without access to the lead: its
    /// salesperson, and those who see the work of the salesperson (APT-7).
    pub fn sees_customer_of(&self, appointment: &Appointment, settings: &DealerSettings, now: DateTime<Utc>) -> bool {
        let takes_place = appointment.user.is_some() && !appointment.state.is_cancelled();
        let works_leads = self.user_id().is_some() && self.needs(Right::ReadLeads).is_ok() && self.reaches(&appointment.dealer).is_ok();
        takes_place && works_leads && self.sees_leads_of(appointment.user.as_ref(), settings, now)
    }

    /// Checks that the principal may access the dealer of the appointment. A partner keeps access to its own appointment when that moves to
    /// another dealer with its lead, because the partner must not notice the move (ACC-1).
    ///
    /// # Errors
    /// [`Refusal::NotFound`], as for an appointment that does not exist (LEAD-9).
    pub fn reaches_appointment(&self, appointment: &Appointment) -> Result<(), Refusal> {
        let own = matches!(&self.identity, Identity::Partner(partner) if appointment.by == Actor::Partner(partner.id.clone()));
        let reached = self.reaches(&appointment.dealer).is_ok() || (own && self.reaches(appointment.made_at()).is_ok());
        if reached { Ok(()) } else { Err(Refusal::NotFound("appointment")) }
    }

    /// Checks a right, and that the principal may access the appointment. `settings` are those of the appointment's dealer.
    ///
    /// # Errors
    /// 403 names the right; 404 if the appointment is not accessible (LEAD-9).
    pub fn needs_on_appointment(
        &self,
        right: Right,
        appointment: &Appointment,
        settings: &DealerSettings,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        self.needs(right)?;
        self.reaches_appointment(appointment)?;
        if self.sees_appointment(appointment, settings, now) { Ok(()) } else { Err(Refusal::NotFound("appointment")) }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Identity {
    User(User),
    Partner(Partner),
    /// The reader of incoming mail.
    Mail,
    /// A lead's contact, identified by a link of one lead.
    Customer,
    /// The system, or a caller that is not loaded yet: access to the group's keys, but no rights.
    Nobody,
}

impl Element {
    /// Checks that the principal may change or remove the element. Only the author and moderators may change a comment.
    ///
    /// # Errors
    /// 403 names the right (LEAD-9).
    pub fn may_be_changed_by(&self, scope: &Scope) -> Result<(), Refusal> {
        let own = self.content.kind() != ElementKind::Comment || self.by == scope.actor();
        if own { Ok(()) } else { scope.needs(Right::ModerateComments) }
    }
}
