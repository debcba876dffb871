//! The screens of the inbox: mails that arrived, and what users make of those without a lead (INT-7).

use crate::support::console::{Desk, lacks, shows};
use crate::support::mails::{LETTER, arrive, newsletter, no_lead, record, store};
use crate::support::world::{ADMIN, NORDSTERN, World, at};
use base64::Engine as _;
use chrono::TimeDelta;
use forecourt_domain::mail::{MailOutcome, MailStep, MailStepState, MailVerdicts};

fn mails(rest: &str) -> String {
    format!("/desk/d/{NORDSTERN}/mails{rest}")
}

async fn state(world: &World, id: &str) -> String {
    world.get(ADMIN, &format!("/dealers/{NORDSTERN}/mails/{id}")).await.text("/state").to_owned()
}

/// INT-7, DESK-3: the list has the mails by state, newest first, with the result in the reader's language, and is read page by page.
#[tokio::test]
async fn int_7_the_list_shows_the_mails_of_a_state_in_three_languages() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let mut admin = desk.signed_in(ADMIN).await;
    let empty = admin.get(&mails("")).await;
    shows(&empty, &["Keine E-Mail wartet", "Hier kommen Anfragen"]);
    let now = at("2026-11-23T08:00:00Z");
    let failed = MailStep { due: None, state: MailStepState::Failed { at: now, why: "no such mailbox".into() }, ..MailStep::due_at(now) };
    for i in 0..27 {
        let mut mail = record(&format!("m{i}"), LETTER.as_bytes(), newsletter(), now + TimeDelta::minutes(i));
        (mail.forward, mail.report) = ((i == 26).then(|| failed.clone()), None);
        mail.subject = Some(format!("Angebot {i}."));
        store(world, mail, LETTER.as_bytes()).await;
    }
    let mut lead = record("lead", LETTER.as_bytes(), MailOutcome::Leads { leads: vec!["4829130576".parse().unwrap()], refused: None }, now);
    (lead.forward, lead.subject) = (None, None);
    store(world, lead, LETTER.as_bytes()).await;
    let first = admin.get(&mails("")).await;
    shows(&first, &["Angebot 26.", "jana@example.com", "Kein Lead: Newsletter", "Kopie: Fehlgeschlagen", "09:26"]);
    lacks(&first, &["Angebot 1.", "482-913-0576"]);
    assert!(first.text.find("Angebot 26.") < first.text.find("Angebot 25."), "newest first");
    let (_, next) =
        first.text.split_once("class=\"button plain\" href=\"?state=open&amp;cursor=").unwrap_or_else(|| panic!("{}", first.text));
    let next = next.split('"').next().unwrap();
    let second = admin.get(&mails(&format!("?state=open&cursor={next}"))).await;
    shows(&second, &["Angebot 1.", "href=\"?state=open\""]);
    lacks(&second, &["Angebot 26.", "rel=\"next\""]);
    for (language, texts) in [
        ("en", ["Became a lead", "No subject", "Received mails"]),
        ("de", ["Wurde zum Lead", "Ohne Betreff", "Eingegangene E-Mails"]),
        ("nl", ["Werd een lead", "Geen onderwerp", "Ontvangen e-mails"]),
    ] {
        let mut reader = desk.speaking(ADMIN, language).await;
        let (_, cursor) = reader
            .get(&mails("?state=all"))
            .await
            .text
            .split_once("state=all&amp;cursor=")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        let page = reader.get(&mails(&format!("?state=all&cursor={}", cursor.split('"').next().unwrap()))).await;
        shows(&page, &texts);
        shows(&page, &["href=\"/desk/leads/4829130576\"", "482-913-0576"]);
        lacks(&reader.get(&mails("?state=handled")).await, &["Angebot"]);
        desk.asked();
        reader.get(&mails("?state=handled")).await;
        assert!(desk.asked().len() <= 3);
    }
}

