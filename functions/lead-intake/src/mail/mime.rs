//! Splits a message into its parts, and decodes them.
//!
//! The structure is read here and not by `mail-parser`: that crate builds nested messages without a limit of depth, and searches the whole
//! message again for each boundary.

use super::head::Head;
use super::{MAX_DEPTH, MAX_HEADER_BYTES, MAX_PART_HEADER_BYTES, MAX_PARTS};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mail_parser::decoders::quoted_printable::quoted_printable_decode_char;
use std::borrow::Cow;

/// A part that contains no further parts.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) head: Head,
    pub(super) media_type: String,
    /// The decoded bytes.
    pub(super) body: Cow<'a, [u8]>,
    /// Whether the part belongs to a `multipart/related`: it can be an image of the HTML.
    pub(super) is_related: bool,
}

/// A message: its headers and its parts, in order.
#[derive(Debug)]
pub(super) struct Message<'a> {
    pub(super) head: Head,
    pub(super) parts: Vec<Part<'a>>,
    /// Whether parts were left unread because of a limit.
    pub(super) is_cut: bool,
}

/// A part that still has to be split.
struct Open<'a> {
    bytes: &'a [u8],
    depth: usize,
    is_related: bool,
    is_digest: bool,
}

/// Splits a message. `parts` is the number of parts that may still be read.
pub(super) fn message<'a>(bytes: &'a [u8], parts: &mut usize) -> Message<'a> {
    let (head, body) = Head::read(bytes, MAX_HEADER_BYTES);
    let mut message = Message { head: Head::default(), parts: Vec::new(), is_cut: false };
    let mut open: Vec<Open<'a>> = Vec::new();
    let body = bytes.get(body..).unwrap_or_default();
    match children(&head, body, 0, false) {
        Some(inside) => open = inside,
        None => message.parts.push(part(head.clone(), body, false, false)),
    }
    message.head = head;
    while let Some(next) = open.pop() {
        if *parts == 0 {
            message.is_cut = true;
            break;
        }
        *parts -= 1;
        let (head, at) = part_head(next.bytes);
        let body = next.bytes.get(at..).unwrap_or_default();
        let inside = if next.depth < MAX_DEPTH { children(&head, body, next.depth, next.is_related) } else { None };
        match inside {
            Some(inside) => open.extend(inside),
            None => message.parts.push(part(head, body, next.is_related, next.is_digest)),
        }
    }
    message
}

/// A part without headers begins with an empty line, which some senders forget.
fn part_head(bytes: &[u8]) -> (Head, usize) {
    let line = bytes.get(..200).unwrap_or(bytes).split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_header = line.iter().position(|byte| *byte == b':').is_some_and(|at| at > 0 && !line.iter().take(at).any(|byte| *byte <= b' '));
    match bytes {
        [b'\n', ..] => (Head::default(), 1),
        [b'\r', b'\n', ..] => (Head::default(), 2),
        _ if !is_header => (Head::default(), 0),
        _ => Head::read(bytes, MAX_PART_HEADER_BYTES),
    }
}

fn part<'a>(head: Head, body: &'a [u8], is_related: bool, is_digest: bool) -> Part<'a> {
    let media_type = match head.media_type() {
        kind if is_digest && kind == "text/plain" && !head.has("Content-Type") => "message/rfc822".to_owned(),
        // A multipart whose parts cannot be found is read as text.
        kind if kind.starts_with("multipart/") => "text/plain".to_owned(),
        kind => kind,
    };
    let body = match head.transfer_encoding().as_str() {
        "base64" => Cow::Owned(from_base64(body)),
        "quoted-printable" => Cow::Owned(from_quoted_printable(body)),
        _ => Cow::Borrowed(body),
    };
    Part { head, media_type, body, is_related }
}

/// Returns the parts of a multipart, last first. `None` if it is none, or if none of its boundaries is found.
fn children<'a>(head: &Head, body: &'a [u8], depth: usize, is_related: bool) -> Option<Vec<Open<'a>>> {
    let media_type = head.media_type();
    let kind = media_type.strip_prefix("multipart/")?;
    let declared = head.parameter("boundary").map(|boundary| boundary.trim_end().as_bytes().to_vec());
    let found = declared.map(|boundary| split(body, &boundary)).filter(|parts| !parts.is_empty());
    let parts = found.or_else(|| guess(body).map(|boundary| split(body, boundary))).filter(|parts| !parts.is_empty())?;
    let is_related = is_related || kind == "related";
    let is_digest = kind == "digest";
    Some(parts.into_iter().rev().map(|bytes| Open { bytes, depth: depth + 1, is_related, is_digest }).collect())
}

/// Returns the boundary of a multipart that declares none, or a wrong one: its first line with two hyphens, if a header follows.
fn guess(body: &[u8]) -> Option<&[u8]> {
    let head = body.get(..4096).unwrap_or(body);
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.trim_ascii_end()).skip_while(|line| !line.starts_with(b"--"));
    let boundary = lines.next()?.get(2..).filter(|boundary| !boundary.is_empty())?;
    let next = lines.next()?.to_ascii_lowercase();
    next.starts_with(b"content-").then_some(boundary)
}

/// Splits a body at the lines of a boundary, without what is before the first and behind the last. At most [`MAX_PARTS`].
fn split<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    if boundary.is_empty() {
        return parts;
    }
    let (mut at, mut start) = (0, None);
    while at < body.len() && parts.len() <= MAX_PARTS {
        let rest = body.get(at..).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
        let line = rest.get(..end).unwrap_or_default();
        if let Some(behind) = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary)) {
            let behind = behind.trim_ascii_end();
            if matches!(behind, b"" | b"--") {
                if let Some(from) = start {
                    parts.push(without_line_end(body.get(from..at).unwrap_or_default()));
                }
                if behind == b"--" {
                    return parts;
                }
                start = Some(at + end);
            }
        }
        at += end;
    }
    // The end is missing: the mail was cut, or the sender forgot it.
    if let Some(rest) = start.and_then(|from| body.get(from..)).filter(|_| parts.len() <= MAX_PARTS) {
        parts.push(rest);
    }
    parts
}

/// The line end before a boundary belongs to the boundary.
fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

/// Decodes base64. Signs that are not part of the alphabet are skipped, and an incomplete end is dropped.
fn from_base64(bytes: &[u8]) -> Vec<u8> {
    const ENGINE: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
    );
    let is_sign = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut out = Vec::new();
    // Some senders encode a text in pieces, each with its own padding.
    for piece in bytes.split(|byte| *byte == b'=') {
        let mut signs: Vec<u8> = piece.iter().copied().filter(is_sign).collect();
        if signs.len() % 4 == 1 {
            signs.pop();
        }
        out.extend(ENGINE.decode(&signs).unwrap_or_default());
    }
    out
}

/// Decodes quoted-printable. A wrong escape stays as written.
fn from_quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'=' {
            out.push(*first);
            continue;
        }
        let spaces = behind.iter().take(100).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        match behind {
            [high, low, after @ ..] if quoted_printable_decode_char(*high, *low).is_some() => {
                out.extend(quoted_printable_decode_char(*high, *low));
                rest = after;
            }
            // A soft line end.
            _ => match behind.get(spaces..) {
                Some([b'\n', after @ ..] | [b'\r', b'\n', after @ ..]) => rest = after,
                Some([]) => rest = &[],
                _ => out.push(b'='),
            },
        }
    }
    out
}
