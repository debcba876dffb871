//! How a customer answers a letter about an appointment: by its link (APT-8), or by a text message (MSG-3).

use crate::letters::{Destination, appointment};
use crate::sender::Sender;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{InvitationId, LeadId, Medium, Subject};
use forecourt_domain::calendar::Invitation;
use forecourt_domain::messages::{AddressState, AskedVisit, Letter, LetterKind};
use forecourt_edge::auth::link;
use forecourt_store::Loaded;

impl Sender {
    /// Returns the link to the customer's page of an appointment: that of the invitation by which the customer booked it, else its own. An
    /// invitation that was revoked or used for another booking since gives none.
    pub(super) fn page_of(&self, scope: &Scope, subject: &Subject, to: &Destination, loaded: &Loaded) -> Option<String> {
        let appointment = appointment(subject, loaded)?;
        if booked_by(subject, loaded).is_some() {
            return invitation(subject, loaded).map(|invitation| link::of(&self.platform, scope.group(), invitation));
        }
        let address = to.channels(self.platform.store.secret(), scope);
        address.first().map(|address| link::of_appointment(&self.platform, scope.group(), &appointment.id, address))
    }

    /// Returns the state of a number that a reminder asks about its appointment, so that an answer finds the appointment. `None` if the
    /// dealer receives no text messages.
    pub(super) fn question(
        &self,
        scope: &Scope,
        (letter, appointment): (&Letter, Option<&Appointment>),
        (to, loaded): (&Destination, &Loaded),
        now: DateTime<Utc>,
    ) -> Option<AddressState> {
        let asks = letter.kind == LetterKind::Reminder && letter.medium == Medium::Sms;
        let appointment = appointment.filter(|_| asks)?;
        loaded.dealer(&appointment.dealer)?.settings.text_number.as_ref()?;
        let key = to.channels(self.platform.store.secret(), scope).into_iter().next()?;
        let asked = AskedVisit { appointment: appointment.id.clone(), dealer: appointment.dealer.clone(), until: appointment.at };
        Some(AddressState::with_question(loaded.address_state(&key), &key, asked, now))
    }
}

/// The invitation with which the customer booked the appointment.
pub(crate) fn booked_by(subject: &Subject, loaded: &Loaded) -> Option<(LeadId, InvitationId)> {
    appointment(subject, loaded).and_then(Invitation::of_appointment)
}

/// The invitation of the appointment. `None` if it was revoked or used for another booking since.
fn invitation<'a>(subject: &Subject, loaded: &'a Loaded) -> Option<&'a Invitation> {
    let (lead, id) = booked_by(subject, loaded)?;
    let event = appointment(subject, loaded)?.event.as_ref();
    loaded.invitation(lead, &id).filter(|invitation| invitation.revoked.is_none() && invitation.event.as_ref() == event)
}
