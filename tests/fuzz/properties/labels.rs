//! Labelled text and tables of fields in mails.

use super::enquiry::check_lenient;
use crate::support::mail_limits::check_limits;
use forecourt_lead_intake::mail::{Field, Form, Layouts, Portal, Reading, read};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The standard layouts, and those of a dealer whose website has labels of its own.
static LAYOUTS: LazyLock<[Layouts; 2]> = LazyLock::new(|| {
    let labels = [("Name", Field::LastName), ("Wunsch", Field::Message), ("Nr.", Field::ExternalId), ("Rückruf", Field::Phone)];
    let portal = Portal {
        source: "website".to_owned(),
        senders: vec!["portal.example".to_owned()],
        labels: labels.map(|(label, field)| (label.to_owned(), field)).into(),
    };
    let empty = Portal { labels: BTreeMap::new(), senders: vec!["other.example".to_owned()], ..portal.clone() };
    [Layouts::standard().clone(), Layouts::standard().with(vec![portal, empty]).unwrap()]
});

/// INT-1, INT-2: the text of a portal's mail is read within the limits, as plain text and as HTML, by the standard layouts and by a
/// dealer's own. An address or a number of plain text that becomes the customer's is in the text.
pub fn labels(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for kind in ["plain", "html"] {
        let head = format!("From: Portal <noreply@portal.example>\nSubject: New enquiry\nContent-Type: text/{kind}; charset=utf-8\n\n");
        let raw = format!("{head}{text}");
        for layouts in &*LAYOUTS {
            let mail = read(raw.as_bytes(), layouts);
            check_limits(kind, &mail);
            let Reading::Enquiries(enquiries) = &mail.reading else { continue };
            for one in enquiries {
                check_lenient(&one.enquiry);
                if kind == "plain" && one.form == Form::Labelled {
                    check_origin(&text, &one.enquiry.contact);
                }
            }
        }
    }
}

/// Checks that no channel of a contact is invented.
fn check_origin(text: &str, contact: &forecourt_domain::enquiry::RawContact) {
    let signs = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let written = signs(text);
    for channel in contact.emails.iter().chain(contact.phones.iter().map(|phone| &phone.number)) {
        assert!(written.contains(&signs(channel)), "{channel:?} is not in the text");
    }
}
