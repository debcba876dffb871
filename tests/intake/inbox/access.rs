//! The list and the page of mails, and who may see them (INT-7, ACC-1).

use super::{LETTER, MAILS, arrive, ids, newsletter, no_lead, raw, record, store};
use crate::support::world::{ADMIN, NORDSTERN, Request, World, at};
use chrono::TimeDelta;
use forecourt_domain::mail::{Handled, MailOutcome, MailVerdicts};
use serde_json::json;

/// INT-7, ACC-1: users who read every lead of the dealer read its mails, and so do those who stand in for its administrator. Nobody else
/// does, and nobody of another dealer or group learns that the mail exists.
#[tokio::test]
async fn int_7_only_users_who_read_every_lead_see_the_mails() {
    let world = World::new().await;
    arrive(&world, "m1", newsletter()).await;
    let page = format!("{MAILS}/m1");
    for who in [ADMIN, "helga.stern", "gina.group", "hugo.office"] {
        assert_eq!(ids(&world.get(who, MAILS).await), ["m1"], "{who}");
        assert_eq!(world.get(who, &page).await.status, 200, "{who}");
    }
    let refused = [("anna.vogt", 403), ("chris.center", 403), ("otto.operator", 403), ("partner:portal-demo", 403), ("dan.rivera", 404)];
    for (who, status) in refused {
        for path in [MAILS, &page, &format!("{page}/raw")] {
            let reply = world.get(who, path).await;
            assert_eq!(reply.status, status, "{who} {path}: {}", reply.body);
        }
        let made = world.post(who, &format!("{page}/lead"), &json!({})).await;
        assert_eq!(made.status, status, "{who}: {}", made.body);
        let done = world.post(who, &format!("{page}/completion"), &json!({})).await;
        assert_eq!(done.status, status, "{who}: {}", done.body);
    }
    // Head office reads, and decides nothing.
    assert_eq!(world.post("hugo.office", &format!("{page}/lead"), &json!({})).await.status, 403);
    assert_eq!(world.post("hugo.office", &format!("{page}/completion"), &json!({})).await.status, 403);
    // The other group has a dealer of the same id, without the mail.
    assert_eq!(ids(&world.get("rival.seller", MAILS).await), [""; 0]);
    assert_eq!(world.get("rival.seller", &page).await.status, 404);
    // The mail of another dealer is none of this one.
    assert_eq!(world.get("gina.group", "/dealers/lakeside-motors-demo/mails/m1").await.status, 404);
    world
        .settings(|settings| {
            let ingo = settings.members.iter_mut().find(|member| member.user.as_str() == ADMIN).unwrap();
            let absence = json!({"from": at("2026-11-23T00:00:00Z"), "until": at("2026-11-30T00:00:00Z"), "deputy": "anna.vogt"});
            ingo.absences = vec![serde_json::from_value(absence).unwrap()];
        })
        .await;
    assert_eq!(ids(&world.get("anna.vogt", MAILS).await), ["m1"], "she stands in for the administrator");
    // Clients learn who may read the mails (ACC-4).
    for (who, reads) in [("anna.vogt", true), (ADMIN, true), ("hugo.office", true), ("ben.krause", false), ("chris.center", false)] {
        let me = world.get(who, &format!("/me?dealer={NORDSTERN}")).await;
        assert_eq!(me.body["dealers"][0]["reads_mails"], json!(reads), "{who}: {}", me.body);
    }
    assert_eq!(world.get("ben.krause", MAILS).await.status, 403);
}

/// INT-7, ACC-1: a seller who is the fallback user sees the mails and decides, and no longer if another user takes the place.
#[tokio::test]
async fn int_7_a_seller_who_is_the_fallback_user_sees_the_mails() {
    let world = World::new().await;
    arrive(&world, "m1", newsletter()).await;
    let (list, page) = (MAILS.to_owned(), format!("{MAILS}/m1"));
    assert_eq!(world.get("ben.krause", &list).await.status, 403);
    let fallback = async |user: &str| world.settings(|settings| settings.fallback_user = Some(user.parse().unwrap())).await;
    fallback("ben.krause").await;
    assert_eq!(ids(&world.get("ben.krause", &list).await), ["m1"]);
    assert_eq!(world.get("ben.krause", &page).await.text("/content"), "shown");
    assert_eq!(raw(&world, "ben.krause", &format!("{page}/raw")).await.0, 200);
    assert_eq!(world.post("ben.krause", &format!("{page}/completion"), &json!({})).await.status, 200);
    assert_eq!(world.get("clara.henning", &list).await.status, 403);
    fallback("helga.stern").await;
    for path in [&list, &page] {
        assert_eq!(world.get("ben.krause", path).await.status, 403, "{path}");
    }
}

