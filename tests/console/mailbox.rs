//! The page of the mailbox: the address, the last mail, the instant answer, and the layouts of own portals (SET-4, INT-1, INT-7).

use crate::support::console::{Desk, shows};
use crate::support::mails::{LETTER, record, store};
use crate::support::world::{ADMIN, NORDSTERN, at};
use forecourt_console::text_keys;
use forecourt_domain::mail::MailOutcome;
use forecourt_domain::settings::MailField;
use serde_json::{Value, json};

const ADDRESS: &str = "autohaus-nordstern-demo.demo-group@in.example.com";

fn mailbox() -> String {
    format!("/desk/d/{NORDSTERN}/settings/mailbox")
}

async fn stored(desk: &Desk) -> Value {
    desk.world.get(ADMIN, &format!("/dealers/{NORDSTERN}/mailbox")).await.body["settings"].take()
}

/// SET-4, INT-7: the page has the address as text and with a button that copies it, the form of the address with a source, and the last
/// mail with its result and a link to the inbox. A user who may not read mails sees its time only.
#[tokio::test]
async fn set_4_the_page_of_the_mailbox_has_the_address_and_the_last_mail() {
    let desk = Desk::new().await;
    let mut admin = desk.signed_in(ADMIN).await;
    let page = admin.get(&mailbox()).await;
    let copy = format!("data-copy=\"{ADDRESS}\"");
    shows(
        &page,
        &[&format!("<code>{ADDRESS}</code>"), &copy, "demo-group+<em>quelle</em>@in.example.com", "Noch keine E-Mail ist angekommen"],
    );
    let leads = MailOutcome::Leads { leads: vec!["4829130576".parse().unwrap()], refused: None };
    store(&desk.world, record("old", LETTER.as_bytes(), leads.clone(), at("2026-11-23T07:00:00Z")), LETTER.as_bytes()).await;
    let mut last = record("last", LETTER.as_bytes(), leads, at("2026-11-23T08:30:00Z"));
    last.subject = Some("Der letzte".into());
    store(&desk.world, last, LETTER.as_bytes()).await;
    let page = admin.get(&mailbox()).await;
    shows(&page, &["Der letzte", "jana@example.com", "09:30", "Wurde zum Lead", "482-913-0576", "/mails/last\"", "/mails?state=all\""]);
    assert!(!page.text.contains("Corsa"), "{}", page.text);
    shows(&page, &["Bekannte Quellen: <code>mail</code> (E-Mail), <code>sms</code> (SMS)"]);
    // A form that comes back with a fault has it, too.
    let version = page.value("version").unwrap();
    let wrong = admin.send(&mailbox(), &[("version", version.as_str()), ("unparsed_mail_to", "keine Adresse"), ("do", "save")]).await;
    assert!(wrong.status == 422 && wrong.text.contains("Der letzte"), "{} {}", wrong.status, wrong.text);
    // Who may not read mails sees when the last one arrived, and nothing of it.
    let mut operator = desk.signed_in("otto.operator").await;
    let page = operator.get(&mailbox()).await;
    shows(&page, &[ADDRESS, "datetime=\"2026-11-23T08:30:00Z\""]);
    for text in ["Der letzte", "jana@example.com", "/mails/last"] {
        assert!(!page.text.contains(text), "{text}: {}", page.text);
    }
}

