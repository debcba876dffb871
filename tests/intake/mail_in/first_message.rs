//! The mail of an enquiry is the first message of the lead's conversation (LEAD-3, INT-1).

use super::{address, leads, letter, portal, receive, received, record};
use crate::support::world::{ADMIN, NORDSTERN, World, enquiry};
use forecourt_domain::base::{ElementId, LeadId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::elements::{Communication, Content, ElementKind};
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::{Value, json};

async fn messages(world: &World, lead: LeadId) -> Vec<Value> {
    world.get(ADMIN, &format!("/leads/{lead}/communications")).await.body["elements"].as_array().unwrap().clone()
}

/// Answers a message, and returns the mail that is sent.
async fn answer(world: &World, lead: LeadId, message: &Value) -> forecourt_send::mail::Mail {
    let options = world.get(ADMIN, &format!("/leads/{lead}/message-options?answers={}", message["id"].as_str().unwrap())).await;
    assert_eq!(options.status, 200, "{}", options.body);
    let body = json!({"medium": "email", "text": "Ja, er ist noch da.", "answers": message["id"], "to": options.body["email"]["address"]});
    let sent = world.post(ADMIN, &format!("/leads/{lead}/communications"), &body).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    world.system.settle().await;
    let sent = world.system.mailbox.mails().last().unwrap().clone();
    assert_eq!(options.text("/subject"), sent.subject);
    sent
}

/// LEAD-3, INT-1: the conversation begins with the customer's mail: sender, subject, whole text, files, failed checks and the raw mail. An
/// answer goes into its thread. The same mail is one message.
#[tokio::test]
async fn lead_3_the_mail_of_an_enquiry_is_the_first_message_and_is_answered_in_its_thread() {
    let world = World::new().await;
    let raw = "X-SES-Spam-Verdict: FAIL\r\nFrom: Jana Petersen <jana@example.com>\r\nSubject: Corsa\r\nMessage-ID: <one@mail.example.com>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
         <p>Guten Tag,<br>ist der <b>Corsa</b> noch da?</p><p>Jana Petersen</p>\r\n--b\r\nContent-Type: application/pdf\r\n\
         Content-Disposition: attachment; filename=\"schein.pdf\"\r\n\r\n%PDF-1.7 x\r\n--b\r\nContent-Type: text/plain\r\n\
         Content-Disposition: attachment; filename=\"run.js\"\r\n\r\nalert(1)\r\n--b--\r\n";
    let lead = leads(&received(&world, raw).await)[0];
    received(&world, raw).await;
    let all = messages(&world, lead).await;
    assert_eq!(all.len(), 1, "{all:?}");
    let first = &all[0];
    let mail = &first["received"];
    assert_eq!((&first["medium"], &first["subject"], &first["by"]), (&json!("email"), &json!("Corsa"), &json!("customer")));
    assert_eq!(first["text"], "Guten Tag,\nist der Corsa noch da?\n\nJana Petersen");
    assert_eq!((&mail["from"], &mail["name"]), (&json!("jana@example.com"), &json!("Jana Petersen")));
    assert_eq!((&mail["from_known"], &mail["automatic"], &mail["enquiry"]), (&json!(true), &json!(false), &json!(1)));
    assert_eq!((&mail["flags"], &first["files"][0]["title"]), (&json!(["spam"]), &json!("schein.pdf")));
    assert_eq!(mail["refused"][0]["name"], "run.js");
    let readable = world.get(ADMIN, &mail["raw"].as_str().unwrap().replace("/raw?", "/mail?")).await;
    assert_eq!((readable.status, readable.text("/subject")), (200, "Corsa"), "{}", readable.body);
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await.body;
    assert_eq!((&page["counts"]["communications"], &page["counts"]["documents"]), (&json!(1), &json!(1)));
    let sent = answer(&world, lead, first).await;
    assert_eq!((sent.to.as_str(), sent.subject.as_str()), ("jana@example.com", "Re: Corsa"));
    assert_eq!(sent.in_reply_to.as_deref(), Some("one@mail.example.com"));
}

/// LEAD-3: the mail of a portal has the customer's enquiry, and an answer to it goes to the customer. ADF in the body is no text for
/// readers. Nobody is named who is no contact.
#[tokio::test]
async fn lead_3_an_answer_to_the_mail_of_a_portal_goes_to_the_customer() {
    let world = World::new().await;
    let lead = leads(&received(&world, portal("a", "jana@example.com")).await)[0];
    let first = &messages(&world, lead).await[0];
    assert_eq!((&first["received"]["from"], &first["received"]["from_known"]), (&json!("noreply@portal.example"), &json!(false)));
    assert!(first["text"].as_str().unwrap().contains("Nachricht: Ist der Wagen noch da?"), "{first}");
    assert_eq!(first["by"], "system");
    let sent = answer(&world, lead, first).await;
    assert_eq!((sent.to.as_str(), sent.subject.as_str()), ("jana@example.com", "Re: Anfrage"));
    let adf = "From: leads@portal.example\r\nSubject: ADF\r\nMessage-ID: <b@portal.example>\r\n\r\nNew lead:\r\n<?xml version=\"1.0\"?>\r\n\
               <?adf version=\"1.0\"?><adf><prospect><customer><contact><name part=\"full\">Kim Berg</name><email>kim@example.com</email>\
               </contact><comments>Is the Astra available?</comments></customer></prospect></adf>\r\n";
    let lead = leads(&received(&world, adf).await)[0];
    assert_eq!(messages(&world, lead).await[0]["text"], "New lead:\n\nIs the Astra available?");
}

/// LEAD-3, INT-6: a further enquiry by mail is a message of the lead that it joins. An enquiry by HTTP brings none.
#[tokio::test]
async fn lead_3_a_further_enquiry_by_mail_is_a_message_too() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("petersen")).await;
    assert!(messages(&world, lead).await.is_empty());
    let raw = letter("petersen@example.com", "Message-ID: <two@mail.example.com>\r\n");
    assert_eq!(leads(&received(&world, raw).await), [lead]);
    let all = messages(&world, lead).await;
    assert_eq!((all.len(), &all[0]["received"]["enquiry"]), (1, &json!(2)), "{all:?}");
    assert_eq!(answer(&world, lead, &all[0]).await.in_reply_to.as_deref(), Some("two@mail.example.com"));
}

