//! The first screen of a seller: the leads by what is due, the leads to claim, and the day. With it the list of tasks, and the search from
//! anywhere.

mod due;
mod find;
pub(super) mod tasks;

use super::{Page, Part, Place, Screen, menu};
use crate::api::{Data, Unanswered};
use crate::console::Trouble;
use crate::reply::Reply;
use crate::view::Zoned;
use crate::visit::Pairs;
use chrono::{DateTime, Days, Utc};
use due::{groups, instant, seconds_left};
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/d/{dealer}/today", run: |page| Box::pin(show(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/tasks", run: |page| Box::pin(tasks::list(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/unmarked", run: |page| Box::pin(unmarked(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/find", run: |page| Box::pin(find::find(page)) },
    ],
    templates: &[
        ("today.html", include_str!("today.html")),
        ("tasks.html", include_str!("tasks.html")),
        ("todo.html", include_str!("todo.html")),
        ("unmarked.html", include_str!("unmarked.html")),
        ("find.html", include_str!("find.html")),
    ],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: |_| None,
};

/// The leads, tasks and entries of the day that the page asks for.
const MOST: &str = "100";
/// For how many days a visit without a recorded attendance is shown.
const UNMARKED_DAYS: u64 = 31;
/// The value of the filter `owner` for everybody.
const ALL: &str = "all";

/// The number of waiting mails up to which the API counts them.
const MOST_MAILS: u64 = 50;

/// The person whose work a page shows. Without a choice in the address, a seller sees their own work, and the others see everybody's.
struct Whose(Option<String>);

impl Whose {
    fn of(page: &Page<'_>, address: &Pairs) -> Self {
        let own = || (page.me.text("role") == "seller").then(|| page.me.text("id").to_owned());
        Self(match address.get("owner") {
            Some(ALL) => None,
            Some(person) => Some(person.to_owned()),
            None => own(),
        })
    }

    /// The parameter of the API; empty for everybody.
    fn parameter(&self) -> String {
        self.0.clone().unwrap_or_default()
    }

    /// The value of the filter.
    fn chosen(&self) -> &str {
        self.0.as_deref().unwrap_or(ALL)
    }
}

/// Shows the day. What the reader may not read is not asked for.
async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    if !menu(&dealer).any(|entry| entry.name == "today") {
        return Err(Trouble::Forbidden);
    }
    let (zoned, whose, can) = (page.zoned(Some(&dealer)), Whose::of(page, &page.visit.query), dealer.get("can"));
    let today = zoned.date(zoned.now).to_string();
    let of_day = vec![("user", whose.parameter()), ("limit", MOST.to_owned())];
    let of_tasks = vec![("owner", whose.parameter()), ("until", today), ("limit", MOST.to_owned())];
    let reads_leads = can.contains("read_leads");
    let mut of_board = of_leads(&page.visit.query, &whose);
    if dealer.get("reads_mails").json() == true {
        of_board.push(("mails", true.to_string()));
    }
    let (board, diary, agenda) = futures::try_join!(
        read_if(reads_leads, page, Operation::Board, id, of_board),
        read_if(can.contains("read_appointments"), page, Operation::Diary, id, of_day),
        read_if(reads_leads, page, Operation::ListTasks, id, of_tasks),
    )?;
    let (claimable, leads) = divided(&board);
    let shown: Vec<Value> = claimable.iter().map(Data::value).collect();
    let rows = leads.iter().enumerate().map(|(i, lead)| row(lead, claimable.len() + i, &zoned));
    let leads = groups(rows.collect(), &zoned);
    // A deadline is in the row of its lead.
    let todos = agenda.get("tasks").items();
    let todos = todos.iter().filter(|todo| todo.text("kind") == "task").map(|todo| tasks::row(todo, &zoned)).collect();
    let tasks: Vec<Value> = groups(todos, &zoned);
    let values = context! {
        reads_leads, leads, tasks,
        claimable => shown,
        next => page_after(page, &board),
        waiting_mails => board.get("waiting_mails").value(),
        most_mails => MOST_MAILS,
        more_tasks => !agenda.get("cursor").is_null(),
        entries => diary.get("entries").value(),
        all_day => diary.get("all_day").value(),
        more_entries => !diary.get("cursor").is_null(),
        unmarked => diary.get("entries").items().iter().filter(|entry| is_unmarked(entry)).map(Data::value).collect::<Vec<Value>>(),
        marks => can.contains("work_appointments"),
        owner => whose.chosen(),
        everybody => whose.0.is_none(),
        works => can.contains("work_leads"),
        assigns => can.contains("assign_leads"),
    };
    page.render(200, "today.html", Place { dealer: Some(&dealer), active: "today" }, values)
}

