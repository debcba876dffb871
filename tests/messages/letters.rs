//! Letters to customers about their appointments: recipients, media and delivery states (APT-3, MSG-1).

use crate::support::appointments::{WHEN, appointment, made, seen};
use crate::support::letters::{letters, mails_to};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at};
use async_trait::async_trait;
use forecourt_domain::base::Medium;
use forecourt_send::mail::Mail;
use forecourt_send::texts::Texts;
use forecourt_send::{Carrier, Sender, Sms, Undelivered};
use serde_json::{Value, json};
use std::sync::Arc;

#[tokio::test]
async fn apt_3_each_letter_from_confirmation_to_cancellation_is_sent_and_recorded() {
    let world = World::new().await;
    world.settings(|s| s.appointments.media = [Medium::Email, Medium::Sms].into()).await;
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    let page = seen(&world, &id).await;
    assert_eq!(
        (page.text("/origin"), page.text("/team"), page.text("/state"), page.text("/attendance")),
        ("forecourt", "dealer", "booked", "unknown")
    );
    assert_eq!(page.body["confirmed"], json!({"email": true, "sms": true}));
    assert_eq!(letters(&page), ["confirmation email sent", "confirmation sms sent", "reminder email queued", "reminder sms queued"]);
    let moved = world.post(ADMIN, &format!("/appointments/{id}/time"), &json!({"at": "2026-11-27T10:00:00+01:00"})).await;
    assert_eq!((moved.status, moved.text("/at"), &moved.headers["etag"]), (200, "2026-11-27T09:00:00Z", &"\"2\"".parse().unwrap()));
    // The reminder for the old time is stale on its day. The one for the new time is sent.
    world.advance_to("2026-11-25T12:00:00Z").await;
    let page = seen(&world, &id).await;
    assert_eq!(page.body["reminded"], json!({"email": false, "sms": false}));
    assert_eq!(letters(&page)[2..4], ["reminder email suppressed no_longer_so", "reminder sms suppressed no_longer_so"]);
    world.advance_to("2026-11-26T12:00:00Z").await;
    let page = seen(&world, &id).await;
    assert_eq!(page.body["reminded"], json!({"email": true, "sms": true}));
    let cancelled = world.post(ADMIN, &format!("/appointments/{id}/cancellation"), &json!({})).await;
    assert_eq!((cancelled.status, cancelled.text("/state")), (200, "cancelled"), "{}", cancelled.body);
    let page = seen(&world, &id).await;
    assert_eq!(letters(&page)[6..], ["reminder email sent", "reminder sms sent", "cancelled email sent", "cancelled sms sent"]);
    let happened: Vec<&str> = page.body["history"].as_array().unwrap().iter().map(|h| h["what"].as_str().unwrap()).collect();
    assert_eq!(happened, ["made", "moved", "cancelled"]);
    let mails = mails_to(&world, "jana");
    let lines: Vec<&str> = mails.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[2].starts_with("11-26 09:00"), "{lines:?}");
    assert_eq!(world.system.mailbox.sms().iter().filter(|sms| sms.to == "+491712345678").count(), 4);
    // The attached calendar files describe one entry, with a growing sequence number and a cancellation at the end.
    let files: Vec<String> = [0, 1, 3].iter().map(|i| String::from_utf8(mails[*i].0.attachments[0].content.clone()).unwrap()).collect();
    for (file, (sequence, method)) in files.iter().zip([("0", "REQUEST"), ("1", "REQUEST"), ("2", "CANCEL")]) {
        let calendar: icalendar::Calendar = file.parse().unwrap();
        let event = calendar.components.iter().find_map(|component| component.as_event()).unwrap();
        use icalendar::Component as _;
        assert_eq!((event.get_uid().unwrap(), event.property_value("SEQUENCE").unwrap()), (format!("{id}@forecourt").as_str(), sequence));
        assert_eq!(calendar.property_value("METHOD"), Some(method));
    }
}

/// APT-3: an appointment that is cancelled before its reminder is due sends no reminder. An appointment that was never confirmed shows
/// this.
#[tokio::test]
async fn apt_3_a_letter_that_cannot_or_must_not_be_sent_is_recorded_as_suppressed() {
    let world = World::new().await;
    world.settings(|s| s.appointments.media = [Medium::Email, Medium::Sms].into()).await;
    let mut body = appointment("mara", WHEN);
    body["customer"].as_object_mut().unwrap().remove("phone");
    let no_number = made(&world, ADMIN, &body).await;
    let page = seen(&world, &no_number).await;
    assert_eq!(letters(&page)[..2], ["confirmation email sent", "confirmation sms suppressed no_address"]);
    assert_eq!(page.body["confirmed"], json!({"email": true, "sms": false}));
    let mut body = appointment("nora", WHEN);
    body["customer"]["refuses"] = json!(["sms"]);
    let refusing = made(&world, ADMIN, &body).await;
    assert_eq!(letters(&seen(&world, &refusing).await), ["confirmation email sent", "reminder email queued"]);
    world.post(ADMIN, &format!("/appointments/{refusing}/cancellation"), &json!({})).await;
    world.settings(|s| s.send_external_mail = false).await;
    let silent = made(&world, ADMIN, &appointment("olga", WHEN)).await;
    assert_eq!(
        letters(&seen(&world, &silent).await)[..2],
        ["confirmation email suppressed switched", "confirmation sms suppressed switched"]
    );
    assert!(mails_to(&world, "olga").is_empty());
    world.settings(|s| s.send_external_mail = true).await;
    world.advance_to("2026-11-25T12:00:00Z").await;
    let last = |reply: &Reply| letters(reply).into_iter().filter(|line| line.starts_with("reminder email")).collect::<Vec<_>>();
    assert_eq!(last(&seen(&world, &refusing).await), ["reminder email suppressed no_longer_so"]);
    assert_eq!(last(&seen(&world, &no_number).await), ["reminder email sent"]);
}

