//! The group: people and rights, dealers, webhooks, the secrets of partners, and the log of granted rights. Other parts of the group are
//! screens of their own.

mod access_log;
mod partners;
mod people;
mod webhooks;

use super::choices::{Choices, named};
use super::{Page, Part, Place, Screen, each_of, privacy};
use crate::api::Data;
use crate::console::Trouble;
use crate::forms::{Form, Setting};
use crate::reply::Reply;
use crate::visit::Pairs;
use forecourt_domain::base::Right;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use std::collections::BTreeMap;

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/group", run: |page| Box::pin(std::future::ready(first(page))) },
        Screen { method: "GET", path: "/desk/group/people", run: |page| Box::pin(people::list(page)) },
        Screen { method: "GET", path: "/desk/group/people/{user}", run: |page| Box::pin(people::show(page)) },
        Screen { method: "GET", path: "/desk/group/people/{user}/{form}", run: |page| Box::pin(people::change(page)) },
        Screen { method: "POST", path: "/desk/group/people/{user}/{form}", run: |page| Box::pin(people::change(page)) },
        Screen { method: "GET", path: "/desk/group/new-person", run: |page| Box::pin(people::create(page)) },
        Screen { method: "POST", path: "/desk/group/new-person", run: |page| Box::pin(people::create(page)) },
        Screen { method: "GET", path: "/desk/group/dealers", run: |page| Box::pin(std::future::ready(dealers(page))) },
        Screen { method: "GET", path: "/desk/group/webhooks", run: |page| Box::pin(webhooks::list(page)) },
        Screen { method: "GET", path: "/desk/group/webhooks/{webhook}", run: |page| Box::pin(webhooks::show(page)) },
        Screen { method: "GET", path: "/desk/group/webhooks/{webhook}/{form}", run: |page| Box::pin(webhooks::change(page)) },
        Screen { method: "POST", path: "/desk/group/webhooks/{webhook}/{form}", run: |page| Box::pin(webhooks::change(page)) },
        Screen {
            method: "GET",
            path: "/desk/group/webhooks/{webhook}/deliveries/{delivery}",
            run: |page| Box::pin(webhooks::redeliver(page)),
        },
        Screen {
            method: "POST",
            path: "/desk/group/webhooks/{webhook}/deliveries/{delivery}",
            run: |page| Box::pin(webhooks::redeliver(page)),
        },
        Screen { method: "GET", path: "/desk/group/new-webhook", run: |page| Box::pin(webhooks::create(page)) },
        Screen { method: "POST", path: "/desk/group/new-webhook", run: |page| Box::pin(webhooks::create(page)) },
        Screen { method: "GET", path: "/desk/group/partners", run: |page| Box::pin(partners::secret(page)) },
        Screen { method: "POST", path: "/desk/group/partners", run: |page| Box::pin(partners::secret(page)) },
        Screen { method: "GET", path: "/desk/group/access-log", run: |page| Box::pin(access_log::list(page)) },
    ],
    templates: &[
        ("group_parts.html", include_str!("parts.html")),
        ("group_people.html", include_str!("people.html")),
        ("group_person.html", include_str!("person.html")),
        ("group_dealers.html", include_str!("dealers.html")),
        ("group_webhooks.html", include_str!("webhooks.html")),
        ("group_webhook.html", include_str!("webhook.html")),
        ("group_secret.html", include_str!("secret.html")),
        ("group_access_log.html", include_str!("access_log.html")),
    ],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: addresses,
};

/// The addresses of the forms of a person and of a webhook.
fn addresses(path: &str) -> Option<Vec<String>> {
    match path {
        "/desk/group/people/{user}/{form}" => Some(each_of(path, "{form}", people::names())),
        "/desk/group/webhooks/{webhook}/{form}" => Some(each_of(path, "{form}", webhooks::names())),
        _ => None,
    }
}

/// A form of the group.
const fn form(name: &'static str, operation: Operation, fields: &'static [crate::forms::Field]) -> Form {
    Form { name, operation, fields, versioned: false, dangerous: false }
}

/// Returns the parts of the group that the user may use, each the last part of its address.
pub(super) fn tabs(page: &Page<'_>) -> Vec<&'static str> {
    let manages_all = page.may(Right::ManageUsers) && page.me.get("whole_group").json() == true;
    let tabs = [
        ("people", page.may(Right::ReadUsers)),
        ("dealers", page.may(Right::ReadUsers)),
        ("webhooks", page.may(Right::ManageWebhooks)),
        ("partners", manages_all),
        ("access-log", manages_all),
        ("privacy", privacy::administers(page)),
        ("appointments", page.may(Right::ReadOverview)),
        ("overview", page.may(Right::ReadOverview) && page.may(Right::ReadLeads)),
        ("exports", page.may_export(None)),
    ];
    tabs.into_iter().filter(|(_, may)| *may).map(|(tab, _)| tab).collect()
}

/// Leads to the first part that the user may use.
fn first(page: &Page<'_>) -> Result<Reply, Trouble> {
    let first = *tabs(page).first().ok_or(Trouble::NoPage)?;
    Ok(Reply::redirect(format!("/desk/group/{first}")))
}

/// The dealers of the group that the user has access to.
fn dealers(page: &Page<'_>) -> Result<Reply, Trouble> {
    page.needs(Right::ReadUsers)?;
    show(page, "group_dealers.html", context! {})
}

/// Renders a template with the values that all pages of the group use.
pub(super) fn show(page: &Page<'_>, template: &str, values: Value) -> Result<Reply, Trouble> {
    let dealer = page.usual_dealer();
    let place = Place { dealer: dealer.as_ref(), active: "" };
    page.render(200, template, place, context! { tabs => tabs(page), names => dealer_names(page), ..values })
}

/// The names of the dealers by id.
pub(super) fn dealer_names(page: &Page<'_>) -> BTreeMap<String, String> {
    page.me.get("dealers").items().iter().map(named).collect()
}

/// The names of people by id: of all dealers, and of a page of the group's users.
pub(super) fn people_names(page: &Page<'_>, users: &Data) -> BTreeMap<String, String> {
    let of_dealers = page.me.get("dealers").items().into_iter().flat_map(|dealer| dealer.get("people").items());
    let all = of_dealers.chain(users.get("users").items());
    all.map(|person| named(&person)).collect()
}

/// Returns the dealers as choices, and after them those of `chosen` that the user cannot see: a change must not drop them.
fn dealer_choices(page: &Page<'_>, chosen: &Pairs) -> Choices {
    let mut choices: Vec<_> = dealer_names(page).into_iter().collect();
    for dealer in chosen.all("dealers") {
        if !choices.iter().any(|(id, _)| id == dealer) {
            choices.push((dealer.to_owned(), dealer.to_owned()));
        }
    }
    choices
}

/// Returns the address of the next page of a list; `None` on the last page.
pub(super) fn next(page: &Page<'_>, name: &str, cursor: &str) -> Option<String> {
    let mut pairs = page.visit.query.clone();
    pairs.0.retain(|(key, _)| key != name && key != "done");
    pairs.0.push((name.to_owned(), cursor.to_owned()));
    (!cursor.is_empty()).then(|| format!("?{}", pairs.encode_without(&[])))
}

/// The setting of a form of the group, without values.
pub(super) fn setting<'a>(place: Place<'a>, parts: &'a [(&'static str, &'a str)], back: &'a str) -> Setting<'a> {
    Setting { place, parts, back, values: Pairs::default(), choices: BTreeMap::new(), version: None, about: String::new() }
}
