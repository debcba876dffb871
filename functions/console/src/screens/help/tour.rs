//! The tour: a box on the first screens of a role, which says what the screen is for and leads to the next one.
//!
//! It is shown in the demo until the user ends it. Elsewhere the console does not know who is new: users start it on the page of help, and
//! see it until they end it. A cookie keeps the choice, so it is one of the browser.

use super::super::Page;
use super::HERE;
use crate::api::Data;
use crate::console::Trouble;
use crate::reply::Reply;
use http::Method;
use minijinja::{Value, context};

/// The group of the demo.
const DEMO: &str = "demo-group";
/// The cookie: the user's id, `~`, and `on` or `off`.
const COOKIE: &str = "desk-tour";
/// Days for which the choice is kept.
const KEPT: i64 = 365;

/// A screen of a tour: its name in the texts `tour.KIND.NAME`, and its address at a dealer.
type Step = (&'static str, &'static str);

const SELLER: &[Step] = &[
    ("today", "/desk/d/{dealer}/today"),
    ("leads", "/desk/d/{dealer}/leads"),
    ("tasks", "/desk/d/{dealer}/tasks"),
    ("calendar", "/desk/d/{dealer}/calendar"),
    ("appointments", "/desk/d/{dealer}/appointments"),
];
const MANAGER: &[Step] = &[
    ("today", "/desk/d/{dealer}/today"),
    ("board", "/desk/d/{dealer}/board"),
    ("overview", "/desk/d/{dealer}/overview"),
    ("appointments", "/desk/d/{dealer}/appointments"),
    ("settings", "/desk/d/{dealer}/settings"),
];
const OFFICE: &[Step] = &[
    ("today", "/desk/d/{dealer}/today"),
    ("overview", "/desk/group/overview"),
    ("appointments", "/desk/group/appointments"),
    ("exports", "/desk/group/exports"),
];
const CENTRE: &[Step] =
    &[("today", "/desk/d/{dealer}/today"), ("calendar", "/desk/d/{dealer}/calendar"), ("appointments", "/desk/d/{dealer}/appointments")];
const OPERATOR: &[Step] = &[("settings", "/desk/d/{dealer}/settings"), ("people", "/desk/group/people")];

/// Returns the kind of the tour of a role in the texts, and its steps. `None` for a role of another release.
fn of_role(role: &str) -> Option<(&'static str, &'static [Step])> {
    match role {
        "seller" => Some(("seller", SELLER)),
        "dealer_admin" | "group_admin" => Some(("manager", MANAGER)),
        "head_office" => Some(("office", OFFICE)),
        "contact_centre" => Some(("centre", CENTRE)),
        "operator" => Some(("operator", OPERATOR)),
        _ => None,
    }
}

/// Whether the user sees the tour.
fn is_on(page: &Page<'_>) -> bool {
    let kept = page.kept(COOKIE);
    let own = kept.as_deref().and_then(|kept| kept.split_once('~')).filter(|(user, _)| *user == page.me.text("id"));
    own.map_or(page.me.text("group") == DEMO, |(_, state)| state == "on")
}

/// Returns the box of the tour for this page, which belongs to `dealer`. `None` if there is none.
pub(in crate::screens) fn shown(page: &Page<'_>, dealer: Option<&Data>) -> Option<Value> {
    if page.visit.method != Method::GET || page.visit.wants_part() || !is_on(page) {
        return None;
    }
    let (kind, steps) = of_role(page.me.text("role"))?;
    let at = dealer.map(|dealer| dealer.text("id")).unwrap_or_default();
    let address = |(_, path): &Step| path.replace("{dealer}", at);
    let place = steps.iter().position(|step| address(step) == page.visit.path)?;
    let (name, _) = steps.get(place)?;
    let next = steps.get(place + 1);
    Some(context! {
        number => place + 1,
        of => steps.len(),
        title => format!("tour.{kind}.{name}.title"),
        text => format!("tour.{kind}.{name}.text"),
        next => next.map(address),
        next_title => next.map(|(name, _)| format!("tour.{kind}.{name}.title")),
    })
}

/// Returns the first page of the user's tour. `None` if the role has none, or the user has no dealer.
pub(super) fn first(page: &Page<'_>) -> Option<String> {
    let (_, steps) = of_role(page.me.text("role"))?;
    let (_, path) = steps.first()?;
    Some(path.replace("{dealer}", page.usual_dealer()?.text("id")))
}

/// Starts the tour at its first page, or ends it on the page where the user is.
pub(super) fn switch(page: &Page<'_>) -> Result<Reply, Trouble> {
    let is_start = page.visit.form.get("state") == Some("on");
    let (state, to) = match is_start {
        true => ("on", first(page).ok_or(Trouble::NoPage)?),
        false => ("off", page.back(HERE).to_owned()),
    };
    Ok(Reply::redirect(to).cookie(&page.keep(COOKIE, &format!("{}~{state}", page.me.text("id")), KEPT)))
}
