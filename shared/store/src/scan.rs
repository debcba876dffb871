//! Reading whole lists, for what is counted (OVR) or taken away (EXP): month by month of each dealer, from the list index.
//!
//! A row's place changes only when its lead goes to another dealer, so that each is read once, however the pages fall. A lead stands there by when it
//! came; an appointment, which may be older than the dealer is, in a list of its own, of those that came from elsewhere, by when it was made.
//! An index lags by moments; what is counted is what was so then. A reader of many minutes can tell of such an appointment where it [`stood`] before.

use crate::items::{Attributes, from_item};
use crate::keys::{self, Month};
use crate::reads::unavailable;
use crate::rows::LeadRow;
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use chrono::{DateTime, NaiveTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, Attended};
use forecourt_domain::base::{AppointmentKind, AppointmentOrigin, AppointmentTeam, ChannelKey, DealerId, Media, Status, UserId};
use forecourt_domain::reports::{AppointmentFacts, LeadFacts, Period, Response};
use futures::FutureExt as _;
use std::collections::HashMap;

/// What a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Listing {
    Appointments,
    Leads,
}

/// A month of a dealer's list, or its appointments that came from another dealer; or the part of it that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// Whose.
    pub dealer: DealerId,
    part: Part,
    span: Period,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Appointments(Month),
    Leads(Month),
    /// Appointments of whatever month that came from another dealer.
    Newcomers,
}

impl Stack {
    /// The months of a dealer's list in `span`, oldest first: from `since`, before which nothing was made there, until `now`; and, of appointments, the
    /// newcomers last.
    pub fn all(listing: Listing, dealer: &DealerId, span: Period, since: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Self> {
        let first = span.from.map_or(since, |from| from.max(since));
        let until = span.until.map_or(now, |until| until.min(now));
        let last = Month::of(until);
        let months = std::iter::successors(Some(Month::of(first)), Month::next).take_while(|month| *month <= last);
        let newcomers = listing == Listing::Appointments && span.from.is_none_or(|from| from <= until);
        let of = match listing {
            Listing::Appointments => Part::Appointments,
            Listing::Leads => Part::Leads,
        };
        let parts = months.map(of).chain(newcomers.then_some(Part::Newcomers));
        parts.map(|part| Self { dealer: dealer.clone(), part, span }).collect()
    }

    /// When its month is over: everything in it is older.
    pub fn ends(&self) -> DateTime<Utc> {
        let next = self.month().and_then(Month::next).and_then(|next| next.first());
        next.map_or(DateTime::<Utc>::MAX_UTC, |first| first.and_time(NaiveTime::MIN).and_utc())
    }

    fn month(&self) -> Option<&Month> {
        match &self.part {
            Part::Appointments(month) | Part::Leads(month) => Some(month),
            Part::Newcomers => None,
        }
    }

    /// Whether it is of appointments that came from another dealer.
    pub fn is_of_newcomers(&self) -> bool {
        self.part == Part::Newcomers
    }

    /// Its name among its dealer's, which sort by it.
    pub fn name(&self) -> &str {
        self.month().map_or(keys::NEWCOMERS, |month| &month.0)
    }

    /// How much of a month is behind a place, in percent of what is asked for of it up to `now`; under 100.
    pub fn percent(&self, now: DateTime<Utc>, place: &str) -> u8 {
        let begins = self.month().and_then(Month::first).map(|first| first.and_time(NaiveTime::MIN).and_utc());
        let begins = begins.into_iter().chain(self.span.from).max().unwrap_or(now);
        let ends = self.ends().min(now).min(self.span.until.unwrap_or(now));
        let at = keys::since_of(place).unwrap_or(begins).clamp(begins, ends.max(begins));
        let (behind, whole) = ((at - begins).num_seconds(), (ends - begins).num_seconds().max(1));
        u8::try_from(behind * 100 / whole).unwrap_or_default().min(99)
    }

    fn partition(&self, scope: &Scope) -> String {
        match &self.part {
            Part::Appointments(month) => keys::appointments_partition(scope, &self.dealer, month),
            Part::Leads(month) => keys::list_partition(scope, &self.dealer, month),
            Part::Newcomers => keys::newcomers_partition(scope, &self.dealer),
        }
    }
}

/// Where an appointment stood before it went to another dealer.
#[derive(Debug, Clone, PartialEq)]
pub struct Stood {
    /// With which dealer.
    pub dealer: DealerId,
    /// Whether it had come from another to that one, too.
    pub newcomer: bool,
    /// In the stack of this name.
    pub stack: String,
    /// At this place of the stack.
    pub place: String,
    /// Since when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// Where an appointment stood before, oldest first.
pub fn stood(appointment: &Appointment) -> Vec<Stood> {
    let mut from = appointment.created;
    let place = keys::appointment_place(appointment.created, &appointment.id);
    let month = Month::of(appointment.created);
    let stood = appointment.left.iter().enumerate().map(|(i, left)| {
        let stack = if i == 0 { month.0.clone() } else { keys::NEWCOMERS.to_owned() };
        let from = std::mem::replace(&mut from, left.at);
        Stood { dealer: left.dealer.clone(), newcomer: i > 0, stack, place: place.clone(), from, until: left.at }
    });
    stood.collect()
}

/// What can be read of a row.
pub trait Row: Sized {
    /// The names in the row that it is made of; none: all of it is read.
    const NAMES: &'static [&'static str];

