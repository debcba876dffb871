//! What an access file has of the contact, and of nobody else (PRV-4).

use super::{downloaded, file_of, location, order, text, whole};
use crate::privacy::canary::{MARK, enquiry as marked_enquiry, long_text, marked, sent, work};
use crate::privacy::{GROUP_ADMIN, bucket, named};
use crate::support::archive::Entries;
use crate::support::world::{ADMIN, MAIL_DOMAIN, NORDSTERN, Request, World, enquiry};
use chrono::TimeDelta;
use forecourt_export::Exporter;
use forecourt_local::text_in::CustomerText;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Returns every entry with this ending as JSON.
fn json_of(entries: &Entries) -> BTreeMap<String, Value> {
    let json = entries.iter().filter(|(name, _)| name.ends_with(".json") && !name.starts_with("files/"));
    json.map(|(name, bytes)| (name.clone(), serde_json::from_slice(bytes).unwrap_or_else(|e| panic!("{name}: {e}: {}", text(bytes)))))
        .collect()
}

/// Returns the values of `kind` anywhere in a value.
fn kinds(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("kind").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| kinds(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| kinds(value, found)),
        _ => {}
    }
}

#[test]
fn prv_4_the_file_has_everything_of_the_person() {
    // The future of the whole way is larger than the stack of a test.
    let way = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(everything());
    std::thread::Builder::new().stack_size(64 << 20).spawn(way).unwrap().join().unwrap();
}

async fn everything() {
    let world = World::new().await;
    let hook = json!({"url": "https://dms.example/hooks", "events": ["lead.created", "appointment.created"]});
    sent(&world, GROUP_ADMIN, "/webhooks", &hook).await;
    let lead = world.lead(&marked_enquiry(&marked("Is it still there?"))).await;
    world.system.settle().await;
    assert_eq!(world.lead(&marked_enquiry(&long_text())).await, lead);
    work(&world, lead).await;
    let customer = json!({"name": format!("Jana {MARK}"), "email": format!("{MARK}@example.com"), "phone": "0171 2345678"});
    let visit = json!({"customer": customer, "kind": "showroom", "at": "2026-12-01T10:00:00+01:00", "notes": marked("coffee"),
        "external_id": format!("c-{MARK}")});
    let visit = sent(&world, "partner:centre-demo", &format!("/dealers/{NORDSTERN}/appointments"), &visit).await;
    let stop = json!({"address": format!("{MARK}@example.com"), "reason": "unsubscribed", "note": marked("by telephone")});
    sent(&world, ADMIN, &format!("/leads/{lead}/stops"), &stop).await;
    let raw = format!(
        "From: Jana <{MARK}@example.com>\r\nTo: {NORDSTERN}.demo-group@{MAIL_DOMAIN}\r\nSubject: {}\r\nMessage-ID: <1@example.com>\r\n\
         Date: Mon, 23 Nov 2026 10:00:00 +0100\r\nList-Id: <news.example>\r\nList-Unsubscribe: <https://x.example>\r\nPrecedence: bulk\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{}\r\n",
        marked("Club"),
        marked("News of our club"),
    );
    world.system.receive_mail(raw.as_bytes(), &[format!("{NORDSTERN}.demo-group@{MAIL_DOMAIN}")]).await.unwrap();
    let stranger = world.lead(&enquiry("otto")).await;
    world.advance_to("2026-11-24T09:00:00Z").await;

    let (_, entries) = file_of(&world, lead, Some("000001")).await;
    let all = json_of(&entries);
    let mut found = BTreeSet::new();
    all.values().for_each(|value| kinds(value, &mut found));
    let expected = [
        "appointment",
        "calendar_event",
        "comment",
        "communication",
        "document",
        "invitation",
        "letter",
        "notice_to_employee",
        "quote",
        "task",
        "test_drive",
        "timeline",
        "trade_in",
        "webhook_event",
    ];
    for kind in expected {
        assert!(found.contains(kind), "{kind} is missing: {found:?}");
    }
    let content = whole(&entries);
    for words in [
        "Is it still there?",
        "wants winter tyres",
        "one owner",
        "Dear Jana",
        "Call me",
        "was there",
        "no answer",
        "Photograph",
        "Send the offer",
        "after five",
        "voice mail",
        "Visit",
        "Driving licence",
        "Drive",
        "coffee",
        "by telephone",
        "Hauptstraße 1",
        "Petersen KG",
        "News of our club",
        "dms.example",
    ] {
        assert!(content.contains(words), "{words} is missing");
    }
    // What was stored about the person, as it was received.
    let number = lead.spoken();
    let raw: Vec<&String> = entries.keys().filter(|name| name.starts_with(&format!("files/{number}/received-"))).collect();
    assert_eq!(raw.len(), 2, "two enquiries: {raw:?}");
    assert!(raw.iter().any(|name| text(&entries[*name]).contains(&long_text())), "also the one in the bucket");
    let documents: Vec<&String> = entries.keys().filter(|name| name.contains("/document-")).collect();
    assert_eq!(documents.len(), 1, "{documents:?}");
    assert_eq!(text(&entries[documents[0]]), format!("%PDF-1.7 {MARK}"));
    assert!(documents[0].ends_with(".pdf") && content.contains(&format!("\"file\":\"{}\"", documents[0])), "{documents:?}");
    assert_eq!(entries.keys().filter(|name| name.starts_with("mails/")).count(), 2, "the record and the mail: {:?}", entries.keys());
    // The summary names the leads and the stops of addresses.
    let person = &all["person.json"];
    assert_eq!(person["leads"][0]["number"], number, "{person}");
    assert_eq!(person["leads"].as_array().map(Vec::len), Some(1), "{person}");
    let address = person["stops_and_consents"].as_array().unwrap().iter().find(|one| one["address"] == format!("{MARK}@example.com"));
    assert!(address.is_some_and(|one| one["stops"][0]["reason"] == "unsubscribed"), "{person}");
    let appointments = all["appointments.json"].as_array().unwrap();
    assert!(appointments.iter().any(|one| one["id"] == visit.text("/id")) && appointments.len() >= 2, "{appointments:?}");
    // The explanation is in the dealer's language. The file names no staff, and nobody else.
    let explanation = text(&entries["README.txt"]);
    assert!(explanation.contains("Ihre personenbezogenen Daten bei") && explanation.contains("1 Anfragen"), "{explanation}");
    for name in [ADMIN, "anna.vogt", "otto", &stranger.spoken(), "withheld", "unreadable"] {
        let found = all.iter().find(|(_, value)| value.to_string().contains(name));
        assert!(found.is_none(), "{name}: {found:?}");
    }
}

