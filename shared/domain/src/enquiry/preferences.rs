//! How a customer can be contacted, and by which media not.

use crate::base::{Email, Language, Media, Medium, Phone};
use crate::enquiry::Person;
use serde::{Deserialize, Serialize};

/// How a customer is reached, and wants to be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactPreferences {
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

impl ContactPreferences {
    /// How a person is reached who has asked: by the first address, and a mobile before any other number that can be dialled.
    pub fn of(person: &Person) -> Self {
        let mobile = person.phones.iter().find(|phone| phone.kind.as_deref() == Some("mobile") && phone.e164.is_some());
        let phone = mobile.or_else(|| person.phones.iter().find(|phone| phone.e164.is_some())).cloned();
        Self { email: person.emails.first().cloned(), phone, language: person.language.clone(), ..Self::default() }
    }

    /// The media by which the customer is told, and did not want to be `before`.
    pub(crate) fn allows(&self, before: &Self) -> Vec<Medium> {
        [Medium::Email, Medium::Sms].into_iter().filter(|medium| before.refuses.has(*medium) && !self.refuses.has(*medium)).collect()
    }

    /// The media by which a customer who is reached so is reached at another place than `before`.
    pub(crate) fn differs(&self, before: &Self) -> Vec<Medium> {
        let number = |phone: &Option<Phone>| phone.as_ref().and_then(|phone| phone.e164.clone());
        let email = self.email.is_some() && self.email != before.email;
        let sms = self.phone.is_some() && number(&self.phone) != number(&before.phone);
        [(Medium::Email, email), (Medium::Sms, sms)].into_iter().filter(|(_, other)| *other).map(|(medium, _)| medium).collect()
    }

    pub(crate) fn is_nobody(&self) -> bool {
        *self == Self::default()
    }
}
