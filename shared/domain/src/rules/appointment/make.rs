//! Creates and edits appointments (APT-1, APT-2).

use crate::appointment::{Appointment, AppointmentState, Attendance, Attended, External, LinkedLead, OfLead, PendingReports};
use crate::base::{Actor, AppointmentId, AppointmentKind, AppointmentOrigin, AppointmentTeam, DealerId, EventId, Fault, Refusal, UserId};
use crate::bookings::{Accepted, Despite};
use crate::calendar::{CalendarEvent, EventTime, in_reach};
use crate::decision::{Decision, Item};
use crate::directory::{Contact, KnownChannel, KnownName, Recognised, find_person};
use crate::enquiry::ContactPreferences;
use crate::lead::{Lead, is_pooled, not_erased};
use crate::rules::appointment::{ChangeCause, Elsewhere, FormerAppointment, changed};
use crate::rules::calendar::{CalendarContext, Choice, Chosen, Clock, NewEvent, schedule_as, state_of};
use crate::rules::directory::release_channels;
use crate::settings::Dealer;
use crate::slots::{Diary, LoadDay};
use chrono::{DateTime, Utc};

/// The input of a change of an appointment.
#[derive(Clone, Copy)]
pub struct AppointmentContext<'a> {
    /// The dealer. If the appointment has a calendar event, this is the lead's dealer.
    pub dealer: &'a Dealer,
    /// The lead of the appointment.
    pub lead: Option<&'a Lead>,
    /// The appointment's event on the lead's calendar.
    pub event: Option<&'a CalendarEvent>,
    /// The loaded days of users.
    pub days: LoadDay<'a>,
    /// The actor.
    pub by: &'a Actor,
    /// The warnings about the time and person that the request accepts (APT-8).
    pub despite: &'a Despite,
    /// The current time.
    pub now: DateTime<Utc>,
}

impl<'a> AppointmentContext<'a> {
    /// Checks that neither the customer of the appointment nor the contact of its lead was erased: nothing is added to it (PRV-2).
    pub(crate) fn not_erased(&self, appointment: &Appointment) -> Result<(), Refusal> {
        appointment.not_erased()?;
        self.lead.map_or(Ok(()), not_erased)
    }

    /// Checks the time and person of an appointment that is no event of a lead, if it is to take place.
    pub(crate) fn check_choice(&self, appointment: &Appointment) -> Result<Chosen, Refusal> {
        let Self { dealer, days, by, despite, now, .. } = *self;
        let is_open = !appointment.state.is_cancelled() && appointment.attendance.is == Attended::Unknown;
        // A report of another system states what has happened already.
        let by = if is_open { by } else { &Actor::System };
        let choice = Choice { dealer, days, by, despite, now };
        choice.check(&appointment.booked_time(&dealer.settings), appointment.id.as_str(), appointment.accepted.as_ref())
    }

    pub(crate) fn calendar_context(&self) -> Option<CalendarContext<'a>> {
        let Self { dealer, lead, days, by, now, .. } = *self;
        lead.map(|lead| CalendarContext { lead, dealer, days, by, now })
    }
}

/// The decision about an appointment, and the appointment after it.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedAppointment {
    /// The items.
    pub decision: Decision,
    /// The appointment.
    pub appointment: Appointment,
}

/// The customer's data in a request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Customer {
    /// The display name. `None` if it is the lead's.
    pub name: Option<String>,
    /// How to reach the customer.
    pub reached: ContactPreferences,
    /// The customer's channels in order of weight, each with its record in the directory. Not used if the appointment belongs to a lead,
    /// because the lead then identifies the customer.
    pub known: Vec<KnownChannel>,
}

impl Customer {
    /// Returns the record of the customer of the appointment `id` in the directory.
    fn recognised(&self, id: &AppointmentId) -> Option<Recognised> {
        find_person(&self.known, self.name.as_deref().and_then(KnownName::of_text).as_ref(), id.as_str())
    }
}

