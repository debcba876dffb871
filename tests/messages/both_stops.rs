//! A stop of the customer and one of a user beside each other: neither hides the other, and each is lifted by itself (MSG-1, PRV-6).

use crate::messages::authority::{lift, stops};
use crate::messages::consents::{JANA, consents, declare, granted, last_mail, lead_of, link_of, one_click, write};
use crate::messages::resubscribed::resubscribe;
use crate::support::world::{ADMIN, Request, World, gateway_event};
use aws_lambda_events::encodings::Body;
use forecourt_domain::base::LeadId;
use forecourt_local::text_in::CustomerText;
use serde_json::{Value, json};

const SELLER: &str = "anna.vogt";

/// Records a stop, as a user does.
async fn record(world: &World, lead: LeadId, address: &str, reason: &str) {
    let stop = json!({"address": address, "reason": reason, "note": "asked on the telephone"});
    let recorded = world.post(SELLER, &format!("/leads/{lead}/stops"), &stop).await;
    assert_eq!(recorded.status, 200, "{}", recorded.body);
}

/// Returns the authors of the events that a stop was made.
async fn stopped_by(world: &World, lead: LeadId) -> Vec<Value> {
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    let entries = page.body["timeline"].as_array().unwrap().clone();
    let is_stop = |entry: &Value| entry["events"].as_array().unwrap().iter().any(|event| event["what"] == "address_stopped");
    entries.iter().filter(|entry| is_stop(entry)).map(|entry| entry["by"].clone()).collect()
}

/// Returns the page that the link of a mail opens.
async fn page_of(world: &World, link: &str) -> String {
    let request = Request::get("", link).headers(&[("accept", "text/html"), ("accept-language", "en")]);
    let shown = world.system.http(gateway_event(&world.tokens, request).unwrap()).await;
    let Some(Body::Text(page)) = shown.body else { panic!("no page") };
    assert_eq!(shown.status_code, 200, "{page}");
    page
}

fn authors(stops: &[Value]) -> Vec<&str> {
    stops.iter().map(|stop| stop["by"].as_str().unwrap()).collect()
}

/// PRV-6, MSG-1: the customer's click counts although a user recorded the stop before. The seller lifts the user's stop and not the
/// customer's.
#[tokio::test]
async fn prv_6_a_click_counts_beside_the_stop_of_a_user() {
    let world = World::new().await;
    let lead = lead_of(&world, "Petersen").await;
    declare(&world, lead, &granted("email")).await;
    write(&world, lead, "service", "email").await;
    let link = link_of(&last_mail(&world));
    record(&world, lead, JANA, "unsubscribed").await;
    world.advance_to("2026-11-23T09:20:00Z").await;
    assert_eq!(one_click(&world, &link).await.body["subscribed"], json!(false));
    let both = stops(&world, SELLER, lead).await;
    assert_eq!(authors(&both), ["user:anna.vogt", "customer"], "{both:?}");
    assert_ne!(both[0]["id"], both[1]["id"]);
    assert_eq!((&both[0]["may_lift"], &both[1]["may_lift"]), (&json!(true), &json!(false)), "{both:?}");
    let declared = consents(&world, lead).await;
    let advertising = declared.iter().find(|one| one["purpose"] == "advertising").unwrap();
    assert_eq!(advertising["status"], "withdrawn", "{declared:?}");
    assert_eq!(stopped_by(&world, lead).await.len(), 2);
    world.advance_to("2026-11-23T09:30:00Z").await;
    assert_eq!(lift(&world, SELLER, lead, &both[0], None).await.status, 200);
    assert_eq!(lift(&world, SELLER, lead, &both[1], Some("wants mail")).await.status, 403);
    assert_eq!(authors(&stops(&world, SELLER, lead).await), ["customer"]);
    let refused = write(&world, lead, "advertising", "email").await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "PRV-6"), "{}", refused.body);
    // An id of an earlier release names the customer's stop if there is no other one.
    let earlier = json!({"id": both[0]["id"]});
    assert_eq!(lift(&world, SELLER, lead, &earlier, Some("wants mail")).await.status, 403);
    assert_eq!(lift(&world, ADMIN, lead, &earlier, Some("came to the shop")).await.status, 200);
    assert!(stops(&world, SELLER, lead).await.is_empty());
}

