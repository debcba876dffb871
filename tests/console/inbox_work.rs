//! The inbox at work: how many mails wait, several handled at once, and a trial of layouts (INT-7, INT-1).

use crate::support::console::{Desk, lacks, shows};
use crate::support::mails::{LETTER, arrive, newsletter, no_lead, record, store};
use crate::support::world::{ADMIN, NORDSTERN, World};
use forecourt_domain::mail::MailOutcome;
use serde_json::json;

fn mails(rest: &str) -> String {
    format!("/desk/d/{NORDSTERN}/mails{rest}")
}

async fn state(world: &World, id: &str) -> String {
    world.get(ADMIN, &format!("/dealers/{NORDSTERN}/mails/{id}")).await.text("/state").to_owned()
}

/// INT-7, DESK-2: the first screen has the number of waiting mails, with a link, for those who may read the inbox.
#[tokio::test]
async fn int_7_the_first_screen_has_the_number_of_waiting_mails() {
    let desk = Desk::new().await;
    let today = format!("/desk/d/{NORDSTERN}/today");
    let mut admin = desk.signed_in(ADMIN).await;
    lacks(&admin.get(&today).await, &["eingegangene E-Mail"]);
    arrive(&desk.world, "m0", newsletter()).await;
    let link = format!("<a href=\"{}\">", mails(""));
    shows(&admin.get(&today).await, &[&format!("{link}1 eingegangene E-Mail wartet")]);
    for i in 1..60 {
        arrive(&desk.world, &format!("m{i}"), newsletter()).await;
    }
    for (language, text) in [("en", "50 or more received mails"), ("de", "50 oder mehr eingegangene"), ("nl", "50 of meer ontvangen")] {
        shows(&desk.speaking(ADMIN, language).await.get(&today).await, &[text]);
    }
    lacks(&desk.signed_in("anna.vogt").await.get(&today).await, &["eingegangene E-Mail", "/mails\""]);
}

/// INT-7, DESK-4: mails that are ticked are handled together; one that became a lead meanwhile is named, with the reason.
#[tokio::test]
async fn int_7_ticked_mails_are_handled_together() {
    let desk = Desk::new().await;
    let world = &desk.world;
    for id in ["m1", "m2", "m3"] {
        arrive(world, id, newsletter()).await;
    }
    let mut admin = desk.signed_in(ADMIN).await;
    shows(
        &admin.get(&mails("")).await,
        &["name=\"mails\" value=\"m1\" form=\"bulk\"", "Ausgewählte als erledigt markieren", "data-tick-all"],
    );
    for state in ["handled", "all"] {
        lacks(&admin.get(&mails(&format!("?state={state}"))).await, &["form=\"bulk\""]);
    }
    shows(&admin.get(&mails("/done")).await, &["Es ist keine E-Mail ausgewählt"]);
    let form = admin.get(&mails("/done?mails=m1&mails=m2")).await;
    shows(&form, &["Ausgewählte E-Mails: 2.", "name=\"mails\" value=\"m1\"", "name=\"mails\" value=\"m2\""]);
    let done = admin.send(&mails("/done"), &[("mails", "m1"), ("mails", "m2"), ("key", "k1")]).await;
    assert_eq!((done.status, done.header("location")), (303, mails("?done=mails_done").as_str()));
    shows(&admin.get(&mails("?done=mails_done")).await, &["Die E-Mails sind als erledigt markiert."]);
    assert_eq!((state(world, "m1").await, state(world, "m2").await, state(world, "m3").await).0, "handled");
    let leads = MailOutcome::Leads { leads: vec!["4829130576".parse().unwrap()], refused: None };
    store(world, record("lead", LETTER.as_bytes(), leads, world.system.clock.now()), LETTER.as_bytes()).await;
    let partly = admin.send(&mails("/done"), &[("mails", "m3"), ("mails", "lead"), ("key", "k2")]).await;
    shows(
        &partly,
        &[
            "1 E-Mail wurde nicht markiert.",
            "1 E-Mail ist erledigt.",
            &format!("href=\"{}\"", mails("/lead")),
            "Diese noch einmal versuchen",
        ],
    );
    assert_eq!(state(world, "m3").await, "handled");
    // Head office reads the mails and decides nothing.
    let mut office = desk.signed_in("hugo.office").await;
    arrive(world, "m4", newsletter()).await;
    lacks(&office.get(&mails("")).await, &["form=\"bulk\""]);
    assert_eq!(office.send(&mails("/done"), &[("mails", "m4"), ("key", "k3")]).await.status, 403);
    assert_eq!(state(world, "m4").await, "open");
}