    /// Made of a row, which came to the list of `dealer` at `since`.
    ///
    /// # Errors
    /// When the row is not what this code writes.
    fn read(row: HashMap<String, AttributeValue>, dealer: &DealerId, since: DateTime<Utc>) -> Result<Self, Failure>;
}

/// Rows that were read at once.
#[derive(Debug)]
pub struct Page<R> {
    /// The rows in the order of their places, oldest first.
    pub rows: Vec<R>,
    /// The place of the last; none: there is no more.
    pub more: Option<String>,
}

impl Store {
    /// The next rows of a stack after a place, up to a megabyte of them.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn rows<R: Row>(&self, scope: &Scope, stack: &Stack, after: Option<&str>) -> Result<Page<R>, Failure> {
        let from = match after {
            // Nothing stands between a place and itself with a character more.
            Some(after) => format!("{after}!"),
            None => stack.span.from.map(keys::stamp).unwrap_or_else(|| "!".into()),
        };
        // A place that begins with the first instant that is too late sorts after it.
        let until = stack.span.until.map_or_else(|| "~".into(), keys::stamp);
        // A filter may begin after all that is asked for; DynamoDB refuses such a range.
        if from > until {
            return Ok(Page { rows: Vec::new(), more: None });
        }
        let mut query = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name("list")
            .key_condition_expression("lpk = :pk AND lsk BETWEEN :from AND :until")
            .expression_attribute_values(":pk", AttributeValue::S(stack.partition(scope)))
            .expression_attribute_values(":from", AttributeValue::S(from))
            .expression_attribute_values(":until", AttributeValue::S(until))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        if !R::NAMES.is_empty() {
            // Some of the names are DynamoDB's own words.
            let mut projection = String::from("lsk");
            for (i, name) in R::NAMES.iter().enumerate() {
                projection.push_str(&format!(", #r.#n{i}"));
                query = query.expression_attribute_names(format!("#n{i}"), *name);
            }
            query = query.projection_expression(projection).expression_attribute_names("#r", "row");
        }
        let found = query.send().boxed().await.map_err(|e| unavailable(&e))?;
        self.spent.note_read(found.consumed_capacity());
        let more = found.last_evaluated_key.as_ref().and_then(place).map(str::to_owned);
        let rows = found.items.unwrap_or_default().into_iter().map(|mut attributes| {
            let since = place(&attributes).and_then(keys::since_of).ok_or_else(|| strange("lsk"))?;
            match attributes.remove("row") {
                Some(AttributeValue::M(row)) => R::read(row, &stack.dealer, since),
                _ => Err(strange("row")),
            }
        });
        Ok(Page { rows: rows.collect::<Result<_, _>>()?, more })
    }
}

fn place(attributes: &Attributes) -> Option<&str> {
    attributes.get("lsk")?.as_s().ok().map(String::as_str)
}

fn strange(name: &str) -> Failure {
    Failure::Broken(format!("an index row whose '{name}' this code does not write"))
}

/// Reads a row by hand: a generic reader takes several times as long, and of these there are hundreds of thousands.
struct Fields(HashMap<String, AttributeValue>);

impl Fields {
    fn text(&mut self, name: &'static str) -> Result<Option<String>, Failure> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(strange(name)),
        }
    }

    fn number<T: std::str::FromStr>(&self, name: &'static str) -> Result<Option<T>, Failure> {
        match self.0.get(name) {
            None => Ok(None),
            Some(AttributeValue::N(number)) => number.parse().map(Some).map_err(|_| strange(name)),
            Some(_) => Err(strange(name)),
        }
    }

    fn time(&self, name: &'static str) -> Result<Option<DateTime<Utc>>, Failure> {
        Ok(self.number(name)?.and_then(DateTime::from_timestamp_millis))
    }

    fn truth(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool().ok().copied()
    }

    fn user(&mut self, name: &'static str) -> Result<Option<UserId>, Failure> {
        self.text(name)?.map(|id| UserId::try_from(id).map_err(|_| strange(name))).transpose()
    }

    fn one_of<T: Copy>(&self, name: &'static str, all: &[(&'static str, T)]) -> Result<T, Failure> {
        known(self.0.get(name), all).ok_or_else(|| strange(name))
    }

    /// What the map `name` says under `inner`.
    fn inner(&self, name: &str, inner: &str) -> Option<&AttributeValue> {
        self.0.get(name)?.as_m().ok()?.get(inner)
    }

    fn media(&self, name: &str) -> Media {
        let is = |medium| self.inner(name, medium).and_then(|value| value.as_bool().ok()) == Some(&true);
        Media { email: is("email"), sms: is("sms") }
    }
}