/// Whether nobody has recorded the attendance after the visit of an entry of the diary.
fn is_unmarked(entry: &Data) -> bool {
    entry.get("unmarked").json().as_bool() == Some(true)
}

/// Shows the visits of the last weeks whose attendance nobody has recorded.
async fn unmarked(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let (zoned, whose) = (page.zoned(Some(&dealer)), Whose::of(page, &page.visit.query));
    let diary = page.get(Operation::Diary, &[("dealer", id)], of_unmarked(&zoned, &whose)).await?;
    let values = context! {
        unmarked => diary.get("entries").value(),
        more_unmarked => !diary.get("cursor").is_null(),
        owner => whose.chosen(),
        everybody => whose.0.is_none(),
        marks => dealer.get("can").contains("work_appointments"),
    };
    page.render(200, "unmarked.html", Place { dealer: Some(&dealer), active: "today" }, values)
}

/// Returns the parameters of the diary that has the visits of the last weeks whose attendance nobody has recorded.
fn of_unmarked(zoned: &Zoned, whose: &Whose) -> Vec<(&'static str, String)> {
    let today = zoned.date(zoned.now);
    let first = today.checked_sub_days(Days::new(UNMARKED_DAYS - 1)).unwrap_or(today);
    let days = ("days", UNMARKED_DAYS.to_string());
    vec![("user", whose.parameter()), ("date", first.to_string()), days, ("unmarked", "true".to_owned()), ("limit", MOST.to_owned())]
}

/// Reads from the API, at a dealer, if the reader has the right to.
async fn read_if(
    allowed: bool,
    page: &Page<'_>,
    operation: Operation,
    dealer: &str,
    query: Vec<(&'static str, String)>,
) -> Result<Data, Unanswered> {
    if allowed { page.get(operation, &[("dealer", dealer)], query).await } else { Ok(Data::default()) }
}

/// Returns the address of the next page of a list. `None` on the last page.
fn page_after(page: &Page<'_>, list: &Data) -> Option<String> {
    let mut pairs = page.visit.query.clone();
    pairs.0.retain(|(name, _)| name != "cursor");
    pairs.0.push(("cursor".to_owned(), list.text("cursor").to_owned()));
    (!list.text("cursor").is_empty()).then(|| format!("?{}", pairs.encode_without(&["done"])))
}

/// Returns the leads of the day in the order of the page, for the way from one to the next.
pub(super) async fn ids(page: &Page<'_>, dealer: &str, filters: &Pairs) -> Result<Vec<String>, Unanswered> {
    let board = page.get(Operation::Board, &[("dealer", dealer)], of_leads(filters, &Whose::of(page, filters))).await?;
    let (claimable, leads) = divided(&board);
    Ok(claimable.iter().chain(&leads).map(|lead| lead.text("id").to_owned()).collect())
}

/// Returns the parameters of the board that has the leads of the day.
fn of_leads(address: &Pairs, whose: &Whose) -> Vec<(&'static str, String)> {
    let cursor = address.get("cursor").unwrap_or_default().to_owned();
    vec![("owner", whose.parameter()), ("pool", "true".to_owned()), ("limit", MOST.to_owned()), ("cursor", cursor)]
}

/// Divides the leads into those to claim, the oldest first, and the others by the time at which they are due, those without one last.
fn divided(board: &Data) -> (Vec<Data>, Vec<Data>) {
    let (mut claimable, mut leads): (Vec<Data>, Vec<Data>) =
        board.get("leads").items().into_iter().partition(|lead| lead.get("claimable").json().as_bool() == Some(true));
    claimable.sort_by_key(|lead| instant(lead.text("received_at")));
    leads.sort_by_key(|lead| {
        let due = times(lead).into_iter().flatten().min();
        (due.is_none(), due)
    });
    (claimable, leads)
}

/// Returns the times of a lead's deadline and of its planned event.
fn times(lead: &Data) -> [Option<DateTime<Utc>>; 2] {
    // Without an event, the time of the next action is that of the lead's last change.
    let planned = instant(lead.text("next_action_at")).filter(|_| !lead.get("next_action").is_null());
    [instant(lead.text("current_deadline_at")), planned]
}

/// Returns a lead with its place on the page and its next time: that of the deadline or of the planned event, whichever is earlier.
fn row(lead: &Data, place: usize, zoned: &Zoned) -> (Option<DateTime<Utc>>, Value) {
    let [deadline, planned] = times(lead);
    let due = [deadline, planned].into_iter().flatten().min();
    let values = context! {
        lead => lead.value(),
        place,
        due => due.map(|due| due.to_rfc3339()),
        seconds => due.map(|due| seconds_left(due, zoned)),
        planned => planned.map(|planned| planned.to_rfc3339()),
        deadline => deadline.map(|deadline| deadline.to_rfc3339()),
    };
    (due, values)
}
