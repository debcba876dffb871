//! The mail that a text shows: the mail itself, or the one that it forwards.

use super::address::Mailbox;
use super::envelope::Envelope;
use super::phrases::{phrases, subject_prefixes};
use super::thread::{Below, separate};

/// Most forwards inside each other that are opened.
const MAX_FORWARDS: usize = 3;

/// A text with the sender who wrote it.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    /// The text in which an enquiry is searched.
    pub(super) text: String,
    /// The text of the person who sent this mail, with the signature.
    pub(super) own: String,
    pub(super) from: Option<Mailbox>,
    pub(super) reply_to: Option<Mailbox>,
    pub(super) subject: String,
    /// The person who forwarded the mail.
    pub(super) forwarded_by: Option<Mailbox>,
}

impl View {
    /// Returns the view of a text of a mail.
    pub(super) fn of(text: &str, envelope: &Envelope) -> Self {
        let (from, reply_to) = (envelope.from.clone(), envelope.reply_to.clone());
        let subject = envelope.subject().to_owned();
        let separated = separate(text, &subject);
        let own = separated.own;
        match separated.below.filter(|below| below.is_forwarded) {
            Some(below) => {
                let below = innermost(below);
                let subject = below.subject.unwrap_or(subject);
                Self { text: below.text, own, from: below.from, reply_to: below.reply_to, subject, forwarded_by: from }
            }
            None if is_answer(envelope) && !own.trim().is_empty() => {
                Self { text: own.clone(), own, from, reply_to, subject, forwarded_by: None }
            }
            // What looks like history is the content of a mail that answers nothing.
            None => Self { text: text.to_owned(), own: text.to_owned(), from, reply_to, subject, forwarded_by: None },
        }
    }

    /// Returns the text that the sender wrote in the mail of the view: without history if that mail is an answer.
    pub(super) fn written(&self) -> String {
        if self.forwarded_by.is_some() && is_reply(&self.subject) { separate(&self.text, &self.subject).own } else { self.text.clone() }
    }
}

/// Opens forwards of forwards.
fn innermost(below: Below) -> Below {
    let mut below = below;
    for _ in 0..MAX_FORWARDS {
        let subject = below.subject.clone().unwrap_or_default();
        let separated = separate(&below.text, &subject);
        match separated.below {
            Some(inner) if separated.own.trim().is_empty() && inner.from.is_some() => {
                below = Below { subject: inner.subject.or(Some(subject)), ..inner }
            }
            _ => break,
        }
    }
    below
}

/// Returns whether a mail answers another one.
pub(super) fn is_answer(envelope: &Envelope) -> bool {
    is_reply(envelope.subject()) || !envelope.in_reply_to.is_empty() || !envelope.references.is_empty()
}

fn is_reply(subject: &str) -> bool {
    subject_prefixes(subject).0.first().is_some_and(|prefix| phrases().reply_prefixes.contains(prefix))
}