/// INT-7, DIS-4: the deputy of the administrator decides about mails during the absence, and has no access after it.
#[tokio::test]
async fn int_7_a_deputy_decides_during_the_absence_only() {
    let world = World::new().await;
    for id in ["m1", "m2", "m3"] {
        arrive(&world, id, newsletter()).await;
    }
    world
        .settings(|settings| {
            let ingo = settings.members.iter_mut().find(|member| member.user.as_str() == ADMIN).unwrap();
            let absence = json!({"from": at("2026-11-23T00:00:00Z"), "until": at("2026-11-24T09:00:00Z"), "deputy": "anna.vogt"});
            ingo.absences = vec![serde_json::from_value(absence).unwrap()];
        })
        .await;
    let post = async |path: &str| world.post("anna.vogt", &format!("{MAILS}/{path}"), &json!({})).await;
    let made = post("m1/lead").await;
    assert_eq!(made.status, 201, "{}", made.body);
    let done = post("m2/completion").await;
    assert_eq!((done.status, done.text("/handled/by")), (200, "anna.vogt"), "{}", done.body);
    world.advance_to("2026-11-24T08:59:59Z").await;
    assert_eq!(ids(&world.get("anna.vogt", MAILS).await), ["m3"]);
    world.advance_to("2026-11-24T09:00:00Z").await;
    for path in [MAILS.to_owned(), format!("{MAILS}/m3"), format!("{MAILS}/m3/raw")] {
        assert_eq!(world.get("anna.vogt", &path).await.status, 403, "{path}");
    }
    for path in ["m3/lead", "m3/completion"] {
        assert_eq!(post(path).await.status, 403, "{path}");
    }
    assert_eq!(ids(&world.get(ADMIN, MAILS).await), ["m3"]);
}

