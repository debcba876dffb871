//! A contact of a lead as clients see it (LEAD-7).

use forecourt_domain::base::ContactId;
use forecourt_domain::enquiry::{Enquiry, Person};
use forecourt_domain::lead::{Lead, LeadContact};
use serde::Serialize;
use utoipa::ToSchema;

/// A contact of a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadContactView {
    /// Id within the lead.
    pub id: String,
    /// Whether it is the lead's main contact.
    pub main: bool,
    /// Display name.
    pub name: String,
    /// Name, company, e-mail addresses, telephone numbers (`typed` as entered, `e164` if the number is valid, `extension`, and `note` for
    /// the words next to it), language, address.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub person: Person,
    /// The channels that receive the next letter, if this contact sent the latest enquiry and letters do not go to the main contact's usual
    /// channels (INT-6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers_to: Option<AnswerChannels>,
}

/// The channels of a contact that receive letters.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerChannels {
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone number in E.164 to which text messages can be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl LeadContactView {
    pub(crate) fn all(lead: &Lead, enquiry: Option<&Enquiry>) -> Vec<Self> {
        let people = lead.people(enquiry).into_iter().enumerate();
        let enquirer = lead.enquirer.as_deref();
        let mut reached = enquirer.and_then(|enquirer| lead.addressee(enquirer, enquiry)).map(|(_, reached)| AnswerChannels {
            email: reached.email.map(|email| email.to_string()),
            phone: reached.phone.as_ref().and_then(|phone| phone.texted()).map(str::to_owned),
        });
        let view = |(i, LeadContact { id, person }): (usize, LeadContact)| {
            let answers_to = if enquirer.is_some_and(|enquirer| enquirer.contact == id) { reached.take() } else { None };
            Self { id: ContactId::to_string(&id), main: i == 0, name: person.display_name(), person, answers_to }
        };
        people.map(view).collect()
    }
}
