//! The template of a text: lines with variables such as `{{ customer }}`. Nothing in a template can run (MSG-2).

use super::holes::without_holes;
use std::collections::BTreeSet;
use std::fmt;

/// A variable of a template. Forecourt knows its value for each customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "`Variable::meaning` explains them")]
pub enum Variable {
    Greeting,
    Customer,
    Vehicle,
    Dealer,
    Seller,
    Number,
    Hours,
    Appointment,
    About,
    Time,
    Page,
    Salesperson,
    Address,
    Map,
    Phone,
    Reply,
}

impl Variable {
    const ALL: [Variable; 16] = [
        Variable::Greeting,
        Variable::Customer,
        Variable::Vehicle,
        Variable::Dealer,
        Variable::Seller,
        Variable::Number,
        Variable::Hours,
        Variable::Appointment,
        Variable::About,
        Variable::Time,
        Variable::Page,
        Variable::Salesperson,
        Variable::Address,
        Variable::Map,
        Variable::Phone,
        Variable::Reply,
    ];

    /// Returns the name, as templates and the API write it.
    pub fn name(self) -> &'static str {
        match self {
            Variable::Greeting => "greeting",
            Variable::Customer => "customer",
            Variable::Vehicle => "vehicle",
            Variable::Dealer => "dealer",
            Variable::Seller => "seller",
            Variable::Number => "number",
            Variable::Hours => "hours",
            Variable::Appointment => "appointment",
            Variable::About => "about",
            Variable::Time => "time",
            Variable::Page => "page",
            Variable::Salesperson => "salesperson",
            Variable::Address => "address",
            Variable::Map => "map",
            Variable::Phone => "phone",
            Variable::Reply => "reply",
        }
    }

    /// Returns the meaning of the value.
    pub fn meaning(self) -> &'static str {
        match self {
            Variable::Greeting => "The salutation with the customer's name: Dear Jana Petersen, or Hello, if the name is unknown.",
            Variable::Customer => "The customer's name; empty if it is unknown.",
            Variable::Vehicle => "The vehicle of the enquiry in one line; empty if it is unknown.",
            Variable::Dealer => "The dealer's name.",
            Variable::Seller => "The name of the user who uses the text.",
            Variable::Number => "The number of the lead.",
            Variable::Hours => "The weekly opening hours in one line; empty if the dealer has none.",
            Variable::Appointment => "The kind of the appointment, such as Test drive.",
            Variable::About => "The kind of the appointment and, if it is known, the vehicle.",
            Variable::Time => "The time of the appointment.",
            Variable::Page => "The link with which the customer confirms, reschedules or cancels the appointment; empty if there is none.",
            Variable::Salesperson => "The name of the salesperson of the appointment; empty if it has none.",
            Variable::Address => {
                "The dealer's postal address in one line; empty if it is unknown, or if the customer does not come to the dealer."
            }
            Variable::Map => "The link of the dealer's map; empty in the same cases.",
            Variable::Phone => "The dealer's telephone number; empty if it is unknown.",
            Variable::Reply => "The request to answer a text message with yes or no; empty if the dealer receives no text messages.",
        }
    }

    /// Whether a letter can be without the value: an enquiry may name no vehicle, and a dealer may have no opening hours.
    pub fn is_optional(self) -> bool {
        use Variable::{Address, Customer, Hours, Map, Page, Phone, Reply, Salesperson, Vehicle};
        matches!(self, Customer | Vehicle | Hours | Page | Salesperson | Address | Map | Phone | Reply)
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|variable| variable.name() == name)
    }
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Variable(Variable),
}

/// A parsed template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    lines: Vec<Vec<Part>>,
}

/// The place and the reason of a mistake in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateMistake {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// The reason.
    pub reason: MistakeReason,
}

/// The reason of a mistake in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MistakeReason {
    /// The variable does not exist, or texts of this kind do not have it. With its braces.
    Unknown(String),
    /// `{{` without `}}` in the same line.
    Unclosed,
    /// `}}` without `{{`.
    Unopened,
    /// A tag that would run something: `{%` or `{#`.
    Tag(&'static str),
    /// More variables than a text may have.
    TooMany,
}

impl fmt::Display for TemplateMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, reason } = self;
        write!(f, "line {line}, character {column}: {reason}")
    }
}

impl fmt::Display for MistakeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "{name} is no variable of this text"),
            Self::Unclosed => f.write_str("the variable is not closed in the same line"),
            Self::Unopened => f.write_str("two closing braces without two opening braces before them"),
            Self::Tag(tag) => write!(f, "{tag} is not permitted; a text has variables only"),
            Self::TooMany => write!(f, "a text may have at most {} variables", Template::MOST_VARIABLES),
        }
    }
}

impl Template {
    /// The maximum number of variables in a text. With the maximum length of a value it bounds the length of a written text.
    pub const MOST_VARIABLES: usize = 50;

