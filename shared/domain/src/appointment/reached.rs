//! How a customer is reached, wants to be, and was (APT-3).

use crate::contact::{Email, Language, Phone};
use crate::enquiry::Person;
use crate::letter::Medium;
use serde::{Deserialize, Serialize};

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

/// How a customer is reached, and wants to be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reached {
    /// By e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// By telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// In which language; none: the dealer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Media that the customer does not allow (APT-3).
    #[serde(skip_serializing_if = "Media::is_none")]
    pub refuses: Media,
}

impl Reached {
    /// How a person is reached who has asked: by the first address, and a mobile before any other number that can be dialled.
    pub fn of(person: &Person) -> Self {
        let mobile = person.phones.iter().find(|phone| phone.kind.as_deref() == Some("mobile") && phone.e164.is_some());
        let phone = mobile.or_else(|| person.phones.iter().find(|phone| phone.e164.is_some())).cloned();
        Self { email: person.emails.first().cloned(), phone, language: person.language.clone(), ..Self::default() }
    }

    /// The media by which the customer is told, and did not want to be `before`.
    pub(super) fn allows(&self, before: &Self) -> Vec<Medium> {
        [Medium::Email, Medium::Sms].into_iter().filter(|medium| before.refuses.has(*medium) && !self.refuses.has(*medium)).collect()
    }

    /// The media by which a customer who is reached so is reached at another place than `before`.
    pub(super) fn differs(&self, before: &Self) -> Vec<Medium> {
        let number = |phone: &Option<Phone>| phone.as_ref().and_then(|phone| phone.e164.clone());
        let email = self.email.is_some() && self.email != before.email;
        let sms = self.phone.is_some() && number(&self.phone) != number(&before.phone);
        [(Medium::Email, email), (Medium::Sms, sms)].into_iter().filter(|(_, other)| *other).map(|(medium, _)| medium).collect()
    }

    pub(super) fn is_nobody(&self) -> bool {
        *self == Self::default()
    }
}
