//! The booking as an iCalendar file for the customer's own calendar.

use crate::details::InvitationDetails;
use crate::pages::{Reader, texts};
use forecourt_domain::base::AppointmentId;
use forecourt_domain::calendar::EventState;
use forecourt_edge::formats::ical;
use forecourt_edge::http::{Answer, Problem};

/// Returns the file, or 404 if nothing has been booked with the link.
pub(crate) fn answer(details: &InvitationDetails, reader: &Reader) -> Result<Answer, Problem> {
    let event = details.event.as_ref().ok_or_else(Problem::no_link)?;
    let texts = texts(reader, Some((&details.invitation, &details.dealer)));
    let slot = details.slot(event);
    let entry = ical::Entry {
        uid: AppointmentId::of_event(event.lead, &event.id).to_string(),
        sequence: event.sequence(),
        title: format!("{} · {}", texts.name_of(&details.invitation), details.dealer.settings.name),
        from: slot.from,
        until: slot.until,
        changed: event.changed(),
        cancelled: matches!(event.state, EventState::Deleted(_)),
        attendee: None,
    };
    let (file, media_type) = ical::file(&entry, &details.dealer);
    Ok(Answer::text(200, media_type, file).header("content-disposition", "attachment; filename=\"booking.ics\""))
}
