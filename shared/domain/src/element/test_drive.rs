//! A test drive: which vehicle, and the calendar event that says when, with whom and what became of it (LEAD-2, APT-1).

use super::{Content, Element, Kind, counted, has_room};
use crate::calendar_event::{BOOKED_TEST_DRIVE, Case, NewEvent, schedule};
use crate::decision::{Decision, Item};
use crate::enquiry::Vehicle;
use crate::ids::{ElementId, EventId};
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// A test drive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestDrive {
    /// What is driven.
    pub vehicle: Vehicle,
    /// The lead's calendar event of the type [`BOOKED_TEST_DRIVE`]: the one truth about its time and what became of it.
    pub event: EventId,
}

/// Puts a test drive of `vehicle` on the calendar of a lead. It is an appointment, which stops the response clock (ESC-7).
///
/// # Errors
/// Faults of the event by field; 409: the lead has as many as it can have.
pub fn schedule_test_drive(case: &Case<'_>, id: ElementId, vehicle: Vehicle, new: NewEvent) -> Result<Decision, Refusal> {
    let event = new.id.clone();
    let title = new.title.trim().to_owned();
    let title = if title.is_empty() { vehicle.line() } else { title };
    let mut decision = schedule(case, NewEvent { kind: BOOKED_TEST_DRIVE.into(), title, ..new })?;
    has_room(case.lead, Kind::TestDrive)?;
    let element = Element::new(id, case.lead.id, Content::TestDrive(TestDrive { vehicle, event }), case.by, case.now);
    for item in &mut decision.items {
        if let Item::Entry(entry) = item {
            entry.events.insert(0, element.added());
        }
    }
    Ok(counted(decision, element))
}
