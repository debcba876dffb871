//! An appointment with what its customer was told (APT-3).

use crate::items::decode;
use crate::keys::Key;
use crate::reads::{table_key, unavailable};
use crate::{Failure, Store, Stored};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{AppointmentId, Subject};
use forecourt_domain::messages::Letter;
use futures::FutureExt as _;

/// How many reads of a megabyte an appointment takes at most.
const READS: usize = 8;

/// An appointment with what its customer was told.
#[derive(Debug, Clone, PartialEq)]
pub struct AppointmentPage {
    /// The appointment.
    pub appointment: Appointment,
    /// The letters about it, oldest first.
    pub letters: Vec<Letter>,
}

impl Store {
    /// An appointment and the letters about it, oldest first: one read. `None`: the group has no such appointment.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn appointment_page(&self, scope: &Scope, id: &AppointmentId) -> Result<Option<AppointmentPage>, Failure> {
        let at = Key::Appointment(id.clone()).at(scope);
        let query = self.client.query().table_name(&*self.table).key_condition_expression("pk = :pk");
        let query = query
            .expression_attribute_values(":pk", AttributeValue::S(at.pk))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let (mut appointment, mut letters, mut start) = (None, Vec::new(), None);
        for _ in 0..READS {
            let found = query.clone().set_exclusive_start_key(start).send().boxed().await.map_err(|e| unavailable(&e))?;
            self.spent.note_read(found.consumed_capacity());
            for attributes in found.items.unwrap_or_default() {
                let sk = table_key(&attributes).map(|key| key.sk).unwrap_or_default();
                let key = match sk.split_once('#') {
                    Some(("O", cause)) => Key::Letter(Subject::Appointment(id.clone()), cause.to_owned()),
                    _ if sk == "@" => Key::Appointment(id.clone()),
                    _ => continue,
                };
                match decode(&key, attributes)?.stored {
                    Stored::Appointment(found) => appointment = Some(*found),
                    Stored::Letter(letter) => letters.push(*letter),
                    _ => {}
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