/// INT-1, DESK-4: the layouts are tried as they are typed, on a waiting mail and on a pasted text. What was typed comes back, and nothing
/// is saved.
#[tokio::test]
async fn int_1_typed_layouts_are_tried_before_they_are_saved() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let text = "Kundschaft: Jana Petersen\r\nElektropost: jana@example.com\r\nRabattcode: X17\r\n";
    let raw = format!("From: form@website.example\r\nSubject: Anfrage\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}");
    let mut mail = record("m1", raw.as_bytes(), no_lead("no_contact"), world.system.clock.now());
    (mail.subject, mail.from) = (Some("Anfrage".into()), Some("form@website.example".into()));
    store(world, mail, raw.as_bytes()).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let mailbox = format!("/desk/d/{NORDSTERN}/settings/mailbox");
    let trial = format!("{mailbox}/trial");
    let page = admin.get(&mailbox).await;
    shows(&page, &["name=\"do\" value=\"try\""]);
    shows(&admin.get(&mails("/m1")).await, &[&format!("href=\"{trial}?trial.mail=m1\"")]);
    shows(&admin.get(&format!("{trial}?trial.mail=m1")).await, &["<option value=\"m1\" selected>Anfrage · form@website.example"]);
    let version = page.value("version").unwrap();
    let typed = [
        ("version", version.as_str()),
        ("mail_layouts.0", "row"),
        ("mail_layouts.0.source", "Website"),
        ("mail_layouts.0.senders", "website.example"),
        ("mail_layouts.0.labels.0", "row"),
        ("mail_layouts.0.labels.0.key", "Kundschaft"),
        ("mail_layouts.0.labels.0.value", "full_name"),
        ("mail_layouts.0.labels.1", "row"),
        ("mail_layouts.0.labels.1.key", "Elektropost"),
        ("mail_layouts.0.labels.1.value", "email"),
    ];
    let opened = admin.send(&mailbox, &[&typed[..], &[("do", "try")]].concat()).await;
    shows(
        &opened,
        &[
            &format!("action=\"{trial}\""),
            "Er ist noch nicht gespeichert",
            "name=\"mail_layouts.0.source\" value=\"Website\"",
            "Zurück zum Postfach",
        ],
    );
    lacks(&opened, &["Das wird gelesen"]);
    let of_mail = admin.send(&trial, &[&typed[..], &[("do", "run"), ("trial.mail", "m1")]].concat()).await;
    shows(
        &of_mail,
        &[
            "gilt das Portal „Website“",
            "Name",
            "Jana Petersen",
            "jana@example.com",
            "Unbekannte Bezeichnungen",
            "Rabattcode",
            "X17",
            "Der Lead",
        ],
    );
    assert_eq!(of_mail.status, 200);
    let pasted = [("do", "run"), ("trial.text", text), ("trial.from", "a@other.example")];
    let pasted = admin.send(&trial, &[&typed[..], &pasted].concat()).await;
    shows(&pasted, &["Kein Portal nennt den Absender a@other.example", "Keine Bezeichnung ist bekannt"]);
    // What is wrong is said, and nothing that was typed is lost.
    let both = admin.send(&trial, &[&typed[..], &[("do", "run"), ("trial.text", text), ("trial.mail", "m1")]].concat()).await;
    assert_eq!(both.status, 422);
    for text in ["nicht beides", "Rabattcode: X17", "name=\"mail_layouts.0.source\" value=\"Website\""] {
        assert!(both.text.contains(text), "{text}: {}", both.text);
    }
    let wrong: Vec<(&str, &str)> =
        typed.iter().map(|(name, value)| (*name, if *name == "mail_layouts.0.senders" { "" } else { *value })).collect();
    let wrong = admin.send(&trial, &[&wrong[..], &[("do", "run"), ("trial.mail", "m1")]].concat()).await;
    assert!(wrong.status == 422 && wrong.text.contains("role=\"alert\""), "{}", wrong.text);
    // Back on the page of the mailbox, the layout is still typed, and can be saved.
    let back = admin.send(&mailbox, &[&typed[..], &[("do", "edit")]].concat()).await;
    shows(&back, &["value=\"Kundschaft\"", "website.example"]);
    let stored = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/mailbox")).await;
    assert_eq!(stored.body["settings"]["mail_layouts"], json!([]), "nothing is saved");
    assert_eq!(state(world, "m1").await, "open");
    // A seller reads no settings; the operator reads no mails, and pastes a text.
    assert_eq!(desk.signed_in("anna.vogt").await.get(&trial).await.status, 403);
    let mut operator = desk.signed_in("otto.operator").await;
    lacks(&operator.get(&trial).await, &["name=\"trial.mail\""]);
    shows(&operator.send(&trial, &[("do", "run"), ("trial.text", text)]).await, &["The text names no sender"]);
}
