//! The words by which kinds of mail are recognised, in English, German and Dutch: `data/phrases.json`.

use super::text::folded;
use serde::Deserialize;
use std::sync::LazyLock;

/// The phrases, folded.
static PHRASES: LazyLock<Phrases> = LazyLock::new(|| serde_json::from_str(include_str!("data/phrases.json")).unwrap_or_default());

/// Lists of phrases by their meaning.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Phrases {
    pub(super) machine_senders: Vec<String>,
    pub(super) newsletter_senders: Vec<String>,
    pub(super) service_senders: Vec<String>,
    pub(super) not_a_person: Vec<String>,
    pub(super) titles: Vec<String>,
    pub(super) name_suffixes: Vec<String>,
    pub(super) private_domains: Vec<String>,
    pub(super) automatic_reply_subjects: Vec<String>,
    pub(super) automatic_reply_texts: Vec<String>,
    pub(super) bounce_subjects: Vec<String>,
    pub(super) bounce_texts: Vec<String>,
    pub(super) newsletter_texts: Vec<String>,
    pub(super) browser_texts: Vec<String>,
    pub(super) newsletter_subjects: Vec<String>,
    pub(super) saved_search_subjects: Vec<String>,
    pub(super) report_subjects: Vec<String>,
    pub(super) campaign_headers: Vec<String>,
    pub(super) automatic_headers: Vec<String>,
    pub(super) forward_prefixes: Vec<String>,
    pub(super) reply_prefixes: Vec<String>,
    pub(super) forward_markers: Vec<String>,
    pub(super) original_markers: Vec<String>,
    pub(super) attribution_words: Vec<String>,
    pub(super) mail_header_labels: HeaderLabels,
    pub(super) device_signatures: Vec<String>,
    pub(super) enquiry_words: Vec<String>,
    pub(super) signature_phones: Vec<String>,
}

/// The labels of the headers that a mail program writes above a quoted or forwarded mail.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderLabels {
    pub(super) from: Vec<String>,
    pub(super) reply_to: Vec<String>,
    pub(super) date: Vec<String>,
    pub(super) to: Vec<String>,
    pub(super) cc: Vec<String>,
    pub(super) subject: Vec<String>,
}

/// Returns the phrases.
pub(super) fn phrases() -> &'static Phrases {
    &PHRASES
}

/// Returns the first of the phrases that a folded text contains as whole words.
pub(super) fn first_in<'a>(phrases: &'a [String], text: &str) -> Option<&'a str> {
    phrases.iter().map(String::as_str).find(|phrase| has_words(text, phrase))
}

/// Returns whether a folded text contains a phrase that no letter or digit continues.
fn has_words(text: &str, phrase: &str) -> bool {
    let is_open = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    text.match_indices(phrase).take(100).any(|(at, found)| {
        let (before, behind) = (text.get(..at).unwrap_or_default(), text.get(at + found.len()..).unwrap_or_default());
        let starts = phrase.starts_with(char::is_alphanumeric);
        let ends = phrase.ends_with(char::is_alphanumeric);
        (!starts || is_open(before.chars().next_back())) && (!ends || is_open(behind.chars().next()))
    })
}

/// Returns the prefixes and the rest of a subject: `re`, `fwd`, without the marks behind them.
pub(super) fn subject_prefixes(subject: &str) -> (Vec<String>, &str) {
    let (mut prefixes, mut rest) = (Vec::new(), subject.trim());
    while let Some((prefix, behind)) = rest.split_once(':') {
        let word = folded(prefix.split(['[', '(']).next().unwrap_or_default());
        if prefixes.len() >= 10 || ![&PHRASES.reply_prefixes, &PHRASES.forward_prefixes].iter().any(|list| list.contains(&word)) {
            break;
        }
        prefixes.push(word);
        rest = behind.trim();
    }
    (prefixes, rest)
}

/// Returns whether the subject says that the mail was forwarded: its first prefix is one of a forward.
pub(super) fn is_forward(subject: &str) -> bool {
    subject_prefixes(subject).0.first().is_some_and(|prefix| PHRASES.forward_prefixes.contains(prefix))
}
