//! How a person is reached: e-mail addresses, telephone numbers, language; and how a known contact is found again.

use crate::decision::Item;
use crate::ids::{DealerId, LeadId};
use email_address::{EmailAddress, Options};
use rlibphonenumber::{PhoneNumber, PhoneNumberFormat, Region};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// An e-mail address that mail can be sent to: at most 254 characters, with a domain that has a top level.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// The text is not an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not an e-mail address: {0}")]
pub struct BadEmail(String);

impl Email {
    /// Reads an address; its domain becomes lower case.
    ///
    /// # Errors
    /// [`BadEmail`] says what is wrong with it.
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

    /// Whether both reach the same person: nobody tells two people apart by upper and lower case.
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
impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}
impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A country by its ISO 3166 alpha-2 code in upper case: how its people write telephone numbers and dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

/// The text is no country's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a two-letter country code such as DE")]
pub struct BadCountry;

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
impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.as_str().to_owned()
    }
}

/// A telephone number: as typed, and in E.164 where it can be read (INT-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// As the customer or the sender typed it.
    pub typed: String,
    /// `+` and up to 15 digits; `None`: nobody can dial it without looking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e164: Option<String>,
    /// What the sender calls it: mobile, home, work …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

impl Phone {
    /// Reads `typed` as somebody in `country` would dial it. `e164` stays empty where it is no valid number.
    pub fn read(typed: &str, country: Country) -> Self {
        let number = PhoneNumber::parse(typed, country.region()).ok().filter(PhoneNumber::is_valid);
        let e164 = number.map(|n| n.format_as(PhoneNumberFormat::E164).into_owned());
        Self { typed: typed.to_owned(), e164, kind: None }
    }
}

/// A language by its ISO 639 code in lower case, such as `de`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language(String);

/// The text is no language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a language tag such as de or en-GB")]
pub struct BadLanguage;

impl Language {
    /// Reads a language tag (its first part counts) or the English name of one of Forecourt's own languages.
    ///
    /// # Errors
    /// [`BadLanguage`] when it is neither.
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
impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.0
    }
}

impl Language {
    /// Whether this is `wanted`, or a variety of it: `en-GB` is in `en`.
    pub fn is_in(&self, wanted: &Self) -> bool {
        let (is, wanted) = (self.0.to_ascii_lowercase(), wanted.0.to_ascii_lowercase());
        is == wanted || is.strip_prefix(&wanted).is_some_and(|rest| rest.starts_with('-'))
    }
}

/// What stands for an e-mail address or a telephone number in a key: a keyed hash, so that the table's keys say nothing about a person (PRV-1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChannelKey(pub String);

/// A person known to the group, found again by any of their channels (INT-6).
///
/// The item of the first channel holds the record, the others only point at it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// The channel that holds the record.
    pub id: ChannelKey,
    /// The other channels that lead here.
    pub aliases: BTreeSet<ChannelKey>,
    /// The latest lead at each dealer.
    pub latest: BTreeMap<DealerId, LeadId>,
    /// The latest leads, of whatever dealer, that a channel of this person stands with: the person's own, and those that share a channel (LEAD-8).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leads: Vec<LeadId>,
    /// Whether there are others that are not named here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub and_more: bool,
}

impl Contact {
    /// How many leads a record names.
    const LEADS: usize = 100;

    /// Somebody of whom nothing is known but a channel.
    pub fn new(id: ChannelKey) -> Self {
        Self { id, aliases: BTreeSet::new(), latest: BTreeMap::new(), leads: Vec::new(), and_more: false }
    }

    /// Every lead that a channel of this person stands with; `None`: there are more than the record names.
    pub fn all_leads(&self) -> Option<&[LeadId]> {
        // A record that is older than the names has none of them.
        let names_all = !self.and_more && (self.latest.is_empty() || !self.leads.is_empty());
        names_all.then_some(&self.leads)
    }

    /// Names a lead that a channel of this person stands with.
    pub(crate) fn name(&mut self, lead: LeadId) {
        if self.leads.contains(&lead) {
            return;
        }
        self.leads.push(lead);
        let over = self.leads.len().saturating_sub(Self::LEADS);
        self.and_more |= over > 0;
        self.leads.drain(..over);
    }

    /// The record with a lead that it does not name yet: one that shares a channel with this person.
    pub(crate) fn shares(&self, lead: LeadId) -> Option<Item> {
        let mut record = Self { and_more: self.all_leads().is_none(), ..self.clone() };
        record.name(lead);
        (record.leads != self.leads).then(|| Item::Channel(record.id.clone(), Channel::Contact(record)))
    }
}

