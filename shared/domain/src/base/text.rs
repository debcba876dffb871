//! Checks of text fields: one line, or several.

/// Control characters, and those that turn the direction of what stands after them: nobody types them, and they forge what is read.
pub fn forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// The same in a text of several lines, which may hold line ends and tabs.
pub fn forbidden_in_lines(c: char) -> bool {
    forbidden(c) && !matches!(c, '\n' | '\r' | '\t')
}

/// Whether it shows: no space, none that only steers how others are shown, and no blank that counts as a letter.
fn is_visible(c: char) -> bool {
    let ignorable = matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}');
    !(c.is_whitespace() || forbidden(c) || ignorable)
}

/// Whether it is a line of 1 to `most` characters, at least one of which shows, without spaces around it and without what nobody types.
pub fn is_line(text: &str, most: usize) -> bool {
    text.trim() == text && text.chars().any(is_visible) && text.chars().count() <= most && !text.chars().any(forbidden)
}

/// A line of 1 to `most` characters ([`is_line`]) as people type it, without the spaces around it; `None`: it is none.
pub fn line(text: &str, most: usize) -> Option<String> {
    Some(text.trim()).filter(|text| is_line(text, most)).map(str::to_owned)
}

/// Whether it is a text of 1 to `most` characters, at least one of which shows, perhaps in several lines, without what nobody types.
pub fn is_text(text: &str, most: usize) -> bool {
    text.chars().any(is_visible) && text.chars().count() <= most && !text.chars().any(forbidden_in_lines)
}