/// A new appointment.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAppointment {
    /// Its id.
    pub id: AppointmentId,
    /// The customer.
    pub customer: Customer,
    /// The kind.
    pub kind: AppointmentKind,
    /// When it takes place.
    pub at: DateTime<Utc>,
    /// The salesperson.
    pub user: Option<UserId>,
    /// An optional note.
    pub notes: Option<String>,
    /// The system in which it is created.
    pub origin: AppointmentOrigin,
    /// The team that creates it.
    pub team: AppointmentTeam,
    /// Its id in that system.
    pub external: Option<External>,
    /// Whether its lead was found by the customer's channels and the request did not name it (APT-8).
    pub linked: bool,
    /// Whether it leaves the response clock of its lead as it is, because nobody takes the lead out of the pool (APT-8).
    pub leaves_clock: bool,
    /// A hash of the request.
    pub request_hash: String,
    /// The appointment that it follows. `None` for most.
    pub follows: Option<FormerAppointment>,
}

impl NewAppointment {
    /// Whether it is acknowledged and counted, but not stored: a telephone or e-mail appointment of a dealer's own system (APT-2).
    pub fn is_unprocessed(&self) -> bool {
        self.origin == AppointmentOrigin::DealerSystem && matches!(self.kind, AppointmentKind::Telephone | AppointmentKind::Email)
    }

    /// Returns the salesperson. If the request names none, it is the owner of the lead, but not the user of the pool: the person who books
    /// for a lead of the pool takes it (DIS-8), and otherwise nobody has it yet.
    fn salesperson(&self, context: &AppointmentContext<'_>) -> Option<UserId> {
        let settings = &context.dealer.settings;
        let takes = |by: &&UserId| !self.linked && self.at >= context.now && settings.member(by).is_some_and(|member| member.assignable);
        let of_lead = |lead: &Lead| {
            let taker = context.by.user().filter(|_| is_pooled(lead, settings)).filter(takes).cloned();
            taker.or_else(|| lead.person(context.dealer))
        };
        self.user.clone().or_else(|| context.lead.and_then(of_lead))
    }

    /// Returns the faults of the appointment at `dealer`.
    pub fn faults(&self, dealer: &Dealer, now: DateTime<Utc>) -> Vec<Fault> {
        faults(self.origin, self.user.as_ref(), self.at, dealer, now)
    }
}

/// Returns the faults of an appointment at `dealer` with `user` at the time `at` that was created in the system `origin`.
pub fn faults(origin: AppointmentOrigin, user: Option<&UserId>, at: DateTime<Utc>, dealer: &Dealer, now: DateTime<Utc>) -> Vec<Fault> {
    let settings = &dealer.settings;
    let mut faults = Vec::new();
    if !settings.appointments.origins.contains(&origin) {
        let why = format!("is {}, and {} accepts no appointments from this system", origin.name(), dealer.id);
        faults.push(Fault::new("origin", "APT-2", why));
    }
    if user.is_some_and(|user| !settings.member(user).is_some_and(|member| member.assignable)) {
        faults.push(no_such_user(&dealer.id));
    }
    if !in_reach(at, now) {
        faults.push(Fault::new("at", "APT-1", "must be within ten years"));
    }
    faults
}

fn no_such_user(dealer: &DealerId) -> Fault {
    Fault::new("user", "APT-1", format!("must be a user of {dealer} who is assignable"))
}

