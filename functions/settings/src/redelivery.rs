//! The redelivery of a period: all events of a webhook that were not accepted, in one request (APT-6).

use crate::body;
use crate::deliveries::{may_see, webhook};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::{Refusal, Right, WebhookId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::reports::Bound;
use forecourt_domain::webhooks::Outgoing;
use forecourt_edge::Platform;
use forecourt_edge::formats::json::TimeBound;
use forecourt_edge::http::{Answer, Call, Problem, Request, request};
use forecourt_store::keys::Key;
use forecourt_store::{DeliveryQuery, Load, Loaded};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most events of one request.
const MOST: usize = 5_000;
/// Events that are queued in one commit: a transaction is limited to a hundred items.
const TOGETHER: usize = 90;
/// Events that are read at once.
const PAGE: usize = 100;

/// A period whose events are delivered again.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(example = json!({"from": "2026-11-23T00:00:00Z", "until": "2026-11-24T00:00:00Z"}))]
pub struct RedeliveryBody {
    /// Only events from this time, or from this date in UTC, on. Events are kept for two weeks.
    #[schema(value_type = TimeBound)]
    from: Bound,
    /// Only events before this time, or up to the end of this date in UTC; default: now.
    #[serde(default)]
    #[schema(value_type = Option<TimeBound>)]
    until: Option<Bound>,
    /// Whether events that the receiver has accepted are also delivered again; default: only those whose attempts failed.
    #[serde(default)]
    delivered: bool,
}

/// The result of the redelivery of a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct RedeliveryView {
    /// The number of events that are delivered again. Events that wait or are being sent are not among them.
    pub events: usize,
}

/// `POST /webhooks/{webhook}/redelivery`.
pub(crate) async fn redeliver(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ManageWebhooks)?;
    let id: WebhookId = call.part("webhook", "webhook")?;
    let period: RedeliveryBody = body::read(call.json_value()?, "APT-6")?;
    // Without an end in the past, the events of this moment belong to the period.
    let until = period.until.map(Bound::ends_in_utc);
    let until = until.filter(|until| *until <= call.now).unwrap_or(call.now + TimeDelta::milliseconds(1));
    let from = period.from.begins_in_utc();
    if from >= until {
        return Err(Refusal::field("from", "APT-6", "must be before until, and in the past").into());
    }
    let request = request(platform, call, format!("{id} redelivery"));
    let remembered = request.as_ref().map(Request::remembered_at);
    let loaded = platform.store.load(&call.scope, &Load::of([Key::Webhooks].into_iter().chain(remembered.clone()))).await?;
    if let Some(done) = request.as_ref().map(|request| request.answered(&loaded, call.now)).transpose()?.flatten() {
        call.note_repeat(true);
        return Ok(Answer::new(202, &RedeliveryView { events: done.parse().unwrap_or_default() })?.about(&id));
    }
    webhook(&loaded, &id, call)?.check_on()?;
    let chosen = choose(platform, call, &id, &period, until).await?;
    let mut events = 0;
    // Oldest first: an event is never queued before an earlier one of the same lead or appointment.
    for chunk in chosen.chunks(TOGETHER) {
        let keys = chunk.iter().map(|outgoing| Key::Outgoing(outgoing.about.clone(), outgoing.sequence));
        let rule = |loaded: &Loaded, _| {
            let webhook = webhook(loaded, &id, call)?;
            let still = chunk.iter().filter_map(|outgoing| loaded.outgoing(&outgoing.about, outgoing.sequence));
            let again = still.filter(|outgoing| outgoing.belongs_to_redelivery(&id, period.delivered));
            let again: Vec<Item> = again
                .filter_map(|outgoing| outgoing.redelivered(&webhook, call.now).ok())
                .map(|outgoing| Item::Outgoing(Box::new(outgoing)))
                .collect();
            let queued = again.len();
            Ok((Decision::of(again), queued))
        };
        events += platform.store.decide(&call.scope, Load::of(keys.chain([Key::Webhooks])).with_long_retry(), rule).await?;
    }
    if let Some(request) = &request {
        let answered = |loaded: &Loaded, _| {
            let new = request.answered(loaded, call.now)?.is_none();
            Ok((new.then(|| request.answering(Decision::default(), events.to_string(), call.now)), ()))
        };
        platform.store.decide(&call.scope, Load::of(remembered), answered).await?;
    }
    call.note_repeat(false);
    Ok(Answer::new(202, &RedeliveryView { events })?.about(&id))
}

/// Returns the events of the period that are delivered again, oldest first.
async fn choose(
    platform: &Platform,
    call: &Call,
    id: &WebhookId,
    period: &RedeliveryBody,
    until: DateTime<Utc>,
) -> Result<Vec<Outgoing>, Problem> {
    let since = period.from.begins_in_utc().max(call.now - Outgoing::KEPT);
    let mut chosen: Vec<Outgoing> = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let query = DeliveryQuery { webhook: id, since, now: until, cursor: cursor.as_deref(), limit: PAGE };
        let (found, next) = platform.store.deliveries(&call.scope, query).await?;
        let wanted = |outgoing: &Outgoing| {
            outgoing.queued >= since
                && outgoing.queued < until
                && outgoing.belongs_to_redelivery(id, period.delivered)
                && may_see(call, outgoing)
        };
        chosen.extend(found.into_iter().filter(wanted));
        if chosen.len() > MOST {
            return Err(
                Refusal::field("from", "APT-6", format!("must begin a shorter period: this one has more than {MOST} events")).into()
            );
        }
        match next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    chosen.sort_by_key(|outgoing| (outgoing.queued, outgoing.sequence));
    Ok(chosen)
}
