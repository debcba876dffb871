//! The deliveries of a webhook: listed, and sent again by hand (APT-6).

use crate::webhooks::may_manage;
use chrono::{DateTime, Utc};
use forecourt_domain::base::{Refusal, Right, Subject, WebhookId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::webhooks::{DeliveryState, Outgoing, Webhook};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries, Request, remembered, request};
use forecourt_store::keys::Key;
use forecourt_store::{DeliveryQuery, Load, Loaded};
use serde::Serialize;
use utoipa::ToSchema;

/// The default page size of the list of deliveries.
const DEFAULT_PAGE: usize = 25;

/// A page of a webhook's deliveries.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveriesView {
    /// Newest first, by the time at which the first attempt was due.
    pub deliveries: Vec<DeliveryView>,
    /// Cursor of the next page; `null` on the last page.
    pub cursor: Option<String>,
}

/// One event delivered to a webhook. The body that was sent is not stored; it held these ids and states.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    /// Id of the delivery within the webhook.
    pub id: String,
    /// The header `webhook-id`: the same for every attempt, redeliveries included.
    pub webhook_id: String,
    /// The event type, such as `lead.created`.
    pub event: &'static str,
    /// Id of the dealer.
    pub dealer: String,
    /// Id of the lead, if the event is about a lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// Id of the appointment, if the event is about an appointment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment: Option<String>,
    /// Time of the event.
    pub happened_at: DateTime<Utc>,
    /// `waiting`, `sending`, `delivered` or `given_up`.
    pub state: &'static str,
    /// Number of attempts started.
    pub attempts: u32,
    /// When the latest attempt ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// HTTP status of the receiver's latest answer; absent if there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_status: Option<u16>,
    /// Error of the latest attempt, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
    /// Time of the next attempt. Earlier events of the same lead or appointment are delivered first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Why no further attempt is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_up_because: Option<String>,
}

impl DeliveryView {
    fn of(outgoing: &Outgoing, webhook: &WebhookId) -> Option<Self> {
        let delivery = outgoing.delivery(webhook)?;
        let (state, next, given_up) = match &delivery.state {
            DeliveryState::Queued { due, .. } => ("waiting", Some(*due), None),
            DeliveryState::Sending { .. } => ("sending", None, None),
            DeliveryState::Delivered { .. } => ("delivered", None, None),
            DeliveryState::Notifying { .. } => ("given_up", None, Some("the webhook was switched off after this delivery".to_owned())),
            DeliveryState::GivenUp { why, .. } => ("given_up", None, Some(why.clone())),
        };
        let last = delivery.last.as_ref();
        Some(Self {
            id: delivery_id(outgoing),
            webhook_id: outgoing.id(webhook),
            event: outgoing.event.name(),
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

fn delivery_id(outgoing: &Outgoing) -> String {
    match &outgoing.about {
        Subject::Lead(lead) => format!("lead-{lead}-{}", outgoing.sequence),
        Subject::Appointment(id) => format!("appointment-{id}-{}", outgoing.sequence),
    }
}

/// Parses the id of a delivery into its subject and sequence number.
fn parse_id(id: &str) -> Option<(Subject, u64)> {
    let (about, sequence) = id.rsplit_once('-')?;
    let about = match (about.strip_prefix("lead-"), about.strip_prefix("appointment-")) {
        (Some(lead), _) => Subject::Lead(lead.parse().ok()?),
        (_, Some(id)) => Subject::Appointment(id.parse().ok()?),
        _ => return None,
    };
    Some((about, sequence.parse().ok()?))
}

/// Whether the requester may see the event's dealer. The webhook may have covered other dealers in the past.
pub(crate) fn may_see(call: &Call, outgoing: &Outgoing) -> bool {
    call.scope.reaches_all() || call.scope.reaches(&outgoing.data.dealer).is_ok()
}

pub(crate) fn webhook(loaded: &Loaded, id: &WebhookId, call: &Call) -> Result<Webhook, Refusal> {
    let found = loaded.webhooks().get(id).cloned();
    found.filter(|webhook| may_manage(&call.scope, &webhook.request())).ok_or(Refusal::NotFound("webhook"))
}

/// `GET /webhooks/{webhook}/deliveries`: the deliveries of the last two weeks.
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ManageWebhooks)?;
    let id: WebhookId = call.part("webhook", "webhook")?;
    let mut queries = Queries::of(call, "APT-6");
    let limit = queries.limit(DEFAULT_PAGE);
    queries.done()?;
    webhook(&platform.store.load(&call.scope, &Load::of([Key::Webhooks])).await?, &id, call)?;
    let since = call.now - Outgoing::KEPT;
    let query = DeliveryQuery { webhook: &id, since, now: call.now, cursor: call.query("cursor"), limit };
    let (found, cursor) = platform.store.deliveries(&call.scope, query).await?;
    let deliveries =
        found.iter().filter(|outgoing| may_see(call, outgoing)).filter_map(|outgoing| DeliveryView::of(outgoing, &id)).collect();
    Ok(Answer::new(200, &DeliveriesView { deliveries, cursor })?.about(&id))
}

/// `POST /webhooks/{webhook}/deliveries/{delivery}/redeliver`: sends the event again with the same `webhook-id`, so that the receiver can
/// recognise a duplicate.
pub(crate) async fn redeliver(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ManageWebhooks)?;
    let id: WebhookId = call.part("webhook", "webhook")?;
    let delivery: String = call.part("delivery", "delivery")?;
    let (about, sequence) = parse_id(&delivery).ok_or(Refusal::NotFound("delivery"))?;
    let request = request(platform, call, format!("{id} {delivery}"));
    let keys = [Key::Webhooks, Key::Outgoing(about.clone(), sequence)];
    let load = Load::of(keys.into_iter().chain(request.as_ref().map(Request::remembered_at)));
    let rule = |loaded: &Loaded, _| {
        let webhook = webhook(loaded, &id, call)?;
        let found = loaded.outgoing(&about, sequence).filter(|outgoing| may_see(call, outgoing));
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
