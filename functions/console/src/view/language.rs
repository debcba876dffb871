//! The three languages, and their texts: one file for each screen and language.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
    /// Dutch.
    Dutch,
}

/// The texts that belong to no screen.
const COMMON: [&str; 3] = [include_str!("texts/en.json"), include_str!("texts/de.json"), include_str!("texts/nl.json")];

type Texts = HashMap<String, String>;

static TEXTS: LazyLock<[Texts; 3]> = LazyLock::new(|| {
    let files = |place: usize| std::iter::once(COMMON[place]).chain(crate::screens::texts().map(move |texts| texts[place]));
    [0, 1, 2].map(|place| {
        let mut all = Texts::new();
        for file in files(place) {
            let read = serde_json::from_str::<serde_json::Value>(file);
            debug_assert!(read.is_ok(), "{read:?} in {file:.80}");
            flatten("", &read.unwrap_or_default(), &mut all);
        }
        all
    })
});

/// The sentences of the API about a value, with the keys of their texts: the English texts `said.…`, with names in place of numbers.
/// The most exact ones come first.
static SAID: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let texts = Language::English.texts().iter().filter(|(key, _)| key.starts_with("said."));
    let mut all: Vec<(&str, &str)> = texts.map(|(key, text)| (key.as_str(), text.as_str())).collect();
    all.sort_by_key(|(key, sentence)| (sentence.matches('{').count(), Reverse(sentence.len()), *key));
    all
});

/// Returns the values of the names in `pattern`, such as `must be at most {n} characters long`, with which it reads `sentence`.
/// `None` if no values make it that sentence.
fn values<'a>(pattern: &'a str, sentence: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let (mut pattern, mut rest, mut found) = (pattern, sentence, Vec::new());
    while let Some((fixed, more)) = pattern.split_once('{') {
        let (name, after) = more.split_once('}')?;
        rest = rest.strip_prefix(fixed)?;
        let next = after.split('{').next().unwrap_or_default();
        let end = if next.is_empty() { rest.len() } else { rest.find(next)? };
        let (value, remaining) = rest.split_at(end);
        found.push((name, value));
        (pattern, rest) = (after, remaining);
    }
    (pattern == rest).then_some(found)
}

fn flatten(name: &str, value: &serde_json::Value, into: &mut Texts) {
    match value {
        serde_json::Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                flatten(&name, value, into);
            }
        }
        serde_json::Value::String(text) => {
            let before = into.insert(name.to_owned(), text.clone());
            debug_assert!(before.is_none(), "the text {name} is there twice");
        }
        _ => {}
    }
}

/// Returns the keys of the texts of each language, for the test that compares them.
pub fn text_keys() -> BTreeMap<&'static str, Vec<String>> {
    Language::ALL.into_iter().map(|language| (language.tag(), language.texts().keys().cloned().collect())).collect()
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 3] = [Self::English, Self::German, Self::Dutch];

    /// Its tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Dutch => "nl",
        }
    }

    /// The language of a tag, such as `de-AT`; English if it is none of ours.
    pub fn of(tag: &str) -> Self {
        let main = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        Self::ALL.into_iter().find(|language| language.tag() == main).unwrap_or(Self::English)
    }

    /// The first of ours in `Accept-Language`. Browsers send the best first.
    pub(crate) fn wanted(header: &str) -> Self {
        let tags = header.split(',').filter_map(|part| part.split([';', '-']).next()).map(str::trim);
        let mut known = tags.filter_map(|tag| Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag)));
        known.next().unwrap_or(Self::English)
    }

    fn texts(self) -> &'static Texts {
        &TEXTS[self as usize]
    }

    /// Returns the text of a key; `None` if there is none.
    pub(crate) fn text(self, key: &str) -> Option<&'static str> {
        self.texts().get(key).map(String::as_str)
    }

    /// Returns what the API says about a value in this language; the sentence itself if no text `said.…` has its form.
    pub(crate) fn said(self, sentence: &str) -> String {
        let found = SAID.iter().find_map(|(key, pattern)| Some((self.text(key)?, values(pattern, sentence)?)));
        let Some((text, values)) = found else { return sentence.to_owned() };
        values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}
