//! Rules of the mail reader that no sample states.

use super::every_sample;
use forecourt_lead_intake::mail::{self, Field, Form, Layouts, Mail, MailEnquiry, Portal, Reading, UnusableLayout, Verdict, read};
use std::collections::BTreeMap;

/// A plain mail from a person to the dealer.
fn plain(headers: &str, body: &str) -> String {
    format!("From: Ada Example <ada@example.com>\nTo: leads@dealer.example.com\nSubject: A car\n{headers}\n{body}\n")
}

/// A mail of a portal that no layout names.
fn portal(body: &str) -> String {
    format!("From: Portal <noreply@portal.example.com>\nTo: leads@dealer.example.com\nSubject: Lead\n\n{body}\n")
}

fn standard(raw: &str) -> Mail<'_> {
    read(raw.as_bytes(), Layouts::standard())
}

/// Returns the only enquiry of a mail.
fn enquiry(raw: &str) -> MailEnquiry {
    match standard(raw).reading {
        Reading::Enquiries(enquiries) => <[MailEnquiry; 1]>::try_from(enquiries).unwrap().into_iter().next().unwrap(),
        Reading::NotALead(reason) => panic!("{reason}"),
    }
}

fn reason(raw: &str) -> &'static str {
    match standard(raw).reading {
        Reading::Enquiries(enquiries) => panic!("{enquiries:?}"),
        Reading::NotALead(reason) => reason.name(),
    }
}

/// INT-1: the tables of labels and phrases in the program are valid, and no portal of them can never be used.
#[test]
fn int_1_the_standard_tables_are_valid() {
    let portals: Vec<Portal> = serde_json::from_str(include_str!("../../../functions/lead-intake/src/mail/data/portals.json")).unwrap();
    assert!(portals.iter().flat_map(|portal| portal.labels.values()).all(|field| *field != Field::Unknown));
    let labels = include_str!("../../../functions/lead-intake/src/mail/data/labels.json");
    let labels: serde_json::Value = serde_json::from_str(labels).unwrap();
    let names = labels["labels"].as_object().unwrap().values().flat_map(|fields| fields.as_object().unwrap().keys());
    for name in names {
        assert_ne!(serde_json::from_value::<Field>(serde_json::json!(name)).unwrap(), Field::Unknown, "{name}");
    }
    assert!(Layouts::standard().with(portals).is_ok());
    let read = enquiry(&portal("Name: A B\nTelefoon: 06 12345678\nKilometerstand: 10.000 km\nMessage: Hi"));
    assert_eq!(read.form, Form::Labelled);
    assert_eq!(read.enquiry.vehicles[0].mileage.as_deref(), Some("10.000 km"));
    assert_eq!(reason("From: a@x.example\nSubject: Out of office\nAuto-Submitted: auto-generated\n\nAway."), "automatic_reply");
}

/// INT-1: a dealer's own table names labels and sources that the program does not know, and counts before its own.
#[test]
fn int_1_a_dealer_extends_the_layouts() {
    let raw = portal("Wer: Ada Example\nErreicht man unter: 0171 2345678\nModell: Golf\nWas: Ist er noch da?");
    assert_eq!(enquiry(&raw).form, Form::Letter);
    let labels = [("wer", Field::FullName), ("Erreicht man unter", Field::Phone), ("WAS", Field::Message), ("Modell", Field::StockNumber)];
    let labels: BTreeMap<String, Field> = labels.into_iter().map(|(label, field)| (label.to_owned(), field)).collect();
    let own = Portal { source: "Campaign".into(), senders: vec!["Portal.example.com".into()], labels };
    let layouts = Layouts::standard().with(vec![own.clone()]).unwrap();
    let Reading::Enquiries(read) = read(raw.as_bytes(), &layouts).reading else { panic!() };
    let enquiry = &read[0].enquiry;
    assert_eq!((enquiry.source.as_deref(), enquiry.contact.last_name.as_deref()), (Some("Campaign"), Some("Example")));
    assert_eq!((enquiry.message.as_deref(), enquiry.vehicles[0].stock_number.as_deref()), (Some("Ist er noch da?"), Some("Golf")));
    // Mail of another sender is not read by this table.
    let other = raw.replace("portal.example.com", "another.example.com");
    let Reading::Enquiries(read) = mail::read(other.as_bytes(), &layouts).reading else { panic!() };
    assert_eq!(read[0].form, Form::Letter);
    // A table survives being stored.
    assert_eq!(serde_json::from_str::<Portal>(&serde_json::to_string(&own).unwrap()).unwrap(), own);
}

