//! The mail reader, and the copy of a mail that is sent on.

use super::enquiry::check_lenient;
use crate::support::mail_limits::check_limits;
use chrono::DateTime;
use forecourt_domain::base::{Email, Language, MailId};
use forecourt_domain::mail::{IncomingMail, MailOutcome};
use forecourt_domain::settings::Dealer;
use forecourt_edge::environment::ConsoleLinks;
use forecourt_lead_intake::mail::{self, Layouts, MAX_SHOWN, Mail, Reading, by_hand, read, shown};
use forecourt_send::mail::{Addressee, Envelope};
use forecourt_send::texts::{Original, Texts};
use serde_json::json;
use std::sync::LazyLock;

/// The headers of a mail of the system, each once.
const HEADERS: [&str; 12] = [
    "message-id",
    "date",
    "from",
    "to",
    "subject",
    "x-forecourt-mail",
    "auto-submitted",
    "reply-to",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
];
/// The most bytes of the texts of a mail for one byte of the mail, and for an empty mail.
const EXPANSION: (usize, usize) = (40, 20_000);

static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::new(ConsoleLinks::new("https://desk.example")).unwrap());
static DEALER: LazyLock<Dealer> = LazyLock::new(|| {
    let settings = json!({"name": "Nordstern", "country": "DE", "language": "de", "members": [], "admin_user": "ingo.brandt",
        "calendar": {"zone": "Europe/Berlin", "hours": {"mon": [["08:00", "18:00"]]}}});
    serde_json::from_value(json!({"id": "nordstern", "version": 1, "since": 0, "settings": settings})).unwrap()
});

/// INT-1, INT-7: any bytes are read within the limits, the same each time. The mail is a lead, or has a reason why it is none. What is sent
/// on has no header of the mail.
pub fn mail(bytes: &[u8]) {
    let mail = read(bytes, Layouts::standard());
    check_limits("mail", &mail);
    check_size(bytes, &mail);
    if let Reading::Enquiries(enquiries) = &mail.reading {
        enquiries.iter().for_each(|one| check_lenient(&one.enquiry));
    }
    let looked_at = shown(bytes);
    assert!(looked_at.text.chars().count() <= MAX_SHOWN && looked_at.files.len() <= mail::MAX_ATTACHMENTS);
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    assert!(!looked_at.text.contains(is_control), "{:?}", looked_at.text);
    check_lenient(&by_hand(bytes, Layouts::standard()).enquiry);
    assert_eq!(mail::envelope(bytes).subject, mail.envelope.subject);
    check_sent(&mail);
    assert_eq!(mail, read(bytes, Layouts::standard()), "read twice");
}

/// Checks that what was read needs memory in proportion to the mail.
fn check_size(bytes: &[u8], mail: &Mail<'_>) {
    let files: usize = mail.attachments.iter().map(|attachment| attachment.bytes.len()).sum();
    assert!(files <= bytes.len(), "{files} bytes of attachments from {}", bytes.len());
    let texts = format!("{:?}{:?}{:?}{:?}", mail.envelope, mail.reading, mail.own_text, mail.notes);
    assert!(texts.len() <= bytes.len() * EXPANSION.0 + EXPANSION.1, "{} bytes from {}", texts.len(), bytes.len());
}

/// SET-4, INT-7: the copy and the report of a mail have the headers of the system, and only these.
fn check_sent(mail: &Mail<'_>) {
    let envelope = &mail.envelope;
    let outcome = match &mail.reading {
        Reading::Enquiries(_) => MailOutcome::Leads { leads: Vec::new(), refused: None },
        Reading::NotALead(reason) => MailOutcome::NoLead { reason: reason.name().to_owned(), detail: reason.to_string() },
    };
    let record = IncomingMail {
        id: MailId::of_object("raw/mail/m1"),
        dealer: DEALER.id.clone(),
        received: DateTime::UNIX_EPOCH,
        from: envelope.from.as_ref().map(|from| from.address.clone()),
        reply_to: envelope.reply_to.as_ref().map(|to| to.address.clone()),
        subject: envelope.subject.clone(),
        bytes: 0,
        object: "raw/mail/m1".to_owned(),
        verdicts: Default::default(),
        outcome,
        marked: false,
        forward: None,
        report: None,
        handled: None,
        erased: None,
        version: 1,
    };
    let to = Addressee::customer(String::new(), Email::parse("to@dealer.example").unwrap(), Language::parse("de").unwrap());
    let headed = Envelope { id: "inbox-forward-nordstern-m1", to: &to, dealer: &DEALER, now: DateTime::UNIX_EPOCH };
    let copy = TEXTS.forward(headed, &record, Original::TooLarge).unwrap();
    let report = TEXTS.report(headed, &record, Original::TooLarge).unwrap();
    let answer = forecourt_send::mail::Mail {
        in_reply_to: envelope.message_id.clone(),
        references: envelope.references.iter().chain(&envelope.message_id).cloned().collect(),
        to_name: envelope.from.as_ref().and_then(|from| from.name.clone()).unwrap_or_default(),
        ..copy.clone()
    };
    for sent in [copy, report, answer] {
        let mime = String::from_utf8_lossy(&sent.mime("desk@forecourt.example").unwrap()).into_owned();
        let (head, _) = mime.split_once("\r\n\r\n").unwrap();
        assert!(!head.replace("\r\n", "").contains(['\r', '\n']), "{head}");
        let mut names: Vec<String> = head
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap().to_ascii_lowercase())
            .collect();
        names.sort();
        assert!(names.windows(2).all(|two| two[0] != two[1]) && names.iter().all(|name| HEADERS.contains(&name.as_str())), "{head}");
        // A long line is folded.
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", "\t");
        let has_to = unfolded.split("\r\n").any(|line| line.starts_with("To: ") && line.ends_with("<to@dealer.example>"));
        assert!(has_to, "{head}");
    }
}
