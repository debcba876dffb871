//! Communication with a lead's contact: e-mail, SMS, notes of calls, and quotes as attachments (LEAD-3).

use crate::support::world::{ADMIN, Reply, Request, World, enquiry};
use forecourt_domain::base::LeadId;
use lopdf::Document;
use serde_json::{Value, json};

async fn communicate(world: &World, lead: LeadId, body: &Value) -> Reply {
    world.post("anna.vogt", &format!("/leads/{lead}/communications"), body).await
}

fn mail() -> Value {
    json!({"medium": "email", "subject": "Ihr Angebot", "text": "Guten Tag,\n\nanbei unser Angebot.\n\nAnna Vogt"})
}

async fn jana(world: &World) -> LeadId {
    let mut body = enquiry("petersen");
    body["contact"]["phone"] = json!("0171 2345678");
    body["contact"]["language"] = json!("de");
    world.lead(&body).await
}

/// Returns the delivery state of the lead's first message.
async fn state(world: &World, lead: LeadId) -> (String, String) {
    let list = world.get(ADMIN, &format!("/leads/{lead}/communications")).await;
    (list.text("/elements/0/fate").to_owned(), list.text("/elements/0/why").to_owned())
}

fn to_customer(world: &World) -> Vec<forecourt_send::mail::Mail> {
    world.system.mailbox.mails().into_iter().filter(|mail| mail.to == "petersen@example.com").collect()
}

/// LEAD-3, ESC-7, MSG-1: a mail is sent once, stops the response clock, and is shown with its delivery state.
#[tokio::test]
async fn lead_3_a_mail_to_the_contact_is_sent_once_and_counts_as_a_reply() {
    let world = World::new().await;
    let id = jana(&world).await;
    let path = format!("/leads/{id}/communications");
    let headers = [("content-type", "application/json"), ("idempotency-key", "one")];
    for _ in 0..2 {
        let made = world.call(Request::post("anna.vogt", &path).headers(&headers).body(mail().to_string().as_bytes())).await;
        assert_eq!((made.status, made.text("/medium"), made.text("/subject")), (201, "email", "Ihr Angebot"), "{}", made.body);
    }
    world.system.settle().await;
    let mails = to_customer(&world);
    assert_eq!(mails.iter().map(|mail| (mail.subject.as_str(), mail.from_name.as_str())).collect::<Vec<_>>().len(), 1);
    assert!(mails[0].text.starts_with("Guten Tag,") && mails[0].attachments.is_empty(), "{}", mails[0].text);
    let one = world.get(ADMIN, &format!("{path}/{}", world.get(ADMIN, &path).await.text("/elements/0/id"))).await;
    assert_eq!((one.text("/fate"), one.text("/text")), ("sent", mail()["text"].as_str().unwrap()));
    let page = world.get(ADMIN, &format!("/leads/{id}")).await;
    assert_eq!((page.text("/reaction/kind"), page.body["counts"]["communications"].as_u64()), ("reply", Some(1)));
    let last = page.body["timeline"].as_array().unwrap().last().unwrap()["events"].clone();
    assert_eq!(
        (&last[0]["what"], &last[0]["title"], &last[1]["what"], &last[1]["first"]),
        (&json!("element_added"), &json!("Ihr Angebot"), &json!("reacted"), &json!(true))
    );
    // A communication cannot be changed or removed afterwards.
    assert_eq!(world.post("hugo.office", &path, &mail()).await.text("/right"), "work_leads");
    assert_eq!(world.post("greta.sommer", &path, &mail()).await.status, 404);
}

