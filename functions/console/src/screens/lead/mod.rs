//! The page of a lead: header, bar of actions, tabs and timeline.

mod around;
mod documents;
mod fields;
mod forms;
mod items;
mod messages;
mod raw;
mod recipients;
mod stops;

pub(super) use stops::channels;

use super::{Page, Part, Place, Screen, each_of};
use crate::api::{Data, Unanswered};
use crate::console::Trouble;
use crate::reply::Reply;
use around::Origin;
use forecourt_domain::elements::ElementKind;
use forecourt_edge::routes::{Elements, Operation};
use minijinja::{Value, context};

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/leads/{id}", run: |page| Box::pin(show(page)) },
        Screen { method: "GET", path: "/desk/leads/{id}/timeline", run: |page| Box::pin(earlier(page)) },
        Screen { method: "GET", path: "/desk/leads/{id}/raw", run: |page| Box::pin(raw::show(page)) },
        Screen { method: "GET", path: "/desk/leads/{id}/raw/download", run: |page| Box::pin(raw::download(page)) },
        Screen { method: "GET", path: "/desk/leads/{id}/document", run: |page| Box::pin(documents::show(page)) },
        Screen { method: "POST", path: "/desk/leads/{id}/document", run: |page| Box::pin(documents::upload(page)) },
        Screen { method: "POST", path: "/desk/leads/{id}/document/announcement", run: |page| Box::pin(documents::announce(page)) },
        Screen { method: "POST", path: "/desk/leads/{id}/document/completion", run: |page| Box::pin(documents::complete(page)) },
        Screen { method: "GET", path: "/desk/leads/{id}/stop", run: |page| Box::pin(stops::add(page)) },
        Screen { method: "POST", path: "/desk/leads/{id}/stop", run: |page| Box::pin(stops::add(page)) },
        Screen { method: "GET", path: "/desk/leads/{id}/stops/{stop}", run: |page| Box::pin(stops::lift(page)) },
        Screen { method: "POST", path: "/desk/leads/{id}/stops/{stop}", run: |page| Box::pin(stops::lift(page)) },
        Screen { method: "GET", path: "/desk/leads/{id}/{form}", run: |page| Box::pin(form_or_list(page)) },
        Screen { method: "POST", path: "/desk/leads/{id}/{form}", run: |page| Box::pin(forms::answer(page)) },
        Screen { method: "GET", path: "/desk/leads/{id}/{part}/{item}", run: |page| Box::pin(items::show(page)) },
        Screen { method: "GET", path: "/desk/leads/{id}/{part}/{item}/{form}", run: |page| Box::pin(items::answer(page)) },
        Screen { method: "POST", path: "/desk/leads/{id}/{part}/{item}/{form}", run: |page| Box::pin(items::answer(page)) },
    ],
    templates: &[
        ("lead.html", include_str!("lead.html")),
        ("lead_details.html", include_str!("lead_details.html")),
        ("lead_follow_up.html", include_str!("lead_follow_up.html")),
        ("lead_plan.html", include_str!("lead_plan.html")),
        ("lead_thread.html", include_str!("lead_thread.html")),
        ("lead_thread_parts.html", include_str!("lead_thread_parts.html")),
        ("lead_messages.html", include_str!("lead_messages.html")),
        ("lead_message.html", include_str!("lead_message.html")),
        ("lead_contacts.html", include_str!("lead_contacts.html")),
        ("lead_stops.html", include_str!("lead_stops.html")),
        ("lead_timeline.html", include_str!("lead_timeline.html")),
        ("lead_earlier.html", include_str!("lead_earlier.html")),
        ("lead_mail.html", include_str!("lead_mail.html")),
        ("lead_raw.html", include_str!("lead_raw.html")),
        ("lead_items.html", include_str!("lead_items.html")),
        ("lead_item.html", include_str!("lead_item.html")),
        ("lead_document.html", include_str!("lead_document.html")),
    ],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: addresses,
};

/// The addresses of the forms, lists and things of a lead. The id of a thing is named by its kind.
fn addresses(path: &str) -> Option<Vec<String>> {
    match path {
        "/desk/leads/{id}/{form}" => Some(each_of(path, "{form}", forms::names().chain(items::lists()))),
        "/desk/leads/{id}/{part}/{item}" => Some(items::addresses(path, false)),
        "/desk/leads/{id}/{part}/{item}/{form}" => Some(items::addresses(path, true)),
        _ => None,
    }
}

