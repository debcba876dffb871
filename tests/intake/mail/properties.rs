//! Properties that hold for any input bytes.

use super::every_sample;
use forecourt_lead_intake::mail::{self, Layouts, Mail, Reading, read};
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

/// Checks the limits of a mail that was read, whatever its bytes were.
pub(super) fn check_limits(name: &str, mail: &Mail<'_>) {
    let envelope = &mail.envelope;
    assert!(envelope.recipients.len() <= mail::MAX_ADDRESSES, "{name}");
    assert!(envelope.references.len() <= mail::MAX_ADDRESSES && envelope.in_reply_to.len() <= mail::MAX_ADDRESSES, "{name}");
    let lines = [envelope.subject.as_ref(), envelope.message_id.as_ref(), envelope.from.as_ref().map(|from| &from.address)];
    // No header can begin another one.
    assert!(lines.into_iter().flatten().all(|line| !line.contains(char::is_control)), "{name}: {envelope:?}");
    assert!(mail.attachments.len() <= mail::MAX_ATTACHMENTS, "{name}");
    let is_name = |name: &String| !name.contains(['/', '\\']) && !name.contains(char::is_control) && name.chars().count() <= 160;
    assert!(mail.attachments.iter().filter_map(|one| one.name.as_ref()).all(is_name), "{name}");
    match &mail.reading {
        Reading::Enquiries(enquiries) => {
            assert!(!enquiries.is_empty(), "{name}");
            for one in enquiries {
                assert!(one.flags.len() <= mail::MAX_FLAGS, "{name}");
                let is_long = |message: &String| message.chars().count() > mail::MAX_MESSAGE;
                assert!(one.adf.is_some() || !one.enquiry.message.as_ref().is_some_and(is_long), "{name}");
            }
        }
        Reading::NotALead(reason) => assert!(reason.to_string().len() < 2_000, "{name}: {reason}"),
    }
}

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
