//! The contacts of a lead: several, one of them main (LEAD-7).

use crate::base::{ContactId, numbered};
use crate::enquiry::{ContactPreferences, Enquiry, Person};
use crate::lead::Lead;
use serde::{Deserialize, Serialize};

/// One of a lead's contacts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadContact {
    /// Its name within the lead.
    pub id: ContactId,
    /// Who it is.
    pub person: Person,
}

impl Lead {
    /// Its contacts, the main one first: as people corrected them, else whom its enquiry names.
    pub fn people(&self, enquiry: Option<&Enquiry>) -> Vec<LeadContact> {
        if !self.contacts.is_empty() {
            return self.contacts.clone();
        }
        enquiry.map(|enquiry| LeadContact { id: numbered(1), person: enquiry.contact.clone() }).into_iter().collect()
    }

    /// How its main contact is reached as of now: by the first e-mail address, and by the first mobile number, else the first that can be dialled.
    /// `enquiry` is what its entry [`Lead::enquiry_version`] says.
    pub fn reached(&self, enquiry: Option<&Enquiry>) -> Option<ContactPreferences> {
        let person = self.contacts.first().map(|main| &main.person).or_else(|| enquiry.map(|enquiry| &enquiry.contact))?;
        Some(ContactPreferences::of(person))
    }
}
