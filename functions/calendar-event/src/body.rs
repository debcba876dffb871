//! The bodies of requests about events, read and checked.

use forecourt_domain::base::{Fault, Refusal, UserId};
use forecourt_domain::rules::calendar::EventCorrection;
use forecourt_edge::formats::json::{Loose, Text, note};
use forecourt_edge::usecase::event_body::EventDraft;
pub use forecourt_edge::usecase::event_body::{EventBody, RescheduleBody};
use forecourt_edge::usecase::warnings::despite;
use serde::Deserialize;
use utoipa::ToSchema;

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

/// A correction of an event. Absent fields keep their values; an empty text removes the notes or the user.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"title": "Call about the leasing offer", "user": "ben.krause"}))]
pub struct EventCorrectionBody {
    /// Title, 1 to 200 characters.
    #[schema(value_type = Option<String>, max_length = 200)]
    title: Loose<Text>,
    /// The event type. It cannot be corrected to or from an appointment (CAL-9).
    #[serde(rename = "type")]
    #[schema(value_type = Option<String>, example = "phone_outbound")]
    kind: Loose<Text>,
    /// Notes, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    notes: Loose<Text>,
    /// The user who is responsible for the event. Empty: the owner of the lead.
    #[schema(value_type = Option<String>)]
    user: Loose<Text>,
    /// The warnings about another user that you accept, as for a new event (APT-8).
    #[schema(value_type = Option<Vec<String>>)]
    despite: Loose<Vec<String>>,
}

fn value_or_faults<T>(value: T, faults: Vec<Fault>) -> Result<T, Refusal> {
    if faults.is_empty() { Ok(value) } else { Err(Refusal::Invalid(faults)) }
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

impl EventCorrectionBody {
    pub(crate) fn check(self) -> Result<EventCorrection, Refusal> {
        let mut faults = Vec::new();
        let sent = |text: &Loose<Text>| !matches!(text, Loose::Absent);
        let (has_notes, has_user) = (sent(&self.notes), sent(&self.user));
        let user = self.user.text("user", &mut faults).filter(|user| !user.trim().is_empty()).map(|user| UserId::parse(user.trim()));
        if let Some(Err(e)) = &user {
            faults.push(Fault::new("user", "CAL-1", e.to_string()));
        }
        let correction = EventCorrection {
            title: self.title.text("title", &mut faults),
            kind: self.kind.text("type", &mut faults),
            notes: Some(note(self.notes, "notes", &mut faults)).filter(|_| has_notes),
            user: Some(user.and_then(Result::ok)).filter(|_| has_user),
            despite: despite(self.despite, "despite", &mut faults),
        };
        value_or_faults(correction, faults)
    }
}