/// Creates an appointment. An appointment of a lead is also an event on the lead's calendar. The `pending` reports apply from the
/// beginning (APT-5).
///
/// # Errors
/// Faults by field; 409 if the lead has too many incomplete events, or if its contact was erased (PRV-2).
pub fn make(
    context: &AppointmentContext<'_>,
    new: NewAppointment,
    pending: Option<&PendingReports>,
) -> Result<ChangedAppointment, Refusal> {
    let AppointmentContext { dealer, lead, by, now, .. } = *context;
    let mut faults = new.faults(dealer, now);
    if lead.is_some_and(|lead| lead.dealer != dealer.id) {
        faults.push(Fault::new("lead", "APT-1", format!("must be a lead of {}", dealer.id)));
    }
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    lead.map_or(Ok(()), not_erased)?;
    let recognised = new.customer.recognised(&new.id);
    let salesperson = new.salesperson(context);
    let Customer { name, reached, .. } = new.customer;
    let recognised = recognised.filter(|_| lead.and_then(|lead| lead.contact_id.as_ref()).is_none());
    let made = Appointment {
        event: lead.and_then(|_| EventId::parse(new.id.as_str()).ok()),
        id: new.id,
        dealer: dealer.id.clone(),
        lead: lead.map(|lead| lead.id),
        of_lead: lead.map(OfLead::of),
        customer: name.or_else(|| lead.map(|lead| lead.contact.clone())).unwrap_or_default(),
        customer_id: lead
            .and_then(|lead| lead.contact_id.clone())
            .or_else(|| recognised.as_ref().map(|found| found.contact.id.clone()))
            .or_else(|| new.follows.as_ref().and_then(|former| former.customer_id.clone())),
        user: salesperson,
        at: new.at,
        kind: new.kind,
        origin: new.origin,
        team: new.team,
        by: by.clone(),
        created: now,
        state: AppointmentState::Booked,
        attendance: Attendance::default(),
        customer_confirmed: None,
        past_confirmations: Vec::new(),
        declines: Vec::new(),
        arrived: None,
        past_arrivals: Vec::new(),
        follows: new.follows.as_ref().map(|former| former.id.clone()),
        followed_by: None,
        visit_check: Default::default(),
        confirmed: Default::default(),
        reminded: Default::default(),
        notified: Vec::new(),
        reminding: Vec::new(),
        sequence: 0,
        reached,
        notes: new.notes,
        external: new.external,
        moved: Vec::new(),
        moves: 0,
        left: Vec::new(),
        former_leads: Vec::new(),
        version: 0,
        updated: context.now,
        statements: Default::default(),
        given: Vec::new(),
        undone: Vec::new(),
        marked: Vec::new(),
        accepted: None,
        taken: None,
        briefing: Default::default(),
        linked: None,
        request_hash: Some(new.request_hash),
    };
    let reports = pending.map(|pending| pending.reports.as_slice()).unwrap_or_default();
    let mut made = reports.iter().fold(made, |made, report| made.with_report(report, by, &dealer.settings.calendar, now));
    made.accepted = Some(Accepted::with_the_time(&made.booked_time(&dealer.settings), &dealer.settings, None));
    made.linked = new.linked.then(|| LinkedLead { named: new.user.clone(), chosen: None });
    let mut decision = match context.calendar_context().zip(made.event.clone()) {
        Some((calendar_context, id)) => {
            let event = NewEvent {
                id,
                title: made.kind.title().to_owned(),
                kind: made.kind.event_type().to_owned(),
                when: EventTime::At(made.at),
                notes: made.notes.clone(),
                user: new.user,
                booked: false,
                appointment: Some(made.id.clone()),
                follows: made.follows.clone(),
                despite: context.despite.clone(),
            };
            let clock = if new.leaves_clock { Clock::RunsOn } else { Clock::Stops };
            let decision = schedule_as(&calendar_context, event, state_of(&made), clock)?;
            // What was decided with the time is recorded on both.
            made.accepted = decision.event().and_then(|event| event.accepted.clone()).or(made.accepted);
            decision
        }
        None => {
            let Chosen { warnings, kept } = context.check_choice(&made)?;
            made.accepted = kept.or(made.accepted);
            made.taken = made.takes(context, None);
            let mut diary = Diary::new(context.days);
            diary.put(made.id.as_str(), None, made.taken.as_ref())?;
            diary.items().fold(Decision::default().warned(warnings), Decision::with)
        }
    };
    decision.items.extend(recognised.into_iter().flat_map(|found| found.directory_items()));
    decision.items.extend(made.letters(None, dealer, now));
    let emptied = made.external.as_ref().map(|external| Item::PendingReports(PendingReports::emptied(&made.id, &external.partner, now)));
    decision.items.extend(emptied);
    let cause = ChangeCause { by, notified: Elsewhere::Nothing, settings: &dealer.settings, now };
    let made = made.briefed(None, cause).with_owner_notified(lead, cause).revised(context.now);
    decision.items.push(Item::Appointment(Box::new(made.clone())));
    Ok(ChangedAppointment { decision, appointment: made })
}