/// SET-4, LEAD-3, DESK-4: addresses, the instant answer with its sources, and a layout with labels are entered row by row without a script,
/// shown before they are saved, and changed later; nothing else changes.
#[tokio::test]
async fn set_4_a_layout_is_entered_row_by_row() {
    let desk = Desk::new().await;
    let mut admin = desk.signed_in(ADMIN).await;
    let page = admin.get(&mailbox()).await;
    shows(&page, &["Nur die Portale, die Forecourt kennt"]);
    let version = page.value("version").unwrap();
    let basic = [
        ("version", version.as_str()),
        ("lead_address", "leads@autohaus-nordstern-demo.example"),
        ("unparsed_mail_to", "rest@nordstern.example"),
        ("instant_answer.on", "on"),
        ("instant_answer.sources", "mobile.de\nWebsite"),
        ("mail_layouts.0", "row"),
        ("mail_layouts.0.source", "Website"),
        ("mail_layouts.0.senders", "nordstern.example"),
    ];
    let with = |more: &[(&'static str, &'static str)]| [&basic[..], more].concat();
    let added = admin.send(&mailbox(), &with(&[("do", "add:mail_layouts.0.labels")])).await;
    shows(&added, &["name=\"mail_layouts.0.labels.0.key\"", "autofocus", "value=\"full_name\"", "Ganzer Name", "value=\"Website\""]);
    let twice = with(&[
        ("mail_layouts.0.labels.0", "row"),
        ("mail_layouts.0.labels.0.key", "Ihr Anliegen"),
        ("mail_layouts.0.labels.0.value", "message"),
        ("mail_layouts.0.labels.1", "row"),
        ("mail_layouts.0.labels.1.key", "Ihr Anliegen"),
        ("do", "review"),
    ]);
    let wrong = admin.send(&mailbox(), &twice).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    for place in ["mail_layouts-0-labels-1-key-error", "mail_layouts-0-labels-1-value-error"] {
        assert!(wrong.text.contains(place), "{place}: {}", wrong.text);
    }
    let labels = [
        ("mail_layouts.0.labels.0", "row"),
        ("mail_layouts.0.labels.0.key", "Ihr Anliegen"),
        ("mail_layouts.0.labels.0.value", "message"),
        ("mail_layouts.0.labels.2", "row"),
        ("mail_layouts.0.labels.2.key", "Tauschwagen"),
        ("mail_layouts.0.labels.2.value", "trade_in.vehicle"),
        // A row without input is left out.
        ("mail_layouts.0.labels.3", "row"),
        ("mail_layouts.0.labels.3.key", ""),
    ];
    let review = admin.send(&mailbox(), &[&with(&labels)[..], &[("do", "review")]].concat()).await;
    shows(&review, &["Ihr Anliegen", "Inzahlungnahme: Fahrzeug", "rest@nordstern.example", "name=\"mail_layouts.0.labels.1.key\""]);
    let saved = admin.send(&mailbox(), &[&with(&labels)[..], &[("do", "save")]].concat()).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let settings = stored(&desk).await;
    assert_eq!(
        settings["mail_layouts"],
        json!([{"source": "Website", "senders": ["nordstern.example"], "labels": {"Ihr Anliegen": "message", "Tauschwagen": "trade_in.vehicle"}}])
    );
    assert_eq!(settings["instant_answer"], json!({"on": true, "sources": ["mobile.de", "Website"]}));
    assert_eq!(settings["unparsed_mail_to"], "rest@nordstern.example");
    // Both parts have the address.
    let configuration = desk.world.get(ADMIN, &format!("/dealers/{NORDSTERN}/configuration")).await;
    assert_eq!(configuration.text("/settings/unparsed_mail_to"), "rest@nordstern.example");

    let version = admin.get(&mailbox()).await.value("version").unwrap();
    let removed = [&basic[1..], &labels[..6], &[("version", version.as_str()), ("do", "remove:mail_layouts.0.labels.0")]].concat();
    let page = admin.send(&mailbox(), &removed).await;
    shows(&page, &["name=\"mail_layouts.0.labels.0.key\" value=\"Tauschwagen\""]);
    assert!(!page.text.contains("Ihr Anliegen\""), "{}", page.text);
    let refused = [&basic[1..7], &[("mail_layouts.0.senders", "kein Absender"), ("version", version.as_str()), ("do", "save")]].concat();
    let page = admin.send(&mailbox(), &refused).await;
    assert!(page.status == 422 && page.text.contains("id=\"mail_layouts-0-senders-error\""), "{} {}", page.status, page.text);
    assert_eq!(stored(&desk).await, settings);
}

/// INT-1: the API names every field that a label can mean, and the page offers each by a name in the reader's language.
#[test]
fn int_1_every_field_of_a_layout_is_in_the_document_and_has_a_name() {
    let document = serde_json::to_value(forecourt_local::openapi::document()).unwrap();
    let values = &document["components"]["schemas"]["MailLayoutBody"]["properties"]["labels"]["additionalProperties"]["enum"];
    let names: Vec<&str> = MailField::NAMES.iter().map(|(name, _)| *name).collect();
    assert_eq!(*values, json!(names));
    for (name, field) in MailField::NAMES {
        assert_eq!((json!(field), serde_json::from_value::<MailField>(json!(name)).unwrap()), (json!(name), field));
        assert_ne!(field, MailField::Unknown);
        for (language, keys) in text_keys() {
            assert!(keys.contains(&format!("settings.value.mail_field.{name}")), "{language} {name}");
        }
    }
    assert_eq!(serde_json::from_value::<MailField>(json!("no_field")).unwrap(), MailField::Unknown);
}

/// SET-4, DESK-4: the operator enters the mail server of a dealer, and a refusal is beside its field. Others see neither the name of the
/// secret nor an input for it.
#[tokio::test]
async fn set_4_the_operator_enters_the_mail_server_of_a_dealer() {
    let desk = Desk::new().await;
    let configuration = format!("/desk/d/{NORDSTERN}/settings/configuration");
    let mut operator = desk.signed_in("otto.operator").await;
    let page = operator.get(&configuration).await;
    shows(&page, &["name=\"mail_server\"", "name=\"mail_server_secret\""]);
    let version = page.value("version").unwrap();
    let typed = [
        ("version", version.as_str()),
        ("mail_server", "smtps://smtp.nordstern.example"),
        ("mail_server_secret", "absent"),
        ("admin_user", ADMIN),
        ("do", "save"),
    ];
    let refused = operator.send(&configuration, &typed).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let english = "there is no secret with this name";
    let shown = [english, "Ein Secret mit diesem Namen gibt es nicht."].iter().any(|text| refused.text.contains(text));
    assert!(shown && refused.text.contains("value=\"absent\""), "{}", refused.text);
    let page = desk.signed_in(ADMIN).await.get(&configuration).await;
    assert!(page.status == 200 && !page.text.contains("Secret des Mailservers"), "{}", page.text);
    shows(&page, &["Mailserver"]);
}