/// PRV-6: a user's record counts although the customer has clicked before. The link, which may be forwarded, does not undo it.
#[tokio::test]
async fn prv_6_a_link_does_not_undo_what_a_user_recorded_after_the_click() {
    let world = World::new().await;
    let lead = lead_of(&world, "Petersen").await;
    declare(&world, lead, &granted("email")).await;
    write(&world, lead, "service", "email").await;
    let link = link_of(&last_mail(&world));
    world.advance_to("2026-11-23T09:20:00Z").await;
    assert_eq!(one_click(&world, &link).await.body["subscribed"], json!(false));
    let page = page_of(&world, &link).await;
    assert!(page.contains("/resubscription") && !page.contains("An employee recorded"), "{page}");
    record(&world, lead, JANA, "unsubscribed").await;
    let both = stops(&world, SELLER, lead).await;
    assert_eq!((authors(&both), both[1]["why"].as_str()), (vec!["customer", "user:anna.vogt"], Some("asked on the telephone")), "{both:?}");
    world.advance_to("2026-11-23T09:30:00Z").await;
    let back = resubscribe(&world, &link).await;
    assert_eq!((back.status, &back.body["subscribed"]), (200, &json!(false)), "{}", back.body);
    assert_eq!(authors(&stops(&world, SELLER, lead).await), ["user:anna.vogt"]);
    let page = page_of(&world, &link).await;
    assert!(page.contains("An employee recorded") && !page.contains("<button"), "no button without effect: {page}");
    let refused = write(&world, lead, "advertising", "email").await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "PRV-6"), "{}", refused.body);
}

/// MSG-3: a text message STOP counts although a user recorded the stop before, and the seller cannot lift it.
#[tokio::test]
async fn msg_3_a_stop_of_the_customer_counts_beside_the_stop_of_a_user() {
    let (own, jana) = ("+4915299999901", "+491712345678");
    let world = World::new().await;
    world.settings(|settings| settings.text_number = Some(own.to_owned())).await;
    let lead = lead_of(&world, "Petersen").await;
    record(&world, lead, jana, "stopped").await;
    let send = async |text: &str, id: &str| {
        world.system.receive_text(&CustomerText { from: jana, to: own, text, id }).unwrap();
        world.system.settle().await;
    };
    world.advance_to("2026-11-23T09:20:00Z").await;
    send("STOP", "t-1").await;
    let both = stops(&world, SELLER, lead).await;
    assert_eq!(authors(&both), ["user:anna.vogt", "customer"], "{both:?}");
    assert_eq!(stopped_by(&world, lead).await.len(), 2);
    assert_eq!(lift(&world, SELLER, lead, &both[0], None).await.status, 200);
    assert_eq!(lift(&world, SELLER, lead, &both[1], Some("wants texts")).await.status, 403);
    let text = json!({"medium": "sms", "text": "Hallo"});
    let refused = world.call(Request::post(SELLER, &format!("/leads/{lead}/communications")).json(&text)).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "MSG-1"), "{}", refused.body);
    // The customer's own text message from the number permits them again, whatever was recorded before.
    record(&world, lead, jana, "stopped").await;
    world.advance_to("2026-11-23T09:40:00Z").await;
    send("START", "t-2").await;
    assert!(stops(&world, SELLER, lead).await.is_empty());
}

/// PRV-6, SET-12: addresses that differ only in a tag are one recipient. A tag does not get around what the customer refused.
#[tokio::test]
async fn prv_6_a_tag_in_the_address_permits_nothing() {
    let world = World::new().await;
    let lead = lead_of(&world, "Petersen").await;
    declare(&world, lead, &granted("email")).await;
    write(&world, lead, "service", "email").await;
    assert_eq!(one_click(&world, &link_of(&last_mail(&world))).await.status, 200);
    let tagged = json!({"emails": ["jana+x@example.com"]});
    let corrected = world.call(Request::patch(SELLER, &format!("/leads/{lead}/contacts/000001")).json(&tagged)).await;
    assert_eq!(corrected.status, 200, "{}", corrected.body);
    for purpose in ["service", "advertising"] {
        let refused = write(&world, lead, purpose, "email").await;
        assert_eq!((refused.status, refused.text("/rule")), (409, "PRV-6"), "{purpose}: {}", refused.body);
    }
    let options = world.get(SELLER, &format!("/leads/{lead}/message-options")).await;
    assert_eq!(options.text("/email/refused_by_purpose/service"), "unsubscribed", "{}", options.body);
    assert_eq!(write(&world, lead, "contract", "email").await.status, 201, "answers are sent");
    // The page of the lead shows the stop, so that those who may lift it find it.
    let listed = stops(&world, SELLER, lead).await;
    assert_eq!((authors(&listed), listed[0]["address"].as_str()), (vec!["customer"], Some(JANA)), "{listed:?}");
    assert_eq!(lift(&world, ADMIN, lead, &listed[0], Some("came to the shop")).await.status, 200);
    let refused = write(&world, lead, "advertising", "email").await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "PRV-6"), "the consent is withdrawn: {}", refused.body);
    // A consent at the address with the tag does not end what the customer withdrew without it.
    world.advance_to("2026-11-23T10:00:00Z").await;
    let mut at_the_tag = granted("email");
    at_the_tag["address"] = json!("jana+x@example.com");
    let declared = declare(&world, lead, &at_the_tag).await;
    assert_eq!(declared.status, 200, "{}", declared.body);
    let refused = write(&world, lead, "advertising", "email").await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "PRV-6"), "{}", refused.body);
}
