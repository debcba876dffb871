//! One event for many leads, each answered for itself (CAL-2).

use crate::body::{BulkBody, Unnamed};
use crate::events::{new_id, shown};
use crate::view::CalendarEventView;
use forecourt_domain::base::{LeadId, Refusal, Right};
use forecourt_domain::decision::Decision;
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::calendar::{CalendarContext, schedule as schedule_event};
use forecourt_domain::settings::Dealer;
use forecourt_domain::slots::LoadDay;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::lead::{self, LeadContext, LeadsRequest, found};
use forecourt_store::Loaded;
use forecourt_store::keys::Key;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::time::timeout_at;
use utoipa::ToSchema;

/// What became of each lead, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkView {
    /// One for each lead.
    pub results: Vec<BulkResult>,
}

/// What became of one lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkResult {
    /// Which lead, as the request names it.
    pub lead: String,
    /// As a request for this lead alone would have been answered.
    pub status: u16,
    /// The event, where it was put on the calendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<CalendarEventView>,
    /// Why not, where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// For how long new commits are begun; and when nobody waits for one any more. A function has 20 seconds, and each answer is to be given.
const BEGINS: Duration = Duration::from_secs(10);
const WAITS: Duration = Duration::from_secs(17);
/// Leads whose events are looked at together: with what they need besides, they are a read of at most a hundred items.
const AT_ONCE: usize = 20;

/// Puts the event on the calendar of each lead, many in a commit. With an `Idempotency-Key` the request can be sent again: a lead that has the
/// event does not get it twice. What is not done in the function's time is answered 503, and such a repeat does it.
pub(crate) async fn schedule(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::WorkLeads)?;
    let (named, event) = call.json::<BulkBody>()?.check()?;
    let id = |name: &String| name.trim().parse::<LeadId>().ok();
    // A lead that is named twice gets the event once.
    let mut leads: Vec<LeadId> = named.iter().filter_map(id).collect();
    let mut met = HashSet::new();
    leads.retain(|lead| met.insert(*lead));
    let mut done: HashMap<LeadId, Result<CalendarEventView, Problem>> = HashMap::new();
    let (mut at, mut most) = (0, AT_ONCE);
    while at < leads.len() {
        let some = &leads[at..leads.len().min(at + most)];
        let answers = match call.began.elapsed() < BEGINS {
            true => timeout_at(call.began + WAITS, put(platform, call, some, &event)).await,
            false => Ok(Err(Problem::try_again(
                "there was no time left, and nothing was changed; repeat the request, or that for what was not done",
            ))),
        };
        let answers = answers.unwrap_or_else(|_| {
            Err(Problem::try_again("the time ran out, and whether this was done is not known; repeat the request with its Idempotency-Key"))
        });
        match answers {
            Ok(answers) => {
                (at, most) = (at + answers.len(), (most * 2).min(AT_ONCE));
                done.extend(some.iter().copied().zip(answers));
            }
            // Whichever it is that cannot be written must not be in the way of the others.
            Err(problem) if problem.status == 500 && some.len() > 1 => most = some.len() / 2,
            Err(problem) => {
                at += some.len();
                done.extend(some.iter().map(|lead| (*lead, Err(problem.clone()))));
            }
        }
    }
    let result = |lead: String| {
        let outcome = id(&lead).and_then(|id| done.get(&id).cloned());
        match outcome.unwrap_or_else(|| Err(Problem::not_found("there is no such lead"))) {
            Ok(event) => BulkResult { lead, status: 201, event: Some(event), problem: None },
            Err(problem) => BulkResult { lead, status: problem.status, event: None, problem: Some(problem) },
        }
    };
    Ok(Answer::new(207, &BulkView { results: named.into_iter().map(result).collect() })?)
}

/// Puts the event on the calendars of the first of `leads`, as many as one commit holds; answers for these.
async fn put(
    platform: &Platform,
    call: &Call,
    leads: &[LeadId],
    new: &Unnamed,
) -> Result<Vec<Result<CalendarEventView, Problem>>, Problem> {
    let mut names = HashMap::new();
    for lead in leads {
        names.insert(*lead, new_id(platform, call, *lead, "event")?);
    }
    let named = |lead: LeadId| names.get(&lead).cloned().ok_or(Refusal::NotFound("lead"));
    let by = call.scope.actor();
    let rule = |lead: &Lead, dealer: &Dealer, days: LoadDay<'_>| {
        schedule_event(&CalendarContext { lead, dealer, days, by: &by, now: call.now }, new.clone().named(named(lead.id)?))
    };
    let makes = |id| Key::Event(id, names[&id].clone());
    let also = |id, loaded: &Loaded| {
        // Of a lead that has the event already nothing more is needed.
        let lacks = !loaded.holds(&makes(id));
        let days = found(loaded, id).ok().filter(|_| lacks).map(|(lead, dealer)| lead::days_of(|days| rule(lead, dealer, days)));
        days.into_iter().flatten().collect()
    };
    let rule = |LeadContext { lead, dealer, .. }: LeadContext<'_>, days: LoadDay<'_>| rule(lead, dealer, days);
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| {
        let id = named(lead.id)?;
        shown(lead, [&id, &id], decision, loaded).ok_or(Refusal::NotFound("event"))
    };
    let answers = lead::make_together(LeadsRequest { platform, call, leads }, makes, also, rule, shown).await?;
    Ok(answers.into_iter().map(|answer| Ok(answer??)).collect())
}