/// LEAD-3: an SMS is sent, and calls are recorded. A call that reached the contact stops the response clock; one that did not reach the
/// contact does not.
#[tokio::test]
async fn lead_3_an_sms_is_sent_and_calls_are_recorded() {
    let world = World::new().await;
    let id = jana(&world).await;
    let missed = communicate(&world, id, &json!({"medium": "call", "reached": false, "note": "Mailbox"})).await;
    assert_eq!((missed.status, &missed.body["reached"], &missed.body["fate"]), (201, &json!(false), &Value::Null), "{}", missed.body);
    assert!(world.page(id).await.lead.reaction.is_none());
    assert_eq!(communicate(&world, id, &json!({"medium": "call", "reached": true, "note": "Comes on Friday"})).await.status, 201);
    assert_eq!(world.get(ADMIN, &format!("/leads/{id}")).await.text("/reaction/kind"), "call_reached");
    assert_eq!(communicate(&world, id, &json!({"medium": "sms", "text": "Bis Freitag!"})).await.status, 201);
    world.system.settle().await;
    let sms: Vec<_> = world.system.mailbox.sms().into_iter().map(|sms| (sms.to, sms.text)).collect();
    assert_eq!(sms, [("+491712345678".to_owned(), "Bis Freitag!".to_owned())]);
    let events: Vec<Value> = world.get(ADMIN, &format!("/leads/{id}")).await.body["timeline"].as_array().unwrap()[1..]
        .iter()
        .map(|entry| json!([entry["events"][1]["what"], entry["events"][1]["first"]]))
        .collect();
    assert_eq!(events, [json!(["call_missed", null]), json!(["reacted", true]), json!(["reacted", false])]);
}

/// LEAD-3, MSG-1, SET-5: a message that the dealer's settings forbid is refused or recorded as suppressed. Neither counts as a reply.
#[tokio::test]
async fn lead_3_a_message_that_the_settings_forbid_is_refused_or_suppressed() {
    let world = World::new().await;
    let id = jana(&world).await;
    world.settings(|draft| draft.send_external_mail = false).await;
    let made = communicate(&world, id, &mail()).await;
    assert_eq!((made.status, made.text("/fate"), made.text("/why")), (201, "suppressed", "switched"), "{}", made.body);
    world.system.settle().await;
    assert_eq!((state(&world, id).await.0.as_str(), to_customer(&world).len()), ("suppressed", 0));
    assert!(world.page(id).await.lead.reaction.is_none(), "nobody was answered");
    world
        .settings(|draft| {
            draft.send_external_mail = true;
            draft.lead_tracking_only = true;
        })
        .await;
    for body in [mail(), json!({"medium": "sms", "text": "Hallo"})] {
        let refused = communicate(&world, id, &body).await;
        assert_eq!(refused.status, 409);
        assert!(refused.text("/detail").contains("lead_tracking_only"), "{}", refused.body);
    }
    assert_eq!(communicate(&world, id, &json!({"medium": "call", "reached": true})).await.status, 201, "calls are noted all the same");
    // A message to a contact without a channel is refused.
    world.settings(|draft| draft.lead_tracking_only = false).await;
    let silent = world.lead(&json!({"type": "used_car", "contact": {"last_name": "Still", "email": "still@example.com"}})).await;
    let refused = world.post(ADMIN, &format!("/leads/{silent}/communications"), &json!({"medium": "sms", "text": "Hallo"})).await;
    assert_eq!((refused.status, refused.text("/detail")), (409, "the contact has no telephone number that can be dialled (LEAD-3)"));
}