/// LEAD-3, INT-2: a mail with several enquiries names all their customers: it is a message of no lead.
#[tokio::test]
async fn lead_3_a_mail_with_several_enquiries_is_no_message() {
    let world = World::new().await;
    let prospect = |name: &str| {
        format!(
            "<prospect><id source=\"p\">{name}</id><customer><contact><name part=\"full\">{name}</name><email>{name}@example.com</email>\
             </contact></customer></prospect>"
        )
    };
    let raw = format!("From: leads@portal.example\r\nSubject: Two leads\r\n\r\n<adf>{}{}</adf>\r\n", prospect("jana"), prospect("kim"));
    let both = leads(&received(&world, raw).await);
    assert_eq!(both.len(), 2);
    for lead in both {
        assert!(messages(&world, lead).await.is_empty());
    }
}

/// LEAD-3, INT-7: the mail of which a user makes a lead is its first message, and is nobody's element: no user may remove it.
#[tokio::test]
async fn int_7_the_mail_of_a_lead_that_a_user_makes_is_its_first_message() {
    let world = World::new().await;
    let newsletter = "From: Jana Petersen <jana@example.com>\r\nSubject: Corsa\r\nList-Unsubscribe: <https://x.example/u>\r\n\
                      Precedence: bulk\r\nList-Id: <n.x.example>\r\n\r\nUnsere Angebote der Woche.\r\n";
    let id = receive(&world, &[&address(NORDSTERN)], newsletter).await;
    let mail = record(&world, &id, NORDSTERN).await.unwrap();
    assert!(mail.outcome.is_without_lead(), "{:?}", mail.outcome);
    let made = world.post(ADMIN, &format!("/dealers/{NORDSTERN}/mails/{id}/lead"), &json!({"type": "used_car"})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let lead: LeadId = made.text("/id").parse().unwrap();
    let all = messages(&world, lead).await;
    assert_eq!((all.len(), &all[0]["text"], &all[0]["by"]), (1, &json!("Unsere Angebote der Woche."), &json!("customer")), "{all:?}");
}

/// LEAD-3: an earlier release stored leads of mails without a message. They keep the enquiry and the raw mail, and nothing is made up.
#[tokio::test]
async fn lead_3_a_lead_of_an_earlier_release_keeps_its_raw_mail() {
    let world = World::new().await;
    let lead = leads(&received(&world, portal("a", "jana@example.com")).await)[0];
    let id = ElementId::parse(messages(&world, lead).await[0]["id"].as_str().unwrap()).unwrap();
    let key = Key::Element(lead, ElementKind::Communication, id.clone());
    let without = |loaded: &forecourt_store::Loaded, _| {
        let mut element = loaded.element(lead, ElementKind::Communication, &id).unwrap().clone();
        // The form that the earlier release knows has no enquiry.
        let Content::Communication(Communication::Email { received: Some(mail), .. }) = &mut element.content else { panic!() };
        mail.enquiry = None;
        element.version += 1;
        Ok((Some(Decision::default().with(Item::Element(Box::new(element)))), ()))
    };
    world.store.decide(&world.scope(), Load::of([key]), without).await.unwrap();
    let first = &messages(&world, lead).await[0];
    assert_eq!(first["received"]["enquiry"], Value::Null);
    let readable = world.get(ADMIN, &format!("/leads/{lead}/mail")).await;
    assert_eq!((readable.status, readable.text("/subject")), (200, "Anfrage"), "{}", readable.body);
}
