//! Text messages of customers: they join leads, stop and start text messages, become leads, or wait in the inbox (MSG-3).

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World};
use forecourt_domain::base::{Email, LeadId};
use forecourt_domain::messages::TextCommand;
use forecourt_local::text_in::CustomerText;
use serde_json::{Value, json};

const SELLER: &str = "anna.vogt";
/// The number of the dealer.
const OWN: &str = "+4915299999901";
const JANA: &str = "+491712345678";

/// Returns a world whose dealer has a number for text messages.
async fn world_with(world: World) -> World {
    world.settings(|settings| settings.text_number = Some(OWN.to_owned())).await;
    world
}

async fn world() -> World {
    world_with(World::new().await).await
}

async fn receive(world: &World, from: &str, text: &str, id: &str) {
    world.system.receive_text(&CustomerText { from, to: OWN, text, id }).unwrap();
    world.system.settle().await;
}

async fn lead_of_jana(world: &World) -> LeadId {
    let contact = json!({"last_name": "Petersen", "email": "jana@example.com", "phone": "0171 2345678"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    world.system.settle().await;
    lead
}

async fn write(world: &World, lead: LeadId, text: &str) -> Reply {
    let reply = world.post(SELLER, &format!("/leads/{lead}/communications"), &json!({"medium": "sms", "text": text})).await;
    world.system.settle().await;
    reply
}

async fn thread(world: &World, lead: LeadId) -> Vec<Value> {
    let list = world.get(ADMIN, &format!("/leads/{lead}/communications")).await;
    assert_eq!(list.status, 200, "{}", list.body);
    list.body["elements"].as_array().unwrap().clone()
}

async fn stops(world: &World, lead: LeadId) -> Vec<Value> {
    world.get(SELLER, &format!("/leads/{lead}/stops")).await.body["stops"].as_array().unwrap().clone()
}

async fn events(world: &World, lead: LeadId) -> Vec<String> {
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    let entries = page.body["timeline"].as_array().unwrap().clone();
    let all = entries.iter().flat_map(|entry| entry["events"].as_array().unwrap().clone());
    all.map(|event| event["what"].as_str().unwrap().to_owned()).collect()
}

async fn inbox(world: &World) -> Vec<Value> {
    world.get(ADMIN, &format!("/dealers/{NORDSTERN}/mails")).await.body["mails"].as_array().unwrap().clone()
}

fn sent_texts(world: &World) -> Vec<String> {
    world.system.mailbox.sms().iter().map(|sms| sms.text.clone()).collect()
}

/// MSG-3: the words of the carriers are commands, in any case and with any punctuation; a sentence with such a word is none.
#[test]
fn msg_3_only_a_whole_message_is_a_command() {
    for text in [
        "STOP",
        "stop",
        " Stop! ",
        "S T O P",
        "„Stopp.“",
        "STOPALL",
        "unsubscribe",
        "Opt-out",
        "ABMELDEN",
        "aus",
        "Afmelden…",
        "END",
        "ＳＴＯＰ",
        "stop stop",
        "Stop! STOP",
        "ende",
        "Opt out",
    ] {
        assert_eq!(TextCommand::of(text), Some(TextCommand::Stop), "{text}");
    }
    for text in ["START", "unstop", "Weiter.", "AANMELDEN"] {
        assert_eq!(TextCommand::of(text), Some(TextCommand::Start), "{text}");
    }
    for text in ["HELP", "info?", "Hilfe"] {
        assert_eq!(TextCommand::of(text), Some(TextCommand::Help), "{text}");
    }
    for text in [
        "",
        "Please stop by on Friday",
        "Ja",
        "Yes",
        "Wann ist das Ende?",
        "Bitte abmelden",
        "weiter so",
        "1",
        "stop stop bitte",
        "1 1",
        "🙂",
    ] {
        assert_eq!(TextCommand::of(text), None, "{text}");
    }
}

/// MSG-3, LEAD-3: an answer joins the open lead once, starts a response clock, and notifies the owner. The seller's texts come from the
/// dealer's number.
#[tokio::test]
async fn msg_3_an_answer_joins_the_lead_of_the_number_once() {
    for world in [world().await, world_with(World::delivering_twice().await).await] {
        let lead = lead_of_jana(&world).await;
        assert_eq!(write(&world, lead, "Der rote?").await.status, 201);
        let sms = world.system.mailbox.sms().pop().unwrap();
        assert_eq!((sms.to.as_str(), sms.from.as_deref()), (JANA, Some(OWN)));
        world.advance_to("2026-11-23T09:30:00Z").await;
        let leads = world.list(ADMIN, NORDSTERN).await.len();
        for _ in 0..2 {
            receive(&world, JANA, "Ja, am Samstag!", "m-1").await;
        }
        let thread = thread(&world, lead).await;
        let answer = &thread[0];
        let facts = json!([answer["medium"], answer["text"], answer["by"], answer["received"]["from"], answer["received"]["from_known"]]);
        assert_eq!(facts, json!(["sms", "Ja, am Samstag!", "customer", JANA, true]), "{answer}");
        assert_eq!((thread.len(), answer.get("fate"), world.list(ADMIN, NORDSTERN).await.len()), (2, None, leads));
        let page = world.get(SELLER, &format!("/leads/{lead}")).await;
        assert_eq!(page.body["reaction"], Value::Null, "a clock runs again: {}", page.body);
        assert!(page.text("/deadline/due") > "2026-11-23T10:00:00Z", "{}", page.body["deadline"]);
        let notices = world.mails().iter().filter(|mail| mail.contains("09:3")).count();
        assert_eq!(notices, 1, "{:?}", world.mails());
        let raw = world.get(ADMIN, &format!("/leads/{lead}/raw?version={}", page.body["version"])).await;
        assert_eq!((raw.status, raw.text("/messageBody")), (200, "Ja, am Samstag!"), "{}", raw.body);
    }
}

/// MSG-3, MSG-2: the notice of a text message has its text, its time, its number, the vehicle and the link, in the seller's language. A
/// number that is not the lead's is named.
#[tokio::test]
async fn msg_3_the_notice_of_a_text_message_has_what_the_seller_needs() {
    for (language, from_jana, message, received, phone) in [
        ("de", "SMS von Petersen", "Nachricht: Ja, am Samstag!", "eingegangen 23.11.2026, 10:30 Uhr", "Telefon: +49171"),
        ("en", "Text message from Petersen", "message: Ja, am Samstag!", "received", "telephone: +49171"),
        ("nl", "Sms-bericht van Petersen", "bericht: Ja, am Samstag!", "ontvangen", "telefoon: +49171"),
    ] {
        let world = world().await;
        let own = world.call(Request::get(SELLER, "/me")).await;
        let change = json!({"language": language});
        let changed = world.call(Request::patch(SELLER, "/me").json(&change).version(own.body["version"].as_u64().unwrap_or(1))).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        let contact = json!({"last_name": "Petersen", "email": "jana@example.com", "phone": "0171 2345678"});
        let body = json!({"type": "used_car", "source": "website", "contact": contact, "vehicle": {"make": "Opel", "model": "Corsa"}});
        let lead = world.lead(&body).await;
        world.system.settle().await;
        write(&world, lead, "Der rote?").await;
        world.advance_to("2026-11-23T09:30:00Z").await;
        receive(&world, JANA, "Ja, am Samstag!", "m-1").await;
        let notice = world.system.mailbox.mails().pop().unwrap();
        let whole = format!("{}\n{}", notice.subject, notice.text);
        for part in [from_jana, message, received, phone, "Opel Corsa", &format!("/desk/leads/{lead}")] {
            assert!(whole.contains(part), "{part}: {whole}");
        }
    }
}

/// MSG-3, DIS-5: a text of an unknown number becomes a lead with the source `sms`; one to a closed lead, too.
#[tokio::test]
async fn msg_3_a_text_without_an_open_lead_becomes_a_lead_once() {
    let world = world_with(World::delivering_twice().await).await;
    let before = world.list(ADMIN, NORDSTERN).await.len();
    receive(&world, JANA, "Ist der Golf noch da?", "m-1").await;
    receive(&world, JANA, "Ist der Golf noch da?", "m-1").await;
    let leads = world.list(ADMIN, NORDSTERN).await;
    assert_eq!(leads.len(), before + 1);
    let lead: LeadId = leads[0]["id"].as_str().unwrap().parse().unwrap();
    let page = world.page(lead).await.lead;
    assert_eq!((page.source.as_str(), page.contact.as_str()), ("sms", JANA));
    // The next text joins it, and after it is closed a further one is a new lead.
    receive(&world, JANA, "Und in Blau?", "m-2").await;
    assert_eq!((world.list(ADMIN, NORDSTERN).await.len(), thread(&world, lead).await.len()), (before + 1, 1));
    world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "lost", "reason": "price"})).await;
    receive(&world, JANA, "Doch noch Interesse", "m-3").await;
    // A repeat of an earlier text changes nothing, also now.
    receive(&world, JANA, "Und in Blau?", "m-2").await;
    assert_eq!((world.list(ADMIN, NORDSTERN).await.len(), thread(&world, lead).await.len()), (before + 2, 1));
    assert!(inbox(&world).await.is_empty());
}