/// INT-1: a table that can never be used is refused.
#[test]
fn int_1_an_unusable_table_is_refused() {
    let with = |portal: Portal| Layouts::standard().with(vec![portal]).unwrap_err();
    let portal = Portal { source: "S".into(), senders: vec!["s.example".into()], labels: BTreeMap::new() };
    assert_eq!(with(Portal { senders: vec![], ..portal.clone() }), UnusableLayout::Incomplete(1));
    assert_eq!(with(Portal { source: " ".into(), ..portal.clone() }), UnusableLayout::Incomplete(1));
    let labels = [("?".to_owned(), Field::Make)].into();
    assert_eq!(with(Portal { labels, ..portal.clone() }), UnusableLayout::EmptyLabel("?".into()));
    let labels = (0..=mail::MAX_LAYOUTS).map(|n| (format!("L{n}"), Field::Make)).collect();
    assert_eq!(with(Portal { labels, ..portal }), UnusableLayout::TooLarge);
    // The settings refuse a field that no release knows. A field of another release is left out.
    let later: Portal = serde_json::from_str(r#"{"source": "S", "senders": ["s.example"], "labels": {"a": "nonsense"}}"#).unwrap();
    assert_eq!(later.labels["a"], Field::Unknown);
    assert!(Layouts::standard().with(vec![later]).is_ok());
}

/// INT-10: every header that can name the dealer is returned once, with the base and the tag of plus-addressing.
#[test]
fn int_10_recipients_have_the_base_and_the_tag_of_plus_addressing() {
    let headers = "Delivered-To: Leads+North@Dealer.example.com\nX-Original-To: info@dealer.example.com\nEnvelope-To: <leads@dealer.example.com>\nCc: \"A, B\" <a@x.example>, group: b@x.example;\n";
    let raw = plain(headers, "Hello");
    let mail = standard(&raw);
    let found: Vec<_> = mail.envelope.recipients.iter().map(|one| (one.header, one.base.as_str(), one.tag.as_deref())).collect();
    let expected = [
        ("X-Original-To", "info@dealer.example.com", None),
        ("Delivered-To", "leads@dealer.example.com", Some("north")),
        ("Envelope-To", "leads@dealer.example.com", None),
        ("Cc", "a@x.example", None),
        ("Cc", "b@x.example", None),
    ];
    assert_eq!(found, expected);
}

/// INT-7: only the topmost verdicts count, because SES writes them above the headers of the sender.
#[test]
fn int_7_only_the_topmost_verdicts_count() {
    let raw =
        plain("X-SES-Virus-Verdict: PASS\nX-SES-Virus-Verdict: FAIL\nAuthentication-Results: mx.attacker.example; dmarc=pass\n", "Hello");
    let verdicts = standard(&raw).envelope.verdicts;
    assert_eq!((verdicts.virus, verdicts.dmarc, verdicts.spam), (Verdict::Pass, Verdict::Missing, Verdict::Missing));
    let raw = plain("X-SES-Virus-Verdict: FAIL\nX-SES-Virus-Verdict: PASS\n", "Hello");
    let mail = standard(&raw);
    assert_eq!(reason(&raw), "virus");
    assert!(mail.attachments.is_empty() && mail.answer().is_none());
    let raw = plain("X-SES-Virus-Verdict: PROCESSING_FAILED\n", "Hello");
    assert_eq!(standard(&raw).envelope.verdicts.virus, Verdict::Unclear);
}

/// INT-7: if it is not certain that a mail is no lead, it is a lead.
#[test]
fn int_7_a_mail_in_doubt_is_a_lead() {
    // A person writes about unsubscribing, holidays, statistics and deliveries.
    for (subject, body) in [
        ("Newsletter", "Please send me your newsletter. How do I unsubscribe later?"),
        ("Abwesenheit am Montag", "Ich bin am Montag nicht erreichbar. Geht auch Dienstag?"),
        ("Out of office hours", "Can I come after six?"),
        ("Ihre Suche nach einem Golf", "Ich biete Ihnen meinen an."),
        ("Statistik zum Verbrauch", "Was verbraucht der Golf?"),
        ("Unzustellbar", "Mein Brief an Sie kam zurück. Bitte rufen Sie an."),
        ("", "Hello"),
    ] {
        let raw = format!("From: ada@firma.example.com\nTo: leads@dealer.example.com\nSubject: {subject}\n\n{body}\n");
        assert_eq!(enquiry(&raw).form, Form::Letter, "{subject}");
    }
}

/// INT-7: mail of programs without an enquiry makes no lead, also if a mail program forwarded it without a word.
#[test]
fn int_7_a_forwarded_newsletter_without_a_word_is_no_lead() {
    let raw = "From: p.lind@dealer.example.com\nTo: leads@dealer.example.com\nSubject: Fwd: Sale\n\n---------- Forwarded message ---------\nFrom: Shop <newsletter@shop.example.com>\nDate: Mon, 30 Nov 2026\nSubject: Sale\nTo: p.lind@dealer.example.com\n\nView in browser\nUnsubscribe\n";
    assert_eq!(reason(raw), "newsletter");
}

/// INT-3: an address of the dealer, of the portal or of a program is never the customer's.
#[test]
fn int_3_only_the_customers_addresses_are_read() {
    let read = enquiry(&portal(
        "Name: Ada Example\nE-mail: leads@dealer.example.com\nPhone: 020 7946 0991\nMessage: Hi\nE-mail: noreply@portal.example.com",
    ));
    assert!(read.enquiry.contact.emails.is_empty(), "{:?}", read.enquiry.contact);
    assert_eq!(reason(&portal("Your account was changed. Questions: support@portal.example.com")), "no_contact");
    let own = "From: leads@dealer.example.com\nTo: leads@dealer.example.com\nSubject: Hello\n\nHello\n";
    assert_eq!(reason(own), "no_contact");
}

/// INT-7: the limit of bytes cuts a mail, and a note says so. Its text is read.
#[test]
fn int_7_a_mail_over_the_limit_is_read_up_to_the_limit() {
    let mut raw = plain("Content-Type: text/plain\n", "Is the car available?").into_bytes();
    raw.resize(mail::MAX_BYTES + 1, b' ');
    let mail = read(&raw, Layouts::standard());
    assert!(matches!(mail.reading, Reading::Enquiries(_)));
    assert!(mail.notes.iter().any(|note| note.contains("26214400 bytes")), "{:?}", mail.notes);
}

/// INT-1: a long message is cut, with a flag; the answer too, with a note.
#[test]
fn int_1_a_long_message_is_cut_with_a_flag() {
    let raw = plain("", &"Is it available? ".repeat(2_000));
    let mail = standard(&raw);
    assert!(mail.notes.iter().any(|note| note.contains("answer")), "{:?}", mail.notes);
    let read = enquiry(&raw);
    assert_eq!(read.enquiry.message.map(|message| message.chars().count()), Some(mail::MAX_MESSAGE));
    assert_eq!(read.flags[0].0, "message");
}

/// INT-10: an automatic answer is sent only to mail of people.
#[test]
fn int_10_mail_of_programs_is_automatic() {
    assert!(!standard(&plain("", "Hello")).envelope.is_automatic());
    for header in [
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "List-Id: <a.example>",
        "List-Unsubscribe: <mailto:a@b.example>",
        "X-Loop: a",
        "X-Autoreply: yes",
        "Return-Path: <>",
        "X-Auto-Response-Suppress: All",
        "From: noreply@a.example",
    ] {
        let raw = format!("{header}\n{}", plain("", "Hello"));
        assert!(standard(&raw).envelope.is_automatic(), "{header}");
    }
    let raw = plain("Auto-Submitted: no\nX-Auto-Response-Suppress: None\n", "Hello");
    assert!(!standard(&raw).envelope.is_automatic());
}

/// INT-7: each reason is a text that a person understands.
#[test]
fn int_7_each_reason_is_a_text_in_plain_english() {
    let mut reasons = std::collections::BTreeSet::new();
    for (_, bytes) in every_sample() {
        if let Reading::NotALead(reason) = read(&bytes, Layouts::standard()).reading {
            assert!(reason.to_string().starts_with("the "), "{reason}");
            reasons.insert(reason.name());
        }
    }
    let expected = [
        "automatic_reply",
        "delivery_report",
        "empty",
        "newsletter",
        "no_contact",
        "report",
        "saved_search",
        "spam",
        "unreadable",
        "virus",
    ];
    assert!(expected.iter().all(|name| reasons.contains(name)), "{reasons:?}");
}
