//! Webhooks: the subscriptions of other systems to events (APT-6).

use crate::{body, change};
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{DealerId, Fault, PartnerId, Refusal, Right, WebhookId};
use forecourt_domain::decision::Decision;
use forecourt_domain::webhooks::{Webhook, WebhookEvent, WebhookRequest, WebhookState, Webhooks, endpoint};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Request, new_name, remembered, request};
use forecourt_edge::routes::Operation;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, Purpose};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A webhook to create or to change. In a change, absent fields keep their values.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(example = json!({"url": "https://dms.example.com/hooks", "events": ["lead.created", "lead.assigned"]}))]
pub struct WebhookBody {
    /// URL of the receiver: HTTPS, on a public host.
    #[schema(value_type = String)]
    url: Option<String>,
    /// Events to deliver: `lead.created`, `lead.assigned`, `lead.status_changed`, `appointment.created`, `appointment.reinstated`,
    /// `appointment.moved`,
    /// `appointment.cancelled`, `appointment.attended`.
    #[schema(value_type = Vec<String>)]
    events: Option<Vec<String>>,
    /// Dealers whose events are delivered; empty for all dealers.
    dealers: Option<Vec<String>>,
    /// The partner whose system receives the events: only those of appointments that it made, and nothing of a lead. Absent for a system of
    /// the group itself. It is set when the webhook is created.
    partner: Option<String>,
    /// `on` or `off`.
    state: Option<String>,
}

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookView {
    /// Id of the webhook.
    pub id: String,
    /// Number of the current version; also the ETag.
    pub version: u64,
    /// URL of the receiver.
    pub url: String,
    /// Events that are delivered.
    pub events: Vec<&'static str>,
    /// Dealers whose events are delivered; empty for all dealers.
    pub dealers: Vec<String>,
    /// The partner whose system receives the events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// `on` or `off`.
    pub state: &'static str,
    /// When the webhook was switched off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off_since: Option<DateTime<Utc>>,
    /// Why the webhook is off: `asked` (by a user), `gone` (the receiver answered 410) or `failing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off_because: Option<&'static str>,
    /// Present while every attempt fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing: Option<FailingView>,
    /// Creation time.
    pub created_at: DateTime<Utc>,
    /// Until when requests are also signed with the previous secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_secret_until: Option<DateTime<Utc>>,
    /// The signing secret in the format of Standard Webhooks. Shown only when it is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// A series of failed attempts.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailingView {
    /// Time of the first failure.
    pub since: DateTime<Utc>,
    /// Number of failed attempts.
    pub attempts: u32,
    /// Latest error.
    pub last: String,
}

/// The group's webhooks.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhooksView {
    /// Oldest first, at most 20.
    pub webhooks: Vec<WebhookView>,
}

impl WebhookView {
    fn of(webhook: &Webhook, now: DateTime<Utc>) -> Self {
        let off = match &webhook.state {
            WebhookState::On => None,
            WebhookState::Off { at, why } => Some((*at, why.name())),
        };
        let failing = webhook.failing.as_ref();
        Self {
            id: webhook.id.to_string(),
            version: webhook.version,
            url: webhook.url.clone(),
            events: webhook.events.iter().map(|event| event.name()).collect(),
            dealers: webhook.dealers.iter().map(ToString::to_string).collect(),
            partner: webhook.partner.as_ref().map(ToString::to_string),
            state: if off.is_none() { "on" } else { "off" },
            off_since: off.map(|(at, _)| at),
            off_because: off.map(|(_, why)| why),
            failing: failing.map(|failing| FailingView { since: failing.since, attempts: failing.attempts, last: failing.last.clone() }),
            created_at: webhook.created,
            old_secret_until: webhook.old_until.filter(|until| *until > now),
            secret: None,
        }
    }
}

/// A request about webhooks.
pub(crate) async fn operate(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ManageWebhooks)?;
    match call.operation {
        Operation::MakeWebhook => create(platform, call).await,
        Operation::ListWebhooks => {
            let loaded = platform.store.load(&call.scope, &Load::of([Key::Webhooks])).await?;
            Ok(Answer::new(200, &list(&loaded.webhooks(), call))?)
        }
        _ => one(platform, call).await,
    }
}

