//! What clients ask for.

use chrono::NaiveDate;
use forecourt_domain::base::{EventId, Fault, Refusal, UserId};
use forecourt_domain::calendar::EventTime;
use forecourt_domain::rules::calendar::NewEvent;
use forecourt_edge::formats::json::{Loose, Text, note, time};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An event to be put on the calendar (CAL-1).
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"title": "Call about the finance offer", "type": "phone_outbound", "at": "2026-11-25T10:00:00+01:00"}))]
pub struct EventBody {
    /// What is to be done, up to 200 characters.
    #[schema(value_type = String, max_length = 200)]
    title: Loose<Text>,
    /// `phone_outbound`, `Phone Outbound`, `booked_test_drive` …; or one of the dealer's own.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "phone_outbound")]
    kind: Loose<Text>,
    /// When, RFC 3339; now, if neither this nor `date` is said.
    #[schema(value_type = Option<String>)]
    at: Loose<Text>,
    /// Instead of `at`: on which day of the dealer's, at its opening, or at the present time of day if it is today (CAL-2).
    #[schema(value_type = Option<String>, format = Date)]
    date: Loose<Text>,
    /// In words, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    notes: Loose<Text>,
    /// Whose it is; whoever has the lead, if not said.
    #[schema(value_type = Option<String>)]
    user: Loose<Text>,
    /// Unknown names are refused, within other bodies, too: a time that is misspelt would be another time.
    #[serde(flatten)]
    #[schema(ignore)]
    others: BTreeMap<String, IgnoredAny>,
}

/// The same event for many leads (CAL-2).
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"leads": ["5959221503"], "event": {"title": "Ask about the autumn offer", "type": "phone_outbound"}}))]
pub struct BulkBody {
    /// The leads by their ids, 1 to 500.
    #[schema(value_type = Vec<String>)]
    leads: Loose<Vec<Text>>,
    /// What is to be done.
    #[schema(value_type = EventBody)]
    event: Loose<EventBody>,
}

/// An event is done.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CompletionBody {
    /// In words, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
    /// What is to be done next (CAL-4).
    #[schema(value_type = Option<EventBody>)]
    follow_up: Loose<EventBody>,
}

/// The customer was not there, or not reached.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"reason": "not_reached", "follow_up": {"title": "Call again", "type": "phone_outbound", "at": "2026-11-26T10:00:00+01:00"}}))]
pub struct NoShowBody {
    /// `not_reached`, `did_not_come`, `called_off`, `wrong_number` or `other`; or one of the dealer's own (CAL-4).
    #[schema(value_type = String, example = "not_reached")]
    reason: Loose<Text>,
    /// In words, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    note: Loose<Text>,
    /// What is to be done next (CAL-4).
    #[schema(value_type = Option<EventBody>)]
    follow_up: Loose<EventBody>,
}

/// An event takes place at another time.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"at": "2026-11-25T10:00:00+01:00"}))]
pub struct RescheduleBody {
    /// When, RFC 3339.
    #[schema(value_type = Option<String>)]
    at: Loose<Text>,
    /// Instead of `at`: on which day of the dealer's, at its opening, or at the present time of day if it is today (CAL-2).
    #[schema(value_type = Option<String>, format = Date)]
    date: Loose<Text>,
}

/// An event without a name yet.
#[derive(Debug, Clone)]
pub(crate) struct Unnamed {
    title: String,
    kind: String,
    when: EventTime,
    notes: Option<String>,
    pub(crate) user: Option<UserId>,
}

impl Unnamed {
    pub(crate) fn named(self, id: EventId) -> NewEvent {
        let Self { title, kind, when, notes, user } = self;
        NewEvent { id, title, kind, when, notes, user, booked: false, appointment: None }
    }
}

