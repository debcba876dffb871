//! Letters and notices that failed or are unclear: listed, and sent again by hand (MSG-1).

use crate::support::appointments::{WHEN, appointment, made, seen};
use crate::support::letters::{letters, mails_to};
use crate::support::world::{ADMIN, NORDSTERN, Request, World, enquiry};
use async_trait::async_trait;
use forecourt_send::mail::Mail;
use forecourt_send::texts::Texts;
use forecourt_send::{Carrier, Sender, Undelivered};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A provider that always fails in the same way.
struct Failing(fn() -> Undelivered);

#[async_trait]
impl Carrier for Failing {
    async fn carry(&self, _: &Mail) -> Result<String, Undelivered> {
        Err((self.0)())
    }

    fn longest_send(&self) -> Duration {
        Duration::from_secs(15)
    }
}

fn sender(world: &World, failing: fn() -> Undelivered) -> Sender {
    let texts = Arc::new(Texts::new(world.system.platform.console.clone()).unwrap());
    Sender { platform: world.system.platform.of("send"), carrier: Arc::new(Failing(failing)), texts }
}

/// Sends the message of a wake-up through a provider that fails.
async fn fail(world: &World, wake_up: &Value, failing: fn() -> Undelivered) {
    world.system.agenda.lose_everything();
    let event = serde_json::from_value(json!({"Records": [{"messageId": "1", "body": wake_up.to_string()}]})).unwrap();
    assert_eq!(sender(world, failing).handle(event).await.batch_item_failures.len(), 0);
}

fn unclear() -> Undelivered {
    Undelivered::Unclear("timed out".into())
}

fn rejected() -> Undelivered {
    Undelivered::Never("the address is not verified".into())
}

fn letter_of(id: &str) -> Value {
    json!({"kind": "deliver", "group": "demo-group", "dealer": NORDSTERN, "home": {"appointment": id}, "letter": "confirmation-0-email"})
}

async fn list(world: &World, who: &str) -> Vec<Value> {
    let page = world.get(who, &format!("/dealers/{NORDSTERN}/undelivered")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.body["messages"].as_array().unwrap().clone()
}

fn path(message: &Value) -> String {
    format!("/dealers/{NORDSTERN}/undelivered/{}/resend", message["id"].as_str().unwrap())
}

#[tokio::test]
async fn msg_1_an_unclear_letter_is_listed_and_sent_again_only_by_hand() {
    let world = World::new().await;
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    fail(&world, &letter_of(&id), unclear).await;
    world.system.settle().await;
    assert_eq!((letters(&seen(&world, &id).await)[0].as_str(), mails_to(&world, "jana").len()), ("confirmation email unclear", 0));
    let listed = list(&world, ADMIN).await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!((&listed[0]["state"], &listed[0]["kind"], &listed[0]["appointment"]), (&json!("unclear"), &json!("letter"), &json!(id)));
    let again = async || world.call(Request::post(ADMIN, &path(&listed[0])).headers(&[("idempotency-key", "r-1")])).await;
    let (first, repeat) = (again().await, again().await);
    assert_eq!((first.status, first.text("/state"), repeat.status), (202, "queued", 202), "{}", first.body);
    world.system.settle().await;
    assert_eq!((letters(&seen(&world, &id).await)[0].as_str(), mails_to(&world, "jana").len()), ("confirmation email sent", 1));
    assert!(list(&world, ADMIN).await.is_empty());
    assert_eq!(world.post(ADMIN, &path(&listed[0]), &json!({})).await.status, 409, "it was sent");
}

#[tokio::test]
async fn msg_1_what_is_no_longer_so_is_not_sent_again() {
    let world = World::new().await;
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    fail(&world, &letter_of(&id), rejected).await;
    let listed = list(&world, ADMIN).await;
    assert_eq!((&listed[0]["state"], &listed[0]["why"]), (&json!("failed"), &json!("the address is not verified")));
    world.post(ADMIN, &format!("/appointments/{id}/cancellation"), &json!({})).await;
    let refused = world.post(ADMIN, &path(&listed[0]), &json!({})).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text("/detail").contains("no_longer_so"), "{}", refused.body);
}

#[tokio::test]
async fn msg_1_a_failed_notice_is_sent_again_and_only_to_whom_it_may_concern() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let wake_up = json!({"kind": "send", "group": "demo-group", "dealer": NORDSTERN, "lead": lead, "message": "assigned-1"});
    fail(&world, &wake_up, rejected).await;
    let listed = list(&world, ADMIN).await;
    assert_eq!((listed.len(), &listed[0]["kind"], &listed[0]["lead"]), (1, &json!("notice"), &json!(lead.to_string())));
    // The owner sees it, another seller does not; other groups and roles do not reach it.
    assert_eq!((list(&world, "anna.vogt").await.len(), list(&world, "ben.krause").await.len()), (1, 0));
    for (who, status) in [("ben.krause", 404), ("rival.seller", 404), ("hugo.office", 403), ("partner:portal-demo", 403)] {
        assert_eq!(world.post(who, &path(&listed[0]), &json!({})).await.status, status, "{who}");
    }
    for wrong in ["nothing", "notice-lead-1~x", "letter-lead-x~y"] {
        let path = format!("/dealers/{NORDSTERN}/undelivered/{wrong}/resend");
        assert_eq!(world.post(ADMIN, &path, &json!({})).await.status, 404, "{wrong}");
    }
    let again = async || world.call(Request::post("anna.vogt", &path(&listed[0])).headers(&[("idempotency-key", "r-2")])).await;
    let first = again().await;
    assert_eq!((first.status, first.text("/state")), (202, "queued"), "{}", first.body);
    world.system.settle().await;
    // The answer to a repeat has the state since then.
    let repeat = again().await;
    assert_eq!((repeat.status, repeat.text("/state"), repeat.text("/at")), (202, "sent", "2026-11-23T09:00:00Z"), "{}", repeat.body);
    assert_eq!(world.mails().len(), 1, "{:?}", world.mails());
    assert!(list(&world, ADMIN).await.is_empty());
}

/// MSG-1: a batch claims a letter only while the time left exceeds one send's longest time; the rest returns unclaimed.
#[tokio::test]
async fn msg_1_what_a_batch_has_no_time_for_goes_back_unclaimed() {
    let world = World::new().await;
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    world.system.agenda.lose_everything();
    let event = || serde_json::from_value(json!({"Records": [{"messageId": "1", "body": letter_of(&id).to_string()}]})).unwrap();
    let sender = sender(&world, unclear);
    let in_time = async |seconds| sender.handle_until(event(), Some(Instant::now() + Duration::from_secs(seconds))).await;
    assert_eq!(in_time(19).await.batch_item_failures.len(), 1);
    let page = world.get(ADMIN, &format!("/appointments/{id}")).await;
    assert_eq!(letters(&page)[0], "confirmation email queued");
    assert_eq!(in_time(60).await.batch_item_failures.len(), 0);
    let page = world.get(ADMIN, &format!("/appointments/{id}")).await;
    assert_eq!(letters(&page)[0], "confirmation email unclear");
}