fn list(webhooks: &Webhooks, call: &Call) -> WebhooksView {
    let visible = webhooks.webhooks.iter().filter(|webhook| may_manage(&call.scope, &webhook.request()));
    WebhooksView { webhooks: visible.map(|webhook| WebhookView::of(webhook, call.now)).collect() }
}

/// Whether the requester may see and change a webhook: users of single dealers manage only webhooks of dealers that they have access to.
pub(crate) fn may_manage(scope: &Scope, request: &WebhookRequest) -> bool {
    let reached = |dealer: &DealerId| scope.reaches(dealer).is_ok();
    scope.reaches_all() || (!request.dealers.is_empty() && request.dealers.iter().all(reached))
}

async fn create(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let settings = checked_request(body::read(call.json_value()?, "APT-6")?, None)?;
    let id = WebhookId::parse(&new_name(platform, call, "webhooks", "webhook")).map_err(|e| Failure::Broken(e.into()))?;
    let key = platform.store.secret().key_id(Purpose::Webhooks);
    let new = Webhook::new(id, settings, call.scope.actor(), call.now).with_key(key);
    let request = request(platform, call, "webhooks");
    let named = new.dealers.iter().cloned().map(Key::Dealer).chain(new.partner.clone().map(Key::Partner));
    let load = Load::of([Key::Webhooks].into_iter().chain(named).chain(request.as_ref().map(Request::remembered_at)));
    let rule = |loaded: &Loaded, _| {
        if let Some(request) = &request
            && request.done(loaded, call.now)?.is_some()
        {
            let found = loaded.webhooks().get(&new.id).cloned();
            return Ok((None, (found.ok_or(Refusal::NotFound("webhook"))?, true)));
        }
        check_dealers(&new.request(), loaded, call)?;
        check_readable(&new.request(), None, call)?;
        if new.partner.as_ref().is_some_and(|partner| loaded.partner(partner).is_none()) {
            return Err(Refusal::field("partner", "APT-6", "must be a partner of the group"));
        }
        let (decision, made) = loaded.webhooks().with(new.clone())?;
        let again = decision.is_none();
        Ok((remembered(request.as_ref(), decision, 0, call.now), (made, again)))
    };
    let (made, again) = platform.store.decide(&call.scope, load, rule).await?;
    call.note_repeat(again);
    answer(platform, call, &made, Some(1), 201)
}

