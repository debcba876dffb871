//! The entries of a calendar: events and appointments. The diary has more of each, for up to a week.

use super::period::{Length, Period};
use crate::api::{Data, Unanswered};
use crate::screens::Page;
use crate::view::Zoned;
use chrono::{DateTime, NaiveDate, TimeDelta, Timelike as _};
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};

/// The entries of a request.
const ROWS: &str = "250";

/// An event or an appointment.
pub(super) struct Entry {
    pub(super) date: NaiveDate,
    /// The hour in which it begins.
    pub(super) hour: u32,
    /// The id of the person; empty if there is none.
    pub(super) user: String,
    pub(super) value: Value,
}

/// A day off, or an absence.
pub(super) struct AllDay {
    first: NaiveDate,
    last: NaiveDate,
    pub(super) value: Value,
}

/// The contents of a period.
#[derive(Default)]
pub(super) struct Found {
    pub(super) entries: Vec<Entry>,
    pub(super) all_day: Vec<AllDay>,
    /// Whether there are more entries than the page asks for.
    pub(super) more: bool,
}

impl AllDay {
    pub(super) fn is_on(&self, date: NaiveDate) -> bool {
        (self.first..=self.last).contains(&date)
    }
}

/// Reads a period of the people; of everybody if there are none. It sends at most `calls` requests.
pub(super) async fn read(page: &Page<'_>, dealer: &Data, shown: (&Period, &[&str]), calls: usize) -> Result<Found, Unanswered> {
    let (period, people) = shown;
    let zoned = page.zoned(Some(dealer));
    // The API has a diary for up to a week.
    let diary = period.length != Length::Month && dealer.get("can").contains("read_appointments");
    let mut found = Found { more: true, ..Found::default() };
    let mut cursor = String::new();
    for _ in 0..calls {
        let mut query = vec![("limit", ROWS.to_owned()), ("cursor", cursor)];
        if let [one] = people {
            query.push(("user", (*one).to_owned()));
        }
        let (operation, list) = if diary {
            query.extend([("date", period.first.to_string()), ("days", period.days().to_string())]);
            (Operation::Diary, "entries")
        } else {
            query.extend([("date", period.date.to_string()), ("view", period.length.name().to_owned())]);
            (Operation::Calendar, "events")
        };
        let answer = page.get(operation, &[("dealer", dealer.text("id"))], query).await?;
        let entries = answer.get(list).items();
        found.entries.extend(entries.iter().filter_map(|entry| if diary { of_diary(entry, &zoned) } else { of_calendar(entry, &zoned) }));
        if diary && found.all_day.is_empty() {
            found.all_day = answer.get("all_day").items().iter().filter_map(|day| all_day(day, &zoned)).collect();
        }
        cursor = answer.text("cursor").to_owned();
        if cursor.is_empty() {
            found.more = false;
            break;
        }
    }
    if people.len() > 1 {
        found.entries.retain(|entry| people.contains(&entry.user.as_str()));
    }
    if !people.is_empty() {
        found.all_day.retain(|day| day.value.get_attr("user").ok().is_none_or(|user| user.as_str().is_none_or(|id| people.contains(&id))));
    }
    Ok(found)
}

fn of_diary(data: &Data, zoned: &Zoned) -> Option<Entry> {
    let more = context! {
        event => some(data.text("event")), appointment => some(data.text("appointment")),
        phone => some(data.text("phone")), phone_e164 => some(data.text("phone_e164")),
    };
    entry(data, data.text("customer"), more, zoned)
}

fn of_calendar(data: &Data, zoned: &Zoned) -> Option<Entry> {
    let appointment = some(data.text("appointment"));
    let event = some(data.text("id")).filter(|_| appointment.is_none());
    entry(data, data.text("contact"), context! { event, appointment }, zoned)
}

/// An entry of the fields that the diary and the calendar share. `None` if its time cannot be read.
fn entry(data: &Data, contact: &str, more: Value, zoned: &Zoned) -> Option<Entry> {
    let at = DateTime::parse_from_rfc3339(data.text("at")).ok()?.with_timezone(&zoned.zone);
    let user = data.text("user");
    let value = context! {
        at => data.text("at"), until => data.text("until"), title => some(data.text("title")), kind => data.text("type"),
        state => data.text("state"), contact, vehicle => some(data.text("vehicle")), lead => some(data.text("lead")), user => some(user),
        clock => zoned.clock(at.to_utc()),
        ..more
    };
    Some(Entry { date: at.date_naive(), hour: at.hour(), user: user.to_owned(), value })
}

fn all_day(data: &Data, zoned: &Zoned) -> Option<AllDay> {
    let date = |name: &str, less: TimeDelta| Some(zoned.date((DateTime::parse_from_rfc3339(data.text(name)).ok()? - less).to_utc()));
    let value = context! { kind => data.text("kind"), title => some(data.text("title")), user => some(data.text("user")) };
    // The end is exclusive: an absence until midnight does not touch the next day.
    Some(AllDay { first: date("from", TimeDelta::zero())?, last: date("until", TimeDelta::seconds(1))?, value })
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
