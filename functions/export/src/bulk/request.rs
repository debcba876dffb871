//! The requests that start and read bulk actions (LEAD-10).

use super::body::{BulkActionBody, Chosen, MAX_LEADS};
use super::view::{BulkActionView, BulkLeadView, BulkLeadsView};
use crate::Exporter;
use forecourt_domain::base::{Fault, Refusal, Right};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::{BulkAction, BulkPage};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries, new_name};
use forecourt_edge::routes::Operation;
use forecourt_edge::usecase::lead_filter::Selection;
use forecourt_store::keys::Key;
use forecourt_store::{Cursor, Load, Loaded, fingerprint};
use serde_json::{Map, Value};
use std::time::Duration;
use tokio::time::timeout_at;

/// The function has 20 seconds for a request: no page begins after the first time, and none is awaited after the second.
const LATEST_START: Duration = Duration::from_secs(8);
const DEADLINE: Duration = Duration::from_secs(16);
/// The leads of a page of the list that a filter selects.
const ROWS: usize = 500;
/// The list's name in cursors.
const RESULTS: &str = "bulk-results";
const RULE: &str = "LEAD-10";

/// `POST /bulk-actions`: carries an action out on up to 500 leads at once; on more in the background. The same `Idempotency-Key` again
/// returns the action in its current state (INT-5).
pub(crate) async fn create(exporter: &Exporter, call: &Call) -> Result<Answer, Problem> {
    let platform = &exporter.platform;
    call.scope.needs(Right::WorkLeads)?;
    let (chosen, action) = call.json::<BulkActionBody>()?.check()?;
    call.scope.needs(action.right())?;
    let by = call.scope.user_id().ok_or(Refusal::Forbidden(action.right()))?.clone();
    let id = new_name(platform, call, "bulk-actions", "bulk");
    let request = fingerprint(&call.body);
    let stored = platform.store.load(&call.scope, &Load::of([Key::BulkAction(id.clone())])).await?;
    if let Some(before) = stored.bulk_action(&id) {
        call.note_repeat(true);
        return known(exporter, call, before, &request).await;
    }
    action.within_reach(call.now)?;
    let leads = match chosen {
        Chosen::Leads(leads) => leads,
        Chosen::Filter(dealer, parameters) => {
            let list = call.of_list(Operation::ListLeads, &dealer, parameters);
            selected(platform, &list).await.map_err(in_filter)?
        }
    };
    let pages: Vec<&[String]> = leads.chunks(exporter.bulk_page).collect();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let at_once = leads.len() <= exporter.at_once;
    let waiting = BulkAction {
        id: id.clone(),
        by,
        dealer: call.scope.any_dealer().ok_or(Refusal::NotFound("dealer"))?,
        at: call.now,
        request: request.clone(),
        action: action.name().to_owned(),
        parameters: parameters_of(call)?,
        total: number(leads.len()),
        pages: number(pages.len()),
        done: 0,
        leads_done: 0,
        succeeded: 0,
        notices: Vec::new(),
        ended: None,
        due: Some(call.now),
    };
    let new = if at_once { waiting.begun(call.now).unwrap_or(waiting) } else { waiting };
    let rule = |loaded: &Loaded, _| {
        if let Some(before) = loaded.bulk_action(&id) {
            return Ok((None, Some(before.clone())));
        }
        let page = |(page, leads): (usize, &&[String])| {
            let page = BulkPage { bulk: id.clone(), page: number(page), at: call.now, leads: leads.to_vec(), rows: Vec::new() };
            Item::BulkPage(Box::new(page))
        };
        let decision = Decision::default().with(Item::BulkAction(Box::new(new.clone())));
        Ok((Some(pages.iter().enumerate().map(page).fold(decision, Decision::with)), None))
    };
    let before = platform.store.decide(&call.scope, Load::of([Key::BulkAction(id.clone())]), rule).await?;
    call.note_repeat(before.is_some());
    if let Some(before) = before {
        return known(exporter, call, &before, &request).await;
    }
    if !at_once {
        return answered(exporter, call, &new).await;
    }
    let run = exporter.run_bulk(&call.scope, new.clone(), call.began + LATEST_START);
    match timeout_at(call.began + DEADLINE, Box::pin(run)).await {
        Ok(Ok(bulk)) => answered(exporter, call, &bulk).await,
        // It is continued in the background.
        Ok(Err(_)) | Err(_) => answered(exporter, call, &new).await,
    }
}