/// INT-7: a mail becomes a lead by a form with the values of the mail. A fault is beside its field.
#[tokio::test]
async fn int_7_a_user_makes_a_lead_of_a_mail_on_the_screen() {
    let desk = Desk::new().await;
    let world = &desk.world;
    arrive(world, "m1", newsletter()).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let page = admin.get(&mails("/m1")).await;
    shows(
        &page,
        &[
            "Corsa",
            "Is the red Corsa still there?",
            "Die E-Mail ist ein Newsletter: it has List-Unsubscribe",
            "/m1/lead\"",
            "/m1/handled\"",
        ],
    );
    let address = mails("/m1/lead");
    let form = admin.get(&address).await;
    for (name, value) in
        [("contact.first_name", "Jana"), ("contact.last_name", "Petersen"), ("contact.email", "jana@example.com"), ("source", "mail")]
    {
        assert_eq!(form.value(name).as_deref(), Some(value), "{name}: {}", form.text);
    }
    shows(&form, &["Is the red Corsa still there?</textarea>"]);
    let key = form.value("key").unwrap();
    let fields =
        |email: &'static str| [("contact.last_name", "Petersen"), ("contact.email", email), ("type", "used_car"), ("message", "Corsa?")];
    let wrong: Vec<(&str, &str)> = fields("keine Adresse").into_iter().chain([("key", "wrong")]).collect();
    let refused = admin.send(&address, &wrong).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(
        refused.text.contains("id=\"form-contact-email-error\"") && refused.text.contains("value=\"keine Adresse\""),
        "{}",
        refused.text
    );
    let right: Vec<(&str, &str)> = fields("jana@example.com").into_iter().chain([("key", key.as_str())]).collect();
    let sent = admin.send(&address, &right).await;
    let to = sent.header("location").to_owned();
    assert!(sent.status == 303 && to.starts_with("/desk/leads/") && to.ends_with("?done=mail_lead"), "{} {to} {}", sent.status, sent.text);
    let lead = admin.get(&to).await;
    shows(&lead, &["Die E-Mail ist jetzt ein Lead.", "Petersen"]);
    // The same form again leads to the same lead; the mail links it, and offers nothing any more.
    assert_eq!(admin.send(&address, &right).await.header("location"), to);
    let page = admin.get(&mails("/m1")).await;
    shows(&page, &[to.split('?').next().unwrap(), "Erledigt"]);
    lacks(&page, &["/m1/lead\"", "/m1/handled\"", "/m1/reopen\""]);
    assert_eq!(admin.get(&address).await.header("location"), mails("/m1"));
}

/// INT-7: a mail without an enquiry is marked as handled, leaves the open ones, and can be opened again.
#[tokio::test]
async fn int_7_a_mail_is_handled_and_reopened_on_the_screen() {
    let desk = Desk::new().await;
    let world = &desk.world;
    arrive(world, "m1", newsletter()).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let address = mails("/m1/handled");
    let form = admin.get(&address).await;
    let (version, key) = (form.value("version").unwrap(), form.value("key").unwrap());
    let fields = [("version", version.as_str()), ("key", key.as_str())];
    let sent = admin.send(&address, &fields).await;
    assert_eq!((sent.status, sent.header("location")), (303, &*mails("?done=mail_handled")), "{}", sent.text);
    shows(&admin.follow(sent).await, &["Die E-Mail ist als erledigt markiert.", "Keine E-Mail wartet"]);
    assert_eq!(state(world, "m1").await, "handled");
    shows(&admin.get(&mails("?state=handled")).await, &["Corsa", "Ingo Brandt"]);
    let page = admin.get(&mails("/m1")).await;
    shows(&page, &["/m1/reopen\"", "/m1/lead\"", "Ingo Brandt"]);
    lacks(&page, &["/m1/handled\""]);
    // A form that was shown before the decision of a colleague changes nothing.
    let stale = admin.send(&mails("/m1/reopen"), &[("version", "1"), ("key", "stale")]).await;
    assert_eq!(stale.status, 412, "{}", stale.text);
    let form = admin.get(&mails("/m1/reopen")).await;
    let sent = admin.send(&mails("/m1/reopen"), &[("version", &form.value("version").unwrap()), ("key", "again")]).await;
    assert_eq!((sent.status, sent.header("location")), (303, &*mails("/m1?done=mail_reopen")), "{}", sent.text);
    assert_eq!(state(world, "m1").await, "open");
}

