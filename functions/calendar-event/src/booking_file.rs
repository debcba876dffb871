//! A booking as an iCalendar file.

use crate::details::Shown;
use crate::pages::{Reader, texts};
use forecourt_domain::base::AppointmentId;
use forecourt_domain::calendar::EventState;
use forecourt_edge::formats::ical;
use forecourt_edge::http::{Answer, Problem};

/// The file, once something was booked.
pub(crate) fn answer(shown: &Shown, reader: &Reader) -> Result<Answer, Problem> {
    let event = shown.event.as_ref().ok_or_else(Problem::no_link)?;
    let words = texts(reader, Some((&shown.invitation, &shown.dealer)));
    let slot = shown.slot(event);
    let entry = ical::Entry {
        uid: AppointmentId::of_event(event.lead, &event.id).to_string(),
        sequence: event.sequence(),
        title: format!("{} · {}", words.name_of(&shown.invitation), shown.dealer.settings.name),
        from: slot.from,
        until: slot.until,
        changed: event.changed(),
        cancelled: matches!(event.state, EventState::Deleted(_)),
        attendee: None,
    };
    let (file, media_type) = ical::file(&entry, &shown.dealer);
    Ok(Answer::text(200, media_type, file).header("content-disposition", "attachment; filename=\"booking.ics\""))
}