/// An edit of an appointment. A field that is `None` stays unchanged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Edit {
    /// The salesperson; the inner `None` removes it.
    pub user: Option<Option<UserId>>,
    /// The note; the inner `None` removes it.
    pub notes: Option<Option<String>>,
    /// The customer.
    pub customer: Option<Customer>,
    /// The customer's record in the directory, and its channels that the customer never had (LEAD-7).
    pub removed: Option<(Contact, Vec<KnownChannel>)>,
}

/// Edits an appointment. Its event gets the same salesperson in the same commit. `None` if nothing changes.
///
/// # Errors
/// Faults by field; 409 if the customer or the note changes although the customer was erased (PRV-2), or if an appointment that is
/// cancelled or over would get another user (CAL-9).
pub fn edit(context: &AppointmentContext<'_>, before: &Appointment, edit: Edit) -> Result<Option<ChangedAppointment>, Refusal> {
    let mut after = before.clone();
    if let Some(user) = edit.user {
        let known = |user: &UserId| context.dealer.settings.member(user).is_some_and(|member| member.assignable);
        if user != before.user && user.as_ref().is_some_and(|user| !known(user)) {
            // A partner does not learn to which dealer the lead has moved (ACC-1).
            let dealer = if matches!(context.by, Actor::Partner(_)) { before.made_at() } else { &context.dealer.id };
            return Err(Refusal::Invalid(vec![no_such_user(dealer)]));
        }
        after.user = user;
    }
    if let Some(notes) = edit.notes {
        after.notes = notes;
    }
    let mut directory_items = Vec::new();
    if let Some(customer) = edit.customer {
        let recognised = customer.recognised(&before.id).filter(|_| context.lead.is_none());
        let Customer { name, reached, .. } = customer;
        after.customer = name.unwrap_or(after.customer);
        // If only the name or the language changes, the customer remains the same person, even if the directory has new data.
        if (&reached.email, &reached.phone) != (&after.reached.email, &after.reached.phone) {
            // Another person has not confirmed it (APT-12).
            let names = KnownName::of_text(&before.customer).zip(KnownName::of_text(&after.customer));
            if !reached.can_be_of(&before.reached) || names.is_some_and(|(one, other)| !one.agrees(&other)) {
                after.end_confirmation(context.by, context.now, false);
            }
            directory_items = recognised.iter().flat_map(Recognised::directory_items).collect();
            if let Some((record, channels)) = edit.removed.filter(|(_, channels)| context.lead.is_none() && !channels.is_empty()) {
                release_channels(&record, &channels, &mut directory_items);
            }
            let of_lead = context.lead.and_then(|lead| lead.contact_id.clone());
            after.customer_id = of_lead.or_else(|| recognised.map(|found| found.contact.id));
        }
        after.reached = reached;
    }
    if after == *before {
        return Ok(None);
    }
    if after.user != before.user {
        before.can_be_given()?;
    }
    if (&after.customer, &after.reached, &after.notes) != (&before.customer, &before.reached, &before.notes) {
        context.not_erased(before)?;
    }
    let mut changed = changed(context, before, after)?;
    changed.decision.items.extend(directory_items);
    Ok(Some(changed))
}

impl Appointment {
    /// Checks that the appointment can get another user: what has happened stays with the one who had it.
    fn can_be_given(&self) -> Result<(), Refusal> {
        let why = match (self.state.is_cancelled(), self.attendance.is) {
            (true, _) => "the appointment is cancelled; reopen it before you give it to another user",
            (false, Attended::Unknown) => return Ok(()),
            (false, _) => "the attendance is recorded; the appointment cannot be given to another user",
        };
        Err(Refusal::conflict("CAL-9", why))
    }
}