/// INT-7: nothing of a mail with a virus is shown, offered or downloaded, and an expired mail says that its content is gone.
#[tokio::test]
async fn int_7_a_mail_with_a_virus_is_shown_without_its_content() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let now = at("2026-11-23T08:00:00Z");
    let mut virus = record("virus", LETTER.as_bytes(), no_lead("virus"), now);
    virus.verdicts = MailVerdicts { virus: "fail".into(), ..MailVerdicts::default() };
    store(world, virus, LETTER.as_bytes()).await;
    arrive(world, "old", newsletter()).await;
    std::fs::remove_file(world.bucket.path.join("raw/mail/old")).unwrap();
    let mut admin = desk.signed_in(ADMIN).await;
    let page = admin.get(&mails("/virus")).await;
    shows(&page, &["Kein Lead: Virenprüfung fehlgeschlagen", "Nicht bestanden", "Ihr Inhalt wird nicht angezeigt", "/virus/handled\""]);
    lacks(&page, &["red Corsa", "/virus/lead\"", "/virus/download\""]);
    let refused = admin.get(&mails("/virus/download")).await;
    assert!(refused.status >= 400 && !refused.text.contains("red Corsa"), "{} {}", refused.status, refused.text);
    let sent = admin.send(&mails("/virus/lead"), &[("contact.email", "jana@example.com"), ("type", "used_car"), ("key", "k")]).await;
    assert_eq!(sent.status, 409, "{}", sent.text);
    let page = admin.get(&mails("/old")).await;
    shows(&page, &["Der Inhalt dieser E-Mail wird nicht mehr aufbewahrt.", "/old/lead\""]);
    lacks(&page, &["/old/download\""]);
    assert_eq!(admin.get(&mails("/old/download")).await.status, 410);
}

/// INT-7: the raw mail arrives with each byte as it was, as a file that no browser shows; a large one by a link.
#[tokio::test]
async fn int_7_the_raw_mail_is_downloaded_as_it_arrived() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let now = at("2026-11-23T08:00:00Z");
    arrive(world, "m1", newsletter()).await;
    let latin = b"Subject: caf\xe9\r\n\r\nna\xefve\r\n";
    store(world, record("latin", latin, newsletter(), now), latin).await;
    let large = [LETTER.as_bytes(), "x".repeat(4_000_001).as_bytes()].concat();
    store(world, record("large", &large, newsletter(), now), &large).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let raw = admin.get(&mails("/m1/download")).await;
    assert_eq!((raw.status, raw.text.as_str()), (200, LETTER));
    assert_eq!((raw.header("content-type"), raw.header("content-disposition")), ("message/rfc822", "attachment; filename=\"m1.eml\""));
    let raw = admin.get(&mails("/latin/download")).await;
    assert_eq!(raw.text, base64::engine::general_purpose::STANDARD.encode(latin), "bytes that are no text travel in base64");
    let link = admin.get(&mails("/large/download")).await;
    assert!(link.status == 303 && link.header("location").starts_with("https://"), "{} {}", link.status, link.header("location"));
    shows(&admin.get(&mails("/large")).await, &["4,0 MB"]);
}

/// INT-7, DESK-2: those who read every lead are offered the mails, head office without the forms. Sellers are refused.
#[tokio::test]
async fn int_7_the_mails_are_offered_to_those_who_may_read_them() {
    let desk = Desk::new().await;
    arrive(&desk.world, "m1", newsletter()).await;
    let link = format!("href=\"{}\"", mails(""));
    for (who, status, decides) in [(ADMIN, 200, true), ("helga.stern", 200, true), ("hugo.office", 200, false), ("anna.vogt", 403, false)] {
        let mut browser = desk.signed_in(who).await;
        let leads = browser.get(&format!("/desk/d/{NORDSTERN}/leads")).await;
        assert_eq!(leads.text.contains(&link), status == 200, "{who}: {}", leads.text);
        assert_eq!(browser.get(&mails("")).await.status, status, "{who}");
        let page = browser.get(&mails("/m1")).await;
        assert_eq!(page.status, status, "{who}");
        assert_eq!((page.text.contains("/m1/lead\""), page.text.contains("/m1/handled\"")), (decides, decides), "{who}");
        if !decides {
            let sent = browser.send(&mails("/m1/handled"), &[("version", "1"), ("key", who)]).await;
            assert_eq!(sent.status, 403, "{who}: {}", sent.text);
        }
    }
    assert_eq!(state(&desk.world, "m1").await, "open");
}
