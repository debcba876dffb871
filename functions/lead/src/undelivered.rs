//! Letters and notices that failed or are unclear: listed, and sent again by hand (MSG-1).

use chrono::{DateTime, Utc};
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{DealerId, LeadId, Refusal, Right, Subject};
use forecourt_domain::enquiry::ContactPreferences;
use forecourt_domain::lead::Lead;
use forecourt_domain::messages::{Letter, LetterState, Message, MessageState};
use forecourt_domain::rules::messages::{send_letter_again, send_notice_again};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries, Request, remembered, request};
use forecourt_edge::usecase::lead::enquiry_key;
use forecourt_edge::usecase::letter::{recipient, stops, stops_keys};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde::Serialize;
use utoipa::ToSchema;

/// The default page size of the list.
const DEFAULT_PAGE: usize = 25;

/// A page of a dealer's letters and notices that failed or are unclear.
#[derive(Debug, Serialize, ToSchema)]
pub struct UndeliveredListView {
    /// Newest first, those that you may see.
    pub messages: Vec<UndeliveredView>,
    /// Cursor of the next page; `null` on the last page.
    pub cursor: Option<String>,
}

/// A letter to a customer or a notice to staff that was not delivered, or perhaps not.
#[derive(Debug, Serialize, ToSchema)]
pub struct UndeliveredView {
    /// Id of the message at the dealer.
    pub id: String,
    /// `letter` to a customer, or `notice` to staff.
    pub kind: &'static str,
    /// Id of the lead, if the message is about a lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// Id of the appointment, if the message is about an appointment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment: Option<String>,
    /// `email` or `sms`.
    pub medium: &'static str,
    /// Address or number of the latest attempt of a letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// `failed`: it was not delivered. `unclear`: it may have been delivered. `queued`: it is sent again. `returned`, `bounced`,
    /// `complained` or `rejected`: the provider reported that after the mail was sent. `suppressed`: messages to the address are stopped.
    /// The answer to a repeated request has the current state: also `sending`, `sent`, `suppressed` (a letter) or `dropped` (a notice).
    pub state: &'static str,
    /// When the state changed; when the message is due, if it is queued.
    pub at: DateTime<Utc>,
    /// Why it failed: the provider's error. Why it was not sent, if it was suppressed or dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl UndeliveredView {
    fn of_letter(letter: &Letter) -> Self {
        let (at, why) = match &letter.state {
            LetterState::Failed { at, why } => (*at, Some(why.clone())),
            LetterState::Sent { at, .. } => match letter.sent_report() {
                Some(report) => (report.at, report.detail.clone()),
                None => (*at, None),
            },
            LetterState::Unclear { at } => (*at, None),
            LetterState::Suppressed { at, why } => (*at, Some(why.name().to_owned())),
            LetterState::Queued { due: at, .. } | LetterState::Sending { until: at, .. } => (*at, None),
        };
        let (lead, appointment) = match &letter.subject {
            Subject::Lead(lead) => (Some(lead.to_string()), None),
            Subject::Appointment(id) => (None, Some(id.to_string())),
        };
        Self {
            id: id_of(letter),
            kind: "letter",
            medium: letter.medium.name(),
            // The address of an appointment may be that of a lead that the reader may not open: the appointment shows it.
            to: letter.to.clone().filter(|_| lead.is_some()),
            lead,
            appointment,
            state: letter.state_name(),
            at,
            why,
        }
    }

    fn of_notice(message: &Message) -> Self {
        let (at, why) = match &message.state {
            MessageState::Failed { at, why } => (*at, Some(why.clone())),
            MessageState::Dropped { at, why } => (*at, Some(why.name().to_owned())),
            MessageState::Sent { at, .. } => (*at, None),
            MessageState::Queued { due: at, .. } | MessageState::Sending { until: at, .. } => (*at, None),
        };
        Self {
            id: format!("notice-lead-{}~{}", message.lead, message.cause),
            kind: "notice",
            lead: Some(message.lead.to_string()),
            appointment: None,
            medium: if message.text { "sms" } else { "email" },
            to: None,
            state: message.state.name(),
            at,
            why,
        }
    }
}

