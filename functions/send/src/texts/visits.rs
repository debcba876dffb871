//! The mails to salespersons about their appointments (APT-7).

use super::{TextError, Texts};
use crate::mail::{Envelope, Mail};
use crate::mornings::DayList;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, AppointmentState, SalesMail};
use forecourt_domain::base::{Actor, CancellationSide, Language, UserId};
use forecourt_domain::calendar::title_of;
use forecourt_domain::settings::Dealer;
use forecourt_domain::texts::{local_time, text_language};
use forecourt_edge::usecase::people::Names;
use forecourt_edge::usecase::visits::Visit;
use minijinja::context;
use serde::Serialize;

/// A mail about one appointment.
pub(crate) struct VisitMail<'a> {
    /// The changes.
    pub(crate) mail: &'a SalesMail,
    /// The appointment.
    pub(crate) visit: &'a Visit,
    /// The names of users.
    pub(crate) names: &'a Names,
    /// The rights of the reader.
    pub(crate) scope: &'a Scope,
    /// The user in whose place the reader gets the mail.
    pub(crate) instead_of: Option<&'a UserId>,
}

/// The list of a day for one reader.
pub(crate) struct DayMail<'a> {
    /// The visits.
    pub(crate) list: &'a DayList,
    /// The names of users.
    pub(crate) names: &'a Names,
    /// The rights of the reader.
    pub(crate) scope: &'a Scope,
    /// The name of the salesperson if somebody else reads the list.
    pub(crate) instead_of: Option<&'a str>,
}

#[derive(Serialize)]
struct VisitText {
    when: String,
    title: String,
    customer: String,
    phone: String,
    vehicle: String,
    notes: String,
    link: String,
    /// Whether the appointment has no salesperson.
    nobody: bool,
    cancelled: bool,
    /// The name of the salesperson, if the reader is somebody else.
    person: String,
}

/// Why an appointment is cancelled. A text is empty if nobody stated it.
#[derive(Default, Serialize)]
struct CancelledText {
    reason: String,
    side: &'static str,
    note: String,
}

impl CancelledText {
    fn of(appointment: &Appointment) -> Self {
        let AppointmentState::Cancelled { why, .. } = &appointment.state else { return Self::default() };
        let side = why.side.map(CancellationSide::name).unwrap_or_default();
        Self { reason: why.reason.clone().unwrap_or_default(), side, note: why.note.clone().unwrap_or_default() }
    }
}

#[derive(Serialize)]
struct ChangeText {
    what: &'static str,
    by: &'static str,
    name: String,
    from: String,
}

impl Texts {
    /// Writes the mail about changes of an appointment, or the reminder of it.
    ///
    /// # Errors
    /// If the template fails.
    pub(crate) fn visit(&self, envelope: Envelope<'_>, about: &VisitMail<'_>) -> Result<Mail, TextError> {
        let Envelope { to, dealer, now, .. } = envelope;
        let VisitMail { mail, visit, names, scope, instead_of } = *about;
        let zone = dealer.settings.calendar.zone();
        let change = |change: &forecourt_domain::appointment::SalesNotice| {
            let moved = change.from.filter(|from| *from != visit.appointment.at);
            let (by, name) = match &change.by {
                Actor::User(user) => ("user", names.name(user)),
                Actor::Partner(_) => ("partner", String::new()),
                Actor::Customer => ("customer", String::new()),
                _ => ("system", String::new()),
            };
            let from = moved.map(|from| local_time(from, zone, &to.language)).unwrap_or_default();
            ChangeText { what: change.what.name(), by, name, from }
        };
        let changes: Vec<ChangeText> = mail.changes.iter().map(change).collect();
        let text = self.visit_text(visit, scope, (dealer, &to.language), now);
        let person = visit.appointment.user.as_ref().map(|user| names.name(user)).unwrap_or_default();
        let context = context! {
            language => text_language(&to.language),
            reader => &to.name,
            dealer => &dealer.settings.name,
            what => mail.what().name(),
            changes => minijinja::value::Serde(&changes),
            visits => minijinja::value::Serde(&[text]),
            cancelled => minijinja::value::Serde(&CancelledText::of(&visit.appointment)),
            person,
            nobody => mail.person.is_none(),
            instead_of => instead_of.map(|user| names.name(user)).unwrap_or_default(),
        };
        let written = self.templates.get_template("visits")?.render(context)?;
        Ok(Mail::from_text(envelope, &written))
    }

    /// Writes the list of a salesperson's appointments of a day.
    ///
    /// # Errors
    /// If the template fails.
    pub(crate) fn day(&self, envelope: Envelope<'_>, about: &DayMail<'_>) -> Result<Mail, TextError> {
        let Envelope { to, dealer, now, .. } = envelope;
        let DayMail { list, names, scope, instead_of } = *about;
        let text = |visit: &Visit| self.visit_text(visit, scope, (dealer, &to.language), now);
        let texts: Vec<VisitText> = list.visits.iter().map(text).collect();
        let named = |visit: &Visit| {
            let person = visit.appointment.user.as_ref().map(|user| names.name(user)).unwrap_or_default();
            VisitText { person, ..text(visit) }
        };
        let unmarked: Vec<VisitText> = list.unmarked.iter().map(named).collect();
        let context = context! {
            language => text_language(&to.language),
            reader => &to.name,
            dealer => &dealer.settings.name,
            what => "day",
            visits => minijinja::value::Serde(&texts),
            unmarked => minijinja::value::Serde(&unmarked),
            instead_of => instead_of.unwrap_or_default(),
        };
        let written = self.templates.get_template("visits")?.render(context)?;
        Ok(Mail::from_text(envelope, &written))
    }

    fn visit_text(&self, visit: &Visit, scope: &Scope, (dealer, language): (&Dealer, &Language), now: DateTime<Utc>) -> VisitText {
        let Visit { appointment, event, .. } = visit;
        let (phone, vehicle) = visit.shown_to(scope, dealer, now);
        let title = event.as_ref().map(|event| title_of(&event.title, language));
        VisitText {
            when: local_time(appointment.at, dealer.settings.calendar.zone(), language),
            title: title.unwrap_or_else(|| appointment.name(None, language)).to_owned(),
            customer: appointment.customer.clone(),
            phone: phone.unwrap_or_default().to_owned(),
            vehicle: vehicle.to_owned(),
            notes: appointment.notes.clone().unwrap_or_default(),
            // The owner of the lead need not see the appointments of a colleague.
            link: match &visit.lead {
                Some(lead) if !scope.sees_appointment(appointment, &dealer.settings, now) => self.console.lead(lead.id),
                _ => self.console.appointment(&appointment.id),
            },
            nobody: appointment.user.is_none(),
            cancelled: appointment.state.is_cancelled(),
            person: String::new(),
        }
    }
}
