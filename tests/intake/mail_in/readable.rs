//! A mail of a lead for readers (INT-2).

use super::{leads, portal, received};
use crate::support::world::{ADMIN, World, enquiry};
use serde_json::json;

/// INT-2: a mail is shown with its headers, its decoded text and its files, never as HTML, to the users who may read the raw mail.
#[tokio::test]
async fn int_2_a_mail_of_a_lead_is_shown_in_readable_form() {
    let world = World::new().await;
    let raw = "From: =?utf-8?q?J=C3=A4na_Petersen?= <jana@example.com>\r\nTo: Autohaus <leads@autohaus-nordstern-demo.example>,\r\n \
               b+x@example.com\r\nCc: c@example.com\r\nReply-To: mobil@example.com\r\nDate: Mon, 23 Nov 2026 09:00:00 +0100\r\n\
               Subject: =?utf-8?b?Q29yc2Eg8J+alw==?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
               Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
               <p>Sch=F6ner Wagen!</p><script>alert(1)</script>\r\n--b\r\nContent-Type: application/pdf\r\n\
               Content-Disposition: attachment; filename=\"schein.pdf\"\r\n\r\n%PDF-1.7 x\r\n--b--\r\n";
    let lead = leads(&received(&world, raw).await)[0];
    let mail = world.get(ADMIN, &format!("/leads/{lead}/mail")).await;
    let expected = json!({
        "from": {"name": "Jäna Petersen", "address": "jana@example.com"},
        "reply_to": {"address": "mobil@example.com"},
        "to": [{"name": "Autohaus", "address": "leads@autohaus-nordstern-demo.example"}, {"address": "b+x@example.com"}],
        "cc": [{"address": "c@example.com"}],
        "date": "2026-11-23T08:00:00Z",
        "subject": "Corsa 🚗",
        "text": "Schöner Wagen!",
        "files": [{"name": "schein.pdf", "media_type": "application/pdf", "bytes": 10}],
        "notes": [],
    });
    assert_eq!((mail.status, &mail.body), (200, &expected));
    let message = world.get(ADMIN, &format!("/leads/{lead}/communications")).await.body["elements"][0]["id"].clone();
    let same = world.get(ADMIN, &format!("/leads/{lead}/mail?communication={}", message.as_str().unwrap())).await;
    assert_eq!((same.status, same.body), (200, expected));
    for (who, status) in [("rival.seller", 404), ("partner:portal-demo", 403)] {
        assert_eq!(world.get(who, &format!("/leads/{lead}/mail")).await.status, status, "{who}");
    }
}

/// INT-2: an input that is no mail has no readable form, and a mail that has expired is gone.
#[tokio::test]
async fn int_2_what_is_no_mail_and_what_has_expired_is_not_shown() {
    let world = World::new().await;
    let other = world.lead(&enquiry("kim")).await;
    assert_eq!(world.get(ADMIN, &format!("/leads/{other}/mail")).await.status, 404);
    assert_eq!(world.get(ADMIN, &format!("/leads/{other}/mail?version=1&communication=x")).await.status, 422);
    let record = received(&world, portal("a", "jana@example.com")).await;
    let lead = leads(&record)[0];
    std::fs::remove_file(world.bucket.path.join(&record.object)).unwrap();
    let gone = world.get(ADMIN, &format!("/leads/{lead}/mail")).await;
    assert_eq!(gone.status, 410, "{}", gone.body);
}
