//! Events to other systems: signed, in order, retried until the receiver accepts them (APT-6).

use crate::support::world::{ADMIN, CONSOLE_URL, NORDSTERN, Reply, Request, World, at, enquiry};
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forecourt_domain::base::Subject;
use forecourt_send::Call;
use forecourt_send::mail::Mail;
use forecourt_send::texts::Texts;
use forecourt_send::{Carrier, NoAnswer, Sender, Undelivered};
use forecourt_store::keys::{DueKind, WakeUp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

pub const GROUP_ADMIN: &str = "gina.group";
pub const URL: &str = "https://dms.example/hooks";
pub const LEADS: [&str; 3] = ["lead.created", "lead.assigned", "lead.status_changed"];

/// Creates a webhook. Returns its id and its secret.
pub async fn webhook(world: &World, events: &[&str]) -> (String, String) {
    let made = world.post(GROUP_ADMIN, "/webhooks", &json!({"url": URL, "events": events})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    (made.text("/id").to_owned(), made.text("/secret").to_owned())
}

pub async fn patch(world: &World, id: &str, version: u64, body: &Value) -> Reply {
    let headers = [("content-type", "application/json"), ("if-match", &*format!("\"{version}\""))];
    world.call(Request::patch(GROUP_ADMIN, &format!("/webhooks/{id}")).headers(&headers).body(body.to_string().as_bytes())).await
}

pub fn body(call: &Call) -> Value {
    serde_json::from_str(&call.body).unwrap()
}

/// Returns the types of all events that were sent, in order.
pub fn sent_event_types(world: &World) -> Vec<String> {
    world.system.mailbox.calls().iter().map(|call| body(call)["type"].as_str().unwrap().to_owned()).collect()
}

fn ids(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.webhook_id.as_str()).collect()
}

/// Returns the signature: HMAC-SHA256 (RFC 2104) over the content that Standard Webhooks defines.
fn signed(secret: &str, call: &Call) -> String {
    let mut key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    assert_eq!(key.len(), 32);
    key.resize(64, 0);
    let pad = |with: u8| key.iter().map(|byte| byte ^ with).collect::<Vec<u8>>();
    let content = format!("{}.{}.{}", call.webhook_id, call.webhook_timestamp, call.body);
    let inner = Sha256::digest([pad(0x36), content.into_bytes()].concat());
    let outer = Sha256::digest([pad(0x5c), inner.to_vec()].concat());
    format!("v1,{}", STANDARD.encode(outer))
}

#[tokio::test]
async fn apt_6_events_of_a_lead_are_sent_in_order_signed_and_without_personal_data() {
    let (world, begun) = (World::new().await, chrono::Utc::now().timestamp());
    let (id, secret) = webhook(&world, &LEADS).await;
    let lead = world.lead(&enquiry("jana")).await;
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "lost", "reason": "price"})).await.status, 200);
    world.system.settle().await;
    assert_eq!(sent_event_types(&world), LEADS);
    let calls = world.system.mailbox.calls();
    for call in &calls {
        assert_eq!(call.url, URL);
        assert_eq!(call.webhook_signature, signed(&secret, call));
        // Receivers compare the time with their own clock, and the demo's clock is another one.
        assert!((begun..=chrono::Utc::now().timestamp()).contains(&call.webhook_timestamp), "{}", call.webhook_timestamp);
        assert!(call.webhook_id.ends_with(&id) && call.body.len() < 2_048);
        assert!(!call.body.contains("jana") && !call.body.contains("example"), "{}", call.body);
    }
    let last = body(&calls[2]);
    assert_eq!(last["data"], json!({"dealer": NORDSTERN, "lead": lead, "version": 2, "status": "lost"}));
    assert!(last["timestamp"].as_str().unwrap().starts_with("2026-11-23T09:00:00"));
    // The secret is shown only once.
    let shown = world.get(GROUP_ADMIN, &format!("/webhooks/{id}")).await;
    assert_eq!((shown.status, shown.text("/state"), shown.body.get("secret")), (200, "on", None));
}

