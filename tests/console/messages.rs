//! The messages to and from a customer on the page of a lead, and the forms that write them (LEAD-3, MSG-1).

use crate::support::console::{Desk, lacks, shows};
use crate::support::documents::uploaded;
use crate::support::mails::answer;
use crate::support::world::{ADMIN, NORDSTERN, Request, World, enquiry};
use forecourt_domain::base::LeadId;
use forecourt_local::text_in::CustomerText;
use serde_json::{Value, json};

const PLAIN: &str = "Subject: AW: Ihr Angebot\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nJa, gerne am Samstag!\r\n";
const CUSTOMER: &str = "Jana Petersen <petersen@example.com>";

fn thread(lead: LeadId) -> String {
    format!("/desk/leads/{lead}?tab=thread")
}

pub(super) async fn communications(world: &World, lead: LeadId) -> Vec<Value> {
    world.get(ADMIN, &format!("/leads/{lead}/communications")).await.body["elements"].as_array().unwrap().clone()
}

/// LEAD-3: the thread has each message with its sender, medium and files, newest first; a stranger and a program are named as such. The
/// quoted history is not shown, and the raw mail is one link away.
#[tokio::test]
async fn lead_3_the_messages_show_senders_media_and_files() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let contact = json!({"first_name": "Jana", "last_name": "Petersen", "email": "petersen@example.com", "phone": "0171 2345678"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let empty = admin.get(&thread(lead)).await;
    shows(&empty, &["aria-current=\"page\">Nachrichten", "/email?back=", "/sms?back=", "/call?back="]);
    let with_files = "Subject: AW: Ihr Angebot\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
                      Anbei alles.\r\n\r\nAm 23.11.2026 um 10:00 schrieb Autohaus <desk@example.com>:\r\n> Alter Text\r\n--b\r\n\
                      Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"schein.pdf\"\r\n\r\n%PDF-1.7 x\r\n--b\r\n\
                      Content-Type: text/plain\r\nContent-Disposition: attachment; filename=\"run.js\"\r\n\r\nalert(1)\r\n--b--\r\n";
    let files = answer(world, lead, CUSTOMER, with_files).await;
    world.advance_to("2026-11-23T09:01:00Z").await;
    answer(world, lead, "Tom Fremd <tom@elsewhere.example>", PLAIN).await;
    answer(world, lead, CUSTOMER, &format!("Auto-Submitted: auto-replied\r\n{PLAIN}")).await;
    world.advance_to("2026-11-23T09:02:00Z").await;
    for body in [json!({"medium": "sms", "text": "Bis Freitag „um zehn“!"}), json!({"medium": "call", "reached": false, "note": "Mailbox"})]
    {
        assert_eq!(world.post("anna.vogt", &format!("/leads/{lead}/communications"), &body).await.status, 201);
    }
    world.system.settle().await;
    let page = admin.get(&thread(lead)).await;
    shows(
        &page,
        &[
            "Jana Petersen",
            "petersen@example.com",
            "Kunde</span>",
            "Unbekannter Absender",
            "Automatische E-Mail",
            "Anbei alles.",
            "schein.pdf",
            "run.js",
            "nicht gespeichert: ist eine Datei, die ein Programm starten kann",
            "Ingo Brandt",
            "an petersen@example.com",
            "gesendet</span>",
            "Bis Freitag „um zehn“!",
            "1 Teil",
            "Kunde telefonisch nicht erreicht",
            "Mailbox",
            "Kein Kontakt dieses Leads hat diese Adresse",
        ],
    );
    lacks(&page, &["Alter Text"]);
    assert_eq!(page.text.matches("/answer?back=").count(), 2, "a program gets no answer: {}", page.text);
    assert!(page.text.find("Mailbox") < page.text.find("Anbei alles."), "newest first");
    let raw = format!("/desk/leads/{lead}/raw?communication={files}");
    assert!(page.text.contains(&format!("href=\"{raw}\"")), "{}", page.text);
    let readable = admin.get(&raw).await;
    shows(&readable, &["E-Mail im Original", "Alter Text", "AW: Ihr Angebot", "schein.pdf", "as=source", "raw/download?communication="]);
    lacks(&readable, &["boundary=b"]);
    shows(&admin.get(&format!("{raw}&as=source")).await, &["Quelltext der E-Mail", "Alter Text", "boundary=b"]);
    let file = admin.get(&raw.replace("/raw?", "/raw/download?")).await;
    assert_eq!((file.header("content-type"), file.text.contains("boundary=b")), ("message/rfc822", true));
    shows(&admin.get(&format!("/desk/leads/{lead}/communications/{files}")).await, &["Anbei alles.", "schein.pdf", "/answer?back="]);
    let reader = desk.signed_in("hugo.office").await.get(&thread(lead)).await;
    shows(&reader, &["Anbei alles.", "raw?communication="]);
    lacks(&reader, &["/answer?back=", "/email?back="]);
    for (language, texts) in [
        ("en", ["Messages", "Unknown sender", "Customer not reached by telephone"]),
        ("nl", ["Berichten", "Onbekende afzender", "Klant telefonisch niet bereikt"]),
    ] {
        shows(&desk.speaking(ADMIN, language).await.get(&thread(lead)).await, &texts);
    }
}

/// LEAD-3: many messages are read page by page, and the enquiry is the first message of all.
#[tokio::test]
async fn lead_3_earlier_messages_are_on_further_pages() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = world
        .lead(&json!({"type": "used_car", "source": "website", "message": "Ist der Wagen noch da?",
        "contact": {"last_name": "Petersen", "email": "petersen@example.com"}}))
        .await;
    for i in 0..55 {
        let call = json!({"medium": "call", "reached": true, "note": format!("Anruf {i}.")});
        assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/communications"), &call).await.status, 201);
    }
    let mut admin = desk.signed_in(ADMIN).await;
    let first = admin.get(&thread(lead)).await;
    lacks(&first, &["Ist der Wagen noch da?"]);
    let (_, next) = first.text.split_once("rel=\"next\" href=\"").unwrap();
    let second = admin.get(next.split('"').next().unwrap()).await;
    shows(&second, &["Ist der Wagen noch da?", &format!("href=\"/desk/leads/{lead}?tab=thread\"")]);
    let both = format!("{}{}", first.text, second.text);
    assert!((0..55).all(|i| both.matches(&format!("Anruf {i}.")).count() == 1), "each message is on one page");
}

