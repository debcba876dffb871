//! Erasure of received mails, threads and stops (PRV-2).

use super::canary::{Log, MARK, has_mark, is_nowhere, marked, sent};
use super::{GROUP_ADMIN, bucket, erased, table};
use crate::support::root;
use crate::support::world::{ADMIN, MAIL_DOMAIN, NORDSTERN, Request, World, dealer, enquiry};
use chrono::{Days, TimeDelta};
use forecourt_domain::base::{Email, LeadId, MailId};
use forecourt_local::mail_events::MailEvent;
use forecourt_send::Sender;
use forecourt_send::texts::Texts;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::{Value, json};
use std::sync::Arc;

/// The address of the canary.
fn address() -> String {
    format!("jana.{MARK}@example.com")
}

/// Receives a mail at an address, as SES does. Returns its id.
async fn receive(world: &World, to: &str, headers: &str, body: &str) -> MailId {
    let raw = format!("To: {to}\r\nDate: Mon, 23 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n{headers}\r\n{body}\r\n");
    let (id, _) = world.system.receive_mail(raw.as_bytes(), &[to.to_owned()]).await.unwrap();
    world.system.settle().await;
    id
}

fn dealer_address() -> String {
    format!("{NORDSTERN}.demo-group@{MAIL_DOMAIN}")
}

fn from(name: &str, email: &str, subject: &str, id: &str) -> String {
    format!("From: {name} <{email}>\r\nSubject: {subject}\r\nMessage-ID: <{id}@example.com>\r\n")
}

async fn mail(world: &World, id: &MailId) -> Value {
    let page = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/mails/{id}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.body
}