/// A provider that never responds.
struct SilentProvider(std::sync::Mutex<u32>);

#[async_trait]
impl Carrier for SilentProvider {
    async fn carry(&self, _: &Mail) -> Result<String, Undelivered> {
        *self.0.lock().unwrap() += 1;
        Err(Undelivered::Unclear("timed out".into()))
    }
    async fn carry_sms(&self, _: &Sms) -> Result<String, Undelivered> {
        unreachable!("only mail is sent")
    }
}

/// MSG-1: a letter that may have been sent is shown as unclear and not sent again.
#[tokio::test]
async fn msg_1_a_letter_of_a_crashed_sender_is_unclear_and_not_sent_again() {
    let world = World::new().await;
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    world.system.agenda.lose_everything();
    let carrier = Arc::new(SilentProvider(Default::default()));
    let texts = Arc::new(Texts::new(world.system.platform.console.clone()).unwrap());
    let sender = Sender { platform: world.system.platform.of("send"), carrier: carrier.clone(), texts };
    let wake_up = json!({"kind": "deliver", "group": "demo-group", "dealer": NORDSTERN, "home": {"appointment": id}, "letter": "confirmation-0-email"});
    for _ in 0..3 {
        let event = serde_json::from_value(json!({"Records": [{"messageId": "1", "body": wake_up.to_string()}]})).unwrap();
        assert_eq!(sender.handle(event).await.batch_item_failures.len(), 0);
        world.system.clock.freeze_at(world.system.clock.now() + chrono::TimeDelta::minutes(5));
    }
    assert_eq!(*carrier.0.lock().unwrap(), 1);
    let page = world.get(ADMIN, &format!("/appointments/{id}")).await;
    assert_eq!((letters(&page)[0].as_str(), &page.body["confirmed"]["email"]), ("confirmation email unclear", &json!(false)));
}

/// APT-3: a reminder that was delayed by an outage is not sent at night.
#[tokio::test]
async fn apt_3_a_reminder_delayed_into_the_night_is_sent_in_the_morning() {
    let world = World::new().await;
    let id = made(&world, ADMIN, &appointment("jana", "2026-11-25T19:30:00+01:00")).await;
    world.system.settle().await;
    // The sender is down at 19:30 in Berlin. The sweep finds the reminder at 22:00.
    world.system.agenda.lose_everything();
    world.system.clock.freeze_at(at("2026-11-24T21:00:00Z"));
    world.system.outbox.sweep().await.unwrap();
    world.system.settle().await;
    assert_eq!(letters(&seen(&world, &id).await)[1], "reminder email queued");
    world.advance_to("2026-11-25T08:00:00Z").await;
    assert_eq!(mails_to(&world, "jana")[1].1.get(..11), Some("11-25 07:00"));
}

/// APT-3: a queued letter is not sent if the customer has refused the medium since, and uses the customer's current language.
#[tokio::test]
async fn apt_3_a_queued_letter_follows_the_customers_current_refusals_and_language() {
    let world = World::new().await;
    let corrected = async |name: &str, customer: Value| {
        let id = made(&world, ADMIN, &appointment(name, WHEN)).await;
        seen(&world, &id).await;
        let headers = [("content-type", "application/json"), ("if-match", "*")];
        let body = json!({ "customer": customer }).to_string();
        let reply = world.call(Request::patch(ADMIN, &format!("/appointments/{id}")).headers(&headers).body(body.as_bytes())).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        id
    };
    let refusing = corrected("jana", json!({"refuses": ["email"]})).await;
    corrected("mara", json!({"language": "en"})).await;
    world.advance_to("2026-11-25T08:00:00Z").await;
    assert_eq!(letters(&seen(&world, &refusing).await)[1], "reminder email suppressed refused");
    assert_eq!(mails_to(&world, "jana").len(), 1);
    assert!(mails_to(&world, "mara")[1].1.contains("Reminder: your appointment"), "{:?}", mails_to(&world, "mara"));
}