/// LEAD-3: a received e-mail is answered in its thread: the form names the recipient and has the subject. A fault stands beside its field,
/// and an answer that is sent twice is sent once.
#[tokio::test]
async fn lead_3_an_answer_goes_into_the_thread_of_the_mail_once() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = world.lead(&enquiry("petersen")).await;
    let mail = answer(world, lead, CUSTOMER, PLAIN).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/communications/{mail}/answer");
    let shown = admin.get(&form).await;
    shows(&shown, &["petersen@example.com", "Ja, gerne am Samstag!", "E-Mail von Jana Petersen"]);
    assert_eq!(shown.value("subject").as_deref(), Some("Re: Ihr Angebot"));
    let key = shown.value("key").unwrap();
    let wrong = admin.send(&form, &[("subject", "Re: Ihr Angebot"), ("purpose", "contract"), ("text", ""), ("key", "k")]).await;
    assert!(wrong.status == 422 && wrong.text.contains("id=\"form-text-error\""), "{}", wrong.text);
    let typed = [("subject", "Re: Ihr Angebot"), ("purpose", "contract"), ("text", "Bis Samstag um zehn."), ("key", key.as_str())];
    for _ in 0..2 {
        let sent = admin.send(&form, &typed).await;
        assert_eq!((sent.status, sent.header("location")), (303, &*format!("{}&done=answer", thread(lead))), "{}", sent.text);
    }
    world.system.settle().await;
    let answers: Vec<Value> = communications(world, lead).await.into_iter().filter(|one| one["answers"] == json!(mail)).collect();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let page = admin.get(&format!("{}&done=answer", thread(lead))).await;
    shows(&page, &["Die Antwort wird gesendet.", "Antwort auf eine eingegangene E-Mail", "Bis Samstag um zehn."]);
    let own = answers[0]["id"].as_str().unwrap();
    let none = admin.get(&format!("/desk/leads/{lead}/communications/{own}/answer")).await;
    assert_eq!((none.status, none.header("location")), (303, &*thread(lead)));
    let mut stranger = desk.signed_in("greta.sommer").await;
    assert_eq!(stranger.get(&form).await.status, 404);
    assert_eq!(stranger.send(&form, &typed).await.status, 404);
}