/// When something is to be: `at` an instant or on a `date`, not both. None: neither is said, or what is said is faulty.
fn when(at: Loose<Text>, date: Loose<Text>, within: &str, faults: &mut Vec<Fault>) -> Option<EventTime> {
    let field = format!("{within}date");
    if !matches!((&at, &date), (Loose::Absent, _) | (_, Loose::Absent)) {
        faults.push(Fault::new(&field, "CAL-2", "must not be there beside at: either says when"));
    }
    let at = time(at, &format!("{within}at"), "CAL-1", faults).map(EventTime::At);
    let said = date.text(&field, faults);
    // Only as ISO 8601 writes it: the library also reads `2026-1-5`.
    let read = |text: &str| text.parse::<NaiveDate>().ok().filter(|date| date.to_string() == text);
    let date = said.as_deref().map(|text| read(text.trim()));
    if date == Some(None) {
        faults.push(Fault::new(&field, "CAL-2", "must be a date such as 2026-11-25"));
    }
    at.or(date.flatten().map(EventTime::On))
}

fn judged<T>(value: T, faults: Vec<Fault>) -> Result<T, Refusal> {
    if faults.is_empty() { Ok(value) } else { Err(Refusal::Invalid(faults)) }
}

impl EventBody {
    pub(crate) fn check(self) -> Result<Unnamed, Refusal> {
        let mut faults = Vec::new();
        let unnamed = self.read("", &mut faults);
        judged(unnamed, faults)
    }

    fn read(self, within: &str, faults: &mut Vec<Fault>) -> Unnamed {
        let field = |name: &str| format!("{within}{name}");
        let title = self.title.text(&field("title"), faults).unwrap_or_default();
        let kind = self.kind.text(&field("type"), faults).unwrap_or_default();
        let user = self.user.text(&field("user"), faults).map(|user| UserId::parse(user.trim()));
        if let Some(Err(e)) = &user {
            faults.push(Fault::new(field("user"), "CAL-1", e.to_string()));
        }
        faults.extend(self.others.into_keys().map(|name| Fault::new(field(&name), "INT-3", "is not known here")));
        Unnamed {
            title,
            kind,
            when: when(self.at, self.date, within, faults).unwrap_or(EventTime::Now),
            notes: note(self.notes, &field("notes"), faults),
            user: user.and_then(Result::ok),
        }
    }
}

fn follow_up(body: Loose<EventBody>, faults: &mut Vec<Fault>) -> Option<Unnamed> {
    let body = body.take("follow_up", "an event", faults)?;
    Some(body.read("follow_up.", faults))
}

/// Most leads of one request.
const MOST_LEADS: usize = 500;

impl BulkBody {
    pub(crate) fn check(self) -> Result<(Vec<String>, Unnamed), Refusal> {
        let mut faults = Vec::new();
        let leads: Vec<String> =
            self.leads.take("leads", "a list of ids", &mut faults).unwrap_or_default().into_iter().map(|Text(id)| id).collect();
        if faults.is_empty() && !(1..=MOST_LEADS).contains(&leads.len()) {
            faults.push(Fault::new("leads", "CAL-2", format!("must name 1 to {MOST_LEADS} leads")));
        }
        let event = self.event.take("event", "an event", &mut faults).map(|event| event.read("event.", &mut faults));
        if event.is_none() && faults.is_empty() {
            faults.push(Fault::new("event", "CAL-2", "must say what is to be done"));
        }
        match event {
            Some(event) if faults.is_empty() => Ok((leads, event)),
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}

impl CompletionBody {
    pub(crate) fn check(self) -> Result<(Option<String>, Option<Unnamed>), Refusal> {
        let mut faults = Vec::new();
        let said = (note(self.note, "note", &mut faults), follow_up(self.follow_up, &mut faults));
        judged(said, faults)
    }
}

impl NoShowBody {
    pub(crate) fn check(self) -> Result<(String, Option<String>, Option<Unnamed>), Refusal> {
        let mut faults = Vec::new();
        let reason = self.reason.text("reason", &mut faults).unwrap_or_default();
        let said = (reason, note(self.note, "note", &mut faults), follow_up(self.follow_up, &mut faults));
        judged(said, faults)
    }
}

impl RescheduleBody {
    pub(crate) fn check(self) -> Result<EventTime, Refusal> {
        let mut faults = Vec::new();
        match when(self.at, self.date, "", &mut faults) {
            Some(at) if faults.is_empty() => Ok(at),
            None if faults.is_empty() => Err(Refusal::field("at", "CAL-4", "must say when, or a date on which")),
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}