async fn one(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let id: WebhookId = call.part("webhook", "webhook")?;
    let (mut requested, mut versions) = (None, call.if_match()?);
    if call.operation == Operation::ChangeWebhook {
        requested = Some(body::read::<WebhookBody>(call.json_value()?, "APT-6")?);
        versions = Some(change::required_versions(call)?);
    }
    let dealers =
        requested.iter().flat_map(|requested| requested.dealers.iter().flatten()).filter_map(|dealer| DealerId::parse(dealer).ok());
    let request = request(platform, call, &id).filter(|_| call.operation == Operation::RotateSecret);
    let load = Load::of([Key::Webhooks].into_iter().chain(dealers.map(Key::Dealer)).chain(request.as_ref().map(Request::remembered_at)));
    // A change that names no dealers keeps those of the webhook.
    let load = load.then(|loaded| {
        let kept = loaded.webhooks().get(&id).filter(|_| requested.is_some()).map(|webhook| webhook.dealers.clone());
        kept.into_iter().flatten().map(Key::Dealer).collect()
    });
    let rule = |loaded: &Loaded, _| {
        let webhooks = loaded.webhooks();
        let found = webhooks.get(&id).filter(|webhook| may_manage(&call.scope, &webhook.request()));
        let webhook = found.ok_or(Refusal::NotFound("webhook"))?;
        if let Some(request) = &request
            && let Some(secret) = request.done(loaded, call.now)?
        {
            return Ok((None, (webhooks.clone(), webhook.clone(), Some(secret))));
        }
        let by = call.scope.actor();
        let (after, changed) = match (&requested, call.operation) {
            (Some(requested), _) => {
                let settings = checked_request(requested.clone(), Some(webhook))?;
                check_dealers(&settings, loaded, call)?;
                check_readable(&settings, Some(webhook), call)?;
                let changed = webhook.changed(settings, by, call.now);
                (webhooks.put(&changed), changed)
            }
            (_, Operation::RotateSecret) => {
                let changed = webhook.rotated(platform.store.secret().key_id(Purpose::Webhooks), by, call.now);
                (webhooks.put(&changed), changed)
            }
            (_, Operation::RemoveWebhook) => (webhooks.without(&id), webhook.clone()),
            _ => (webhooks.clone(), webhook.clone()),
        };
        let changes = after != webhooks;
        // A repeat of a change that was made is no conflict.
        if changes && versions.as_ref().is_some_and(|versions| !versions.contains(&webhook.version)) {
            return Err(Refusal::Stale { current: webhook.version });
        }
        let decision: Option<Decision> = changes.then(|| after.clone().decided());
        // The number of the secret that the request creates.
        Ok((remembered(request.as_ref(), decision, changed.secret.into(), call.now), (after, changed, None)))
    };
    let (webhooks, webhook, repeated) = platform.store.decide(&call.scope, load, rule).await?;
    call.note_repeat(repeated.is_some());
    match call.operation {
        Operation::RemoveWebhook => Ok(Answer::new(200, &list(&webhooks, call))?.about(&id)),
        Operation::RotateSecret => {
            // An earlier release stored no number.
            let secret = repeated.and_then(|secret| u32::try_from(secret).ok()).filter(|secret| *secret > 0);
            answer(platform, call, &webhook, Some(secret.unwrap_or(webhook.secret)), 200)
        }
        _ => answer(platform, call, &webhook, None, 200),
    }
}

/// Returns the answer with a webhook, and with the secret that the request created, if any. `secret` is its number.
///
/// # Errors
/// 409 for a repeat if the secret has been replaced, or if its key is no longer valid.
fn answer(platform: &Platform, call: &Call, webhook: &Webhook, secret: Option<u32>, status: u16) -> Result<Answer, Problem> {
    let secret = secret.map(|number| {
        if number != webhook.secret {
            return Err(Refusal::conflict("APT-6", "the secret that this request created has been replaced and is not shown again"));
        }
        let made = webhook.created.timestamp_millis();
        let ended = || Refusal::conflict("APT-6", "the secret that this request created is no longer valid; create another one");
        platform.store.secret().of_webhook(&call.scope, webhook.id.as_str(), made, webhook.current_secret()).ok_or_else(ended)
    });
    let secret = secret.transpose()?.map(|secret| secret.text());
    let view = WebhookView { secret, ..WebhookView::of(webhook, call.now) };
    let answer = Answer::new(status, &view)?.header("etag", format!("\"{}\"", webhook.version)).about(&view.id);
    Ok(if status == 201 { answer.header("location", format!("/webhooks/{}", view.id)) } else { answer })
}

fn check_dealers(request: &WebhookRequest, loaded: &Loaded, call: &Call) -> Result<(), Refusal> {
    if let Some(dealer) = request.dealers.iter().find(|dealer| loaded.dealer(dealer).is_none() || call.scope.reaches(dealer).is_err()) {
        return Err(Refusal::field("dealers", "APT-6", format!("{dealer} must be a dealer that you have access to")));
    }
    if !may_manage(&call.scope, request) {
        return Err(Refusal::field("dealers", "APT-6", "must list at least one dealer, because you do not have access to the whole group"));
    }
    Ok(())
}