/// LEAD-3, MSG-3: a text message of the contact has no note about a stranger, and its answer is a text message. Only an e-mail is answered
/// by an e-mail.
#[tokio::test]
async fn lead_3_a_text_message_is_answered_by_a_text_message() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let own = "+4915299999901";
    world.settings(|settings| settings.text_number = Some(own.to_owned())).await;
    let contact = json!({"last_name": "Petersen", "email": "petersen@example.com", "phone": "0171 2345678"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    world.system.receive_text(&CustomerText { from: "+491712345678", to: own, text: "Ja, am Samstag!", id: "m-1" }).unwrap();
    world.system.settle().await;
    let (text, mut admin) = (communications(world, lead).await[0]["id"].as_str().unwrap().to_owned(), desk.signed_in(ADMIN).await);
    for address in [thread(lead), format!("/desk/leads/{lead}/communications/{text}")] {
        let page = admin.get(&address).await;
        shows(&page, &["Ja, am Samstag!", "Kunde</span>", "Antworten</a>"]);
        lacks(&page, &["Kein Kontakt dieses Leads hat diese Adresse", "/answer?back="]);
        let message = page.text.split(&format!("id=\"message-{text}\"")).nth(1).unwrap().split("</li>").next().unwrap();
        assert!(message.contains(&format!("href=\"/desk/leads/{lead}/sms?back=")), "{message}");
    }
    shows(&admin.get(&format!("/desk/leads/{lead}/sms")).await, &["+491712345678"]);
    assert_eq!(admin.get(&format!("/desk/leads/{lead}/communications/{text}/answer")).await.status, 303);
}

/// LEAD-3: the mail of a stranger is answered to the contact, and the form says so.
#[tokio::test]
async fn lead_3_the_answer_to_a_stranger_goes_to_the_contact() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = world.lead(&enquiry("petersen")).await;
    let mail = answer(world, lead, "Tom Fremd <tom@elsewhere.example>", PLAIN).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/communications/{mail}/answer");
    shows(&admin.get(&form).await, &["Kein Kontakt hat die Adresse tom@elsewhere.example. Ihre Antwort geht an", "petersen@example.com"]);
    assert_eq!(admin.send(&form, &[("subject", ""), ("purpose", "contract"), ("text", "Guten Tag"), ("key", "k")]).await.status, 303);
    world.system.settle().await;
    let mails = world.system.mailbox.mails();
    let sent = mails.iter().rfind(|mail| mail.text.contains("Guten Tag")).unwrap();
    assert_eq!((sent.to.as_str(), sent.subject.as_str()), ("petersen@example.com", "Re: Ihr Angebot"));
}

