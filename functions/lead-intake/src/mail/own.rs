//! Recognises mail that the system itself sent, so that no message goes round for ever (INT-7, SET-4).

use super::content::Content;
use super::head::Head;
use super::view::View;
use forecourt_domain::mail::MAIL_MARK;

/// The header that each mail of the system has: its id.
const HEADER: &str = "X-Forecourt-Mail";
/// The beginning of the ids of messages about mails.
const INBOX: &str = "inbox-";

/// Returns whether the system sent a message: a notice to staff, a report or a copy. A text that a user wrote to a customer is none: the
/// customer can be another dealer.
pub(super) fn is_own(head: &Head) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_letter = |id: &str| id.split_once('.').is_some_and(|(lead, version)| is_digits(lead) && is_digits(version));
    head.line(HEADER).is_some_and(|id| !is_letter(id.trim()))
}

/// Returns whether the text of a mail has the mark of a message about a mail. A mail program that forwards by itself can leave the headers
/// out. What an answer quotes does not count.
pub(super) fn has_mark(content: &Content<'_>) -> bool {
    let is_mark = |line: &str| {
        let line = line.trim_start_matches(['>', ' ', '\t']);
        line.strip_prefix(MAIL_MARK).is_some_and(|id| id.trim_start().starts_with(INBOX))
    };
    content.texts().any(|text| text.contains(MAIL_MARK) && View::of(text, &content.envelope).text.lines().any(is_mark))
}
