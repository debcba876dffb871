//! Splits the names of people. Prefixes such as `van der`, `von` and `de la` belong to the last name (INT-4).

/// Prefixes of last names in Dutch, German, Spanish and related languages. With a capital letter, some of them are first names.
const PREFIXES: [&str; 43] = [
    "van", "von", "vom", "zu", "zum", "zur", "am", "de", "den", "der", "del", "della", "dela", "di", "da", "das", "dos", "do", "du", "des",
    "la", "las", "los", "le", "lo", "ter", "ten", "te", "tot", "'t", "’t", "van't", "van’t", "v.", "v.d.", "vd", "af", "av", "el", "al",
    "ben", "bin", "ibn",
];
/// Prefixes that are rarely first names. They count with capital letters too.
const UNAMBIGUOUS: [&str; 17] =
    ["van", "von", "vom", "zur", "de", "den", "der", "del", "della", "di", "da", "dos", "la", "du", "ter", "ten", "el"];
/// Words of the first list begin a prefix if a word of the second list follows: `in 't Veld`, `Graf von Berg`.
const PREFIX_STARTS: [(&[&str], &[&str]); 2] = [
    (&["in", "op", "aan", "bij", "onder", "over", "uit", "auf", "an", "unter", "ob"], &["de", "den", "der", "dem", "het", "'t", "’t"]),
    (
        &["graf", "gräfin", "freiherr", "freifrau", "freiin", "baron", "baronin", "fürst", "fürstin", "prinz", "prinzessin", "ritter"],
        &["van", "von", "vom", "zu", "zum", "zur", "de"],
    ),
];
/// First names that can have a Spanish or Portuguese addition: `María del Carmen`.
const NAMES_WITH_ADDITION: [&str; 8] = ["maría", "maria", "ma.", "mª", "josé", "jose", "ana", "luz"];
const ADDITIONS: [&str; 7] = ["de", "del", "la", "las", "los", "da", "do"];

/// A person's name in parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameParts {
    /// The first names.
    pub first: Option<String>,
    /// The middle name. `None` if the sender does not give it separately.
    pub middle: Option<String>,
    /// The last name with its prefixes.
    pub last: Option<String>,
}

impl NameParts {
    /// Splits a full name: `Jan van der Berg` or `Berg, Jan van der`. A single word is a last name.
    pub fn of_full(full: &str) -> Self {
        let full = full.trim();
        if let Some((last, first)) = full.split_once(',').filter(|(last, first)| !last.trim().is_empty() && !first.trim().is_empty()) {
            return Self { first: joined(&words(first)), middle: None, last: joined(&words(last)) }.with_prefixes();
        }
        let words = words(full);
        let (first, last) = words.split_at(start_of_last(&words));
        Self { first: joined(first), middle: None, last: joined(last) }
    }

    /// Moves prefixes at the end of the first or middle name to the last name, because many forms have no field for them.
    pub fn with_prefixes(self) -> Self {
        let Some(last) = self.last else { return self };
        let (first, middle) = (self.first.unwrap_or_default(), self.middle.unwrap_or_default());
        let (first, middle) = (words(&first), words(&middle));
        let kept = middle.len() - count_trailing(&middle, is_prefix);
        let (middle, moved) = middle.split_at(kept);
        // At least one word stays the first name, and a capitalised word is a name: `Nguyen Van`.
        let of_first = if middle.is_empty() { count_trailing(&first, |word| is_prefix(word) && is_lower_case(word)) } else { 0 };
        let (first, more) = first.split_at(if of_first < first.len() { first.len() - of_first } else { first.len() });
        let last: Vec<&str> = more.iter().chain(moved).copied().chain([last.as_str()]).collect();
        Self { first: joined(first), middle: joined(middle), last: joined(&last) }
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn joined(words: &[&str]) -> Option<String> {
    (!words.is_empty()).then(|| words.join(" "))
}

fn is_lower_case(word: &str) -> bool {
    word == word.to_lowercase()
}

fn is_prefix(word: &str) -> bool {
    let lower = word.to_lowercase();
    PREFIXES.contains(&lower.as_str()) && (is_lower_case(word) || UNAMBIGUOUS.contains(&lower.as_str()))
}

/// Returns whether the words begin with a prefix.
fn begins_with_prefix(words: &[&str]) -> bool {
    let [first, rest @ ..] = words else { return false };
    let follows = |of: &[&str]| rest.first().is_some_and(|next| of.contains(&next.to_lowercase().as_str()));
    let lower = first.to_lowercase();
    is_prefix(first) || PREFIX_STARTS.iter().any(|(starts, then)| starts.contains(&lower.as_str()) && follows(then))
}

/// Returns the number of prefixes at the end of the words.
fn count_trailing(words: &[&str], is: impl Fn(&str) -> bool) -> usize {
    let plain = words.iter().rev().take_while(|word| is(word)).count();
    // The `in` of `in 't` and the `op` of `op den` belong to the prefix.
    let before = words.len() - plain;
    usize::from(plain > 0 && before > 0 && is_lower_case(words[before - 1]) && begins_with_prefix(&words[before - 1..])) + plain
}

/// Returns the index of the first word of the last name: the first prefix, otherwise the last word.
fn start_of_last(words: &[&str]) -> usize {
    let end = words.len().saturating_sub(1);
    let mut at = 0;
    while at < end {
        let lower = words[at].to_lowercase();
        if at > 0 && lower == "y" {
            // `Ortega y Gasset` is one last name.
            return if at > 1 { at - 1 } else { at };
        }
        let addition = words[at + 1..].iter().take_while(|word| ADDITIONS.contains(&word.to_lowercase().as_str())).count();
        if at == 0 && NAMES_WITH_ADDITION.contains(&lower.as_str()) && addition > 0 && at + addition + 1 < end {
            at += addition + 2;
        } else if begins_with_prefix(&words[at..]) && (at > 0 || is_lower_case(words[at])) {
            return at;
        } else {
            at += 1;
        }
    }
    end
}
