//! What became of a mail: reports of the provider, stops of messages to an address, and sending again after them (MSG-1).

use crate::support::appointments::{WHEN, appointment, made, seen};
use crate::support::letters::letters;
use crate::support::root;
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at};
use async_trait::async_trait;
use aws_lambda_events::sqs::SqsEvent;
use forecourt_domain::base::LeadId;
use forecourt_local::mail_events::MailEvent;
use forecourt_send::mail::Mail;
use forecourt_send::texts::Texts;
use forecourt_send::{Carrier, Sender, Undelivered};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const SELLER: &str = "anna.vogt";
/// An address of SES's simulator: each mail to it bounces.
const DEAD: &str = "bounce+jana@simulator.amazonses.com";
const ANNOYED: &str = "complaint+jana@simulator.amazonses.com";

fn letter() -> Value {
    json!({"medium": "email", "subject": "Ihr Angebot", "text": "Guten Tag"})
}

async fn lead_with(world: &World, email: &str) -> LeadId {
    let contact = json!({"last_name": "Petersen", "email": email, "phone": "0171 2345678"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    world.system.settle().await;
    lead
}

async fn write(world: &World, lead: LeadId, body: &Value) -> Reply {
    let reply = world.post(SELLER, &format!("/leads/{lead}/communications"), body).await;
    world.system.settle().await;
    reply
}

async fn wrote(world: &World, lead: LeadId) -> Mail {
    let reply = write(world, lead, &letter()).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    world.system.mailbox.mails().into_iter().rfind(|mail| mail.subject == "Ihr Angebot").unwrap()
}

/// Returns the state of the lead's latest mail and its reason.
async fn state(world: &World, lead: LeadId) -> (String, String) {
    let list = world.get(SELLER, &format!("/leads/{lead}/communications")).await;
    (list.text("/elements/0/fate").to_owned(), list.text("/elements/0/why").to_owned())
}

async fn stops(world: &World, lead: LeadId) -> Vec<Value> {
    let reply = world.get(SELLER, &format!("/leads/{lead}/stops")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["stops"].as_array().unwrap().clone()
}

async fn undelivered(world: &World) -> Vec<Value> {
    let reply = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/undelivered")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["messages"].as_array().unwrap().clone()
}

fn resend(message: &Value) -> String {
    format!("/dealers/{NORDSTERN}/undelivered/{}/resend", message["id"].as_str().unwrap())
}

/// Returns the events of the lead's timeline with this name.
async fn events(world: &World, lead: LeadId, what: &str) -> Vec<Value> {
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    let entries = page.body["timeline"].as_array().unwrap().clone();
    let events = entries.iter().flat_map(|entry| entry["events"].as_array().unwrap().clone());
    events.filter(|event| event["what"] == what).collect()
}

fn batch(bodies: &[String]) -> SqsEvent {
    let records: Vec<_> = bodies.iter().enumerate().map(|(i, body)| json!({"messageId": i.to_string(), "body": body})).collect();
    serde_json::from_value(json!({"Records": records})).unwrap()
}

fn sender(world: &World, carrier: Arc<dyn Carrier>) -> Sender {
    let texts = Arc::new(Texts::new(world.system.platform.console.clone()).unwrap());
    Sender { platform: world.system.platform.of("send"), carrier, texts }
}

/// Delivers messages of the queue. Returns the places of those that go back.
async fn deliver(world: &World, bodies: &[String]) -> Vec<String> {
    let response = sender(world, world.system.mailbox.clone()).handle(batch(bodies)).await;
    response.batch_item_failures.into_iter().map(|failed| failed.item_identifier).collect()
}

/// Returns the body of an event about a mail.
fn about(world: &World, mail: &Mail, event: MailEvent) -> String {
    event.about(mail, &format!("local-{}", mail.id), world.system.clock.now()).to_string()
}

#[tokio::test]
async fn msg_1_a_bounce_stops_mail_is_shown_and_notifies_the_owner_once() {
    for world in [World::new().await, World::delivering_twice().await] {
        let lead = lead_with(&world, DEAD).await;
        wrote(&world, lead).await;
        assert_eq!(state(&world, lead).await, ("bounced".into(), "smtp; 550 5.1.1 user unknown".into()));
        let returned = events(&world, lead, "mail_returned").await;
        assert_eq!((returned.len(), &returned[0]["kind"], &returned[0]["to"]), (1, &json!("bounced"), &json!(DEAD)), "{returned:?}");
        let stopped = stops(&world, lead).await;
        let facts = |stop: &Value| json!([stop["address"], stop["reason"], stop["medium"], stop["by"], stop["may_lift"]]);
        assert_eq!(stopped.iter().map(facts).collect::<Vec<_>>(), [json!([DEAD, "bounced", "email", "system", true])]);
        let notices: Vec<Mail> = world.system.mailbox.mails().into_iter().filter(|mail| mail.text.contains(DEAD)).collect();
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].to.contains("anna") && notices[0].text.contains("+491712345678"), "{}", notices[0].text);
        // Another mail is refused, and does not count as an answer.
        let refused = write(&world, lead, &letter()).await;
        assert_eq!((refused.status, refused.text("/rule")), (409, "MSG-1"), "{}", refused.body);
        assert!(refused.text("/detail").contains("came back"), "{}", refused.body);
        // Another lead of the same address at the group meets the stop, too.
        let other = lead_with(&world, DEAD).await;
        assert_eq!(write(&world, other, &letter()).await.status, 409);
        assert_eq!(write(&world, lead, &json!({"medium": "sms", "text": "Hallo"})).await.status, 201, "the number works");
    }
}

#[tokio::test]
async fn msg_1_a_bounced_letter_is_sent_again_after_the_address_is_corrected() {
    let world = World::new().await;
    let lead = lead_with(&world, DEAD).await;
    wrote(&world, lead).await;
    let listed = undelivered(&world).await;
    assert_eq!((listed.len(), &listed[0]["state"], &listed[0]["to"]), (1, &json!("bounced"), &json!(DEAD)), "{listed:?}");
    let refused = world.post(SELLER, &resend(&listed[0]), &json!({})).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "MSG-1"), "{}", refused.body);
    let page = world.get(SELLER, &format!("/leads/{lead}")).await;
    let contact = format!("/leads/{lead}/contacts/{}", page.text("/contacts/0/id"));
    let corrected = json!({"emails": ["success@simulator.amazonses.com"]});
    assert_eq!(world.call(Request::patch(SELLER, &contact).json(&corrected)).await.status, 200);
    assert!(stops(&world, lead).await.is_empty());
    let again = world.post(SELLER, &resend(&listed[0]), &json!({})).await;
    assert_eq!((again.status, again.text("/state")), (202, "queued"), "{}", again.body);
    world.system.settle().await;
    assert_eq!(state(&world, lead).await, ("delivered".into(), String::new()));
    assert!(undelivered(&world).await.is_empty());
    assert_eq!(world.post(SELLER, &resend(&listed[0]), &json!({})).await.status, 409, "it arrived");
}