/// LEAD-3, MSG-2: without a script, a canned answer is inserted below what is typed; documents and the vehicle sheet are attached.
#[tokio::test]
async fn lead_3_canned_answers_documents_and_the_sheet_are_chosen_in_the_form() {
    let desk = Desk::new().await;
    let world = &desk.world;
    world.settings(|settings| settings.expose = Some("Datenblatt".into())).await;
    for (id, medium) in [("frei", "email"), ("kurz", "sms")] {
        let text = json!({"kind": "canned", "medium": medium, "language": "de", "name": format!("Baustein {id}"),
            "subject": if medium == "email" { "Ihr {{ vehicle }}" } else { "" }, "text": "{{ greeting }}\n\nder Wagen ist frei."});
        let saved = world.call(Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/texts/{id}")).json(&text)).await;
        assert_eq!(saved.status, 201, "{}", saved.body);
    }
    let mut body = enquiry("petersen");
    body["vehicle"] = json!({"make": "Opel", "model": "Corsa"});
    let lead = world.lead(&body).await;
    let document = uploaded(world, lead, "Vertrag", b"%PDF-1.7 a file").await;
    let mut admin = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/email");
    let shown = admin.get(&form).await;
    shows(&shown, &["Baustein frei", "Vertrag (1 KB)", "Fahrzeugdatenblatt: Datenblatt", "name=\"do\" value=\"insert\""]);
    lacks(&shown, &["Baustein kurz", "name=\"quote\""]);
    let before = communications(world, lead).await.len();
    let typed = [
        ("medium", "email"),
        ("purpose", "contract"),
        ("subject", ""),
        ("text", "Vorweg:"),
        ("attachments", &*document),
        ("canned", "frei"),
        ("do", "insert"),
    ];
    let inserted = admin.send(&form, &typed).await;
    shows(&inserted, &["Vorweg:\n\nGuten Tag petersen", "der Wagen ist frei.</textarea>", &format!("value=\"{document}\" checked")]);
    assert_eq!(inserted.value("subject").as_deref(), Some("Ihr Opel Corsa"));
    assert_eq!(communications(world, lead).await.len(), before, "nothing is sent yet");
    let key = inserted.value("key").unwrap();
    let fields = [
        ("medium", "email"),
        ("purpose", "contract"),
        ("subject", "Ihr Opel Corsa"),
        ("text", "Der Wagen ist frei."),
        ("attachments", &*document),
        ("attachments", "vehicle_sheet"),
        ("key", &*key),
    ];
    let sent = admin.send(&form, &fields).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    world.system.settle().await;
    let mails = world.system.mailbox.mails();
    let mail = mails.iter().rfind(|mail| mail.to == "petersen@example.com").unwrap();
    assert_eq!(mail.attachments.len(), 2, "{:?}", mail.attachments.iter().map(|file| &file.name).collect::<Vec<_>>());
    shows(&admin.get(&thread(lead)).await, &["Vertrag</a>", "Fahrzeugdatenblatt", "1 KB"]);
    let gone = admin
        .send(
            &form,
            &[
                ("medium", "email"),
                ("purpose", "contract"),
                ("subject", "S"),
                ("text", "Text bleibt"),
                ("attachments", "gone"),
                ("key", "k"),
            ],
        )
        .await;
    assert!(
        gone.status == 422 && gone.text.contains("id=\"form-attachments-error\"") && gone.text.contains("Text bleibt"),
        "{}",
        gone.text
    );
}

/// LEAD-3: a quote for a new vehicle is offered with its price. One that cannot be attached is not.
#[tokio::test]
async fn lead_3_only_quotes_that_can_be_attached_are_offered() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = world.lead(&enquiry("petersen")).await;
    let mut ids = Vec::new();
    for condition in ["new", "used"] {
        let vehicle = json!({"condition": condition, "make": "Opel", "model": "Corsa"});
        let quote = json!({"vehicle": vehicle, "price": {"amount": 2_249_000, "currency": "EUR"}});
        let made = world.post(ADMIN, &format!("/leads/{lead}/quotes"), &quote).await;
        assert_eq!(made.status, 201, "{}", made.body);
        ids.push(made.text("/id").to_owned());
    }
    let mut admin = desk.signed_in(ADMIN).await;
    let page = admin.get(&format!("/desk/leads/{lead}/email?quote={}", ids[0])).await;
    shows(&page, &["Opel Corsa 22.490,00\u{a0}EUR", &format!("value=\"{}\" selected", ids[0])]);
    lacks(&page, &[&ids[1]]);
    lacks(&admin.get(&format!("/desk/leads/{lead}/quotes/{}", ids[1])).await, &["/email?quote="]);
    let fields = [
        ("medium", "email"),
        ("purpose", "contract"),
        ("subject", "Angebot"),
        ("text", "Anbei."),
        ("quote", &*ids[0]),
        ("form", "order_form"),
        ("key", "k"),
    ];
    assert_eq!(admin.send(&format!("/desk/leads/{lead}/email"), &fields).await.status, 303);
    shows(&admin.get(&thread(lead)).await, &["Angebot: Bestellformular"]);
}

