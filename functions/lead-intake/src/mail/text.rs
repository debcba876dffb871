//! Lines and words of texts.

use forecourt_domain::base::text::{composed, visible};

/// The longest text that is searched for phrases, in characters.
const SEARCHED: usize = 50_000;

/// Returns a text on one line, without control characters. `None` if nothing in it is visible.
pub(super) fn one_line(text: &str) -> Option<String> {
    let plain = composed(text).replace(char::is_control, " ");
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    (!visible(&line, ' ').trim().is_empty()).then_some(line)
}

/// Returns a text without outer empty lines, with single empty lines between its paragraphs. `None` if nothing in it is visible.
pub(super) fn paragraphs<'a>(lines: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut out = String::new();
    let mut empty = 0;
    for line in lines {
        let Some(line) = one_line(line) else {
            empty += 1;
            continue;
        };
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        out.push_str(&line);
    }
    (!out.is_empty()).then_some(out)
}

/// Shortens a text to a number of characters. Returns whether it was longer.
pub(super) fn cut(text: &mut String, most: usize) -> bool {
    let end = text.char_indices().nth(most).map(|(at, _)| at);
    text.truncate(end.unwrap_or(text.len()));
    end.is_some()
}

/// Returns the start of a text, at most 200 characters, as the detail of a flag.
pub(super) fn brief(text: &str) -> String {
    let mut short = text.to_owned();
    cut(&mut short, 200);
    short
}

/// Returns a text in the form in which phrases are compared: in lower case, with straight quotes and single spaces.
pub(super) fn folded(text: &str) -> String {
    let lower = composed(&visible(text, ' ')).to_lowercase().replace(['’', '‘', '`', '´'], "'");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the start of a text, folded, in which phrases are searched.
pub(super) fn searched(text: &str) -> String {
    folded(text.char_indices().nth(SEARCHED).and_then(|(at, _)| text.get(..at)).unwrap_or(text))
}

/// Returns a line without the marks of quotes, and their number.
pub(super) fn unquoted(line: &str) -> (&str, usize) {
    let (mut rest, mut depth) = (line.trim_start(), 0);
    while let Some(inside) = rest.strip_prefix('>') {
        rest = inside.trim_start_matches([' ', '\u{A0}']);
        depth += 1;
    }
    if depth == 0 { (line, 0) } else { (rest, depth) }
}

/// Joins the lines of `format=flowed` (RFC 3676): a space at the end of a line continues it.
pub(super) fn unflowed(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let (rest, depth) = unquoted(line);
        // A line that begins with a space or `>` or `From ` is stuffed with one space.
        let rest = if depth == 0 { rest.strip_prefix(' ').unwrap_or(rest) } else { rest };
        let is_signature = rest == "-- ";
        match open {
            Some(quotes) if quotes == depth && !is_signature => {}
            Some(_) | None => {
                if !out.is_empty() {
                    out.push('\n');
                }
                out.extend(std::iter::repeat_n('>', depth));
                if depth > 0 {
                    out.push(' ');
                }
            }
        }
        open = (rest.ends_with(' ') && !is_signature).then_some(depth);
        out.push_str(if open.is_some() && delete_space { rest.strip_suffix(' ').unwrap_or(rest) } else { rest });
    }
    out
}

/// Returns the e-mail addresses in a text, at most `most`, without duplicates.
pub(super) fn addresses_in(text: &str, most: usize) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let is_part = |c: char| c.is_alphanumeric() || "@.!#$%&'*+-/=?^_`{|}~".contains(c);
    for word in text.split(|c: char| !is_part(c)).filter(|word| word.contains('@')) {
        let word = word.trim_start_matches("mailto:").trim_matches(|c: char| !c.is_alphanumeric());
        let Some((local, domain)) = word.split_once('@') else { continue };
        let is_domain = domain.contains('.') && domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
        if !local.is_empty() && is_domain && word.len() <= 254 && !found.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            found.push(word.to_owned());
        }
        if found.len() >= most {
            break;
        }
    }
    found
}