/// The number of the dealer.
const OWN: &str = "+4915299999901";

/// An enquiry of a person who has a telephone number.
fn with_phone(first: &str, phone: &str) -> Value {
    let mut body = named(first, "Petersen");
    body["contact"]["phone"] = json!(phone);
    body
}

/// PRV-4, LEAD-7: of a lead of several contacts, each gets the own part, and nothing of the other.
#[tokio::test]
async fn prv_4_a_lead_of_two_contacts_gives_each_the_own_part() {
    let world = World::new().await;
    let lead = world.lead(&named("Jana", "Petersen")).await;
    let on = |what: &str| format!("/leads/{lead}/{what}");
    let other = json!({"first_name": "Tom", "last_name": "Jansen", "emails": ["tom@example.com"]});
    sent(&world, ADMIN, &on("contacts"), &other).await;
    sent(&world, ADMIN, &on("comments"), &json!({"text": "Tom pays, Jana drives"})).await;
    sent(&world, ADMIN, &on("tasks"), &json!({"title": "Call Tom and Jana", "start": "2026-11-25T10:00:00+01:00", "minutes": 30})).await;
    sent(&world, ADMIN, &on("communications"), &json!({"medium": "email", "subject": "To Jana", "text": "Dear Jana"})).await;
    let missing = order(&world, lead, None).await;
    assert_eq!((missing.status, missing.faults()), (422, vec!["contact PRV-4".to_owned()]), "several contacts: one must be named");

    let (_, jana) = file_of(&world, lead, Some("000001")).await;
    let content = whole(&jana);
    for own in ["Petersen", "jana@example.com", "a message of Jana", "Dear Jana", "only_own_part", "\"withheld\":\"other_contacts\""] {
        assert!(content.contains(own), "{own}: {content}");
    }
    for foreign in ["Jansen", "tom@example.com", "Tom pays", "Call Tom"] {
        assert!(!content.contains(foreign), "{foreign}: {content}");
    }
    let (_, tom) = file_of(&world, lead, Some("000002")).await;
    let content = whole(&tom);
    assert!(content.contains("Tom") && content.contains("Jansen") && content.contains("tom@example.com"), "{content}");
    for foreign in ["Petersen", "jana@example.com", "a message of Jana", "Dear Jana", "drives"] {
        assert!(!content.contains(foreign), "{foreign}: {content}");
    }
    assert!(tom.keys().all(|name| !name.starts_with("files/")), "the raw enquiry is Jana's: {:?}", tom.keys());
    let list = world.get(GROUP_ADMIN, "/access-files").await;
    assert_eq!(list.body["access_files"][0]["shared_leads"], json!([lead.spoken()]), "{}", list.body);
}

