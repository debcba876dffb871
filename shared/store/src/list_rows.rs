//! Reading whole lists for overviews (OVR) and exports (EXP): month by month of each dealer, from the list index.
//!
//! An entry changes its place only when it goes to another dealer, so a reader meets each entry once. A lead then gets the time of its
//! transfer. An appointment keeps the time of its creation, which may be before the dealer existed, so transferred appointments have a
//! partition of their own: the newcomers. The index lags by moments. A reader that takes many minutes uses [`earlier_places`] to recognise
//! an appointment that was transferred meanwhile.

use crate::entity::{Attributes, from_item};
use crate::keys::{self, Key, Month, TableKey};
use crate::lead_row::LeadRow;
use crate::reads::log_unreadable;
use crate::row_fields::{Fields, invalid, known};
use crate::{Failure, Store};
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, NaiveTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, Attended};
use forecourt_domain::base::{AppointmentKind, AppointmentOrigin, AppointmentTeam, ChannelKey, DealerId, Status};
use forecourt_domain::reports::{AppointmentFacts, LeadFacts, Period, PlanFacts, Response};
use std::collections::HashMap;

/// The kind of a list's entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub enum Listing {
    Appointments,
    Leads,
}

/// A partition of a dealer's list, limited to a span: a month, or the newcomers.
#[derive(Debug, Clone, PartialEq)]
pub struct Partition {
    /// The dealer.
    pub dealer: DealerId,
    part: PartitionKind,
    span: Period,
}

#[derive(Debug, Clone, PartialEq)]
enum PartitionKind {
    Appointments(Month),
    Leads(Month),
    /// Appointments of any month that came from another dealer.
    Newcomers,
}

impl Partition {
    /// Returns the partitions of a dealer's list in `span`, oldest month first, from `since`, when the dealer was created, until `now`. The
    /// newcomers are the last one.
    pub fn all(listing: Listing, dealer: &DealerId, span: Period, since: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Self> {
        let first = span.from.map_or(since, |from| from.max(since));
        let until = span.until.map_or(now, |until| until.min(now));
        let last = Month::of(until);
        let months = std::iter::successors(Some(Month::of(first)), Month::next).take_while(|month| *month <= last);
        let newcomers = listing == Listing::Appointments && span.from.is_none_or(|from| from <= until);
        let of = match listing {
            Listing::Appointments => PartitionKind::Appointments,
            Listing::Leads => PartitionKind::Leads,
        };
        let parts = months.map(of).chain(newcomers.then_some(PartitionKind::Newcomers));
        parts.map(|part| Self { dealer: dealer.clone(), part, span }).collect()
    }

    /// Returns the beginning of its month; the newcomers have no beginning.
    pub fn begins(&self) -> DateTime<Utc> {
        let first = self.month().and_then(Month::first);
        first.map_or(DateTime::<Utc>::MIN_UTC, |first| first.and_time(NaiveTime::MIN).and_utc())
    }

    /// Returns the end of its month; the newcomers have no end.
    pub fn ends(&self) -> DateTime<Utc> {
        let next = self.month().and_then(Month::next).and_then(|next| next.first());
        next.map_or(DateTime::<Utc>::MAX_UTC, |first| first.and_time(NaiveTime::MIN).and_utc())
    }

    fn month(&self) -> Option<&Month> {
        match &self.part {
            PartitionKind::Appointments(month) | PartitionKind::Leads(month) => Some(month),
            PartitionKind::Newcomers => None,
        }
    }

    /// Whether it is the partition of appointments that came from another dealer.
    pub fn is_of_newcomers(&self) -> bool {
        self.part == PartitionKind::Newcomers
    }

    /// Returns its name. A dealer's partitions sort by name.
    pub fn name(&self) -> &str {
        self.month().map_or(keys::NEWCOMERS, |month| &month.0)
    }

    /// Returns the percentage of its span up to `now` that is before a place: 0 to 99.
    pub fn percent(&self, now: DateTime<Utc>, place: &str) -> u8 {
        let begins = self.month().and_then(Month::first).map(|first| first.and_time(NaiveTime::MIN).and_utc());
        let begins = begins.into_iter().chain(self.span.from).max().unwrap_or(now);
        let ends = self.ends().min(now).min(self.span.until.unwrap_or(now));
        let at = keys::time_of(place).unwrap_or(begins).clamp(begins, ends.max(begins));
        let (behind, whole) = ((at - begins).num_seconds(), (ends - begins).num_seconds().max(1));
        u8::try_from(behind * 100 / whole).unwrap_or_default().min(99)
    }

    /// Returns the key of the item at a place. It follows from the place, so that no read of hundreds of thousands of rows has to carry it.
    fn item_at(&self, scope: &Scope, place: &str) -> Option<TableKey> {
        let (_, id) = place.split_once('#')?;
        let key = match &self.part {
            PartitionKind::Leads(_) => Key::Lead(id.parse().ok()?),
            PartitionKind::Appointments(_) | PartitionKind::Newcomers => Key::Appointment(id.parse().ok()?),
        };
        Some(key.at(scope))
    }

    fn key(&self, scope: &Scope) -> String {
        match &self.part {
            PartitionKind::Appointments(month) => keys::appointments_partition(scope, &self.dealer, month),
            PartitionKind::Leads(month) => keys::list_partition(scope, &self.dealer, month),
            PartitionKind::Newcomers => keys::newcomers_partition(scope, &self.dealer),
        }
    }
}

/// The place of an appointment before it went to another dealer.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierPlace {
    /// The dealer that had it.
    pub dealer: DealerId,
    /// Whether that dealer had it from another one, too.
    pub newcomer: bool,
    /// The name of the partition.
    pub partition: String,
    /// The place in the partition.
    pub place: String,
    /// The time from which it was there.
    pub from: DateTime<Utc>,
    /// The time until which it was there.
    pub until: DateTime<Utc>,
}

