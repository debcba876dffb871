//! Properties that hold for any input bytes.

use super::every_sample;
use crate::support::mail_limits::check_limits;
use forecourt_lead_intake::mail::{self, Layouts, Reading, read};
use proptest::prelude::*;

/// Parts of mails, complete and broken.
const PIECES: [&str; 34] = [
    "From: Ada <ada@example.com>\n",
    "To: leads@dealer.example.com\n",
    "Subject: =?utf-8?q?A=20car?=\n",
    "Content-Type: multipart/mixed; boundary=b\n",
    "Content-Type: text/html; charset=utf-16\n",
    "Content-Type: message/rfc822\n",
    "Content-Transfer-Encoding: base64\n",
    "Content-Transfer-Encoding: quoted-printable\n",
    "Content-Disposition: attachment; filename*=utf-8''%C3\n",
    "Auto-Submitted: auto-replied\n",
    "\n",
    "\r\n",
    "--b\n",
    "--b--\n",
    "Name: Ada\n",
    "E-Mail: ada@example.com\n",
    "Nachricht:\n",
    "Fahrzeug\tGolf\n",
    "Vehicle\n",
    "<table><tr><td>Naam</td><td>Ada</td></tr></table>",
    "<adf><prospect><customer><contact><email>a@b.example</email></contact></customer></prospect></adf>",
    "&lt;adf&gt;",
    "<!--",
    "-->",
    "> ",
    "On 1 Jan 2026, Ada <a@b.example> wrote:\n",
    "---------- Forwarded message ---------\n",
    "Von: Ada <a@b.example>\nGesendet: heute\nAn: x@y.example\nBetreff: Auto\n\n",
    "-- \n",
    "=C3=BC",
    "ü",
    "\u{0}",
    "\u{202E}",
    "YWRh",
];

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let samples = every_sample();
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0usize..60, prop::collection::vec(any::<u8>(), 0..6)), 1..8);
    (0..samples.len(), edits).prop_map(move |(sample, edits)| {
        let mut bytes = samples[sample].1.clone();
        for (at, length, insert) in edits {
            let at = at.index(bytes.len() + 1);
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, insert);
        }
        bytes
    })
}

proptest! {
    /// INT-7: arbitrary bytes are read without a panic and within the limits.
    #[test]
    fn int_7_arbitrary_bytes_are_read_within_the_limits(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        check_limits("bytes", &read(&bytes, Layouts::standard()));
    }

    /// INT-7: any sequence of the parts of mails is read without a panic and within the limits.
    #[test]
    fn int_7_any_sequence_of_parts_is_read_within_the_limits(pieces in prop::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        check_limits("parts", &read(text.as_bytes(), Layouts::standard()));
    }

    /// INT-7: a changed sample is read without a panic, within the limits, and the same each time.
    #[test]
    fn int_7_a_changed_sample_is_read_within_the_limits(bytes in mutated()) {
        let mail = read(&bytes, Layouts::standard());
        check_limits("sample", &mail);
        prop_assert_eq!(&mail, &read(&bytes, Layouts::standard()));
    }

    /// INT-1: line ends do not change the enquiries of a mail without binary parts.
    #[test]
    fn int_1_line_ends_do_not_change_the_enquiries(index in any::<prop::sample::Index>()) {
        let samples = every_sample();
        let (name, bytes) = &samples[index.index(samples.len())];
        let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
        let unix = text.replace("\r\n", "\n");
        let other = unix.replace('\n', "\r\n");
        let (one, two) = (read(unix.as_bytes(), Layouts::standard()), read(other.as_bytes(), Layouts::standard()));
        match (&one.reading, &two.reading) {
            (Reading::Enquiries(one), Reading::Enquiries(two)) => {
                let enquiries = |all: &[mail::MailEnquiry]| all.iter().map(|one| one.enquiry.clone()).collect::<Vec<_>>();
                prop_assert_eq!(enquiries(one), enquiries(two), "{}", name);
            }
            (one, two) => prop_assert_eq!(one, two, "{}", name),
        }
    }
}

/// Returns a mail with headers of further mail servers.
fn relayed(raw: &[u8]) -> Vec<u8> {
    [b"Received: from mx.example by mail.example; Mon, 23 Nov 2026 09:00:00 +0000\nX-Any-Header: 1\n".as_slice(), raw].concat()
}

/// Returns a mail whose content is the first part of several, with a document as the second.
fn with_document(raw: &[u8]) -> Vec<u8> {
    let newline: &[u8] = if raw.windows(2).any(|two| two == b"\r\n") { b"\r\n" } else { b"\n" };
    let mut lines = raw.split_inclusive(|byte| *byte == b'\n');
    let (mut head, mut content, mut is_content) = (Vec::new(), Vec::new(), false);
    for line in lines.by_ref().take_while(|line| !line.trim_ascii().is_empty()) {
        is_content = if line.starts_with(b" ") || line.starts_with(b"\t") { is_content } else { is_header_of_content(line) };
        if is_content { &mut content } else { &mut head }.extend_from_slice(line);
    }
    let body: Vec<u8> = lines.flatten().copied().collect();
    let text = |text: &str| text.lines().flat_map(|line| [line.as_bytes(), newline].concat()).collect::<Vec<u8>>();
    let start = text("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"of the test\"\n\n--of the test");
    let end =
        text("\n--of the test\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n--of the test--");
    [head, start, content, newline.to_vec(), body, end].concat()
}

fn is_header_of_content(line: &[u8]) -> bool {
    let line = line.to_ascii_lowercase();
    line.starts_with(b"content-") || line.starts_with(b"mime-version")
}

/// INT-7: no change on the way of a mail loses its enquiries or changes them: headers of mail servers, or a document that a server adds.
#[test]
fn int_7_a_change_on_the_way_keeps_the_enquiries() {
    let enquiries = |raw: &[u8]| match read(raw, Layouts::standard()).reading {
        Reading::Enquiries(found) => found.into_iter().map(|one| (one.form, one.enquiry)).collect(),
        Reading::NotALead(_) => Vec::new(),
    };
    let mut leads = 0;
    for (name, raw) in every_sample() {
        let expected = enquiries(&raw);
        if !expected.is_empty() {
            leads += 1;
            assert_eq!(enquiries(&relayed(&raw)), expected, "{name}");
            assert_eq!(enquiries(&with_document(&raw)), expected, "{name}");
        }
    }
    assert!(leads >= 40, "{leads} samples with leads");
}
