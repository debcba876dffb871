//! A mail with recipient, text, HTML and attachments, and its MIME form.

use crate::tag::MailTags;
use chrono::{DateTime, Utc};
use forecourt_domain::base::{Email, Language, has_link};
use forecourt_domain::people::User;
use forecourt_domain::settings::{Dealer, MailServer};
use forecourt_domain::texts::{html_of, text_language};
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::url::URL;
use mail_builder::mime::MimePart;
use serde::{Deserialize, Serialize};

/// A mail, ready to send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mail {
    /// Id of the mail: the same for every attempt.
    pub id: String,
    /// Name of the recipient; empty if it is unknown or has a link.
    pub to_name: String,
    /// Address of the recipient.
    pub to: String,
    /// Name of the sender: the dealer, or Forecourt itself.
    pub from_name: String,
    /// Address for replies; `None` if replies are not expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Id of the message that it answers, without angle brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// Ids of the messages of its thread, without angle brackets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// Time of the attempt.
    pub at: DateTime<Utc>,
    /// Subject, one line.
    pub subject: String,
    /// Body as plain text.
    pub text: String,
    /// The same text as HTML.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub html: String,
    /// Whether it answers a mail or an enquiry automatically: other programs must not answer it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub auto_reply: bool,
    /// Whether a user wrote its text: it does not state that a program sent it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_user: bool,
    /// The link by which the recipient unsubscribes. `None` if the mail belongs to the customer's enquiry or contract (PRV-6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsubscribe: Option<String>,
    /// Attached files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The tags that the provider returns with its reports; `None` if no report is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<MailTags>,
    /// The dealer's own mail server, which sends it. `None` if the stack's sends it (SET-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_server: Option<MailServer>,
}

/// An attached file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Content; base64 in JSON.
    #[serde(with = "base64")]
    pub content: Vec<u8>,
}

mod base64 {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The recipient of a mail.
#[derive(Debug, Clone, PartialEq)]
pub struct Addressee {
    pub(crate) name: String,
    pub(crate) address: Email,
    pub(crate) language: Language,
}

impl Addressee {
    /// The mail address of a user.
    pub fn of(user: &User) -> Self {
        Self { name: user.name.clone(), address: user.email.clone(), language: user.language.clone() }
    }

    /// The mail address of a customer. A name with a link is left out: an enquiry could use it to advertise the link to anyone (MSG-2).
    pub fn customer(name: String, address: Email, language: Language) -> Self {
        let name = if has_link(&name) { String::new() } else { name };
        Self { name, address, language }
    }

    /// A mail address of the dealer that belongs to no user.
    pub fn at(address: &Email, dealer: &Dealer) -> Self {
        Self { name: dealer.settings.name.clone(), address: address.clone(), language: dealer.settings.language.clone() }
    }
}

/// A mail without its text.
#[derive(Clone, Copy)]
pub struct Envelope<'a> {
    /// Id of the mail: the same for every attempt.
    pub id: &'a str,
    /// The recipient.
    pub to: &'a Addressee,
    /// The sender.
    pub dealer: &'a Dealer,
    /// Time of the attempt.
    pub now: DateTime<Utc>,
}

impl Mail {
    /// Makes a mail from the dealer to the recipient out of a text whose first line is the subject.
    pub(crate) fn from_text(Envelope { id, to, dealer, now }: Envelope<'_>, text: &str) -> Self {
        let from_name = dealer.settings.from_name.clone().unwrap_or_else(|| dealer.settings.name.clone());
        Self { mail_server: dealer.settings.own_mail_server(), ..Self::written((id, from_name), to, text, now) }
    }

    /// Makes a mail of the system itself, about no dealer, out of a text whose first line is the subject.
    pub(crate) fn of_forecourt(id: &str, to: &Addressee, text: &str, now: DateTime<Utc>) -> Self {
        Self::written((id, "Forecourt".to_owned()), to, text, now)
    }

    fn written((id, from_name): (&str, String), to: &Addressee, text: &str, now: DateTime<Utc>) -> Self {
        let (subject, text) = text.split_once('\n').unwrap_or((text, ""));
        let text = text.trim_start().to_owned();
        Self {
            id: id.to_owned(),
            to_name: to.name.clone(),
            to: to.address.wire(),
            html: html_of(&text, text_language(&to.language), subject, &from_name),
            from_name,
            auto_reply: false,
            by_user: false,
            reply_to: None,
            in_reply_to: None,
            references: Vec::new(),
            at: now,
            subject: subject.to_owned(),
            text,
            unsubscribe: None,
            attachments: Vec::new(),
            tags: None,
            mail_server: None,
        }
    }

