//! Collects the labelled values of a text, with the section in which each stands.

use super::MAX_LINES;
use super::layouts::{Field, Layouts, Portal, Section};
use super::lines::{Line, bare, line};
use super::text::paragraphs;

/// Most labelled values and other lines that are collected.
const MAX_PAIRS: usize = 200;

/// A labelled value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) field: Field,
    pub(super) label: String,
    /// Empty if the text states no value.
    pub(super) value: String,
    pub(super) section: Option<Section>,
}

/// The labelled values of a text.
#[derive(Debug, Default)]
pub(super) struct Labelled {
    pub(super) pairs: Vec<Pair>,
    /// Labels that are not known, with their values.
    pub(super) unknown: Vec<(String, String)>,
    /// The lines without a label.
    pub(super) rest: Vec<String>,
}

impl Labelled {
    /// Returns the number of different fields with a value.
    pub(super) fn count(&self) -> usize {
        let mut fields: Vec<Field> = self.pairs.iter().filter(|pair| !pair.value.is_empty()).map(|pair| pair.field).collect();
        fields.sort_unstable();
        fields.dedup();
        fields.iter().filter(|field| **field != Field::Ignored).count()
    }

    fn has(&self, field: Field) -> bool {
        self.pairs.iter().any(|pair| pair.field == field && !pair.value.is_empty())
    }
}

/// Collects the labelled values of a text.
pub(super) fn collect(text: &str, layouts: &Layouts, portal: Option<&Portal>) -> Labelled {
    let texts: Vec<&str> = text.lines().take(MAX_LINES).collect();
    let lines = texts.iter().map(|text| line(text, layouts, portal)).collect();
    let mut collector = Collector { texts, lines, layouts, portal, section: None, message: None, out: Labelled::default() };
    let mut at = 0;
    while at < collector.lines.len() && collector.out.pairs.len() < MAX_PAIRS {
        let Some(next) = collector.step(at) else { break };
        at = next;
    }
    collector.close_message();
    collector.out
}

struct Collector<'a> {
    texts: Vec<&'a str>,
    lines: Vec<Line>,
    layouts: &'a Layouts,
    portal: Option<&'a Portal>,
    section: Option<Section>,
    /// The open message: its label and its lines.
    message: Option<(String, Vec<String>)>,
    out: Labelled,
}

impl Collector<'_> {
    /// Reads the line and returns the next one. `None` at the closing text of the mail.
    fn step(&mut self, at: usize) -> Option<usize> {
        let text = self.texts.get(at).copied().unwrap_or_default();
        match self.lines.get(at).cloned().unwrap_or(Line::Empty) {
            Line::Empty => {
                if let Some((_, lines)) = &mut self.message {
                    lines.push(String::new());
                }
            }
            Line::Rule => self.close_message(),
            Line::Labelled(pairs) => {
                // A customer may write `Price: …` into the message.
                let is_sentence = |(field, _, value): &(Field, String, String)| {
                    *field == Field::Ignored || self.out.has(*field) || is_number(*field) && !value.contains(|c: char| c.is_ascii_digit())
                };
                if self.message.is_some() && pairs.iter().all(is_sentence) && !text.contains('\t') {
                    self.add_text(text);
                } else {
                    self.close_message();
                    pairs.into_iter().for_each(|(field, label, value)| self.add(field, label, value));
                }
            }
            Line::Open(field, label) => return Some(self.open(at, Some(field), &label)),
            Line::Heading(label) => {
                let field = self.layouts.field(&label, self.portal);
                // A line of the message can be a single word.
                if self.message.is_some() && self.section_at(at, &label).is_none() && field.is_none_or(|field| self.out.has(field)) {
                    self.add_text(text);
                } else {
                    return Some(self.open(at, field, &label));
                }
            }
            Line::Head(head) => {
                let values: Vec<String> =
                    self.texts.get(at + 1).map_or(Vec::new(), |row| row.split('\t').map(|cell| cell.trim().to_owned()).collect());
                if values.len() == head.len() && matches!(self.lines.get(at + 1), Some(Line::Text | Line::Unknown(..))) {
                    self.close_message();
                    head.into_iter().zip(values).for_each(|((field, label), value)| self.add(field, label, value));
                    return Some(at + 2);
                }
            }
            Line::Unknown(..) | Line::Text if self.layouts.is_end(text) && self.has_customer() => return None,
            Line::Unknown(label, value) => {
                if self.message.is_some() {
                    self.add_text(text);
                } else if !self.out.pairs.is_empty() && self.out.unknown.len() < MAX_PAIRS {
                    self.out.unknown.push((label, value));
                } else {
                    self.add_text(text);
                }
            }
            Line::Text => self.add_text(text),
        }
        Some(at + 1)
    }

    /// Reads a label or heading whose line has no value.
    fn open(&mut self, at: usize, field: Option<Field>, label: &str) -> usize {
        self.close_message();
        if let Some(section) = self.section_at(at, label) {
            self.section = Some(section);
            return at + 1;
        }
        let Some(field) = field else { return at + 1 };
        let next = self.next_filled(at);
        let value = next.and_then(|next| match self.lines.get(next) {
            Some(Line::Text | Line::Unknown(..)) => Some((next, bare(self.texts.get(next).copied().unwrap_or_default()).trim().to_owned())),
            _ => None,
        });
        match value {
            Some((next, value)) if field != Field::Message => {
                self.add(field, label.to_owned(), value);
                next + 1
            }
            _ => {
                self.add(field, label.to_owned(), String::new());
                at + 1
            }
        }
    }

    /// Returns the section that a line begins: its heading is known, and a label follows.
    fn section_at(&self, at: usize, label: &str) -> Option<Section> {
        let section = self.layouts.section(label)?;
        let is_label = self.layouts.field(label, self.portal).is_some();
        let next = self.next_filled(at).and_then(|next| self.lines.get(next));
        let has_labels = matches!(next, Some(Line::Labelled(_) | Line::Open(..) | Line::Heading(_) | Line::Head(_)));
        (has_labels || !is_label).then_some(section)
    }

    /// Returns the next line that is not empty, at most two lines below.
    fn next_filled(&self, at: usize) -> Option<usize> {
        (at + 1..self.lines.len().min(at + 4)).find(|next| !matches!(self.lines.get(*next), Some(Line::Empty | Line::Rule)))
    }

    fn add(&mut self, field: Field, label: String, value: String) {
        if field == Field::Message {
            self.message = Some((label, vec![value]));
            return;
        }
        self.out.pairs.push(Pair { field, label, value, section: self.section });
    }

    fn add_text(&mut self, text: &str) {
        let text = bare(text).replace('\t', " ");
        match &mut self.message {
            Some((_, lines)) => lines.push(text),
            None if self.out.rest.len() < MAX_PAIRS => self.out.rest.push(text),
            None => {}
        }
    }

    fn close_message(&mut self) {
        if let Some((label, lines)) = self.message.take() {
            let value = paragraphs(lines.iter().map(String::as_str)).unwrap_or_default();
            self.out.pairs.push(Pair { field: Field::Message, label, value, section: None });
        }
    }

    fn has_customer(&self) -> bool {
        let channel = [Field::Email, Field::Phone, Field::Mobile, Field::WorkPhone];
        channel.iter().any(|field| self.out.has(*field)) || self.message.is_some()
    }
}

/// Returns whether a value of the field contains digits.
fn is_number(field: Field) -> bool {
    matches!(field, Field::Price | Field::Mileage | Field::Year | Field::Phone | Field::Mobile | Field::WorkPhone | Field::TradeInMileage)
}
