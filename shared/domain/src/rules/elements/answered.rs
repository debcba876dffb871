//! Answers a received mail: the letter belongs to the thread of the mail (LEAD-3).

use crate::base::{ElementId, Email, Refusal};
use crate::decision::{Decision, Item};
use crate::elements::{Communication, Content, Element, ReceivedMail, reply_subject};
use crate::enquiry::Enquiry;
use crate::lead::{Enquirer, Lead};
use crate::rules::elements::CommunicationRequest;

/// A received mail that a user answers.
#[derive(Debug, Clone, Copy)]
pub struct AnsweredMail<'a> {
    id: &'a ElementId,
    subject: &'a str,
    mail: &'a ReceivedMail,
}

impl<'a> AnsweredMail<'a> {
    /// Returns the mail of an element of the lead.
    ///
    /// # Errors
    /// 422 if the lead has no such mail.
    pub fn of(element: Option<&'a Element>) -> Result<Self, Refusal> {
        let received = element.and_then(|element| match &element.content {
            Content::Communication(communication) => communication.received().map(|(subject, mail)| (&element.id, subject, mail)),
            _ => None,
        });
        let (id, subject, mail) =
            received.ok_or_else(|| Refusal::field("answers", "LEAD-3", "must be an e-mail that the lead has received"))?;
        Ok(Self { id, subject, mail })
    }

    /// The subject of the mail.
    pub fn subject(&self) -> &'a str {
        self.subject
    }

    /// Returns the contact who gets the answer: the contact who has the sender's address now, or else the contact whose enquiry the mail
    /// brought. `None` if there is none: nothing is sent to an address that no user has made a contact's.
    pub fn writer(&self, lead: &Lead, enquiry: Option<&Enquiry>) -> Option<Enquirer> {
        let from = self.mail.from.as_deref().and_then(|from| Email::parse(from).ok());
        let brought = || {
            let brought = self.mail.enquiry.as_ref()?;
            Some(Enquirer { contact: brought.contact.clone(), email: brought.email.clone(), phone: None })
        };
        from.and_then(|from| lead.writer(&from, enquiry)).or_else(brought)
    }

    /// Returns the request with the subject of the mail if the user gives none.
    pub fn with_subject(&self, request: CommunicationRequest, lead: &Lead) -> CommunicationRequest {
        match request {
            CommunicationRequest::Email { subject, text, quote, documents, expose, purpose } if subject.is_empty() => {
                CommunicationRequest::Email { subject: reply_subject(self.subject, lead.id), text, quote, documents, expose, purpose }
            }
            request => request,
        }
    }

    /// Puts the letter of `decision` into the thread of the mail.
    pub fn threaded(&self, mut decision: Decision) -> Decision {
        for item in &mut decision.items {
            match item {
                Item::Letter(letter) => {
                    letter.in_reply_to = self.mail.header_id().map(str::to_owned);
                }
                Item::Element(element) => {
                    if let Content::Communication(Communication::Email { answers, .. }) = &mut element.content {
                        *answers = Some(self.id.clone());
                    }
                }
                _ => {}
            }
        }
        decision
    }
}
