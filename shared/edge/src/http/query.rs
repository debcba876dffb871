//! Query strings and forms. Their texts are normalised like the texts of bodies.

use super::call::Call;
use crate::formats::json::normalised;
use chrono::{DateTime, Utc};
use forecourt_domain::base::{Fault, Refusal};
use forecourt_store::Cursor;
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The largest page of most lists.
const LARGEST_PAGE: usize = 100;

/// Decodes a query string or a form. Returns the values by name, and the names that occur more than once: none of their values may count
/// alone.
pub(super) fn decode(raw: &str) -> (HashMap<String, String>, HashSet<String>) {
    let (mut values, mut repeated) = (HashMap::new(), HashSet::new());
    for (name, value) in form_urlencoded::parse(raw.as_bytes()).into_owned() {
        if values.insert(name.clone(), normalised(value)).is_some() {
            repeated.insert(name);
        }
    }
    (values, repeated)
}

/// Reads the query parameters of a request and collects the faults of all of them. A parameter with a fault is read as absent, so that the
/// others are read too; [`Queries::done`] refuses the request then.
pub struct Queries<'a> {
    call: &'a Call,
    rule: &'static str,
    faults: Vec<Fault>,
}

impl<'a> Queries<'a> {
    /// Begins to read the parameters `known`. A parameter that is unknown, empty or given more than once is a fault against `rule`: a
    /// misspelt or empty filter must not return everything.
    pub fn of(call: &'a Call, known: &[&str], rule: &'static str) -> Self {
        Self { call, rule, faults: call.query_faults(known, rule) }
    }

    /// Adds a fault.
    pub fn refuse(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Returns whether a parameter has a fault.
    pub fn is_refused(&self, name: &str) -> bool {
        self.faults.iter().any(|fault| fault.field == name)
    }

    /// Returns the text of a parameter. `None` if it is absent or has a fault.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.call.query(name).filter(|_| !self.is_refused(name))
    }

    /// Reads a parameter. `must_be` describes a valid one.
    pub fn parse<T: FromStr>(&mut self, name: &str, must_be: &str) -> Option<T> {
        let read = self.text(name)?.parse::<T>().ok();
        if read.is_none() {
            self.refuse(Fault::new(name, self.rule, format!("must be {must_be}")));
        }
        read
    }

    /// Reads a number in a range.
    pub fn number(&mut self, name: &str, range: RangeInclusive<usize>) -> Option<usize> {
        let must_be = format!("a number from {} to {}", range.start(), range.end());
        let number = self.parse::<usize>(name, &must_be)?;
        if !range.contains(&number) {
            self.refuse(Fault::new(name, self.rule, format!("must be {must_be}")));
        }
        Some(number)
    }

    /// Reads `limit`, the size of a page, from 1 to 100; `default` if it is absent.
    pub fn limit(&mut self, default: usize) -> usize {
        self.number("limit", 1..=LARGEST_PAGE).unwrap_or(default)
    }

    /// Reads a time range: from the first time up to, not including, the second.
    pub fn range(&mut self, [from, until]: [&str; 2]) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let mut time = |name| self.parse::<DateTime<Utc>>(name, "a time such as 2026-11-25T10:00:00Z");
        let range = (time(from), time(until));
        if range.0.zip(range.1).is_some_and(|(from, until)| until < from) {
            self.refuse(Fault::new(until, self.rule, format!("must not be before {from}")));
        }
        range
    }

    /// Reads `cursor` and returns its place if it belongs to `list` and `valid` accepts the place.
    pub fn cursor(&mut self, list: &str, valid: impl Fn(&str) -> bool) -> Option<String> {
        let place = Cursor::place(self.text("cursor")?, list, self.rule, valid);
        if let Err(Refusal::Invalid(faults)) = &place {
            self.faults.extend(faults.iter().cloned());
        }
        place.ok()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with every parameter that has a fault.
    pub fn done(self) -> Result<(), Refusal> {
        self.done_with(Ok(()))
    }

    /// Ends the reading and returns a value that was read apart.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with every parameter that has a fault, those of `read` included.
    pub fn done_with<T>(self, read: Result<T, Vec<Fault>>) -> Result<T, Refusal> {
        let Self { mut faults, .. } = self;
        match read {
            Ok(value) if faults.is_empty() => return Ok(value),
            Ok(_) => {}
            Err(more) => faults.extend(more),
        }
        Err(Refusal::Invalid(faults))
    }
}