/// LEAD-3: the form of a text message counts its parts without a script, and names the characters that make them shorter.
#[tokio::test]
async fn lead_3_the_form_counts_the_parts_of_a_text_message() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let contact = json!({"last_name": "Petersen", "phone": "0171 2345678"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/sms");
    shows(&admin.get(&form).await, &["+491712345678", "160 Zeichen, mit Sonderzeichen 70", "name=\"do\" value=\"count\""]);
    for (text, shown) in [
        ("Bis Freitag!".to_owned(), vec!["1 Teil, 12 von 160 Zeichen,", "Standardzeichen (GSM)"]),
        ("x".repeat(161), vec!["2 Teile, 161 von 306 Zeichen,"]),
        (
            format!("{}„gut“", "x".repeat(70)),
            vec!["2 Teile, 75 von 134 Zeichen,", "mit Sonderzeichen (UCS-2)", "Wegen dieser Zeichen: “ „"],
        ),
        (String::new(), vec!["160 Zeichen, mit Sonderzeichen 70"]),
    ] {
        let counted = admin.send(&form, &[("medium", "sms"), ("purpose", "contract"), ("text", &text), ("do", "count")]).await;
        shows(&counted, &shown);
        assert!(text.is_empty() || counted.text.contains(&text), "{}", counted.text);
    }
    // A canned answer that is inserted is counted.
    let canned = json!({"kind": "canned", "medium": "sms", "language": "de", "name": "Frei", "text": "Der Wagen ist frei."});
    let saved = world.call(Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/texts/free")).json(&canned)).await;
    assert_eq!(saved.status, 201, "{}", saved.body);
    let inserted =
        admin.send(&form, &[("medium", "sms"), ("purpose", "contract"), ("text", ""), ("canned", "free"), ("do", "insert")]).await;
    shows(&inserted, &["Der Wagen ist frei.</textarea>", "1 Teil, 19 von 160 Zeichen,"]);
    assert!(communications(world, lead).await.is_empty(), "nothing is sent");
    let none = admin.get(&format!("/desk/leads/{lead}/email")).await;
    shows(&none, &["Der Kontakt hat keine E-Mail-Adresse."]);
    assert_eq!(admin.send(&form, &[("medium", "sms"), ("purpose", "contract"), ("text", "Bis Freitag!"), ("key", "k")]).await.status, 303);
    assert_eq!(communications(world, lead).await.len(), 1);
}

/// MSG-1: a mail that came back is sent again by a form, once, when the stop is lifted. A delivered one has no form.
#[tokio::test]
async fn msg_1_a_message_that_came_back_is_sent_again_once() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let contact = json!({"last_name": "Petersen", "email": "bounce+jana@simulator.amazonses.com"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    let letter = json!({"medium": "email", "subject": "Ihr Angebot", "text": "Guten Tag"});
    let sent = world.post(ADMIN, &format!("/leads/{lead}/communications"), &letter).await.text("/id").to_owned();
    world.system.settle().await;
    let mut admin = desk.signed_in(ADMIN).await;
    let page = admin.get(&thread(lead)).await;
    let form = format!("/desk/leads/{lead}/communications/{sent}/resend");
    shows(&page, &["die Adresse funktioniert nicht", "550 5.1.1 user unknown", &form, "Noch einmal senden"]);
    let shown = admin.get(&form).await;
    let (message, key) = (shown.value("message").unwrap(), shown.value("key").unwrap());
    let fields = [("message", message.as_str()), ("key", key.as_str())];
    let stopped = admin.send(&form, &fields).await;
    assert!(stopped.status == 409 && stopped.text.contains("role=\"alert\"") && !stopped.text.contains("MSG-1"), "{}", stopped.text);
    let stop = world.get(ADMIN, &format!("/leads/{lead}/stops")).await.text("/stops/0/id").to_owned();
    assert_eq!(world.call(Request::delete(ADMIN, &format!("/leads/{lead}/stops/{stop}"))).await.status, 200);
    let before = world.system.mailbox.mails().len();
    for _ in 0..2 {
        let again = admin.send(&form, &fields).await;
        assert_eq!((again.status, again.header("location")), (303, &*format!("{}&done=resend", thread(lead))), "{}", again.text);
    }
    world.system.settle().await;
    assert_eq!(world.system.mailbox.mails().iter().skip(before).filter(|mail| mail.subject == "Ihr Angebot").count(), 1);
    let delivered = world.lead(&enquiry("petersen")).await;
    let sent = world.post(ADMIN, &format!("/leads/{delivered}/communications"), &letter).await.text("/id").to_owned();
    world.system.settle().await;
    lacks(&admin.get(&thread(delivered)).await, &["/resend"]);
    let none = admin.get(&format!("/desk/leads/{delivered}/communications/{sent}/resend")).await;
    assert_eq!((none.status, none.header("location")), (303, &*thread(delivered)));
}
