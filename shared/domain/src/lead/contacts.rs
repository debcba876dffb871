//! The contacts of a lead. One of them is the main contact (LEAD-7).

use crate::base::{ContactId, numbered};
use crate::enquiry::{ContactPreferences, Enquiry, Person};
use crate::lead::Lead;
use serde::{Deserialize, Serialize};

/// One of a lead's contacts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadContact {
    /// Its id within the lead.
    pub id: ContactId,
    /// The person's data.
    pub person: Person,
}

impl Lead {
    /// Returns the contacts, the main one first: the contacts that users have edited, otherwise the contact of the enquiry.
    pub fn people(&self, enquiry: Option<&Enquiry>) -> Vec<LeadContact> {
        if !self.contacts.is_empty() {
            return self.contacts.clone();
        }
        enquiry.map(|enquiry| LeadContact { id: numbered(1), person: enquiry.contact.clone() }).into_iter().collect()
    }

    /// Returns the addresses of the main contact: the first e-mail address, and the first mobile number or, without one, the first number
    /// that can be dialled. `enquiry` is the content of the timeline entry [`Lead::enquiry_version`].
    pub fn reached(&self, enquiry: Option<&Enquiry>) -> Option<ContactPreferences> {
        let person = self.contacts.first().map(|main| &main.person).or_else(|| enquiry.map(|enquiry| &enquiry.contact))?;
        Some(ContactPreferences::of(person))
    }
}