/// LEAD-3: a quote for a new vehicle is attached as overview or order form, in the customer's language, with the content at the time of
/// sending.
#[tokio::test]
async fn lead_3_a_quote_is_attached_as_overview_or_order_form() {
    let world = World::new().await;
    let id = jana(&world).await;
    let quote = json!({"vehicle": {"condition": "new", "make": "Opel", "model": "Corsa"}, "price": {"amount": 2_249_000, "currency": "EUR"},
        "lines": [{"text": "Corsa 1.2", "amount": 2_349_000}, {"text": "Nachlass", "amount": -100_000}], "valid_until": "2026-12-31"});
    let quotes = format!("/leads/{id}/quotes");
    let quoted = world.post("anna.vogt", &quotes, &quote).await.text("/id").to_owned();
    let with = |form: &str| {
        let mut mail = mail();
        mail["quote"] = json!(quoted);
        mail["form"] = json!(form);
        mail
    };
    for form in ["overview", "order_form"] {
        let made = communicate(&world, id, &with(form)).await;
        assert_eq!((made.status, made.text("/quote"), made.text("/form")), (201, quoted.as_str(), form), "{}", made.body);
    }
    let dearer = json!({"price": {"amount": 9_900_000}, "lines": null}).to_string();
    let headers = [("content-type", "application/json")];
    assert_eq!(
        world.call(Request::patch(ADMIN, &format!("{quotes}/{quoted}")).headers(&headers).body(dearer.as_bytes())).await.status,
        200
    );
    world.system.settle().await;
    let mut names = Vec::new();
    for mail in to_customer(&world) {
        let file = &mail.attachments[0];
        let document = Document::load_mem(&file.content).unwrap();
        let text = document.extract_text(&document.get_pages().keys().copied().collect::<Vec<_>>()).unwrap();
        for words in ["22.490,00", "23.490,00", "-1.000,00", "Corsa", "31.12.2026", "petersen", "Autohaus Nordstern"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(!text.contains("desk.example") && text.contains("Unterschrift") == (file.name == "Bestellformular.pdf"), "{text}");
        names.push(file.name.clone());
    }
    names.sort();
    assert_eq!(names, ["Angebot.pdf", "Bestellformular.pdf"]);
    // A quote for a used vehicle or an unknown quote is refused.
    let used = json!({"vehicle": {"condition": "used", "make": "Opel"}, "price": {"amount": 1, "currency": "EUR"}});
    let used = world.post("anna.vogt", &quotes, &used).await.text("/id").to_owned();
    for wrong in [json!(used), json!("nothing"), json!("No Name")] {
        let mut body = mail();
        body["quote"] = wrong;
        assert_eq!(communicate(&world, id, &body).await.faults(), ["quote LEAD-3"]);
    }
    // A field about the quote is refused without a quote.
    for (name, value) in [("form", json!("order_form")), ("qoute", json!(quoted))] {
        let mut body = mail();
        body[name] = value;
        let refused = communicate(&world, id, &body).await;
        assert!((refused.status, refused.faults()[0].starts_with(name)) == (422, true), "{}", refused.body);
    }
    let wrong = json!({"medium": "email", "subject": "", "text": "", "form": "letter"});
    assert_eq!(communicate(&world, id, &wrong).await.faults(), ["subject LEAD-3", "form LEAD-3", "text LEAD-3"]);
    assert_eq!(communicate(&world, id, &json!({"medium": "pigeon"})).await.faults(), ["medium LEAD-3"]);
    assert_eq!(communicate(&world, id, &json!({"medium": "call"})).await.faults(), ["reached LEAD-3"]);
}

/// LEAD-3: a message goes to no other address or number than its writer saw; the check is part of the transaction that stores it.
#[tokio::test]
async fn lead_3_a_message_reaches_no_other_recipient_than_its_writer_saw() {
    let world = World::new().await;
    let id = jana(&world).await;
    let with = |mut body: Value, to: &str| {
        body["to"] = json!(to);
        body
    };
    let sms = json!({"medium": "sms", "text": "Bis Freitag!"});
    for (body, to) in [(mail(), "kim@example.com"), (sms.clone(), "+491719999999"), (mail(), "+491712345678"), (mail(), "")] {
        let refused = communicate(&world, id, &with(body, to)).await;
        assert_eq!((refused.status, refused.text("/rule")), (409, "LEAD-3"), "{to}: {}", refused.body);
    }
    let list = world.get(ADMIN, &format!("/leads/{id}/communications")).await;
    assert_eq!(list.body["elements"], json!([]));
    for (body, to) in [(mail(), "Petersen@Example.com"), (sms, "+491712345678")] {
        let sent = communicate(&world, id, &with(body, to)).await;
        assert_eq!(sent.status, 201, "{to}: {}", sent.body);
    }
}
