//! An appointment with its letters (APT-3).

use crate::entity::Entity;
use crate::keys::Key;
use crate::reads::{readable, table_key};
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::AppointmentId;
use forecourt_domain::messages::Letter;

/// The most reads of a megabyte for one appointment.
const READS: usize = 8;

/// An appointment with its letters.
#[derive(Debug, Clone, PartialEq)]
pub struct AppointmentPage {
    /// The appointment.
    pub appointment: Appointment,
    /// The letters about it, oldest first.
    pub letters: Vec<Letter>,
}

impl Store {
    /// Returns an appointment and its letters, oldest first, in one read; `None` if the group has no such appointment.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn appointment_page(&self, scope: &Scope, id: &AppointmentId) -> Result<Option<AppointmentPage>, Failure> {
        let at = Key::Appointment(id.clone()).at(scope);
        let query = self.client.query().key_condition_expression("pk = :pk").consistent_read(true);
        let query = query.expression_attribute_values(":pk", AttributeValue::S(at.pk));
        let (mut appointment, mut letters, mut start) = (None, Vec::new(), None);
        for _ in 0..READS {
            let found = self.run(query.clone().set_exclusive_start_key(start)).await?;
            for attributes in found.items.unwrap_or_default() {
                let place = table_key(&attributes).map(|key| key.sk).unwrap_or_default();
                if place == at.sk {
                    appointment = Some(Appointment::from_attributes(attributes)?);
                } else if place.starts_with("O#") {
                    letters.extend(readable(attributes, Letter::from_attributes));
                }
            }
            start = found.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        letters.sort_by(|a: &Letter, b: &Letter| (a.queued, a.sequence, &a.cause).cmp(&(b.queued, b.sequence, &b.cause)));
        Ok(appointment.map(|appointment| AppointmentPage { appointment, letters }))
    }
}