/// Returns the earlier places of an appointment, oldest first.
pub fn earlier_places(appointment: &Appointment) -> Vec<EarlierPlace> {
    let mut from = appointment.created;
    let place = keys::appointment_place(appointment.created, &appointment.id);
    let month = Month::of(appointment.created);
    let places = appointment.left.iter().enumerate().map(|(i, left)| {
        let partition = if i == 0 { month.0.clone() } else { keys::NEWCOMERS.to_owned() };
        let from = std::mem::replace(&mut from, left.at);
        EarlierPlace { dealer: left.dealer.clone(), newcomer: i > 0, partition, place: place.clone(), from, until: left.at }
    });
    places.collect()
}

/// A type that is read from index rows.
pub trait ListRow: Sized {
    /// The fields of the row that are read; empty for all.
    const NAMES: &'static [&'static str];

    /// Reads a row of the list of `dealer`; `since` is the time of its place.
    ///
    /// # Errors
    /// [`Failure::Broken`] if the row is invalid.
    fn read(row: HashMap<String, AttributeValue>, dealer: &DealerId, since: DateTime<Utc>) -> Result<Self, Failure>;
}

/// The rows of one read.
#[derive(Debug)]
pub struct RowPage<R> {
    /// The rows in the order of their places, oldest first.
    pub rows: Vec<R>,
    /// The place of the last one; `None` if nothing is left.
    pub more: Option<String>,
}

impl Store {
    /// Returns up to a megabyte of rows of a partition after a place.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn rows<R: ListRow>(&self, scope: &Scope, partition: &Partition, after: Option<&str>) -> Result<RowPage<R>, Failure> {
        let from = match after {
            Some(after) => keys::next_place(after),
            None => partition.span.from.map(keys::stamp).unwrap_or_else(|| "!".into()),
        };
        // A place at the end of the span continues after the time, so it sorts after this text.
        let until = partition.span.until.map_or_else(|| "~".into(), keys::stamp);
        // DynamoDB refuses a range that ends before it begins.
        if from > until {
            return Ok(RowPage { rows: Vec::new(), more: None });
        }
        let mut query = self
            .client
            .query()
            .index_name("list")
            .key_condition_expression("lpk = :pk AND lsk BETWEEN :from AND :until")
            .expression_attribute_values(":pk", AttributeValue::S(partition.key(scope)))
            .expression_attribute_values(":from", AttributeValue::S(from))
            .expression_attribute_values(":until", AttributeValue::S(until));
        if !R::NAMES.is_empty() {
            // Some of the names are reserved words of DynamoDB.
            let mut projection = String::from("lsk");
            for (i, name) in R::NAMES.iter().enumerate() {
                projection.push_str(&format!(", #r.#n{i}"));
                query = query.expression_attribute_names(format!("#n{i}"), *name);
            }
            query = query.projection_expression(projection).expression_attribute_names("#r", "row");
        }
        let found = self.run(query).await?;
        let more = found.last_evaluated_key.as_ref().and_then(place).map(str::to_owned);
        let read = |attributes: &mut Attributes| -> Result<R, Failure> {
            let since = place(attributes).and_then(keys::time_of).ok_or_else(|| invalid("lsk"))?;
            match attributes.remove("row") {
                Some(AttributeValue::M(row)) => R::read(row, &partition.dealer, since),
                _ => Err(invalid("row")),
            }
        };
        let rows = found.items.unwrap_or_default().into_iter().filter_map(|mut attributes| {
            let row = read(&mut attributes);
            row.map_err(|_| log_unreadable(place(&attributes).and_then(|place| partition.item_at(scope, place)).as_ref())).ok()
        });
        Ok(RowPage { rows: rows.collect(), more })
    }
}

fn place(attributes: &Attributes) -> Option<&str> {
    attributes.get("lsk")?.as_s().ok().map(String::as_str)
}