#[tokio::test]
async fn apt_6_an_appointment_is_reported_from_creation_to_attendance() {
    let world = World::new().await;
    let all = ["appointment.created", "appointment.moved", "appointment.cancelled", "appointment.attended"];
    webhook(&world, &all).await;
    let lead = world.lead(&enquiry("jana")).await;
    let plan = json!({"title": "Test drive", "type": "booked_test_drive", "at": "2026-11-26T10:00:00+01:00"});
    let mut events = Vec::new();
    for _ in 0..2 {
        events.push(world.post(ADMIN, &format!("/leads/{lead}/events"), &plan).await.text("/id").to_owned());
    }
    let of = |i: usize| format!("/leads/{lead}/events/{}", events[i]);
    world.post(ADMIN, &format!("{}/time", of(0)), &json!({"at": "2026-11-27T10:00:00+01:00"})).await;
    world.system.settle().await;
    assert_eq!(world.call(Request::delete(ADMIN, &of(1))).await.status, 200);
    world.advance_to("2026-11-27T11:00:00Z").await;
    assert_eq!(world.post(ADMIN, &format!("{}/completion", of(0)), &json!({})).await.status, 200);
    world.system.settle().await;
    // The events of one appointment keep their order; those of two appointments have none among them.
    let calls = world.system.mailbox.calls();
    let first = body(&calls[0])["data"]["appointment"].clone();
    let (one, other): (Vec<_>, Vec<_>) = calls.iter().map(body).partition(|sent| sent["data"]["appointment"] == first);
    let kinds = |sent: &[serde_json::Value]| sent.iter().map(|sent| sent["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let mut both = [kinds(&one), kinds(&other)];
    both.sort();
    assert_eq!(both, [vec![all[0], all[2]], vec![all[0], all[1], all[3]]]);
    let data = body(calls.last().unwrap())["data"].clone();
    assert_eq!(
        (&data["attendance"], &data["status"], &data["at"]),
        (&json!("completed"), &json!("booked"), &json!("2026-11-27T09:00:00Z"))
    );
}

#[tokio::test]
async fn apt_6_a_rotated_secret_stays_valid_for_a_day() {
    let world = World::new().await;
    let (id, first) = webhook(&world, &LEADS[..1]).await;
    let path = format!("/webhooks/{id}/secret");
    let rotate = || world.call(Request::post(GROUP_ADMIN, &path).headers(&[("idempotency-key", "r-1")]));
    let (rotated, again) = (rotate().await, rotate().await);
    let second = rotated.text("/secret").to_owned();
    assert_eq!((rotated.status, &rotated.body), (200, &again.body), "a repeat makes no other secret");
    assert_ne!(first, second);
    world.lead(&enquiry("jana")).await;
    world.advance_to("2026-11-24T09:00:01Z").await;
    world.lead(&enquiry("karl")).await;
    world.system.settle().await;
    let calls = world.system.mailbox.calls();
    let both = format!("{} {}", signed(&second, &calls[0]), signed(&first, &calls[0]));
    assert_eq!((calls.len(), &calls[0].webhook_signature), (2, &both));
    assert_eq!(calls[1].webhook_signature, signed(&second, &calls[1]));
}

/// APT-6: the repeat of a request whose secret was replaced states this. It shows no other secret, and does not leave it out.
#[tokio::test]
async fn apt_6_a_repeat_shows_only_the_secret_that_its_request_created() {
    let world = World::new().await;
    let body = json!({"url": URL, "events": LEADS}).to_string();
    let create = || world.call(Request::post(GROUP_ADMIN, "/webhooks").headers(&[("idempotency-key", "c-1")]).body(body.as_bytes()));
    let created = create().await;
    assert_eq!((created.status, &create().await.body), (201, &created.body));
    let path = format!("/webhooks/{}/secret", created.text("/id"));
    let rotate = |key: &'static str| world.call(Request::post(GROUP_ADMIN, &path).headers(&[("idempotency-key", key)]));
    let rotated = rotate("r-1").await;
    assert_eq!((rotated.status, &rotate("r-1").await.body), (200, &rotated.body));
    assert_eq!(rotate("r-2").await.status, 200);
    for repeated in [create().await, rotate("r-1").await] {
        let detail = repeated.text("/detail");
        assert!(repeated.status == 409 && detail.contains("has been replaced and is not shown again"), "{}", repeated.body);
    }
}

#[tokio::test]
async fn apt_6_later_events_of_a_lead_wait_while_the_first_is_retried() {
    let world = World::new().await;
    webhook(&world, &LEADS).await;
    world.system.mailbox.set_status(URL.into(), 503);
    let lead = world.lead(&enquiry("jana")).await;
    world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "lost", "reason": "price"})).await;
    world.advance_to("2026-11-23T09:30:00Z").await;
    assert!(sent_event_types(&world).iter().all(|event_type| event_type == "lead.created"), "{:?}", sent_event_types(&world));
    // Another lead is not delayed.
    let before = sent_event_types(&world).len();
    world.lead(&enquiry("karl")).await;
    world.system.settle().await;
    assert_eq!(sent_event_types(&world).len(), before + 1);
    world.system.mailbox.set_status(URL.into(), 200);
    world.advance_to("2026-11-23T11:00:00Z").await;
    let calls = world.system.mailbox.calls();
    let of_lead: Vec<&Call> = calls.iter().filter(|call| call.webhook_id.starts_with(&lead.to_string())).collect();
    let last: Vec<Value> = of_lead[of_lead.len() - 3..].iter().map(|call| body(call)["type"].clone()).collect();
    assert_eq!(last, LEADS);
    assert!(world.store.unsettled_events(&world.scope(), &Subject::Lead(lead)).await.unwrap().is_empty());
}

