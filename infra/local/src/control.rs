//! `/_local`: controls for a person at this machine, such as the clock and the outbox. They exist only in the local run.

use crate::System;
use crate::clock;
use crate::demo::{GroupData, PartnerData};
use crate::gateway;
use crate::mail_events::MailEvent;
use crate::mail_in::NotReceived;
use crate::partner_queue::{PartnerQueue, Queued};
use crate::start::Started;
use crate::text_in::CustomerText;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::PartnerKind;
use forecourt_edge::environment::TokenClaims;
use forecourt_edge::http::Problem;
use forecourt_store::keys::{DueKind, WakeUp};
use http::{Method, StatusCode, Uri, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The clock moves at most this far per request.
const MAX_MOVE: TimeDelta = TimeDelta::days(366);
/// The names of the partners' queues.
const PARTNER_QUEUES: [&str; 2] = ["partner-leads", "partner-appointments"];

fn partner_queue<'a>(system: &'a System, name: &str) -> Option<&'a PartnerQueue> {
    PARTNER_QUEUES.into_iter().zip([&system.queue, &system.appointments]).find(|(known, _)| *known == name).map(|(_, queue)| queue)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    user: Option<String>,
    partner: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockRequest {
    advance_minutes: Option<f64>,
    now: Option<DateTime<Utc>>,
}

/// Sets the status that the receiver at `url` returns.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiverRequest {
    url: String,
    status: u16,
}

/// Reports the delivery state of a mail of the outbox.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MailEventRequest {
    mail: String,
    event: MailEvent,
}

/// Sends a text message of a customer to the number of a dealer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextRequest {
    from: String,
    to: String,
    text: String,
    /// The provider's id; by default a new one.
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QueueRequest {
    /// The verified identity of the sender; by default the demo's first partner that may use the queue.
    sender: Option<String>,
    body: Value,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

/// Answers a request below `/_local`.
pub(crate) async fn answer(started: &Started, method: &Method, uri: &Uri, body: &[u8]) -> Response {
    let Started { system, demo, .. } = started;
    let path = uri.path();
    let answered = match (method, path) {
        (&Method::POST, "/_local/token") => read(body).and_then(|request| token(started, &request)),
        (&Method::GET, "/_local/clock") => Ok(json!({"now": system.clock.now(), "difference": clock::difference(system.clock.offset())})),
        (&Method::POST, "/_local/clock") => match read(body) {
            Ok(request) => move_clock(system, &request).await,
            Err(problem) => Err(problem),
        },
        (&Method::GET, "/_local/outbox") => {
            Ok(json!({"mails": system.mailbox.listed(), "sms": system.mailbox.sms(), "webhooks": system.mailbox.calls()}))
        }
        (&Method::POST, "/_local/webhooks") => read::<ReceiverRequest>(body).map(|request| {
            system.mailbox.set_status(request.url, request.status);
            json!({})
        }),
        (&Method::POST, "/_local/mail-events") => read::<MailEventRequest>(body).and_then(|MailEventRequest { mail, event }| match system
            .mailbox
            .report(&mail, event, system.clock.now())
        {
            true => Ok(json!({"queued": "mail-events"})),
            false => Err(Problem::not_found("there is no mail to a customer or a user with this id; GET outbox lists the ids")),
        }),
        (&Method::POST, path) if path.starts_with("/_local/queues/") => match read(body) {
            Ok(request) => put_on_queue(system, demo, path, request),
            Err(problem) => Err(problem),
        },
        (&Method::GET, path) if queue_of(system, path).is_some() => {
            let queue = queue_of(system, path).unwrap_or(&system.queue);
            stored(queue.waiting()).and_then(|waiting| Ok(json!({"waiting": waiting, "dead_letters": stored(queue.dead())?})))
        }
        (&Method::POST, "/_local/mail") => receive_mail(system, uri.query().unwrap_or_default(), body).await,
        (&Method::POST, "/_local/sms") => match read(body) {
            Ok(request) => receive_text(system, &request).await,
            Err(problem) => Err(problem),
        },
        (&Method::POST, "/_local/redrive") => [&system.queue, &system.appointments, &system.mails, &system.texts]
            .into_iter()
            .try_fold(0, |sum, queue| Ok(sum + stored(queue.redrive())?))
            .map(|redriven| json!({"redriven": redriven})),
        _ => Err(Problem::not_found(
            "the paths below /_local are: POST token, GET and POST clock, GET outbox, POST mail-events, POST webhooks, POST mail, POST sms, GET and POST queues/partner-leads and queues/partner-appointments, POST redrive",
        )),
    };
    match answered {
        Ok(value) => (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response(),
        Err(problem) => gateway::problem(&problem),
    }
}

fn queue_of<'a>(system: &'a System, path: &str) -> Option<&'a PartnerQueue> {
    partner_queue(system, path.strip_prefix("/_local/queues/")?)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|e| Problem::malformed(format!("the body is invalid: {e}")))
}

fn stored<T>(result: std::io::Result<T>) -> Result<T, Problem> {
    result.map_err(|e| Problem::try_again(e.to_string()))
}

