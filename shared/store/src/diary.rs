//! A dealer's diary: its calendar events and appointments by their times (CAL-6).

use crate::calendar::{CalendarRange, EventRow};
use crate::cursor::Cursor;
use crate::keys;
use crate::work::{ListPart, Range, merged};
use crate::{Failure, Store};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::Appointment;

/// An entry of a diary. It comes from an index, which lags, so no decision may use it.
#[derive(Debug, Clone, PartialEq)]
pub enum DiaryEntry {
    /// A calendar event of a lead, which may be an appointment.
    Event(EventRow),
    /// An appointment that is no event of a lead, as lists show it.
    Appointment(Box<Appointment>),
}

/// A page of a range of a dealer's diary.
#[derive(Debug, Clone, PartialEq)]
pub struct DiaryPage {
    /// The entries by their times, each with the cursor of the page that ends with it.
    pub entries: Vec<(String, DiaryEntry)>,
    /// The cursor of the next page; `None` on the last one.
    pub cursor: Option<String>,
}

impl Store {
    /// Returns at most `limit` entries of a range of a dealer's diary, after the one that `cursor` names. It reads the calendar's months
    /// and the appointments in parallel.
    ///
    /// # Errors
    /// [`Failure::Refused`] if the cursor is not one of this range; [`Failure::Unavailable`].
    pub async fn diary(&self, scope: &Scope, range: &CalendarRange<'_>, cursor: Option<&str>, limit: usize) -> Result<DiaryPage, Failure> {
        self.entries_of(scope, range, (&format!("diary#{}", range.name()), cursor), limit).await
    }

    /// Returns the same entries as [`diary`](Self::diary), for a calendar: its cursors are not those of a diary.
    ///
    /// # Errors
    /// As [`diary`](Self::diary).
    pub async fn calendar(
        &self,
        scope: &Scope,
        range: &CalendarRange<'_>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<DiaryPage, Failure> {
        self.entries_of(scope, range, (&range.name(), cursor), limit).await
    }

    /// Returns a page of the list `name`, after the entry that its `cursor` names.
    async fn entries_of(
        &self,
        scope: &Scope,
        range: &CalendarRange<'_>,
        (name, cursor): (&str, Option<&str>),
        limit: usize,
    ) -> Result<DiaryPage, Failure> {
        let begin = range.begin(name, cursor)?;
        let appointments = Range {
            partition: keys::diary_partition(scope, range.dealer),
            from: begin.clone(),
            until: keys::stamp(range.until),
            at_once: limit,
            enough: limit,
        };
        let all = |_: &Appointment| true;
        let (events, appointments) = tokio::try_join!(self.events_from(scope, range, &begin, limit), self.work_of(appointments, &all))?;
        let place = |row: &EventRow| keys::calendar_place(row.at, row.lead, &row.id);
        let events = ListPart {
            read_until: events.rows.last().filter(|_| events.more).map(place),
            rows: events.rows.into_iter().map(|row| (place(&row), DiaryEntry::Event(row))).collect(),
        };
        let rows = appointments.rows.into_iter().map(|(place, row)| (place, DiaryEntry::Appointment(Box::new(row))));
        let appointments = ListPart { rows: rows.collect(), read_until: appointments.read_until };
        let (rows, end) = merged(vec![events, appointments], limit);
        let cursor = |place: String| Cursor::new(name, place).encode();
        let entries = rows.into_iter().map(|(place, entry)| (cursor(place), entry)).collect();
        Ok(DiaryPage { entries, cursor: end.map(cursor) })
    }
}
