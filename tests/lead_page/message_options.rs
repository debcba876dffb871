//! What a message to the customer can have, and what a sent or received one shows (LEAD-3, MSG-1).

use crate::support::documents::uploaded;
use crate::support::mails::answer;
use crate::support::world::{ADMIN, Request, World, enquiry, gateway_event};
use aws_lambda_events::encodings::Body;
use forecourt_domain::base::LeadId;
use serde_json::{Value, json};

const SELLER: &str = "anna.vogt";
const TEXT: &str = "Subject: AW: Ihr Angebot\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nJa, gerne!\r\n";

fn path(lead: LeadId) -> String {
    format!("/leads/{lead}/message-options")
}

async fn options(world: &World, lead: LeadId, query: &str) -> Value {
    let reply = world.get(ADMIN, &format!("{}{query}", path(lead))).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body
}

/// LEAD-3: the recipients are those of the message, with the reason if it would be refused.
#[tokio::test]
async fn lead_3_the_options_name_the_recipients_and_why_a_message_would_be_refused() {
    let world = World::new().await;
    let contact = json!({"last_name": "Petersen", "email": "bounce+jana@simulator.amazonses.com", "phone": "0171 2345678"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    world.system.settle().await;
    let first = options(&world, lead, "").await;
    assert_eq!(
        first["email"],
        json!({"address": "bounce+jana@simulator.amazonses.com", "refused_by_purpose": {"advertising": "no_consent"}})
    );
    assert_eq!(first["sms"], json!({"address": "+491712345678", "refused_by_purpose": {"advertising": "no_consent"}}));
    assert_eq!((&first["contact"], &first["subject"], &first["not_sent"]), (&json!("Petersen"), &Value::Null, &Value::Null));
    let letter = json!({"medium": "email", "subject": "Ihr Angebot", "text": "Guten Tag"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/communications"), &letter).await.status, 201);
    world.system.settle().await;
    let stop = json!({"address": "+49 (171) 234-5678", "reason": "stopped"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/stops"), &stop).await.status, 200);
    let stopped = options(&world, lead, "").await;
    assert_eq!((&stopped["email"]["refused"], &stopped["sms"]["refused"]), (&json!("bounced"), &json!("stopped")));
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/communications"), &letter).await.status, 409, "as the options say");
    let abroad = json!({"type": "used_car", "source": "website", "contact": {"last_name": "Kim", "phone": "+1 212 555 0100"}});
    let abroad = world.lead(&abroad).await;
    let shown = options(&world, abroad, "").await;
    assert_eq!((&shown["email"], &shown["sms"]["refused"]), (&Value::Null, &json!("country")), "{shown}");
    world.settings(|settings| settings.send_external_mail = false).await;
    assert_eq!(options(&world, lead, "").await["not_sent"], "switched");
    world.settings(|settings| settings.lead_tracking_only = true).await;
    assert_eq!(options(&world, lead, "").await["not_sent"], "tracking_only");
}

/// LEAD-3, LEAD-7: a message goes to the contact and the address that its writer chooses, and to nobody else.
#[tokio::test]
async fn lead_7_a_message_goes_to_the_chosen_contact_and_address() {
    let world = World::new().await;
    let contact = json!({"last_name": "Petersen", "email": "jana@example.com", "phone": "0171 2345678"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    let contacts = format!("/leads/{lead}/contacts");
    let kim = json!({"last_name": "Kim", "emails": ["kim@example.com", "k2@example.com"], "phones": [{"number": "0171 9876543"}]});
    let made = world.post(ADMIN, &contacts, &kim).await;
    let id = made.headers["location"].to_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let stop = json!({"address": "+491719876543", "reason": "stopped"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/stops"), &stop).await.status, 200);
    let shown = options(&world, lead, "").await;
    let line = |one: &Value| {
        let text = |name: &str| one[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {} {} {}", text("medium"), text("contact"), text("name"), text("address"), text("refused"), one["default"])
    };
    let lines: Vec<String> = shown["recipients"].as_array().unwrap().iter().map(line).collect();
    let expected = [
        "email 000001 Petersen jana@example.com - true".to_owned(),
        "sms 000001 Petersen +491712345678 - true".to_owned(),
        format!("email {id} Kim kim@example.com - false"),
        format!("email {id} Kim k2@example.com - false"),
        format!("sms {id} Kim +491719876543 stopped false"),
    ];
    assert_eq!(lines, expected, "{shown}");
    let chosen = options(&world, lead, &format!("?contact={id}")).await;
    assert_eq!((&chosen["contact"], &chosen["email"]["address"]), (&json!("Kim"), &json!("kim@example.com")));
    assert_eq!(chosen["recipients"], shown["recipients"], "the default is the one without a choice");
    assert_eq!(world.get(ADMIN, &format!("{}?contact=000009", path(lead))).await.faults(), ["contact LEAD-3"]);

    let communications = format!("/leads/{lead}/communications");
    let write = async |more: Value| {
        let mut body = json!({"medium": "email", "subject": "S", "text": "Guten Tag"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.post(ADMIN, &communications, &body).await
    };
    for (more, status) in [
        (json!({"contact": id, "to": "jana@example.com"}), 409),
        (json!({"contact": "000001", "to": "kim@example.com"}), 409),
        (json!({"contact": id, "medium": "sms", "to": "+491719876543"}), 409),
        (json!({"contact": id, "medium": "sms", "to": "+491712345678"}), 409),
    ] {
        let refused = write(more.clone()).await;
        assert_eq!(refused.status, status, "{more}: {}", refused.body);
    }
    for wrong in [json!({"contact": "000009"}), json!({"contact": "?"}), json!({"contact": 1})] {
        assert_eq!(write(wrong.clone()).await.faults(), ["contact LEAD-3"], "{wrong}");
    }
    assert_eq!(world.get(ADMIN, &communications).await.body["elements"], json!([]), "nothing of it is stored");
    for (more, to) in [
        (json!({"contact": id}), "kim@example.com"),
        (json!({"contact": id, "to": "K2@example.com"}), "k2@example.com"),
        (json!({}), "jana@example.com"),
    ] {
        let sent = write(more.clone()).await;
        assert_eq!(sent.status, 201, "{more}: {}", sent.body);
        world.system.settle().await;
        let shown = world.get(ADMIN, &format!("{communications}/{}", sent.text("/id"))).await;
        assert_eq!((shown.text("/to"), shown.text("/fate")), (to, "sent"), "{more}");
    }
    // A choice is for one message: the next one goes to the contact who wrote last.
    assert_eq!(options(&world, lead, "").await["email"]["address"], "jana@example.com");
}

/// LEAD-3, PRV-6: the options name the reason for each purpose, as the operation that sends refuses it.
#[tokio::test]
async fn prv_6_the_options_name_the_reason_for_each_purpose() {
    let world = World::new().await;
    let contact = json!({"last_name": "Petersen", "email": "jana@example.com"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    let agrees = async |expected: Value| {
        let shown = options(&world, lead, "").await;
        assert_eq!((&shown["email"]["refused"], &shown["email"]["refused_by_purpose"]), (&Value::Null, &expected), "{shown}");
        for purpose in ["contract", "service", "advertising"] {
            let letter = json!({"medium": "email", "subject": "Ihr Angebot", "text": "Guten Tag", "purpose": purpose});
            let sent = world.post(SELLER, &format!("/leads/{lead}/communications"), &letter).await.status;
            assert_eq!(sent, if expected[purpose].is_null() { 201 } else { 409 }, "{purpose}");
        }
    };
    agrees(json!({"advertising": "no_consent"})).await;
    let granted = json!({"channel": "email", "purpose": "advertising", "status": "granted", "source": "form", "text": "I agree."});
    assert_eq!(world.post(SELLER, &format!("/leads/{lead}/contacts/000001/consents"), &granted).await.status, 200);
    agrees(json!({})).await;
    let stop = json!({"address": "jana@example.com", "reason": "unsubscribed"});
    assert_eq!(world.post(SELLER, &format!("/leads/{lead}/stops"), &stop).await.status, 200);
    agrees(json!({"service": "unsubscribed", "advertising": "unsubscribed"})).await;
}

/// LEAD-3, SET-4: they list what can be attached, as the operation that sends accepts it.
#[tokio::test]
async fn lead_3_the_options_list_what_can_be_attached() {
    let world = World::new().await;
    let mut body = enquiry("petersen");
    body["vehicle"] = json!({"make": "Opel", "model": "Corsa"});
    let lead = world.lead(&body).await;
    let none = options(&world, lead, "").await;
    assert_eq!((&none["documents"], &none["quotes"], &none["expose"]), (&json!([]), &json!([]), &Value::Null));
    let (kept, removed) =
        (uploaded(&world, lead, "Vertrag", b"%PDF-1.7 a file").await, uploaded(&world, lead, "Alt", b"%PDF-1.7 a file").await);
    assert_eq!(world.call(Request::delete(ADMIN, &format!("/leads/{lead}/documents/{removed}"))).await.status, 200);
    let pending = json!({"title": "Offen", "content_type": "application/pdf", "bytes": 10});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/documents"), &pending).await.status, 201);
    let price = json!({"amount": 100, "currency": "EUR"});
    for condition in ["new", "used"] {
        let quote = json!({"vehicle": {"condition": condition, "make": "Opel", "model": "Corsa"}, "price": price});
        assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/quotes"), &quote).await.status, 201);
    }
    world.settings(|settings| settings.expose = Some("Datenblatt".into())).await;
    let all = options(&world, lead, "").await;
    let document = json!({"id": kept, "title": "Vertrag", "content_type": "application/pdf", "bytes": 15, "state": "uploaded"});
    assert_eq!((&all["documents"], &all["expose"]), (&json!([document]), &json!("Datenblatt")));
    assert_eq!(all["quotes"].as_array().unwrap().len(), 1, "{all}");
    assert_eq!((&all["quotes"][0]["vehicle"], &all["quotes"][0]["price"]), (&json!("Opel Corsa"), &price));
    let wanted = json!({"medium": "email", "subject": "S", "text": "T", "attachments": [kept], "expose": true,
        "quote": all["quotes"][0]["id"]});
    let sent = world.post(ADMIN, &format!("/leads/{lead}/communications"), &wanted).await;
    assert_eq!((sent.status, &sent.body["files"]), (201, &json!([document])), "{}", sent.body);
    // The file of a message is shown when it is removed from the lead, too.
    assert_eq!(world.call(Request::delete(ADMIN, &format!("/leads/{lead}/documents/{kept}"))).await.status, 200);
    let list = world.get(ADMIN, &format!("/leads/{lead}/communications")).await;
    assert_eq!((list.text("/elements/0/files/0/title"), list.text("/elements/0/files/0/state")), ("Vertrag", "removed"), "{}", list.body);
}

/// LEAD-3, ACC-1: an answer goes to the contact who wrote, with the subject of the mail. Only users who may read the lead see the options.
#[tokio::test]
async fn lead_3_the_options_of_an_answer_are_those_of_its_writer() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("petersen")).await;
    let second = json!({"first_name": "Tom", "last_name": "Petersen", "emails": ["tom@example.com"]});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/contacts"), &second).await.status, 201);
    let mail = answer(&world, lead, "Tom <tom@example.com>", TEXT).await;
    let shown = options(&world, lead, &format!("?answers={mail}")).await;
    assert_eq!((&shown["contact"], &shown["email"]["address"]), (&json!("Tom Petersen"), &json!("tom@example.com")), "{shown}");
    assert_eq!(shown["subject"], "Re: Ihr Angebot");
    let own = world.post(ADMIN, &format!("/leads/{lead}/communications"), &json!({"medium": "call", "reached": true})).await;
    for wrong in ["gone", own.text("/id")] {
        assert_eq!(world.get(ADMIN, &format!("{}?answers={wrong}", path(lead))).await.faults(), ["answers LEAD-3"], "{wrong}");
    }
    for (who, status) in
        [("greta.sommer", 404), ("rival.seller", 404), ("partner:portal-demo", 403), ("chris.center", 403), ("hugo.office", 200)]
    {
        assert_eq!(world.get(who, &path(lead)).await.status, status, "{who}");
    }
    assert_eq!(world.get(ADMIN, "/leads/1234567897/message-options").await.status, 404);
}

/// INT-2, LEAD-3: a received e-mail has the path of its raw form, for every user who may read the lead and for no other.
#[tokio::test]
async fn int_2_a_received_mail_names_its_raw_form() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("petersen")).await;
    let mail = answer(&world, lead, "Jana <petersen@example.com>", TEXT).await;
    let shown = world.get(ADMIN, &format!("/leads/{lead}/communications/{mail}")).await;
    let raw = shown.text("/received/raw").to_owned();
    assert_eq!(raw, format!("/leads/{lead}/raw?communication={mail}"));
    let answer = world.system.http(gateway_event(&world.tokens, Request::get(ADMIN, &raw)).unwrap()).await;
    let Some(Body::Text(text)) = answer.body else { panic!("no body") };
    assert!(answer.status_code == 200 && text.contains("Ja, gerne!") && text.contains("Message-ID:"), "{text}");
    for (who, status) in [("greta.sommer", 404), ("rival.seller", 404), ("partner:portal-demo", 403)] {
        assert_eq!(world.get(who, &raw).await.status, status, "{who}");
    }
    let both = world.get(ADMIN, &format!("{raw}&version=1")).await;
    assert_eq!((both.status, both.faults()), (422, vec!["version INT-2".to_owned()]), "{}", both.body);
    let own = world.post(ADMIN, &format!("/leads/{lead}/communications"), &json!({"medium": "call", "reached": true})).await;
    assert_eq!(world.get(ADMIN, &format!("/leads/{lead}/raw?communication={}", own.text("/id"))).await.status, 404);
}

/// MSG-1: a message that can be sent again names the message to resend; others do not.
#[tokio::test]
async fn msg_1_a_message_names_its_resend_only_if_it_can_be_sent_again() {
    let world = World::new().await;
    let contact = json!({"last_name": "Petersen", "email": "bounce+jana@simulator.amazonses.com"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    let letter = json!({"medium": "email", "subject": "Ihr Angebot", "text": "Guten Tag"});
    let sent = world.post(SELLER, &format!("/leads/{lead}/communications"), &letter).await;
    assert_eq!((sent.status, &sent.body["resend"]), (201, &Value::Null), "{}", sent.body);
    world.system.settle().await;
    let shown = world.get(SELLER, &format!("/leads/{lead}/communications")).await;
    let again = shown.text("/elements/0/resend").to_owned();
    let dealer = world.get(SELLER, &format!("/leads/{lead}")).await.text("/dealer").to_owned();
    let resend = format!("/dealers/{dealer}/undelivered/{again}/resend");
    assert_eq!(world.post(SELLER, &resend, &json!({})).await.status, 409, "the address is stopped: {}", shown.body);
    let stop = world.get(SELLER, &format!("/leads/{lead}/stops")).await.text("/stops/0/id").to_owned();
    assert_eq!(world.call(Request::delete(SELLER, &format!("/leads/{lead}/stops/{stop}"))).await.status, 200);
    assert_eq!(world.post(SELLER, &resend, &json!({})).await.status, 202);
    let queued = world.get(SELLER, &format!("/leads/{lead}/communications")).await;
    assert_eq!((queued.text("/elements/0/fate"), &queued.body["elements"][0]["resend"]), ("queued", &Value::Null), "{}", queued.body);
}