fn lead_in(mail: &Value) -> LeadId {
    mail["leads"][0]["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("no lead: {mail}"))
}

async fn reply_address(world: &World, lead: LeadId) -> String {
    forecourt_edge::usecase::thread::reply_address(&world.system.platform, &world.scope(), lead).unwrap().wire()
}

/// A letter with two attachments. The second one is refused, and its name stays on the lead.
fn with_files(text: &str) -> String {
    let file = |name: &str, media: &str, content: &str| {
        format!("--b\r\nContent-Type: {media}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{content}\r\n")
    };
    let files = [file(&format!("{MARK}.txt"), "text/plain", MARK), file(&format!("{MARK}.sh"), "text/plain", "#!/bin/sh")];
    format!("--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n{}--b--", files.concat())
}

#[test]
fn prv_2_the_canary_who_writes_mails_is_found_nowhere_after_the_erasure() {
    // The future of the whole way is larger than the stack of a test.
    let way = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(canary());
    std::thread::Builder::new().stack_size(64 << 20).spawn(way).unwrap().join().unwrap();
}

/// Everything that the canary does by mail. Returns the lead, and the mails.
async fn writes(world: &World) -> (LeadId, Vec<MailId>) {
    world
        .settings(|settings| {
            settings.instant_answer.on = true;
            settings.forward_to = Some(Email::parse("copies@desk.example").unwrap());
            settings.unparsed_mail_to = Some(Email::parse("reports@desk.example").unwrap());
        })
        .await;
    let (name, subject) = (format!("Jana {MARK}"), marked("Corsa"));
    let head = from(&name, &address(), &subject, &format!("{MARK}-1"));
    let text = format!("{head}Content-Type: text/plain\r\n");
    let first =
        receive(world, &dealer_address(), &text, &format!("Dear Sir,\r\nis {MARK} still for sale? My number is 0171 2345678.")).await;
    let lead = lead_in(&mail(world, &first).await);
    let news = format!(
        "{}List-Unsubscribe: <https://{MARK}.example>\r\nList-Id: <{MARK}.example>\r\nPrecedence: bulk\r\nContent-Type: text/plain\r\n",
        from(&name, &address(), &marked("Newsletter"), &format!("{MARK}-2"))
    );
    let second = receive(world, &dealer_address(), &news, &marked("Unsubscribe from this newsletter")).await;
    assert_eq!(mail(world, &second).await["state"], "open");
    let answer = format!(
        "{}Content-Type: multipart/mixed; boundary=b\r\n",
        from(&name, &address(), &format!("Re: {subject}"), &format!("{MARK}-3"))
    );
    let third = receive(world, &reply_address(world, lead).await, &answer, &with_files(&marked("Yes, on Saturday."))).await;
    let answered = mail(world, &third).await;
    assert_eq!((&answered["outcome"]["kind"], lead_in(&answered)), (&json!("answer"), lead), "{answered}");
    (lead, vec![first, second, third])
}

async fn canary() {
    let (log, _guards) = Log::collected();
    let world = World::new().await;
    let (lead, mails) = writes(&world).await;
    world.advance_to("2026-11-23T09:20:00Z").await;
    let instant = world.system.mailbox.mails().into_iter().find(|mail| mail.to == address()).unwrap();
    let now = world.system.clock.now();
    let bounce = MailEvent::Bounce.about(&instant, &format!("local-{}", instant.id), now).to_string();
    let report = bounce.replace("5.1.1 user unknown", &format!("5.1.1 <{}>: user unknown", address()));
    let texts = Arc::new(Texts::new(world.system.platform.console.clone()).unwrap());
    let sender = Sender { platform: world.system.platform.of("send"), carrier: world.system.mailbox.clone(), texts };
    let batch = serde_json::from_value(json!({"Records": [{"messageId": "1", "body": report}]})).unwrap();
    assert!(sender.handle(batch).await.batch_item_failures.is_empty());
    world.advance_to("2026-11-23T09:25:00Z").await;
    let stops = world.get(ADMIN, &format!("/leads/{lead}/stops")).await;
    assert_eq!((stops.text("/stops/0/reason"), stops.text("/stops/0/address")), ("bounced", address().as_str()), "{}", stops.body);
    let unsubscribed = json!({"address": address(), "reason": "unsubscribed", "note": marked("by telephone")});
    sent(&world, ADMIN, &format!("/leads/{lead}/stops"), &unsubscribed).await;
    let timeline = world.get(ADMIN, &format!("/leads/{lead}/timeline")).await.body.to_string();
    for event in ["mail_received", "mail_returned", &format!("{MARK}.sh")] {
        assert!(timeline.contains(event), "{event}: {timeline}");
    }
    let marks = bucket(&world).iter().filter(|file| has_mark(file)).count();
    assert!(marks >= 4, "three raw mails and a document: {marks}");

    let before = world.system.mailbox.mails().len();
    let receipt = erased(&world, lead, None).await;
    assert!(!has_mark(&receipt.to_string()), "{receipt}");
    assert_eq!((&receipt["erased"]["mails"], &receipt["erased"]["documents"]), (&json!(3), &json!(1)), "{receipt}");
    is_nowhere(&world).await;
    let names = bucket(&world);
    assert!(!names.iter().any(|name| name.contains("raw/mail/") || name.contains("/documents/")), "{names:?}");
    for id in &mails {
        let shown = mail(&world, id).await;
        assert!(shown["erased_at"].is_string() && shown["state"] != "open" && shown["content"] == "expired", "{shown}");
        assert!(shown["suggested"].is_null() && !has_mark(&shown.to_string()), "{shown}");
        assert_eq!(world.get(ADMIN, &format!("/dealers/{NORDSTERN}/mails/{id}/raw")).await.status, 410);
    }
    let path = format!("/dealers/{NORDSTERN}/mails/{}", mails[1]);
    let reopened = world.call(Request::delete(ADMIN, &format!("{path}/completion"))).await;
    let made = world.post(ADMIN, &format!("{path}/lead"), &json!({"type": "used_car", "contact": {"last_name": "X"}})).await;
    for refused in [&reopened, &made] {
        assert_eq!((refused.status, refused.text("/rule"), has_mark(&refused.body.to_string())), (409, "PRV-2", false), "{}", refused.body);
    }
    let lists = ["mails", "undelivered", "leads"].map(|list| format!("/dealers/{NORDSTERN}/{list}"));
    let of_lead = ["", "/timeline", "/communications", "/documents", "/stops"].map(|rest| format!("/leads/{lead}{rest}"));
    for path in lists.iter().chain(&of_lead) {
        let reply = world.get(ADMIN, path).await;
        assert!(reply.status < 500 && !has_mark(&reply.body.to_string()), "{path}: {}", reply.body);
    }
    let due = world.store.due(world.system.clock.now() + Days::new(4_000), usize::MAX).await.unwrap();
    assert!(!has_mark(&serde_json::to_string(&due.iter().map(|(_, wake_up)| wake_up).collect::<Vec<_>>()).unwrap()), "{due:?}");
    world.advance_to("2026-11-25T09:00:00Z").await;
    let later: Vec<String> = world.system.mailbox.mails()[before..].iter().map(|mail| format!("{mail:?}")).collect();
    assert!(later.iter().all(|mail| !has_mark(mail)), "a message was sent after the erasure: {later:?}");
    is_nowhere(&world).await;
    log.is_clean();

    // The stop of the address has outlived the person, without its words: a new enquiry is not answered by mail.
    let contact = json!({"last_name": MARK, "email": address()});
    let again = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    assert_ne!(again, lead);
    let stops = world.get(ADMIN, &format!("/leads/{again}/stops")).await;
    let reasons: Vec<Value> = stops.body["stops"].as_array().unwrap().iter().map(|stop| json!([stop["reason"], stop["detail"]])).collect();
    assert_eq!(reasons, [json!(["bounced", null]), json!(["unsubscribed", null])], "{}", stops.body);
    let refused =
        world.post(ADMIN, &format!("/leads/{again}/communications"), &json!({"medium": "email", "subject": "Corsa", "text": "Hi"})).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "MSG-1"), "{}", refused.body);
}

