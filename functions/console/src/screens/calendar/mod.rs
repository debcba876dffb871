//! The calendar: a day, week or month of one or several people.

mod entries;
mod period;
pub(super) mod plan;

use super::{Page, Part, Place, Screen};
use crate::api::Data;
use crate::console::Trouble;
use crate::reply::Reply;
use crate::view::Zoned;
use chrono::{Datelike as _, NaiveDate};
use entries::{AllDay, Entry, Found};
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use period::{Length, Period};

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/d/{dealer}/calendar", run: |page| Box::pin(show(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/calendar/plan", run: |page| Box::pin(plan::choose(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/calendar/plan/{lead}", run: |page| Box::pin(plan::plan(page)) },
        Screen { method: "POST", path: "/desk/d/{dealer}/calendar/plan/{lead}", run: |page| Box::pin(plan::plan(page)) },
    ],
    templates: &[
        ("calendar.html", include_str!("calendar.html")),
        ("calendar_macros.html", include_str!("macros.html")),
        ("calendar_plan.html", include_str!("plan.html")),
        ("calendar_send.html", include_str!("send.html")),
    ],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: |_| None,
};

/// The requests of a page to the API.
const CALLS: usize = 3;
/// The hours that a day shows at least.
const HOURS: (u32, u32) = (8, 18);
/// The entries of a day that a month shows.
const SHORT: usize = 4;

async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let dealer = page.dealer(page.required("dealer")?).ok_or(Trouble::NoPage)?;
    let zoned = page.zoned(Some(&dealer));
    let query = &page.visit.query;
    let period = Period::of(query, zoned.date(zoned.now));
    let people: Vec<&str> = query.all("person").collect();
    let lead = query.get("lead");
    let calls = if lead.is_some() { CALLS - 1 } else { CALLS };
    let (found, lead) = futures::try_join!(entries::read(page, &dealer, (&period, people.as_slice()), calls), async {
        match lead {
            Some(id) => page.get(Operation::ReadLead, &[("id", id)], Vec::new()).await.map(Some),
            None => Ok(None),
        }
    })?;
    let sheet = Sheet { found: &found, zoned: &zoned };
    let contents = match period.length {
        Length::Day => sheet.day(period.date, &columns(page, &dealer, &people, &found)),
        Length::Week => context! { days => period.weeks().iter().flatten().map(|day| sheet.cell(*day, usize::MAX)).collect::<Vec<_>>() },
        Length::Month => sheet.month(&period),
    };
    let shared = context! {
        length => period.length.name(),
        lengths => Length::ALL.map(Length::name),
        month => period.first.month(),
        year => period.first.year(),
        first => period.first.to_string(),
        last => period.last.to_string(),
        date => period.date.to_string(),
        before => period.before().to_string(),
        after => period.after().to_string(),
        today => zoned.date(zoned.now).to_string(),
        chosen => people.iter().copied().collect::<Value>(),
        kept => kept(query.encode_without(&["view", "date", "done", "cursor"])),
        others => kept(query.encode_without(&["view", "date", "done", "cursor", "person"])),
        without_lead => kept(query.encode_without(&["view", "date", "done", "cursor", "lead"])),
        lead => lead.as_ref().map(Data::value),
        none => found.entries.is_empty(),
        more => found.more,
    };
    let place = Place { dealer: Some(&dealer), active: "calendar" };
    page.render(200, "calendar.html", place, context! { ..contents, ..shared })
}

/// Parameters to add to an address that has some.
fn kept(query: String) -> String {
    if query.is_empty() { query } else { format!("&{query}") }
}

/// Returns the people who have a column in a day: those who were chosen. If nobody was, everybody of the dealer, and nobody (an empty id)
/// if an entry has no person. A seller sees the entries of few colleagues: an own column, and those of colleagues who have one.
fn columns(page: &Page<'_>, dealer: &Data, chosen: &[&str], found: &Found) -> Vec<String> {
    if !chosen.is_empty() {
        return chosen.iter().map(|id| (*id).to_owned()).collect();
    }
    let mut busy: Vec<String> = found.entries.iter().map(|entry| entry.user.clone()).collect();
    busy.sort_unstable();
    busy.dedup();
    let (is_seller, me) = (page.me.text("role") == "seller", page.me.text("id"));
    let shows = |person: &Data| person.get("former").json() != true && (!is_seller || person.text("id") == me);
    let is_busy = |person: &Data| busy.iter().any(|id| id == person.text("id"));
    let people = dealer.get("people").items();
    let ids = people.iter().filter(|person| shows(person) || is_busy(person)).map(|person| person.text("id").to_owned());
    let mut columns: Vec<String> = ids.collect();
    busy.retain(|id| !columns.contains(id));
    // Nobody comes last; before it, former users whom the dealer does not list any more.
    busy.sort_by_key(String::is_empty);
    columns.extend(busy);
    columns
}

/// Lays entries out.
struct Sheet<'a> {
    found: &'a Found,
    zoned: &'a Zoned,
}

impl Sheet<'_> {
    /// A day with at most `most` entries.
    fn cell(&self, date: NaiveDate, most: usize) -> Value {
        let today = self.zoned.date(self.zoned.now);
        let entries: Vec<&Value> = self.found.entries.iter().filter(|entry| entry.date == date).map(|entry| &entry.value).collect();
        context! {
            date => date.to_string(),
            number => date.day(),
            today => date == today,
            past => date < today,
            count => entries.len(),
            more => entries.len().saturating_sub(most),
            entries => entries.into_iter().take(most).collect::<Value>(),
            all_day => self.all_day(date),
        }
    }

    fn all_day(&self, date: NaiveDate) -> Value {
        self.found.all_day.iter().filter(|day| day.is_on(date)).map(|day| &day.value).collect()
    }

    /// The weeks of a month. Days of other months are empty.
    fn month(&self, period: &Period) -> Value {
        let cell = |day: &NaiveDate| if day.month() == period.first.month() { self.cell(*day, SHORT) } else { Value::from(()) };
        context! { weeks => period.weeks().iter().map(|week| week.iter().map(cell).collect::<Vec<_>>()).collect::<Vec<_>>() }
    }

    /// The hours of a day with a column for each person.
    fn day(&self, date: NaiveDate, people: &[String]) -> Value {
        let hours = self.found.entries.iter().map(|entry| entry.hour);
        let first = hours.clone().min().unwrap_or(HOURS.0).min(HOURS.0);
        let last = hours.max().unwrap_or(HOURS.1).max(HOURS.1);
        let is_in = |entry: &Entry, hour: u32, person: &str| entry.hour == hour && entry.user == person;
        let row = |hour: u32| {
            let cells = people.iter().map(|person| {
                let entries = self.found.entries.iter().filter(|entry| is_in(entry, hour, person)).map(|entry| &entry.value);
                context! { person, entries => entries.collect::<Value>() }
            });
            context! { clock => format!("{hour:02}:00"), cells => cells.collect::<Vec<_>>() }
        };
        let hours: Vec<Value> = (first..=last).map(row).collect();
        let columns: Vec<Value> = people.iter().map(|person| context! { person, off => self.is_off(date, person) }).collect();
        context! { hours, columns, off => self.all_day(date) }
    }

    /// Whether a person is absent for a part of a date.
    fn is_off(&self, date: NaiveDate, person: &str) -> bool {
        let is_of = |day: &AllDay| day.value.get_attr("user").is_ok_and(|user| user.as_str() == Some(person));
        self.found.all_day.iter().any(|day| day.is_on(date) && is_of(day))
    }
}
