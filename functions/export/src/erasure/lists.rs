//! Erases the appointments and the follow-ups of a contact (PRV-2).

use super::job::Job;
use crate::sought::Sought;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{AppointmentId, Subject};
use forecourt_domain::privacy::{Erasure, ErasureCursor};
use forecourt_domain::rules::privacy::{ErasedBooking, erase_appointment, erase_follow_up};
use forecourt_domain::settings::Dealer;
use forecourt_domain::slots::LoadDay;
use forecourt_edge::usecase::lead::days_of;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};

impl Job<'_> {
    /// Returns the contact whom the lists are searched for.
    pub(super) fn sought<'o>(&'o self, order: &'o Erasure) -> Sought<'o> {
        let Erasure { channels, shared_record, at, .. } = order;
        let platform = &self.exporter.platform;
        Sought { platform, scope: &self.scope, channels, shared_record: shared_record.as_ref(), ordered: *at, now: self.now }
    }

    /// Erases the appointments of a page of a dealer's list that are of the contact. Returns the place of the next page.
    pub(super) async fn erase_appointments(&self, order: &Erasure) -> Result<Option<ErasureCursor>, Failure> {
        let sought = self.sought(order);
        let is_held = |appointment: &Appointment| appointment.lead.is_some_and(|lead| order.held.contains(&lead));
        let is_target = |appointment: &Appointment| order.targets.iter().any(|target| appointment.lead == Some(target.lead));
        let wanted = |dealer: &Dealer, appointment: &Appointment| {
            // A lead of the order is erased with the appointments that were made meanwhile.
            let is_theirs = sought.is_customer(dealer, appointment) || (is_target(appointment) && sought.has_customer(dealer, appointment));
            is_theirs && !is_held(appointment)
        };
        let (found, next) = sought.appointments(order.cursor.as_ref(), wanted).await?;
        for appointment in &found {
            self.erase_appointment(appointment).await?;
        }
        Ok(next)
    }

    /// Erases an appointment, and deletes the letters about it.
    pub(super) async fn erase_appointment(&self, appointment: &Appointment) -> Result<(), Failure> {
        let store = &self.exporter.platform.store;
        let id = &appointment.id;
        let decide = |loaded: &Loaded, days: LoadDay<'_>| {
            let Some((order, appointment)) = loaded.erasure(self.id).zip(loaded.appointment(id)) else { return Ok(None) };
            let lead = appointment.lead.and_then(|lead| loaded.lead(lead));
            if lead.is_some_and(|lead| !lead.holds.is_empty()) {
                return Ok(None);
            }
            erase_appointment(&ErasedBooking { order, lead, days, now: self.now }, appointment)
        };
        let load = Load::of([self.key(), Key::Appointment(id.clone())]).then(|loaded| {
            let lead = loaded.appointment(id).and_then(|appointment| appointment.lead).map(Key::Lead);
            lead.into_iter().chain(days_of(|days| decide(loaded, days))).collect()
        });
        let rule = |loaded: &Loaded, _| Ok((decide(loaded, &|user, date| loaded.day(user, date))?, ()));
        store.decide(&self.scope, load.with_long_retry(), rule).await?;
        self.delete_letters(id).await
    }

    /// Erases the follow-ups of the contact: those of the person's own channels. A channel that others share identifies nobody.
    pub(super) async fn erase_follow_ups(&self, order: &Erasure) -> Result<(), Failure> {
        let store = &self.exporter.platform.store;
        for channel in order.channels.iter().filter(|channel| order.shared_record.as_ref() != Some(*channel)) {
            for id in store.follow_ups_of(&self.scope, channel).await? {
                let rule =
                    |loaded: &Loaded, _| Ok((loaded.follow_up(&id).and_then(|follow_up| erase_follow_up(order, follow_up, self.now)), ()));
                store.decide(&self.scope, Load::of([Key::FollowUp(id.clone())]).with_long_retry(), rule).await?;
            }
        }
        Ok(())
    }

    /// Deletes everything beside an appointment: letters, and reports that came before it.
    pub(super) async fn delete_letters(&self, id: &AppointmentId) -> Result<(), Failure> {
        let store = &self.exporter.platform.store;
        let items = store.items_to_erase(&self.scope, &Subject::Appointment(id.clone())).await?;
        self.erase_stops_of(&items.letters).await?;
        store.delete_items(items.deletable).await
    }
}
