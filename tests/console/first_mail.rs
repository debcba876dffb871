//! The mail of an enquiry on the page of its lead: the first message, the answer to it, and its readable form (LEAD-3, INT-2).

use crate::support::console::{Desk, lacks, shows};
use crate::support::world::{ADMIN, NORDSTERN, World};
use forecourt_domain::base::LeadId;
use serde_json::json;

const LETTER: &str = "From: Jana Petersen <jana@example.com>\r\nSubject: Corsa\r\nMessage-ID: <one@mail.example.com>\r\nMIME-Version: 1.0\r\n\
     X-SES-DMARC-Verdict: FAIL\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
     Guten Tag,\r\nist der Corsa noch da?\r\n--b\r\nContent-Type: application/pdf\r\n\
     Content-Disposition: attachment; filename=\"schein.pdf\"\r\n\r\n%PDF-1.7 x\r\n--b--\r\n";
const PORTAL: &str = "From: Portal <noreply@portal.example>\r\nSubject: Anfrage\r\nMessage-ID: <two@portal.example>\r\n\r\n\
     Name: Kim Berg\nE-Mail: kim@example.com\nTelefon: 0171 2345678\nMarke: Opel\nModell: Corsa\nNachricht: Was kostet er?\n";

/// Receives a mail, and returns its lead.
async fn lead(world: &World, raw: &str) -> LeadId {
    let (id, _) = world.system.receive_mail(raw.as_bytes(), &[format!("{NORDSTERN}.demo-group@in.example.com")]).await.unwrap();
    world.system.settle().await;
    let mail = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/mails/{id}")).await;
    mail.text("/leads/0/id").parse().unwrap_or_else(|_| panic!("{}", mail.body))
}

/// LEAD-3, INT-1: the conversation begins with the mail and not with a copy of its message. It is answered in its thread.
#[tokio::test]
async fn lead_3_the_first_mail_is_shown_and_answered() {
    let desk = Desk::new().await;
    let lead = lead(&desk.world, LETTER).await;
    let mut admin = desk.signed_in(ADMIN).await;
    let page = admin.get(&format!("/desk/leads/{lead}?tab=thread")).await;
    shows(
        &page,
        &[
            "Jana Petersen",
            "jana@example.com",
            "Kunde</span>",
            "Anfrage · E-Mail",
            "Corsa",
            "schein.pdf",
            "DMARC",
            "E-Mail im Original",
            "Antworten",
        ],
    );
    lacks(&page, &["message-enquiry", "Kein Kontakt dieses Leads hat diese Adresse"]);
    assert_eq!(page.text.matches("ist der Corsa noch da?").count(), 1, "{}", page.text);
    let form = page.text.split('"').find(|part| part.contains("/answer?back=")).unwrap().to_owned();
    let shown = admin.get(&form).await;
    assert_eq!(shown.value("subject").as_deref(), Some("Re: Corsa"));
    let key = shown.value("key").unwrap();
    let typed = [("subject", "Re: Corsa"), ("purpose", "contract"), ("text", "Ja."), ("key", key.as_str())];
    let sent = admin.send(form.split('?').next().unwrap(), &typed).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    desk.world.system.settle().await;
    let mail = desk.world.system.mailbox.mails().last().unwrap().clone();
    assert_eq!((mail.to.as_str(), mail.in_reply_to.as_deref()), ("jana@example.com", Some("one@mail.example.com")));
    let all = desk.signed_in("hugo.office").await.get(&format!("/desk/leads/{lead}?tab=thread")).await;
    shows(&all, &["ist der Corsa noch da?"]);
    lacks(&all, &["/answer?back="]);
}

/// LEAD-3: a portal is the sender of an enquiry and no stranger. The form of the answer names the customer who gets it.
#[tokio::test]
async fn lead_3_the_mail_of_a_portal_is_no_mail_of_a_stranger() {
    let desk = Desk::new().await;
    let lead = lead(&desk.world, PORTAL).await;
    for (language, sender) in [("de", "Absender der Anfrage"), ("en", "Sender of the enquiry"), ("nl", "Afzender van de aanvraag")] {
        let page = desk.speaking(ADMIN, language).await.get(&format!("/desk/leads/{lead}?tab=thread")).await;
        shows(&page, &[sender, "noreply@portal.example", "Was kostet er?"]);
        lacks(&page, &["Unbekannter Absender", "Kein Kontakt dieses Leads"]);
        let form = page.text.split('"').find(|part| part.contains("/answer?back=")).unwrap().to_owned();
        shows(&desk.speaking(ADMIN, language).await.get(&form).await, &["kim@example.com", "Re: Anfrage"]);
    }
}

