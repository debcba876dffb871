//! Cleans values: HTML becomes plain text, white space is folded. Invisible characters stay until the check of the enquiry, which flags
//! them.

use super::names;
use encoding_rs::WINDOWS_1252;
use forecourt_domain::base::text::{composed, visible};

/// Longest detail of a remark, in characters.
const DETAIL: usize = 200;

/// Returns a value on one line. `None` if nothing in it is visible.
pub(super) fn line(text: &str) -> Option<String> {
    let folded = fold(&readable(text));
    has_visible_text(&folded).then_some(folded)
}

/// Returns a value on one line and without invisible characters, so that it can be compared. `None` if nothing in it is visible.
pub(super) fn word(text: &str) -> Option<String> {
    line(text).map(|line| visible(&line, ' ').trim().to_owned())
}

/// Returns a value in several lines, each folded, without empty lines. `None` if it is empty.
pub(super) fn lines(text: &str) -> Option<String> {
    let text = readable(text).replace(['\u{2028}', '\u{2029}'], "\n");
    let folded: Vec<String> = text.lines().map(fold).filter(|line| has_visible_text(line)).collect();
    (!folded.is_empty()).then(|| folded.join("\n"))
}

/// Shortens a text to the length of a remark's detail.
pub(super) fn brief(text: &str) -> String {
    let mut short: String = text.chars().take(DETAIL - 1).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn fold(text: &str) -> String {
    let plain = composed(text).replace(char::is_control, " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn has_visible_text(text: &str) -> bool {
    !visible(text, ' ').trim().is_empty()
}

/// Removes HTML tags. Only known tags are removed: `<3` and `< 20000` are text.
fn readable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut was_html = false;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        // The search for a tag's end stops at the next `<`, so every character is read at most twice.
        let reach = after.find('<').unwrap_or(after.len());
        let tag = after.get(..reach).and_then(|inside| inside.find('>')).and_then(|end| after.split_at_checked(end + 1));
        match tag.filter(|(inside, _)| is_html(inside)) {
            Some((inside, behind)) => {
                was_html = true;
                if names::ends_line(&tag_name(inside)) {
                    out.push('\n');
                }
                rest = behind;
            }
            None => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    if was_html { unescape(&out) } else { out }
}

fn tag_name(inside: &str) -> String {
    let name: String = inside.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).take(12).collect();
    name.to_ascii_lowercase()
}

fn is_html(inside: &str) -> bool {
    let name = tag_name(inside);
    let behind = inside.trim_start_matches('/').chars().nth(name.len());
    names::is_html(&name) && behind.is_none_or(|c| c.is_whitespace() || matches!(c, '/' | '>'))
}

/// Resolves the character references of HTML that was sent as text.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.bytes().take(12).position(|b| b == b';');
        match end.and_then(|end| Some((reference(after.get(..end)?)?, after.get(end + 1..)?))) {
            Some((character, behind)) => {
                out.push(character);
                rest = behind;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out + rest
}

/// Returns the character of a reference without `&` and `;`: a number, or a common HTML name.
pub(super) fn reference(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return match code.ok()? {
            // HTML reads these numbers as windows-1252.
            code @ 0x80..=0x9F => WINDOWS_1252.decode(&[u8::try_from(code).ok()?]).0.chars().next(),
            code => char::from_u32(code).filter(|c| !c.is_control() || c.is_whitespace()),
        };
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{A0}',
        "euro" => '€',
        "pound" => '£',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "deg" => '°',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "bull" => '•',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        "eacute" => 'é',
        "egrave" => 'è',
        "agrave" => 'à',
        "ccedil" => 'ç',
        "ntilde" => 'ñ',
        _ => return None,
    })
}