/// Returns the id of a letter.
pub(crate) fn id_of(letter: &Letter) -> String {
    match &letter.subject {
        Subject::Lead(lead) => format!("letter-lead-{lead}~{}", letter.cause),
        Subject::Appointment(id) => format!("letter-appointment-{id}~{}", letter.cause),
    }
}

/// Reads the id of a message.
fn key_of(id: &str) -> Option<Key> {
    let (about, cause) = id.split_once('~')?;
    let (kind, about) = about.split_once('-')?;
    let subject = match about.split_once('-')? {
        ("lead", id) => Subject::Lead(id.parse().ok()?),
        ("appointment", id) => Subject::Appointment(id.parse().ok()?),
        _ => return None,
    };
    match (kind, subject) {
        ("letter", subject) => Some(Key::Letter(subject, cause.to_owned())),
        ("notice", Subject::Lead(lead)) => Some(Key::Message(lead, cause.to_owned())),
        _ => None,
    }
}

/// The key of the lead or appointment that a message is about.
fn subject_key(key: &Key) -> Option<Key> {
    match key {
        Key::Message(lead, _) | Key::Letter(Subject::Lead(lead), _) => Some(Key::Lead(*lead)),
        Key::Letter(Subject::Appointment(id), _) => Some(Key::Appointment(id.clone())),
        _ => None,
    }
}

/// The lead or appointment of a message.
enum About<'a> {
    Lead(&'a Lead),
    Appointment(&'a Appointment),
}

impl<'a> About<'a> {
    fn of(key: &Key, loaded: &'a Loaded) -> Option<Self> {
        match subject_key(key)? {
            Key::Lead(lead) => loaded.lead(lead).map(Self::Lead),
            Key::Appointment(id) => loaded.appointment(&id).map(Self::Appointment),
            _ => None,
        }
    }

    fn dealer(&self) -> &'a DealerId {
        match self {
            Self::Lead(lead) => &lead.dealer,
            Self::Appointment(appointment) => &appointment.dealer,
        }
    }

    /// Checks the right on leads or the one on appointments.
    fn needs(&self, (leads, appointments): (Right, Right), call: &Call, loaded: &Loaded) -> Result<(), Refusal> {
        let dealer = loaded.dealer(self.dealer()).ok_or(Refusal::NotFound("dealer"))?;
        match self {
            Self::Lead(lead) => call.scope.needs_on(leads, lead, &dealer.settings, call.now),
            Self::Appointment(appointment) => {
                // The address may be that of a lead's contact: only users who may open leads see it.
                call.scope.needs(leads)?;
                call.scope.needs_on_appointment(appointments, appointment, &dealer.settings, call.now)
            }
        }
    }
}

/// `GET /dealers/{dealer}/undelivered`.
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    platform.store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?;
    let mut queries = Queries::of(call, "MSG-1");
    let limit = queries.limit(DEFAULT_PAGE);
    queries.done()?;
    let (keys, cursor) = platform.store.undelivered(&call.scope, &id, call.query("cursor"), limit).await?;
    // The dealer nearly always still has the lead or appointment: reading it at once spares a second read.
    let likely = keys.first().map(|_| Key::Dealer(id.clone()));
    let load = Load::of(keys.iter().cloned().chain(keys.iter().filter_map(subject_key)).chain(likely))
        .then(|loaded| keys.iter().filter_map(|key| About::of(key, loaded)).map(|about| Key::Dealer(about.dealer().clone())).collect());
    let loaded = platform.store.load(&call.scope, &load).await?;
    let reads = (Right::ReadLeads, Right::ReadAppointments);
    let visible = keys.iter().filter(|key| About::of(key, &loaded).is_some_and(|about| about.needs(reads, call, &loaded).is_ok()));
    // The index lags: a message that was sent again meanwhile is not shown.
    let messages = visible.filter_map(|key| match key {
        Key::Letter(subject, cause) => {
            loaded.letter(subject, cause).filter(|letter| letter.undelivered_since().is_some()).map(UndeliveredView::of_letter)
        }
        Key::Message(lead, cause) => {
            loaded.message(*lead, cause).filter(|message| message.undelivered_since().is_some()).map(UndeliveredView::of_notice)
        }
        _ => None,
    });
    Ok(Answer::new(200, &UndeliveredListView { messages: messages.collect(), cursor })?.about(&id))
}

