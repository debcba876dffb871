//! What a webhook was told, and what became of it; once more, by hand (APT-6).

use crate::webhooks::sees;
use chrono::{DateTime, Utc};
use forecourt_domain::base::{Refusal, Subject, WebhookId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::webhooks::{DeliveryState, Outgoing, Webhook};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Request, remembered, request};
use forecourt_store::keys::Key;
use forecourt_store::{DeliveryQuery, Load, Loaded};
use serde::Serialize;
use utoipa::ToSchema;

/// Most deliveries on a page.
const PAGE: usize = 100;

/// A page of what a webhook was told.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveriesView {
    /// Newest first, by when it was first to be told.
    pub deliveries: Vec<DeliveryView>,
    /// Where the next page starts; `null`: there is no more.
    pub cursor: Option<String>,
}

/// One thing told to a webhook. What it said is ids and states; it is not kept apart from these.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    /// Its name among the webhook's deliveries.
    pub id: String,
    /// What the receiver sees as `webhook-id`: the same for each attempt, by hand too.
    pub webhook_id: String,
    /// What happened: `lead.created` and so on.
    pub event: &'static str,
    /// At which dealer.
    pub dealer: String,
    /// To which lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// To which appointment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment: Option<String>,
    /// When it happened.
    pub happened_at: DateTime<Utc>,
    /// `waiting`, `sending`, `delivered` or `given_up`.
    pub state: &'static str,
    /// How many attempts were begun.
    pub attempts: u32,
    /// When the latest ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// What the receiver answered then; none: nothing was heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_status: Option<u16>,
    /// What stood in its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
    /// When it is tried next, if nothing of the same lead or appointment is still before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Why it is not tried any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_up_because: Option<String>,
}

impl DeliveryView {
    fn of(outgoing: &Outgoing, webhook: &WebhookId) -> Option<Self> {
        let delivery = outgoing.delivery(webhook)?;
        let (state, next, given_up) = match &delivery.fate {
            DeliveryState::Queued { due, .. } => ("waiting", Some(*due), None),
            DeliveryState::Sending { .. } => ("sending", None, None),
            DeliveryState::Delivered { .. } => ("delivered", None, None),
            DeliveryState::Telling { .. } => ("given_up", None, Some("it has switched the webhook off".to_owned())),
            DeliveryState::GivenUp { why, .. } => ("given_up", None, Some(why.clone())),
        };
        let last = delivery.last.as_ref();
        Some(Self {
            id: name(outgoing),
            webhook_id: outgoing.id(webhook),
            event: outgoing.told.name(),
            dealer: outgoing.data.dealer.to_string(),
            lead: outgoing.data.lead.map(|lead| lead.to_string()),
            appointment: outgoing.data.appointment.as_ref().map(ToString::to_string),
            happened_at: outgoing.at,
            state,
            attempts: delivery.attempts,
            last_attempt_at: last.map(|last| last.at),
            last_status: last.and_then(|last| last.status),
            last_failure: last.and_then(|last| last.failure.clone()),
            next_attempt_at: next,
            given_up_because: given_up,
        })
    }
}

fn name(outgoing: &Outgoing) -> String {
    match &outgoing.about {
        Subject::Lead(lead) => format!("lead-{lead}-{}", outgoing.sequence),
        Subject::Appointment(id) => format!("appointment-{id}-{}", outgoing.sequence),
    }
}

/// What a delivery's name names.
fn named(name: &str) -> Option<(Subject, u64)> {
    let (about, sequence) = name.rsplit_once('-')?;
    let about = match (about.strip_prefix("lead-"), about.strip_prefix("appointment-")) {
        (Some(lead), _) => Subject::Lead(lead.parse().ok()?),
        (_, Some(id)) => Subject::Appointment(id.parse().ok()?),
        _ => return None,
    };
    Some((about, sequence.parse().ok()?))
}

/// Whether what happened at a dealer is for the asker to see: a webhook may have been told of more than it is now.
fn shown(call: &Call, outgoing: &Outgoing) -> bool {
    call.scope.reaches_all() || call.scope.reaches(&outgoing.data.dealer).is_ok()
}

fn webhook(loaded: &Loaded, id: &WebhookId, call: &Call) -> Result<Webhook, Refusal> {
    let found = loaded.webhooks().get(id).cloned();
    found.filter(|webhook| sees(&call.scope, &webhook.wish())).ok_or(Refusal::NotFound("webhook"))
}

/// `GET /webhooks/{webhook}/deliveries`: what happened in the last two weeks.
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let id: WebhookId = call.part("webhook", "webhook")?;
    call.only_queries(&["limit", "cursor"], "APT-6")?;
    let limit = call.query_as::<usize>("limit", "APT-6", "a number from 1 to 100")?.unwrap_or(25);
    if !(1..=PAGE).contains(&limit) {
        return Err(Refusal::field("limit", "APT-6", "must be a number from 1 to 100").into());
    }
    webhook(&platform.store.load(&call.scope, &Load::of([Key::Webhooks])).await?, &id, call)?;
    let since = call.now - Outgoing::KEPT;
    let page = DeliveryQuery { webhook: &id, since, now: call.now, cursor: call.query("cursor"), limit };
    let (told, cursor) = platform.store.deliveries(&call.scope, page).await?;
    let deliveries = told.iter().filter(|outgoing| shown(call, outgoing)).filter_map(|outgoing| DeliveryView::of(outgoing, &id)).collect();
    Ok(Answer::new(200, &DeliveriesView { deliveries, cursor })?.about(&id))
}

/// `POST /webhooks/{webhook}/deliveries/{delivery}/redeliver`: under the same id, so that a receiver can drop what it has.
pub(crate) async fn redeliver(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let id: WebhookId = call.part("webhook", "webhook")?;
    let delivery: String = call.part("delivery", "delivery")?;
    let (about, sequence) = named(&delivery).ok_or(Refusal::NotFound("delivery"))?;
    let request = request(platform, call, format!("{id} {delivery}"));
    let keys = [Key::Webhooks, Key::Outgoing(about.clone(), sequence)];
    let load = Load::of(keys.into_iter().chain(request.as_ref().map(Request::remembered_at)));
    let rule = |loaded: &Loaded, _| {
        let webhook = webhook(loaded, &id, call)?;
        let found = loaded.outgoing(&about, sequence).filter(|outgoing| shown(call, outgoing));
        let outgoing = found.ok_or(Refusal::NotFound("delivery"))?;
        if let Some(request) = &request
            && request.done(loaded, call.now)?.is_some()
        {
            return Ok((None, (outgoing.clone(), true)));
        }
        let again = outgoing.redelivered(&webhook, call.now)?;
        let decision = Decision::default().with(Item::Outgoing(Box::new(again.clone())));
        Ok((remembered(request.as_ref(), Some(decision), 0, call.now), (again, false)))
    };
    let (outgoing, repeated) = platform.store.decide(&call.scope, load, rule).await?;
    let view = DeliveryView::of(&outgoing, &id).ok_or(Refusal::NotFound("delivery"))?;
    call.note_repeat(repeated);
    Ok(Answer::new(202, &view)?.about(&id))
}