#[tokio::test]
async fn msg_1_a_confirmed_address_is_released_and_an_old_report_does_not_stop_it_again() {
    let world = World::new().await;
    let lead = lead_with(&world, "jana@example.com").await;
    let mail = wrote(&world, lead).await;
    let bounce = about(&world, &mail, MailEvent::Bounce);
    assert!(deliver(&world, std::slice::from_ref(&bounce)).await.is_empty());
    let path = format!("/leads/{lead}/stops/{}", stops(&world, lead).await[0]["id"].as_str().unwrap());
    for (who, status) in [("greta.sommer", 404), ("rival.seller", 404), ("hugo.office", 403)] {
        assert_eq!(world.call(Request::delete(who, &path)).await.status, status, "{who}");
    }
    world.advance_to("2026-11-23T09:30:00Z").await;
    let lifted = world.call(Request::delete(SELLER, &path)).await;
    assert_eq!(lifted.status, 200, "{}", lifted.body);
    let released = events(&world, lead, "address_released").await;
    assert_eq!((&released[0]["reason"], &released[0]["to"]), (&json!("bounced"), &json!("jana@example.com")));
    assert_eq!(world.call(Request::delete(SELLER, &path)).await.status, 404, "it is lifted");
    // The queue repeats the report.
    assert!(deliver(&world, &[bounce]).await.is_empty());
    assert!(stops(&world, lead).await.is_empty());
    let listed = undelivered(&world).await;
    assert_eq!(world.post(SELLER, &resend(&listed[0]), &json!({})).await.status, 202);
    world.system.settle().await;
    assert_eq!(state(&world, lead).await.0, "sent");
    // A later bounce stops the address again.
    world.advance_to("2026-11-23T09:40:00Z").await;
    assert!(deliver(&world, &[about(&world, &mail, MailEvent::Bounce)]).await.is_empty());
    assert_eq!((stops(&world, lead).await.len(), events(&world, lead, "mail_returned").await.len()), (1, 2));
}

