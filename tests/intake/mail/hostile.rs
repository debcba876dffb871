//! Hostile mail costs bounded time and memory, and harms nothing.

use crate::support::mail_limits::check_limits;
use crate::support::processor::processor_time;
use forecourt_lead_intake::mail::{self, Layouts, Mail, Reading, read};
use std::time::Duration;

/// The most processor time: about twenty times the slowest measured case. A quadratic algorithm would far exceed it.
const LIMIT: Duration = Duration::from_secs(60);

/// Reads a mail and checks the limits.
fn within_limits<'a>(name: &str, raw: &'a [u8]) -> Mail<'a> {
    let before = processor_time();
    let mail = read(raw, Layouts::standard());
    let used = processor_time() - before;
    assert!(used < LIMIT, "{name}: {used:?}");
    check_limits(name, &mail);
    mail
}

/// INT-7: ten thousand parts are read; more are left unread, with a note.
#[test]
fn int_7_a_mail_with_many_parts_is_read_up_to_the_limit() {
    let many = |count: usize| {
        let part = "--b\nContent-Type: application/pdf; name=a.pdf\n\nx\n";
        format!(
            "From: ada@example.com\nSubject: Parts\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n{}--b--\n",
            part.repeat(count)
        )
    };
    let raw = many(200);
    assert_eq!(within_limits("few", raw.as_bytes()).attachments.len(), mail::MAX_ATTACHMENTS);
    let raw = many(mail::MAX_PARTS + 100);
    let mail = within_limits("many", raw.as_bytes());
    assert!(matches!(mail.reading, Reading::Enquiries(_)));
    assert!(mail.notes.iter().any(|note| note.contains("parts")), "{:?}", mail.notes);
}

/// INT-7: deep nesting of multiparts and of mails in mails.
#[test]
fn int_7_deep_nesting_is_bounded() {
    let mut raw = String::from("From: ada@example.com\nSubject: Deep\n");
    for level in 0..20_000 {
        raw += &format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n");
    }
    within_limits("multiparts", raw.as_bytes());
    let same = "Content-Type: multipart/mixed; boundary=b\n\n--b\n".repeat(20_000);
    within_limits("multiparts with one boundary", format!("From: ada@example.com\n{same}").as_bytes());
    let mails = "Content-Type: message/rfc822\n\n".repeat(200_000);
    within_limits("mails", format!("From: ada@example.com\n{mails}").as_bytes());
    let missing: String = (0..10_000).map(|n| format!("--b\nContent-Type: multipart/mixed; boundary=missing{n}\n\n")).collect();
    within_limits("missing boundaries", format!("Content-Type: multipart/mixed; boundary=b\n\n{missing}").as_bytes());
}

/// INT-7: pieces that could make a reader read the same bytes again and again, in HTML, text and headers.
#[test]
fn int_7_the_reading_time_is_bounded() {
    let html = [
        "<",
        "<td>",
        "<td>a",
        "<table><tr><td>",
        "<table>",
        "<blockquote>",
        "<a b=1 ",
        "<!--",
        "&lt;adf",
        "&amp;",
        "<dd>",
        "<br>",
        "<pre>\n",
        "<p>",
        "<script>",
        "<div style='display:none'>",
        "<img src=cid:x>",
        "<a href=mailto:a@b.example>",
        "</adf",
        "<adf",
        "<adf>",
        "<prospect><id>1</id></prospect>",
    ];
    let text = [
        ">",
        "> ",
        ">\n",
        "a@b.example ",
        "@",
        "a@",
        "Name: x\n",
        "Name:\n",
        "Name\n",
        "Name\tMake\n",
        "Message:\n",
        "Tel: 0171 23456#\n",
        "x: y\n",
        "On 1.1.2026 a wrote:\n",
        "On 1.1.2026 a wrote ",
        "From: a@b.example\n",
        "From: a\nTo: b\nSubject: c\n",
        "----------\n",
        "-- \n",
        "--b\n",
        "\n",
        " \n",
        "\t",
        ":",
        "...",
        "  ",
        "unsubscribe ",
        "Sent from my iPhone\n",
        "=",
        "=\n",
        "=3D",
        "\r",
        "\u{FF}",
        "</adf",
        "<adf",
    ];
    let header = [
        "=?utf-8?q?",
        "=?utf-8?b?YQ==?= ",
        "\"",
        "(",
        "\\",
        ",",
        ";",
        "<a@b.example>,",
        "group: a@b.example;",
        "a@",
        ":",
        " ",
        "\n ",
        "; a*1*=x",
        "ü",
    ];
    let cases = [
        ("Content-Type: text/html\n\n", &html[..]),
        ("Content-Type: text/plain; format=flowed; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n", &text[..]),
        ("In-Reply-To: <x@y.example>\nSubject: ", &header[..]),
        ("To: ", &header[..]),
        ("Content-Type: text/plain; name=", &header[..]),
        ("Authentication-Results: amazonses.com; ", &header[..]),
    ];
    for (head, pieces) in cases {
        for piece in pieces {
            let count = 150_000 / piece.len();
            let numbered = piece.contains('#');
            let body: String =
                (0..count).map(|n| if numbered { piece.replace('#', &n.to_string()) } else { (*piece).to_owned() }).collect();
            within_limits(&format!("{head:?} {piece:?}"), format!("From: Ada <ada@example.com>\n{head}{body}").as_bytes());
        }
    }
}

/// INT-7: a mail of the largest size in one part, and one that consists of headers.
#[test]
fn int_7_the_largest_mail_is_read() {
    for head in ["Content-Type: text/html\n\n", "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n", "X-Header: "] {
        let mut raw = format!("From: Ada <ada@example.com>\nSubject: Large\n{head}").into_bytes();
        raw.resize(mail::MAX_BYTES, b'a');
        within_limits(head, &raw);
    }
    let headers = "X-Header: a\nTo: a@b.example\n".repeat(400_000);
    let raw = format!("From: Ada <ada@example.com>\n{headers}\nHello\n");
    let mail = within_limits("headers", raw.as_bytes());
    assert!(matches!(mail.reading, Reading::Enquiries(_)));
}

/// INT-7: an archive is never unpacked, whatever its name.
#[test]
fn int_7_an_archive_is_not_unpacked() {
    let raw = "From: Ada <ada@example.com>\nSubject: Zip\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/zip; name=lead.xml\nContent-Transfer-Encoding: base64\n\nUEsDBBQAAAA=\n--b--\n";
    let mail = within_limits("zip", raw.as_bytes());
    assert_eq!((mail.attachments.len(), mail.attachments[0].bytes.len()), (1, 8));
}