pub fn notices(world: &World) -> Vec<Mail> {
    world.system.mailbox.mails().into_iter().filter(|mail| mail.id.starts_with("webhook-")).collect()
}

#[tokio::test]
async fn apt_6_a_receiver_that_responds_410_gets_no_more_events_and_an_admin_is_notified() {
    let world = World::new().await;
    let (id, _) = webhook(&world, &LEADS[..2]).await;
    world.system.mailbox.set_status(URL.into(), 410);
    world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    world.lead(&enquiry("karl")).await;
    world.advance_to("2026-11-26T09:00:00Z").await;
    assert_eq!(sent_event_types(&world), ["lead.created"]);
    let mails = notices(&world);
    assert_eq!(mails.len(), 1);
    assert!(mails[0].to.starts_with("gina.group@") && mails[0].text.contains("410"), "{:?}", mails[0]);
    assert!(mails[0].text.ends_with(&format!("{CONSOLE_URL}/desk/group/webhooks/{id}")), "{:?}", mails[0]);
    let shown = world.get(GROUP_ADMIN, &format!("/webhooks/{id}")).await;
    assert_eq!((shown.text("/state"), shown.text("/off_because")), ("off", "gone"));
    // After an update with the current version switches it on again, it receives new events only.
    world.system.mailbox.set_status(URL.into(), 200);
    let (stale, on) = (patch(&world, &id, 1, &json!({"state": "on"})).await, patch(&world, &id, 2, &json!({"state": "on"})).await);
    assert_eq!((stale.status, on.status, on.text("/state")), (412, 200, "on"));
    world.lead(&enquiry("lena")).await;
    world.system.settle().await;
    assert_eq!(sent_event_types(&world)[1..], ["lead.created", "lead.assigned"]);
}

#[tokio::test]
async fn apt_6_a_webhook_that_fails_for_three_days_is_switched_off() {
    let world = World::new().await;
    let (id, _) = webhook(&world, &LEADS[..1]).await;
    world.system.mailbox.set_status(URL.into(), 500);
    for day in 0..3 {
        world.lead(&enquiry(&format!("n{day}"))).await;
        world.advance_to(&format!("2026-11-{}T09:00:00Z", 24 + day)).await;
    }
    assert_eq!(world.get(GROUP_ADMIN, &format!("/webhooks/{id}")).await.text("/state"), "on");
    world.lead(&enquiry("last")).await;
    world.system.settle().await;
    let shown = world.get(GROUP_ADMIN, &format!("/webhooks/{id}")).await;
    assert_eq!((shown.text("/off_because"), notices(&world).len()), ("failing", 1));
}

#[tokio::test]
async fn apt_6_repeated_wake_ups_send_each_event_once() {
    let world = World::delivering_twice().await;
    webhook(&world, &LEADS).await;
    for i in 0..5 {
        world.lead(&enquiry(&format!("n{i}"))).await;
    }
    world.advance_to("2026-11-23T10:00:00Z").await;
    let calls = world.system.mailbox.calls();
    let mut all = ids(&calls);
    all.sort_unstable();
    all.dedup();
    assert_eq!((calls.len(), all.len()), (10, 10));
}