#[tokio::test]
async fn msg_1_a_complaint_is_lifted_only_by_a_supervisor_or_an_administrator() {
    let world = World::new().await;
    let lead = lead_with(&world, ANNOYED).await;
    wrote(&world, lead).await;
    assert_eq!(state(&world, lead).await.0, "complained");
    let path = format!("/leads/{lead}/stops/{}", stops(&world, lead).await[0]["id"].as_str().unwrap());
    assert_eq!(stops(&world, lead).await[0]["may_lift"], json!(false));
    let refused = world.call(Request::delete(SELLER, &path)).await;
    assert_eq!((refused.status, refused.text("/right")), (403, "change_settings"), "{}", refused.body);
    // A seller who supervises the owner may.
    let supervised = |draft: &mut forecourt_domain::settings::DealerSettings| {
        let anna = draft.members.iter_mut().find(|member| member.user.as_str() == SELLER).unwrap();
        anna.supervisor = Some("ben.krause".parse().unwrap());
    };
    world.settings(supervised).await;
    assert_eq!(world.call(Request::delete("ben.krause", &path)).await.status, 200);
    wrote(&world, lead).await;
    let path = format!("/leads/{lead}/stops/{}", stops(&world, lead).await[0]["id"].as_str().unwrap());
    assert_eq!(world.call(Request::delete(ADMIN, &path)).await.status, 200);
}

/// MSG-1: reports come doubled and in any order; the outcome is the same.
#[tokio::test]
async fn msg_1_the_order_of_reports_makes_no_difference() {
    use MailEvent::{Bounce, Complaint, Delay, Delivery, Reject, TransientBounce};
    let cases: [(&[MailEvent], &str, usize); 6] = [
        (&[Delivery, Bounce], "bounced", 1),
        (&[Delay, TransientBounce, Bounce], "bounced", 1),
        // An automatic answer comes as a transient bounce.
        (&[Delivery, TransientBounce], "delivered", 0),
        (&[Delay, TransientBounce], "returned", 0),
        (&[Delivery, Complaint, Bounce], "complained", 2),
        (&[Delay, Reject], "rejected", 0),
    ];
    for (reports, wanted, stopped) in cases {
        for reversed in [false, true] {
            let world = World::new().await;
            let lead = lead_with(&world, "jana@example.com").await;
            let mail = wrote(&world, lead).await;
            let mut bodies: Vec<String> = reports.iter().map(|report| about(&world, &mail, *report)).collect();
            if reversed {
                bodies.reverse();
            }
            bodies.extend(bodies.clone());
            assert!(deliver(&world, &bodies).await.is_empty());
            assert_eq!(state(&world, lead).await.0, wanted, "{reports:?} {reversed}");
            let listed = undelivered(&world).await.len();
            assert_eq!((stops(&world, lead).await.len(), listed), (stopped, usize::from(wanted != "delivered")), "{reports:?}");
        }
    }
}

/// MSG-1: a report about an earlier mail of a letter leaves the letter as it is, and stops mail to the earlier address only.
#[tokio::test]
async fn msg_1_a_report_about_an_earlier_attempt_leaves_the_letter() {
    let world = World::new().await;
    let lead = lead_with(&world, "jana@example.com").await;
    let mail = wrote(&world, lead).await;
    let earlier = MailEvent::Bounce.about(&mail, "an-earlier-attempt", world.system.clock.now()).to_string();
    assert!(deliver(&world, &[earlier]).await.is_empty());
    assert_eq!((state(&world, lead).await.0.as_str(), stops(&world, lead).await.len()), ("sent", 1));
    let delivery = MailEvent::Delivery.about(&mail, "an-earlier-attempt", world.system.clock.now()).to_string();
    assert!(deliver(&world, &[delivery]).await.is_empty());
    assert_eq!(state(&world, lead).await.0, "sent");
}

/// A provider that reports a bounce before its own answer arrives.
struct Hasty {
    world: Arc<World>,
    went_back: Mutex<Option<usize>>,
}