/// APT-3: each new address gets a confirmation, each letter records its address, and the first letter to a customer is never about a move
/// or a cancellation.
#[tokio::test]
async fn apt_3_each_new_address_gets_a_confirmation_first_and_each_letter_records_its_address() {
    let world = World::new().await;
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    seen(&world, &id).await;
    let patch = async |body: Value| {
        let headers = [("content-type", "application/json"), ("if-match", "*")];
        let reply =
            world.call(Request::patch(ADMIN, &format!("/appointments/{id}")).headers(&headers).body(body.to_string().as_bytes())).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    };
    let sent = async |id: &str| {
        let page = seen(&world, id).await;
        let line = |letter: &Value| {
            format!("{} {} {}", letter["says"].as_str().unwrap(), letter["fate"].as_str().unwrap(), letter["to"].as_str().unwrap_or("-"))
        };
        page.body["letters"].as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    patch(json!({"customer": {"name": "Jana P.", "language": "en"}})).await;
    assert_eq!(sent(&id).await, ["confirmation sent jana@example.com", "reminder queued -"]);
    patch(json!({"customer": {"email": "j.p@example.com"}})).await;
    let corrected = ["confirmation sent jana@example.com", "confirmation sent j.p@example.com"];
    assert_eq!(sent(&id).await[..2], corrected);
    assert_eq!(mails_to(&world, "j.p").len(), 1);
    // This address has already received the same confirmation.
    patch(json!({"customer": {"email": "jana@example.com"}})).await;
    assert_eq!(sent(&id).await[2], "confirmation suppressed -");
    world.post(ADMIN, &format!("/appointments/{id}/time"), &json!({"at": "2026-11-27T10:00:00+01:00"})).await;
    assert!(sent(&id).await.contains(&"moved sent jana@example.com".to_owned()), "{:?}", sent(&id).await);
    // A customer whom no letter has reached gets a confirmation instead of a move, and nothing about a cancellation.
    world.settings(|s| s.send_external_mail = false).await;
    let (moved, cancelled) = (made(&world, ADMIN, &appointment("mara", WHEN)).await, made(&world, ADMIN, &appointment("nora", WHEN)).await);
    assert_eq!(sent(&moved).await[0], "confirmation suppressed -");
    seen(&world, &cancelled).await;
    world.settings(|s| s.send_external_mail = true).await;
    world.post(ADMIN, &format!("/appointments/{moved}/time"), &json!({"at": "2026-11-27T10:00:00+01:00"})).await;
    assert!(sent(&moved).await.contains(&"confirmation sent mara@example.com".to_owned()), "{:?}", sent(&moved).await);
    assert_eq!(seen(&world, &moved).await.body["confirmed"]["email"], true);
    world.post(ADMIN, &format!("/appointments/{cancelled}/cancellation"), &json!({})).await;
    assert!(letters(&seen(&world, &cancelled).await).contains(&"cancelled email suppressed never_told".to_owned()));
    assert!(mails_to(&world, "nora").is_empty());
}

/// LEAD-9: a letter's address is hidden from users who may not see the lead whose contact it belongs to.
#[tokio::test]
async fn lead_9_a_letter_shows_its_address_only_to_users_who_may_see_the_lead() {
    let world = World::new().await;
    let lead = world.lead(&crate::support::world::enquiry("kim")).await;
    let of_lead = made(&world, "partner:centre-demo", &json!({"lead": lead, "kind": "showroom", "at": WHEN, "external_id": "c-1"})).await;
    let mut body = appointment("jana", WHEN);
    body["external_id"] = json!("c-2");
    let own = made(&world, "partner:centre-demo", &body).await;
    world.system.settle().await;
    for (who, id, shown) in [
        (ADMIN, &of_lead, Some("kim@example.com")),
        ("partner:centre-demo", &of_lead, None),
        ("chris.center", &of_lead, None),
        ("partner:centre-demo", &own, Some("jana@example.com")),
    ] {
        let page = world.get(who, &format!("/appointments/{id}")).await;
        let letter = &page.body["letters"][0];
        assert_eq!((letter["fate"].as_str(), letter["to"].as_str()), (Some("sent"), shown), "{who} {}", page.body);
    }
}

/// APT-3: an upcoming appointment cannot be moved into the past, because the customer would be notified of a time that is over.
#[tokio::test]
async fn apt_3_a_future_appointment_cannot_be_moved_to_a_past_time() {
    let world = World::new().await;
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    let lead = world.lead(&crate::support::world::enquiry("kim")).await;
    let drive = json!({"title": "Drive", "type": "booked_test_drive", "at": WHEN});
    let drive = world.post(ADMIN, &format!("/leads/{lead}/events"), &drive).await;
    let paths = [format!("/appointments/{id}/time"), format!("/leads/{lead}/events/{}/time", drive.text("/id"))];
    for path in &paths {
        for over in ["2026-11-22T10:00:00+01:00", "2026-11-23T08:00:00+01:00"] {
            let over = world.post(ADMIN, path, &json!({"at": over})).await;
            assert_eq!((over.status, over.faults()), (422, vec!["at APT-3".to_owned()]), "{}", over.body);
        }
    }
    world.advance_to("2026-11-25T10:00:00Z").await;
    for path in &paths {
        let corrected = world.post(ADMIN, path, &json!({"at": "2026-11-20T09:00:00+01:00"})).await;
        assert_eq!(corrected.status, 200, "a past appointment may be corrected: {}", corrected.body);
    }
}
