//! Recognises mail that the system itself sent, so that no loop of messages arises (INT-7, SET-4).

use super::content::Content;
use super::head::Head;
use super::view::View;
use forecourt_domain::base::LeadId;
use forecourt_domain::mail::MAIL_MARK;

/// The header that each mail of the system has: its id.
const HEADER: &str = "X-Forecourt-Mail";
/// The beginning of the ids of messages about mails.
const INBOX: &str = "inbox-";
/// The number of characters of the id of a communication.
const COMMUNICATION: usize = 16;

/// The mark of a mail that the system sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OwnMark {
    /// The mail has no mark.
    #[default]
    None,
    /// A text that a user wrote to a customer of this lead. The customer can be another dealer, for which it is an enquiry.
    Letter(LeadId),
    /// A message that no person wrote: a notice to staff, a report, a copy, an automatic answer, a letter about an appointment.
    Message,
}

impl OwnMark {
    /// Reads the mark of a message from its headers.
    pub(super) fn of(head: &Head) -> Self {
        match head.line(HEADER) {
            None => Self::None,
            Some(id) => letter(id.trim()).map_or(Self::Message, Self::Letter),
        }
    }
}

/// Returns the lead of a text that a user wrote, by the id of the mail: `{lead}.{communication}`. The ids of all other messages have
/// another form: their second part is a word, such as `assigned-1` or `instant-answer`.
fn letter(id: &str) -> Option<LeadId> {
    let (lead, communication) = id.split_once('.')?;
    let is_lead = lead.len() == 10 && lead.bytes().all(|byte| byte.is_ascii_digit());
    let is_communication = communication.len() == COMMUNICATION && communication.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_lead && is_communication { lead.parse().ok() } else { None }
}

/// Returns whether the text of a mail has the mark of a message about a mail. A mail program that forwards by itself can leave the headers
/// out. The quotes of an answer do not count.
pub(super) fn has_mark(content: &Content<'_>) -> bool {
    let is_mark = |line: &str| {
        let line = line.trim_start_matches(['>', ' ', '\t']);
        line.strip_prefix(MAIL_MARK).is_some_and(|id| id.trim_start().starts_with(INBOX))
    };
    content.texts().any(|text| text.contains(MAIL_MARK) && View::of(text, &content.envelope).text.lines().any(is_mark))
}