/// Returns the claims of a partner's token, as an identity provider issues it to a client.
pub(crate) fn partner_claims<'a>(names: &'a TokenClaims, group: &'a str, partner: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("sub", partner), ("client_id", partner), (names.partner.as_str(), partner), (names.group.as_str(), group)]
}

fn token(started: &Started, request: &TokenRequest) -> Result<Value, Problem> {
    let Started { system, demo, tokens, .. } = started;
    let (group, names) = (demo.group.as_str(), &*system.platform.token_claims);
    let users = demo.users.iter().map(|user| user.id.as_str());
    let partners = demo.partners.iter().map(|p| p.partner.id.as_str());
    let issued = match request {
        TokenRequest { user: Some(user), partner: None } if users.clone().any(|known| known == user) => started.provider().user_token(user),
        TokenRequest { user: None, partner: Some(partner) } if partners.clone().any(|known| known == partner) => {
            tokens.issue(&partner_claims(names, group, partner))
        }
        _ => {
            let users = users.collect::<Vec<_>>().join(", ");
            let partners = partners.collect::<Vec<_>>().join(", ");
            return Err(Problem::not_found(format!("name one user ({users}) or one partner ({partners})")));
        }
    };
    let (token, ends) = issued.map_err(|e| Problem::internal("the token cannot be issued", Some(format!("{e:#}"))))?;
    Ok(json!({"token": token, "token_type": "Bearer", "expires_at": DateTime::from_timestamp(ends, 0)}))
}

/// Receives the raw mail of a request. `to` names recipients, with commas between them; without it, the mail's headers do.
async fn receive_mail(system: &System, query: &str, body: &[u8]) -> Result<Value, Problem> {
    // No address has a space: it was the `+` of a tag.
    let addresses = |value: &str| value.split(',').map(|one| one.trim().replace(' ', "+")).collect::<Vec<_>>();
    let named = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "to");
    let named: Vec<String> = named.flat_map(|(_, value)| addresses(&value)).collect();
    match system.receive_mail(body, &named).await {
        Ok((mail, recipients)) => Ok(json!({"mail": mail, "recipients": recipients})),
        Err(NotReceived::Storage(why)) => Err(Problem::try_again(why)),
        Err(refused) => Err(Problem::malformed(refused.to_string())),
    }
}

/// Receives a text message of a customer.
async fn receive_text(system: &System, request: &TextRequest) -> Result<Value, Problem> {
    let TextRequest { from, to, text, id } = request;
    let claim = system.platform.store.claim_on_number(to).await?;
    if claim.is_none_or(|claim| claim.dealer.is_none()) {
        return Err(Problem::not_found("no dealer has this number; the operator sets it as text_number in the configuration of a dealer"));
    }
    let id = id.clone().unwrap_or_else(|| system.platform.ids.next());
    stored(system.receive_text(&CustomerText { from, to, text, id: &id }))?;
    Ok(json!({"queued": "texts", "id": id}))
}

async fn move_clock(system: &System, request: &ClockRequest) -> Result<Value, Problem> {
    let before = system.clock.now();
    let target = match (request.advance_minutes, request.now) {
        (Some(minutes), None) if minutes.is_finite() && (0.0..=MAX_MOVE.num_minutes() as f64).contains(&minutes) => {
            before + TimeDelta::milliseconds((minutes * 60_000.0).round() as i64)
        }
        (None, Some(now)) if now >= before && now - before <= MAX_MOVE => now,
        (None, Some(now)) if now < before => {
            let before = before.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            return Err(Problem::conflict(format!("the clock cannot move backwards; it is {before}")));
        }
        _ => return Err(Problem::malformed("send either advance_minutes (0 to 527040, 366 days) or now (at most 366 days ahead)")),
    };
    let wake_ups = system.advance_to(target).await;
    stored(system.clock.resume())?;
    Ok(json!({"before": before, "now": system.clock.now(), "wake_ups": wake_ups}))
}

fn put_on_queue(system: &System, demo: &GroupData, path: &str, request: QueueRequest) -> Result<Value, Problem> {
    let name = path.trim_start_matches("/_local/queues/");
    if DueKind::ALL.into_iter().any(|kind| kind.queue() == name) {
        let wake_up: WakeUp =
            serde_json::from_value(request.body).map_err(|e| Problem::malformed(format!("the body is not a wake-up: {e}")))?;
        if wake_up.kind.queue() != name {
            return Err(Problem::malformed(format!("a wake-up of the kind {} does not belong on the queue {name}", wake_up.kind.name())));
        }
        system.agenda.add(system.clock.now(), wake_up);
        return Ok(json!({"queued": name}));
    }
    let Some(queue) = partner_queue(system, name) else {
        return Err(Problem::not_found(format!(
            "there is no such queue; the queues are {}, assign, escalate and send",
            PARTNER_QUEUES.join(", ")
        )));
    };
    let body = match request.body {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let may_send = |p: &&PartnerData| name == PARTNER_QUEUES[0] || p.partner.kind != PartnerKind::Portal;
    let sender = request.sender.or_else(|| demo.partners.iter().find(may_send).map(|p| p.sender_id.clone())).unwrap_or_default();
    let message = Queued { id: queue.new_id(), sender, body, attributes: request.attributes, ..Queued::default() };
    stored(queue.put(&message))?;
    Ok(json!({"queued": name, "message_id": message.id}))
}
