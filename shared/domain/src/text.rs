//! What people may type into a field: one line, or several.

/// Control characters, and those that turn the direction of what stands after them: nobody types them, and they forge what is read.
pub fn forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// The same in a text of several lines, which may hold line ends and tabs.
pub fn forbidden_in_lines(c: char) -> bool {
    forbidden(c) && !matches!(c, '\n' | '\r' | '\t')
}

/// Whether it is a line of 1 to `most` characters, without spaces around it and without what nobody types.
pub fn is_line(text: &str, most: usize) -> bool {
    text.trim() == text && !text.is_empty() && text.chars().count() <= most && !text.chars().any(forbidden)
}

/// A line of 1 to `most` characters as people type it, without the spaces around it; `None`: it is none.
pub fn line(text: &str, most: usize) -> Option<String> {
    Some(text.trim()).filter(|text| is_line(text, most)).map(str::to_owned)
}

/// Whether it is a text of 1 to `most` characters, perhaps in several lines, without what nobody types.
pub fn is_text(text: &str, most: usize) -> bool {
    !text.is_empty() && text.chars().count() <= most && !text.chars().any(forbidden_in_lines)
}
