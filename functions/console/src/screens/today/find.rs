//! The search from anywhere, by name, number, telephone number or plate. A lead's number opens the lead.

use super::super::{Page, Place};
use crate::api::{Ask, Data, Unanswered};
use crate::console::Trouble;
use crate::reply::Reply;
use forecourt_domain::base::LeadId;
use forecourt_edge::routes::Operation;
use minijinja::context;
use serde_json::json;

/// Leads to the lead, to the list of leads, or shows what the contact centre may find.
pub(super) async fn find(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let text = page.visit.query.get("q").unwrap_or_default();
    if text.chars().count() == 1 {
        return page.render(200, "find.html", Place { dealer: Some(&dealer), active: "find" }, context! { q => text, short => true });
    }
    if !dealer.get("can").contains("read_leads") {
        return by_one_value(page, &dealer, text).await;
    }
    if let Ok(number) = text.parse::<LeadId>() {
        let number = number.to_string();
        match page.get(Operation::ReadLead, &[("id", number.as_str())], Vec::new()).await {
            Ok(lead) => return Ok(Reply::redirect(format!("/desk/leads/{}", lead.text("id")))),
            // Ten digits can be a telephone number, too.
            Err(Unanswered::Problem(problem)) if matches!(problem.status, 403 | 404 | 410) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Ok(Reply::redirect(format!("/desk/d/{id}/leads?{}", page.visit.query.encode_without(&["done"]))))
}

/// Shows the leads with one exact value, for those who may find leads but not read them. The API stores each search.
async fn by_one_value(page: &Page<'_>, dealer: &Data, text: &str) -> Result<Reply, Trouble> {
    let (mut found, mut refused) = (Data::default(), false);
    for field in fields(text) {
        let ask = Ask { parts: &[("dealer", dealer.text("id"))], body: Some(json!({ *field: text })), ..Ask::default() };
        match page.call(Operation::FindLeads, ask).await {
            Ok(answer) => found = answer,
            Err(Unanswered::Problem(problem)) if problem.status == 422 => refused = true,
            Err(other) => return Err(other.into()),
        }
        if !found.get("leads").items().is_empty() {
            break;
        }
    }
    let works = dealer.get("can").contains("work_appointments");
    let values = context! { q => text, found => found.value(), refused, works };
    page.render(200, "find.html", Place { dealer: Some(dealer), active: "find" }, values)
}

/// Returns the fields of the API's search that a text can be a value of, in the order in which they are tried.
fn fields(text: &str) -> &'static [&'static str] {
    let is_phone = || text.chars().any(|c| c.is_ascii_digit()) && !text.chars().any(char::is_alphabetic);
    match text {
        "" => &[],
        _ if text.contains('@') => &["email"],
        _ if text.parse::<LeadId>().is_ok() => &["number", "phone"],
        _ if is_phone() => &["phone"],
        _ => &["name"],
    }
}
