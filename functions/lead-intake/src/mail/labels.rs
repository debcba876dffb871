//! Collects the labelled values of a text, with the section in which each stands.

use super::MAX_LINES;
use super::layouts::{Field, Layouts, Portal, Section};
use super::lines::{Line, bare, line};
use super::text::paragraphs;

/// Most labelled values and other lines that are collected.
const MAX_PAIRS: usize = 200;

/// Most enquiries of one text.
const MAX_RECORDS: usize = 50;

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

    /// Returns the records of a text that lists several enquiries: each begins with the label of the first one. A text with one enquiry is
    /// one record.
    pub(super) fn records(&self) -> Vec<Labelled> {
        let first = self.first_field();
        let mut records = vec![Labelled { pairs: Vec::new(), unknown: self.unknown.clone(), rest: self.rest.clone() }];
        for pair in &self.pairs {
            let begins = is_start(pair) && Some(pair.field) == first && !pair.value.is_empty();
            if begins && records.len() < MAX_RECORDS && records.last().is_some_and(Labelled::has_channel) {
                records.push(Labelled::default());
            }
            if let Some(record) = records.last_mut() {
                record.pairs.push(pair.clone());
            }
        }
        records
    }

    /// Returns the field with which each enquiry of the text begins.
    fn first_field(&self) -> Option<Field> {
        self.pairs.iter().find(|pair| is_start(pair)).map(|pair| pair.field)
    }

    fn has_channel(&self) -> bool {
        let is_channel = |field: Field| matches!(field, Field::Email | Field::Phone | Field::Mobile | Field::WorkPhone);
        let mut customers = self.pairs.iter().filter(|pair| pair.section != Some(Section::Dealer) && !pair.value.is_empty());
        customers.any(|pair| is_channel(pair.field))
    }
}

/// Returns whether a value can be the first one of an enquiry.
fn is_start(pair: &Pair) -> bool {
    pair.field != Field::Ignored && !matches!(pair.section, Some(Section::TradeIn | Section::Dealer))
}

/// Collects the labelled values of a text.
pub(super) fn collect(text: &str, layouts: &Layouts, portal: Option<&Portal>) -> Labelled {
    let texts: Vec<&str> = text.lines().take(MAX_LINES).collect();
    let lines = texts.iter().map(|text| line(text, layouts, portal)).collect();
    let mut collector = Collector { texts, lines, layouts, portal, section: None, message: None, record: 0, out: Labelled::default() };
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
    /// The first value of the open enquiry.
    record: usize,
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
                    *field == Field::Ignored || self.has(*field) || is_number(*field) && !value.contains(|c: char| c.is_ascii_digit())
                };
                let begins = pairs.first().is_some_and(|(field, _, _)| self.begins_record(at, *field));
                if self.message.is_some() && !begins && pairs.iter().all(is_sentence) && !text.contains('\t') {
                    self.add_text(text);
                } else {
                    self.close_message();
                    self.record = if begins { self.out.pairs.len() } else { self.record };
                    pairs.into_iter().for_each(|(field, label, value)| self.add(field, label, value));
                }
            }
            Line::Open(field, label) => return Some(self.open(at, Some(field), &label)),
            Line::Heading(label) => {
                let field = self.layouts.field(&label, self.portal);
                // A line of the message can be a single word.
                if self.message.is_some() && self.section_at(at, &label).is_none() && field.is_none_or(|field| self.has(field)) {
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

    /// Returns whether a value of the field begins another enquiry: it stands apart, and the open enquiry began with the same field.
    fn begins_record(&self, at: usize, field: Field) -> bool {
        let is_apart =
            at.checked_sub(1).and_then(|before| self.lines.get(before)).is_some_and(|line| matches!(line, Line::Empty | Line::Rule));
        is_apart && self.out.first_field() == Some(field) && self.out.has_channel()
    }

    /// Returns whether the open enquiry has a value of the field.
    fn has(&self, field: Field) -> bool {
        let open = self.out.pairs.get(self.record..).unwrap_or_default();
        open.iter().any(|pair| pair.field == field && !pair.value.is_empty())
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
        self.out.has_channel() || self.message.is_some()
    }
}

/// Returns whether a value of the field contains digits.
fn is_number(field: Field) -> bool {
    matches!(field, Field::Price | Field::Mileage | Field::Year | Field::Phone | Field::Mobile | Field::WorkPhone | Field::TradeInMileage)
}