impl ListRow for AppointmentFacts {
    const NAMES: &'static [&'static str] = &[
        "at",
        "user",
        "by",
        "customer_id",
        "kind",
        "origin",
        "team",
        "state",
        "attendance",
        "confirmed",
        "reminded",
        "lead",
        "of_lead",
        "customer_confirmed",
    ];

    fn read(row: HashMap<String, AttributeValue>, _: &DealerId, created: DateTime<Utc>) -> Result<Self, Failure> {
        let mut row = Fields(row);
        let attended = match row.inner("attendance", "is") {
            None => Attended::Unknown,
            name => known(name, &Attended::NAMES).unwrap_or_default(),
        };
        Ok(Self {
            created,
            at: row.time("at")?.ok_or_else(|| invalid("at"))?,
            kind: row.one_of("kind", &AppointmentKind::NAMES).unwrap_or(AppointmentKind::Unknown),
            origin: row.one_of("origin", &AppointmentOrigin::NAMES).unwrap_or(AppointmentOrigin::Unknown),
            team: row.one_of("team", &AppointmentTeam::NAMES).unwrap_or(AppointmentTeam::Unknown),
            cancelled: known(row.inner("state", "is"), &[("cancelled", true)]).unwrap_or_default(),
            attended,
            confirmed: row.media("confirmed"),
            reminded: row.media("reminded"),
            by: row.actor("by")?,
            lead: row.text("lead")?.and_then(|lead| lead.parse().ok()),
            of_lead: row.of_lead(),
            customer_confirmed: row.0.contains_key("customer_confirmed"),
            no_show_reason: row
                .inner("attendance", "reason")
                .and_then(|reason| reason.as_s().ok())
                .filter(|_| attended == Attended::NoShow)
                .cloned(),
            user: row.user("user")?,
            customer_id: row.text("customer_id")?.map(ChannelKey),
        })
    }
}

/// The appointment as lists show it: without contact preferences, notes and earlier times.
impl ListRow for Appointment {
    const NAMES: &'static [&'static str] = &[];

    fn read(row: HashMap<String, AttributeValue>, _: &DealerId, _: DateTime<Utc>) -> Result<Self, Failure> {
        from_item(row)
    }
}

impl ListRow for LeadFacts {
    const NAMES: &'static [&'static str] = &[
        "owner",
        "source",
        "status",
        "deadline",
        "was_due",
        "had_none",
        "level",
        "was_at",
        "answered_in",
        "in_time",
        "further_times",
        "further_in_time",
        "further_late",
        "further_waits",
        "first_at",
        "further_level_1",
        "further_level_2",
    ];

    fn read(row: HashMap<String, AttributeValue>, dealer: &DealerId, received: DateTime<Utc>) -> Result<Self, Failure> {
        let mut row = Fields(row);
        let status = match row.0.remove("status").ok_or_else(|| invalid("status"))? {
            AttributeValue::S(name) if name == "in_progress" => Status::InProgress,
            AttributeValue::S(name) if name == "won" => Status::Won,
            AttributeValue::S(_) => Status::Unknown,
            other => serde_dynamo::aws_sdk_dynamodb_1::from_attribute_value(other).map_err(|_| invalid("status"))?,
        };
        let (working_seconds, in_time): (Option<i64>, _) = (row.number("answered_in")?, row.truth("in_time"));
        let response = working_seconds.map(|seconds| Response { working_seconds: seconds.max(0).unsigned_abs(), in_time });
        let level: Option<u8> = row.number("level")?.max(row.number("was_at")?);
        Ok(Self {
            dealer: dealer.clone(),
            received,
            owner: row.user("owner")?,
            source: row.text("source")?.unwrap_or_default(),
            status,
            response,
            deadline: if row.truth("had_none") == Some(true) { None } else { row.time("was_due")?.or(row.time("deadline")?) },
            // The further messages have levels of their own.
            level: row.number("first_at")?.or(level).unwrap_or_default(),
            further: row.further()?,
            further_waits: row.truth("further_waits").unwrap_or_default(),
        })
    }
}

impl ListRow for PlanFacts {
    const NAMES: &'static [&'static str] = &["owner", "source", "follow_ups"];

    fn read(row: HashMap<String, AttributeValue>, dealer: &DealerId, received: DateTime<Utc>) -> Result<Self, Failure> {
        let mut row = Fields(row);
        let runs = row.0.remove("follow_ups").map(serde_dynamo::aws_sdk_dynamodb_1::from_attribute_value).transpose();
        Ok(Self {
            dealer: dealer.clone(),
            received,
            owner: row.user("owner")?,
            source: row.text("source")?.unwrap_or_default(),
            runs: runs.map_err(|_| invalid("follow_ups"))?.unwrap_or_default(),
        })
    }
}

/// A lead's row with the time at which it came to its dealer.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedLead {
    /// The row.
    pub row: LeadRow,
    /// The time at which it came to its dealer.
    pub received: DateTime<Utc>,
}

impl ListRow for ListedLead {
    const NAMES: &'static [&'static str] = &[];

    fn read(row: HashMap<String, AttributeValue>, _: &DealerId, received: DateTime<Utc>) -> Result<Self, Failure> {
        Ok(Self { row: from_item(row)?, received })
    }
}
