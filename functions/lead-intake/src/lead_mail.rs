//! A mail of a lead for readers (INT-2).

use crate::inbox::MailFileView;
use crate::mail::{Mailbox, ShownHeaders, ShownMail, shown, shown_headers};
use crate::mail_in::raw_mail;
use chrono::{DateTime, Utc};
use forecourt_domain::base::Refusal;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::raw_input::raw_input;
use serde::Serialize;
use utoipa::ToSchema;

/// A mail of a lead. The headers are the sender's claims.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadMailView {
    /// The sender; `null` if the mail names none.
    pub from: Option<MailboxView>,
    /// The address to which the sender wants answers; absent if it is the sender's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MailboxView>,
    /// The recipients, at most 100.
    pub to: Vec<MailboxView>,
    /// The recipients of a copy, at most 100; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<MailboxView>,
    /// The time by the sender's clock; `null` if the mail has none.
    pub date: Option<DateTime<Utc>>,
    /// The subject; `null` if the mail has none.
    pub subject: Option<String>,
    /// The text as plain text. HTML is reduced to text.
    pub text: String,
    /// The files of the mail.
    pub files: Vec<MailFileView>,
    /// Remarks in English on content that is not shown.
    pub notes: Vec<String>,
}

/// An address in a header of a mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailboxView {
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address.
    pub address: String,
}

impl MailboxView {
    fn of(Mailbox { name, address }: Mailbox) -> Self {
        Self { name, address }
    }

    fn all(mailboxes: Vec<Mailbox>) -> Vec<Self> {
        mailboxes.into_iter().map(Self::of).collect()
    }
}

impl LeadMailView {
    fn of(ShownHeaders { from, reply_to, to, cc, date, subject }: ShownHeaders, ShownMail { text, files, notes }: ShownMail) -> Self {
        Self {
            from: from.map(MailboxView::of),
            reply_to: reply_to.map(MailboxView::of),
            to: MailboxView::all(to),
            cc: MailboxView::all(cc),
            date,
            subject,
            text,
            files: files.into_iter().map(MailFileView::of).collect(),
            notes,
        }
    }
}

/// `GET /leads/{id}/mail`.
pub(crate) async fn read(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let input = raw_input(platform, call).await?;
    let object = input.raw.mail().ok_or(Refusal::NotFound("mail"))?;
    let raw = raw_mail(platform, object).await?.ok_or_else(|| Refusal::gone("INT-2", "the raw input has expired"))?;
    Ok(Answer::new(200, &LeadMailView::of(shown_headers(&raw.bytes), shown(&raw.bytes)))?.about(&input.lead))
}
