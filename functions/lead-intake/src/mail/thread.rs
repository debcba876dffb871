//! Separates the text that the sender wrote from quoted mails, forwarded mails and signatures.

use super::MAX_LINES;
use super::address::Mailbox;
use super::phrases::{HeaderLabels, is_forward, phrases};
use super::text::{folded, paragraphs, unquoted};

/// Most telephone numbers of a signature.
const MAX_PHONES: usize = 2;

/// The mail below the sender's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Below {
    /// Whether the sender forwarded it. Otherwise it is the history of an answer.
    pub(super) is_forwarded: bool,
    pub(super) from: Option<Mailbox>,
    pub(super) reply_to: Option<Mailbox>,
    pub(super) subject: Option<String>,
    /// Its lines, without the marks of quotes.
    pub(super) text: String,
}

/// A text, separated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Separated {
    /// The text of the sender, with the signature.
    pub(super) own: String,
    pub(super) below: Option<Below>,
}

/// The beginning of a quoted or forwarded mail.
struct Start {
    /// The first line that does not belong to the sender's own text.
    at: usize,
    /// The first line of the mail below.
    text: usize,
    kind: Kind,
    headers: Headers,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Forward,
    /// A block of headers, as Outlook writes it above answers and forwards.
    Block,
    /// A line such as `On Monday, A wrote:`.
    Attribution,
}

#[derive(Default)]
struct Headers {
    from: Option<String>,
    reply_to: Option<String>,
    subject: Option<String>,
}

/// Separates a text. The subject decides whether a block of headers is a forward.
pub(super) fn separate(text: &str, subject: &str) -> Separated {
    let lines: Vec<&str> = text.lines().take(MAX_LINES).collect();
    let Some(start) = (0..lines.len()).find_map(|at| start(&lines, at)) else {
        return Separated { own: without_quoted_end(&lines), below: None };
    };
    let is_forwarded = start.kind == Kind::Forward || start.kind == Kind::Block && is_forward(subject);
    let own = lines.get(..start.at).unwrap_or_default();
    let below = lines.get(start.text..).unwrap_or_default();
    let is_bottom = !is_forwarded && start.kind == Kind::Attribution && is_blank(own);
    if let Some(answer) = is_bottom.then(|| bottom_answer(below)).flatten() {
        return Separated { own: answer, below: None };
    }
    let inner: Vec<&str> = below.iter().map(|line| without_one_mark(line)).collect();
    let mailbox = |text: Option<String>| text.as_deref().and_then(Mailbox::in_text);
    let below = Below {
        is_forwarded,
        from: mailbox(start.headers.from),
        reply_to: mailbox(start.headers.reply_to),
        subject: start.headers.subject,
        text: inner.join("\n"),
    };
    Separated { own: own.join("\n"), below: Some(below) }
}

fn is_blank(lines: &[&str]) -> bool {
    lines.iter().all(|line| line.trim().is_empty())
}

fn without_one_mark(line: &str) -> &str {
    let line = line.trim_start_matches(' ').strip_prefix('>').unwrap_or(line);
    line.strip_prefix(' ').unwrap_or(line)
}

/// Removes quoted lines at the end that no line introduces.
fn without_quoted_end(lines: &[&str]) -> String {
    let is_quoted = |line: &&str| unquoted(line).1 > 0 || line.trim().is_empty();
    let end = lines.len() - lines.iter().rev().take_while(|line| is_quoted(line)).count();
    let own = lines.get(..end).unwrap_or_default();
    if is_blank(own) { lines.join("\n") } else { own.join("\n") }
}

/// Returns the answer below a quote, if the quote is one block. `None` if it is not certain which text is the answer.
fn bottom_answer(below: &[&str]) -> Option<String> {
    let is_quoted = |line: &str| unquoted(line).1 > 0;
    let skipped = below.iter().take_while(|line| is_quoted(line) || line.trim().is_empty()).count();
    let rest = below.get(skipped..)?;
    let has_quote = below.get(..skipped)?.iter().any(|line| is_quoted(line));
    if !has_quote || is_blank(rest) {
        return None;
    }
    // An answer between the lines is only understood with the lines.
    let is_single = !rest.iter().any(|line| is_quoted(line));
    Some(if is_single { rest.join("\n") } else { below.join("\n") })
}

/// Returns the beginning of another mail at a line.
fn start(lines: &[&str], at: usize) -> Option<Start> {
    let line = lines.get(at)?;
    let (bare, _) = unquoted(line);
    let text = folded(bare);
    let letters = text.trim_matches(|c: char| !c.is_alphanumeric());
    if text.is_empty() {
        return None;
    }
    let is_marker = |markers: &[String]| {
        text.chars().count() < 90
            && markers.iter().any(|marker| letters == marker || letters.starts_with(marker) && text.starts_with(['-', '_', '=', '*']))
    };
    let is_forward = is_marker(&phrases().forward_markers);
    if is_forward || is_marker(&phrases().original_markers) {
        let (headers, text) = block(lines, at + 1).unwrap_or((Headers::default(), at + 1));
        return Some(Start { at, text, kind: if is_forward { Kind::Forward } else { Kind::Block }, headers });
    }
    let is_rule = text.len() >= 10 && text.chars().all(|c| matches!(c, '_' | '-' | '='));
    if is_rule {
        return block(lines, at + 1).map(|(headers, text)| Start { at, text, kind: Kind::Block, headers });
    }
    if let Some((headers, text)) = is_header(bare, &phrases().mail_header_labels.from).then(|| block(lines, at)).flatten() {
        return Some(Start { at, text, kind: Kind::Block, headers });
    }
    attribution(lines, at).map(|text| Start { at, text, kind: Kind::Attribution, headers: Headers::default() })
}

