//! Help: the glossary, the settings explained, and the tour of a user's first days.
//!
//! A page links to a term by the macro `help` of `macros.html`, as in `help("pool")`. The texts of a term are `help.term.NAME`. The
//! explanations of the settings are those beside their fields.

mod tour;

pub(super) use tour::shown as tour_of;

use super::{Page, Part, Place, Screen, settings};
use crate::console::Trouble;
use crate::reply::Reply;
use forecourt_domain::base::Right;
use minijinja::{Value, context};

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/help", run: |page| Box::pin(std::future::ready(show(page))) },
        Screen { method: "POST", path: "/desk/help/tour", run: |page| Box::pin(std::future::ready(tour::switch(page))) },
    ],
    templates: &[("help.html", include_str!("help.html"))],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: |_| None,
};

/// The address of the glossary.
const HERE: &str = "/desk/help";

/// The terms, each with the rule that is about it.
const TERMS: &[(&str, &str)] = &[
    ("lead", "LEAD-1"),
    ("enquiry", "INT-6"),
    ("owner", "LEAD-5"),
    ("status", "LEAD-1"),
    ("rotation", "DIS-1"),
    ("distribution_group", "DIS-3"),
    ("routing_rule", "DIS-3"),
    ("pool", "DIS-8"),
    ("deputy", "DIS-4"),
    ("hand_over", "DIS-12"),
    ("presence", "DIS-13"),
    ("supervisor", "ESC-3"),
    ("fallback", "DIS-6"),
    ("deadline", "LEAD-6"),
    ("first_contact", "ESC-7"),
    ("working_time", "CLK-1"),
    ("level", "ESC-1"),
    ("event", "CAL-1"),
    ("next_action", "CAL-3"),
    ("task", "LEAD-4"),
    ("appointment", "APT-1"),
    ("attendance", "APT-4"),
    ("letter", "APT-3"),
    ("invitation", "CAL-8"),
    ("calendar_link", "CAL-6"),
    ("response_time", "OVR-4"),
    ("saved_view", "ACC-5"),
    ("dry_run", "SET-9"),
    ("right", "ACC-1"),
    ("access_log", "ACC-1"),
    ("download", "EXP-2"),
    ("consent", "PRV-6"),
    ("erasure", "PRV-2"),
    ("access_file", "PRV-4"),
    ("legal_hold", "PRV-5"),
    ("webhook", "APT-6"),
];

/// Shows the terms in the order of the reader's alphabet, and the settings to those who may read them.
fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let text = |name: &str, part: &str| page.language.text(&format!("help.term.{name}.{part}")).unwrap_or_default();
    let mut terms: Vec<(String, Value)> = Vec::new();
    for (name, rule) in TERMS {
        let (title, explanation) = (text(name, "title"), text(name, "text"));
        terms.push((title.to_lowercase(), context! { name => *name, rule => *rule, title, text => explanation }));
    }
    terms.sort_by(|(one, _), (other, _)| one.cmp(other));
    let terms: Vec<Value> = terms.into_iter().map(|(_, term)| term).collect();
    let parts = if page.may(Right::ReadSettings) { settings::explained(page.language) } else { Vec::new() };
    let values = context! { terms, parts, has_tour => tour::first(page).is_some() };
    let dealer = page.usual_dealer();
    page.render(200, "help.html", Place { dealer: dealer.as_ref(), active: "" }, values)
}
