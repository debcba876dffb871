//! Declarations of consent that an enquiry brings (PRV-6).

use super::mail_in::{leads, received};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use forecourt_domain::base::LeadId;
use serde_json::{Value, json};

const PORTAL: &str = "partner:portal-demo";
const JANA: &str = "jana@example.com";

fn granted(channel: &str) -> Value {
    json!({"channel": channel, "purpose": "advertising", "status": "granted", "text": "I agree to offers."})
}

/// An enquiry of Jana with declarations.
fn with(id: &str, consents: &Value) -> Value {
    let contact = json!({"last_name": "Petersen", "email": JANA, "phone": "0171 2345678"});
    json!({"type": "used_car", "source": "website", "external_id": id, "contact": contact, "consents": consents})
}

async fn send(world: &World, body: &Value) -> Reply {
    world.post(PORTAL, &format!("/dealers/{NORDSTERN}/leads"), body).await
}

/// Returns the declarations that hold, as `channel purpose status source by`.
async fn declared(world: &World, lead: LeadId) -> Vec<String> {
    let reply = world.get(ADMIN, &format!("/leads/{lead}/consents")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let line =
        |one: &Value| ["channel", "purpose", "status", "source", "by"].map(|name| one[name].as_str().unwrap_or("-").to_owned()).join(" ");
    reply.body["consents"].as_array().unwrap().iter().map(line).collect()
}

/// Returns the declarations on the timeline, oldest first: `status`, and `without effect`.
async fn noted(world: &World, lead: LeadId) -> Vec<String> {
    let reply = world.get(ADMIN, &format!("/leads/{lead}/timeline")).await;
    let entries = reply.body["timeline"].as_array().unwrap().iter().rev();
    let events = entries.flat_map(|entry| entry["events"].as_array().unwrap().clone()).filter(|event| event["what"] == "consent_recorded");
    let effect = |event: &Value| if event["without_effect"] == json!(true) { " without effect" } else { "" };
    events.map(|event| format!("{}{}", event["status"].as_str().unwrap(), effect(&event))).collect()
}

async fn record(world: &World, lead: LeadId, body: &Value) {
    let reply = world.post(ADMIN, &format!("/leads/{lead}/contacts/000001/consents"), body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

/// Writes an advertising mail, and returns the status of the answer.
async fn advertise(world: &World, lead: LeadId) -> u16 {
    let body = json!({"medium": "email", "subject": "Winterreifen", "text": "Guten Tag", "purpose": "advertising"});
    world.post(ADMIN, &format!("/leads/{lead}/communications"), &body).await.status
}

/// PRV-6, INT-9: the declarations of an enquiry are stored with the lead, with their proof, in the two round trips of the intake. An
/// enquiry without declarations costs nothing more, and one with them the states of the addresses.
#[tokio::test]
async fn prv_6_an_enquiry_brings_declarations_in_its_own_transaction() {
    let world = World::new().await;
    send(&world, &enquiry("warm")).await;
    let spent = async |body: Value| {
        let before = world.store.spent();
        let reply = send(&world, &body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        (world.lead_of(&reply).await, world.store.spent().since(before))
    };
    let contact = json!({"last_name": "Karl", "email": "karl@example.com", "phone": "0171 2345699"});
    let (_, bare) = spent(json!({"source": "website", "contact": contact})).await;
    let contact = json!({"last_name": "Petersen", "email": JANA, "phone": "0171 2345678"});
    let all = json!([
        {"channel": "email", "purpose": "advertising", "status": "granted", "source": "form", "text": "I agree.", "at": "2026-11-23T08:00:00Z"},
        {"channel": "sms", "purpose": "service", "status": "withdrawn"},
        {"channel": "telephone", "purpose": "advertising", "status": "granted", "text": "I agree to calls."},
    ]);
    let (lead, full) = spent(json!({"source": "website", "contact": contact, "consents": all})).await;
    // One read is that of the test.
    assert_eq!((bare.calls, full.calls), (3, 3), "{bare:?} {full:?}");
    assert!(full.write_units <= bare.write_units + 10.0, "{bare:?} {full:?}");
    let wanted = [
        "email advertising granted form partner:portal-demo",
        "sms service withdrawn portal partner:portal-demo",
        "telephone advertising granted portal partner:portal-demo",
    ];
    assert_eq!(declared(&world, lead).await, wanted);
    let listed = world.get(ADMIN, &format!("/leads/{lead}/consents")).await;
    let proof = json!([listed.body["consents"][0]["at"], listed.body["consents"][0]["text"], listed.body["consents"][0]["lead"]]);
    assert_eq!(proof, json!(["2026-11-23T08:00:00Z", "I agree.", lead.to_string()]), "{}", listed.body);
    assert_eq!(noted(&world, lead).await, ["granted", "withdrawn", "granted"]);
    assert_eq!(advertise(&world, lead).await, 201);
}

/// PRV-6: a declaration that cannot be right is refused over HTTP, with all its fields at once, and nothing is stored.
#[tokio::test]
async fn prv_6_a_wrong_declaration_names_its_field() {
    let world = World::new().await;
    let refused = async |consents: Value| {
        let reply = send(&world, &with("x", &consents)).await;
        assert_eq!(reply.status, 422, "{consents}: {}", reply.body);
        reply.faults()
    };
    let changed = |field: &str, value: Value| {
        let mut one = granted("email");
        one[field] = value;
        json!([one])
    };
    for (field, value) in [
        ("channel", json!("fax")),
        ("channel", Value::Null),
        ("purpose", json!("contract")),
        ("status", json!("unknown")),
        ("source", json!("link")),
        ("text", Value::Null),
        ("at", json!("yesterday")),
        ("at", json!("2026-11-23T09:05:01Z")),
    ] {
        assert_eq!(refused(changed(field, value.clone())).await, [format!("consents[0].{field} PRV-6")], "{value}");
    }
    assert_eq!(refused(changed("text", json!("x".repeat(2_001)))).await, ["consents[0].text INT-3"]);
    assert_eq!(refused(changed("text", json!(["x"]))).await[0], "consents[0].text INT-3");
    assert_eq!(refused(json!("yes")).await, ["consents INT-3"]);
    assert_eq!(refused(json!([granted("email"), granted("email")])).await, ["consents[1] PRV-6"]);
    assert_eq!(refused(json!(vec![granted("letter"); 9])).await.first().map(String::as_str), Some("consents PRV-6"));
    let both =
        refused(json!([{"channel": "fax", "purpose": "service", "status": "no"}, {"channel": "sms", "at": "2027-01-01T00:00:00Z"}])).await;
    let wanted = ["consents[0].channel", "consents[0].status", "consents[1].at", "consents[1].purpose", "consents[1].status"];
    let mut fields: Vec<&str> = both.iter().filter_map(|fault| fault.split(' ').next()).collect();
    fields.sort_unstable();
    assert_eq!(fields, wanted);
    let by_mail = json!({"source": "website", "contact": {"email": JANA}, "consents": [granted("sms")]});
    assert_eq!(send(&world, &by_mail).await.faults(), ["consents[0].channel PRV-6"]);
    assert!(world.list(ADMIN, NORDSTERN).await.is_empty());
    // The clock of the sender is some minutes fast: the declaration is not newer than the enquiry.
    let lead = world.lead(&with("fast", &changed("at", json!("2026-11-23T09:04:59Z")))).await;
    let listed = world.get(ADMIN, &format!("/leads/{lead}/consents")).await;
    assert_eq!(listed.body["consents"][0]["at"], "2026-11-23T09:00:00Z", "{}", listed.body);
}

/// PRV-6, INT-1: by queue a wrong declaration is flagged and left out, and the lead is not lost. A withdrawal counts as far as it can be
/// read; of two about the same, the withdrawal.
#[tokio::test]
async fn prv_6_by_queue_a_wrong_declaration_is_reported_and_the_lead_kept() {
    let world = World::new().await;
    let all = json!([
        {"channel": "fax", "purpose": "advertising", "status": "granted", "text": "x"},
        {"channel": "email", "purpose": "advertising", "status": "granted", "text": "I agree.", "at": "soon"},
        {"channel": "email", "purpose": "service", "status": "withdrawn", "at": "soon", "text": 7},
        {"channel": "letter", "purpose": "advertising", "status": "granted", "text": "I agree."},
        {"channel": "letter", "purpose": "advertising", "status": "withdrawn"},
        {"channel": "sms", "purpose": "service", "status": "withdrawn", "at": "2027-01-01T00:00:00Z"},
        {"channel": "telephone", "purpose": ["service"], "status": "granted", "text": "I agree."},
    ]);
    world.enqueue("m1", "AIDADEMOPORTAL", Some(NORDSTERN), &with("q-1", &all).to_string());
    world.enqueue("m2", "AIDADEMOPORTAL", Some(NORDSTERN), &json!({"contact": {"email": "k@example.com"}, "consents": "all"}).to_string());
    world.system.settle().await;
    assert!(world.system.queue.dead().unwrap().is_empty(), "{:?}", world.system.queue.dead().unwrap());
    let rows = world.list(ADMIN, NORDSTERN).await;
    let lead = |name: &str| rows.iter().find(|row| row["contact"] == name).and_then(|row| row["id"].as_str()?.parse().ok()).unwrap();
    let (jana, other): (LeadId, LeadId) = (lead("Petersen"), lead("k@example.com"));
    let by = "partner:portal-demo";
    let wanted = [
        format!("email service withdrawn portal {by}"),
        format!("letter advertising withdrawn portal {by}"),
        format!("sms service withdrawn portal {by}"),
    ];
    let mut found = declared(&world, jana).await;
    found.sort_unstable();
    assert_eq!(found, wanted);
    let flags = async |lead| world.page(lead).await.enquiry.unwrap().flags.into_iter().map(|flag| flag.field).collect::<Vec<_>>();
    let wanted = ["consents[6].purpose", "consents[0].channel", "consents[1].at", "consents[2].at", "consents[4]", "consents[6].purpose"];
    let mut found = flags(jana).await;
    found.sort_unstable();
    found.dedup();
    let mut wanted = wanted.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    assert_eq!(found, wanted);
    assert_eq!(flags(other).await, ["consents"]);
}

/// PRV-6, INT-5: a repeat declares nothing again, also after the customer withdrew; another content under the same id is refused. The same
/// declaration in another enquiry is one.
#[tokio::test]
async fn prv_6_a_repeated_enquiry_declares_nothing_again() {
    let world = World::new().await;
    let body = with(
        "r-1",
        &json!([{"channel": "email", "purpose": "advertising", "status": "granted", "text": "Yes.", "at": "2026-11-23T08:00:00Z"}]),
    );
    let lead = world.lead(&body).await;
    record(&world, lead, &json!({"channel": "email", "purpose": "advertising", "status": "withdrawn", "source": "telephone"})).await;
    let repeat = send(&world, &body).await;
    assert_eq!((repeat.status, repeat.headers.contains_key("idempotent-replay")), (201, true), "{}", repeat.body);
    assert_eq!(declared(&world, lead).await, ["email advertising withdrawn telephone user:ingo.brandt"]);
    assert_eq!(noted(&world, lead).await, ["granted", "withdrawn"]);
    assert_eq!(send(&world, &with("r-1", &json!([]))).await.status, 422);
    let mut other = body.clone();
    other["external_id"] = json!("r-2");
    assert_eq!(world.lead(&other).await, lead);
    assert_eq!(noted(&world, lead).await, ["granted", "withdrawn"], "it is recorded already");
}

/// PRV-6: the sender of an enquiry ends no refusal of the customer, whatever time it states: not a withdrawal, and not the click of a link.
/// The answer says nothing about it. A withdrawal by an enquiry counts from its own time.
#[tokio::test]
async fn prv_6_an_enquiry_ends_no_refusal() {
    let world = World::new().await;
    let at = |time: &str| {
        let mut one = granted("email");
        one["at"] = json!(time);
        json!([one])
    };
    let lead = world.lead(&with("a-1", &json!([granted("email")]))).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    record(&world, lead, &json!({"channel": "email", "purpose": "advertising", "status": "withdrawn", "source": "telephone"})).await;
    world.advance_to("2026-11-23T11:00:00Z").await;
    let (newer, same, older) = (at("2026-11-23T11:00:00Z"), at("2026-11-23T10:00:00Z"), at("2026-11-23T09:30:00Z"));
    for (id, consents) in [("a-2", &newer), ("a-3", &same), ("a-4", &older), ("a-5", &json!([granted("email")]))] {
        let reply = send(&world, &with(id, consents)).await;
        assert_eq!((reply.status, reply.body.get("flags")), (201, None), "{}", reply.body);
        assert_eq!(declared(&world, lead).await, ["email advertising withdrawn telephone user:ingo.brandt"], "{consents}");
        assert_eq!(advertise(&world, lead).await, 409);
    }
    let none = "granted without effect";
    assert_eq!(noted(&world, lead).await, ["granted", "withdrawn", none, none, none, none]);
    // A user who decides for the owner records it, and an older withdrawal of a sender has no effect.
    record(&world, lead, &json!({"channel": "email", "purpose": "advertising", "status": "granted", "source": "form", "text": "Yes."}))
        .await;
    let withdrawn = |time: &str| json!([{"channel": "email", "purpose": "advertising", "status": "withdrawn", "at": time}]);
    world.lead(&with("a-6", &withdrawn("2026-11-23T10:30:00Z"))).await;
    assert_eq!(declared(&world, lead).await, ["email advertising granted form user:ingo.brandt"]);
    world.advance_to("2026-11-23T12:00:00Z").await;
    world.lead(&with("a-7", &withdrawn("2026-11-23T12:00:00Z"))).await;
    assert_eq!(declared(&world, lead).await, ["email advertising withdrawn portal partner:portal-demo"]);
    assert_eq!(noted(&world, lead).await[6..], ["granted", "withdrawn without effect", "withdrawn"]);
}

/// PRV-6: a consent of an enquiry does not lift the stop of a customer who unsubscribed, and does not wait until it is lifted.
#[tokio::test]
async fn prv_6_an_enquiry_does_not_subscribe_again() {
    let world = World::new().await;
    let lead = world.lead(&with("s-1", &json!([]))).await;
    let stop = json!({"address": JANA, "reason": "unsubscribed"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/stops"), &stop).await.status, 200);
    assert_eq!(world.lead(&with("s-2", &json!([granted("email"), granted("telephone")]))).await, lead);
    assert_eq!(declared(&world, lead).await, ["telephone advertising granted portal partner:portal-demo"]);
    assert_eq!(noted(&world, lead).await, ["granted without effect", "granted"]);
    let stops = world.get(ADMIN, &format!("/leads/{lead}/stops")).await;
    let path = format!("/leads/{lead}/stops/{}", stops.text("/stops/0/id"));
    let lifted = world.call(Request::delete(ADMIN, &path).json(&json!({"note": "asked again"}))).await;
    assert_eq!(lifted.status, 200, "{}", lifted.body);
    assert_eq!(advertise(&world, lead).await, 409, "there is no consent");
}

/// PRV-6: many declarations with long texts do not fill the state of an address: each enquiry is a lead.
#[tokio::test]
async fn prv_6_many_long_declarations_lose_no_lead() {
    let world = World::new().await;
    for number in 0..60 {
        let text = format!("{number}{}", "\u{1F697}".repeat(1_900));
        let all = json!([{"channel": "email", "purpose": "advertising", "status": "granted", "text": text}]);
        assert_eq!(send(&world, &with(&format!("m-{number}"), &all)).await.status, 201);
    }
    let lead = world.lead(&with("m-last", &json!([granted("sms")]))).await;
    assert_eq!(declared(&world, lead).await.len(), 2);
}

/// PRV-6, INT-1: a dealer's own layout names the label of a box. Ticked, in a mail whose sender is proven, it is a consent with the line as
/// its text; not ticked it is none. A forwarded mail, and one without proof, make the lead without the consent.
#[tokio::test]
async fn prv_6_the_box_of_a_portals_mail_is_a_consent_if_the_sender_is_proven() {
    let world = World::new().await;
    let labels = json!({"Ich möchte Angebote per E-Mail": "advertising.email", "Anrufe": "advertising.telephone"});
    let path = format!("/dealers/{NORDSTERN}/mailbox");
    let version = world.get(ADMIN, &path).await.body["version"].as_u64().unwrap();
    let layouts = json!({"mail_layouts": [{"source": "Forms", "senders": ["forms.example"], "labels": labels}]});
    let saved = world.call(Request::put(ADMIN, &path).version(version).json(&layouts)).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let text = |name: &str, box_: &str| {
        format!(
            "Name: Jana {name}\nE-Mail: {name}@example.com\nTelefon: 0171 2345678\nIch möchte Angebote per E-Mail: {box_}\nAnrufe: Nein\nNachricht: Noch da?\n"
        )
    };
    let head = |verdict: &str| {
        format!(
            "From: form@forms.example\r\nSubject: Anfrage\r\nX-SES-DMARC-Verdict: {verdict}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        )
    };
    let lead = async |raw: String| leads(&received(&world, raw).await)[0];
    let flags = async |lead| {
        let flags = world.page(lead).await.enquiry.unwrap().flags.into_iter();
        flags.filter(|flag| flag.field.starts_with("consents")).map(|flag| flag.detail).collect::<Vec<_>>()
    };
    let proven = lead(format!("{}{}", head("PASS"), text("eins", "Ja"))).await;
    assert_eq!(declared(&world, proven).await, ["email advertising granted portal system"]);
    let listed = world.get(ADMIN, &format!("/leads/{proven}/consents")).await;
    assert_eq!(listed.text("/consents/0/text"), "Ich möchte Angebote per E-Mail: Ja", "{}", listed.body);
    assert!(flags(proven).await.is_empty());
    let empty = lead(format!("{}{}", head("PASS"), text("zwei", "nein"))).await;
    assert_eq!((declared(&world, empty).await.len(), flags(empty).await.len()), (0, 0));
    for verdict in ["FAIL", "GRAY"] {
        let raw = format!("{}{}", head(verdict), text(&format!("drei{verdict}").to_lowercase(), "ja"));
        let lead = lead(raw).await;
        assert_eq!((declared(&world, lead).await.len(), flags(lead).await.len()), (0, 1), "{verdict}");
    }
    let doubtful = lead(format!("{}{}", head("PASS"), text("vier", "vielleicht"))).await;
    assert_eq!((declared(&world, doubtful).await.len(), flags(doubtful).await.len()), (0, 1));
    let message = world.page(doubtful).await.enquiry.unwrap().message.unwrap();
    assert!(message.contains("Ich möchte Angebote per E-Mail: vielleicht"), "{message}");
    let forwarded = format!(
        "From: Ada <ada@elsewhere.example>\r\nSubject: Fwd: Anfrage\r\nX-SES-DMARC-Verdict: PASS\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         ---------- Forwarded message ---------\r\nFrom: Form <form@forms.example>\r\nDate: Mon, 23 Nov 2026 09:00\r\nSubject: Anfrage\r\nTo: <x@y.example>\r\n\r\n{}",
        text("fuenf", "Ja")
    );
    let forwarded = lead(forwarded).await;
    assert_eq!((declared(&world, forwarded).await.len(), flags(forwarded).await.len()), (0, 1));
}
