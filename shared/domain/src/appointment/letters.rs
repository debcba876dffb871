//! Letters about an appointment (APT-3).

use crate::appointment::{Appointment, Attended};
use crate::base::{Actor, AppointmentKind, InvitationId, Language, LeadId, Medium, Subject};
use crate::calendar::{CalendarEvent, Invitation, name_of};
use crate::messages::{Lease, Letter, LetterKind, LetterState, SuppressionReason};
use crate::settings::DealerSettings;
use chrono::{DateTime, Utc};

impl Appointment {
    /// What it is called; `event` is the one that it is, if it is one. Of one that the calendar made, the type says more than its kind.
    pub fn name<'a>(&self, event: Option<&'a CalendarEvent>, language: &Language) -> &'a str {
        if let Some(event) = event.filter(|event| event.appointment.is_none()) {
            return name_of(&event.kind, language);
        }
        let name = match self.kind {
            AppointmentKind::Video | AppointmentKind::Workshop | AppointmentKind::Other => self.kind.name(),
            AppointmentKind::Showroom
            | AppointmentKind::TestDrive
            | AppointmentKind::Telephone
            | AppointmentKind::Email
            | AppointmentKind::Delivery => self.kind.event_type(),
        };
        name_of(name, language)
    }
}

/// What to do with a letter that has come due.
#[derive(Debug, Clone, PartialEq)]
pub enum LetterClaim {
    /// Send it; the letter is leased to the sender.
    Send(Letter),
    /// Nothing to send; the letter's new state says why.
    Settle(Letter),
}

impl Invitation {
    /// The invitation by which an appointment was booked, where a customer did that.
    pub fn of_appointment(appointment: &Appointment) -> Option<(LeadId, InvitationId)> {
        let event = appointment.event.as_ref().filter(|_| appointment.by == Actor::Customer)?;
        let (invitation, _) = event.as_str().rsplit_once('-')?;
        Some((appointment.lead?, InvitationId::parse(invitation).ok()?))
    }
}

impl Letter {
    /// A letter about an appointment, to go out at `due`.
    pub fn of_appointment(appointment: &Appointment, says: LetterKind, medium: Medium, due: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self {
            home: Subject::Appointment(appointment.id.clone()),
            cause: format!("{}-{}-{}", says.name(), appointment.sequence, medium.name()),
            to: None,
            dealer: appointment.dealer.clone(),
            medium,
            says,
            sequence: appointment.sequence,
            language: appointment.reached.language.clone(),
            queued: now,
            fate: LetterState::Queued { due, attempts: 0 },
        }
    }

    /// Looks at a letter whose time has come; `appointment` is what it is about, if it is about one. `None`: its time has not come, or it is
    /// settled or leased.
    pub fn look(&self, appointment: Option<&Appointment>, settings: &DealerSettings, now: DateTime<Utc>) -> Option<LetterClaim> {
        if self.due().is_none_or(|due| due > now) {
            return None;
        }
        let settle = |fate| Some(LetterClaim::Settle(self.with_state(fate)));
        let suppressed = |why| settle(LetterState::Suppressed { at: now, why });
        let attempts = match self.fate {
            LetterState::Queued { attempts, .. } => attempts,
            _ => return settle(LetterState::Unclear { at: now }),
        };
        if !settings.send_external_mail {
            return suppressed(SuppressionReason::Switched);
        }
        if matches!(self.home, Subject::Appointment(_)) {
            let Some(appointment) = appointment else { return suppressed(SuppressionReason::NoLongerSo) };
            let cancelled = appointment.state.is_cancelled();
            let unknown = appointment.attendance.is == Attended::Unknown;
            let over = self.says == LetterKind::Reminder && !unknown;
            // Who was told of a time that is still to come must not come in vain, wherever it was moved.
            let in_vain = self.says == LetterKind::Moved && unknown && appointment.moved.last().is_some_and(|moved| moved.from > now);
            if over || appointment.sequence != self.sequence || cancelled != (self.says == LetterKind::Cancelled) {
                return suppressed(SuppressionReason::NoLongerSo);
            }
            if appointment.at <= now && !in_vain {
                return suppressed(SuppressionReason::TooLate);
            }
            if appointment.reached.refuses.has(self.medium) {
                return suppressed(SuppressionReason::Refused);
            }
            // What was queued goes by the dealer's settings of now.
            let used = &settings.appointments;
            if !used.media.contains(&self.medium) || (self.says == LetterKind::Reminder && used.reminder_hours == 0) {
                return suppressed(SuppressionReason::NotUsed);
            }
            if self.says == LetterKind::Reminder
                && let Some(due) = used.reminder_of(appointment.at, &settings.calendar).filter(|due| *due > now)
            {
                return settle(LetterState::Queued { due, attempts });
            }
            // One that was held up must not come at night either.
            if self.says == LetterKind::Reminder
                && let Some(day) = settings.appointments.day_after(now, &settings.calendar)
            {
                let due = day.filter(|day| *day < appointment.at);
                return due.map_or_else(|| suppressed(SuppressionReason::TooLate), |due| settle(LetterState::Queued { due, attempts }));
            }
        }
        Some(LetterClaim::Send(self.with_state(LetterState::Sending { until: Lease::MAIL.until(now), attempts })))
    }
}