    /// Adds the link by which the recipient unsubscribes: at the end of the text, and as headers by which a mail program unsubscribes with
    /// one click (RFC 8058).
    pub(crate) fn with_unsubscription(self, link: String, language: &Language, dealer: &Dealer) -> Self {
        let name = &dealer.settings.name;
        let sentence = match text_language(language) {
            "de" => format!("Möchten Sie solche E-Mails von {name} nicht mehr erhalten? Hier melden Sie sich ab:"),
            "nl" => format!("Wilt u zulke e-mails van {name} niet meer ontvangen? Hier meldt u zich af:"),
            _ => format!("Do you no longer want such e-mails from {name}? Unsubscribe here:"),
        };
        let text = format!("{}\n\n{sentence}\n{link}\n", self.text.trim_end());
        let html = html_of(&text, text_language(language), &self.subject, &self.from_name);
        Self { text, html, unsubscribe: Some(link), ..self }
    }

    /// Returns the `Message-ID` of the mail from the address `from`, without angle brackets.
    pub(crate) fn message_id(&self, from: &str) -> String {
        let domain = from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        format!("{}@{domain}", self.id)
    }

    /// Writes the mail as a MIME message from the address `from`.
    ///
    /// # Errors
    /// If writing fails.
    pub fn mime(&self, from: &str) -> std::io::Result<Vec<u8>> {
        let to: Address<'_> = match self.to_name.as_str() {
            "" => self.to.as_str().into(),
            name => (name, self.to.as_str()).into(),
        };
        let mut mail = MessageBuilder::new()
            .message_id(self.message_id(from))
            .date(self.at.timestamp())
            .from((self.from_name.as_str(), from))
            .to(to)
            .subject(self.subject.as_str())
            .header("X-Forecourt-Mail", Raw::new(self.id.as_str()))
            .text_body(self.text.as_str());
        if !self.by_user {
            mail = mail.header("Auto-Submitted", Raw::new(if self.auto_reply { "auto-replied" } else { "auto-generated" }));
        }
        if self.auto_reply {
            mail = mail.header("X-Auto-Response-Suppress", Raw::new("All"));
        }
        if !self.html.is_empty() {
            mail = mail.html_body(self.html.as_str());
        }
        if let Some(link) = &self.unsubscribe {
            mail = mail.header("List-Unsubscribe", URL::new(link.as_str()));
            mail = mail.header("List-Unsubscribe-Post", Raw::new("List-Unsubscribe=One-Click"));
        }
        if let Some(address) = &self.reply_to {
            mail = mail.reply_to(address.as_str());
        }
        if let Some(id) = &self.in_reply_to {
            mail = mail.in_reply_to(id.as_str());
        }
        if !self.references.is_empty() {
            mail = mail.references(self.references.as_slice());
        }
        for file in &self.attachments {
            mail.attachments.get_or_insert_default().push(part_of(file));
        }
        mail.write_to_vec()
    }
}

/// The media type of a mail.
pub const RFC822: &str = forecourt_domain::lead::Raw::MAIL;
/// The longest line of a mail, in bytes (RFC 5322).
const MAX_LINE: usize = 998;

/// Returns a file as a part of a mail. A mail in a mail must not be encoded (RFC 2046). If it cannot be sent as it is, it is attached as a
/// file whose name makes a mail program open it.
fn part_of(file: &Attachment) -> MimePart<'_> {
    let (name, content) = (file.name.as_str(), file.content.as_slice());
    match file.media_type.as_str() {
        RFC822 if is_plain(content) => MimePart::new(RFC822, content).attachment(name).transfer_encoding("7bit"),
        RFC822 => MimePart::new("application/octet-stream", content).attachment(name),
        other => MimePart::new(other, content).attachment(name),
    }
}

/// Whether a mail can be sent without encoding: ASCII in short lines that end with CR and LF.
fn is_plain(mail: &[u8]) -> bool {
    let is_line = |line: &[u8]| line.len() <= MAX_LINE && line.iter().all(|byte| byte.is_ascii() && !matches!(byte, 0 | b'\r'));
    let mut lines = mail.split(|byte| *byte == b'\n');
    let last = lines.next_back().unwrap_or_default();
    is_line(last) && lines.all(|line| line.strip_suffix(b"\r").is_some_and(is_line))
}
