//! The check of an appointment after its visit (APT-12): the rules record the attendance, and the supervisor gets the visit in a list.

use crate::sender::Sender;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{Actor, AppointmentId, UserId};
use forecourt_domain::rules::appointment::{AppointmentContext, check_visit};
use forecourt_edge::usecase::appointment::{context_of, needs};
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded};

impl Sender {
    /// Carries out the check of the appointment that is due, if any.
    pub(crate) async fn check_visit(&self, wake_up: &WakeUp, id: &AppointmentId) -> Result<(), Failure> {
        let (now, by) = (self.platform.clock.now(), Actor::System);
        let read_days = |context: &AppointmentContext<'_>, appointment: &Appointment| {
            let _ = check_visit(context, appointment, None);
        };
        let is_due = |appointment: &&Appointment| appointment.visit_check.due.is_some_and(|due| due <= now);
        let load = Load::of([Key::Appointment(id.clone())]).then(|loaded| {
            if loaded.appointment(id).filter(is_due).is_none() {
                return Vec::new();
            }
            let needed = needs(loaded, id, read_days, &by, now);
            // The list is that of the lead's dealer, whose hours count.
            let lists =
                needed.iter().filter_map(|key| if let Key::Dealer(dealer) = key { Some(Key::MorningList(dealer.clone())) } else { None });
            lists.chain(needed.iter().cloned()).collect()
        });
        let rule = |loaded: &Loaded, _| {
            let Some(appointment) = loaded.appointment(id).filter(is_due) else { return Ok((None, ())) };
            let days = |user: &UserId, date| loaded.day(user, date);
            let context = context_of(loaded, appointment, &days, &by, now)?;
            Ok((check_visit(&context, appointment, loaded.morning_list(&context.dealer.id))?, ()))
        };
        self.platform.store.decide(&wake_up.scope(), load, rule).await
    }
}