#[async_trait]
impl Carrier for Hasty {
    async fn carry(&self, mail: &Mail) -> Result<String, Undelivered> {
        let now = self.world.system.clock.now();
        let event = MailEvent::Bounce.about(mail, "hasty", now).to_string();
        *self.went_back.lock().unwrap() = Some(deliver(&self.world, &[event]).await.len());
        Ok("hasty".into())
    }
}

#[tokio::test]
async fn msg_1_a_report_that_is_faster_than_the_answer_waits_in_the_queue() {
    let world = Arc::new(World::new().await);
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    world.system.agenda.lose_everything();
    let hasty = Arc::new(Hasty { world: world.clone(), went_back: Mutex::default() });
    let wake_up =
        json!({"kind": "deliver", "group": "demo-group", "dealer": NORDSTERN, "home": {"appointment": id}, "letter": "confirmation-0-email"});
    assert!(sender(&world, hasty.clone()).handle(batch(&[wake_up.to_string()])).await.batch_item_failures.is_empty());
    assert_eq!(*hasty.went_back.lock().unwrap(), Some(1));
    assert_eq!(letters(&seen(&world, &id).await)[0], "confirmation email sent");
}

/// MSG-1: a report about a letter whose attempt had no answer shows that it was sent.
#[tokio::test]
async fn msg_1_a_report_settles_an_unclear_letter() {
    struct Silent(Mutex<Option<Mail>>);
    #[async_trait]
    impl Carrier for Silent {
        async fn carry(&self, mail: &Mail) -> Result<String, Undelivered> {
            *self.0.lock().unwrap() = Some(mail.clone());
            Err(Undelivered::Unclear("timed out".into()))
        }
    }
    let world = World::new().await;
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    world.system.agenda.lose_everything();
    let silent = Arc::new(Silent(Mutex::default()));
    let wake_up =
        json!({"kind": "deliver", "group": "demo-group", "dealer": NORDSTERN, "home": {"appointment": id}, "letter": "confirmation-0-email"});
    assert!(sender(&world, silent.clone()).handle(batch(&[wake_up.to_string()])).await.batch_item_failures.is_empty());
    assert_eq!((letters(&seen(&world, &id).await)[0].as_str(), undelivered(&world).await.len()), ("confirmation email unclear", 1));
    let mail = silent.0.lock().unwrap().clone().unwrap();
    // A report about another address may be about an earlier attempt.
    let other = Mail { to: "karl@example.com".into(), ..mail.clone() };
    assert!(deliver(&world, &[about(&world, &other, MailEvent::Delivery)]).await.is_empty());
    assert_eq!(letters(&seen(&world, &id).await)[0], "confirmation email unclear");
    assert!(deliver(&world, &[about(&world, &mail, MailEvent::Delivery)]).await.is_empty());
    let page = seen(&world, &id).await;
    assert_eq!((letters(&page)[0].as_str(), &page.body["confirmed"]["email"]), ("confirmation email delivered", &json!(true)), "{}", page.body);
    assert!(undelivered(&world).await.is_empty());
}

