//! The copy and the report of a mail (SET-4, INT-7).

use super::{COPIES, LETTER, MAILS, REPORTS, addresses, arrive, newsletter, no_lead, read, record, sent, store};
use crate::support::world::{ADMIN, CONSOLE_URL, NORDSTERN, World, at};
use forecourt_domain::base::Usage;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::mail::{FORWARDS, MailOutcome, MailStepState, MailVerdicts};
use forecourt_send::MAX_ATTACHED;
use forecourt_store::{Load, Loaded};
use serde_json::json;

/// SET-4, INT-7: a mail is forwarded once with the original, and answers go to its sender; a mail without a lead is also reported once with
/// the reason. Doubled wake-ups send nothing twice.
#[tokio::test]
async fn set_4_a_mail_is_forwarded_once_and_reported_once() {
    let world = World::delivering_twice().await;
    addresses(&world, Some(COPIES), Some(REPORTS)).await;
    arrive(&world, "m1", newsletter()).await;
    world.advance_to("2026-11-25T09:00:00Z").await;
    let [copy, report] = sent(&world).try_into().unwrap();
    assert_eq!((copy.to.as_str(), copy.subject.as_str(), copy.reply_to.as_deref()), (COPIES, "Fwd: Corsa", Some("jana@example.com")));
    assert_eq!((report.to.as_str(), report.subject.as_str(), report.reply_to.as_deref()), (REPORTS, "Keine Anfrage: Corsa", None));
    assert_eq!(report.at, at("2026-11-23T09:00:00Z"));
    let link = format!("{CONSOLE_URL}/desk/d/{NORDSTERN}/mails/m1");
    for part in ["es ist ein Newsletter", "List-Unsubscribe", "jana@example.com", "23.11.2026, 10:00 Uhr", link.as_str()] {
        assert!(report.text.contains(part) && copy.text.contains(part), "{part}: {}", report.text);
    }
    for mail in [&copy, &report] {
        assert_eq!(mail.attachments.len(), 1);
        assert_eq!(
            (mail.attachments[0].media_type.as_str(), mail.attachments[0].content.as_slice()),
            ("message/rfc822", LETTER.as_bytes())
        );
        assert_eq!(mail.from_name, "Autohaus Nordstern");
        let mime = String::from_utf8(mail.mime("no-reply@desk.example").unwrap()).unwrap();
        assert!(mime.contains("Content-Type: message/rfc822") && mime.contains(LETTER.trim_end()), "{mime}");
        assert!(mime.contains(&format!("X-Forecourt-Mail: {}\r\n", mail.id)) && mime.contains("Auto-Submitted: auto-generated"), "{mime}");
    }
    let stored = read(&world, "m1").await;
    for step in [stored.forward.unwrap(), stored.report.unwrap()] {
        assert!(matches!(step.state, MailStepState::Sent { .. }) && step.due.is_none(), "{step:?}");
    }
    let page = world.get(ADMIN, &format!("{MAILS}/m1")).await;
    assert_eq!((page.text("/forward/state"), page.text("/report/state"), page.text("/state")), ("sent", "sent", "open"));
}

/// SET-4: the mail of a lead is forwarded with its number, and is not reported.
#[tokio::test]
async fn set_4_the_mail_of_a_lead_is_forwarded_with_its_number() {
    let world = World::new().await;
    addresses(&world, Some(COPIES), Some(REPORTS)).await;
    arrive(&world, "m1", MailOutcome::Leads { leads: vec!["4829130576".parse().unwrap()], refused: None }).await;
    arrive(&world, "m2", MailOutcome::Answer { lead: "4829130576".parse().unwrap() }).await;
    world.system.settle().await;
    let [first, second] = sent(&world).try_into().unwrap();
    assert!(first.text.contains("Anfrage: 482-913-0576") && first.text.contains("/desk/leads/4829130576"), "{}", first.text);
    assert!(second.text.contains("Antwort zu Anfrage: 482-913-0576"), "{}", second.text);
}

