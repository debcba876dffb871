//! Finds ADF anywhere in a message: in the body, in an HTML comment, escaped in HTML, behind the end of the HTML, in an attachment.

use super::content::Content;
use super::html;
use super::text::{brief, unquoted};
use super::{Form, MAX_FLAGS, MailEnquiry};
use crate::adf::{self, decode::decode};
use std::borrow::Cow;

/// The ADF of a message.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) enquiries: Vec<MailEnquiry>,
    /// The parts of [`Content::others`] that contain ADF.
    pub(super) parts: Vec<usize>,
    /// The reason why ADF could not be read, if none was read.
    pub(super) problem: Option<String>,
}

/// Returns the ADF of a message. The same prospect in several places is one enquiry.
pub(super) fn find(content: &Content<'_>) -> Found {
    let mut found = Found::default();
    for (index, part) in content.others.iter().enumerate() {
        if part.body.len() <= adf::MAX_BYTES && may_contain(&part.body) {
            let (text, note) = decode(&part.body);
            if let Some(document) = document(&text) {
                found.parts.push(index);
                found.read(&document, note.as_deref());
            }
        }
    }
    let sources = [content.plain.as_str(), content.raw_html.as_str(), content.html.text.as_str()];
    for text in sources.into_iter().filter(|text| may_contain(text.as_bytes())) {
        if let Some(document) = document(text) {
            found.read(&document, None);
        }
    }
    if !found.enquiries.is_empty() {
        found.problem = None;
    }
    found
}

impl Found {
    fn read(&mut self, document: &str, note: Option<&str>) {
        match adf::read(document.as_bytes()) {
            Ok(read) => {
                for prospect in read.prospects {
                    let is_same = |known: &MailEnquiry| {
                        let (one, other) = (&known.enquiry, &prospect.enquiry);
                        one == other
                            || one.external_id.is_some() && (&one.external_id, &one.provider) == (&other.external_id, &other.provider)
                    };
                    if self.enquiries.len() < adf::MAX_PROSPECTS && !self.enquiries.iter().any(is_same) {
                        self.enquiries.push(enquiry(prospect, note));
                    }
                }
            }
            Err(problem) => self.problem = self.problem.take().or(Some(problem.to_string())),
        }
    }
}

fn enquiry(prospect: adf::Prospect, note: Option<&str>) -> MailEnquiry {
    let mut flags: Vec<(String, String)> = note.into_iter().map(|note| ("document".to_owned(), brief(note))).collect();
    flags.extend(prospect.oddities);
    flags.truncate(MAX_FLAGS);
    MailEnquiry {
        enquiry: prospect.enquiry,
        form: Form::Adf,
        vendor_id: prospect.vendor_id,
        vendor_name: prospect.vendor_name,
        adf: Some(prospect.raw),
        flags,
    }
}

/// Returns whether bytes in any character set can contain ADF.
fn may_contain(bytes: &[u8]) -> bool {
    const WORDS: [&[u8]; 2] = [b"adf", b"prospect"];
    // UTF-16 has a zero byte beside each letter.
    let bare: Cow<'_, [u8]> = match bytes.get(..1024).unwrap_or(bytes).contains(&0) {
        true => bytes.iter().copied().filter(|byte| *byte != 0).collect(),
        false => Cow::Borrowed(bytes),
    };
    let starts = |at: usize, word: &[u8]| bare.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word));
    bare.iter().enumerate().any(|(at, byte)| matches!(byte, b'a' | b'A' | b'p' | b'P') && WORDS.iter().any(|word| starts(at, word)))
}

/// Returns the ADF document in a text. `None` if there is none.
fn document(text: &str) -> Option<Cow<'_, str>> {
    if let Some((start, end)) = span(text) {
        let line = text.get(..start).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
        let document = text.get(start..end)?;
        if !line.trim().is_empty() && unquoted(line).0.trim().is_empty() {
            let lines: Vec<&str> = document.lines().map(|line| unquoted(line).0).collect();
            return Some(Cow::Owned(lines.join("\n")));
        }
        return Some(Cow::Borrowed(document));
    }
    let lower = text.to_ascii_lowercase();
    let is_escaped = ["&lt;adf", "&lt;?adf", "&lt;prospect", "&#60;adf", "&#x3c;adf"].iter().any(|mark| lower.contains(mark));
    let reduced = is_escaped.then(|| html::reduce(text).text)?;
    let (start, end) = span(&reduced)?;
    reduced.get(start..end).map(|document| Cow::Owned(document.to_owned()))
}

/// Returns a text up to its ADF, which is for programs.
pub(super) fn text_before(text: &str) -> &str {
    let start = if may_contain(text.as_bytes()) { span(text).map(|(start, _)| start) } else { None };
    let before = start.and_then(|start| text.get(..start)).unwrap_or(text);
    let declaration = before.rfind("<?xml").filter(|_| start.is_some());
    declaration.and_then(|at| before.get(..at)).unwrap_or(before).trim_end_matches(['>', ' '])
}

/// Returns the place of the first `adf` or `prospect` up to the end of the last one.
fn span(text: &str) -> Option<(usize, usize)> {
    let mut found: Option<(usize, Option<usize>)> = None;
    for (at, _) in text.match_indices('<') {
        let behind = text.get(at + 1..).unwrap_or_default();
        let (is_end, behind) = behind.strip_prefix('/').map_or((false, behind), |behind| (true, behind));
        let behind = behind.strip_prefix('?').unwrap_or(behind);
        let length = behind.bytes().take(40).take_while(|byte| byte.is_ascii_alphanumeric() || b":_-.".contains(byte)).count();
        let name = behind.get(..length).unwrap_or_default().rsplit(':').find(|part| !part.is_empty()).unwrap_or_default();
        if !name.eq_ignore_ascii_case("adf") && !name.eq_ignore_ascii_case("prospect") {
            continue;
        }
        match &mut found {
            None if !is_end => found = Some((at, None)),
            Some((_, end)) if is_end => {
                let close = behind.bytes().take(100).position(|byte| byte == b'>');
                *end = close.map(|close| text.len() - behind.len() + close + 1).or(*end);
            }
            _ => {}
        }
    }
    found.map(|(start, end)| (start, end.unwrap_or(text.len())))
}
