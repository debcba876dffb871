//! Checks of text fields: one line, or several.

use std::borrow::Cow;

/// Returns whether `c` is a control character or changes the direction of the text after it. People do not type these characters, and
/// they can disguise a text.
pub fn forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Like [`forbidden`], for a text of several lines: line ends and tabs are allowed.
pub fn forbidden_in_lines(c: char) -> bool {
    forbidden(c) && !matches!(c, '\n' | '\r' | '\t')
}

/// Returns whether `c` is visible: not a space, not a formatting character, and not a blank that Unicode counts as a letter.
fn is_visible(c: char) -> bool {
    let ignorable = matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}');
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

/// Returns the text in NFC: one form for characters that Unicode can write in two ways.
pub fn nfc(text: &str) -> Cow<'_, str> {
    icu_normalizer::ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// Returns the text without the invisible direction marks that address books put around a number or an address when it is copied.
pub fn without_marks(text: &str) -> String {
    text.replace(|c| matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}'), "")
}

/// Returns a name as it is compared: its words in small letters without accents and signs. `Müller`, `Mueller` and `MULLER` are equal.
pub fn folded_name(name: &str) -> String {
    let plain: String = icu_normalizer::DecomposingNormalizerBorrowed::new_nfkd().normalize(&name.to_lowercase()).chars().collect();
    let mut folded = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            'ß' => folded.push_str("ss"),
            'ø' | 'œ' => folded.push('o'),
            'æ' => folded.push('a'),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            'ı' => folded.push('i'),
            '\'' | '’' | '‘' | '`' | '´' => {}
            c if c.is_alphanumeric() => folded.push(c),
            // What is left of an accent belongs to the letter before it.
            '\u{300}'..='\u{36F}' => {}
            _ => folded.push(' '),
        }
    }
    let folded = folded.replace("ae", "a").replace("oe", "o").replace("ue", "u");
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}
