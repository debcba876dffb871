//! A mail: its reader, its text, its attachments, and how it is written as MIME.

use chrono::{DateTime, Utc};
use forecourt_domain::base::{Email, Language};
use forecourt_domain::people::User;
use forecourt_domain::settings::Dealer;
use mail_builder::MessageBuilder;
use serde::{Deserialize, Serialize};

/// A mail, ready to be carried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mail {
    /// What makes it the same mail if it is sent again.
    pub id: String,
    /// The reader's name.
    pub to_name: String,
    /// The reader's address.
    pub to: String,
    /// Whose name it is sent in: the dealer's.
    pub from_name: String,
    /// Where an answer goes; none: nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// In a line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// What is attached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// A file in a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its bytes, as base64 where they are written as text.
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

/// Who reads a mail.
#[derive(Debug, Clone, PartialEq)]
pub struct Addressee {
    pub(crate) name: String,
    pub(crate) address: Email,
    pub(crate) language: Language,
}

impl Addressee {
    /// A user.
    pub fn of(user: &User) -> Self {
        Self { name: user.name.clone(), address: user.email.clone(), language: user.language.clone() }
    }

    /// A customer.
    pub fn customer(name: String, address: Email, language: Language) -> Self {
        Self { name, address, language }
    }

    /// An address of the dealer's.
    pub fn at(address: &Email, dealer: &Dealer) -> Self {
        Self { name: dealer.settings.name.clone(), address: address.clone(), language: dealer.settings.language.clone() }
    }
}

impl Mail {
    /// A text, whose first line is the subject, to `to` in the dealer's name.
    pub(crate) fn written(id: String, to: &Addressee, dealer: &Dealer, written: &str, now: DateTime<Utc>) -> Self {
        let (subject, text) = written.split_once('\n').unwrap_or((written, ""));
        Self {
            id,
            to_name: to.name.clone(),
            to: to.address.to_string(),
            from_name: dealer.settings.from_name.clone().unwrap_or_else(|| dealer.settings.name.clone()),
            reply_to: None,
            at: now,
            subject: subject.to_owned(),
            text: text.trim_start().to_owned(),
            attachments: Vec::new(),
        }
    }

    /// As a MIME message from `from`, an address of ours.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn mime(&self, from: &str) -> std::io::Result<Vec<u8>> {
        let domain = from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        let mut mail = MessageBuilder::new()
            .message_id(format!("{}@{domain}", self.id))
            .date(self.at.timestamp())
            .from((self.from_name.as_str(), from))
            .to((self.to_name.as_str(), self.to.as_str()))
            .subject(self.subject.as_str())
            .header("X-Forecourt-Mail", mail_builder::headers::raw::Raw::new(self.id.as_str()))
            .header("Auto-Submitted", mail_builder::headers::raw::Raw::new("auto-generated"))
            .text_body(self.text.as_str());
        if let Some(address) = &self.reply_to {
            mail = mail.reply_to(address.as_str());
        }
        for file in &self.attachments {
            mail = mail.attachment(file.media_type.as_str(), file.name.as_str(), file.content.as_slice());
        }
        mail.write_to_vec()
    }
}
