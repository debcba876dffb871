//! The attachments of an answer, and hostile content.

use super::{START, Written, answered_by_anna, receive, received, reply_to, write};
use crate::support::world::{ADMIN, World};
use forecourt_lead_intake::mail_in::Answered;
use serde_json::{Value, json};

/// Returns a mail with files: name, declared type, content.
fn with_files(address: &str, files: &[(&str, &str, &str)]) -> Written {
    let mut body = String::from("--b\r\nContent-Type: text/plain\r\n\r\nAnbei alles.\r\n");
    for (name, media_type, content) in files {
        body += &format!("--b\r\nContent-Type: {media_type}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{content}\r\n");
    }
    Written { body: body + "--b--\r\n", ..Written::to(address) }.header("Content-Type: multipart/mixed; boundary=b")
}

async fn documents(world: &World, lead: &str) -> Vec<Value> {
    world.get(ADMIN, &format!("/leads/{lead}/documents")).await.body["elements"].as_array().unwrap().clone()
}

/// LEAD-2, LEAD-3: attachments become documents; a script, a program and a page stay in the raw mail, and the lead shows the reasons.
#[tokio::test]
async fn lead_2_attachments_become_documents_and_scripts_do_not() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    let pdf = "%PDF-1.7 a file";
    let files = [
        ("a.pdf", "application/pdf", pdf),
        ("b.pdf", "application/octet-stream", pdf),
        ("c.pdf", "image/png", pdf),
        ("notes.txt", "text/plain", "Notizen"),
        ("run.sh", "application/octet-stream", "#!/bin/sh\r\nrm -rf /"),
        ("page.html", "text/html", "<html><script>alert(1)</script></html>"),
        ("a.js", "text/plain", "alert(1)"),
        ("d.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "plain"),
        ("../../e.unknown", "application/x-car", "data"),
        ("f.pdf", "application/pdf", pdf),
    ];
    let written = with_files(&reply_to(&mail), &files);
    assert!(matches!(receive(&world, &written).await, Answered::Joined { again: false, .. }));
    let lead = id.to_string();
    let mut shown: Vec<(String, String)> = documents(&world, &lead)
        .await
        .iter()
        .map(|document| {
            assert_eq!(document["state"], "uploaded");
            (document["title"].as_str().unwrap().to_owned(), document["content_type"].as_str().unwrap().to_owned())
        })
        .collect();
    shown.sort();
    let expected = [
        ("a.pdf", "application/pdf"),
        ("b.pdf", "application/pdf"),
        ("c.pdf", "application/pdf"),
        ("e.unknown", "application/octet-stream"),
        ("f.pdf", "application/pdf"),
        ("notes.txt", "text/plain"),
    ];
    assert_eq!(shown, expected.map(|(name, media_type)| (name.to_owned(), media_type.to_owned())));
    let element = received(&world, id).await.remove(0);
    assert_eq!(element["received"]["attachments"].as_array().unwrap().len(), 6);
    let refused: Vec<(&str, &str)> = element["received"]["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["name"].as_str().unwrap(), file["why"].as_str().unwrap()))
        .collect();
    assert_eq!(
        refused,
        [
            ("run.sh", "is a script"),
            ("page.html", "is HTML, SVG or other markup"),
            ("a.js", "is a file that a browser or an operating system runs"),
            ("d.docx", "is plain text, and not application/vnd.openxmlformats-officedocument.wordprocessingml.document as the mail states"),
        ]
    );
    let page = world.get(ADMIN, &format!("/leads/{id}")).await;
    let events = page.body["timeline"].as_array().unwrap().last().unwrap()["events"].as_array().unwrap().clone();
    assert_eq!((events.len(), events[0]["refused"].as_array().unwrap().len(), &events[1]["kind"]), (7, 4, &json!("document")));
    assert_eq!(page.body["counts"]["documents"], json!(6));
    // The files can be downloaded, and a repeat puts nothing twice.
    let one = &documents(&world, &lead).await[0];
    let read = world.get(ADMIN, &format!("/leads/{id}/documents/{}", one["id"].as_str().unwrap())).await;
    assert!(read.text("/download/url").starts_with("https://"), "{}", read.body);
    assert!(matches!(receive(&world, &written).await, Answered::Joined { again: true, .. }));
    assert_eq!(documents(&world, &lead).await.len(), 6);
}

/// LEAD-2, LEAD-3: one mail brings at most twenty documents, and a lead keeps its maximum of a hundred. Nothing of the mail is lost.
#[tokio::test]
async fn lead_2_a_mail_brings_a_bounded_number_of_documents() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    for number in 0..6 {
        let names: Vec<String> = (0..25).map(|file| format!("{number}-{file}.txt")).collect();
        let files: Vec<(&str, &str, &str)> = names.iter().map(|name| (name.as_str(), "text/plain", name.as_str())).collect();
        let written = Written { id: format!("{number}@example.com"), ..with_files(&reply_to(&mail), &files) };
        assert!(matches!(receive(&world, &written).await, Answered::Joined { .. }));
    }
    let all = received(&world, id).await;
    let number =
        |mail: &Value| (mail["received"]["attachments"].as_array().unwrap().len(), mail["received"]["refused"].as_array().unwrap().len());
    let mut numbers: Vec<_> = all.iter().map(number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [(0, 25), (20, 5), (20, 5), (20, 5), (20, 5), (20, 5)]);
    assert_eq!(world.page(id).await.lead.counts.documents, 100);
}

/// INT-2: a huge text, a subject with a line end and an id with a header in it cost little and forge nothing.
#[tokio::test]
async fn int_2_a_hostile_answer_forges_no_header_and_is_cut() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    let address = reply_to(&mail);
    let written = Written {
        subject: "=?utf-8?Q?Hallo=0D=0ABcc:_victim@example.com?=".into(),
        id: "a@b.example>\r\n <c@d.example".into(),
        body: "Ja. ".repeat(500_000),
        ..Written::to(&address)
    };
    assert!(matches!(receive(&world, &written).await, Answered::Joined { .. }));
    let element = received(&world, id).await.remove(0);
    assert!(element["text"].as_str().unwrap().chars().count() <= 10_000);
    assert_eq!(element["received"]["notes"].as_array().unwrap().len(), 1, "{}", element["received"]);
    assert!(!element["subject"].as_str().unwrap().contains(['\r', '\n']));
    let made = write(&world, id, &json!({"medium": "email", "text": "Danke", "answers": element["id"]})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    world.system.settle().await;
    let sent = super::to_customer(&world).pop().unwrap();
    let mime = String::from_utf8(sent.mime("desk@desk.example").unwrap()).unwrap();
    let head = mime.split("\r\n\r\n").next().unwrap();
    assert!(head.lines().all(|line| !line.starts_with("Bcc")), "{head}");
    assert!(sent.subject.starts_with("Re: Hallo"), "{}", sent.subject);
}