fn known<T: Copy>(value: Option<&AttributeValue>, all: &[(&'static str, T)]) -> Option<T> {
    let text = value?.as_s().ok()?;
    all.iter().find(|(name, _)| name == text).map(|(_, value)| *value)
}

/// Whose people made it, as stored.
const TEAMS: [(&str, AppointmentTeam); 2] = [("contact_centre", AppointmentTeam::ContactCentre), ("dealer", AppointmentTeam::Dealer)];

impl Row for AppointmentFacts {
    const NAMES: &'static [&'static str] =
        &["at", "user", "by", "customer_id", "kind", "origin", "team", "state", "attendance", "confirmed", "reminded"];

    fn read(row: HashMap<String, AttributeValue>, _: &DealerId, created: DateTime<Utc>) -> Result<Self, Failure> {
        let mut row = Fields(row);
        let attended = match row.inner("attendance", "is") {
            None => Attended::Unknown,
            said => known(said, &Attended::NAMES).ok_or_else(|| strange("attendance"))?,
        };
        Ok(Self {
            created,
            at: row.time("at")?.ok_or_else(|| strange("at"))?,
            kind: row.one_of("kind", &AppointmentKind::NAMES)?,
            origin: row.one_of("origin", &AppointmentOrigin::NAMES)?,
            team: row.one_of("team", &TEAMS)?,
            cancelled: known(row.inner("state", "is"), &[("booked", false), ("cancelled", true)]).ok_or_else(|| strange("state"))?,
            attended,
            confirmed: row.media("confirmed"),
            reminded: row.media("reminded"),
            by: row
                .inner("by", "user")
                .and_then(|user| user.as_s().ok())
                .map(|user| UserId::parse(user))
                .transpose()
                .map_err(|_| strange("by"))?,
            user: row.user("user")?,
            customer_id: row.text("customer_id")?.map(ChannelKey),
        })
    }
}

/// All that a list shows: without how the customer is reached, notes, and earlier times.
impl Row for Appointment {
    const NAMES: &'static [&'static str] = &[];

    fn read(row: HashMap<String, AttributeValue>, _: &DealerId, _: DateTime<Utc>) -> Result<Self, Failure> {
        from_item(row)
    }
}

impl Row for LeadFacts {
    const NAMES: &'static [&'static str] =
        &["owner", "source", "status", "deadline", "was_due", "level", "was_at", "answered_in", "in_time"];

    fn read(row: HashMap<String, AttributeValue>, dealer: &DealerId, received: DateTime<Utc>) -> Result<Self, Failure> {
        let mut row = Fields(row);
        let status = row.0.remove("status").ok_or_else(|| strange("status"))?;
        let status = match status {
            AttributeValue::S(name) if name == "in_progress" => Status::InProgress,
            AttributeValue::S(name) if name == "won" => Status::Won,
            other => serde_dynamo::aws_sdk_dynamodb_1::from_attribute_value(other).map_err(|_| strange("status"))?,
        };
        let working_seconds: Option<i64> = row.number("answered_in")?;
        let in_time = row.truth("in_time");
        let response = working_seconds.map(|seconds| Response { working_seconds: seconds.max(0).unsigned_abs(), in_time });
        let (level, was_at): (Option<u8>, Option<u8>) = (row.number("level")?, row.number("was_at")?);
        Ok(Self {
            dealer: dealer.clone(),
            received,
            owner: row.user("owner")?,
            source: row.text("source")?.unwrap_or_default(),
            status,
            response,
            deadline: row.time("was_due")?.or(row.time("deadline")?),
            level: level.max(was_at).unwrap_or_default(),
        })
    }
}

/// A lead's row, and when it came to its dealer.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedLead {
    /// The row.
    pub row: LeadRow,
    /// When it came to its dealer.
    pub received: DateTime<Utc>,
}

impl Row for ListedLead {
    const NAMES: &'static [&'static str] = &[];

    fn read(row: HashMap<String, AttributeValue>, _: &DealerId, received: DateTime<Utc>) -> Result<Self, Failure> {
        Ok(Self { row: from_item(row)?, received })
    }
}
