//! Hand-overs of work: the choice in the forms that cause one, what a user holds, and the orders with their progress (DIS-12).

use super::choices::{Choices, labelled};
use super::{Page, Part, Place, Screen};
use crate::api::{Ask, Data, Unanswered};
use crate::console::Trouble;
use crate::forms::{Field, Kind, needed};
use crate::reply::Reply;
use crate::view::explained;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/hand-overs", run: |page| Box::pin(list(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/hand-overs/{order}", run: |page| Box::pin(show(page)) },
        Screen { method: "GET", path: "/desk/d/{dealer}/settings/users/{user}/work", run: |page| Box::pin(work(page)) },
    ],
    templates: &[
        ("hand_overs.html", include_str!("hand_overs.html")),
        ("hand_over.html", include_str!("hand_over.html")),
        ("hand_over_orders.html", include_str!("hand_over_orders.html")),
        ("hand_over_parts.html", include_str!("hand_over_parts.html")),
        ("hand_over_work.html", include_str!("hand_over_work.html")),
        ("user_work.html", include_str!("user_work.html")),
    ],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: |_| None,
};

/// The name of the parameter with the target of a hand-over.
pub(super) const NAME: &str = "hand_over";
/// The field of a form with the target.
pub(super) const FIELD: Field = needed(NAME, Kind::Listed);
/// The fields of such a form that are parameters.
pub(super) const PARAMETERS: &[&str] = &[NAME];
/// The target without another choice.
pub(super) const DISTRIBUTION: &str = "distribution";
/// The most orders that the API returns at once.
const MOST: &str = "100";
/// The kinds of work of an order.
const KINDS: [&str; 4] = ["leads", "tasks", "events", "appointments"];

/// Returns the targets that are possible at every dealer.
pub(super) fn everywhere(page: &Page<'_>) -> Choices {
    labelled(page.language, "hand_over_to", [DISTRIBUTION])
}

/// Returns the possible targets for the work of `leaver` at a dealer: the distribution, the pool if the dealer has one, and each user who
/// can take it over. `users` are the dealer's users as the API returns them.
pub(super) fn targets(page: &Page<'_>, users: &Data, leaver: &str, has_pool: bool) -> Choices {
    let pool = labelled(page.language, "hand_over_to", has_pool.then_some("pool"));
    let users = users.get("users").items();
    let able = users.iter().filter(|user| user.get("can_take_over").json() == true && user.text("user") != leaver);
    let mut people: Choices = able.map(|user| (format!("user:{}", user.text("user")), user.text("name").to_owned())).collect();
    people.sort_by_cached_key(|(_, name)| name.to_lowercase());
    everywhere(page).into_iter().chain(pool).chain(people).collect()
}

/// Returns the parameters of a request that only shows what a change would do.
pub(super) fn trial(to: Option<&str>) -> Vec<(&'static str, String)> {
    let to = to.map(|to| (NAME, to.to_owned()));
    to.into_iter().chain([("dry_run", "true".to_owned())]).collect()
}

/// Returns the orders of a change that ask for a target. The answer also has those of absences that the change moves or cancels: each
/// absence has its own target.
pub(super) fn orders(answer: &Data) -> Vec<Data> {
    answer.each("hand_overs").filter(|order| order.text("reason") != "absent").collect()
}

/// Returns the work that a change hands over, for the page of its form: an entry for each order in the answer to a trial. A former pool
/// without leads hands over nothing.
pub(super) fn held(page: &Page<'_>, answer: &Data) -> Option<Value> {
    let of = |order: &Data| {
        let (dealer, holds) = (page.dealer(order.text("dealer")), order.get("holds"));
        match order.text("reason") {
            "pool" => (left(&holds, "leads") > 0).then(|| entry(dealer.as_ref(), order.text("user"), leads_of(&holds))),
            _ => Some(entry(dealer.as_ref(), order.text("user"), holds.value())),
        }
    };
    let orders = orders(answer);
    let held: Vec<Value> = orders.iter().filter_map(of).collect();
    let is_pool = orders.iter().all(|order| order.text("reason") == "pool");
    (!held.is_empty()).then(|| context! { entries => held, is_pool })
}

/// Returns the leads alone of what a user holds.
fn leads_of(work: &Data) -> Value {
    let leads: Vec<Value> = work.each("leads").filter(|lead| lead.text("status") == "in_progress").map(|lead| lead.value()).collect();
    context! { counts => context! { leads => left(work, "leads") }, leads }
}

/// Returns the work of a user at one dealer, for the page of a form that hands it over.
pub(super) fn held_by(user: &str, dealer: &Data, work: &Data) -> Value {
    context! { entries => vec![entry(Some(dealer), user, work.value())] }
}

fn entry(dealer: Option<&Data>, user: &str, holds: Value) -> Value {
    let people = dealer.map(|dealer| dealer.get("people").items()).unwrap_or_default();
    let name = people.iter().find(|person| person.text("id") == user).map_or(user, |person| person.text("name"));
    context! { name, dealer => dealer.map(|dealer| dealer.text("name")), holds }
}

/// Asks the API what a deletion would hand over. An answer that refuses it is its explanation.
pub(super) async fn tried(page: &Page<'_>, operation: Operation, ask: Ask<'_>) -> Result<Result<Data, String>, Trouble> {
    match page.call(operation, ask).await {
        Ok(answer) => Ok(Ok(answer)),
        Err(Unanswered::Problem(problem)) if matches!(problem.status, 409 | 412 | 422 | 428) => {
            Ok(Err(explained(page.language, &problem.detail)))
        }
        Err(other) => Err(other.into()),
    }
}

