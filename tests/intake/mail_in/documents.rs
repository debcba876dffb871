//! The files of a mail that makes a lead become its documents (LEAD-2, INT-1).

use super::{leads, reason, received};
use crate::support::world::{ADMIN, NORDSTERN, World};
use forecourt_domain::base::LeadId;
use forecourt_domain::decision::{Decision, Item};
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::{Value, json};

const PDF: (&str, &str, &str) = ("inzahlung.pdf", "application/pdf", "%PDF-1.7 a file");
const SCRIPT: (&str, &str, &str) = ("run.sh", "application/octet-stream", "#!/bin/sh\r\nrm -rf /");

/// A mail with files: name, declared type, content.
fn with_files(from: &str, id: &str, text: &str, files: &[(&str, &str, &str)]) -> String {
    let mut body = format!(
        "From: {from}\r\nTo: leads@autohaus-nordstern-demo.example\r\nSubject: Corsa\r\nMessage-ID: <{id}@x.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    );
    for (name, media_type, content) in files {
        body += &format!("--b\r\nContent-Type: {media_type}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{content}\r\n");
    }
    body + "--b--\r\n"
}

fn letter(id: &str, files: &[(&str, &str, &str)]) -> String {
    with_files("Jana Petersen <jana@example.com>", id, "Guten Tag,\r\nist der Corsa noch da?\r\nJana Petersen", files)
}

/// Returns the titles of the documents of a lead, sorted. Each can be downloaded.
async fn titles(world: &World, lead: LeadId) -> Vec<String> {
    let list = world.get(ADMIN, &format!("/leads/{lead}/documents")).await;
    let mut titles = Vec::new();
    for document in list.body["elements"].as_array().unwrap() {
        assert_eq!(document["state"], "uploaded");
        let one = world.get(ADMIN, &format!("/leads/{lead}/documents/{}", document["id"].as_str().unwrap())).await;
        assert!(one.text("/download/url").starts_with("https://"), "{}", one.body);
        titles.push(document["title"].as_str().unwrap().to_owned());
    }
    titles.sort();
    titles
}

/// Returns the number of files of documents in the bucket.
fn files(world: &World) -> usize {
    fn below(folder: &std::path::Path) -> usize {
        let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
        entries.map(|entry| entry.unwrap().path()).map(|path| if path.is_dir() { below(&path) } else { 1 }).sum()
    }
    below(&world.bucket.path.join("documents"))
}

async fn flags(world: &World, lead: LeadId) -> Vec<String> {
    let enquiry = world.page(lead).await.enquiry.unwrap();
    enquiry.flags.into_iter().filter(|flag| flag.field == "mail").map(|flag| flag.detail).collect()
}

/// LEAD-2, INT-1: the files of a new lead's mail are its documents. A script stays in the raw mail, and a flag has the reason. The same
/// mail adds nothing.
#[tokio::test]
async fn lead_2_the_files_of_a_first_mail_are_documents() {
    let world = World::new().await;
    let raw = letter("one", &[PDF, SCRIPT]);
    let lead = leads(&received(&world, &raw).await)[0];
    assert_eq!(titles(&world, lead).await, ["inzahlung.pdf"]);
    assert_eq!(flags(&world, lead).await, ["an attachment is only in the raw mail, because it is a script: run.sh"]);
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert_eq!(page.body["counts"]["documents"], json!(1));
    let events = page.body["timeline"][0]["events"].as_array().unwrap();
    assert!(events.iter().any(|event| event["kind"] == "document" && event["title"] == "inzahlung.pdf"), "{events:?}");
    assert_eq!(leads(&received(&world, &raw).await), [lead]);
    assert_eq!((titles(&world, lead).await.len(), files(&world)), (1, 1));
}

/// LEAD-2, INT-6: a further mail of the customer adds its files to the lead, up to the maximum of a lead. A file without room leaves
/// nothing in the bucket.
#[tokio::test]
async fn lead_2_the_files_of_a_further_mail_are_added_up_to_the_maximum() {
    let world = World::new().await;
    let lead = leads(&received(&world, letter("one", &[PDF])).await)[0];
    let second = with_files("jana@example.com", "two", "Noch eine Frage: geht Samstag?", &[("b.txt", "text/plain", "zwei")]);
    assert_eq!(leads(&received(&world, second).await), [lead]);
    assert_eq!(titles(&world, lead).await, ["b.txt", "inzahlung.pdf"]);
    let rule = |loaded: &forecourt_store::Loaded, _| {
        let mut lead = loaded.lead(lead).unwrap().touched(world.system.clock.now());
        lead.counts.documents = 99;
        Ok((Some(Decision::default().with(Item::Lead(Box::new(lead)))), ()))
    };
    world.store.decide(&world.scope(), Load::of([Key::Lead(lead)]), rule).await.unwrap();
    let third = [("c.txt", "text/plain", "drei"), ("d.txt", "text/plain", "vier")];
    let third = with_files("jana@example.com", "three", "Und noch zwei Dateien.", &third);
    assert_eq!(leads(&received(&world, third).await), [lead]);
    assert_eq!((titles(&world, lead).await.len(), files(&world)), (3, 3));
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await.body.to_string();
    assert!(page.contains("because it is one too many: the lead already has 100 documents: d.txt"), "{page}");
}

/// INT-2, LEAD-2: nobody knows to which of several enquiries a file belongs. It stays in the raw mail, and the leads show that.
#[tokio::test]
async fn int_2_the_files_of_a_mail_with_several_enquiries_stay_in_it() {
    let world = World::new().await;
    let prospect = |id: u32| {
        format!(
            "<prospect><id source=\"a\">{id}</id><requestdate>2026-11-23T10:10:00+01:00</requestdate><vehicle><make>Opel</make></vehicle>\
             <customer><contact><name part=\"full\">Customer {id}</name><email>c{id}@example.com</email></contact></customer></prospect>"
        )
    };
    let adf = format!("<?xml version=\"1.0\"?><adf>{}{}</adf>", prospect(1), prospect(2));
    let made = leads(&received(&world, with_files("leads@autoplaza.example", "adf", &adf, &[PDF])).await);
    assert_eq!(made.len(), 2);
    for lead in made {
        assert!(titles(&world, lead).await.is_empty());
        assert_eq!(flags(&world, lead).await, ["has 1 documents, which are in the raw mail: inzahlung.pdf"]);
    }
    assert_eq!(files(&world), 0);
}

/// INT-7, LEAD-2: nothing of a mail with a virus is opened. The files of a mail of which a user makes a lead are its documents, once.
#[tokio::test]
async fn int_7_the_files_of_a_mail_of_the_inbox_are_documents_of_its_lead() {
    let world = World::new().await;
    let virus = letter("virus", &[PDF]).replacen("Subject", "X-SES-Virus-Verdict: FAIL\r\nSubject", 1);
    assert_eq!((reason(&received(&world, virus).await), files(&world)), ("virus", 0));
    let automatic = letter("auto", &[PDF]).replacen("Subject", "Auto-Submitted: auto-replied\r\nSubject", 1);
    let mail = received(&world, automatic).await;
    assert_eq!(reason(&mail), "automatic_reply");
    let path = format!("/dealers/{NORDSTERN}/mails/{}/lead", mail.id);
    let made = world.post(ADMIN, &path, &json!({})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let lead: LeadId = made.text("/id").parse().unwrap();
    assert_eq!((titles(&world, lead).await, files(&world)), (vec!["inzahlung.pdf".to_owned()], 1));
    let again: Value = world.post(ADMIN, &path, &json!({})).await.body;
    assert_eq!((&again["id"], titles(&world, lead).await.len()), (&json!(lead), 1));
}
