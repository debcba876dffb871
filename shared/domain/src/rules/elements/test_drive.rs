//! Schedules a test drive (LEAD-2).

use crate::base::{BOOKED_TEST_DRIVE, ElementId, Refusal};
use crate::decision::{Decision, Item};
use crate::elements::{Content, Element, ElementKind, TestDrive};
use crate::enquiry::Vehicle;
use crate::rules::calendar::{CalendarContext, NewEvent, schedule};
use crate::rules::elements::{counted, has_room};

/// Adds a test drive of `vehicle` to the calendar of a lead. It is an appointment, which stops the response clock (ESC-7).
///
/// # Errors
/// Faults of the event by field; 409 if the lead has the maximum number.
pub fn schedule_test_drive(context: &CalendarContext<'_>, id: ElementId, vehicle: Vehicle, new: NewEvent) -> Result<Decision, Refusal> {
    let event = new.id.clone();
    let title = new.title.trim().to_owned();
    let title = if title.is_empty() { vehicle.line() } else { title };
    let mut decision = schedule(context, NewEvent { kind: BOOKED_TEST_DRIVE.into(), title, ..new })?;
    has_room(context.lead, ElementKind::TestDrive)?;
    let element = Element::new(id, context.lead.id, Content::TestDrive(TestDrive { vehicle, event }), context.by, context.now);
    for item in &mut decision.items {
        if let Item::Entry(entry) = item {
            entry.events.insert(0, element.added());
        }
    }
    Ok(counted(decision, element))
}