/// MSG-3, MSG-1: STOP ends the dealer's text messages at once and is noted once; START permits them. E-mail goes on.
#[tokio::test]
async fn msg_3_stop_and_start_hold_for_the_dealer() {
    let world = world().await;
    let lead = lead_of_jana(&world).await;
    receive(&world, JANA, "Stopp!", "m-1").await;
    receive(&world, JANA, "STOP", "m-2").await;
    let stopped = stops(&world, lead).await;
    let facts = json!([stopped[0]["reason"], stopped[0]["address"], stopped[0]["by"]]);
    assert_eq!((stopped.len(), facts), (1, json!(["stopped", JANA, "customer"])), "{stopped:?}");
    let refused = write(&world, lead, "Hallo").await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "MSG-1"), "{}", refused.body);
    assert!(sent_texts(&world).is_empty());
    let mail = json!({"medium": "email", "subject": "Golf", "text": "Guten Tag"});
    assert_eq!(world.post(SELLER, &format!("/leads/{lead}/communications"), &mail).await.status, 201);
    assert_eq!(events(&world, lead).await.iter().filter(|what| *what == "address_stopped").count(), 1);
    world.advance_to("2026-11-23T09:20:00Z").await;
    receive(&world, JANA, "weiter", "m-3").await;
    assert!(stops(&world, lead).await.is_empty());
    assert_eq!(write(&world, lead, "Willkommen zurück").await.status, 201);
    assert_eq!(sent_texts(&world), ["Willkommen zurück"]);
    // The queue repeats the first command after the second one.
    receive(&world, JANA, "Stopp!", "m-1").await;
    assert!(stops(&world, lead).await.is_empty());
    // Nobody made a lead of a command, and a stranger's stop is kept.
    receive(&world, "+491712345699", "STOP", "m-4").await;
    assert_eq!(world.list(ADMIN, NORDSTERN).await.len(), 1);
}