    /// Parses a template that may have the variables `permitted`.
    ///
    /// # Errors
    /// The first mistake.
    pub fn parse(text: &str, permitted: &[Variable]) -> Result<Self, TemplateMistake> {
        let mut variables = 0;
        let mut lines = Vec::new();
        for (i, line) in text.lines().enumerate() {
            lines.push(parse_line(line, permitted, &mut variables).map_err(|(at, reason)| {
                let column = line.get(..at).map_or(0, |before| before.chars().count()) + 1;
                TemplateMistake { line: i + 1, column, reason }
            })?);
        }
        Ok(Self { lines })
    }

    /// Whether something is left of the text without the values that a customer can be without.
    pub(super) fn remains(&self) -> bool {
        !self.write(|variable| if variable.is_optional() { "" } else { "x" }).trim().is_empty()
    }

    /// Writes the template as one line, without the signs that would end or begin it because a value is empty: without a vehicle,
    /// `Your enquiry: {{ vehicle }}` becomes `Your enquiry`.
    pub fn write_line<'a>(&self, value: impl Fn(Variable) -> &'a str) -> String {
        let parts = self.lines.iter().flatten().map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Variable(variable) => value(*variable),
        });
        let written = parts.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
        written.trim_matches([' ', ':', ',', '-', '–', '·']).to_owned()
    }

    /// Returns the variables of the lines that [`Template::write`] leaves out.
    pub fn left_out<'a>(&self, value: impl Fn(Variable) -> &'a str) -> BTreeSet<Variable> {
        self.lines.iter().filter(|line| is_left_out(line, &value)).flat_map(|line| variables(line)).collect()
    }

    /// Writes the text with the values that `value` returns. A line whose variables are all empty is left out, and so are the blank line
    /// that would then follow a blank line, and a label before it that has no other line. Of a line with other values the part with the
    /// empty ones is left out.
    pub fn write<'a>(&self, value: impl Fn(Variable) -> &'a str) -> String {
        let mut out: Vec<String> = Vec::with_capacity(self.lines.len());
        let mut omitted = false;
        // Whether the last line is a label, such as "Call us:".
        let mut label = false;
        for line in &self.lines {
            if is_left_out(line, &value) {
                omitted = true;
                continue;
            }
            let has_variables = variables(line).next().is_some();
            if label && omitted && !has_variables {
                out.pop();
            }
            if variables(line).any(|variable| value(variable).is_empty()) {
                out.push(without_holes(line, &value));
                (omitted, label) = (false, false);
                continue;
            }
            let written: String = line
                .iter()
                .map(|part| match part {
                    Part::Text(text) => text.as_str(),
                    Part::Variable(variable) => value(*variable),
                })
                .collect();
            let written = written.trim_end().to_owned();
            let repeats_blank = omitted && written.is_empty() && out.last().is_none_or(String::is_empty);
            if !repeats_blank {
                label = !has_variables && written.ends_with(':');
                out.push(written);
                omitted = false;
            }
        }
        if label && omitted {
            out.pop();
        }
        out.join("\n").trim_end().to_owned()
    }
}

/// Returns the variables of a line.
fn variables(line: &[Part]) -> impl Iterator<Item = Variable> {
    line.iter().filter_map(|part| if let Part::Variable(variable) = part { Some(*variable) } else { None })
}

/// Whether a line has variables, and all of them are empty.
fn is_left_out<'a>(line: &[Part], value: impl Fn(Variable) -> &'a str) -> bool {
    variables(line).next().is_some() && variables(line).all(|variable| value(variable).is_empty())
}

type Mistake = (usize, MistakeReason);

/// Parses one line. A mistake has the byte at which it begins.
fn parse_line(line: &str, permitted: &[Variable], variables: &mut usize) -> Result<Vec<Part>, Mistake> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let marks = ["{{", "}}", "{%", "{#"].into_iter().filter_map(|mark| Some((rest.find(mark)?, mark)));
        let Some((place, mark)) = marks.min_by_key(|(place, _)| *place) else {
            parts.push(Part::Text(rest.to_owned()));
            break;
        };
        if let Some(before) = rest.get(..place).filter(|before| !before.is_empty()) {
            parts.push(Part::Text(before.to_owned()));
        }
        let begins = at + place;
        if mark != "{{" {
            return Err((begins, if mark == "}}" { MistakeReason::Unopened } else { MistakeReason::Tag(mark) }));
        }
        let inner = rest.get(place + 2..).unwrap_or_default();
        let end = inner.find("}}").ok_or((begins, MistakeReason::Unclosed))?;
        let name = inner.get(..end).unwrap_or_default().trim();
        let variable = Variable::of(name).filter(|variable| permitted.contains(variable));
        let variable =
            variable.ok_or_else(|| (begins, MistakeReason::Unknown(format!("{{{{ {} }}}}", name.chars().take(40).collect::<String>()))))?;
        *variables += 1;
        if *variables > Template::MOST_VARIABLES {
            return Err((begins, MistakeReason::TooMany));
        }
        parts.push(Part::Variable(variable));
        at = begins + 2 + end + 2;
    }
    Ok(parts)
}
