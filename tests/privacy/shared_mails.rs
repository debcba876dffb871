//! Mails with the enquiries of several persons: erasure, legal hold, access file and raw form (PRV-2, PRV-4, PRV-5, INT-2).

use super::access::{file_of, whole};
use super::ledger::backup;
use super::{GROUP_ADMIN, bucket, erased, minutes_pass, order};
use crate::support::mails::find;
use crate::support::world::{ADMIN, MAIL_DOMAIN, NORDSTERN, Request, World, engine, gateway_event};
use aws_lambda_events::encodings::Body;
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_domain::base::{LeadId, MailId};
use forecourt_local::engine as tables;
use serde_json::json;
use std::collections::HashMap;

/// Receives a mail of a portal with an enquiry of each of these persons. Returns its id and its leads, one for each person.
async fn received(world: &World, people: &[&str]) -> (MailId, Vec<LeadId>) {
    let one = |name: &str| {
        let person = format!("<name part=\"full\">{name}</name><email>{}@example.com</email>", name.to_lowercase());
        format!("<prospect><customer><contact>{person}</contact></customer></prospect>")
    };
    let prospects: String = people.iter().map(|name| one(name)).collect();
    let subject = people.join(" and ");
    let raw = format!("From: a@autoplaza.example\r\nSubject: {subject}\r\n\r\n<?xml version=\"1.0\"?><adf>{prospects}</adf>");
    let (id, _) = world.system.receive_mail(raw.as_bytes(), &[format!("{NORDSTERN}.demo-group@{MAIL_DOMAIN}")]).await.unwrap();
    world.system.settle().await;
    let leads: Vec<LeadId> = find(world, &id, NORDSTERN).await.unwrap().leads().collect();
    assert_eq!(leads.len(), people.len(), "{leads:?}");
    (id, leads)
}

/// Deletes the record of a mail, as its expiry does.
async fn expire(world: &World, mail: &MailId) {
    let client = tables::client(engine());
    let is_record =
        |item: &HashMap<String, AttributeValue>| ["pk", "sk"].iter().any(|key| item[*key].as_s().unwrap().contains(mail.as_str()));
    for mut item in backup(world).await.into_iter().filter(is_record) {
        let (pk, sk) = (item.remove("pk").unwrap(), item.remove("sk").unwrap());
        client.delete_item().table_name(&world.table).key("pk", pk).key("sk", sk).send().await.unwrap();
    }
    assert!(find(world, mail, NORDSTERN).await.is_none());
}

/// Returns the answer for the raw form of a lead.
async fn raw(world: &World, who: &str, lead: LeadId) -> (i64, String) {
    let request = Request::get(who, &format!("/leads/{lead}/raw"));
    let shown = world.system.http(gateway_event(&world.tokens, request).unwrap()).await;
    let Some(Body::Text(text)) = shown.body else { panic!("no body") };
    (shown.status_code, text)
}

async fn owner(world: &World, lead: LeadId) -> String {
    world.page(lead).await.lead.owner.unwrap().to_string()
}

/// PRV-4: the file of one person has neither the raw mail, nor its subject, nor the number of the lead of the other person.
#[tokio::test]
async fn prv_4_a_mail_of_several_persons_is_withheld() {
    let world = World::new().await;
    let (mail, leads) = received(&world, &["Emil", "Fred"]).await;
    let (_, alone) = received(&world, &["Gerd"]).await;
    let (emil, fred) = (leads[0], leads[1]);
    // An order concerns the mails that came before it.
    world.advance_to("2026-11-23T09:30:00Z").await;
    let (_, entries) = file_of(&world, emil, None).await;
    let names: Vec<&String> = entries.keys().filter(|name| name.ends_with(".eml")).collect();
    assert_eq!(names, Vec::<&String>::new());
    let all = whole(&entries);
    assert!(all.contains("emil@example.com") && !all.to_lowercase().contains("fred"), "{all}");
    assert!(!all.contains(&fred.spoken()) && all.contains(&emil.spoken()), "{all}");
    let parsed = |name: &str| -> serde_json::Value { serde_json::from_slice(&entries[name]).unwrap() };
    let lead = parsed(&format!("leads/{}.json", emil.spoken()));
    let items = lead["items"].as_array().unwrap();
    assert!(items.iter().any(|item| item["received_as"]["withheld"] == "other_contacts"), "{lead}");
    let record = entries.keys().find(|name| name.starts_with("mails/") && name.ends_with(".json")).unwrap();
    let record = parsed(record);
    assert_eq!((&record["file"]["withheld"], &record["result"]["leads"]), (&json!("other_contacts"), &json!([emil.spoken()])), "{record}");
    // When the record has expired, nobody can tell who else is in the mail.
    expire(&world, &mail).await;
    let (_, entries) = file_of(&world, fred, None).await;
    assert!(!whole(&entries).to_lowercase().contains("emil"), "{}", whole(&entries));
    let (_, entries) = file_of(&world, alone[0], None).await;
    assert_eq!(entries.keys().filter(|name| name.ends_with(".eml")).count(), 1, "{:?}", entries.keys());
}

