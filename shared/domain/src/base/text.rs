//! Normalises, checks and compares texts.
//!
//! Every text is stored in Unicode's composed form ([`composed`]) and without invisible characters ([`visible`]). Labels such as a source
//! are compared by [`caseless`], names by [`SearchWords`]. Both comparisons also accept texts that were stored in another form.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use std::borrow::Cow;

/// Returns the text in Unicode's composed form (NFC): `u` and a combining diaeresis become `ü`.
pub fn composed(text: &str) -> Cow<'_, str> {
    const { ComposingNormalizerBorrowed::new_nfc() }.normalize(text)
}

/// Returns the text without invisible characters: direction marks, zero-width characters, byte order marks, soft hyphens, tags. Unicode's
/// line and paragraph separators become `line_end`. The result is borrowed if nothing changed.
///
/// A zero-width joiner or non-joiner stays if it can join the characters beside it, because emoji and several scripts need it. The tags of
/// a flag stay too.
pub fn visible(text: &str, line_end: char) -> Cow<'_, str> {
    if !text.chars().any(|c| is_invisible(c) || is_separator(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let before = out.chars().next_back();
        if is_separator(c) {
            out.push(line_end);
        } else if !is_invisible(c) || has_meaning(c, before, rest.peek().copied()) {
            out.push(c);
        }
    }
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// Returns whether an invisible character between these two has a meaning: a joiner outside the Latin, Greek and Cyrillic scripts, or a tag
/// of the flag before it.
fn has_meaning(c: char, before: Option<char>, after: Option<char>) -> bool {
    let joined = |c: Option<char>| c.is_some_and(|c| c >= '\u{600}' && !is_invisible(c) && !c.is_whitespace());
    match c {
        '\u{200C}' | '\u{200D}' => joined(before) && joined(after),
        '\u{E0020}'..='\u{E007F}' => matches!(before, Some('\u{1F3F4}' | '\u{E0020}'..='\u{E007E}')),
        _ => false,
    }
}

/// Returns the beginning of a text as a part of one line: at most `most` characters, without control characters and invisible characters. A
/// text that is cut ends with `…`.
pub fn shortened(text: &str, most: usize) -> String {
    let plain: String = visible(text, ' ').chars().map(|c| if c.is_control() || forbidden_in_lines(c) { ' ' } else { c }).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most { line } else { line.chars().take(most.saturating_sub(1)).chain(['…']).collect() }
}

/// Returns a label in the form in which labels are compared: in lower case, composed, without invisible characters and outer spaces.
pub fn caseless(text: &str) -> String {
    composed(&visible(text, ' ')).trim().to_lowercase()
}

/// Returns only the letters and digits of a text, in lower case and without accents: `TÜ-AB 12` becomes `tuab12`.
pub fn letters(text: &str) -> String {
    folded(text, false).split(' ').collect()
}

/// The words of a search text. They match a name in any order, in upper or lower case, with or without accents: `haeusler` and `hausler`
/// find `Häusler`, `WEISS` finds `Weiß`, and `o'brien` finds `O’Brien`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchWords {
    /// Without accents: `hausler`.
    plain: String,
    /// With umlauts as two letters: `haeusler`.
    spelled: String,
}

impl SearchWords {
    /// Reads the words of a search text.
    pub fn of(text: &str) -> Self {
        Self { plain: folded(text, false), spelled: folded(text, true) }
    }

    /// Returns whether the name contains each word. A single letter must begin a word of the name. `false` if there are no words.
    pub fn match_name(&self, name: &str) -> bool {
        let (plain, spelled) = (format!(" {}", folded(name, false)), format!(" {}", folded(name, true)));
        let has =
            |name: &str, word: &str| if word.chars().nth(1).is_some() { name.contains(word) } else { name.contains(&format!(" {word}")) };
        let mut words = self.plain.split(' ').zip(self.spelled.split(' '));
        !self.plain.is_empty() && words.all(|(word, long)| has(&plain, word) || has(&spelled, long))
    }
}