#[tokio::test]
async fn msg_1_an_appointment_is_not_confirmed_by_a_letter_that_came_back() {
    let world = World::new().await;
    let mut body = appointment("jana", WHEN);
    body["customer"]["email"] = json!(DEAD);
    let id = made(&world, ADMIN, &body).await;
    assert_eq!(letters(&seen(&world, &id).await)[0], "confirmation email bounced smtp; 550 5.1.1 user unknown");
    let moved = json!({"at": "2026-11-26T10:00:00+01:00"});
    assert_eq!(world.post(ADMIN, &format!("/appointments/{id}/time"), &moved).await.status, 200);
    let shown = letters(&seen(&world, &id).await);
    assert!(shown.contains(&"moved email suppressed bounced".to_owned()), "{shown:?}");
    let listed = undelivered(&world).await;
    let states: Vec<&str> = listed.iter().map(|message| message["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["suppressed", "bounced"]);
    assert_eq!(world.post(ADMIN, &resend(&listed[0]), &json!({})).await.status, 409);
    // The corrected address gets its confirmation, because it was never notified.
    let corrected = json!({"customer": {"name": "jana", "email": "jana@example.com"}});
    let reply = world.call(Request::patch(ADMIN, &format!("/appointments/{id}")).json(&corrected)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let shown = letters(&seen(&world, &id).await);
    assert!(shown.contains(&"confirmation email sent".to_owned()), "{shown:?}");
}

/// MSG-1, PRV-1: what is no event, or is about nothing that we know, changes nothing; what cannot be read goes to the dead letters.
#[tokio::test]
async fn msg_1_reports_that_cannot_be_used_change_nothing() {
    let world = World::new().await;
    let lead = lead_with(&world, "jana@example.com").await;
    let mail = wrote(&world, lead).await;
    let bounce = MailEvent::Bounce.about(&mail, &format!("local-{}", mail.id), world.system.clock.now());
    let with = |pointer: &str, value: Value| {
        let mut event = bounce.clone();
        *event.pointer_mut(pointer).unwrap() = value;
        event.to_string()
    };
    let tag = |text: &str| {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        json!([URL_SAFE_NO_PAD.encode(text)])
    };
    let cause = mail.id.split_once('.').unwrap().1;
    let ignored = [
        "Successfully validated SNS topic for Amazon SES event publishing.".to_owned(),
        with("/mail/tags", json!({})),
        with("/mail/tags/proof", json!(["AAAAAAAAAAAAAAAAAAAAAA"])),
        // The ids of another group, or of another letter, with the proof of this one.
        with("/mail/tags/about", tag(&format!("rival-group/L/{lead}/{cause}"))),
        with("/mail/tags/about", tag(&format!("demo-group/L/{lead}/x"))),
        with("/mail/tags/about", tag("demo-group")),
        with("/mail/tags/about", json!([])),
        with("/mail/tags/about", json!(["not base64!"])),
        with("/mail/destination", json!([])),
        with("/mail/destination", json!(["no address"])),
        with("/eventType", json!("Open")),
        with("/eventType", json!("Complaint")),
    ];
    let before = world.get(ADMIN, &format!("/leads/{lead}")).await.body;
    assert_eq!(deliver(&world, &ignored).await, Vec::<String>::new());
    let unreadable = ["{".to_owned(), "{}".to_owned(), with("/mail", json!({})), with("/bounce/timestamp", json!("yesterday"))];
    assert_eq!(deliver(&world, &unreadable).await.len(), unreadable.len());
    assert_eq!((state(&world, lead).await.0.as_str(), stops(&world, lead).await.len()), ("sent", 0));
    assert_eq!(world.get(ADMIN, &format!("/leads/{lead}")).await.body, before);
    // A report whose recipient corrects a complaint stops nothing.
    let praise = MailEvent::Complaint.about(&mail, &format!("local-{}", mail.id), world.system.clock.now());
    let praise = praise.to_string().replace("\"abuse\"", "\"not-spam\"");
    assert!(deliver(&world, &[praise]).await.is_empty());
    assert!(stops(&world, lead).await.is_empty());
}

/// MSG-1: the events of `events/send`, in the form that SES documents.
#[tokio::test]
async fn msg_1_the_documented_events_are_read() {
    let files = [
        ("ses_bounce", "bounced"),
        ("ses_transient_bounce", "returned"),
        ("ses_complaint", "complained"),
        ("ses_delivery", "delivered"),
        ("ses_reject", "rejected"),
        ("ses_delivery_delay", "sent"),
        ("ses_open", "sent"),
    ];
    for (file, wanted) in files {
        let world = World::new().await;
        let lead = lead_with(&world, "jana@example.com").await;
        let mail = wrote(&world, lead).await;
        let tags = mail.tags.clone().unwrap();
        let text = std::fs::read_to_string(root().join(format!("events/send/{file}.json"))).unwrap();
        let text = text.replace("MESSAGE", &format!("local-{}", mail.id)).replace("ABOUT", &tags.about).replace("PROOF", &tags.proof);
        assert!(deliver(&world, &[text]).await.is_empty(), "{file}");
        assert_eq!(state(&world, lead).await.0, wanted, "{file}");
    }
}

/// MSG-1: a report costs two reads and one transaction; one that adds nothing costs the reads alone.
#[tokio::test]
async fn msg_1_a_report_costs_three_calls() {
    let world = World::new().await;
    let lead = lead_with(&world, "jana@example.com").await;
    let mail = wrote(&world, lead).await;
    let bounce = about(&world, &mail, MailEvent::Bounce);
    for calls in [3, 2] {
        let before = world.store.spent();
        assert!(deliver(&world, std::slice::from_ref(&bounce)).await.is_empty());
        assert_eq!(world.store.spent().since(before).calls, calls);
    }
}

#[tokio::test]
async fn msg_1_a_notice_that_comes_back_is_a_finding_until_one_arrives() {
    let world = World::new().await;
    lead_with(&world, "jana@example.com").await;
    let notice = world.system.mailbox.mails().into_iter().find(|mail| mail.to.starts_with("anna")).unwrap();
    let findings = async || {
        let reply = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/settings/findings")).await;
        let found = reply.body["findings"].as_array().unwrap().clone();
        found.into_iter().filter(|finding| finding["kind"] == "notices_returned").collect::<Vec<_>>()
    };
    assert!(findings().await.is_empty());
    assert!(world.system.mailbox.report(&notice.id, MailEvent::Bounce, world.system.clock.now()));
    world.system.settle().await;
    let found = findings().await;
    assert_eq!((found.len(), &found[0]["field"]), (1, &json!("members[0]")), "{found:?}");
    assert!(found[0]["detail"].as_str().unwrap().contains("Anna Vogt"), "{found:?}");
    // Notices are sent all the same.
    world.advance_to("2026-11-23T09:10:00Z").await;
    lead_with(&world, "karl@example.com").await;
    let again = world.system.mailbox.mails().into_iter().rfind(|mail| mail.to == notice.to).unwrap();
    assert_ne!(again.id, notice.id);
    assert!(world.system.mailbox.report(&again.id, MailEvent::Delivery, at("2026-11-23T09:10:01Z")));
    world.advance_to("2026-11-23T09:11:00Z").await;
    assert!(findings().await.is_empty());
}

/// MSG-1: the customer wants no text messages of the dealer, or no marketing mail.
#[tokio::test]
async fn msg_1_a_user_records_what_the_customer_does_not_want() {
    let world = World::new().await;
    let lead = lead_with(&world, "jana@example.com").await;
    let path = format!("/leads/{lead}/stops");
    let record = async |body: Value| world.post(SELLER, &path, &body).await;
    for (body, field) in [
        (json!({"address": "+491712345678", "reason": "bounced"}), "reason"),
        (json!({"address": "+491712345678"}), "reason"),
        (json!({"address": "+491712345679", "reason": "stopped"}), "address"),
        (json!({"address": "jana@example.com", "reason": "stopped"}), "address"),
    ] {
        let refused = record(body).await;
        assert_eq!((refused.status, refused.faults()), (422, vec![format!("{field} MSG-1")]), "{}", refused.body);
    }
    let stopped = json!({"address": "+491712345678", "reason": "stopped", "note": "asked on the telephone"});
    assert_eq!(world.post("hugo.office", &path, &stopped).await.status, 403);
    assert_eq!(world.post("greta.sommer", &path, &stopped).await.status, 404);
    let version = async || world.get(SELLER, &format!("/leads/{lead}")).await.body["version"].clone();
    assert_eq!(record(stopped.clone()).await.status, 200);
    let once = version().await;
    assert_eq!((record(stopped).await.status, version().await), (200, once), "a repeat changes nothing");
    assert_eq!(record(json!({"address": "JANA@example.com", "reason": "unsubscribed"})).await.status, 200);
    let shown = stops(&world, lead).await;
    let facts: Vec<Value> = shown.iter().map(|stop| json!([stop["reason"], stop["by"], stop["why"]])).collect();
    let wanted = [json!(["unsubscribed", "user:anna.vogt", null]), json!(["stopped", "user:anna.vogt", "asked on the telephone"])];
    assert_eq!(facts, wanted);
    let refused = write(&world, lead, &json!({"medium": "sms", "text": "Hallo"})).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "MSG-1"), "{}", refused.body);
    assert_eq!(write(&world, lead, &letter()).await.status, 201, "the mail is no marketing");
    // A text message about an appointment is not sent either.
    world.settings(|draft| draft.appointments.media.extend([forecourt_domain::base::Medium::Sms])).await;
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    let shown = letters(&seen(&world, &id).await);
    assert!(shown.contains(&"confirmation sms suppressed stopped".to_owned()), "{shown:?}");
    assert!(world.system.mailbox.sms().is_empty());
    let stop = stops(&world, lead).await[1]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.call(Request::delete(SELLER, &format!("{path}/{stop}"))).await.status, 200);
    assert_eq!(write(&world, lead, &json!({"medium": "sms", "text": "Hallo"})).await.status, 201);
    assert_eq!(world.system.mailbox.sms().len(), 1);
}