/// SET-4, INT-7: without an address nothing is sent; one mailbox for both gets one mail; a mail that is handled before the report needs
/// none.
#[tokio::test]
async fn int_7_a_mailbox_gets_one_message_about_a_mail() {
    let world = World::new().await;
    addresses(&world, Some(COPIES), Some("Copies@Nordstern.example")).await;
    arrive(&world, "m1", newsletter()).await;
    world.system.settle().await;
    assert_eq!(sent(&world).iter().map(|mail| mail.id.clone()).collect::<Vec<_>>(), [format!("inbox-forward-{NORDSTERN}-m1")]);
    assert!(!read(&world, "m1").await.is_unreported());
    addresses(&world, None, Some(REPORTS)).await;
    arrive(&world, "m2", newsletter()).await;
    let done = world.post(ADMIN, &format!("{MAILS}/m2/completion"), &json!({})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    world.system.settle().await;
    let page = world.get(ADMIN, &format!("{MAILS}/m2")).await;
    assert_eq!((page.text("/forward/why"), page.text("/report/why")), ("no_address", "handled"), "{}", page.body);
    assert_eq!(sent(&world).len(), 1);
}

/// INT-7: a mail with a virus is never forwarded or attached. A mail above 5 MB and an expired one are reported without the original.
#[tokio::test]
async fn int_7_a_virus_is_never_passed_on() {
    let world = World::new().await;
    addresses(&world, Some(COPIES), Some(REPORTS)).await;
    arrive(&world, "virus", no_lead("virus")).await;
    let now = world.system.clock.now();
    let mut stated = record("stated", LETTER.as_bytes(), newsletter(), now);
    stated.verdicts = MailVerdicts { virus: "fail".into(), ..MailVerdicts::default() };
    store(&world, stated, LETTER.as_bytes()).await;
    let large = vec![b'x'; MAX_ATTACHED as usize + 1];
    let mut mail = record("large", &large, newsletter(), now);
    mail.forward = None;
    store(&world, mail, &large).await;
    let mut expired = record("expired", LETTER.as_bytes(), newsletter(), now);
    (expired.forward, expired.object) = (None, "raw/mail/gone".into());
    store(&world, expired, LETTER.as_bytes()).await;
    std::fs::remove_file(world.bucket.path.join("raw/mail/gone")).unwrap();
    world.system.settle().await;
    let sent = sent(&world);
    assert_eq!(sent.len(), 4);
    for mail in &sent {
        assert!(mail.to == REPORTS && mail.attachments.is_empty(), "{mail:?}");
    }
    let why = |id: &str| sent.iter().find(|mail| mail.id.ends_with(&format!("-{id}"))).unwrap().text.clone();
    assert!(why("virus").contains("Die E-Mail wird wegen der Virenprüfung nicht weitergegeben."));
    assert!(why("large").contains("zu groß") && why("expired").contains("nicht mehr aufbewahrt"));
    for id in ["virus", "stated"] {
        assert!(matches!(&read(&world, id).await.forward.unwrap().state, MailStepState::Dropped { why, .. } if why == "virus"));
    }
}

/// MSG-2: line ends, direction marks and long texts of a mail change neither the headers nor the lines of our mail; a mail that cannot be
/// sent as it is becomes a file.
#[tokio::test]
async fn int_7_a_hostile_mail_changes_no_header() {
    let world = World::new().await;
    addresses(&world, Some(COPIES), None).await;
    let raw = b"Subject: x\nFrom: a@example.com\n\ncaf\xe9\n";
    let mut mail = record("m1", raw, newsletter(), world.system.clock.now());
    mail.subject = Some(format!("Hi\r\nBcc: victim@example.com\r\n\u{202e}gpj.exe\u{0}{}", "y".repeat(600)));
    mail.from = Some("Eve\r\nX-Evil: 1 <eve@example.com>".into());
    mail.reply_to = Some("jana@example.com\r\nBcc: victim@example.com".into());
    mail.verdicts = MailVerdicts { spam: "fail".into(), dmarc: "fail".into(), ..MailVerdicts::default() };
    store(&world, mail, raw).await;
    world.system.settle().await;
    let [copy] = sent(&world).try_into().unwrap();
    assert!(
        copy.subject.starts_with("Fwd: Hi Bcc: victim@example.com gpj.exe y") && copy.subject.chars().count() <= 210,
        "{}",
        copy.subject
    );
    assert!(copy.text.contains("Spamprüfung ist fehlgeschlagen") && copy.text.contains("gefälscht"), "{}", copy.text);
    let mime = String::from_utf8(copy.mime("no-reply@desk.example").unwrap()).unwrap();
    let (head, _) = mime.split_once("\r\n\r\n").unwrap();
    let names: Vec<&str> =
        head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).filter_map(|line| line.split(':').next()).collect();
    assert!(!names.iter().any(|name| ["Bcc", "X-Evil", "Cc"].contains(name)), "{head}");
    assert!(!mime.contains("message/rfc822") && mime.contains("application/octet-stream"), "{mime}");
    assert!(copy.reply_to.is_none_or(|to| !to.contains(['\r', '\n'])));
}

/// SET-12, SET-4: a dealer's mails have 500 copies an hour. The next copy waits for the next hour and is then sent once.
#[tokio::test]
async fn set_12_a_copy_over_the_limit_waits_for_the_next_hour() {
    let world = World::new().await;
    addresses(&world, Some(COPIES), None).await;
    assert_eq!(FORWARDS.most, 500);
    let key = world.store.secret().name(&world.scope(), &["budget", "mails", "forward", NORDSTERN]);
    let used = Usage { key, until: at("2026-11-23T10:00:00Z"), used: FORWARDS.most - 1 };
    let rule = |_: &Loaded, _| Ok((Some(Decision::default().with(Item::Usage(used.clone()))), ()));
    world.store.decide(&world.scope(), Load::of([]), rule).await.unwrap();
    for id in ["m1", "m2"] {
        arrive(&world, id, newsletter()).await;
        world.system.settle().await;
    }
    let copies = || sent(&world).into_iter().map(|mail| (mail.id, mail.at)).collect::<Vec<_>>();
    let copy = |id: &str, time: &str| (format!("inbox-forward-{NORDSTERN}-{id}"), at(time));
    let first = copy("m1", "2026-11-23T09:00:00Z");
    assert_eq!(copies(), std::slice::from_ref(&first), "the last one of the hour");
    assert_eq!(read(&world, "m2").await.forward.unwrap().due, Some(at("2026-11-23T10:00:00Z")));
    world.advance_to("2026-11-23T09:59:59Z").await;
    assert_eq!(copies().len(), 1);
    world.advance_to("2026-11-23T12:00:00Z").await;
    assert_eq!(copies(), [first, copy("m2", "2026-11-23T10:00:00Z")]);
    assert!(matches!(read(&world, "m2").await.forward.unwrap().state, MailStepState::Sent { .. }));
}