/// INT-2: the mail of several leads does not open for the seller of one of them when its record has expired: the raw mail can be kept
/// longer.
#[tokio::test]
async fn int_2_a_mail_whose_record_has_expired_is_for_those_who_read_mails() {
    let world = World::new().await;
    let (mail, leads) = received(&world, &["Emil", "Fred"]).await;
    let (seller, other) = (owner(&world, leads[0]).await, owner(&world, leads[1]).await);
    assert_ne!(seller, other, "the rotation gives them to two sellers");
    assert_eq!(raw(&world, &seller, leads[0]).await.0, 403);
    expire(&world, &mail).await;
    let (status, text) = raw(&world, &seller, leads[0]).await;
    assert!(status == 403 && text.contains("INT-7") && !text.contains("fred"), "{status} {text}");
    let (status, text) = raw(&world, ADMIN, leads[0]).await;
    assert!(status == 200 && text.contains("fred@example.com"), "{status} {text}");
}

/// INT-2, PRV-4: a refused enquiry has no lead, and its data is in the mail all the same.
#[tokio::test]
async fn int_2_a_mail_with_a_refused_enquiry_is_for_those_who_read_mails() {
    let world = World::new().await;
    let one = |name: &str, rest: &str| {
        format!("<prospect><customer><contact><name part=\"full\">{name}</name>{rest}</contact></customer></prospect>")
    };
    let prospects = one("Emil", "<email>emil@example.com</email>") + &one("Fred", "<address><street>Waldweg 7</street></address>");
    let raw_mail = format!("From: a@autoplaza.example\r\n\r\n<?xml version=\"1.0\"?><adf>{prospects}</adf>");
    let (id, _) = world.system.receive_mail(raw_mail.as_bytes(), &[format!("{NORDSTERN}.demo-group@{MAIL_DOMAIN}")]).await.unwrap();
    world.system.settle().await;
    let record = find(&world, &id, NORDSTERN).await.unwrap();
    let leads: Vec<LeadId> = record.leads().collect();
    assert!(leads.len() == 1 && record.has_refused_enquiry(), "{record:?}");
    assert_eq!(raw(&world, &owner(&world, leads[0]).await, leads[0]).await.0, 403);
    assert_eq!(raw(&world, ADMIN, leads[0]).await.0, 200);
    let (_, entries) = file_of(&world, leads[0], None).await;
    let all = whole(&entries);
    assert!(!all.contains("Waldweg") && all.contains("other_contacts"), "{all}");
}

fn is_kept(world: &World) -> bool {
    bucket(world).iter().any(|file| file.contains("raw/mail/"))
}

/// PRV-5: a hold on the lead of one person keeps the mail of both, and the receipt of the other person's erasure names the lead.
#[tokio::test]
async fn prv_5_a_mail_of_a_held_lead_survives_the_erasure_of_another_person() {
    let world = World::new().await;
    let (mail, leads) = received(&world, &["Ivo", "Halma"]).await;
    let (ivo, halma) = (leads[0], leads[1]);
    let held = world.post(GROUP_ADMIN, "/legal-holds", &json!({"lead": halma, "reason": "legal_claim"})).await;
    assert_eq!(held.status, 201, "{}", held.body);
    let ordered = order(&world, ivo, None).await;
    assert_eq!(ordered.status, 202, "{}", ordered.body);
    minutes_pass(&world).await;
    let receipt = world.get(GROUP_ADMIN, ordered.headers["location"].to_str().unwrap()).await;
    assert_eq!((receipt.text("/state"), &receipt.body["held"]), ("incomplete", &json!([halma.spoken()])), "{}", receipt.body);
    assert_eq!(receipt.body["erased"]["mails"], 0, "{}", receipt.body);
    assert!(world.page(ivo).await.lead.erased.is_some() && world.page(halma).await.lead.erased.is_none());
    assert!(is_kept(&world), "the evidence stays");
    assert_eq!(raw(&world, ADMIN, halma).await.0, 200);
    assert!(find(&world, &mail, NORDSTERN).await.unwrap().erased.is_none());
    // Without a hold the mail goes with the person.
    let lifted = world.call(Request::delete(GROUP_ADMIN, &format!("/legal-holds/{}", held.text("/id")))).await;
    assert_eq!(lifted.status, 200, "{}", lifted.body);
    erased(&world, halma, None).await;
    assert!(!is_kept(&world));
}

/// PRV-2: the raw mail of several persons is erased with one of them, and the answer states it.
#[tokio::test]
async fn prv_2_the_raw_mail_of_another_lead_is_erased_and_has_not_expired() {
    let world = World::new().await;
    let (mail, leads) = received(&world, &["Ivo", "Halma"]).await;
    let receipt = erased(&world, leads[0], None).await;
    assert_eq!((&receipt["erased"]["mails"], receipt.get("held")), (&json!(1), None), "{receipt}");
    assert!(!is_kept(&world));
    for path in [format!("/leads/{}/raw", leads[1]), format!("/dealers/{NORDSTERN}/mails/{mail}/raw")] {
        let gone = world.get(ADMIN, &path).await;
        assert_eq!((gone.status, gone.text("/rule")), (410, "PRV-2"), "{path}: {}", gone.body);
        assert!(gone.text("/detail").contains("erased"), "{}", gone.body);
    }
}
