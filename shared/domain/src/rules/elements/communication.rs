//! Records a communication, and sends mail (LEAD-3).

use crate::base::{Actor, ElementId, Medium, ReactionKind, Refusal, Status};
use crate::decision::{Decision, Item, commit};
use crate::elements::{Communication, Content, Element, Form, beginning};
use crate::enquiry::{Condition, ContactPreferences};
use crate::lead::{Event, Lead};
use crate::messages::{Enclosed, Letter, LetterKind, LetterState};
use crate::rules::elements::{counted, has_room};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};

/// What is to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in Communication and Says")]
pub enum CommunicationRequest {
    Email { subject: String, text: String, quote: Option<(ElementId, Form)> },
    Sms { text: String },
    Call { reached: bool, note: Option<String> },
}

/// Says something to the contact of a lead, or notes a call. It is a reaction, which stops the response clock (ESC-7), unless nobody was
/// reached, or the dealer sends customers nothing: then the record says so (MSG-1). `quote` is what the e-mail names; `reached` is how the
/// contact is.
///
/// # Errors
/// 409: the dealer answers elsewhere, the contact cannot be reached so, the lead has as many as it can have. 422: a quote that is not there,
/// or not for a new vehicle.
pub fn communicate(
    (lead, dealer): (&Lead, &Dealer),
    id: ElementId,
    said: CommunicationRequest,
    quote: Option<&Element>,
    reached: &ContactPreferences,
    by: &Actor,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let (letter, reaction) = match &said {
        CommunicationRequest::Call { reached: false, .. } => (None, None),
        CommunicationRequest::Call { .. } => (None, Some(ReactionKind::CallReached)),
        CommunicationRequest::Email { .. } | CommunicationRequest::Sms { .. } if dealer.settings.lead_tracking_only => {
            return Err(Refusal::Conflict("the dealer only tracks leads here, and answers elsewhere (lead_tracking_only, LEAD-3)".into()));
        }
        CommunicationRequest::Email { subject, text, quote: wanted } => {
            if reached.email.is_none() {
                return Err(Refusal::Conflict("the contact has no e-mail address (LEAD-3)".into()));
            }
            let enclosed = wanted.as_ref().map(|(_, form)| enclosed(quote, *form)).transpose()?;
            (Some((Medium::Email, LetterKind::Text { subject: subject.clone(), text: text.clone(), enclosed })), Some(ReactionKind::Reply))
        }
        CommunicationRequest::Sms { text } => {
            if reached.phone.as_ref().and_then(|phone| phone.e164.as_ref()).is_none() {
                return Err(Refusal::Conflict("the contact has no telephone number that can be dialled (LEAD-3)".into()));
            }
            (
                Some((Medium::Sms, LetterKind::Text { subject: String::new(), text: text.clone(), enclosed: None })),
                Some(ReactionKind::Reply),
            )
        }
    };
    let letter = letter.map(|(medium, says)| Letter::of_lead(lead, id.to_string(), medium, says, &dealer.settings, now));
    let suppressed = letter.as_ref().is_some_and(|letter| matches!(letter.fate, LetterState::Suppressed { .. }));
    let communication = match said {
        CommunicationRequest::Email { subject, quote, .. } => Communication::Email { subject, quote },
        CommunicationRequest::Sms { text } => Communication::Sms { begins: beginning(&text) },
        CommunicationRequest::Call { reached, note } => Communication::Call { reached, note },
    };
    let note = if let Communication::Call { note, .. } = &communication { note.clone() } else { None };
    let content = Content::Communication(communication);
    has_room(lead, content.kind())?;
    let element = Element::new(id, lead.id, content, by, now);
    let mut changed = lead.touched(now);
    let mut told = vec![element.added()];
    match reaction.filter(|_| !suppressed) {
        Some(kind) => {
            let first = lead.status == Status::InProgress && changed.react(kind, dealer, now);
            told.push(Event::Reacted { kind, first, note });
        }
        None if letter.is_none() => told.push(Event::CallMissed { note }),
        None => {}
    }
    let decision = counted(commit(changed, by.clone(), told, now), element);
    Ok(decision.with_some(letter.map(|letter| Item::Letter(Box::new(letter)))))
}

/// The quote that goes along, as it is now.
fn enclosed(quote: Option<&Element>, form: Form) -> Result<Box<Enclosed>, Refusal> {
    let here = quote.filter(|element| element.removed.is_none());
    match here.map(|element| &element.content) {
        Some(Content::Quote(quote)) if quote.vehicle.condition == Some(Condition::New) => {
            Ok(Box::new(Enclosed { quote: quote.clone(), form }))
        }
        Some(_) => Err(Refusal::field("quote", "LEAD-3", "must be for a new vehicle")),
        None => Err(Refusal::field("quote", "LEAD-3", "must be a quote of this lead")),
    }
}
