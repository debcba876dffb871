//! The name under which the directory knows a person (INT-6).

use crate::base::text::folded_name;
use crate::enquiry::{NameParts, Person};
use serde::{Deserialize, Serialize};

/// A name as it is compared: folded, so that case, accents and signs make no difference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KnownName {
    /// The first name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub first: String,
    /// The last name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last: String,
    /// The company, if the person has no name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub company: String,
}

impl KnownName {
    /// Returns the name of a person. `None` if the person has neither a name nor a company.
    pub fn of(person: &Person) -> Option<Self> {
        let part = |text: &Option<String>| text.as_deref().map(folded_name).unwrap_or_default();
        let (first, last, company) = (part(&person.first_name), part(&person.last_name), part(&person.company));
        let name =
            if first.is_empty() && last.is_empty() { Self { first, last, company } } else { Self { first, last, company: String::new() } };
        Some(name).filter(|name| *name != Self::default())
    }

    /// Returns a name of one text, such as the customer of an appointment. `None` if it is empty.
    pub fn of_text(text: &str) -> Option<Self> {
        let NameParts { first, last, .. } = NameParts::of_full(text);
        Self::of(&Person { first_name: first, last_name: last, ..Person::default() })
    }

    /// Returns the part that distinguishes people on one telephone: the last name, else the company, else the first name.
    pub fn key(&self) -> &str {
        [&self.last, &self.company, &self.first].into_iter().find(|part| !part.is_empty()).map(String::as_str).unwrap_or_default()
    }

    /// Returns whether both can be the name of one person: the last names are equal, and the first names are equal, an initial, or missing.
    /// The words of a name may be in any order, because senders put them in different fields.
    pub fn agrees(&self, other: &Self) -> bool {
        let by_parts = !self.last.is_empty() && self.last == other.last && firsts_agree(&self.first, &other.first);
        let by_words = self.company == other.company && self.words() == other.words();
        by_parts || by_words || self.agrees_as_whole(other) || other.agrees_as_whole(self)
    }

    /// Returns whether the last name, without a first name, is the whole name of `other`: `J. Petersen` in one field.
    fn agrees_as_whole(&self, other: &Self) -> bool {
        let whole = self.first.is_empty() && !other.last.is_empty();
        let first = self.last.strip_suffix(&other.last).filter(|first| whole && first.ends_with(' '));
        first.is_some_and(|first| firsts_agree(first.trim_end(), &other.first))
    }

    /// Returns whether this name has the last name of `other`, and only an initial or nothing of the first name.
    pub(crate) fn abbreviates(&self, other: &Self) -> bool {
        self != other && !self.last.is_empty() && self.last == other.last && {
            let (short, long) = (first_word(&self.first), first_word(&other.first));
            short.chars().count() <= 1 && long.chars().count() > short.chars().count() && long.starts_with(short)
        }
    }

    fn words(&self) -> Vec<&str> {
        let mut words: Vec<&str> = self.first.split(' ').chain(self.last.split(' ')).filter(|word| !word.is_empty()).collect();
        words.sort_unstable();
        words
    }
}

fn first_word(name: &str) -> &str {
    name.split(' ').next().unwrap_or_default()
}

fn firsts_agree(one: &str, other: &str) -> bool {
    let (one, other) = (first_word(one), first_word(other));
    let initial = |short: &str, long: &str| short.chars().count() <= 1 && long.starts_with(short);
    one == other || initial(one, other) || initial(other, one)
}
