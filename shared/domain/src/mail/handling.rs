//! The decisions of users about a mail without a lead (INT-7).

use crate::base::{Actor, LeadId, Refusal};
use crate::mail::{Handled, IncomingMail};
use chrono::{DateTime, Utc};

impl IncomingMail {
    /// Returns the mail as handled without a lead. `None` if it needs no decision, or has one.
    pub fn completed(&self, by: &Actor, now: DateTime<Utc>) -> Option<Self> {
        self.is_open().then(|| self.decided(Some(Handled { at: now, by: by.clone(), lead: None })))
    }

    /// Checks that the content of the mail was not erased.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] if it was.
    pub fn not_erased(&self) -> Result<(), Refusal> {
        match self.erased {
            None => Ok(()),
            Some(_) => Err(Refusal::conflict("PRV-2", "the content of this mail was erased")),
        }
    }

    /// Checks that the raw mail was not erased.
    ///
    /// # Errors
    /// [`Refusal::Gone`] if it was.
    pub fn raw_not_erased(&self) -> Result<(), Refusal> {
        match self.erased {
            None => Ok(()),
            Some(_) => Err(Refusal::gone("PRV-2", "the mail was erased, because it had data of a person who was erased")),
        }
    }

    /// Returns the mail as open again. `None` if it is open.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] if a lead was made of it, or it was erased.
    pub fn reopened(&self) -> Result<Option<Self>, Refusal> {
        self.not_erased()?;
        match &self.handled {
            Some(Handled { lead: Some(lead), .. }) => {
                let detail = format!("the lead {} was made of this mail; work there", lead.spoken());
                Err(Refusal::conflict("INT-7", detail))
            }
            Some(Handled { lead: None, .. }) => Ok(Some(self.decided(None))),
            None => Ok(None),
        }
    }

    /// Returns the mail as handled with the lead that a user made of it. `None` if it is handled with a lead already.
    pub fn made_lead(&self, lead: LeadId, by: &Actor, now: DateTime<Utc>) -> Option<Self> {
        let has_lead = self.handled.as_ref().is_some_and(|handled| handled.lead.is_some());
        (!has_lead).then(|| self.decided(Some(Handled { at: now, by: by.clone(), lead: Some(lead) })))
    }

    fn decided(&self, handled: Option<Handled>) -> Self {
        Self { handled, version: self.version + 1, ..self.clone() }
    }
}
