//! Countries, languages and the keys of contact channels.

use rlibphonenumber::Region;
use serde::{Deserialize, Serialize};

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

    /// The region of the telephone numbering plan.
    pub(super) fn region(self) -> Option<Region> {
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

/// The text is not a language tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a language tag such as de or en-GB")]
pub struct BadLanguage;

/// Replaces an e-mail address or a telephone number in a key: a keyed hash, so that the keys of the table hold no personal data (PRV-1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChannelKey(pub String);