/// INT-2: each mail of a lead is shown in readable form first; any other input is shown as it was sent. Only readers of the lead see it.
#[tokio::test]
async fn int_2_a_mail_is_readable_and_its_source_is_a_second_click() {
    let desk = Desk::new().await;
    let lead = lead(&desk.world, LETTER).await;
    let raw = format!("/desk/leads/{lead}/raw");
    let mut admin = desk.signed_in(ADMIN).await;
    let shown = admin.get(&raw).await;
    shows(
        &shown,
        &["Corsa", "Jana Petersen &lt;jana@example.com&gt;", "ist der Corsa noch da?", "schein.pdf", "raw?as=source", "raw/download"],
    );
    lacks(&shown, &["boundary=b"]);
    shows(&admin.get(&format!("{raw}?as=source")).await, &["Quelltext der E-Mail", "boundary=b", "raw/download"]);
    let file = admin.get(&format!("{raw}/download")).await;
    assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"{lead}.eml\""));
    assert_eq!(file.text, LETTER);
    let json =
        desk.world.lead(&json!({"type": "used_car", "source": "website", "contact": {"last_name": "Kim", "email": "k@example.com"}})).await;
    let other = admin.get(&format!("/desk/leads/{json}/raw")).await;
    shows(&other, &["Anfrage im Original", "k@example.com"]);
    lacks(&other, &["raw/download"]);
    let mut rival = desk.signed_in("alice.moore").await;
    for address in [raw.clone(), format!("{raw}?as=source"), format!("{raw}/download")] {
        assert_eq!(rival.get(&address).await.status, 404, "{address}");
    }
}

/// LEAD-8, DESK-3: a source that Forecourt gives has a name in the reader's language. The source of a partner is a name already.
#[tokio::test]
async fn lead_8_the_sources_of_forecourt_have_names() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let by_mail = lead(world, LETTER).await;
    let partners = json!({"type": "used_car", "source": "mail_order", "contact": {"last_name": "Kim", "email": "k@example.com"}});
    let partners = world.lead(&partners).await;
    for (language, name) in [("en", "E-mail"), ("de", "E-Mail"), ("nl", "E-mail")] {
        let mut admin = desk.speaking(ADMIN, language).await;
        let page = admin.get(&format!("/desk/leads/{by_mail}")).await;
        shows(&page, &[&format!("<span>{name}</span>")]);
        lacks(&page, &["<span>mail</span>"]);
        let list = admin.get(&format!("/desk/d/{NORDSTERN}/leads")).await;
        // The filter takes the word of the API, and shows its name.
        shows(&list, &[&format!("<option value=\"mail\">{name}</option>"), ">mail_order</td>", &format!(">{name}</td>")]);
        shows(&admin.get(&format!("/desk/leads/{partners}")).await, &["<span>mail_order</span>"]);
        shows(&admin.get(&format!("/desk/d/{NORDSTERN}/board")).await, &["mail_order", name]);
        shows(&admin.get(&format!("/desk/d/{NORDSTERN}/overview")).await, &[&format!(">{name}</th>"), ">mail_order</th>"]);
    }
}

/// DESK-4, INT-2: the headers, the text and the files of a mail are text. Nothing in them is markup, or turns the text after it.
#[tokio::test]
async fn int_2_a_mail_is_text_and_never_markup() {
    let desk = Desk::new().await;
    let attack = "\"'><script>alert(1)</script>{{ 191*191 }}";
    let raw = format!(
        "From: \"a\u{202E}<b onfocus=x>\" <jana@example.com>\r\nTo: \"<i>\u{202E}\" <x@example.com>\r\nSubject: {attack}\u{202E}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{attack}\u{202E} Gruß\r\n--b\r\n\
         Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"<u>a.pdf\"\r\n\r\n%PDF-1.7 x\r\n--b--\r\n"
    );
    let lead = lead(&desk.world, &raw).await;
    let mut admin = desk.signed_in(ADMIN).await;
    for part in ["/raw", "?tab=thread", ""] {
        let page = admin.get(&format!("/desk/leads/{lead}{part}")).await;
        shows(&page, &["script"]);
        lacks(&page, &["<script>alert", "<b onfocus", "<i>", "<u>", "36481"]);
        assert!(!page.text.contains('\u{202E}'), "{part}: {}", page.text);
    }
}