/// What is stored under one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The record itself.
    Contact(Contact),
    /// The channel whose item holds the record.
    AliasOf(ChannelKey),
}

/// The new state of the contact directory after an enquiry.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognised {
    /// The record; of an enquiry, with its lead as the latest at its dealer.
    pub contact: Contact,
    /// Channels that now point at the record and did not before.
    pub new_aliases: Vec<ChannelKey>,
    /// A channel of this enquiry belongs to somebody else, and was left alone: e-mail beats phone, nothing is merged.
    pub clash: bool,
    /// The enquiry's channels, and the record that each led to before.
    pub channels: Vec<(ChannelKey, Option<ChannelKey>)>,
    /// These records as they were, each once.
    pub known: Vec<Contact>,
}

impl Recognised {
    /// The records of others who share a channel with a lead of the record `own`, with that lead (LEAD-8).
    pub(crate) fn shared(&self, own: Option<&ChannelKey>, lead: LeadId) -> impl Iterator<Item = Item> {
        self.known.iter().filter(move |record| own != Some(&record.id)).filter_map(move |record| record.shares(lead))
    }

    /// Those of the enquiry's channels by which a search does not come to the record: they lead to somebody else, or to nobody (LEAD-8).
    pub fn elsewhere(&self) -> impl Iterator<Item = &ChannelKey> {
        let here = |(channel, owner): &&(ChannelKey, Option<ChannelKey>)| match owner {
            Some(owner) => *owner == self.contact.id,
            None => *channel == self.contact.id || self.new_aliases.contains(channel),
        };
        self.channels.iter().filter(move |of| !here(of)).map(|(channel, _)| channel)
    }
}

/// Finds the contact of an enquiry again, or makes one (INT-6). `known` holds, for each of the enquiry's channels in order of weight
/// (e-mail before phone), the channel, what its item says, and the contact it leads to.
///
/// `None`: the enquiry has no channel that identifies anybody.
pub fn recognise(known: &[(ChannelKey, Option<Contact>)], dealer: &DealerId, lead: LeadId) -> Option<Recognised> {
    let mut found = person(known)?;
    found.contact.and_more = found.contact.all_leads().is_none();
    found.contact.latest.insert(dealer.clone(), lead);
    Some(found)
}

/// The same of whoever is reached by the `known` channels and has no lead by it: the customer of an appointment.
pub fn person(known: &[(ChannelKey, Option<Contact>)]) -> Option<Recognised> {
    let (first, _) = known.first()?;
    let mut contact = known.iter().find_map(|(_, contact)| contact.clone()).unwrap_or_else(|| Contact::new(first.clone()));
    let mut new_aliases = Vec::new();
    let mut clash = false;
    for (channel, owner) in known {
        match owner {
            Some(owner) => clash |= owner.id != contact.id,
            None if *channel != contact.id && !new_aliases.contains(channel) => new_aliases.push(channel.clone()),
            None => {}
        }
    }
    // The record names its channels, so that an erasure finds them all; past this many a person is a relay in disguise.
    new_aliases.truncate(20_usize.saturating_sub(contact.aliases.len()));
    contact.aliases.extend(new_aliases.iter().cloned());
    let channels = known.iter().map(|(channel, owner)| (channel.clone(), owner.as_ref().map(|owner| owner.id.clone()))).collect();
    let known: BTreeMap<&ChannelKey, &Contact> =
        known.iter().filter_map(|(_, owner)| owner.as_ref()).map(|owner| (&owner.id, owner)).collect();
    Some(Recognised { contact, new_aliases, clash, channels, known: known.into_values().cloned().collect() })
}

impl Recognised {
    /// What the directory learns by it: nothing, where each channel leads to the record already.
    pub(crate) fn learnt(&self, known: &[(ChannelKey, Option<Contact>)]) -> Vec<Item> {
        let is_new = !known.iter().any(|(_, owner)| owner.as_ref().is_some_and(|owner| owner.id == self.contact.id));
        if !is_new && self.new_aliases.is_empty() {
            return Vec::new();
        }
        let record = Item::Channel(self.contact.id.clone(), Channel::Contact(self.contact.clone()));
        let alias = |alias: &ChannelKey| Item::Channel(alias.clone(), Channel::AliasOf(self.contact.id.clone()));
        [record].into_iter().chain(self.new_aliases.iter().map(alias)).collect()
    }
}
