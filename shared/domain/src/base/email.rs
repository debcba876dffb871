//! E-mail addresses: as people read them, as mail servers read them, and as people type them (INT-3).

use crate::base::text::{composed, visible};
use email_address::{EmailAddress, Error, Options};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An e-mail address: at most 254 characters on the wire, with a domain that has a top level.
///
/// It is held as people read it: in NFC, and with the Unicode form of its domain in lower case. The Unicode and the Punycode spelling of a
/// mailbox are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// Reads an address that mail can be sent to.
    ///
    /// # Errors
    /// [`BadEmail`] with the reason; also for an address whose part before the `@` has letters that no mail can be sent to.
    pub fn parse(text: &str) -> Result<Self, BadEmail> {
        let email = Self::read(text)?;
        if email.is_deliverable() { Ok(email) } else { Err(BadEmail(UNDELIVERABLE.into())) }
    }

    /// Reads an address, also one that no mail can be sent to.
    fn read(text: &str) -> Result<Self, BadEmail> {
        let not = |why: &str| BadEmail(format!("is not an e-mail address: {why}"));
        let text = composed(text.trim());
        let (local, domain) = text.rsplit_once('@').unwrap_or((&text, ""));
        let wire = if domain.is_empty() {
            text.clone().into_owned()
        } else {
            let domain = ascii(domain).ok_or_else(|| not("the part after the @ is not a domain"))?;
            format!("{local}@{domain}")
        };
        let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
        let address = EmailAddress::parse_with_options(&wire, options).map_err(|e| not(reason(&e)))?;
        if wire.len() > 254 {
            return Err(not("it is longer than 254 characters"));
        }
        Ok(Self(format!("{local}@{}", unicode(address.domain()))))
    }

    /// Reads the addresses of one field, as people type them. A label or a name in front of an address, `mailto:` and signs around it are
    /// removed. Each address is returned with whether something was removed. A part that cannot be read is returned as typed, with the
    /// reason.
    pub fn read_all(text: &str) -> Vec<Result<(Self, bool), (String, BadEmail)>> {
        let text = visible(text, ' ');
        let pieces: Vec<&str> = text.split([';', ',']).map(str::trim).filter(|piece| !piece.is_empty()).collect();
        let several = pieces.len() > 1 && pieces.iter().all(|piece| piece.contains('@'));
        let pieces = if several { pieces } else { vec![text.trim()] };
        let read = |piece: &str| match Self::parse(piece) {
            Ok(email) => Ok((email, false)),
            Err(e) => Self::parse(bare(piece)).map(|email| (email, true)).map_err(|_| (piece.to_owned(), e)),
        };
        pieces.into_iter().map(read).collect()
    }

    /// The address as people read it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the address as mail servers read it: with the domain in Punycode (IDNA). Headers and envelopes have this form.
    pub fn wire(&self) -> String {
        let (local, domain) = self.parts();
        format!("{local}@{}", ascii(domain).unwrap_or_else(|| domain.to_owned()))
    }

    /// Returns the text by which the mailbox is recognised: upper and lower case make no difference.
    pub fn key(&self) -> String {
        self.wire().to_lowercase()
    }

    /// Returns the address without a tag: mail to `jana+x@example.com` arrives in the mailbox of `jana@example.com`. `None` if it has no
    /// tag.
    pub fn without_tag(&self) -> Option<Self> {
        let (local, domain) = self.parts();
        let name = local.split_once('+').map(|(name, _)| name).filter(|name| !name.is_empty())?;
        Self::parse(&format!("{name}@{domain}")).ok()
    }

    /// Returns whether both addresses reach the same mailbox.
    pub fn is_same(&self, other: &Self) -> bool {
        self.key() == other.key()
    }

    /// Returns whether the address is at the mail domain `domain`, in either spelling.
    pub fn is_at(&self, domain: &str) -> bool {
        ascii(self.parts().1) == ascii(&composed(domain.trim()))
    }

    /// Returns whether mail can be sent to the address. The provider accepts only ASCII before the `@`.
    pub fn is_deliverable(&self) -> bool {
        self.parts().0.is_ascii()
    }

    fn parts(&self) -> (&str, &str) {
        self.0.rsplit_once('@').unwrap_or((&self.0, ""))
    }
}

/// The fault of an address that is valid and to which no mail can be sent.
pub const UNDELIVERABLE: &str =
    "is an address that no mail can be sent to: the part before the @ must have only letters from a to z, digits and signs";

/// Returns in plain words why a text is not an address.
fn reason(error: &Error) -> &'static str {
    match error {
        Error::MissingSeparator => "it has no @",
        Error::LocalPartEmpty => "nothing is before the @",
        Error::LocalPartTooLong => "the part before the @ is longer than 64 bytes",
        Error::DomainEmpty => "nothing is after the @",
        Error::DomainTooLong => "the part after the @ is longer than 254 characters",
        Error::SubDomainEmpty | Error::DomainInvalidSeparator => "a dot after the @ has no name before or after it",
        Error::SubDomainTooLong => "a name between the dots after the @ is longer than 63 characters",
        Error::DomainTooFew => "the part after the @ must have a dot, as in example.com",
        Error::UnbalancedQuotes => "a quotation mark is not closed",
        Error::InvalidIPAddress | Error::UnsupportedDomainLiteral => "the part after the @ must be a name, not an IP address",
        Error::UnsupportedDisplayName | Error::MissingDisplayName | Error::MissingEndBracket => {
            "it must be the address alone, without a name and without < and >"
        }
        Error::InvalidCharacter | Error::InvalidComment => "it has a space, a sign or a dot where none is allowed",
    }
}

/// Returns the Punycode form of a domain in lower case. `None` if it is not a domain.
pub(super) fn ascii(domain: &str) -> Option<String> {
    match idna::domain_to_ascii(domain) {
        Ok(ascii) if !ascii.is_empty() => Some(ascii),
        // An old label that IDNA does not allow is still a name of the DNS.
        _ => domain.is_ascii().then(|| domain.to_ascii_lowercase()),
    }
}

/// Returns the Unicode form of a domain; the domain itself if it is not valid.
fn unicode(domain: &str) -> String {
    match idna::domain_to_unicode(domain) {
        (unicode, Ok(())) => unicode,
        (_, Err(_)) => domain.to_lowercase(),
    }
}

/// Returns an address without the label, the name and the signs that people write around it.
fn bare(typed: &str) -> &str {
    let around = |c: char| {
        c.is_whitespace()
            || matches!(c, '.' | ',' | ';' | ':' | '<' | '>' | '(' | ')' | '[' | ']' | '"' | '\'' | '„' | '“' | '”' | '‚' | '‘' | '’')
    };
    let inner =
        typed.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(inner, _)| inner).filter(|inner| inner.contains('@'));
    let text = inner.unwrap_or(typed).trim_matches(around);
    // A label: `E-Mail: jana@example.com`, `mailto:jana@example.com?subject=Corsa`.
    let text = match text.rsplit_once(':') {
        Some((label, address)) if !label.contains('@') && address.contains('@') => {
            if label.to_lowercase().ends_with("mailto") {
                address.split('?').next().unwrap_or(address)
            } else {
                address
            }
        }
        _ => text,
    };
    text.trim_matches(around)
}

impl TryFrom<String> for Email {
    type Error = BadEmail;
    // A stored address is read again, even if no mail can be sent to it.
    fn try_from(text: String) -> Result<Self, BadEmail> {
        Self::read(&text)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// The text is not an e-mail address, or not one that mail can be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadEmail(String);
