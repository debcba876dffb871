//! Repairs text so that an XML reader accepts it: stray `<`, unquoted and wrongly quoted attributes, misplaced declarations.
//!
//! Invariant: every repair keeps the length, so an offset in the repaired text is the same offset in the document.

use super::names::{self, Role};

/// Replaces a `<` that starts no markup.
pub(super) const LESS: char = '\u{1}';
/// Replaces a byte of ignored markup: a comment, a processing instruction.
pub(super) const NOTHING: char = '\u{2}';

/// Returns the document's text with repaired markup.
///
/// # Errors
/// The offset of a DOCTYPE with declarations.
pub(super) fn repair(text: &str) -> Result<String, usize> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some((before, rest)) = text.get(at..).and_then(|t| t.split_at_checked(t.find('<')?)) {
        plain(&mut out, before);
        let open = at + before.len();
        at = open + markup(rest, &mut out).ok_or(open)?;
    }
    plain(&mut out, text.get(at..).unwrap_or_default());
    debug_assert_eq!(out.len(), text.len());
    Ok(out)
}

/// Copies text without control characters: XML does not allow them, and this module uses two of them as marks.
fn plain(out: &mut String, text: &str) {
    out.extend(text.chars().map(|c| if c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r') { ' ' } else { c }));
}

fn nothing(out: &mut String, length: usize) -> usize {
    out.extend(std::iter::repeat_n(NOTHING, length));
    length
}

/// Writes a `<` that belongs to the text.
fn stray(out: &mut String) -> usize {
    out.push(LESS);
    1
}

/// Copies unclosed markup up to the end of the document: the XML reader reports it.
fn unclosed(out: &mut String, rest: &str) -> usize {
    plain(out, rest);
    rest.len()
}

fn starts(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Repairs the markup at the start of `rest` and returns its length. `None` if it is a DOCTYPE with declarations.
fn markup(rest: &str, out: &mut String) -> Option<usize> {
    if rest.starts_with("<!--") {
        return Some(match rest.get(4..).and_then(|t| t.find("-->")) {
            Some(end) => nothing(out, 4 + end + 3),
            None => unclosed(out, rest),
        });
    }
    if starts(rest, "<![CDATA[") {
        return Some(match rest.find("]]>") {
            Some(end) => {
                out.push_str("<![CDATA[");
                plain(out, rest.get(9..end + 3).unwrap_or_default());
                end + 3
            }
            None => unclosed(out, rest),
        });
    }
    if starts(rest, "<!DOCTYPE") {
        return match rest.find(['>', '[']) {
            Some(end) if rest.get(end..).is_some_and(|t| t.starts_with('>')) => Some(nothing(out, end + 1)),
            Some(_) => None,
            None => Some(unclosed(out, rest)),
        };
    }
    if ["<!ENTITY", "<!ELEMENT", "<!ATTLIST", "<!NOTATION"].iter().any(|declaration| starts(rest, declaration)) {
        return None;
    }
    if rest.starts_with("<?") {
        // Some senders end it as in SGML, without the second question mark.
        let reach = rest.get(1..).and_then(|t| t.find('<')).map_or(rest.len(), |next| next + 1);
        let instruction = rest.get(..reach).unwrap_or_default();
        let end = instruction.find("?>").map(|end| end + 2).or_else(|| instruction.find('>').map(|end| end + 1));
        return Some(match end {
            Some(end) => nothing(out, end),
            None if reach == rest.len() => unclosed(out, rest),
            None => stray(out),
        });
    }
    Some(tag(rest, out))
}

/// Returns the straight quotation mark of a typographic one, which word processors insert.
fn typographic(c: char) -> Option<char> {
    match c {
        '“' | '”' | '„' | '‟' | '″' => Some('"'),
        '‘' | '’' | '‚' | '‛' | '′' => Some('\''),
        _ => None,
    }
}

/// The end of a tag.
enum End {
    Closed(usize),
    /// The next tag starts, or the document ends, at this offset before a `>`.
    Open(usize),
}

fn tag(rest: &str, out: &mut String) -> usize {
    let is_end = rest.starts_with("</");
    let name_at = if is_end { 2 } else { 1 };
    let behind = rest.get(name_at..).unwrap_or_default();
    let length = behind.find(|c: char| !c.is_ascii_alphanumeric() && !"_-.:".contains(c)).unwrap_or(behind.len());
    let (name, after) = behind.split_at_checked(length).unwrap_or_default();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    // `<max@example.com>` and `<3` are text, not tags.
    if !is_name || !after.starts_with(|c: char| c.is_whitespace() || "/<>".contains(c)) && !after.is_empty() {
        return stray(out);
    }
    let mut repaired = String::new();
    plain(&mut repaired, rest.get(..name_at + length).unwrap_or_default());
    match attributes(rest, name_at + length, &mut repaired) {
        End::Closed(end) => {
            out.push_str(&repaired);
            end
        }
        End::Open(end) if end == rest.len() => unclosed(out, rest),
        // An end tag without `>` is dropped; the next tag closes the element.
        End::Open(end) if is_end => nothing(out, end),
        End::Open(end) => {
            let known = !matches!(names::role(&names::canonical(name)), Role::Html | Role::Unknown);
            if known && repaired.ends_with([' ', '\t', '\n', '\r']) {
                repaired.pop();
                out.push_str(&repaired);
                out.push('>');
                end
            } else {
                stray(out)
            }
        }
    }
}

/// Copies a tag's attributes from offset `from`, with straight quotes around their values.
fn attributes(rest: &str, from: usize, repaired: &mut String) -> End {
    // The open quote: its closing mark, whether it is typographic, and its offset.
    let mut quote: Option<(char, bool, usize)> = None;
    let mut after_equals = false;
    for (step, c) in rest.get(from..).unwrap_or_default().char_indices() {
        let at = from + step;
        let width = c.len_utf8();
        match (quote, c) {
            (None, '>') => {
                repaired.push('>');
                return End::Closed(at + 1);
            }
            (None, '<') => return End::Open(at),
            // A value cannot contain `<`, so the quote was never closed.
            (Some((_, _, open)), '<') => return unquoted(rest, open, at, repaired),
            (None, '"' | '\'') => {
                quote = Some((c, false, at));
                repaired.push(c);
            }
            (None, _) if typographic(c).is_some() => {
                repaired.extend(std::iter::repeat_n(' ', width - 1));
                match typographic(c).filter(|_| after_equals) {
                    Some(straight) => {
                        quote = Some((straight, true, at));
                        repaired.push(straight);
                    }
                    None => repaired.push(' '),
                }
            }
            (Some((straight, curly, _)), _) if c == straight || curly && typographic(c) == Some(straight) => {
                quote = None;
                repaired.push(straight);
                repaired.extend(std::iter::repeat_n(' ', width - 1));
            }
            _ => plain(repaired, c.encode_utf8(&mut [0; 4])),
        }
        if !c.is_whitespace() {
            after_equals = c == '=';
        }
    }
    match quote {
        Some((_, _, open)) => unquoted(rest, open, rest.len(), repaired),
        None => End::Open(rest.len()),
    }
}

/// Removes the quotes of a tag from offset `open`, where a quote was opened and not closed before `reach`.
fn unquoted(rest: &str, open: usize, reach: usize, repaired: &mut String) -> End {
    repaired.truncate(open);
    for (step, c) in rest.get(open..reach).unwrap_or_default().char_indices() {
        match c {
            '>' => {
                repaired.push('>');
                return End::Closed(open + step + 1);
            }
            _ if matches!(c, '"' | '\'') || typographic(c).is_some() => repaired.extend(std::iter::repeat_n(' ', c.len_utf8())),
            _ => plain(repaired, c.encode_utf8(&mut [0; 4])),
        }
    }
    End::Open(reach)
}
