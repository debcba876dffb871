//! The booking as an iCalendar file for the customer's own calendar.

use crate::details::CustomerPage;
use crate::pages::{Reader, texts};
use forecourt_edge::formats::ical;
use forecourt_edge::http::{Answer, Problem};

/// Returns the file, or 404 if nothing has been booked with the link.
pub(crate) fn answer(details: &CustomerPage, reader: &Reader) -> Result<Answer, Problem> {
    let booking = details.booking.as_ref().ok_or_else(Problem::no_link)?;
    let texts = texts(reader, details);
    let entry = ical::Entry {
        uid: booking.uid.to_string(),
        sequence: booking.sequence,
        title: format!("{} · {}", texts.name_of(details), details.dealer.settings.name),
        from: booking.slot.from,
        until: booking.slot.until,
        changed: booking.changed,
        cancelled: booking.cancelled,
        is_at_dealer: details.is_at_dealer,
        attendee: None,
    };
    let (file, media_type) = ical::file(&entry, &details.dealer);
    Ok(Answer::text(200, media_type, file).header("content-disposition", "attachment; filename=\"booking.ics\""))
}
