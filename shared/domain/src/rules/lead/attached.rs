//! The mail of an enquiry: it is a message of the lead's conversation, and its attachments become documents (LEAD-2, LEAD-3, INT-1).

use crate::base::{Actor, ElementId, Email};
use crate::elements::{BroughtEnquiry, Communication, Content, Document, Element, ElementKind, ReceivedMail, RefusedAttachment};
use crate::enquiry::{Enquiry, Flag};
use crate::lead::{Event, Lead};
use crate::rules::elements::MOST;
use crate::rules::lead::intake::Arrival;
use chrono::{DateTime, Utc};

/// Most refused attachments that the flags of an enquiry name.
const MOST_FLAGGED: usize = 20;

/// An attachment of a mail.
#[derive(Debug, Clone, PartialEq)]
pub struct MailAttachment {
    /// The id of its document.
    pub id: ElementId,
    /// The name of the file.
    pub name: String,
    /// The document, or the reason why there is none.
    pub document: Result<Document, String>,
}

/// Returns the documents for which a lead has room, and the refused attachments.
pub(super) fn documents(
    lead: &Lead,
    attachments: &[MailAttachment],
    by: &Actor,
    at: DateTime<Utc>,
) -> (Vec<Element>, Vec<RefusedAttachment>) {
    let room = MOST.saturating_sub(lead.counts.of(ElementKind::Document)) as usize;
    let (mut documents, mut refused) = (Vec::new(), Vec::new());
    for MailAttachment { id, name, document } in attachments {
        let document = document.clone().and_then(|document| match documents.len() < room {
            true => Ok(document),
            false => Err(format!("is one too many: the lead already has {MOST} documents")),
        });
        match document {
            Ok(document) => documents.push(Element::new(id.clone(), lead.id, Content::Document(document), by, at)),
            Err(why) => refused.push(RefusedAttachment { name: name.clone(), why }),
        }
    }
    (documents, refused)
}

/// The mail that has one enquiry, as a message of the lead's conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct EnquiryMail {
    /// The id of its communication.
    pub id: ElementId,
    /// The subject on one line.
    pub subject: String,
    /// Its content. The rule adds the contact, the documents, the refused attachments and the enquiry.
    pub mail: ReceivedMail,
}

impl EnquiryMail {
    /// Returns the communication of `lead`, which has the contact of the enquiry already. The sender is a customer if the contact has the
    /// address: a portal and a colleague write in the customer's name.
    fn communication(&self, arrival: &Arrival, lead: &Lead, documents: &[Element], refused: &[RefusedAttachment]) -> Element {
        let from = self.mail.from.as_deref().and_then(|from| Email::parse(from).ok());
        let is_enquirer = |from: &Email| arrival.enquiry.contact.emails.iter().any(|email| email.is_same(from));
        let enquirer = lead.latest_enquirer();
        let is_written_by_contact = from.as_ref().is_some_and(is_enquirer);
        let mail = ReceivedMail {
            contact: is_written_by_contact.then(|| enquirer.contact.clone()),
            documents: documents.iter().map(|document| document.id.clone()).collect(),
            refused: refused.to_vec(),
            enquiry: Some(BroughtEnquiry { entry: lead.version, contact: enquirer.contact, email: enquirer.email }),
            ..self.mail.clone()
        };
        let by = if is_written_by_contact { Actor::Customer } else { Actor::System };
        let content = Content::Communication(Communication::of_mail(self.subject.clone(), mail));
        Element::new(self.id.clone(), lead.id, content, &by, self.mail.at.min(arrival.at))
    }
}

/// The enquiry of an arrival as the timeline shows it, and the elements that its mail brings.
pub(super) struct Brought {
    /// The enquiry, with a flag for each attachment that stays in the raw mail.
    pub(super) enquiry: Box<Enquiry>,
    pub(super) events: Vec<Event>,
    /// The documents, and the mail itself.
    pub(super) elements: Vec<Element>,
}

/// Adds the mail of an arrival and its attachments to a lead, which has the contact of the enquiry already.
pub(super) fn brought(arrival: &Arrival, lead: &mut Lead) -> Brought {
    // A redelivered mail adds the same elements.
    let (documents, refused) = documents(lead, &arrival.attachments, &arrival.by, arrival.sent.min(arrival.at));
    let mail = arrival.mail.as_ref().map(|mail| mail.communication(arrival, lead, &documents, &refused));
    let mut enquiry = Box::new(arrival.enquiry.clone());
    let flag = |RefusedAttachment { name, why }| Flag {
        field: "mail".to_owned(),
        detail: format!("an attachment is only in the raw mail, because it {why}: {name}"),
    };
    enquiry.flags.extend(refused.into_iter().take(MOST_FLAGGED).map(flag));
    // The entry has the enquiry and the raw mail: it needs no event for the communication.
    let events = documents.iter().map(Element::added).collect();
    let elements: Vec<Element> = documents.into_iter().chain(mail).collect();
    elements.iter().for_each(|element| lead.counts.add(element.content.kind()));
    Brought { enquiry, events, elements }
}