/// Returns a name in the form in which the names of people are compared: folded, and with umlauts as one letter in each spelling. `Müller`,
/// `Mueller` and `MULLER` have the same form. An `e` behind two vowels is no umlaut: `Bauer` is not `Baur`.
pub fn folded_name(name: &str) -> String {
    let mut out = String::new();
    for c in folded(name, false).chars() {
        let mut last = out.chars().rev();
        let is_umlaut =
            c == 'e' && matches!(last.next(), Some('a' | 'o' | 'u')) && !matches!(last.next(), Some('a' | 'e' | 'i' | 'o' | 'u' | 'q'));
        if !is_umlaut {
            out.push(c);
        }
    }
    out
}

/// Returns whether two texts are one name: the same words in any order, compared as [`SearchWords`] compares them. `false` without words.
pub fn is_same_name(one: &str, other: &str) -> bool {
    let words = |text: &str, umlauts: bool| {
        let folded = folded(text, umlauts);
        let mut words: Vec<String> = folded.split_whitespace().map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    let same = |umlauts: bool| words(one, umlauts) == words(other, umlauts);
    !words(one, false).is_empty() && (same(false) || same(true))
}

/// Returns the words of a text in lower case, separated by single spaces, without accents, apostrophes and punctuation. Ligatures become
/// letters. Umlauts become two letters if `umlauts` is set.
fn folded(text: &str, umlauts: bool) -> String {
    let lower = composed(&visible(text, ' ')).to_lowercase();
    let mut spelled = String::with_capacity(lower.len());
    for c in lower.chars().filter(|c| !is_apostrophe(*c)) {
        match (c, umlauts) {
            ('ä', true) => spelled.push_str("ae"),
            ('ö' | 'ø', true) => spelled.push_str("oe"),
            ('ü', true) => spelled.push_str("ue"),
            ('å', true) => spelled.push_str("aa"),
            ('ø', false) => spelled.push('o'),
            ('ß', _) => spelled.push_str("ss"),
            ('æ', _) => spelled.push_str("ae"),
            ('œ', _) => spelled.push_str("oe"),
            ('þ', _) => spelled.push_str("th"),
            ('đ' | 'ð', _) => spelled.push('d'),
            ('ł', _) => spelled.push('l'),
            ('ħ', _) => spelled.push('h'),
            ('ı', _) => spelled.push('i'),
            ('ς', _) => spelled.push('σ'),
            (c, _) => spelled.push(c),
        }
    }
    let parts = const { DecomposingNormalizerBorrowed::new_nfkd() }.normalize(&spelled).to_lowercase();
    let bare: String = parts.chars().filter(|c| !is_accent(*c)).map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '´' | '‘' | '’' | '‛' | 'ʼ' | 'ʹ' | '′' | '＇')
}

/// Returns whether `c` is a combining mark of the Latin, Greek or Cyrillic script. In other scripts, marks distinguish words.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// Returns whether `c` is a control character or changes the direction of the text after it. People do not type these characters, and
/// they can disguise a text.
pub fn forbidden(c: char) -> bool {
    c.is_control() || is_separator(c) || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Like [`forbidden`], for a text of several lines: line ends and tabs are allowed.
pub fn forbidden_in_lines(c: char) -> bool {
    forbidden(c) && !matches!(c, '\n' | '\r' | '\t')
}

/// Returns whether `c` is visible: not a space, not a formatting character, and not a blank that Unicode counts as a letter.
fn is_visible(c: char) -> bool {
    let ignorable = is_invisible(c)
        || matches!(c,
        '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0080}'..='\u{E0FFF}');
    !(c.is_whitespace() || forbidden(c) || ignorable)
}

/// Returns whether `text` is one line of 1 to `most` characters, at least one of them visible, without leading or trailing spaces and
/// without forbidden characters.
pub fn is_line(text: &str, most: usize) -> bool {
    text.trim() == text && text.chars().any(is_visible) && text.chars().count() <= most && !text.chars().any(forbidden)
}

/// Returns the text without leading and trailing spaces. `None` if it is not a line of 1 to `most` characters ([`is_line`]).
pub fn line(text: &str, most: usize) -> Option<String> {
    Some(text.trim()).filter(|text| is_line(text, most)).map(str::to_owned)
}

/// Returns whether `text` has 1 to `most` characters, at least one of them visible, and no forbidden characters. Several lines are
/// allowed.
pub fn is_text(text: &str, most: usize) -> bool {
    text.chars().any(is_visible) && text.chars().count() <= most && !text.chars().any(forbidden_in_lines)
}
