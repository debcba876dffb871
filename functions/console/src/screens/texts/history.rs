//! The history of the texts: who changed which text, and the text before and after. An earlier text is restored in the editor (MSG-2).

use super::{Purpose, list_of};
use crate::api::Data;
use crate::console::Trouble;
use crate::reply::Reply;
use crate::screens::{Page, Place};
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};

/// The fields of a text that a change can have.
const FIELDS: [&str; 6] = ["name", "medium", "language", "lead_type", "subject", "text"];

/// Shows a page of changes.
pub(super) async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let parts = [("dealer", id)];
    let before = page.visit.query.get("before").unwrap_or_default().to_owned();
    let history = page.get(Operation::TextHistory, &parts, vec![("before", before)]);
    let texts = page.get(Operation::ListTexts, &parts, Vec::new());
    let (history, texts) = futures::try_join!(history, texts)?;
    let ids: Vec<String> = texts.each("texts").map(|text| text.text("id").to_owned()).collect();
    let (base, may_change) = (list_of(&dealer), dealer.get("can").contains("change_settings"));
    let entry = |change: &Data| {
        let (before, after) = (change.get("before"), change.get("after"));
        let text = if after.is_null() { &before } else { &after };
        let what = match (before.is_null(), after.is_null()) {
            (true, _) => "created",
            (false, true) => "removed",
            (false, false) => "changed",
        };
        let version = change.get("version").json().as_u64().unwrap_or_default();
        let restore = (may_change && !before.is_null()).then(|| match ids.iter().any(|id| id == text.text("id")) {
            true => format!("{base}/own/{}?from={version}", text.text("id")),
            false => format!("{base}/new?from={version}"),
        });
        context! {
            at => change.text("at"), by => change.text("by"), what, title => Purpose::of(text).title(page.language), name => text.text("name"),
            fields => fields(&before, &after), restore,
        }
    };
    let entries: Vec<Value> = history.each("changes").map(|change| entry(&change)).collect();
    let next = history.get("before").json().as_u64().map(|before| format!("?before={before}"));
    let named = history.get("people").value();
    let values = context! { entries, named, next, list => base, settings => format!("/desk/d/{id}/settings") };
    page.render(200, "text_history.html", Place { dealer: Some(&dealer), active: "settings" }, values)
}

/// Returns the fields that differ, with both values.
fn fields(before: &Data, after: &Data) -> Vec<Value> {
    let differs = |name: &&&str| before.get(name).json() != after.get(name).json();
    let shown = |name: &&str| context! { name => *name, before => before.get(name).value(), after => after.get(name).value() };
    FIELDS.iter().filter(differs).map(shown).collect()
}
