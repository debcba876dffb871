//! The rows of the appointment overview: one page in the requested order (OVR-3).

use chrono::{DateTime, Utc};
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{Fault, Refusal};
use forecourt_domain::reports::AppointmentOrder;
use forecourt_edge::http::Queries;
use forecourt_store::{Cursor, Partition};
use std::cmp::Ordering;

/// Largest number of rows on a page (OVR-3).
const GRID: usize = 5_000;

/// The requested page.
pub(crate) struct GridQuery {
    pub(crate) order: AppointmentOrder,
    limit: usize,
    /// The place of the last row on the page before.
    after: Option<Place>,
}

/// The place of a row: the time by which it is ordered, and its id.
struct Place {
    at: DateTime<Utc>,
    id: String,
}

impl Place {
    fn of(order: AppointmentOrder, row: &Appointment) -> Self {
        Self { at: order.time(row), id: row.id.to_string() }
    }

    fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        Some(Self { at: DateTime::from_timestamp_millis(at.parse().ok()?)?, id: id.to_owned() })
    }
}

/// The list's name in cursors. A cursor of another order is refused.
fn list(order: AppointmentOrder) -> String {
    format!("appointments.{}", order.name())
}

impl GridQuery {
    /// Reads `limit`, `sort` and `cursor`.
    ///
    /// # Errors
    /// A fault for each that is invalid.
    pub(crate) fn read(queries: &Queries<'_>) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let limit = queries.text("limit").map_or(Some(GRID), |text| text.parse().ok().filter(|limit| *limit <= GRID));
        if limit.is_none() {
            faults.push(Fault::new("limit", "OVR-3", format!("must be a number from 0 to {GRID}")));
        }
        let named = |text: &str| AppointmentOrder::NAMES.iter().find(|(name, _)| *name == text).map(|(_, order)| *order);
        let order = queries.text("sort").map_or(Some(AppointmentOrder::default()), named);
        if order.is_none() {
            let names = AppointmentOrder::NAMES.map(|(name, _)| name).join(", ");
            faults.push(Fault::new("sort", "OVR-3", format!("must be one of {names}")));
        }
        let valid = |place: &str| Place::parse(place).is_some();
        let place = queries.text("cursor").zip(order).map(|(text, order)| Cursor::place(text, &list(order), "OVR-3", valid));
        if let Some(Err(Refusal::Invalid(invalid))) = &place {
            faults.extend(invalid.iter().cloned());
        }
        match (limit, order) {
            (Some(limit), Some(order)) if faults.is_empty() => {
                Ok(Self { order, limit, after: place.and_then(Result::ok).as_deref().and_then(Place::parse) })
            }
            _ => Err(faults),
        }
    }
}

/// What is known of the appointments of a partition before they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// They may be on the page.
    Here,
    /// They are all on earlier pages.
    Before,
    /// They are all on later pages.
    After,
}

/// The rows of a page, as far as they were read.
pub(crate) struct Grid {
    query: GridQuery,
    rows: Vec<Appointment>,
    /// The number of appointments on this page and on later ones.
    following: u64,
}

impl Grid {
    pub(crate) fn new(query: GridQuery) -> Self {
        Self { query, rows: Vec::new(), following: 0 }
    }

    /// Returns where the appointments of a partition are. An order by creation tells it from the month; another order does not.
    pub(crate) fn part(&self, partition: &Partition) -> Part {
        let GridQuery { order, limit, after } = &self.query;
        let (begins, ends) = (partition.begins(), partition.ends());
        let is_full = |precedes: &dyn Fn(DateTime<Utc>) -> bool| self.rows.iter().filter(|row| precedes(row.created)).count() >= *limit;
        let is_after = |far: &dyn Fn(DateTime<Utc>) -> bool| after.as_ref().is_some_and(|after| far(after.at));
        match order {
            _ if *limit == 0 => Part::After,
            AppointmentOrder::CreatedDesc if is_after(&|at| begins > at) => Part::Before,
            AppointmentOrder::CreatedDesc if is_full(&|created| created >= ends) => Part::After,
            AppointmentOrder::CreatedAsc if is_after(&|at| ends <= at) => Part::Before,
            AppointmentOrder::CreatedAsc if is_full(&|created| created < begins) => Part::After,
            _ => Part::Here,
        }
    }

    /// Counts appointments of a partition whose rows were not read.
    pub(crate) fn count(&mut self, part: Part, number: u64) {
        if part == Part::After {
            self.following += number;
        }
    }

    /// Adds a row, if it is not on an earlier page.
    pub(crate) fn add(&mut self, row: Appointment) {
        let GridQuery { order, limit, after } = &self.query;
        let follows =
            |after: &Place| order.compare((order.time(&row), row.id.as_str()), (after.at, after.id.as_str())) == Ordering::Greater;
        if !after.as_ref().is_none_or(follows) {
            return;
        }
        self.following += 1;
        let most = limit * 2 + 1_000;
        self.rows.push(row);
        if self.rows.len() > most {
            self.cut();
        }
    }

    /// Returns the rows of the page, and the cursor of the next page if there is one.
    pub(crate) fn finish(mut self) -> (Vec<Appointment>, Option<String>) {
        self.cut();
        let order = self.query.order;
        let last = self.rows.last().filter(|_| self.following > self.rows.len() as u64);
        let cursor = last.map(|row| {
            let Place { at, id } = Place::of(order, row);
            Cursor::new(list(order), format!("{}.{id}", at.timestamp_millis())).encode()
        });
        (self.rows, cursor)
    }

    fn cut(&mut self) {
        let order = self.query.order;
        self.rows.sort_unstable_by(|a, b| order.compare((order.time(a), a.id.as_str()), (order.time(b), b.id.as_str())));
        self.rows.truncate(self.query.limit);
    }
}
