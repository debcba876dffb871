//! The declarations of consent that an enquiry brings (PRV-6).

use super::check::{NAME, instant};
use crate::base::{ConsentSource, ConsentStatus, ContactChannel, Country, Fault, MAX_DECLARATION, Purpose};
use crate::enquiry::{Judge, Person, RawEnquiry, Tolerance};
use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// The most declarations of an enquiry: one about each channel and purpose.
const MOST: usize = ContactChannel::ALL.len() * Purpose::OF_CONSENT.len();
/// The minutes by which the clock of a sender may be fast.
const FAST_MINUTES: i64 = 5;
const RULE: &str = "PRV-6";

/// A declaration of consent, as received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct RawDeclaration {
    pub channel: Option<String>,
    pub purpose: Option<String>,
    pub status: Option<String>,
    pub source: Option<String>,
    pub text: Option<String>,
    /// RFC 3339 or ISO 8601. If it has no zone, the dealer's zone applies.
    pub at: Option<String>,
}

/// A checked declaration of the customer of an enquiry about messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// The channel.
    pub channel: ContactChannel,
    /// The purpose.
    pub purpose: Purpose,
    /// The declaration.
    pub status: ConsentStatus,
    /// The way in which the customer declared it. `None` if the sender does not state it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ConsentSource>,
    /// The text that the customer saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When the customer declared it, by the sender's clock. `None`: with the enquiry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
}

impl Declaration {
    fn is_about_the_same(&self, other: &Self) -> bool {
        (self.channel, self.purpose) == (other.channel, other.purpose)
    }

    /// Returns the addresses and numbers of a person to which it belongs, each as people read it and as it is recognised. A declaration
    /// about letters belongs to the first address or, without one, to the first number.
    pub fn addresses(&self, person: &Person) -> Vec<(String, String)> {
        let emails = || person.emails.iter().map(|email| (email.as_str().to_owned(), email.key()));
        let numbers = || person.phones.iter().filter_map(|phone| phone.texted()).map(|number| (number.to_owned(), number.to_owned()));
        match self.channel {
            ContactChannel::Email => emails().collect(),
            ContactChannel::Sms | ContactChannel::Telephone => numbers().collect(),
            ContactChannel::Letter => emails().chain(numbers()).take(1).collect(),
            ContactChannel::Unknown => Vec::new(),
        }
    }
}

impl RawEnquiry {
    /// Leaves out the consents of a sender who is not proven. Returns whether there were any.
    pub fn leave_out_consents(&mut self) -> bool {
        !std::mem::take(&mut self.consents).is_empty()
    }

    /// Returns a fault of each declaration that the customer cannot have made yet. The clock of a sender may be five minutes fast.
    pub fn future_declarations(&self, country: Country, zone: Tz, now: DateTime<Utc>) -> Vec<Fault> {
        let is_future =
            |at: &str| instant(at.trim(), country, zone, Tolerance::Strict).is_some_and(|at| at > now + TimeDelta::minutes(FAST_MINUTES));
        let future = self.consents.iter().enumerate().filter(|(_, one)| one.at.as_deref().is_some_and(is_future));
        future.map(|(place, _)| Fault::new(format!("consents[{place}].at"), RULE, "must not be in the future")).collect()
    }
}

/// Checks the declarations of a contact, in the dealer's country and zone. Without [`Tolerance::Strict`], one that cannot be read is left
/// out and flagged, because a lead must not be lost for it; a withdrawal is kept as far as it can be read.
pub(super) fn declarations(raw: &[RawDeclaration], person: &Person, (country, zone): (Country, Tz), judge: &mut Judge) -> Vec<Declaration> {
    let tolerance = if judge.tolerance == Tolerance::Strict { Tolerance::Strict } else { Tolerance::Lenient };
    let mut own = Judge { tolerance, faults: Vec::new(), flags: Vec::new() };
    if raw.len() > MOST {
        own.odd("consents", RULE, format!("must have at most {MOST} entries"));
    }
    let mut all: Vec<Declaration> = Vec::new();
    for (place, one) in raw.iter().take(MOST).enumerate() {
        let at = format!("consents[{place}]");
        let Some(read) = one.check(&at, (country, zone), &mut own) else { continue };
        if read.addresses(person).is_empty() {
            own.odd(&format!("{at}.channel"), RULE, "must be a channel of which the contact has an address or number");
            continue;
        }
        match all.iter_mut().find(|known| known.is_about_the_same(&read)) {
            Some(known) => {
                own.odd(&at, RULE, "is about the same channel and purpose as an earlier entry");
                if read.status == ConsentStatus::Withdrawn {
                    *known = read;
                }
            }
            None => all.push(read),
        }
    }
    judge.faults.append(&mut own.faults);
    judge.flags.append(&mut own.flags);
    all
}

impl RawDeclaration {
    fn check(&self, place: &str, (country, zone): (Country, Tz), judge: &mut Judge) -> Option<Declaration> {
        let field = |name: &str| format!("{place}.{name}");
        let mut name = |name: &str, value: &Option<String>| judge.line(&field(name), value.as_deref(), NAME);
        let (channel, purpose) = (name("channel", &self.channel), name("purpose", &self.purpose));
        let (status, source, at) = (name("status", &self.status), name("source", &self.source), name("at", &self.at));
        let text = judge.lines(&field("text"), self.text.as_deref(), MAX_DECLARATION);
        let channel = channel.as_deref().and_then(ContactChannel::of_name);
        let purpose = purpose.as_deref().and_then(Purpose::of_name).filter(|purpose| Purpose::OF_CONSENT.contains(purpose));
        // Only users record `unknown`; an enquiry cannot declare it.
        let status = status.as_deref().and_then(ConsentStatus::of_name).filter(|status| *status != ConsentStatus::Unknown);
        let mut must = |name: &str, is_wrong: bool, must: &str| {
            if is_wrong {
                judge.odd(&field(name), RULE, must);
            }
            is_wrong
        };
        let mut is_wrong = must("channel", channel.is_none(), "must be email, sms, telephone or letter");
        is_wrong |= must("purpose", purpose.is_none(), "must be service or advertising");
        is_wrong |= must("status", status.is_none(), "must be granted or withdrawn");
        let is_granted = status == Some(ConsentStatus::Granted);
        let no_text = is_granted && text.is_none();
        is_wrong |= must("text", no_text, "is required if the status is granted: the text to which the customer agreed");
        let read_source = source.as_deref().and_then(ConsentSource::of_name);
        must("source", source.is_some() && read_source.is_none(), "must be form, portal, telephone or letter");
        let read_at =
            at.as_deref().and_then(|at| instant(at, country, zone, judge.tolerance)).filter(|at| (2000..2100).contains(&at.year()));
        let read_at = read_at.and_then(|at| DateTime::from_timestamp_millis(at.timestamp_millis()));
        if at.is_some() && read_at.is_none() {
            judge.odd(&field("at"), RULE, "must be a time in RFC 3339, such as 2026-11-23T09:00:00Z");
            // A consent whose time is doubtful proves nothing.
            is_wrong |= is_granted;
        }
        if is_wrong {
            return None;
        }
        Some(Declaration { channel: channel?, purpose: purpose?, status: status?, source: read_source, text, at: read_at })
    }
}