/// The tabs, the first of which is shown without a parameter.
const TABS: [&str; 4] = ["details", "thread", "follow-up", "contacts"];

async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let parts = [("id", page.required("id")?)];
    let tab = page.visit.query.get("tab").and_then(|tab| TABS.into_iter().find(|known| *known == tab)).unwrap_or(TABS[0]);
    let more = match tab {
        "details" => Operation::Element(Elements::List(ElementKind::Comment)),
        "thread" => Operation::Element(Elements::List(ElementKind::Communication)),
        "follow-up" => Operation::ListEvents,
        _ => Operation::ListStops,
    };
    let more = page.get(more, &parts, Vec::new());
    let beside = async {
        match tab {
            "details" => page.get(Operation::ListStops, &parts, Vec::new()).await,
            "contacts" => page.get(Operation::ListConsents, &parts, Vec::new()).await,
            _ => Ok(Data::default()),
        }
    };
    let origin = Origin::of(page);
    let around = async {
        match &origin {
            Some(origin) => Ok::<_, Unanswered>(origin.ids(page).await),
            None => Ok(Vec::new()),
        }
    };
    let lead = page.get(Operation::ReadLead, &parts, Vec::new());
    let (lead, more, beside, around) = futures::try_join!(lead, more, beside, around)?;
    let dealer = page.dealer(lead.text("dealer"));
    let place = Place { dealer: dealer.as_ref(), active: "leads" };
    let neighbours = origin.as_ref().map(|origin| origin.neighbours(&around, lead.text("id")));
    let values = context! {
        lead => lead.value(),
        named => lead.get("people").value(),
        tab,
        tabs => TABS.to_vec(),
        comments => if tab == "details" { more.get("elements").value() } else { Value::UNDEFINED },
        rows => if tab == "thread" { more.get("elements").value() } else { Value::UNDEFINED },
        next => items::next_page(&more),
        stops => if tab == "contacts" { more.get("stops").value() } else { beside.get("stops").value() },
        consents => if tab == "contacts" { beside.get("consents").value() } else { Value::UNDEFINED },
        events => if tab == "follow-up" { more.get("events").value() } else { Value::UNDEFINED },
        list => origin.as_ref().map(|origin| origin.address),
        from_list => origin.as_ref().map(|origin| origin.carried(false)),
        stays => origin.as_ref().map(|origin| origin.carried(true)),
        neighbours,
        why => reason(&lead).map(|why| why.value()),
        can => rights(dealer.as_ref()),
        has_other_dealers => !forms::other_dealers(page, lead.text("dealer")).is_empty(),
    };
    page.render(200, "lead.html", place, values)
}

/// What the user may do with the lead. A dealer that the console does not know leaves the answer to the API.
pub(super) fn rights(dealer: Option<&Data>) -> Value {
    let can = |right: &str| dealer.is_none_or(|dealer| dealer.get("can").contains(right));
    context! { work => can("work_leads"), assign => can("assign_leads") }
}

/// The reason for the present owner: that of the latest assignment.
fn reason(lead: &Data) -> Option<Data> {
    let mut events = lead.get("timeline").items().into_iter().rev().flat_map(|entry| entry.get("events").items().into_iter().rev());
    events.find(|event| event.text("what") == "assigned").map(|event| event.get("why"))
}

/// A form of the bar, or the list of a kind of things.
async fn form_or_list(page: &Page<'_>) -> Result<Reply, Trouble> {
    let name = page.required("form")?;
    if items::is_list(name) { items::list(page, name).await } else { forms::answer(page).await }
}

/// The entries of the timeline before a cursor.
async fn earlier(page: &Page<'_>) -> Result<Reply, Trouble> {
    let parts = [("id", page.required("id")?)];
    let cursor = page.visit.query.get("cursor").map(|cursor| ("cursor", cursor.to_owned()));
    let lead = page.get(Operation::ReadLead, &parts, Vec::new());
    let (lead, timeline) = futures::try_join!(lead, page.get(Operation::ReadTimeline, &parts, cursor.into_iter().collect()))?;
    let dealer = page.dealer(lead.text("dealer"));
    let place = Place { dealer: dealer.as_ref(), active: "leads" };
    let values = context! { lead => lead.value(), timeline => timeline.value(), named => timeline.get("people").value() };
    page.render(200, "lead_earlier.html", place, values)
}
