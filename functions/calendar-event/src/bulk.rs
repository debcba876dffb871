//! Creates one event for many leads, with one result for each lead (CAL-2).

use crate::body::BulkBody;
use crate::events::{view_of, with_warnings_again};
use crate::view::CalendarEventView;
use forecourt_domain::base::{LeadId, Refusal, Right};
use forecourt_domain::decision::Decision;
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::calendar::{CalendarContext, schedule as schedule_event};
use forecourt_domain::settings::Dealer;
use forecourt_domain::slots::LoadDay;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::event::{days_of_event, new_id};
use forecourt_edge::usecase::event_body::EventDraft;
use forecourt_edge::usecase::lead::{self, LeadContext, LeadsRequest, found};
use forecourt_store::Loaded;
use forecourt_store::keys::Key;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::time::timeout_at;
use utoipa::ToSchema;

/// The result for each lead, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkView {
    /// One result for each lead.
    pub results: Vec<BulkResult>,
}

/// The result for one lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkResult {
    /// The lead id as sent in the request.
    pub lead: String,
    /// The status that a request for this lead alone would get.
    pub status: u16,
    /// The event, if it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<CalendarEventView>,
    /// The problem, if the event was not created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// The function has 20 seconds and must answer for every lead: no commit starts after `LATEST_START`, and none is awaited after `DEADLINE`.
const LATEST_START: Duration = Duration::from_secs(10);
const DEADLINE: Duration = Duration::from_secs(17);
/// Leads in one commit. With the items that their events need, they stay within a read of a hundred items.
const BATCH: usize = 20;

/// Creates the event for each lead, many leads in one commit. A repeat with the same `Idempotency-Key` does not create an event twice.
///
/// Leads that the function has no time for get 503; a repeat of the request creates their events.
pub(crate) async fn schedule(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::WorkLeads)?;
    let (named, event) = call.json::<BulkBody>()?.check()?;
    let id = |name: &String| name.trim().parse::<LeadId>().ok();
    // A lead that is listed twice gets one event.
    let mut leads: Vec<LeadId> = named.iter().filter_map(id).collect();
    let mut unique = HashSet::new();
    leads.retain(|lead| unique.insert(*lead));
    let mut done: HashMap<LeadId, Result<CalendarEventView, Problem>> = HashMap::new();
    let (mut at, mut size) = (0, BATCH);
    while at < leads.len() {
        let some = &leads[at..leads.len().min(at + size)];
        let answers = match call.began.elapsed() < LATEST_START {
            true => timeout_at(call.began + DEADLINE, create_batch(platform, call, some, &event)).await,
            false => Ok(Err(Problem::try_again(
                "the request ran out of time before this lead was processed; nothing was changed, repeat the request for this lead",
            ))),
        };
        let answers = answers.unwrap_or_else(|_| {
            Err(Problem::try_again("the request ran out of time and the result is unknown; repeat it with the same Idempotency-Key"))
        });
        match answers {
            Ok(answers) => {
                (at, size) = (at + answers.len(), (size * 2).min(BATCH));
                done.extend(some.iter().copied().zip(answers));
            }
            // One lead that cannot be written must not block the others: retry with smaller batches.
            Err(problem) if problem.status == 500 && some.len() > 1 => size = some.len() / 2,
            Err(problem) => {
                at += some.len();
                done.extend(some.iter().map(|lead| (*lead, Err(problem.clone()))));
            }
        }
    }
    let result = |lead: String| {
        let outcome = id(&lead).and_then(|id| done.get(&id).cloned());
        match outcome.unwrap_or_else(|| Err(Refusal::NotFound("lead").into())) {
            Ok(event) => BulkResult { lead, status: 201, event: Some(event), problem: None },
            Err(problem) => BulkResult { lead, status: problem.status, event: None, problem: Some(problem) },
        }
    };
    Ok(Answer::new(207, &BulkView { results: named.into_iter().map(result).collect() })?)
}

/// Creates the event for as many of the first `leads` as fit into one commit, and returns their results.
async fn create_batch(
    platform: &Platform,
    call: &Call,
    leads: &[LeadId],
    new: &EventDraft,
) -> Result<Vec<Result<CalendarEventView, Problem>>, Problem> {
    let mut ids = HashMap::new();
    for lead in leads {
        ids.insert(*lead, new_id(platform, call, *lead, "event")?);
    }
    let id_for = |lead: LeadId| ids.get(&lead).cloned().ok_or(Refusal::NotFound("lead"));
    let by = call.scope.actor();
    let rule = |lead: &Lead, dealer: &Dealer, days: LoadDay<'_>| {
        schedule_event(&CalendarContext { lead, dealer, days, by: &by, now: call.now }, new.clone().with_id(id_for(lead.id)?))
    };
    let makes = |id| Key::Event(id, ids[&id].clone());
    let also = |id, loaded: &Loaded| {
        // A lead that already has the event needs nothing else.
        let lacks = !loaded.holds(&makes(id));
        let days = found(loaded, id).ok().filter(|_| lacks).map(|(lead, dealer)| lead::days_of(|days| rule(lead, dealer, days)));
        days.into_iter().flatten().chain(days_of_event(loaded.event(id, &ids[&id]))).collect()
    };
    let rule = |LeadContext { lead, dealer, .. }: LeadContext<'_>, days: LoadDay<'_>| rule(lead, dealer, days);
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| {
        let id = id_for(lead.id)?;
        let view = view_of(lead, [&id, &id], decision, loaded).ok_or(Refusal::NotFound("event"))?;
        Ok::<_, Refusal>(with_warnings_again(view, (lead, &id), decision, loaded, call))
    };
    let answers = lead::make_together(LeadsRequest { platform, call, leads }, makes, also, rule, shown).await?;
    Ok(answers.into_iter().map(|answer| Ok(answer??)).collect())
}
