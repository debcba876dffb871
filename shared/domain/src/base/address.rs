//! E-mail addresses, telephone numbers, countries and languages.

use email_address::{EmailAddress, Options};
use rlibphonenumber::{PhoneNumber, PhoneNumberFormat, Region};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An e-mail address that mail can be sent to: at most 254 characters, with a domain that has a top level.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// Reads an address; its domain becomes lower case.
    ///
    /// # Errors
    /// [`BadEmail`] with the reason.
    pub fn parse(text: &str) -> Result<Self, BadEmail> {
        let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
        let address = EmailAddress::parse_with_options(text.trim(), options).map_err(|e| BadEmail(e.to_string()))?;
        if address.as_str().len() > 254 {
            return Err(BadEmail("it is longer than 254 characters".into()));
        }
        Ok(Self(format!("{}@{}", address.local_part(), address.domain().to_lowercase())))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether both addresses reach the same person. Upper and lower case make no difference.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.to_lowercase() == other.0.to_lowercase()
    }

    /// The part after the `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl TryFrom<String> for Email {
    type Error = BadEmail;
    fn try_from(text: String) -> Result<Self, BadEmail> {
        Self::parse(&text)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not an e-mail address: {0}")]
pub struct BadEmail(String);

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.as_str().to_owned()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.0
    }
}

/// A country by its ISO 3166 alpha-2 code in upper case. It determines how telephone numbers and dates are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

impl Country {
    /// The United States, which write dates month first.
    pub const US: Self = Self(*b"US");

    /// The code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }

    fn region(self) -> Option<Region> {
        self.as_str().parse().ok()
    }
}

impl TryFrom<String> for Country {
    type Error = BadCountry;
    fn try_from(text: String) -> Result<Self, BadCountry> {
        let code = <[u8; 2]>::try_from(text.to_ascii_uppercase().as_bytes()).map_err(|_| BadCountry)?;
        let country = Self(code);
        country.region().map(|_| country).ok_or(BadCountry)
    }
}

/// The text is not a country code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a two-letter country code such as DE")]
pub struct BadCountry;

/// A telephone number: as typed, and in E.164 where it can be read (INT-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// As the customer or the sender typed it.
    pub typed: String,
    /// `+` and up to 15 digits. `None` if the number is not valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e164: Option<String>,
    /// The kind as named by the sender: mobile, home, work …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The time at which the customer wants to be called, as the sender wrote it: morning, evening …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

impl Phone {
    /// Reads `typed` as it is dialled in `country`. `e164` is `None` if the number is not valid.
    pub fn read(typed: &str, country: Country) -> Self {
        let number = PhoneNumber::parse(typed, country.region()).ok().filter(PhoneNumber::is_valid);
        let e164 = number.map(|n| n.format_as(PhoneNumberFormat::E164).into_owned());
        Self { typed: typed.to_owned(), e164, kind: None, time: None }
    }
}

/// A language by its ISO 639 code in lower case, such as `de`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language(String);

impl Language {
    /// Reads a language tag (its first part counts) or the English name of one of Forecourt's own languages.
    ///
    /// # Errors
    /// [`BadLanguage`] if it is neither.
    pub fn parse(text: &str) -> Result<Self, BadLanguage> {
        let text = text.trim().to_ascii_lowercase();
        let code = match text.as_str() {
            "english" => "en",
            "german" | "deutsch" => "de",
            "dutch" | "nederlands" => "nl",
            _ => text.split(['-', '_']).next().unwrap_or_default(),
        };
        if !matches!(code.len(), 2 | 3) || !code.bytes().all(|b| b.is_ascii_lowercase()) {
            return Err(BadLanguage);
        }
        Ok(Self(code.to_owned()))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Language {
    type Error = BadLanguage;
    fn try_from(text: String) -> Result<Self, BadLanguage> {
        Self::parse(&text)
    }
}

impl Language {
    /// Returns whether this language is `wanted` or a variety of it: `en-GB` is in `en`.
    pub fn is_in(&self, wanted: &Self) -> bool {
        let (is, wanted) = (self.0.to_ascii_lowercase(), wanted.0.to_ascii_lowercase());
        is == wanted || is.strip_prefix(&wanted).is_some_and(|rest| rest.starts_with('-'))
    }
}

/// The text is not a language tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a language tag such as de or en-GB")]
pub struct BadLanguage;

/// Replaces an e-mail address or a telephone number in a key: a keyed hash, so that the keys of the table hold no personal data (PRV-1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChannelKey(pub String);