/// PRV-4, LEAD-7: a contact who was removed from the lead is still somebody else.
#[tokio::test]
async fn prv_4_a_former_contact_of_the_lead_is_somebody_else() {
    let world = World::new().await;
    let lead = world.lead(&named("Jana", "Petersen")).await;
    let other = json!({"first_name": "Tom", "last_name": "Jansen", "emails": ["tom@example.com"]});
    let added = sent(&world, ADMIN, &format!("/leads/{lead}/contacts"), &other).await;
    sent(&world, ADMIN, &format!("/leads/{lead}/comments"), &json!({"text": "Tom pays"})).await;
    let tom = added.body["contacts"][1]["id"].as_str().unwrap().to_owned();
    let removed = world.call(Request::delete(ADMIN, &format!("/leads/{lead}/contacts/{tom}"))).await;
    assert!(removed.status < 300, "{} {}", removed.status, removed.body);
    let content = whole(&file_of(&world, lead, None).await.1);
    assert!(content.contains("a message of Jana") && content.contains("other_contacts"), "{content}");
    assert!(!content.contains("Tom") && !content.contains("Jansen"), "{content}");
}

/// PRV-4: thousands of items go into many slices and parts, and the file is the same.
#[tokio::test]
async fn prv_4_a_large_file_is_written_in_slices() {
    let world = World::new().await;
    let lead = world.lead(&named("Jana", "Petersen")).await;
    let other = world.lead(&named("Jana", "Petersen")).await;
    assert_eq!(lead, other, "one lead in progress");
    for i in 0..95 {
        // Random letters do not become much smaller.
        let mut rng = fastrand::Rng::with_seed(i);
        let noise: String = (0..1_900).map(|_| rng.alphanumeric()).collect();
        sent(&world, ADMIN, &format!("/leads/{lead}/comments"), &json!({"text": format!("comment {i:03}. {noise}")})).await;
    }
    sent(&world, ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "won"})).await;
    let second = world.lead(&named("Jana", "Petersen")).await;
    assert_ne!(lead, second);
    world.system.settle().await;
    let mut exporter = Exporter::new(world.system.platform.of("export"), world.bucket.clone());
    (exporter.part, exporter.reads) = (40_000, 3);
    let ordered = order(&world, second, None).await;
    let path = location(&ordered);
    let wake_up = json!({"kind": "export", "group": "demo-group", "dealer": NORDSTERN, "access_file": ordered.text("/id")}).to_string();
    let (mut slices, mut seen) = (0, BTreeSet::new());
    loop {
        let state = world.get(GROUP_ADMIN, &path).await;
        seen.insert(state.body["progress"].as_u64().unwrap());
        if state.text("/state") != "running" {
            break;
        }
        let early = world.get(GROUP_ADMIN, &format!("{path}/download")).await;
        assert_eq!(early.status, 409, "{}", early.body);
        slices += 1;
        world.system.clock.freeze_at(world.system.clock.now() + TimeDelta::seconds(3));
        let event = json!({"Records": [{"messageId": "1", "body": wake_up}]});
        assert!(exporter.messages(serde_json::from_value(event).unwrap()).await.batch_item_failures.is_empty());
        assert!(slices < 300);
    }
    assert!(slices > 10 && seen.len() > 3, "{slices} slices, progress {seen:?}");
    let entries = downloaded(&world, &path).await;
    let all = json_of(&entries);
    let items = all[&format!("leads/{}.json", lead.spoken())]["items"].as_array().unwrap();
    let comments: BTreeSet<&str> =
        items.iter().filter(|item| item["kind"] == "comment").filter_map(|item| item["text"].as_str()?.get(..11)).collect();
    assert_eq!(comments.len(), 95, "each comment once");
    assert_eq!(items.iter().filter(|item| item["kind"] == "comment").count(), 95);
    assert!(all.contains_key(&format!("leads/{}.json", second.spoken())), "{:?}", entries.keys());
    let rest: Vec<String> =
        bucket(&world).into_iter().filter(|file| file.contains("/access/") && !file.split(' ').next().unwrap().ends_with(".zip")).collect();
    assert!(rest.is_empty(), "nothing of a slice is left: {}", rest.len());
}