/// A receiver that accepts the event, but whose response is lost.
#[derive(Default)]
struct AcceptingReceiver(Mutex<Vec<Call>>);

#[async_trait]
impl Carrier for AcceptingReceiver {
    async fn carry(&self, _: &Mail) -> Result<String, Undelivered> {
        Err(Undelivered::Later("for the test".into()))
    }

    async fn call(&self, call: &Call) -> Result<u16, NoAnswer> {
        self.0.lock().unwrap().push(call.clone());
        std::future::pending().await
    }
}

pub async fn wake_up(world: &World) -> WakeUp {
    let due = world.store.due(world.system.clock.now(), 100).await.unwrap();
    due.into_iter().map(|(_, wake_up)| wake_up).find(|wake_up| wake_up.kind == DueKind::Notify).unwrap()
}

pub fn sender(world: &World, carrier: Arc<dyn Carrier>) -> Sender {
    Sender {
        platform: world.system.platform.of("send"),
        carrier,
        texts: Arc::new(Texts::new(world.system.platform.console.clone()).unwrap()),
    }
}

#[tokio::test]
async fn apt_6_an_event_of_a_crashed_sender_is_sent_again_with_the_same_id() {
    let world = World::new().await;
    webhook(&world, &LEADS[..1]).await;
    world.lead(&enquiry("jana")).await;
    let lost = Arc::new(AcceptingReceiver::default());
    let (sender, wake_up) = (sender(&world, lost.clone()), wake_up(&world).await);
    let event = json!({"Records": [{"messageId": "1", "body": json!(wake_up).to_string()}]});
    let task = tokio::spawn(async move { sender.handle(serde_json::from_value(event).unwrap()).await });
    while lost.0.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    task.abort();
    world.system.settle().await;
    assert!(sent_event_types(&world).is_empty(), "it is leased");
    world.system.clock.freeze_at(at("2026-11-23T09:05:00Z"));
    world.system.outbox.sweep().await.unwrap();
    world.system.settle().await;
    assert_eq!(ids(&world.system.mailbox.calls()), ids(&lost.0.lock().unwrap()));
}

/// A provider that answers a mail only after a webhook was called.
#[derive(Default)]
struct SlowMail(Notify);

#[async_trait]
impl Carrier for SlowMail {
    async fn carry(&self, _: &Mail) -> Result<String, Undelivered> {
        self.0.notified().await;
        Ok("id".into())
    }

    async fn call(&self, _: &Call) -> Result<u16, NoAnswer> {
        self.0.notify_one();
        Ok(204)
    }
}

#[tokio::test]
async fn apt_6_webhooks_do_not_wait_for_the_mails_of_their_batch() {
    let world = World::new().await;
    webhook(&world, &LEADS[..1]).await;
    let lead = world.lead(&enquiry("jana")).await;
    let notice = json!({"kind": "send", "group": "demo-group", "dealer": NORDSTERN, "lead": lead, "message": "assigned-1"});
    let bodies = [notice, json!(wake_up(&world).await)];
    let records: Vec<Value> = bodies.iter().map(|body| json!({"messageId": "1", "body": body.to_string()})).collect();
    let sender = sender(&world, Arc::new(SlowMail::default()));
    let handled = sender.handle(serde_json::from_value(json!({ "Records": records })).unwrap());
    let response = tokio::time::timeout(Duration::from_secs(60), handled).await.expect("the mail waits for the webhook");
    assert_eq!(response.batch_item_failures.len(), 0);
    assert_eq!(world.page(lead).await.messages[0].state.name(), "sent");
}

