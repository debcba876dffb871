//! The addresses at which the system receives mail (INT-1, INT-10).
//!
//! An address is made of ids alone, so that it needs no table and no two dealers share one. A `.` of an id is written `~`, which no id
//! contains: the only `.` of the local part stands between the two ids.
//!
//! | Address | Means |
//! |---|---|
//! | `{dealer}.{group}@` | the dealer |
//! | `{dealer}.{group}+{tag}@` | the dealer; the tag names the source of the enquiry |
//! | `{lead}-{code}.{group}@` | the answer to a message about the lead |
//!
//! A dealer whose id looks like the beginning of the third form is written with `=` in the place of its first `-`.

use super::email::ascii;
use super::{DealerId, Email, GroupId, LeadId};
use serde::{Deserialize, Serialize};

/// Longest part before the `@`, in bytes (RFC 5321).
const MAX_LOCAL: usize = 64;

/// The mail domain of a stack, in Punycode and lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MailDomain(String);

/// The text is not a domain that receives mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a domain, such as in.example.com")]
pub struct BadMailDomain;

/// The dealer or the lead that an address of the mail domain names. Neither needs to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailTarget {
    /// A dealer.
    Dealer {
        /// The group of the dealer.
        group: GroupId,
        /// The dealer.
        dealer: DealerId,
        /// The source of the enquiry, as written in the address.
        tag: Option<String>,
    },
    /// The answer to a message about a lead.
    Lead {
        /// The group of the lead.
        group: GroupId,
        /// The lead.
        lead: LeadId,
        /// The code that proves that the system wrote the address, in lower case. It is not verified here.
        code: String,
    },
}

impl MailDomain {
    /// Reads the mail domain of a stack.
    ///
    /// # Errors
    /// [`BadMailDomain`] if no address can have the domain.
    pub fn parse(text: &str) -> Result<Self, BadMailDomain> {
        let email = Email::parse(&format!("a@{}", text.trim())).map_err(|_| BadMailDomain)?;
        let wire = email.wire();
        wire.rsplit_once('@').map(|(_, domain)| Self(domain.to_owned())).ok_or(BadMailDomain)
    }

    /// The domain, in Punycode and lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether an address belongs to the domain, also if it names nobody.
    pub fn contains(&self, address: &str) -> bool {
        address.trim().rsplit_once('@').and_then(|(_, domain)| ascii(domain)).is_some_and(|domain| domain == self.0)
    }

    /// Returns the address of a dealer. `None` if its part before the `@` is longer than 64 characters.
    pub fn dealer_address(&self, group: &GroupId, dealer: &DealerId) -> Option<Email> {
        let name = written(dealer.as_str());
        // Without this, the address of the dealer would be the address of a lead.
        let name = if lead_and_code(&name).is_some() { name.replacen('-', "=", 1) } else { name };
        self.address(&name, group)
    }

    /// Returns the address for answers to messages about a lead. `None` if its part before the `@` is longer than 64 characters.
    /// The code consists of lower-case letters and digits.
    pub fn lead_address(&self, group: &GroupId, lead: LeadId, code: &str) -> Option<Email> {
        let name = format!("{lead}-{code}");
        lead_and_code(&name)?;
        self.address(&name, group)
    }

    fn address(&self, name: &str, group: &GroupId) -> Option<Email> {
        let local = format!("{name}.{}", written(group.as_str()));
        if local.len() > MAX_LOCAL { None } else { Email::parse(&format!("{local}@{}", self.0)).ok() }
    }

    /// Reads an address, in upper or lower case. `None` if it is at another domain, or names neither a dealer nor a lead.
    pub fn read(&self, address: &str) -> Option<MailTarget> {
        let address = address.trim();
        if !self.contains(address) {
            return None;
        }
        let (local, _) = address.rsplit_once('@')?;
        let (names, tag) = local.split_once('+').unwrap_or((local, ""));
        let names = names.to_ascii_lowercase();
        let (name, group) = names.split_once('.')?;
        let group = GroupId::parse(&read_id(group)?).ok()?;
        if let Some((lead, code)) = lead_and_code(name) {
            return Some(MailTarget::Lead { group, lead, code: code.to_owned() });
        }
        let dealer = match name.split_once('=') {
            Some((first, rest)) => {
                let dealer = format!("{first}-{rest}");
                lead_and_code(&dealer)?;
                dealer
            }
            None => read_id(name)?,
        };
        let tag = Some(tag.trim()).filter(|tag| !tag.is_empty()).map(str::to_owned);
        Some(MailTarget::Dealer { group, dealer: DealerId::parse(&dealer).ok()?, tag })
    }
}

/// Returns an id as an address contains it.
fn written(id: &str) -> String {
    id.replace('.', "~")
}

/// Returns the id of a part of an address. `None` if the part was not written by [`written`].
fn read_id(part: &str) -> Option<String> {
    (!part.contains('.')).then(|| part.replace('~', "."))
}

/// Returns the number and the code if a name has the form `{ten digits}-{code}`.
fn lead_and_code(name: &str) -> Option<(LeadId, &str)> {
    let (number, code) = name.split_once('-')?;
    let is_code = !code.is_empty() && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let is_number = number.len() == 10 && number.bytes().all(|b| b.is_ascii_digit());
    if is_code && is_number { number.parse().ok().map(|lead| (lead, code)) } else { None }
}
