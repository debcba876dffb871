//! The bodies of a new and of a rescheduled event, read and checked (CAL-1, CAL-4).

use crate::formats::json::{Loose, Text, note, time};
use crate::usecase::warnings::despite;
use chrono::NaiveDate;
use forecourt_domain::base::{EventId, Fault, Refusal, UserId};
use forecourt_domain::bookings::Despite;
use forecourt_domain::calendar::EventTime;
use forecourt_domain::rules::calendar::NewEvent;
use serde::Deserialize;
use utoipa::ToSchema;

/// A calendar event to create (CAL-1).
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"title": "Call about the finance offer", "type": "phone_outbound", "at": "2026-11-25T10:00:00+01:00"}))]
pub struct EventBody {
    /// Title, 1 to 200 characters.
    #[schema(value_type = String, max_length = 200)]
    title: Loose<Text>,
    /// The event type, such as `phone_outbound`, `Phone Outbound` or `booked_test_drive`, or a type that the dealer has added.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "phone_outbound")]
    kind: Loose<Text>,
    /// Time in RFC 3339. Defaults to the current time if `date` is absent too.
    #[schema(value_type = Option<String>)]
    at: Loose<Text>,
    /// A date in the dealer's time zone, instead of `at`. The event gets the opening time of that day, or the current time of day if the
    /// date is today (CAL-2).
    #[schema(value_type = Option<String>, format = Date)]
    date: Loose<Text>,
    /// Notes, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    notes: Loose<Text>,
    /// The user who is responsible for the event. Defaults to the owner of the lead.
    #[schema(value_type = Option<String>)]
    user: Loose<Text>,
    /// The warnings about the time and user that you accept: `double_booked`, `absent`, `own_hours`, `leaver`, `day_off`, `closed`. With
    /// any other warning the event is not created (409), also if the list is empty. Without the list it is created, and the response has
    /// the warnings (APT-8).
    #[schema(value_type = Option<Vec<String>>, example = json!([]))]
    despite: Loose<Vec<String>>,
}

/// Reschedules an event.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"at": "2026-11-25T10:00:00+01:00"}))]
pub struct RescheduleBody {
    /// The new time in RFC 3339.
    #[schema(value_type = Option<String>)]
    at: Loose<Text>,
    /// A date in the dealer's time zone, instead of `at`. The event gets the opening time of that day, or the current time of day if the
    /// date is today (CAL-2).
    #[schema(value_type = Option<String>, format = Date)]
    date: Loose<Text>,
    /// The warnings about the new time that you accept, as for a new event (APT-8).
    #[schema(value_type = Option<Vec<String>>)]
    despite: Loose<Vec<String>>,
}

/// A checked event that has no id yet.
#[derive(Debug, Clone)]
pub struct EventDraft {
    title: String,
    kind: String,
    when: EventTime,
    notes: Option<String>,
    user: Option<UserId>,
    despite: Despite,
}

impl EventDraft {
    /// Returns the title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Returns the requested time.
    pub fn when(&self) -> EventTime {
        self.when
    }

    /// Returns the event with its id.
    pub fn with_id(self, id: EventId) -> NewEvent {
        let Self { title, kind, when, notes, user, despite } = self;
        NewEvent { id, title, kind, when, notes, user, booked: false, appointment: None, follows: None, despite }
    }
}

/// Reads the time of an event: either the instant `at` or the day `date`. `None` if both are absent or the value is invalid.
fn read_when(at: Loose<Text>, date: Loose<Text>, within: &str, faults: &mut Vec<Fault>) -> Option<EventTime> {
    let field = format!("{within}date");
    if !matches!((&at, &date), (Loose::Absent, _) | (_, Loose::Absent)) {
        faults.push(Fault::new(&field, "CAL-2", "cannot be combined with at; send one of them"));
    }
    let at = time(at, &format!("{within}at"), "CAL-1", faults).map(EventTime::At);
    let text = date.text(&field, faults);
    // ISO 8601 only: the library also accepts `2026-1-5`.
    let read = |text: &str| text.parse::<NaiveDate>().ok().filter(|date| date.to_string() == text);
    let date = text.as_deref().map(|text| read(text.trim()));
    if date == Some(None) {
        faults.push(Fault::new(&field, "CAL-2", "must be a date such as 2026-11-25"));
    }
    at.or(date.flatten().map(EventTime::On))
}

impl EventBody {
    /// Checks the fields.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] names the faults.
    pub fn check(self) -> Result<EventDraft, Refusal> {
        let mut faults = Vec::new();
        let draft = self.read("", &mut faults);
        if faults.is_empty() { Ok(draft) } else { Err(Refusal::Invalid(faults)) }
    }

    /// Reads the fields. `within` is the path of the event in the body, with a point at its end.
    pub fn read(self, within: &str, faults: &mut Vec<Fault>) -> EventDraft {
        let field = |name: &str| format!("{within}{name}");
        let title = self.title.text(&field("title"), faults).unwrap_or_default();
        let kind = self.kind.text(&field("type"), faults).unwrap_or_default();
        let user = self.user.text(&field("user"), faults).map(|user| UserId::parse(user.trim()));
        if let Some(Err(e)) = &user {
            faults.push(Fault::new(field("user"), "CAL-1", e.to_string()));
        }
        EventDraft {
            title,
            kind,
            when: read_when(self.at, self.date, within, faults).unwrap_or(EventTime::Now),
            notes: note(self.notes, &field("notes"), faults),
            user: user.and_then(Result::ok),
            despite: despite(self.despite, &field("despite"), faults),
        }
    }
}

impl RescheduleBody {
    /// Checks the fields.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] names the faults.
    pub fn check(self) -> Result<(EventTime, Despite), Refusal> {
        let mut faults = Vec::new();
        let despite = despite(self.despite, "despite", &mut faults);
        match read_when(self.at, self.date, "", &mut faults) {
            Some(at) if faults.is_empty() => Ok((at, despite)),
            None if faults.is_empty() => Err(Refusal::field("at", "CAL-4", "at or date is required")),
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}
