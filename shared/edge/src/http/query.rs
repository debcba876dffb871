//! Query strings and forms. Their texts are normalised like the texts of bodies.

use super::call::Call;
use crate::formats::json::{self, normalised};
use crate::routes::{Query, Route, Values};
use forecourt_domain::base::{Fault, Refusal};
use forecourt_domain::hours::Calendar;
use forecourt_domain::reports::{Bound, Dates, Period};
use forecourt_store::Cursor;
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The largest page of most lists.
const LARGEST_PAGE: usize = 100;

/// The fault of a parameter that is given more than once.
pub(super) const TWICE: &str = "must be given once";

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

/// Checks that `values` has only parameters of the route, none of them empty: a misspelt or empty filter must not return everything
/// (API-1). A parameter under its former name gets its current name. Returns the faults of all parameters, sorted by name.
pub(super) fn check(route: &Route, values: &mut HashMap<String, String>, repeated: &HashSet<String>) -> Vec<Fault> {
    let known: Vec<&str> = route.query.iter().filter(|query| query.now.is_none()).map(|query| query.name).collect();
    let unknown = || match known.as_slice() {
        [] => "is unknown; this route has no parameters".to_owned(),
        known => format!("is unknown; known parameters are {}", known.join(", ")),
    };
    let mut faults = Vec::new();
    let mut renamed = Vec::new();
    for (name, value) in &*values {
        let detail = match route.query.iter().find(|query| query.name == name) {
            None => unknown(),
            Some(_) if repeated.contains(name) => TWICE.to_owned(),
            Some(_) if value.trim().is_empty() => "must not be empty; omit it to select all".to_owned(),
            Some(Query { values: Values::Text(longest), .. }) if value.chars().count() > *longest => {
                format!("must be at most {longest} characters long")
            }
            Some(query) => match query.now {
                Some(now) if values.contains_key(now) => {
                    faults.push(json::former(name.clone(), now));
                    continue;
                }
                Some(now) => {
                    renamed.push((name.clone(), now));
                    continue;
                }
                None => continue,
            },
        };
        faults.push(Fault::new(name.clone(), "API-1", detail));
    }
    for (name, now) in renamed {
        let value = values.remove(&name).unwrap_or_default();
        values.insert(now.to_owned(), value);
    }
    let bounds = route.query.iter().filter(|query| matches!(query.values, Values::Bound));
    for name in bounds.map(|query| query.name) {
        // A query string writes a space as `+`: the sign of an offset that is not escaped arrives as a space.
        if let Some(bound) = values.get_mut(name)
            && let Some((time, offset)) = bound.rsplit_once(' ').filter(|(time, _)| time.contains(['T', 't']))
        {
            *bound = format!("{time}+{offset}");
        }
    }
    faults.sort_by(|a, b| a.field.cmp(&b.field));
    faults
}

/// Reads the query parameters of a request and collects the faults of all of them. A parameter with a fault is read as absent, so that the
/// others are read too; [`Queries::done`] refuses the request then.
pub struct Queries<'a> {
    call: &'a Call,
    rule: &'static str,
    faults: Vec<Fault>,
}

impl<'a> Queries<'a> {
    /// Begins to read the parameters of the request's route. A parameter that is unknown, empty, too long or given more than once is a
    /// fault (API-1), and so is a value that cannot be read: this one against `rule`. A parameter under its former name has its current
    /// name here.
    pub fn of(call: &'a Call, rule: &'static str) -> Self {
        Self { call, rule, faults: call.query_faults().to_vec() }
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

    /// Reads one end of a range of time: a date or an instant (API-2).
    pub fn bound(&mut self, name: &str) -> Option<Bound> {
        let read = self.text(name)?.parse::<Bound>();
        read.map_err(|bad| self.refuse(Fault::new(name, self.rule, bad.to_string()))).ok()
    }

    /// Reads a range of time: dates in the calendar's time zone, which are whole days, or instants (API-2).
    pub fn period(&mut self, [from, until]: [&str; 2], calendar: &Calendar) -> Period {
        let dates = Dates { from: self.bound(from), until: self.bound(until) };
        let period = dates.in_zone(calendar);
        let ends_early = period.from.zip(period.until).is_some_and(|(from, until)| until < from);
        if ends_early || dates.reversed().is_some() {
            self.refuse(Fault::new(until, self.rule, format!("must not be before {from}")));
        }
        period
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