/// PRV-4, PRV-6, MSG-3, PRV-5: the file has the consents with their proof, the text messages of the person and the commands in them, and
/// the legal holds on the leads.
#[tokio::test]
async fn prv_4_the_file_has_consents_text_messages_and_legal_holds() {
    let world = World::new().await;
    world.settings(|settings| settings.text_number = Some(OWN.to_owned())).await;
    let lead = world.lead(&with_phone("Jana", "0171 2345678")).await;
    let on = |what: &str| format!("/leads/{lead}/{what}");
    let consent = json!({"address": "jana@example.com", "channel": "email", "purpose": "advertising", "status": "granted",
        "source": "telephone", "at": "2026-11-20T10:00:00+01:00", "text": "I agree to your news."});
    sent(&world, ADMIN, &on("contacts/000001/consents"), &consent).await;
    sent(&world, GROUP_ADMIN, "/legal-holds", &json!({"lead": lead, "reason": "legal_claim"})).await;
    for (id, text) in [("m-1", "Is it still there at noon?"), ("m-2", "STOP")] {
        world.system.receive_text(&CustomerText { from: "+491712345678", to: OWN, text, id }).unwrap();
        world.system.settle().await;
    }
    let (_, entries) = file_of(&world, lead, None).await;
    let all = json_of(&entries);
    let addresses = all["person.json"]["stops_and_consents"].as_array().unwrap();
    let of = |address: &str| addresses.iter().find(|one| one["address"] == address).unwrap_or_else(|| panic!("{addresses:?}"));
    let declared = &of("jana@example.com")["consents"][0];
    let expected = json!({"channel": "email", "purpose": "advertising", "declaration": "granted", "source": "telephone",
        "at": "2026-11-20T09:00:00Z", "text": "I agree to your news.", "by": "employee", "lead": lead.spoken()});
    assert_eq!(*declared, expected);
    assert_eq!(addresses.iter().filter(|one| one["stops"][0]["reason"] == "stopped").count(), 1, "{addresses:?}");
    let own = &all[&format!("leads/{}.json", lead.spoken())];
    assert_eq!(own["legal_holds"][0]["reason"], "legal_claim", "{own}");
    let items = own["items"].as_array().unwrap();
    let texts: Vec<&Value> = items.iter().filter(|item| item["medium"] == "sms" && item["direction"] == "received").collect();
    assert_eq!((texts.len(), &texts[0]["text"]), (1, &json!("Is it still there at noon?")), "{texts:?}");
    let events: Vec<&Value> =
        items.iter().filter(|item| item["kind"] == "timeline").flat_map(|item| item["events"].as_array().unwrap()).collect();
    for what in ["consent", "address_stop", "legal_hold"] {
        assert!(events.iter().any(|event| event["what"] == what), "{what}: {events:?}");
    }
}

/// PRV-4, LEAD-7, MSG-3: of a lead of two contacts, the one who wrote a text message gets it, and the other does not.
#[tokio::test]
async fn prv_4_a_text_message_is_in_the_file_of_its_sender_only() {
    let world = World::new().await;
    world.settings(|settings| settings.text_number = Some(OWN.to_owned())).await;
    let lead = world.lead(&with_phone("Jana", "0171 2345678")).await;
    let other = json!({"first_name": "Tom", "last_name": "Jansen", "emails": ["tom@example.com"]});
    sent(&world, ADMIN, &format!("/leads/{lead}/contacts"), &other).await;
    world.system.receive_text(&CustomerText { from: "+491712345678", to: OWN, text: "I drive at noon", id: "m-1" }).unwrap();
    world.system.settle().await;
    let (_, jana) = file_of(&world, lead, Some("000001")).await;
    assert!(whole(&jana).contains("I drive at noon"), "{}", whole(&jana));
    let (_, tom) = file_of(&world, lead, Some("000002")).await;
    let content = whole(&tom);
    assert!(content.contains("tom@example.com") && !content.contains("I drive at noon"), "{content}");
}
