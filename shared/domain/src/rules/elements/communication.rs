//! Records communications and sends mail (LEAD-3).

use crate::base::{ElementId, Medium, Purpose, ReactionKind, Refusal, Status};
use crate::decision::{Decision, Item, LeadInput, commit};
use crate::elements::{Communication, Content, Element, Form, beginning};
use crate::enquiry::ContactPreferences;
use crate::lead::{Enquirer, Event};
use crate::messages::{Letter, LetterKind, SuppressionReason};
use crate::rules::elements::{Enclosures, counted, has_room};
use crate::rules::settings::tracking_only;

/// A request to record or send a communication.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in Communication and LetterKind")]
pub enum CommunicationRequest {
    Email {
        subject: String,
        text: String,
        quote: Option<(ElementId, Form)>,
        documents: Vec<ElementId>,
        expose: bool,
        purpose: Purpose,
    },
    Sms {
        text: String,
        purpose: Purpose,
    },
    /// `inbound`: the customer called.
    Call {
        reached: bool,
        inbound: bool,
        note: Option<String>,
    },
}

impl CommunicationRequest {
    /// The purpose of the message. A call belongs to the lead.
    pub fn purpose(&self) -> Purpose {
        match self {
            CommunicationRequest::Email { purpose, .. } | CommunicationRequest::Sms { purpose, .. } => *purpose,
            CommunicationRequest::Call { .. } => Purpose::Contract,
        }
    }
}

/// Checks that a message goes to the address or number that its writer saw, so that nobody writes to one contact and reaches another one,
/// who has written in the meantime. `reached` holds the addresses of the contact who gets the letter.
///
/// # Errors
/// 409 if the contact has another address.
pub fn goes_to(seen: Option<&str>, medium: Medium, reached: &ContactPreferences) -> Result<(), Refusal> {
    let address = match medium {
        Medium::Email => reached.email.as_ref().map(|email| email.as_str()),
        Medium::Sms => reached.phone.as_ref().and_then(|phone| phone.texted()),
        Medium::Unknown => None,
    };
    match (seen, address) {
        (Some(seen), Some(address)) if !address.eq_ignore_ascii_case(seen.trim()) => {
            Err(Refusal::conflict("LEAD-3", "the message would go to another recipient than its writer saw; read the recipient again"))
        }
        _ => Ok(()),
    }
}

/// Sends the letter of `decision`, if it has one, to a contact of the lead.
pub fn addressed(mut decision: Decision, to: &Enquirer) -> Decision {
    for item in &mut decision.items {
        if let Item::Letter(letter) = item {
            letter.answers = Some(Box::new(to.clone()));
        }
    }
    decision
}

/// Sends a text to the contact of a lead, or records a call. It is a reaction, which stops the response clock (ESC-7), unless the call was
/// not answered or the dealer sends no mail to customers; the record shows that (MSG-1). `enclosures` are the items that an e-mail
/// can attach, and `reached` holds the addresses of the contact who gets the letter; it is `None` if the lead does not have this contact.
///
/// # Errors
/// 409 if the dealer answers in another system, the contact has no address for the medium, the dealer sends no text messages to the country
/// of the number, or the lead has the maximum number of communications. 422 if an attachment does not exist or does not fit.
pub fn communicate(
    input: LeadInput<'_>,
    id: ElementId,
    request: CommunicationRequest,
    enclosures: &Enclosures<'_>,
    reached: Option<&ContactPreferences>,
) -> Result<Decision, Refusal> {
    let LeadInput { lead, dealer, by, now } = input;
    let reached = || {
        let text =
            "the customer who sent the latest enquiry is not a contact of this lead; make the contact who gets the letter the main contact";
        reached.ok_or_else(|| Refusal::conflict("LEAD-7", text))
    };
    let (letter, reaction) = match &request {
        CommunicationRequest::Call { reached: false, .. } => (None, None),
        CommunicationRequest::Call { .. } => (None, Some(ReactionKind::CallReached)),
        CommunicationRequest::Email { .. } | CommunicationRequest::Sms { .. } if dealer.settings.lead_tracking_only => {
            return Err(tracking_only("LEAD-3"));
        }
        CommunicationRequest::Email { subject, text, quote, documents, expose, .. } => {
            if reached()?.email.is_none() {
                return Err(Refusal::conflict("LEAD-3", "the contact has no e-mail address"));
            }
            let enclosed = quote.as_ref().map(|(_, form)| enclosures.quote(*form)).transpose()?;
            enclosures.check(documents)?;
            let sheet = expose.then(|| enclosures.sheet(&dealer.settings)).transpose()?;
            let kind = LetterKind::Text { subject: subject.clone(), text: text.clone(), enclosed, documents: documents.clone(), sheet };
            (Some((Medium::Email, kind)), Some(ReactionKind::Reply))
        }
        CommunicationRequest::Sms { text, .. } => {
            let Some(number) = reached()?.phone.as_ref().and_then(|phone| phone.texted()) else {
                return Err(Refusal::conflict("LEAD-3", "the contact has no telephone number that can be dialled"));
            };
            if !dealer.settings.may_text(number) {
                let why = "the dealer sends no text messages to the country of this number, by its setting text_message_countries";
                return Err(Refusal::conflict("SET-12", why));
            }
            (Some((Medium::Sms, LetterKind::text(String::new(), text.clone()))), Some(ReactionKind::Reply))
        }
    };
    let suppressed = letter.is_some() && !dealer.settings.send_external_mail;
    let letter = letter.map(|(medium, kind)| {
        let letter = Letter { purpose: request.purpose(), ..Letter::of_lead(lead, id.to_string(), medium, kind, now) };
        if suppressed { letter.suppressed(SuppressionReason::Switched, now) } else { letter }
    });
    let inbound = matches!(request, CommunicationRequest::Call { inbound: true, .. });
    let communication = match request {
        CommunicationRequest::Email { subject, quote, documents, expose, .. } => {
            Communication::Email { subject, quote, received: None, answers: None, documents, expose }
        }
        CommunicationRequest::Sms { text, .. } => Communication::Sms { begins: beginning(&text), received: None },
        CommunicationRequest::Call { reached, note, .. } => Communication::Call { reached, note },
    };
    let note = if let Communication::Call { note, .. } = &communication { note.clone() } else { None };
    let content = Content::Communication(communication);
    has_room(lead, content.kind())?;
    let element = Element::new(id, lead.id, content, by, now);
    let mut changed = lead.touched(now);
    let mut timeline = vec![element.added()];
    match reaction.filter(|_| !suppressed) {
        Some(kind) => {
            let first = lead.status == Status::InProgress && changed.react(kind, dealer, now);
            timeline.push(Event::Reacted { kind, first, inbound, note });
        }
        None if letter.is_none() => timeline.push(Event::CallMissed { note }),
        None => {}
    }
    let decision = counted(commit(changed, by.clone(), timeline, now), element);
    Ok(decision.with_some(letter.map(|letter| Item::Letter(Box::new(letter)))))
}
