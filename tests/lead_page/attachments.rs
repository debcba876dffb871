//! Attachments of an e-mail that a seller chooses: documents of the lead, and the sheet of the vehicle (LEAD-3, SET-4).

use crate::support::documents::uploaded;
use crate::support::world::{ADMIN, Reply, Request, World, enquiry};
use forecourt_domain::base::{ElementId, LeadId};
use forecourt_domain::elements::{Content, ElementKind};
use forecourt_edge::files::Files as _;
use forecourt_send::mail::Mail;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::{Value, json};

fn mail(attachments: &[&str]) -> Value {
    json!({"medium": "email", "subject": "Ihr Corsa", "text": "Guten Tag,\n\nanbei die Unterlagen.", "attachments": attachments})
}

async fn write(world: &World, lead: LeadId, body: &Value) -> Reply {
    world.post(ADMIN, &format!("/leads/{lead}/communications"), body).await
}

fn to_customer(world: &World) -> Vec<Mail> {
    world.system.mailbox.mails().into_iter().filter(|mail| mail.to == "petersen@example.com").collect()
}

/// Returns the delivery state and the reason of a communication.
async fn fate(world: &World, lead: LeadId, sent: &Reply) -> (String, String) {
    let shown = world.get(ADMIN, &format!("/leads/{lead}/communications/{}", sent.text("/id"))).await;
    (shown.text("/fate").to_owned(), shown.text("/why").to_owned())
}

#[tokio::test]
async fn lead_3_a_mail_has_the_documents_that_the_seller_chose() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("petersen")).await;
    let (first, second) = (uploaded(&world, lead, "Vertrag", b"%PDF-1.7 one").await, uploaded(&world, lead, "Bild", b"%PDF-1.7 two").await);
    let sent = write(&world, lead, &mail(&[&second, &first])).await;
    assert_eq!((sent.status, &sent.body["attachments"]), (201, &json!([second, first])), "{}", sent.body);
    world.system.settle().await;
    let mails = to_customer(&world);
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    let files: Vec<(&str, &str, &[u8])> =
        mail.attachments.iter().map(|file| (file.name.as_str(), file.media_type.as_str(), file.content.as_slice())).collect();
    assert_eq!(files, [("Bild.pdf", "application/pdf", &b"%PDF-1.7 two"[..]), ("Vertrag.pdf", "application/pdf", b"%PDF-1.7 one")]);
    assert_eq!(fate(&world, lead, &sent).await.0, "sent");
}

/// LEAD-3, LEAD-9: a document must be an uploaded one of this lead. An id of another lead's document says nothing about it.
#[tokio::test]
async fn lead_3_only_uploaded_documents_of_the_lead_are_attached() {
    let world = World::new().await;
    let (lead, other) = (world.lead(&enquiry("petersen")).await, world.lead(&enquiry("nora")).await);
    let of_other = uploaded(&world, other, "Geheim", b"%PDF-1.7 secret").await;
    let announced = json!({"title": "Entwurf", "content_type": "application/pdf", "bytes": 9});
    let pending = world.post(ADMIN, &format!("/leads/{lead}/documents"), &announced).await.text("/id").to_owned();
    let gone = uploaded(&world, lead, "Weg", b"%PDF-1.7 gone").await;
    let path = format!("/leads/{lead}/documents/{gone}");
    let version = world.get(ADMIN, &path).await.body["version"].as_u64().unwrap();
    assert_eq!(world.call(Request::delete(ADMIN, &path).version(version)).await.status, 200);
    let details = async |ids: &[&str]| {
        let refused = write(&world, lead, &mail(ids)).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        let errors = refused.body["errors"].as_array().unwrap();
        errors.iter().map(|e| format!("{} {}", e["field"].as_str().unwrap(), e["detail"].as_str().unwrap())).collect::<Vec<_>>()
    };
    let unknown = "must be the id of a document of this lead";
    assert_eq!(details(&[&of_other, "unknown", &gone]).await, [0, 1, 2].map(|i| format!("attachments[{i}] {unknown}")));
    assert_eq!(details(&[&pending]).await, ["attachments[0] must be uploaded completely before it can be attached"]);
    let fine = uploaded(&world, lead, "Gut", b"%PDF-1.7 good").await;
    assert_eq!(details(&[&fine, &fine]).await, ["attachments[1] is listed twice"]);
    assert_eq!(write(&world, lead, &mail(&[fine.as_str(); 11])).await.faults(), ["attachments LEAD-3"]);
    assert_eq!(write(&world, lead, &mail(&["NO ID"])).await.faults(), ["attachments[0] LEAD-3"]);
    assert!(to_customer(&world).is_empty());
}