/// PRV-2: mails of others stay, also one that another contact of the lead sent.
#[tokio::test]
async fn prv_2_mails_of_others_stay() {
    let world = World::new().await;
    let write = async |name: &str, number: &str| {
        let head = from(name, &format!("{}@example.com", name.to_lowercase()), "Corsa", number);
        let text = format!("{head}Content-Type: text/plain\r\n");
        let id = receive(&world, &dealer_address(), &text, &format!("Dear Sir,\r\nis the car of {number} still for sale?")).await;
        (id.clone(), lead_in(&mail(&world, &id).await))
    };
    let ((jana, of_jana), (tom, of_tom)) = (write("Jana", "n-1").await, write("Tom", "n-2").await);
    let added = json!({"first_name": "Nora", "emails": ["nora@example.com"]});
    sent(&world, ADMIN, &format!("/leads/{of_tom}/contacts"), &added).await;
    erased(&world, of_jana, None).await;
    assert!(mail(&world, &jana).await["erased_at"].is_string());
    // Nora is erased, and Tom, who wrote the mail, remains in the lead.
    let receipt = erased(&world, of_tom, Some("000002")).await;
    assert_eq!(receipt["erased"]["shared_leads"], 1, "{receipt}");
    let kept = mail(&world, &tom).await;
    assert_eq!(
        (kept["from"].as_str(), kept["content"].as_str(), kept.get("erased_at")),
        (Some("tom@example.com"), Some("shown"), None),
        "{kept}"
    );
    assert!(!table(&world).await.iter().any(|item| item.contains("nora@")), "Nora is erased");
}

/// PRV-2, INT-7: a mail of a portal in the inbox that names the person as the one to answer (`Reply-To`) is erased, with the name that the
/// sender has in it; that of another person stays.
#[tokio::test]
async fn prv_2_mails_of_portals_in_the_inbox_are_erased() {
    let world = World::new().await;
    let contact = json!({"last_name": MARK, "email": address(), "phone": "0171 2345678"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    world.system.settle().await;
    let news = async |name: &str, reply_to: &str, text: &str, number: &str| {
        let head = from(name, "news@portal.example", text, number);
        let head = format!("{head}Reply-To: {reply_to}\r\nList-Id: <x.portal.example>\r\nPrecedence: bulk\r\nContent-Type: text/plain\r\n");
        let id = receive(&world, &dealer_address(), &head, &format!("{text} asks. Unsubscribe from this newsletter")).await;
        assert_eq!(mail(&world, &id).await["state"], "open");
        id
    };
    let theirs = news(MARK, &address(), &marked("Question"), &format!("{MARK}-9")).await;
    let other = news("Tom", "tom@example.com", "Question", "o-9").await;
    let receipt = erased(&world, lead, None).await;
    assert_eq!(receipt["erased"]["mails"], 1, "{receipt}");
    is_nowhere(&world).await;
    let (theirs, other) = (mail(&world, &theirs).await, mail(&world, &other).await);
    assert!(theirs["erased_at"].is_string() && theirs["state"] != "open" && !has_mark(&theirs.to_string()), "{theirs}");
    assert_eq!((other.get("erased_at"), other["state"].as_str()), (None, Some("open")), "{other}");
}

/// PRV-2: a mail to the reply address of an erased lead does not bring data back into the lead.
#[tokio::test]
async fn prv_2_no_mail_joins_an_erased_lead() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    let to = reply_address(&world, lead).await;
    erased(&world, lead, None).await;
    let automatic =
        format!("{}Auto-Submitted: auto-replied\r\nContent-Type: text/plain\r\n", from("Jana", "jana@example.com", "Out of office", "a-1"));
    let id = receive(&world, &to, &automatic, "Jana Petersen is away until Monday.").await;
    let outcome = mail(&world, &id).await;
    assert_eq!(outcome["outcome"]["kind"], "no_lead", "{outcome}");
    let list = world.get(GROUP_ADMIN, &format!("/leads/{lead}/communications")).await;
    assert_eq!(list.body["elements"], json!([]), "{}", list.body);
    // A person who writes again makes a new lead, as with any closed one.
    let text = format!("{}Content-Type: text/plain\r\n", from("Jana", "jana@example.com", "Corsa", "a-2"));
    let id = receive(&world, &to, &text, "Dear Sir,\r\nis it still for sale?").await;
    assert_ne!(lead_in(&mail(&world, &id).await), lead);
}

/// PRV-2, INT-7: what no erasure finds expires: raw mails by the rule of the bucket, records of mails by their own time.
#[tokio::test]
async fn prv_2_mails_that_belong_to_nobody_expire() {
    let template = std::fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    assert!(template.contains("{ Id: raw, Status: Enabled, Prefix: raw/, ExpirationInDays: !Ref RawInputDays }"));
    let world = World::new().await;
    let portal = format!("{}List-Id: <x>\r\nContent-Type: text/plain\r\n", from("Portal", "news@portal.example", "Jana Petersen", "p-1"));
    let id = receive(&world, &dealer_address(), &portal, "Unsubscribe").await;
    let key = Key::IncomingMail(id.clone(), dealer(NORDSTERN));
    let loaded = world.store.load(&world.scope(), &Load::of([key])).await.unwrap();
    let record = loaded.incoming_mail(&id, &dealer(NORDSTERN)).unwrap();
    assert!(record.object.starts_with("raw/") && record.expires() == record.received + TimeDelta::days(180), "{record:?}");
}
