//! The media by which customers get mail.

use serde::{Deserialize, Serialize};

/// By what a customer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// By e-mail.
    Email,
    /// By SMS.
    Sms,
}

impl Medium {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Medium::Email => "email",
            Medium::Sms => "sms",
        }
    }
}

/// By what media the customer was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Media {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub email: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sms: bool,
}

impl Media {
    /// By none.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether `medium` is among them.
    pub fn has(self, medium: Medium) -> bool {
        match medium {
            Medium::Email => self.email,
            Medium::Sms => self.sms,
        }
    }

    /// These, and `medium`.
    #[must_use]
    pub fn and(self, medium: Medium) -> Self {
        match medium {
            Medium::Email => Self { email: true, ..self },
            Medium::Sms => Self { sms: true, ..self },
        }
    }
}
