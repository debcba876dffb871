//! Letters about an appointment (APT-3).

use crate::appointment::{Appointment, Attended};
use crate::base::{Actor, InvitationId, Language, LeadId, Medium, Purpose, Subject};
use crate::calendar::{CalendarEvent, Invitation, is_at_dealer, name_of, type_of};
use crate::messages::{Lease, Letter, LetterKind, LetterState, SuppressionReason};
use crate::settings::DealerSettings;
use chrono::{DateTime, TimeDelta, Utc};

impl Appointment {
    /// Returns the displayed name. `event` is the appointment's calendar event, if it has one. If the calendar created the appointment, the
    /// event type is used, as it is more precise than the kind.
    pub fn name<'a>(&self, event: Option<&'a CalendarEvent>, language: &Language) -> &'a str {
        if let Some(event) = event.filter(|event| event.appointment.is_none()) {
            return name_of(&event.kind, language);
        }
        name_of(type_of(self.kind), language)
    }

    /// Whether the customer comes to the dealer. `event` is the appointment's calendar event, if it has one.
    pub fn is_at_dealer(&self, event: Option<&CalendarEvent>) -> bool {
        is_at_dealer(event.filter(|event| event.appointment.is_none()).map_or(type_of(self.kind), |event| event.kind.as_str()))
    }
}

/// When a reminder that is held is checked again.
const HELD: TimeDelta = TimeDelta::minutes(30);

/// The result of a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum LetterClaim {
    /// Send it. The letter is leased to the sender.
    Send(Letter),
    /// Send nothing. The new state of the letter holds the reason.
    Settle(Letter),
}

impl Invitation {
    /// Returns the invitation by which a customer booked the appointment. `None` if no customer booked it.
    pub fn of_appointment(appointment: &Appointment) -> Option<(LeadId, InvitationId)> {
        let event = appointment.event.as_ref().filter(|_| appointment.by == Actor::Customer)?;
        let (invitation, _) = event.as_str().rsplit_once('-')?;
        Some((appointment.lead?, InvitationId::parse(invitation).ok()?))
    }
}

impl Letter {
    /// Creates a letter about an appointment, due at `due`.
    pub fn of_appointment(appointment: &Appointment, kind: LetterKind, medium: Medium, due: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self {
            subject: Subject::Appointment(appointment.id.clone()),
            cause: format!("{}-{}-{}", kind.name(), appointment.sequence, medium.name()),
            to: None,
            counted: Vec::new(),
            answers: None,
            in_reply_to: None,
            dealer: appointment.dealer.clone(),
            medium,
            kind,
            sequence: appointment.sequence,
            language: appointment.reached.language.clone(),
            queued: now,
            instant: false,
            plan: None,
            purpose: Purpose::Contract,
            state: LetterState::Queued { due, attempts: 0 },
            report: None,
        }
    }

    /// Claims a due letter. `appointment` is its subject, if that is an appointment. `None` if the letter is not due, or is settled or
    /// leased.
    pub fn claim(&self, appointment: Option<&Appointment>, settings: &DealerSettings, now: DateTime<Utc>) -> Option<LetterClaim> {
        if self.due().is_none_or(|due| due > now) {
            return None;
        }
        let settle = |state| Some(LetterClaim::Settle(self.with_state(state)));
        let suppressed = |why| settle(LetterState::Suppressed { at: now, why });
        let attempts = match self.state {
            LetterState::Queued { attempts, .. } => attempts,
            _ => return settle(LetterState::Unclear { at: now }),
        };
        if !settings.send_external_mail {
            return suppressed(SuppressionReason::Switched);
        }
        if settings.lead_tracking_only {
            return suppressed(SuppressionReason::TrackingOnly);
        }
        if matches!(self.subject, Subject::Appointment(_)) {
            let Some(appointment) = appointment else { return suppressed(SuppressionReason::NoLongerSo) };
            let cancelled = appointment.state.is_cancelled();
            let unknown = appointment.attendance.is == Attended::Unknown;
            let over = self.kind == LetterKind::Reminder && !unknown;
            // A customer who expects a time in the future must learn that the appointment was moved, even if it was moved to the past.
            let in_vain = self.kind == LetterKind::Moved && unknown && appointment.moved.last().is_some_and(|moved| moved.from > now);
            if over || appointment.sequence != self.sequence || cancelled != (self.kind == LetterKind::Cancelled) {
                return suppressed(SuppressionReason::NoLongerSo);
            }
            if appointment.at <= now && !in_vain {
                return suppressed(SuppressionReason::TooLate);
            }
            if appointment.reached.refuses.has(self.medium) {
                return suppressed(SuppressionReason::Refused);
            }
            // Queued letters follow the dealer's current settings.
            let used = &settings.appointments;
            if !used.media.contains(&self.medium) || (self.kind == LetterKind::Reminder && used.reminder_hours == 0) {
                return suppressed(SuppressionReason::NotUsed);
            }
            // Nobody has decided about the booking yet: the customer must not be reminded of what may not take place (APT-9).
            if self.kind == LetterKind::Reminder && appointment.affected(settings, now).is_some() {
                return settle(LetterState::Queued { due: appointment.at.min(now + HELD), attempts });
            }
            if self.kind == LetterKind::Reminder
                && let Some(due) = used.reminder_of(appointment.at, &settings.calendar).filter(|due| *due > now)
            {
                return settle(LetterState::Queued { due, attempts });
            }
            // A delayed reminder must not be sent at night either.
            if self.kind == LetterKind::Reminder
                && let Some(day) = settings.appointments.day_after(now, &settings.calendar)
            {
                let due = day.filter(|day| *day < appointment.at);
                return due.map_or_else(|| suppressed(SuppressionReason::TooLate), |due| settle(LetterState::Queued { due, attempts }));
            }
        }
        Some(LetterClaim::Send(self.with_state(LetterState::Sending { until: Lease::MAIL.until(now), attempts })))
    }
}
