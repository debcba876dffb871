//! The reminder as a text message (ESC-14).

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at, dealer, enquiry};
use chrono::TimeDelta;
use forecourt_domain::messages::{Message, MessageClaim, MessageState};
use serde_json::{Value, json};

/// A user enters their own mobile number.
async fn mobile(world: &World, who: &str, number: Value) -> Reply {
    let version = world.get(who, "/me").await.body["version"].as_u64().unwrap();
    world.call(Request::patch(who, "/me").json(&json!({"mobile": number})).version(version)).await
}

async fn switched_on(world: &World) {
    world.settings(|settings| settings.reminder_by_text = true).await;
}

/// Returns the text messages with their recipients.
fn texts(world: &World) -> Vec<String> {
    world.system.mailbox.sms().iter().map(|sms| format!("{} {} {}", sms.at.format("%m-%d %H:%M"), sms.to, sms.text)).collect()
}

/// Returns the text messages of a lead with their states, as the page of the lead shows them.
async fn states(world: &World, lead: forecourt_domain::base::LeadId) -> Vec<String> {
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    let messages = page.body["messages"].as_array().unwrap().iter().filter(|message| message["text"] == true);
    let line = |m: &Value| {
        let text = |name: &str| m[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {}", text("about"), text("fate"), text("to"), text("why"))
    };
    messages.map(line).collect()
}

/// ESC-14, ACC-6: the reminder is sent as a text message once, beside the mail, if the dealer wants it and the owner has a mobile number.
#[tokio::test]
async fn esc_14_the_owner_is_reminded_by_text_message_once() {
    for world in [World::new().await, World::delivering_twice().await] {
        let entered = mobile(&world, "anna.vogt", json!("+49 171 2345678")).await;
        assert_eq!((entered.status, entered.text("/mobile")), (200, "+491712345678"), "{}", entered.body);
        let off = world.lead(&enquiry("petersen")).await;
        world.advance_to("2026-11-23T10:45:00Z").await;
        assert_eq!((texts(&world), states(&world, off).await), (vec![], vec![]), "it is off by default");
        switched_on(&world).await;
        let lead = world.lead(&enquiry("kim")).await;
        // The rotation gives the second lead to somebody else: it goes to Anna Vogt.
        let assigned = world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": "anna.vogt"})).await;
        assert!(matches!(assigned.status, 200 | 409), "{}", assigned.body);
        world.advance_to("2026-11-24T09:00:00Z").await;
        let n = lead.spoken();
        let sent = [format!("11-23 13:15 +491712345678 Erinnerung: Lead {n}, kim ist bis 23.11.2026, 14:45 Uhr zu beantworten.")];
        assert_eq!(texts(&world), sent);
        assert_eq!(states(&world, lead).await, ["reminder sent anna.vogt -"]);
        let mails = world.mails().into_iter().filter(|mail| mail.contains("Erinnerung") && mail.contains(&n)).count();
        assert_eq!(mails, 1, "the mail is sent as ever: {:?}", world.mails());
    }
}

/// ESC-14, DIS-4: an absent owner's deputy gets it, at the deputy's number.
#[tokio::test]
async fn esc_14_the_deputy_of_an_absent_owner_is_reminded() {
    let world = World::new().await;
    switched_on(&world).await;
    for (who, number) in [("anna.vogt", "+491712345678"), ("ben.krause", "+491719876543")] {
        assert_eq!(mobile(&world, who, json!(number)).await.status, 200);
    }
    let lead = world.lead(&enquiry("petersen")).await;
    let owner = world.page(lead).await.lead.owner.unwrap();
    assert_eq!(owner.as_str(), "anna.vogt");
    world
        .settings(|settings| {
            let anna = settings.members.iter_mut().find(|member| member.user.as_str() == "anna.vogt").unwrap();
            let absence = json!({"from": at("2026-11-23T09:30:00Z"), "until": at("2026-11-30T00:00:00Z"), "deputy": "ben.krause"});
            anna.absences = vec![serde_json::from_value(absence).unwrap()];
        })
        .await;
    world.advance_to("2026-11-23T10:45:00Z").await;
    assert_eq!(texts(&world).len(), 1);
    assert!(texts(&world)[0].starts_with("11-23 10:30 +491719876543"), "{:?}", texts(&world));
    assert_eq!(states(&world, lead).await, ["reminder sent ben.krause -"]);
}

/// ESC-14, ESC-6, ESC-8: nobody is reminded of an answered lead, nor after the deadline, nor outside the opening hours.
#[tokio::test]
async fn esc_14_a_reminder_that_is_no_longer_true_is_not_sent() {
    let world = World::new().await;
    switched_on(&world).await;
    assert_eq!(mobile(&world, "anna.vogt", json!("+491712345678")).await.status, 200);
    let answered = world.lead(&enquiry("petersen")).await;
    let made = world.post(ADMIN, &format!("/leads/{answered}/contact-made"), &json!({"made": true})).await;
    assert_eq!(made.status, 200, "{}", made.body);
    world.advance_to("2026-11-23T12:00:00Z").await;
    assert_eq!((texts(&world), states(&world, answered).await), (vec![], vec![]));
    // After an outage over the deadline, one mail reports the missed reminder.
    let late = world.lead(&enquiry("kim")).await;
    world.system.agenda.lose_everything();
    world.system.clock.freeze_at(at("2026-11-23T16:00:00Z"));
    world.system.outbox.sweep().await.unwrap();
    world.system.settle().await;
    assert_eq!((texts(&world), states(&world, late).await), (vec![], vec![]));
}

/// ESC-14, SET-12: without a number, with notices off and to another country, nothing is sent; the mail is.
#[tokio::test]
async fn esc_14_a_text_message_that_may_not_be_sent_is_replaced_by_nothing() {
    for (case, state) in [
        ("no number", "reminder dropped - notices_off"),
        ("notices off", "reminder dropped - notices_off"),
        ("country", "reminder failed - the dealer sends no text messages to the country of this number"),
    ] {
        let world = World::new().await;
        switched_on(&world).await;
        let number = match case {
            "no number" => Value::Null,
            "country" => json!("+1 312 867 5310"),
            _ => json!("+491712345678"),
        };
        assert_eq!(mobile(&world, "anna.vogt", number).await.status, 200, "{case}");
        if case == "notices off" {
            let version = world.get("anna.vogt", "/me").await.body["version"].as_u64().unwrap();
            let off = Request::patch("anna.vogt", "/me").json(&json!({"notices": false})).version(version);
            assert_eq!(world.call(off).await.status, 200);
        }
        let lead = world.lead(&enquiry("petersen")).await;
        world.advance_to("2026-11-23T10:45:00Z").await;
        assert_eq!(texts(&world), [""; 0], "{case}");
        assert!(world.mails().iter().any(|mail| mail.contains("Erinnerung")) || case == "notices off", "{case}: {:?}", world.mails());
        assert_eq!(states(&world, lead).await, [state], "{case}");
    }
}

/// ESC-14, SET-12: reminders use the dealer's limit of text messages, and one above it is not sent later. A number that stopped the text
/// messages of the dealer gets none.
#[tokio::test]
async fn esc_14_reminders_count_for_the_limits_and_respect_a_stop() {
    let world = World::new().await;
    switched_on(&world).await;
    world.settings(|settings| settings.limits.text_messages_per_hour = 1).await;
    for (who, number) in [("anna.vogt", "+491712345678"), ("ben.krause", "+491719876543"), ("clara.henning", "+491711111111")] {
        assert_eq!(mobile(&world, who, json!(number)).await.status, 200);
    }
    let leads = [world.lead(&enquiry("petersen")).await, world.lead(&enquiry("kim")).await];
    world.advance_to("2026-11-23T11:30:00Z").await;
    assert_eq!(texts(&world).len(), 1, "{:?}", texts(&world));
    let mut both = [states(&world, leads[0]).await, states(&world, leads[1]).await].concat();
    both.sort();
    assert_eq!(both[0], "reminder failed - the limit of text messages is used up (SET-12)");
    assert!(both.len() == 2 && both[1].starts_with("reminder sent "), "{both:?}");

    // A customer of the same number asked for no more text messages.
    let world = World::new().await;
    switched_on(&world).await;
    assert_eq!(mobile(&world, "anna.vogt", json!("+491712345678")).await.status, 200);
    let contact = json!({"last_name": "petersen", "phone": "0171 2345678"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    let stop = json!({"address": "+491712345678", "reason": "stopped"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/stops"), &stop).await.status, 200);
    world.advance_to("2026-11-23T10:45:00Z").await;
    assert_eq!(
        (texts(&world), states(&world, lead).await),
        (vec![], vec!["reminder failed - text messages to this number are stopped".into()])
    );
}

/// ESC-14: a text message whose sender stopped without a result may have arrived: it is not sent again.
#[tokio::test]
async fn esc_14_an_attempt_without_a_result_is_not_repeated() {
    let world = World::new().await;
    switched_on(&world).await;
    assert_eq!(mobile(&world, "anna.vogt", json!("+491712345678")).await.status, 200);
    let lead = world.lead(&enquiry("petersen")).await;
    world.advance_to("2026-11-23T10:45:00Z").await;
    let page = world.page(lead).await;
    let text = page.messages.iter().find(|message| message.text).unwrap();
    let until = at("2026-11-23T10:32:00Z");
    let state = MessageState::Sending { until, attempts: 0, unclear: 0, batch: None };
    let dealer = world.store.dealer(&world.scope(), &dealer(NORDSTERN)).await.unwrap().unwrap();
    let claim = |message: &Message| message.claim(Some(&page.lead), &dealer, until + TimeDelta::seconds(1));
    let Some(MessageClaim::Settle(settled)) = claim(&Message { state: state.clone(), ..text.clone() }) else { panic!("it is sent again") };
    assert!(matches!(&settled.state, MessageState::Failed { why, .. } if why.contains("may have arrived")), "{settled:?}");
    let mail = page.messages.iter().find(|message| !message.text && message.cause.starts_with("reminder-")).unwrap();
    assert!(matches!(claim(&Message { state, ..mail.clone() }), Some(MessageClaim::Send(..))), "a mail is");
}

/// ESC-14, ACC-6: a number that cannot be read is refused, and `null` removes the number.
#[tokio::test]
async fn acc_6_users_enter_their_own_mobile_number() {
    let world = World::new().await;
    for wrong in ["0171 2345678", "+49 12", "+49 171 2345678 ext. 5", "none"] {
        let refused = mobile(&world, "anna.vogt", json!(wrong)).await;
        assert_eq!(refused.faults(), ["mobile SET-7"], "{wrong}: {}", refused.body);
    }
    assert_eq!(mobile(&world, "anna.vogt", json!("+49 171 2345678")).await.text("/mobile"), "+491712345678");
    let version = world.get("anna.vogt", "/me").await.body["version"].as_u64().unwrap();
    let kept = world.call(Request::patch("anna.vogt", "/me").json(&json!({"language": "nl"})).version(version)).await;
    assert_eq!((kept.text("/mobile"), kept.text("/language")), ("+491712345678", "nl"));
    for none in [Value::Null, json!(" ")] {
        assert_eq!(mobile(&world, "anna.vogt", json!("+49 171 2345678")).await.text("/mobile"), "+491712345678");
        assert_eq!(mobile(&world, "anna.vogt", none).await.body["mobile"], Value::Null);
    }
}
