//! The text of a reminder as a text message (ESC-14).

use super::Texts;
use super::notice::answer_due;
use chrono::{DateTime, Utc};
use forecourt_domain::base::{Language, has_link};
use forecourt_domain::lead::Lead;
use forecourt_domain::messages::Message;
use forecourt_domain::settings::Dealer;
use forecourt_domain::texts::{local_time, text_language};

/// Longest name of a customer, in characters: the text fits into one part.
const NAME: usize = 40;

impl Texts {
    /// Writes a reminder as a text message: the lead's number, the customer's name, and the time until which the customer must be answered.
    /// A name with a link is left out, because telephones make it something to tap on.
    pub(crate) fn reminder_text(
        &self,
        (message, lead): (&Message, &Lead),
        dealer: &Dealer,
        language: &Language,
        now: DateTime<Utc>,
    ) -> String {
        let due = answer_due(lead, message, now).unwrap_or(now);
        let at = local_time(due, dealer.settings.calendar.zone(), language);
        let name: String = if has_link(&lead.contact) { String::new() } else { lead.contact.trim().chars().take(NAME).collect() };
        let name = if name.is_empty() { name } else { format!(", {}", name.trim_end()) };
        let number = lead.id.spoken();
        match text_language(language) {
            "de" => format!("Erinnerung: Lead {number}{name} ist bis {at} zu beantworten."),
            "nl" => format!("Herinnering: beantwoord lead {number}{name} voor {at}."),
            _ => format!("Reminder: answer lead {number}{name} by {at}."),
        }
    }
}