/// MSG-3: commands that arrive in the wrong order end as the customer sent them.
#[tokio::test]
async fn msg_3_the_latest_command_of_the_customer_holds_in_any_order() {
    let world = world().await;
    let lead = lead_of_jana(&world).await;
    let at = |text: &str, time: &str, id: &str| {
        let text = CustomerText { from: JANA, to: OWN, text, id };
        forecourt_local::text_in::text_notice(&text, crate::support::world::at(time)).to_string()
    };
    let (stop, start) = (at("STOP", "2026-11-23T09:05:00Z", "a"), at("START", "2026-11-23T09:06:00Z", "b"));
    let later = at("STOP", "2026-11-23T09:07:00Z", "c");
    world.advance_to("2026-11-23T09:10:00Z").await;
    for (bodies, is_stopped) in [(vec![&start, &stop], false), (vec![&later, &start, &stop], true)] {
        let records: Vec<_> = bodies.iter().enumerate().map(|(i, body)| json!({"messageId": i.to_string(), "body": body})).collect();
        let event = serde_json::from_value(json!({"Records": records})).unwrap();
        let answer = forecourt_lead_intake::text_in::messages(&world.system.platform, event).await;
        assert!(answer.batch_item_failures.is_empty());
        assert_eq!(!stops(&world, lead).await.is_empty(), is_stopped);
    }
}

