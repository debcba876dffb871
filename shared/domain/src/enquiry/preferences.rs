//! The channels of a customer, and the media that the customer refuses.

use crate::base::{Email, Language, Media, Medium, Phone};
use crate::enquiry::Person;
use serde::{Deserialize, Serialize};

/// The channels by which a customer is contacted, and the customer's choice of media.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactPreferences {
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// The language of letters. `None` means the dealer's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Media that the customer does not allow (APT-3).
    #[serde(skip_serializing_if = "Media::is_none")]
    pub refuses: Media,
}

impl ContactPreferences {
    /// Returns the preferences of a person: the first e-mail address, and the first mobile number, else the first number without an
    /// extension, else the first number that can be dialled.
    pub fn of(person: &Person) -> Self {
        let direct = |phone: &&Phone| phone.texted().is_some();
        let mobile = person.phones.iter().find(|phone| phone.kind.as_deref() == Some("mobile") && direct(phone));
        let dialled = || person.phones.iter().find(|phone| phone.e164.is_some());
        let phone = mobile.or_else(|| person.phones.iter().find(direct)).or_else(dialled).cloned();
        Self { email: person.emails.first().cloned(), phone, language: person.language.clone(), ..Self::default() }
    }

    /// Returns the media that the customer refused `before` and allows now.
    pub(crate) fn allows(&self, before: &Self) -> Vec<Medium> {
        [Medium::Email, Medium::Sms].into_iter().filter(|medium| before.refuses.has(*medium) && !self.refuses.has(*medium)).collect()
    }

    /// Returns the media whose address or number is set and is not the same as `before`.
    pub(crate) fn differs(&self, before: &Self) -> Vec<Medium> {
        let number = |phone: &Option<Phone>| phone.as_ref().and_then(Phone::channel);
        let email = self.email.is_some() && self.email != before.email;
        let sms = self.phone.is_some() && number(&self.phone) != number(&before.phone);
        [(Medium::Email, email), (Medium::Sms, sms)].into_iter().filter(|(_, other)| *other).map(|(medium, _)| medium).collect()
    }

    /// Whether both can be those of one person: they share the e-mail address or the telephone number, or one of them has neither.
    pub(crate) fn can_be_of(&self, other: &Self) -> bool {
        let has_none = |one: &Self| one.email.is_none() && one.phone.is_none();
        let same_email = self.email.is_some() && self.email == other.email;
        let same_phone = self.phone.is_some() && self.phone == other.phone;
        has_none(self) || has_none(other) || same_email || same_phone
    }

    pub(crate) fn is_nobody(&self) -> bool {
        *self == Self::default()
    }
}
