//! Addresses of senders and recipients.

use super::phrases::phrases;
use super::text::{folded, one_line};

/// A sender: an address and its display name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name. `None` if it is missing or is the address.
    pub name: Option<String>,
    /// The address as written.
    pub address: String,
}

/// An address to which the mail may have been sent, by one of its headers. Senders can write what they want into these headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The header's name, for example `Delivered-To`.
    pub header: &'static str,
    /// The address in lower case.
    pub address: String,
    /// The address without the tag of plus-addressing: `lead@dealer.example` for `lead+site@dealer.example`.
    pub base: String,
    /// The tag of plus-addressing, for example `site`.
    pub tag: Option<String>,
}

impl Recipient {
    /// Reads an address. `None` if it has no `@`.
    pub(super) fn of(header: &'static str, address: &str) -> Option<Self> {
        let address = address.trim().trim_matches(['<', '>', '"', '\'']).to_lowercase();
        let (local, domain) = address.rsplit_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty())?;
        if address.len() > 320 || address.contains(char::is_whitespace) {
            return None;
        }
        let (base, tag) = match local.split_once('+').filter(|(base, _)| !base.is_empty()) {
            Some((base, tag)) => (format!("{base}@{domain}"), Some(tag.to_owned()).filter(|tag| !tag.is_empty())),
            None => (address.clone(), None),
        };
        Some(Self { header, address, base, tag })
    }
}

impl Mailbox {
    /// Makes a sender from a display name and an address.
    pub(super) fn of(name: Option<&str>, address: &str) -> Option<Self> {
        let address = one_line(address)?.trim_matches(['<', '>', '"', '\'']).to_owned();
        if !address.contains('@') || address.contains(' ') || address.len() > 320 {
            return None;
        }
        let name = name.and_then(one_line).map(|name| name.trim_matches(['"', '\'', ' ']).to_owned());
        let name = name.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(&address) && name.chars().any(char::is_alphabetic));
        Some(Self { name, address })
    }

    /// Reads a sender as mail programs write it into a text: `Name <address>`, `Name [mailto:address]`, an address.
    pub(crate) fn in_text(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches('*').trim();
        let address = super::text::addresses_in(text, 1).into_iter().next()?;
        let before = text.split(address.as_str()).next().unwrap_or_default();
        let name = before.trim_end_matches("mailto:").trim_end_matches(['<', '[', '(', ' ']).trim();
        Self::of(Some(name), &address)
    }

    /// Returns the part before the `@`, in lower case.
    pub(super) fn local(&self) -> String {
        self.address.rsplit_once('@').map_or("", |(local, _)| local).to_lowercase()
    }

    /// Returns the domain in lower case.
    pub(super) fn domain(&self) -> String {
        self.address.rsplit_once('@').map_or("", |(_, domain)| domain).to_lowercase()
    }

    /// Returns whether no person reads this address.
    pub(super) fn is_machine(&self) -> bool {
        is_one_of(&self.local(), &phrases().machine_senders)
    }

    /// Returns whether the address belongs to a department of a company.
    pub(super) fn is_service(&self) -> bool {
        is_one_of(&self.local(), &phrases().service_senders)
    }

    /// Returns whether the address sends newsletters.
    pub(super) fn sends_newsletters(&self) -> bool {
        is_one_of(&self.local(), &phrases().newsletter_senders)
    }

    /// Returns whether the domain gives addresses to private people.
    pub(super) fn is_private(&self) -> bool {
        let domain = self.domain();
        phrases().private_domains.contains(&domain)
    }

    /// Returns the display name if it looks like the name of a person.
    pub(super) fn person(&self) -> Option<String> {
        let name = self.name.as_deref()?;
        // Some portals write `Name via Portal`.
        let name = phrases().name_suffixes.iter().find_map(|word| name.split_once(word.as_str())).map_or(name, |(name, _)| name);
        let words: Vec<&str> = name.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let is_word = |word: &&str| {
            let folded = folded(word);
            !phrases().not_a_person.contains(&folded) && !word.contains(|c: char| c.is_ascii_digit() || "@/|&".contains(c))
        };
        let is_name = (1..=6).contains(&words.len()) && words.iter().all(is_word) && words.iter().any(|word| word.chars().count() > 1);
        is_name.then(|| name.trim().to_owned())
    }
}

/// Returns whether a local part is one of the words, alone or with a separator before or behind it.
fn is_one_of(local: &str, words: &[String]) -> bool {
    let local = local.split('+').next().unwrap_or_default();
    words.iter().any(|word| {
        let mut rests = [local.strip_prefix(word.as_str()), local.strip_suffix(word.as_str())].into_iter().flatten();
        let is_apart = |rest: &str| rest.is_empty() || rest.starts_with(['-', '_', '.', '=']) || rest.ends_with(['-', '_', '.', '=']);
        rests.any(is_apart)
    })
}
