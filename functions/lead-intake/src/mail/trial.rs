//! A trial of layouts: what each label of a mail means by them, and the enquiries that the mail makes (INT-1). It stores nothing.

use super::content::Content;
use super::labels::{Labelled, Pair};
use super::layouts::{Field, Layouts};
use super::lines::{Line, line};
use super::reader::{best_labelled, read};
use super::text::brief;
use super::{MAX_BYTES, MAX_FLAGS, MAX_LINES, MAX_MESSAGE_DEPTH, MAX_PARTS, Reading};
use std::borrow::Cow;

/// The result of a trial.
#[derive(Debug)]
pub struct TriedMail {
    /// The sender by whose layout the labels are read: of a forwarded mail, the sender of the original. `None` if the mail names none.
    pub sender: Option<String>,
    /// The source of the layout of this sender. `None` if no layout names the sender.
    pub layout: Option<String>,
    /// The labels that a layout or the general table knows, in the order of the mail.
    pub values: Vec<TriedValue>,
    /// The labels that are not known, with their values.
    pub unknown: Vec<(String, String)>,
    /// The enquiries of the mail, or the reason why it has none.
    pub reading: Reading,
}

/// A labelled value of a mail.
#[derive(Debug)]
pub struct TriedValue {
    /// The label as the mail writes it.
    pub label: String,
    /// Its meaning.
    pub field: Field,
    /// The value. Empty if the mail states none.
    pub value: String,
}

/// Reads a raw mail by layouts.
pub fn tried(raw: &[u8], layouts: &Layouts) -> TriedMail {
    let mut parts = MAX_PARTS;
    let (sender, labelled) = labels(raw.get(..MAX_BYTES).unwrap_or(raw), layouts, &mut parts, 0);
    let layout = sender.as_deref().and_then(|sender| layouts.portal(sender)).map(|portal| portal.source.clone());
    let values = labelled.pairs.into_iter().map(|Pair { field, label, value, .. }| TriedValue { label, field, value: brief(&value) });
    let unknown = labelled.unknown.into_iter().map(|(label, value)| (label, brief(&value)));
    TriedMail { sender, layout, values: values.collect(), unknown: unknown.collect(), reading: read(raw, layouts).reading }
}

/// Returns the lines of a text that look like labels with values.
fn unknown_lines(text: &str, layouts: &Layouts) -> Vec<(String, String)> {
    let of = |text: &str| if let Line::Unknown(label, value) = line(text, layouts, None) { Some((label, value)) } else { None };
    text.lines().take(MAX_LINES).filter_map(of).take(MAX_FLAGS).collect()
}

/// Returns the labels of a message and the sender by whose layout they were read. A message without labels can contain the mail that has
/// them.
fn labels(bytes: &[u8], layouts: &Layouts, parts: &mut usize, depth: usize) -> (Option<String>, Labelled) {
    let mut content = Content::of(bytes, parts);
    let from = content.envelope.from.as_ref().map(|from| from.address.clone());
    let own = best_labelled(&content, layouts).map(|(view, mut labelled)| {
        // Labels are collected behind the first known one only. Without it, people see what the text has.
        if labelled.pairs.is_empty() {
            labelled.unknown = unknown_lines(&view.text, layouts);
        }
        (view.from.map(|from| from.address).or(from.clone()), labelled)
    });
    if own.as_ref().is_some_and(|(_, labelled)| labelled.count() > 0) || depth >= MAX_MESSAGE_DEPTH {
        return own.unwrap_or((from, Labelled::default()));
    }
    let inner = std::mem::take(&mut content.messages).into_iter().map(|part| match part.body {
        Cow::Borrowed(bytes) => labels(bytes, layouts, parts, depth + 1),
        Cow::Owned(bytes) => labels(&bytes, layouts, parts, depth + 1),
    });
    let found = inner.into_iter().find(|(_, labelled)| labelled.count() > 0);
    found.or(own).unwrap_or((from, Labelled::default()))
}