/// Leads on after a change that may have handed over work: to the progress of its order, to a page with links to several, or else back.
pub(super) fn progress(page: &Page<'_>, place: Place<'_>, (form, answer): (&str, &Data), back: &str) -> Result<Reply, Trouble> {
    let orders = orders(answer);
    match orders.as_slice() {
        [] => Ok(page.done(back, form)),
        [order] => Ok(page.done(&address(order), form)),
        _ => {
            let of = |order: &Data| {
                let dealer = page.dealer(order.text("dealer")).map(|dealer| dealer.text("name").to_owned());
                context! { dealer, id => order.text("dealer"), address => address(order) }
            };
            let orders: Vec<Value> = orders.iter().map(of).collect();
            page.render(200, "hand_over_orders.html", place, context! { orders, form, back })
        }
    }
}

/// The address of the progress of an order.
fn address(order: &Data) -> String {
    let part = |name: &str| form_urlencoded::byte_serialize(order.text(name).as_bytes()).collect::<String>();
    format!("/desk/d/{}/settings/hand-overs/{}", part("dealer"), part("id"))
}

/// The orders of a dealer, the latest first.
async fn list(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let cursor = page.visit.query.get("cursor").unwrap_or_default().to_owned();
    let first = !cursor.is_empty();
    let read = page.get(Operation::ListHandOvers, &[("dealer", id)], vec![("cursor", cursor)]).await?;
    let next = Some(read.text("cursor")).filter(|cursor| !cursor.is_empty());
    let orders = read.get("hand_overs").items();
    let running = orders.iter().any(|order| order.text("state") == "running");
    let orders: Vec<Value> = orders.iter().map(|order| context! { order => order.value(), moved => moved(order) }).collect();
    let values = context! { orders, named => read.get("people").value(), running, next, first, base => format!("/desk/d/{id}/settings") };
    page.render(200, "hand_overs.html", Place { dealer: Some(&dealer), active: "settings" }, values)
}

/// The progress of an order, which refreshes itself while it runs: what has moved, and what the user still holds.
async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let (id, wanted) = (page.required("dealer")?, page.required("order")?);
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let user = wanted.split_once('-').ok_or(Trouble::NoPage)?.1;
    let (order_parts, work_parts) = ([("dealer", id), ("order", wanted)], [("dealer", id), ("user", user)]);
    let order = page.get(Operation::ReadHandOver, &order_parts, Vec::new());
    let work = page.get(Operation::UserWork, &work_parts, Vec::new());
    let (order, work) = futures::join!(order, work);
    // The work of somebody who left long ago is no longer read.
    let (order, work) = (order?, work.ok());
    // An absent user, or the former one of a pool, keeps all but the leads.
    let is_leads = matches!(order.text("reason"), "pool" | "absent");
    let kinds = if is_leads { &KINDS[..1] } else { &KINDS[..] };
    // What a user of the dealer holds after the order is work of the present: it came back, or is new.
    let is_here = dealer.get("people").items().iter().any(|person| person.text("id") == user && *person.get("former").json() != true);
    let counts = order.text("state") == "running" || !is_here;
    let remaining: u64 = work.iter().filter(|_| counts).flat_map(|work| kinds.iter().map(|kind| left(work, kind))).sum();
    let holds = work.as_ref().map(|work| if is_leads { leads_of(work) } else { work.value() });
    let moved = moved(&order);
    let values = context! {
        order => order.value(), named => order.get("people").value(), moved, remaining, total => moved + remaining, holds,
        base => format!("/desk/d/{id}/settings"),
    };
    page.render(200, "hand_over.html", Place { dealer: Some(&dealer), active: "settings" }, values)
}

/// Leads on after the removal of a user who is gone already: to the progress of the order, or else to the list of orders.
pub(super) async fn progress_of_removed(page: &Page<'_>, (dealer, user): (&str, &str), form: &str) -> Result<Reply, Trouble> {
    let read = page.get(Operation::ListHandOvers, &[("dealer", dealer)], vec![("limit", MOST.to_owned())]).await?;
    let is_wanted = |order: &Data| order.text("user") == user && order.text("reason") == "removed";
    let to = match read.each("hand_overs").find(is_wanted) {
        Some(order) => address(&order),
        None => format!("/desk/d/{dealer}/settings/hand-overs"),
    };
    Ok(page.done(&to, form))
}

/// The open work of a user at a dealer.
async fn work(page: &Page<'_>) -> Result<Reply, Trouble> {
    let (id, user) = (page.required("dealer")?, page.required("user")?);
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let work = page.get(Operation::UserWork, &[("dealer", id), ("user", user)], Vec::new()).await?;
    let values = context! { user, holds => work.value(), base => format!("/desk/d/{id}/settings") };
    page.render(200, "user_work.html", Place { dealer: Some(&dealer), active: "settings" }, values)
}

/// The number of items that an order has moved.
fn moved(order: &Data) -> u64 {
    let moved = order.get("moved");
    KINDS.iter().filter_map(|kind| moved.get(kind).json().as_u64()).sum()
}

/// The number of items of a kind that a user still holds. A closed lead keeps its owner, and is no work that has to move.
fn left(work: &Data, kind: &str) -> u64 {
    let held = work.get("counts").get(kind).json().as_u64().unwrap_or_default();
    let closed = match kind {
        "leads" => work.each("leads").filter(|lead| lead.text("status") != "in_progress").count(),
        _ => 0,
    };
    held.saturating_sub(closed.try_into().unwrap_or_default())
}