/// Returns the leads that a request of the list selects, at most [`MAX_LEADS`].
async fn selected(platform: &Platform, list: &Call) -> Result<Vec<String>, Problem> {
    let selection = Selection::read(platform, list, ROWS).await?;
    let (mut leads, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = selection.page(cursor.as_deref()).await?;
        leads.extend(page.leads.iter().map(|row| row.facts.id.to_string()));
        if leads.len() > MAX_LEADS {
            let why = format!("selects more than {MAX_LEADS} leads; narrow it");
            return Err(Refusal::Invalid(vec![Fault::new("", RULE, why)]).into());
        }
        match page.cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(leads),
        }
    }
}

/// Returns a problem of the list's parameters as one of the fields of `filter`.
fn in_filter(mut problem: Problem) -> Problem {
    for error in &mut problem.errors {
        error.field = if error.field.is_empty() { "filter".to_owned() } else { format!("filter.{}", error.field) };
    }
    problem
}

/// Returns the body without the leads. A lead takes their place, so that the body is complete.
fn parameters_of(call: &Call) -> Result<String, Problem> {
    let Value::Object(body) = call.json_value()? else { return Ok(String::new()) };
    let mut kept: Map<String, Value> = body.into_iter().filter(|(name, _)| name != "leads" && name != "filter").collect();
    kept.insert("leads".to_owned(), Value::Array(vec![Value::String("0".to_owned())]));
    Ok(Value::Object(kept).to_string())
}

/// Answers with an action that exists.
async fn known(exporter: &Exporter, call: &Call, before: &BulkAction, request: &str) -> Result<Answer, Problem> {
    if before.request != request {
        return Err(Refusal::Reused("this Idempotency-Key was used before with another request".into()).into());
    }
    answered(exporter, call, before).await
}

async fn answered(exporter: &Exporter, call: &Call, bulk: &BulkAction) -> Result<Answer, Problem> {
    let location = format!("/bulk-actions/{}", bulk.id);
    let small = usize::try_from(bulk.total).is_ok_and(|total| total <= exporter.at_once);
    if bulk.ended.is_none() || !small {
        let status = if bulk.ended.is_none() { 202 } else { 200 };
        return Ok(Answer::new(status, &BulkActionView::of(bulk, None))?.header("location", location).about(&bulk.id));
    }
    let load = Load::of((0..bulk.pages).map(|page| Key::BulkPage(bulk.id.clone(), page)));
    let loaded = exporter.platform.store.load(&call.scope, &load).await?;
    let pages = (0..bulk.pages).filter_map(|page| loaded.bulk_page(&bulk.id, page));
    let results = pages.flat_map(|page| page.rows.iter().map(BulkLeadView::from)).collect();
    Ok(Answer::new(200, &BulkActionView::of(bulk, Some(results)))?.header("location", location).about(&bulk.id))
}

/// Returns the action of the request, if the sender has requested it.
fn own<'a>(call: &Call, id: &str, loaded: &'a Loaded) -> Result<&'a BulkAction, Refusal> {
    let bulk = loaded.bulk_action(id).filter(|bulk| call.scope.user_id() == Some(&bulk.by));
    bulk.ok_or(Refusal::NotFound("bulk action"))
}

/// `GET /bulk-actions/{bulk}`.
pub(crate) async fn read(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::WorkLeads)?;
    let id: String = call.part("bulk", "bulk action")?;
    let loaded = platform.store.load(&call.scope, &Load::of([Key::BulkAction(id.clone())])).await?;
    Ok(Answer::new(200, &BulkActionView::of(own(call, &id, &loaded)?, None))?.about(&id))
}

/// `GET /bulk-actions/{bulk}/results`: a page of the results, as far as the action is done.
pub(crate) async fn results(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::WorkLeads)?;
    let id: String = call.part("bulk", "bulk action")?;
    let mut queries = Queries::of(call, RULE);
    let list = format!("{RESULTS}-{id}");
    let page = queries.cursor(&list, |place| place.parse::<u32>().is_ok());
    queries.done()?;
    let page = page.and_then(|page| page.parse::<u32>().ok()).unwrap_or_default();
    let keys = [Key::BulkAction(id.clone()), Key::BulkPage(id.clone(), page)];
    let loaded = platform.store.load(&call.scope, &Load::of(keys)).await?;
    let bulk = own(call, &id, &loaded)?;
    let results = loaded.bulk_page(&id, page).into_iter().flat_map(|page| page.rows.iter().map(BulkLeadView::from)).collect();
    let cursor = (page + 1 < bulk.done).then(|| Cursor::new(&list, (page + 1).to_string()).encode());
    Ok(Answer::new(200, &BulkLeadsView { results, cursor })?.about(&id))
}
