//! The media by which customers are notified.

use serde::{Deserialize, Serialize};

/// A medium by which a customer is notified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// E-mail.
    Email,
    /// SMS.
    Sms,
    /// A medium of another release.
    #[serde(other)]
    Unknown,
}

impl Medium {
    /// Returns the name as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Medium::Email => "email",
            Medium::Sms => "sms",
            Medium::Unknown => "unknown",
        }
    }
}

/// A set of media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct Media {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub email: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sms: bool,
}

impl Media {
    /// Returns whether the set is empty.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether `medium` is in the set.
    pub fn has(self, medium: Medium) -> bool {
        match medium {
            Medium::Email => self.email,
            Medium::Sms => self.sms,
            Medium::Unknown => false,
        }
    }

    /// Returns the set with `medium` added.
    #[must_use]
    pub fn and(self, medium: Medium) -> Self {
        match medium {
            Medium::Email => Self { email: true, ..self },
            Medium::Sms => Self { sms: true, ..self },
            Medium::Unknown => self,
        }
    }

    /// Returns the set without `medium`.
    #[must_use]
    pub fn without(self, medium: Medium) -> Self {
        match medium {
            Medium::Email => Self { email: false, ..self },
            Medium::Sms => Self { sms: false, ..self },
            Medium::Unknown => self,
        }
    }
}
