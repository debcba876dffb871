//! The purposes of messages to customers, and the consent to them (PRV-6).

use super::Medium;
use serde::{Deserialize, Serialize};

/// The purpose of a message to a customer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// It belongs to the customer's enquiry, appointment or contract: an answer, a confirmation. It needs no consent.
    #[default]
    Contract,
    /// It concerns the customer's vehicle or an earlier contract: a due inspection, a survey. It is sent until the customer objects.
    Service,
    /// It advertises. It needs the customer's consent.
    Advertising,
    /// A purpose of another release. It is treated as advertising.
    #[serde(other)]
    Unknown,
}

impl Purpose {
    /// The purposes that a consent can have.
    pub const OF_CONSENT: [Self; 2] = [Self::Service, Self::Advertising];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Contract => "contract",
            Purpose::Service => "service",
            Purpose::Advertising => "advertising",
            Purpose::Unknown => "unknown",
        }
    }

    /// Reads a name of the API.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Contract, Self::Service, Self::Advertising].into_iter().find(|purpose| purpose.name() == name)
    }

    /// Whether it is [`Purpose::Contract`], the default.
    pub fn is_contract(&self) -> bool {
        *self == Purpose::Contract
    }
}

/// A channel by which a customer is contacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactChannel {
    /// E-mail.
    Email,
    /// Text messages.
    Sms,
    /// Calls.
    Telephone,
    /// Letters on paper.
    Letter,
    /// A channel of another release.
    #[serde(other)]
    Unknown,
}

impl ContactChannel {
    /// The channels, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Email, Self::Sms, Self::Telephone, Self::Letter];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            ContactChannel::Email => "email",
            ContactChannel::Sms => "sms",
            ContactChannel::Telephone => "telephone",
            ContactChannel::Letter => "letter",
            ContactChannel::Unknown => "unknown",
        }
    }

    /// Reads a name of the API.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

impl From<Medium> for ContactChannel {
    fn from(medium: Medium) -> Self {
        match medium {
            Medium::Email => ContactChannel::Email,
            Medium::Sms => ContactChannel::Sms,
            Medium::Unknown => ContactChannel::Unknown,
        }
    }
}

/// The maximum length of the text of a declaration, in characters.
pub const MAX_DECLARATION: usize = 2_000;

/// The customer's decision about messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentStatus {
    /// The customer agreed.
    Granted,
    /// The customer refused, or withdrew the consent.
    Withdrawn,
    /// It is not known, or not known any more.
    #[serde(other)]
    Unknown,
}

impl ConsentStatus {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            ConsentStatus::Granted => "granted",
            ConsentStatus::Withdrawn => "withdrawn",
            ConsentStatus::Unknown => "unknown",
        }
    }

    /// Reads a name of the API.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Granted, Self::Withdrawn, Self::Unknown].into_iter().find(|status| status.name() == name)
    }
}

/// The way in which the customer declared a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentSource {
    /// A form of the dealer, on paper or on its site.
    Form,
    /// A portal.
    Portal,
    /// A call: a user recorded it.
    Telephone,
    /// A letter or e-mail of the customer.
    Letter,
    /// The link of a mail.
    Link,
    /// A source of another release.
    #[serde(other)]
    Unknown,
}

impl ConsentSource {
    /// The sources that an enquiry or a user can state. [`ConsentSource::Link`] is recorded by the link alone.
    pub const STATED: [Self; 4] = [Self::Form, Self::Portal, Self::Telephone, Self::Letter];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            ConsentSource::Form => "form",
            ConsentSource::Portal => "portal",
            ConsentSource::Telephone => "telephone",
            ConsentSource::Letter => "letter",
            ConsentSource::Link => "link",
            ConsentSource::Unknown => "unknown",
        }
    }

    /// Reads a name of the API that an enquiry or a user can state.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::STATED.into_iter().find(|source| source.name() == name)
    }
}