/// `POST /dealers/{dealer}/undelivered/{message}/resend`.
pub(crate) async fn resend(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::WorkLeads)?;
    let dealer: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&dealer)?;
    let id: String = call.part("message", "message")?;
    let key = key_of(&id).ok_or(Refusal::NotFound("message"))?;
    let request = request(platform, call, &id);
    let first = [key.clone()].into_iter().chain(subject_key(&key)).chain(request.as_ref().map(Request::remembered_at));
    let first = first.chain([Key::Dealer(dealer.clone())]);
    let load = Load::of(first).then(|loaded| {
        let dealer = About::of(&key, loaded).map(|about| Key::Dealer(about.dealer().clone()));
        dealer.into_iter().chain(recipient_keys(platform, call, &key, loaded)).collect()
    });
    let rule = |loaded: &Loaded, _| {
        let missing = || Refusal::NotFound("message");
        let about = About::of(&key, loaded).ok_or_else(missing)?;
        about.needs((Right::WorkLeads, Right::WorkAppointments), call, loaded)?;
        let settings = loaded.dealer(about.dealer()).ok_or_else(missing)?;
        let done = request.as_ref().map(|request| request.done(loaded, call.now)).transpose()?.flatten().is_some();
        let (decision, view) = match (&key, &about) {
            (Key::Letter(subject, cause), about) => {
                let letter = loaded.letter(subject, cause).filter(|letter| letter.dealer == dealer).ok_or_else(missing)?;
                let appointment = if let About::Appointment(appointment) = about { Some(*appointment) } else { None };
                if done {
                    return Ok((None, (UndeliveredView::of_letter(letter), true)));
                }
                let reached = reached(letter, loaded);
                let stops = stops(platform.store.secret(), &call.scope, (letter.medium, &reached), loaded);
                let (decision, letter) = send_letter_again(letter, (appointment, stops.as_ref()), settings, call.now)?;
                (decision, UndeliveredView::of_letter(&letter))
            }
            (Key::Message(lead, cause), About::Lead(of)) => {
                let message = loaded.message(*lead, cause).filter(|message| message.dealer == dealer).ok_or_else(missing)?;
                if done {
                    return Ok((None, (UndeliveredView::of_notice(message), true)));
                }
                let (decision, message) = send_notice_again(message, of, settings, call.now)?;
                (decision, UndeliveredView::of_notice(&message))
            }
            _ => return Err(missing()),
        };
        Ok((remembered(request.as_ref(), Some(decision), 0, call.now), (view, false)))
    };
    let (view, repeated) = platform.store.decide(&call.scope, load, rule).await?;
    call.note_repeat(repeated);
    let about = view.lead.clone().unwrap_or_else(|| dealer.to_string());
    Ok(Answer::new(202, &view)?.about(&about))
}

/// The lead of a letter, or of its appointment.
fn lead_of<'a>(subject: &Subject, loaded: &'a Loaded) -> (Option<LeadId>, Option<&'a Appointment>) {
    match subject {
        Subject::Lead(lead) => (Some(*lead), None),
        Subject::Appointment(id) => {
            let appointment = loaded.appointment(id);
            (appointment.and_then(|appointment| appointment.lead), appointment)
        }
    }
}

/// Returns the addresses of the current recipient of a letter.
fn reached(letter: &Letter, loaded: &Loaded) -> ContactPreferences {
    let (lead, appointment) = lead_of(&letter.subject, loaded);
    recipient(letter, appointment, lead.and_then(|lead| loaded.lead(lead)), loaded).1
}

/// Returns the keys from which the recipient of a letter and the stops of messages to them follow.
fn recipient_keys(platform: &Platform, call: &Call, key: &Key, loaded: &Loaded) -> Vec<Key> {
    let Key::Letter(subject, cause) = key else { return Vec::new() };
    let lead = lead_of(subject, loaded).0.into_iter().flat_map(|lead| [Key::Lead(lead), enquiry_key(loaded, lead)]);
    let keys = |letter: &Letter| stops_keys(platform.store.secret(), &call.scope, letter.medium, &reached(letter, loaded));
    lead.chain(loaded.letter(subject, cause).into_iter().flat_map(keys)).collect()
}