#[tokio::test]
async fn apt_6_a_webhook_for_another_dealer_costs_nothing() {
    let world = World::new().await;
    world.lead(&enquiry("warm")).await;
    let cost = async |name: &str| {
        let before = world.store.spent();
        let lead = world.lead(&enquiry(name)).await;
        (world.store.spent().since(before).write_units, lead)
    };
    let (without, lead) = cost("karl").await;
    assert!(world.store.unsettled_events(&world.scope(), &Subject::Lead(lead)).await.unwrap().is_empty());
    let elsewhere = json!({"url": URL, "events": LEADS, "dealers": ["harbour-cars-demo"]});
    assert_eq!(world.post(GROUP_ADMIN, "/webhooks", &elsewhere).await.status, 201);
    assert_eq!(cost("lena").await.0, without);
    world.system.settle().await;
    assert!(sent_event_types(&world).is_empty());
    webhook(&world, &LEADS[..1]).await;
    assert_eq!(cost("mara").await.0, without + 4.0, "an item in the transaction, and its places in the due index and in the list");
}

#[tokio::test]
async fn apt_6_a_group_has_at_most_twenty_webhooks_and_a_repeat_creates_no_second_one() {
    let world = World::new().await;
    let make = async |key: &str, events: &[&str]| {
        let body = json!({"url": URL, "events": events}).to_string();
        world.call(Request::post(GROUP_ADMIN, "/webhooks").headers(&[("idempotency-key", key)]).body(body.as_bytes())).await
    };
    let first = make("w-0", &LEADS).await;
    assert_eq!(make("w-0", &LEADS).await.body, first.body);
    assert_eq!(make("w-0", &LEADS[..1]).await.status, 422);
    // The repeat is also recognised after the webhook has changed.
    assert_eq!(patch(&world, first.text("/id"), 1, &json!({"events": LEADS[..1]})).await.status, 200);
    let again = make("w-0", &LEADS).await;
    assert_eq!((again.status, again.text("/id"), again.headers["idempotent-replay"].as_bytes()), (201, first.text("/id"), &b"true"[..]));
    for i in 1..20 {
        assert_eq!(make(&format!("w-{i}"), &LEADS).await.status, 201);
    }
    assert_eq!(make("w-20", &LEADS).await.status, 409);
    let removed = world.call(Request::delete(GROUP_ADMIN, &format!("/webhooks/{}", first.text("/id")))).await;
    assert_eq!((removed.status, removed.body["webhooks"].as_array().unwrap().len()), (200, 19));
    assert_eq!(make("w-20", &LEADS).await.status, 201);
}

#[tokio::test]
async fn lead_9_webhooks_require_the_right_to_manage_them_and_belong_to_one_group() {
    let world = World::new().await;
    let (id, _) = webhook(&world, &LEADS).await;
    let path = format!("/webhooks/{id}");
    for who in ["anna.vogt", ADMIN, "hugo.office", "partner:portal-demo"] {
        let reply = world.get(who, &path).await;
        assert_eq!((reply.status, reply.text("/right")), (403, "manage_webhooks"), "{who}");
    }
    assert_eq!(world.get("rival.seller", &path).await.status, 404);
    assert_eq!(world.get("rival.seller", "/webhooks").await.body, json!({"webhooks": []}));
    assert_eq!(world.post("rival.seller", &format!("{path}/secret"), &json!({})).await.status, 404);
    let body = json!({"url": URL});
    assert_eq!(world.call(Request::patch(GROUP_ADMIN, &path).body(body.to_string().as_bytes())).await.status, 428);
}

#[tokio::test]
async fn apt_6_all_invalid_fields_of_a_webhook_are_returned_at_once() {
    let world = World::new().await;
    let bad = json!({"url": "https://127.0.0.1/x", "events": ["lead.created", "lead.sold"], "dealers": ["No Dealer"], "state": "asleep"});
    let reply = world.post(GROUP_ADMIN, "/webhooks", &bad).await;
    assert_eq!(
        (reply.status, reply.faults()),
        (422, ["url APT-6", "events[1] APT-6", "dealers[0] APT-6", "state APT-6"].map(str::to_owned).into())
    );
    let reply = world.post(GROUP_ADMIN, "/webhooks", &json!({"urls": URL})).await;
    assert_eq!((reply.status, reply.faults()), (422, vec!["urls API-1".to_owned()]));
    let reply = world.post(GROUP_ADMIN, "/webhooks", &json!({})).await;
    assert_eq!(reply.faults(), ["url APT-6", "events APT-6"]);
    let foreign = json!({"url": URL, "events": LEADS, "dealers": ["rival-dealer"]});
    assert_eq!(world.post(GROUP_ADMIN, "/webhooks", &foreign).await.faults(), ["dealers APT-6"]);
}
