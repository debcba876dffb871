//! What layouts read from a mail, before they are saved (INT-1).

use super::{MAILS, arrive, newsletter, no_lead, record, store};
use crate::support::world::{ADMIN, Reply, World};
use serde_json::{Value, json};

const TRIAL: &str = "/dealers/autohaus-nordstern-demo/mail-layouts/dry-run";
const TEXT: &str = "Kundschaft: Jana Petersen\nErreichbar unter: jana@example.com\nWunschwagen: Opel Corsa\nRabattcode: X17";

async fn tries(world: &World, body: Value) -> Reply {
    let reply = world.post(ADMIN, TRIAL, &body).await;
    assert_eq!(reply.status, 200, "{body}: {}", reply.body);
    reply
}

fn layouts() -> Value {
    json!([{"source": "Website", "senders": ["website.example"],
        "labels": {"Kundschaft": "full_name", "Erreichbar unter": "email", "Wunschwagen": "vehicle"}}])
}

fn labels(reply: &Reply, list: &str) -> Vec<String> {
    let line = |one: &Value| {
        format!("{} {} {}", one["label"].as_str().unwrap(), one["field"].as_str().unwrap_or("-"), one["value"].as_str().unwrap())
    };
    reply.body[list].as_array().unwrap().iter().map(line).collect()
}

/// INT-1: a trial shows the meaning of each label, the labels that nobody knows, and the lead, by layouts that are not saved. Nothing is
/// stored.
#[tokio::test]
async fn int_1_a_trial_shows_what_unsaved_layouts_read_from_a_text() {
    let world = World::new().await;
    let general = tries(&world, json!({"text": TEXT, "from": "form@website.example"})).await;
    assert_eq!((&general.body["layout"], general.text("/sender")), (&Value::Null, "form@website.example"), "{}", general.body);
    assert_eq!(labels(&general, "values"), [""; 0]);
    let unknown = ["Kundschaft - Jana Petersen", "Erreichbar unter - jana@example.com", "Wunschwagen - Opel Corsa", "Rabattcode - X17"];
    assert_eq!(labels(&general, "unknown"), unknown);

    let own = tries(&world, json!({"text": TEXT, "from": "form@mail.website.example", "mail_layouts": layouts()})).await;
    assert_eq!(own.text("/layout"), "Website", "a subdomain of the sender: {}", own.body);
    let values = ["Kundschaft full_name Jana Petersen", "Erreichbar unter email jana@example.com", "Wunschwagen vehicle Opel Corsa"];
    assert_eq!(labels(&own, "values"), values);
    assert_eq!(labels(&own, "unknown"), ["Rabattcode - X17"]);
    let lead = &own.body["enquiries"][0];
    assert_eq!((&lead["email"], &lead["last_name"], &lead["source"]), (&json!("jana@example.com"), &json!("Petersen"), &json!("Website")));
    assert!(lead["vehicle"].as_str().unwrap().contains("Corsa"), "{lead}");
    assert_eq!(own.body["reason"], Value::Null);
    // Another sender has no layout, and a text of nobody makes no lead.
    let other = tries(&world, json!({"text": TEXT, "from": "form@other.example", "mail_layouts": layouts()})).await;
    assert_eq!((&other.body["layout"], labels(&other, "values").len()), (&Value::Null, 0));
    let nobody = tries(&world, json!({"text": "Guten Tag", "mail_layouts": []})).await;
    assert_eq!((nobody.text("/reason"), &nobody.body["enquiries"], &nobody.body["sender"]), ("no_contact", &json!([]), &Value::Null));

    let mailbox = world.get(ADMIN, "/dealers/autohaus-nordstern-demo/mailbox").await;
    assert_eq!(mailbox.body["settings"]["mail_layouts"], json!([]), "nothing is saved");
    assert_eq!(world.get(ADMIN, &format!("{MAILS}?state=all")).await.body["mails"], json!([]));
    assert_eq!(world.get(ADMIN, "/dealers/autohaus-nordstern-demo/leads").await.body["leads"], json!([]));
}