/// INT-7: the list is paged, newest first, and filtered by the state and the time, each by one query.
#[tokio::test]
async fn int_7_the_list_is_filtered_and_paged() {
    let world = World::new().await;
    let start = at("2026-11-20T09:00:00Z");
    for i in 0..5 {
        let mut mail = record(&format!("m{i}"), LETTER.as_bytes(), newsletter(), start + TimeDelta::days(i));
        (mail.forward, mail.report) = (None, None);
        if i == 1 {
            mail.handled = Some(Handled { at: mail.received, by: serde_json::from_value(json!({"user": ADMIN})).unwrap(), lead: None });
        }
        if i == 2 {
            mail.outcome = MailOutcome::Leads { leads: vec!["4829130576".parse().unwrap()], refused: None };
        }
        store(&world, mail, LETTER.as_bytes()).await;
    }
    let list = async |query: &str| world.get(ADMIN, &format!("{MAILS}?{query}")).await;
    assert_eq!(ids(&list("").await), ["m4", "m3", "m0"]);
    assert_eq!(ids(&list("state=open").await), ["m4", "m3", "m0"]);
    assert_eq!(ids(&list("state=handled").await), ["m1"]);
    assert_eq!(ids(&list("state=all").await), ["m4", "m3", "m2", "m1", "m0"]);
    assert_eq!(ids(&list("state=all&from=2026-11-22&until=2026-11-23").await), ["m3", "m2"]);
    assert_eq!(ids(&list("state=all&from=2026-11-23T09:00:00Z&until=2026-11-24T09:00:00Z").await), ["m3"]);
    let states: Vec<String> =
        list("state=all").await.body["mails"].as_array().unwrap().iter().map(|mail| mail["state"].as_str().unwrap().to_owned()).collect();
    assert_eq!(states, ["open", "open", "automatic", "handled", "open"]);
    for state in ["open", "all"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = list(&format!("state={state}&limit=2{cursor}")).await;
            seen.extend(ids(&page));
            match page.body["cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, if state == "open" { vec!["m4", "m3", "m0"] } else { vec!["m4", "m3", "m2", "m1", "m0"] }, "{state}");
    }
    let cursor = list("state=all&limit=1").await.text("/cursor").to_owned();
    assert_eq!(list(&format!("state=open&cursor={cursor}")).await.faults(), ["cursor INT-7"]);
    for wrong in ["closed", "5"] {
        assert_eq!(list(&format!("state={wrong}")).await.faults(), ["state INT-7"], "{wrong}");
    }
    assert_eq!(list("stat=open").await.status, 422);
}

/// INT-7: a page shows the text of the mail as plain text, whatever the mail contains, and its files.
#[tokio::test]
async fn int_7_a_page_shows_plain_text_and_the_files() {
    let world = World::new().await;
    let hostile = "From: =?utf-8?q?Jana=E2=80=AE?= <jana@example.com>\r\nSubject: Hallo\r\nMIME-Version: 1.0\r\n\
                   Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
                   <p>Guten&nbsp;Tag \u{202e}<script>alert(1)</script><b>Corsa?</b></p>\r\n--b\r\nContent-Type: application/pdf; name=\"../../a.pdf\"\r\n\
                   Content-Disposition: attachment; filename=\"../../a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n--b--\r\n";
    store(&world, record("m1", hostile.as_bytes(), newsletter(), at("2026-11-23T08:00:00Z")), hostile.as_bytes()).await;
    let page = world.get(ADMIN, &format!("{MAILS}/m1")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let text = page.text("/text");
    assert!(text.contains("Corsa?") && !text.contains(['<', '\u{202e}']) && !text.contains("alert"), "{text:?}");
    assert_eq!(page.body["files"], json!([{"name": "a.pdf", "media_type": "application/pdf", "bytes": 9}]));
    assert_eq!((page.text("/content"), page.text("/state"), page.text("/outcome/reason")), ("shown", "open", "newsletter"));
    assert_eq!(page.text("/verdicts/spam"), "missing");
    assert_eq!(page.text("/suggested/email"), "jana@example.com");
    assert_eq!(page.text("/suggested/source"), "mail");
    let (status, headers, bytes) = raw(&world, ADMIN, page.text("/raw")).await;
    assert_eq!((status, bytes.as_slice()), (200, hostile.as_bytes()));
    assert_eq!(headers["content-type"], "message/rfc822");
    assert!(headers["content-disposition"].to_str().unwrap().starts_with("attachment"), "{headers:?}");
    assert_eq!(headers["x-content-type-options"], "nosniff");
}

/// INT-7: the content of a mail with a virus is neither shown nor given out, and an expired mail is shown without its content.
#[tokio::test]
async fn int_7_a_mail_with_a_virus_shows_no_content() {
    let world = World::new().await;
    arrive(&world, "virus", no_lead("virus")).await;
    let mut by_verdict = record("stated", LETTER.as_bytes(), newsletter(), at("2026-11-23T08:00:00Z"));
    by_verdict.verdicts = MailVerdicts { virus: "fail".into(), ..MailVerdicts::default() };
    store(&world, by_verdict, LETTER.as_bytes()).await;
    for id in ["virus", "stated"] {
        let path = format!("{MAILS}/{id}");
        let page = world.get(ADMIN, &path).await;
        assert_eq!((page.status, page.text("/content")), (200, "virus"));
        assert!(page.body["text"].is_null() && page.body["suggested"].is_null() && page.body["raw"].is_null(), "{}", page.body);
        for refused in [world.get(ADMIN, &format!("{path}/raw")).await, world.post(ADMIN, &format!("{path}/lead"), &lead()).await] {
            assert_eq!((refused.status, refused.text("/rule")), (409, "INT-7"), "{}", refused.body);
        }
        assert_eq!(world.post(ADMIN, &format!("{path}/completion"), &json!({})).await.status, 200);
    }
    arrive(&world, "old", newsletter()).await;
    std::fs::remove_file(world.bucket.path.join("raw/mail/old")).unwrap();
    let page = world.get(ADMIN, &format!("{MAILS}/old")).await;
    assert_eq!((page.status, page.text("/content")), (200, "expired"), "{}", page.body);
    assert_eq!(world.get(ADMIN, &format!("{MAILS}/old/raw")).await.status, 410);
    // The record still has the sender: a lead can be made of it.
    assert_eq!(world.post(ADMIN, &format!("{MAILS}/old/lead"), &json!({})).await.status, 201);
}

fn lead() -> serde_json::Value {
    super::lead_body("Petersen")
}

/// INT-7: a mail of 25 MB is shown, and its raw form is a link, because no response holds it.
#[tokio::test]
async fn int_7_a_large_mail_is_shown_and_linked() {
    let world = World::new().await;
    let mut large = LETTER.as_bytes().to_vec();
    let line = format!("{}\r\n", "x".repeat(98));
    while large.len() < 25 * 1_048_576 {
        large.extend_from_slice(line.as_bytes());
    }
    store(&world, record("large", &large, newsletter(), at("2026-11-23T08:00:00Z")), &large).await;
    let page = world.get(ADMIN, &format!("{MAILS}/large")).await;
    assert_eq!(page.status, 200);
    assert!(page.text("/text").chars().count() <= 100_000 && !page.body["notes"].as_array().unwrap().is_empty(), "{}", page.body["notes"]);
    let (status, headers, body) = raw(&world, ADMIN, &format!("{MAILS}/large/raw")).await;
    assert_eq!((status, body.len()), (303, 0));
    assert!(headers["location"].to_str().unwrap().starts_with("https://"), "{headers:?}");
    // Bytes that are no UTF-8 arrive as they were sent.
    let latin = b"Subject: caf\xe9\r\n\r\nna\xefve\r\n";
    store(&world, record("latin", latin, newsletter(), at("2026-11-23T08:00:00Z")), latin).await;
    assert_eq!(raw(&world, ADMIN, &format!("{MAILS}/latin/raw")).await.2, latin);
    let missing = world.call(Request::get(ADMIN, &format!("/dealers/{NORDSTERN}/mails/other"))).await;
    assert_eq!(missing.status, 404);
}
