//! Links to pages of the console, for what staff get: mails, PDF files, calendars.

use super::{Missing, optional_setting};
use forecourt_domain::base::{AppointmentId, DealerId, EventId, LeadId, MailId, UserId, WebhookId};
use forecourt_domain::lead::Lead;
use std::sync::Arc;

/// Makes links to pages of the console (MSG-2). A reader without a session signs in, and then gets the page. Links for customers and
/// partners begin with the public URL instead, and need no sign-in.
#[derive(Debug, Clone, Default)]
pub struct ConsoleLinks(Arc<str>);

impl ConsoleLinks {
    /// Links to the console at `url`.
    pub fn new(url: &str) -> Self {
        Self(url.trim_end_matches('/').into())
    }

    /// Reads the URL of the console from the environment: `CONSOLE_URL`, or `PUBLIC_URL` in a stack that has one URL for everything.
    ///
    /// # Errors
    /// [`Missing`] if neither is set.
    pub fn from_environment() -> Result<Self, Missing> {
        let url = optional_setting("CONSOLE_URL").or_else(|| optional_setting("PUBLIC_URL")).ok_or(Missing("CONSOLE_URL"))?;
        Ok(Self::new(&url))
    }

    /// The URL of the console, without a slash at the end; empty for a function that makes no links.
    pub fn url(&self) -> &str {
        &self.0
    }

    /// The page of a lead.
    pub fn lead(&self, lead: LeadId) -> String {
        format!("{}/desk/leads/{lead}", self.0)
    }

    /// The page on which `user` works a calendar event: that of the lead for its owner, otherwise that of the event, because its user may
    /// not be allowed to see the lead. `None` is the owner.
    pub fn event(&self, lead: &Lead, event: &EventId, user: Option<&UserId>) -> String {
        let page = self.lead(lead.id);
        if user.is_none() || user == lead.owner.as_ref() { page } else { format!("{page}/events/{event}") }
    }

    /// The board of a dealer.
    pub fn board(&self, dealer: &DealerId) -> String {
        format!("{}/desk/d/{dealer}/board", self.0)
    }

    /// The list of tasks of a dealer.
    pub fn tasks(&self, dealer: &DealerId) -> String {
        format!("{}/desk/d/{dealer}/tasks", self.0)
    }

    /// The inbox of a dealer: its mails without a lead.
    pub fn mails(&self, dealer: &DealerId) -> String {
        format!("{}/desk/d/{dealer}/mails", self.0)
    }

    /// The page of a mail.
    pub fn mail(&self, dealer: &DealerId, mail: &MailId) -> String {
        format!("{}/{mail}", self.mails(dealer))
    }

    /// The page of an appointment.
    pub fn appointment(&self, appointment: &AppointmentId) -> String {
        format!("{}/desk/appointments/{appointment}", self.0)
    }

    /// The page of a webhook.
    pub fn webhook(&self, webhook: &WebhookId) -> String {
        format!("{}/desk/group/webhooks/{webhook}", self.0)
    }

    /// The access log of the group.
    pub fn access_log(&self) -> String {
        format!("{}/desk/group/access-log", self.0)
    }
}
