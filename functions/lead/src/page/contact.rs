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
    /// Name, company, e-mail addresses, telephone numbers (`typed` as entered, `e164` if the number is valid, `extension`, and `note` for the words next to it), language, address.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub person: Person,
}

impl LeadContactView {
    pub(crate) fn all(lead: &Lead, enquiry: Option<&Enquiry>) -> Vec<Self> {
        let people = lead.people(enquiry).into_iter().enumerate();
        let view =
            |(i, LeadContact { id, person })| Self { id: ContactId::to_string(&id), main: i == 0, name: person.display_name(), person };
        people.map(view).collect()
    }
}
