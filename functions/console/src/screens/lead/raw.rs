//! An input of a lead: a mail in readable form, and any input as its sender wrote it (INT-2).

use super::super::{Page, Place};
use crate::api::{Download, Unanswered};
use crate::console::Trouble;
use crate::reply::Reply;
use crate::visit::Pairs;
use forecourt_domain::lead::Raw;
use forecourt_edge::routes::Operation;
use minijinja::context;
use serde_json::Value as Json;

/// The parameters that select an input of the lead.
const SELECTED: [&str; 2] = ["version", "communication"];

/// Shows a mail in readable form, and any other input as its sender wrote it. `as=source` shows a mail as it was received.
pub(super) async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("id")?;
    let parts = [("id", id)];
    let asked = selected(&page.visit.query);
    let is_source = page.visit.query.get("as") == Some("source");
    let lead = page.get(Operation::ReadLead, &parts, Vec::new());
    let (lead, mail) = futures::join!(lead, async {
        match is_source {
            true => Ok(None),
            false => page.get(Operation::ReadLeadMail, &parts, asked.clone()).await.map(Some),
        }
    });
    let lead = lead?;
    let dealer = page.dealer(lead.text("dealer"));
    let place = Place { dealer: dealer.as_ref(), active: "leads" };
    match mail {
        Ok(None) => {}
        Ok(Some(mail)) => {
            let values = context! { lead => lead.value(), mail => mail.value(), source => source(id, &asked), file => file(id, &asked) };
            return page.render(200, "lead_mail.html", place, values);
        }
        // The input is no mail.
        Err(Unanswered::Problem(problem)) if problem.status == 404 => {}
        Err(other) => return Err(other.into()),
    }
    let input = page.download(Operation::ReadRawInput, &parts, asked.clone()).await?;
    let text = match input {
        // A large mail is a file, not a page.
        Download::Link(link) => return Ok(Reply::redirect(link)),
        Download::File { bytes, .. } => match serde_json::from_slice(&bytes) {
            Ok(Json::String(text)) => text,
            Ok(json) => serde_json::to_string_pretty::<Json>(&json).unwrap_or_default(),
            Err(_) => String::from_utf8_lossy(&bytes).into_owned(),
        },
    };
    page.render(200, "lead_raw.html", place, context! { lead => lead.value(), text, is_mail => is_source, file => file(id, &asked) })
}

/// The input as a file; a large one by a link.
pub(super) async fn download(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("id")?;
    let input = page.download(Operation::ReadRawInput, &[("id", id)], selected(&page.visit.query)).await?;
    Ok(match input {
        Download::Link(link) => Reply::redirect(link),
        Download::File { media_type, bytes, .. } => {
            let ending = if media_type.starts_with(Raw::MAIL) { "eml" } else { "txt" };
            Reply::attachment(&media_type, &format!("{id}.{ending}"), bytes)
        }
    })
}

/// Returns the parameter that selects the input. Without one, it is the input of the lead's enquiry.
fn selected(query: &Pairs) -> Vec<(&'static str, String)> {
    SELECTED.into_iter().find_map(|name| Some((name, query.get(name)?.to_owned()))).into_iter().collect()
}

/// The address of the input as it was received.
fn source(id: &str, selected: &[(&str, String)]) -> String {
    format!("/desk/leads/{id}/raw?{}", query(selected.iter().map(|(name, value)| (*name, value.as_str())).chain([("as", "source")])))
}

/// The address of the input as a file.
fn file(id: &str, selected: &[(&str, String)]) -> String {
    format!("/desk/leads/{id}/raw/download?{}", query(selected.iter().map(|(name, value)| (*name, value.as_str()))))
}

fn query<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
