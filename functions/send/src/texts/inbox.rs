//! The texts about incoming mail: the copy, the report, and the notices about open mails (SET-4, INT-7).

use super::{TextError, Texts};
use crate::mail::{Envelope, Mail};
use forecourt_domain::base::text::shortened;
use forecourt_domain::base::{Email, LeadId};
use forecourt_domain::mail::{IncomingMail, MAIL_MARK, MailOutcome};
use forecourt_domain::texts::{local_time, text_language};
use minijinja::context;

/// Longest line that is taken from a mail, in characters.
const LINE: usize = 200;

/// Whether the original is attached to the text about a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub enum Original {
    Attached,
    TooLarge,
    Expired,
    Virus,
}

/// The number of open mails that a notice states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingMails {
    /// The number that was counted.
    pub number: usize,
    /// Whether there are more.
    pub more: bool,
    /// Whether they went over the limit of reports of an hour.
    pub limited: bool,
}

impl Texts {
    /// Writes the copy of a mail to `forward_to` (SET-4). Answers go to the sender of the mail.
    ///
    /// # Errors
    /// If the template fails.
    pub fn forward(&self, envelope: Envelope<'_>, mail: &IncomingMail, original: Original) -> Result<Mail, TextError> {
        let own = envelope.dealer.settings.lead_address.as_ref();
        let customer = mail.answers_go_to().filter(|to| own.is_none_or(|own| !own.is_same(to)));
        let written = self.about_mail("forward", envelope, mail, original)?;
        Ok(Mail { reply_to: customer.as_ref().map(Email::wire), ..written })
    }

    /// Writes the report of a mail without a lead to `unparsed_mail_to` (INT-7).
    ///
    /// # Errors
    /// If the template fails.
    pub fn report(&self, envelope: Envelope<'_>, mail: &IncomingMail, original: Original) -> Result<Mail, TextError> {
        self.about_mail("report", envelope, mail, original)
    }

    fn about_mail(&self, kind: &str, envelope: Envelope<'_>, mail: &IncomingMail, original: Original) -> Result<Mail, TextError> {
        let Envelope { to, dealer, id, .. } = envelope;
        let (reason, detail) = match &mail.outcome {
            MailOutcome::NoLead { reason, detail } => (reason.as_str(), Some(detail.as_str())),
            MailOutcome::Refused { detail } => ("refused", Some(detail.as_str())),
            MailOutcome::Leads { .. } | MailOutcome::Answer { .. } | MailOutcome::Unknown => ("", None),
        };
        let leads: Vec<LeadId> = mail.leads().collect();
        let links: Vec<String> = match leads.as_slice() {
            [] => vec![self.console.mail(&dealer.id, &mail.id)],
            leads => leads.iter().map(|lead| self.console.lead(*lead)).collect(),
        };
        let failed = |verdict: &str| verdict == "fail";
        let context = context! {
            kind,
            language => text_language(&to.language),
            dealer => &dealer.settings.name,
            from => mail.from.as_deref().map(line),
            subject => mail.subject.as_deref().map(line),
            received => local_time(mail.received, dealer.settings.calendar.zone(), &to.language),
            reason,
            detail => detail.map(line),
            numbers => leads.iter().map(|lead| lead.spoken()).collect::<Vec<_>>().join(", "),
            answer => matches!(mail.outcome, MailOutcome::Answer { .. }),
            links,
            spam => failed(&mail.verdicts.spam),
            forged => failed(&mail.verdicts.dmarc),
            original => match original {
                Original::Attached => "attached",
                Original::TooLarge => "too_large",
                Original::Expired => "expired",
                Original::Virus => "virus",
            },
            mark => format!("{MAIL_MARK} {id}"),
        };
        Ok(Mail::from_text(envelope, &self.templates.get_template("inbox")?.render(context)?))
    }

    /// Writes the notice that mails wait in the inbox (INT-7).
    ///
    /// # Errors
    /// If the template fails.
    pub fn waiting_mails(&self, envelope: Envelope<'_>, waiting: WaitingMails) -> Result<Mail, TextError> {
        let Envelope { to, dealer, .. } = envelope;
        let WaitingMails { number, more, limited } = waiting;
        let context = context! {
            language => text_language(&to.language),
            reader => &to.name,
            dealer => &dealer.settings.name,
            number,
            more,
            limited,
            link => self.console.mails(&dealer.id),
        };
        Ok(Mail::from_text(envelope, &self.templates.get_template("waiting_mails")?.render(context)?))
    }
}

/// Returns a text of a mail as a part of one line.
fn line(text: &str) -> String {
    shortened(text, LINE)
}
