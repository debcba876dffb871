//! Mail of the system that comes back starts no loop (INT-7, SET-4).

use super::{COPIES, LETTER, addresses, arrive, newsletter, sent};
use crate::support::world::World;
use forecourt_domain::mail::OWN_MAIL;
use forecourt_lead_intake::mail::{Layouts, Reading, Reason, read};

fn reading(raw: &[u8]) -> (Reading, bool) {
    let mail = read(raw, Layouts::standard());
    (mail.reading, mail.is_marked)
}

/// Returns a copy as its recipient gets it.
async fn copy(world: &World) -> forecourt_send::mail::Mail {
    addresses(world, Some(COPIES), None).await;
    arrive(world, "m1", newsletter()).await;
    world.system.settle().await;
    let [copy] = sent(world).try_into().unwrap();
    copy
}

/// INT-7: a copy that a mailbox sends back is recognised by its header, in a mail that a rule forwards as attachment, and by its text if a
/// mail program forwards only the text. None of them is forwarded or reported again.
#[tokio::test]
async fn int_7_a_copy_that_comes_back_is_recognised() {
    let world = World::new().await;
    let copy = copy(&world).await;
    let mime = copy.mime("no-reply@desk.example").unwrap();
    let (back, is_marked) = reading(&mime);
    assert_eq!((&back, is_marked), (&Reading::NotALead(Reason::OwnMail), true));
    assert_eq!(Reason::OwnMail.name(), OWN_MAIL);
    // A server that redirects adds headers above.
    let redirected = [b"Received: from a by b\r\nResent-To: leads@autohaus-nordstern-demo.example\r\n".as_slice(), &mime].concat();
    assert_eq!(reading(&redirected).0, Reading::NotALead(Reason::OwnMail));
    let head = "From: Office <office@nordstern.example>\r\nTo: leads@autohaus-nordstern-demo.example\r\nMIME-Version: 1.0\r\n";
    let mut attached = format!(
        "{head}Subject: WG: Fwd: Corsa\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    .into_bytes();
    attached.extend_from_slice(&mime);
    attached.extend_from_slice(b"\r\n--outer--\r\n");
    assert!(reading(&attached).1);
    let inline = format!(
        "{head}Subject: WG: Fwd: Corsa\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\r\n-----Urspr\u{fc}ngliche Nachricht-----\r\n\
         Von: Autohaus Nordstern <no-reply@desk.example>\r\nGesendet: Montag\r\nAn: office@nordstern.example\r\nBetreff: Fwd: Corsa\r\n\r\n{}",
        copy.text.replace('\n', "\r\n")
    );
    assert!(reading(inline.as_bytes()).1, "{inline}");
}

/// INT-7: a customer's answer that quotes a copy, a letter that a user wrote, and an ordinary mail are not mail of the system.
#[tokio::test]
async fn int_7_an_answer_that_quotes_a_copy_is_not_recognised_as_one() {
    let world = World::new().await;
    let copy = copy(&world).await;
    let quoted: String = copy.text.lines().map(|line| format!("> {line}\r\n")).collect();
    let answer = format!(
        "From: Jana <jana@example.com>\r\nTo: leads@autohaus-nordstern-demo.example\r\nSubject: Re: Corsa\r\nIn-Reply-To: <a@b>\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\nJa, gern am Freitag um 10 Uhr.\r\n\r\nAm 23.11.2026 schrieb Autohaus Nordstern:\r\n{quoted}"
    );
    let (read, is_marked) = reading(answer.as_bytes());
    assert!(!is_marked && matches!(read, Reading::Enquiries(_)), "{read:?}");
    let letter = LETTER.replacen("Subject", "X-Forecourt-Mail: 4829130576.k3m9x0c2q7w1z5ab\r\nSubject", 1);
    assert!(matches!(reading(letter.as_bytes()), (Reading::Enquiries(_), false)));
    for id in ["4829130576.assigned-1", "4829130576.instant-answer", "k3m9x0c2q7w1z5ab.confirmation-1", "digest-abc", "test-anna.vogt-1"] {
        let own = LETTER.replacen("Subject", &format!("X-Forecourt-Mail: {id}\r\nSubject"), 1);
        assert_eq!(reading(own.as_bytes()).0, Reading::NotALead(Reason::OwnMail), "{id}");
    }
    assert!(matches!(reading(LETTER.as_bytes()), (Reading::Enquiries(_), false)));
}

/// SET-4, INT-7: nothing is sent about a mail that contains a message of the system.
#[tokio::test]
async fn set_4_nothing_is_sent_about_mail_of_the_system() {
    let world = World::new().await;
    addresses(&world, Some(COPIES), Some(super::REPORTS)).await;
    arrive(&world, "own", super::no_lead(OWN_MAIL)).await;
    let mut marked = super::record("marked", LETTER.as_bytes(), newsletter(), world.system.clock.now());
    marked.marked = true;
    super::store(&world, marked, LETTER.as_bytes()).await;
    world.advance_to("2026-11-26T12:00:00Z").await;
    assert_eq!(sent(&world).len(), 0);
    for id in ["own", "marked"] {
        let mail = super::read(&world, id).await;
        assert!(mail.due().is_none() && mail.is_open(), "{mail:?}");
    }
}