/// MSG-3, INT-7: a text of which no lead can be made waits in the inbox, once, and is no lead. A user can make one of it.
#[tokio::test]
async fn msg_3_a_text_that_is_no_enquiry_waits_in_the_inbox() {
    let world = world_with(World::delivering_twice().await).await;
    receive(&world, "Telekom", "Ihr Datenvolumen ist verbraucht", "m-1").await;
    receive(&world, JANA, "HELP", "m-2").await;
    receive(&world, JANA, "", "m-3").await;
    receive(&world, JANA, "HELP", "m-2").await;
    let mails = inbox(&world).await;
    assert!(mails.iter().all(|mail| mail["outcome"]["reason"] == "text_message" && mail["state"] == "open"), "{mails:?}");
    assert_eq!((mails.len(), world.list(ADMIN, NORDSTERN).await.len()), (3, 0));
    let help = mails.iter().find(|mail| mail["outcome"]["detail"].as_str().unwrap().contains("help")).unwrap();
    let path = format!("/dealers/{NORDSTERN}/mails/{}", help["id"].as_str().unwrap());
    let shown = world.get(ADMIN, &path).await;
    assert!(shown.text("/text").contains("HELP") && shown.text("/from") == JANA, "{}", shown.body);
    assert_eq!((shown.text("/suggested/phone"), shown.text("/suggested/source")), (JANA, "sms"), "{}", shown.body);
    let made = world.post(ADMIN, &format!("{path}/lead"), &json!({"type": "other"})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(world.list(ADMIN, NORDSTERN).await.len(), 1);
    assert_eq!(world.page(made.text("/id").parse().unwrap()).await.lead.source, "sms");
}

/// MSG-3, INT-7: the report of a text message in the inbox says that it is one.
#[tokio::test]
async fn msg_3_the_report_of_a_text_in_the_inbox_names_it() {
    let world = world().await;
    world.settings(|settings| settings.unparsed_mail_to = Some(Email::parse("office@example.com").unwrap())).await;
    receive(&world, "Telekom", "Ihr Datenvolumen ist verbraucht", "m-1").await;
    let mails = world.system.mailbox.mails();
    let report = mails.iter().rfind(|mail| mail.to == "office@example.com").unwrap();
    assert!(report.text.contains("Keine Anfrage: es ist eine SMS"), "{}", report.text);
}

/// MSG-3: a text to a number of no dealer is not lost: it becomes a dead letter. So does one that cannot be read.
#[tokio::test]
async fn msg_3_a_text_without_a_dealer_is_not_lost() {
    let world = world().await;
    let text = CustomerText { from: JANA, to: "+4915299999902", text: "Hallo", id: "m-1" };
    let body = forecourt_local::text_in::text_notice(&text, world.system.clock.now()).to_string();
    for body in [body.as_str(), "{}", r#"{"Message": "{}"}"#] {
        let event = serde_json::from_value(json!({"Records": [{"messageId": "1", "body": body}]})).unwrap();
        let answer = forecourt_lead_intake::text_in::messages(&world.system.platform, event).await;
        assert_eq!(answer.batch_item_failures.len(), 1, "{body}");
    }
    let greeting = json!({"Records": [{"messageId": "1", "body": r#"{"Message": "You have subscribed"}"#}]});
    let answer = forecourt_lead_intake::text_in::messages(&world.system.platform, serde_json::from_value(greeting).unwrap()).await;
    assert!(answer.batch_item_failures.is_empty());
}

/// MSG-3, SET-4: only the operator sets the number, and no two dealers of the stack have one, also of two groups. A number that a dealer
/// gives up is free.
#[tokio::test]
async fn msg_3_the_operator_gives_a_number_to_one_dealer() {
    let world = World::new().await;
    let operator = "otto.operator";
    let put = async |dealer: &str, number: Value, who: &str| {
        let path = format!("/dealers/{dealer}/configuration");
        let read = world.get(who, &path).await;
        let mut settings = read.body["settings"].clone();
        settings["text_number"] = number;
        world.call(Request::put(who, &path).json(&settings).version(read.body["version"].as_u64().unwrap())).await
    };
    assert_eq!(put(NORDSTERN, json!(OWN), ADMIN).await.status, 403);
    for wrong in ["0152 99999901", "12345", "+49"] {
        assert_eq!(put(NORDSTERN, json!(wrong), operator).await.status, 422, "{wrong}");
    }
    assert_eq!(put(NORDSTERN, json!(OWN), operator).await.status, 200);
    let other = put("lakeside-motors-demo", json!(OWN), operator).await;
    assert_eq!((other.status, other.faults().len()), (422, 1), "{}", other.body);
    // Another group cannot take it, either.
    let rival = forecourt_domain::access::Scope::keys_only("rival-group".parse().unwrap());
    let (group, dealer) = (rival.group().clone(), "rival".parse().unwrap());
    let taken = OWN.to_owned();
    let change = forecourt_domain::settings::NumberChange { group: &group, dealer: &dealer, before: None, after: Some(&taken) };
    let load = forecourt_store::Load::of(forecourt_store::number_keys(change, &forecourt_store::Loaded::default()));
    let loaded = world.store.load(&rival, &load).await.unwrap();
    assert!(forecourt_store::number_claims(change, &loaded).is_err());
    assert_eq!(put(NORDSTERN, Value::Null, operator).await.status, 200);
    let moved = put("lakeside-motors-demo", json!(OWN), operator).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(put(NORDSTERN, json!(OWN), operator).await.status, 422);
}

/// MSG-3: with several open leads of the number, a text joins the one that changed last at the dealer. A number of a second contact
/// decides who gets the next letter.
#[tokio::test]
async fn msg_3_a_text_joins_the_lead_that_changed_last() {
    let world = world().await;
    let first = lead_of_jana(&world).await;
    let contact = json!({"first_name": "Karl", "last_name": "Adler", "email": "karl@example.com", "phone": "0171 2345678"});
    let second = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    assert_ne!(first, second);
    world.advance_to("2026-11-23T09:10:00Z").await;
    write(&world, first, "Der rote?").await;
    world.advance_to("2026-11-23T09:20:00Z").await;
    receive(&world, JANA, "Ja", "m-1").await;
    assert_eq!((thread(&world, first).await.len(), thread(&world, second).await.len()), (2, 0));
}