/// INT-1, INT-7: a mail of the inbox is tried, also one that a person forwarded; it stays open.
#[tokio::test]
async fn int_1_a_trial_reads_a_mail_of_the_inbox() {
    let world = World::new().await;
    let raw = format!("From: Form <form@website.example>\r\nSubject: Anfrage\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{TEXT}\r\n");
    store(&world, record("m1", raw.as_bytes(), no_lead("no_contact"), world.system.clock.now()), raw.as_bytes()).await;
    let inner = raw.replace('\n', "\r\n").replace("\r\r\n", "\r\n");
    let forwarded = format!(
        "From: Ingo <ingo@nordstern.example>\r\nSubject: WG: Anfrage\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nBitte lesen\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--b--\r\n"
    );
    store(&world, record("m2", forwarded.as_bytes(), no_lead("no_contact"), world.system.clock.now()), forwarded.as_bytes()).await;
    for id in ["m1", "m2"] {
        let tried = tries(&world, json!({"mail": id, "mail_layouts": layouts()})).await;
        assert_eq!((tried.text("/layout"), tried.text("/sender")), ("Website", "form@website.example"), "{id}: {}", tried.body);
        assert_eq!(labels(&tried, "values").len(), 3, "{id}");
        assert_eq!(tried.text("/enquiries/0/email"), "jana@example.com", "{id}: {}", tried.body);
        assert_eq!(world.get(ADMIN, &format!("{MAILS}/{id}")).await.text("/state"), "open");
    }
    // Without layouts in the request, those of the dealer are tried.
    assert_eq!(tries(&world, json!({"mail": "m1"})).await.body["layout"], Value::Null);
    let saved = serde_json::from_value(layouts()).unwrap();
    world.settings(move |settings| settings.mail_layouts = saved).await;
    assert_eq!(tries(&world, json!({"mail": "m1"})).await.text("/layout"), "Website");
}

/// INT-1, INT-7, ACC-1: a mail is for those who may read it, a text for those who read the settings. What is wrong is named.
#[tokio::test]
async fn int_1_a_trial_is_for_readers_of_the_settings_and_of_the_mail() {
    let world = World::new().await;
    arrive(&world, "m1", newsletter()).await;
    arrive(&world, "virus", no_lead("virus")).await;
    let text = json!({"text": TEXT});
    for (who, mail, pasted) in [
        (ADMIN, 200, 200),
        ("gina.group", 200, 200),
        ("otto.operator", 403, 200),
        ("anna.vogt", 403, 403),
        ("chris.center", 403, 403),
        ("dan.rivera", 404, 404),
    ] {
        let reply = world.post(who, TRIAL, &json!({"mail": "m1"})).await;
        assert_eq!(reply.status, mail, "{who}: {}", reply.body);
        assert_eq!(world.post(who, TRIAL, &text).await.status, pasted, "{who}");
    }
    assert_eq!(world.post(ADMIN, TRIAL, &json!({"mail": "none"})).await.status, 404);
    let virus = world.post(ADMIN, TRIAL, &json!({"mail": "virus"})).await;
    assert_eq!((virus.status, virus.text("/rule")), (409, "INT-7"), "{}", virus.body);
    for (body, faults) in [
        (json!({}), vec!["mail INT-1"]),
        (json!({"mail": "m1", "text": TEXT}), vec!["mail INT-1"]),
        (json!({"text": ""}), vec!["text INT-1"]),
        (json!({"text": "a\u{0}b"}), vec!["text INT-1"]),
        (json!({"text": "a".repeat(100_001)}), vec!["text INT-1"]),
        (json!({"text": TEXT, "from": "a@b\r\nX: y"}), vec!["from INT-1"]),
        (json!({"text": TEXT, "mail_layouts": "all"}), vec!["mail_layouts INT-1"]),
        (
            json!({"text": TEXT, "mail_layouts": [{"source": "", "senders": ["x"], "labels": {"A": "no_field"}}]}),
            vec!["mail_layouts[0].source INT-1", "mail_layouts[0].senders[0] INT-1", "mail_layouts[0].labels.A INT-1"],
        ),
    ] {
        assert_eq!(world.post(ADMIN, TRIAL, &body).await.faults(), faults, "{body}");
    }
}
