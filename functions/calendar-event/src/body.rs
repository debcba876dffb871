//! The bodies of requests about events, read and checked.

use chrono::NaiveDate;
use forecourt_domain::base::{EventId, Fault, Refusal, UserId};
use forecourt_domain::calendar::EventTime;
use forecourt_domain::rules::calendar::NewEvent;
use forecourt_edge::formats::json::{Loose, Text, note, time};
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
}

/// One event to create for many leads (CAL-2).
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"leads": ["5959221503"], "event": {"title": "Ask about the autumn offer", "type": "phone_outbound"}}))]
pub struct BulkBody {
    /// Ids of the leads, 1 to 500.
    #[schema(value_type = Vec<String>)]
    leads: Loose<Vec<Text>>,
    /// The event to create for each lead.
    #[schema(value_type = EventBody)]
    event: Loose<EventBody>,
}

/// Completes an event.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CompletionBody {
    /// A note on how the event ended, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
    /// A follow-up event to create (CAL-4).
    #[schema(value_type = Option<EventBody>)]
    follow_up: Loose<EventBody>,
}

/// Marks an event as a no-show: the customer did not come or was not reached.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"reason": "not_reached", "follow_up": {"title": "Call again", "type": "phone_outbound", "at": "2026-11-26T10:00:00+01:00"}}))]
pub struct NoShowBody {
    /// The reason: `not_reached`, `did_not_come`, `called_off`, `wrong_number`, `other`, or a reason that the dealer has added (CAL-4).
    #[schema(value_type = String, example = "not_reached")]
    reason: Loose<Text>,
    /// A note on how the event ended, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
    /// A follow-up event to create (CAL-4).
    #[schema(value_type = Option<EventBody>)]
    follow_up: Loose<EventBody>,
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
}

/// A checked event that has no id yet.
#[derive(Debug, Clone)]
pub(crate) struct EventDraft {
    title: String,
    kind: String,
    when: EventTime,
    notes: Option<String>,
    pub(crate) user: Option<UserId>,
}

impl EventDraft {
    pub(crate) fn with_id(self, id: EventId) -> NewEvent {
        let Self { title, kind, when, notes, user } = self;
        NewEvent { id, title, kind, when, notes, user, booked: false, appointment: None }
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

fn value_or_faults<T>(value: T, faults: Vec<Fault>) -> Result<T, Refusal> {
    if faults.is_empty() { Ok(value) } else { Err(Refusal::Invalid(faults)) }
}

impl EventBody {
    pub(crate) fn check(self) -> Result<EventDraft, Refusal> {
        let mut faults = Vec::new();
        let draft = self.read("", &mut faults);
        value_or_faults(draft, faults)
    }

    fn read(self, within: &str, faults: &mut Vec<Fault>) -> EventDraft {
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
        }
    }
}

fn follow_up(body: Loose<EventBody>, faults: &mut Vec<Fault>) -> Option<EventDraft> {
    let body = body.take("follow_up", "an event", faults)?;
    Some(body.read("follow_up.", faults))
}

/// Maximum number of leads in one request.
const MAX_LEADS: usize = 500;

impl BulkBody {
    pub(crate) fn check(self) -> Result<(Vec<String>, EventDraft), Refusal> {
        let mut faults = Vec::new();
        let leads: Vec<String> =
            self.leads.take("leads", "a list of ids", &mut faults).unwrap_or_default().into_iter().map(|Text(id)| id).collect();
        if faults.is_empty() && !(1..=MAX_LEADS).contains(&leads.len()) {
            faults.push(Fault::new("leads", "CAL-2", format!("must contain 1 to {MAX_LEADS} lead ids")));
        }
        let event = self.event.take("event", "an event", &mut faults).map(|event| event.read("event.", &mut faults));
        if event.is_none() && faults.is_empty() {
            faults.push(Fault::new("event", "CAL-2", "is required"));
        }
        match event {
            Some(event) if faults.is_empty() => Ok((leads, event)),
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}

impl CompletionBody {
    pub(crate) fn check(self) -> Result<(Option<String>, Option<EventDraft>), Refusal> {
        let mut faults = Vec::new();
        let fields = (note(self.note, "note", &mut faults), follow_up(self.follow_up, &mut faults));
        value_or_faults(fields, faults)
    }
}

impl NoShowBody {
    pub(crate) fn check(self) -> Result<(String, Option<String>, Option<EventDraft>), Refusal> {
        let mut faults = Vec::new();
        let reason = self.reason.text("reason", &mut faults).unwrap_or_default();
        let fields = (reason, note(self.note, "note", &mut faults), follow_up(self.follow_up, &mut faults));
        value_or_faults(fields, faults)
    }
}

impl RescheduleBody {
    pub(crate) fn check(self) -> Result<EventTime, Refusal> {
        let mut faults = Vec::new();
        match read_when(self.at, self.date, "", &mut faults) {
            Some(at) if faults.is_empty() => Ok(at),
            None if faults.is_empty() => Err(Refusal::field("at", "CAL-4", "at or date is required")),
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}
