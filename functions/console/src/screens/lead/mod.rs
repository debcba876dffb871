//! The page of a lead: header, bar of actions, tabs and timeline.

mod forms;

use super::{Page, Part, Place, Screen};
use crate::console::Trouble;
use crate::reply::Reply;
use forecourt_edge::routes::Operation;
use minijinja::context;

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/leads/{id}", run: |page| Box::pin(show(page)) },
        Screen { method: "GET", path: "/desk/leads/{id}/{form}", run: |page| Box::pin(forms::answer(page)) },
        Screen { method: "POST", path: "/desk/leads/{id}/{form}", run: |page| Box::pin(forms::answer(page)) },
    ],
    templates: &[("lead.html", include_str!("lead.html"))],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
};

async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let lead = page.get(Operation::ReadLead, &[("id", page.required("id")?)], Vec::new()).await?;
    let dealer = page.dealer(lead.text("dealer"));
    let place = Place { dealer: dealer.as_ref(), active: "leads" };
    page.render(200, "lead.html", place, context! { lead => lead.value() })
}