/// Returns the line behind an attribution that begins at a line: `On Monday, A wrote:`, which may be wrapped.
fn attribution(lines: &[&str], at: usize) -> Option<usize> {
    let mut joined = String::new();
    for (count, line) in lines.get(at..)?.iter().take(3).enumerate() {
        let line = unquoted(line).0.trim();
        if line.is_empty() || line.len() > 300 {
            return None;
        }
        joined.push(' ');
        joined.push_str(line);
        if line.ends_with(':') {
            let text = folded(&joined);
            let has_word = super::phrases::first_in(&phrases().attribution_words, &text).is_some();
            // A date or an address tells it from a sentence.
            let has_origin = text.contains('@') || text.chars().filter(char::is_ascii_digit).count() >= 4;
            return (has_word && has_origin).then_some(at + count + 1);
        }
    }
    None
}

/// Reads a block of at least three headers of a mail. Empty lines before it are skipped.
fn block(lines: &[&str], from: usize) -> Option<(Headers, usize)> {
    let labels = &phrases().mail_header_labels;
    let mut headers = Headers::default();
    let (mut at, mut count) = (from, 0);
    while at < lines.len() && at < from + 20 {
        let line = unquoted(lines.get(at)?).0.trim();
        if line.is_empty() {
            // Some programs separate the headers by empty lines.
            let next = lines.get(at + 1).map(|line| unquoted(line).0.trim()).unwrap_or_default();
            if count > 0 && !is_any_header(next, labels) {
                break;
            }
        } else if let Some((label, value)) = header(line) {
            let is = |names: &[String]| names.contains(&label);
            let value = || Some(value.clone()).filter(|value| !value.is_empty());
            if is(&labels.from) && headers.from.is_some() {
                // The next mail below begins.
                break;
            } else if is(&labels.from) {
                headers.from = value();
            } else if is(&labels.reply_to) {
                headers.reply_to = headers.reply_to.or_else(value);
            } else if is(&labels.subject) {
                headers.subject = headers.subject.or_else(value);
            } else if !is(&labels.date) && !is(&labels.to) && !is(&labels.cc) {
                break;
            }
            count += 1;
        } else if count == 0 {
            return None;
        } else if !lines.get(at).is_some_and(|line| line.starts_with([' ', '\t'])) && !line.contains('@') {
            // The text begins without an empty line.
            break;
        }
        at += 1;
    }
    (count >= 3 && headers.from.is_some()).then_some((headers, at))
}

fn header(line: &str) -> Option<(String, String)> {
    let (label, value) = line.split_once([':', '\t'])?;
    if label.chars().count() > 20 {
        return None;
    }
    let clean = |text: &str| text.trim().trim_matches('*').trim().to_owned();
    Some((folded(&clean(label)), clean(value.trim().trim_start_matches(':'))))
}

fn is_header(line: &str, names: &[String]) -> bool {
    header(line).is_some_and(|(label, _)| names.contains(&label))
}

fn is_any_header(line: &str, labels: &HeaderLabels) -> bool {
    [&labels.from, &labels.reply_to, &labels.date, &labels.to, &labels.cc, &labels.subject].into_iter().any(|names| is_header(line, names))
}

/// Returns a text without its signature, where one begins beyond doubt: behind the line `-- `, or the line of a telephone's mail program.
pub(super) fn without_signature(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().take(MAX_LINES).collect();
    let end = lines.iter().position(|line| *line == "-- " || *line == "--").filter(|at| !is_blank(lines.get(..*at).unwrap_or_default()));
    let mut lines: Vec<&str> = lines.get(..end.unwrap_or(lines.len())).unwrap_or_default().to_vec();
    while let Some(last) = lines.iter().rposition(|line| !line.trim().is_empty()) {
        let line = folded(lines.get(last).copied().unwrap_or_default());
        let is_device = line.chars().count() < 100 && phrases().device_signatures.iter().any(|phrase| line.starts_with(phrase.as_str()));
        if !is_device || last == 0 {
            break;
        }
        lines.truncate(last);
    }
    paragraphs(lines.into_iter())
}

/// Returns the telephone numbers that a person writes below a letter behind a label: `Tel.: 0171 1234567`.
pub(super) fn signature_phones(own: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in own.lines().take(MAX_LINES) {
        let line = unquoted(line).0;
        for part in line.split(['|', '\t', '•', '·']) {
            let Some((label, value)) = part.split_once([':', ' ']) else { continue };
            let label = folded(label);
            let is_phone = phrases().signature_phones.iter().any(|word| *word == label.trim_end_matches(['.', ':']));
            let number = value.trim().trim_start_matches([':', '.', ' ']);
            let digits = number.chars().filter(char::is_ascii_digit).count();
            let signs = |c: char| c.is_ascii_digit() || " +-/().\u{A0}–".contains(c);
            if found.len() >= MAX_PHONES {
                return found;
            }
            if is_phone && (6..=17).contains(&digits) && number.chars().all(signs) && !found.iter().any(|known| known == number) {
                found.push(number.trim().to_owned());
            }
        }
    }
    found
}