/// Refuses events that the receiver, or the user who subscribes to them, may not read (ACC-1). Without the right to read all leads, a
/// webhook with events of leads can only be switched off.
fn check_readable(request: &WebhookRequest, before: Option<&Webhook>, call: &Call) -> Result<(), Refusal> {
    let of_leads = |event: &&WebhookEvent| event.name().starts_with("lead.");
    if request.partner.is_some() && request.events.iter().any(|event| of_leads(&event)) {
        return Err(Refusal::field("events", "APT-6", "must not contain events of leads: a partner may not read leads"));
    }
    let only_off =
        before.map(Webhook::request).is_some_and(|before| *request == before || *request == WebhookRequest { on: false, ..before });
    if !call.scope.reads_every_lead() && request.events.iter().any(|event| of_leads(&event)) && !only_off {
        return Err(Refusal::field("events", "APT-6", "must not contain events of leads: you may not read all leads of these dealers"));
    }
    Ok(())
}

/// Checks a body. Absent fields keep the values of `before`.
fn checked_request(body: WebhookBody, before: Option<&Webhook>) -> Result<WebhookRequest, Refusal> {
    let mut faults = Vec::new();
    let was = before.map(Webhook::request).unwrap_or(WebhookRequest {
        url: String::new(),
        events: [].into(),
        dealers: [].into(),
        partner: None,
        on: true,
    });
    let url = match body.url.map(|url| endpoint(url.trim())) {
        Some(Ok(url)) => url,
        Some(Err(why)) => {
            faults.push(Fault::new("url", "APT-6", why.to_string()));
            String::new()
        }
        None if before.is_none() => {
            faults.push(Fault::new("url", "APT-6", "is required"));
            String::new()
        }
        None => was.url,
    };
    let named = |(i, name): (usize, &String)| {
        let event = WebhookEvent::NAMES.iter().find(|(known, _)| known == name).map(|(_, event)| *event);
        event.ok_or_else(|| {
            let names: Vec<&str> = WebhookEvent::NAMES.iter().map(|(name, _)| *name).collect();
            Fault::new(format!("events[{i}]"), "APT-6", format!("must be one of {}", names.join(", ")))
        })
    };
    let events = match &body.events {
        Some(events) => events.iter().enumerate().filter_map(|event| named(event).map_err(|fault| faults.push(fault)).ok()).collect(),
        None => was.events,
    };
    if events.is_empty() && faults.iter().all(|fault| !fault.field.starts_with("events")) {
        faults.push(Fault::new("events", "APT-6", "must contain at least one event"));
    }
    let mut dealer = |(i, name): (usize, &String)| {
        DealerId::parse(name).map_err(|e| faults.push(Fault::new(format!("dealers[{i}]"), "APT-6", e.to_string()))).ok()
    };
    let dealers = match &body.dealers {
        Some(dealers) if dealers.len() <= MAX_DEALERS => dealers.iter().enumerate().filter_map(&mut dealer).collect(),
        Some(_) => {
            faults.push(Fault::new(
                "dealers",
                "APT-6",
                format!("must contain at most {MAX_DEALERS} dealers; an empty list means all dealers"),
            ));
            [].into()
        }
        None => was.dealers,
    };
    let on = match body.state.as_deref() {
        None => was.on,
        Some("on") => true,
        Some("off") if before.is_some() => false,
        Some(_) => {
            faults.push(Fault::new("state", "APT-6", "must be on, or off for an existing webhook"));
            was.on
        }
    };
    let partner = match body.partner.as_deref().map(|partner| PartnerId::parse(partner.trim())) {
        None => was.partner,
        Some(Ok(partner)) if before.is_none() || was.partner.as_ref() == Some(&partner) => Some(partner),
        Some(Ok(_)) => {
            faults.push(Fault::new("partner", "APT-6", "cannot be changed; create another webhook"));
            None
        }
        Some(Err(e)) => {
            faults.push(Fault::new("partner", "APT-6", e.to_string()));
            None
        }
    };
    if faults.is_empty() { Ok(WebhookRequest { url, events, dealers, partner, on }) } else { Err(Refusal::Invalid(faults)) }
}

/// Maximum number of dealers in a webhook: all webhooks of a group are one stored item.
const MAX_DEALERS: usize = 250;