/// LEAD-3: together the documents must fit into a mail; the refusal names the largest one and the sizes.
#[tokio::test]
async fn lead_3_documents_that_are_too_large_together_are_refused_with_their_size() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("petersen")).await;
    let small = uploaded(&world, lead, "Klein", &[b"%PDF-1.7 ".as_slice(), &[b'x'; 1_999_991]].concat()).await;
    let exact = uploaded(&world, lead, "Genau", &[b"%PDF-1.7 ".as_slice(), &[b'x'; 4_999_991]].concat()).await;
    let large = uploaded(&world, lead, "Groß", &[b"%PDF-1.7 ".as_slice(), &[b'x'; 5_100_000]].concat()).await;
    let refused = write(&world, lead, &mail(&[&small, &large])).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["attachments[1] LEAD-3".to_owned()]));
    let detail =
        "makes the mail too large: this document has 5.2 MB, and all attachments have 7.2 MB together; at most 7.0 MB fit into a mail";
    assert_eq!(refused.text("/errors/0/detail"), detail);
    assert_eq!(write(&world, lead, &mail(&[&small, &exact])).await.status, 201);
    world.system.settle().await;
    let mails = to_customer(&world);
    let mime = mails[0].mime("desk@forecourt.example").unwrap();
    assert!(mime.len() < 10_000_000, "SES accepts 10 MB: {}", mime.len());
}

/// LEAD-3, MSG-1: a letter whose document was removed before it was sent fails with that reason; it is never sent without it.
#[tokio::test]
async fn lead_3_a_mail_whose_document_was_removed_meanwhile_fails_with_the_reason() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("petersen")).await;
    let id = uploaded(&world, lead, "Vertrag", b"%PDF-1.7 one").await;
    let sent = write(&world, lead, &mail(&[&id])).await;
    assert_eq!(sent.status, 201);
    let path = format!("/leads/{lead}/documents/{id}");
    let version = world.get(ADMIN, &path).await.body["version"].as_u64().unwrap();
    assert_eq!(world.call(Request::delete(ADMIN, &path).version(version)).await.status, 200);
    world.system.settle().await;
    assert_eq!(fate(&world, lead, &sent).await, ("failed".to_owned(), "the attached document was removed: Vertrag".to_owned()));
    // A file that is not in the bucket.
    let lost = uploaded(&world, lead, "Bild", b"%PDF-1.7 two").await;
    let sent = write(&world, lead, &mail(&[&lost])).await;
    assert_eq!(sent.status, 201);
    world.bucket.remove(&format!("documents/demo-group/{lead}/{lost}")).await.unwrap();
    world.system.settle().await;
    assert_eq!(fate(&world, lead, &sent).await, ("failed".to_owned(), "the file of the attached document does not exist: Bild".to_owned()));
    assert!(to_customer(&world).is_empty());
}

/// SET-4: the sheet of the vehicle has the dealer's name for it, and nothing that the customer wrote beside the vehicle.
#[tokio::test]
async fn set_4_the_sheet_of_the_vehicle_is_attached_if_the_seller_chooses_it() {
    let world = World::new().await;
    let mut body = enquiry("petersen");
    body["contact"]["language"] = json!("de");
    body["vehicle"] =
        json!({"make": "Opel", "model": "Corsa", "year": 2021, "colour": "www.evil.example", "price": "1 EUR", "remarks": "for you"});
    let lead = world.lead(&body).await;
    let mut wanted = mail(&[]);
    wanted["expose"] = json!(true);
    world.settings(|settings| settings.expose = None).await;
    assert_eq!(write(&world, lead, &wanted).await.faults(), ["expose SET-4"]);
    world.settings(|settings| settings.expose = Some("Exposé A/B".into())).await;
    let without = world.lead(&enquiry("nora")).await;
    assert_eq!(write(&world, without, &wanted).await.faults(), ["expose SET-4"], "its enquiry names no vehicle");
    let sent = write(&world, lead, &wanted).await;
    assert_eq!((sent.status, &sent.body["expose"], &sent.body["attachments"]), (201, &json!(true), &Value::Null), "{}", sent.body);
    world.system.settle().await;
    let mails = to_customer(&world);
    let [file] = mails[0].attachments.as_slice() else { panic!("{mails:?}") };
    assert_eq!((file.name.as_str(), file.media_type.as_str()), ("Exposé A-B.pdf", "application/pdf"));
    let text = lopdf::Document::load_mem(&file.content).unwrap().extract_text(&[1]).unwrap();
    assert!(["Opel", "Corsa", "2021"].iter().all(|part| text.contains(part)), "{text}");
    assert!(!text.contains("evil") && !text.contains("1 EUR") && !text.contains("for you"), "{text}");
}

/// LEAD-3: letters that an earlier release stored have no attachments.
#[tokio::test]
async fn lead_3_a_communication_without_attachments_is_stored_as_before() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("petersen")).await;
    let made = write(&world, lead, &mail(&[])).await;
    let id: ElementId = made.text("/id").parse().unwrap();
    let key = Key::Element(lead, ElementKind::Communication, id.clone());
    let loaded = world.store.load(&world.scope(), &Load::of([key])).await.unwrap();
    let element = loaded.element(lead, ElementKind::Communication, &id).unwrap();
    let Content::Communication(communication) = &element.content else { panic!("{element:?}") };
    assert_eq!(json!(communication), json!({"medium": "email", "subject": "Ihr Corsa"}));
}
