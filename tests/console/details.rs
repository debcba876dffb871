//! The explanations of the API in German and Dutch: each one that a form can show has a translation.

use crate::support::console::Desk;
use crate::support::mails::{LETTER, find};
use crate::support::root;
use crate::support::world::{ADMIN, NORDSTERN, enquiry};
use forecourt_console::{Language, translated};
use forecourt_domain::mail::MailOutcome;
use serde_json::json;

/// The texts of all errors, which a test of its own keeps current.
const SNAPSHOT: &str = "tests/house/snapshots/forecourt__house__texts__texts_of_errors.snap";
/// The parts of the system whose explanations reach a form.
const SOURCES: [&str; 8] = [
    "shared/domain",
    "shared/edge",
    "functions/appointment",
    "functions/calendar-event",
    "functions/export",
    "functions/lead",
    "functions/overview",
    "functions/settings",
];
/// The explanations without a translation, by the beginning of the text, with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("If-Match header required", "a form without a version shows that the thing exists already"),
    ("version required", "the page of the user's switches sends the version itself"),
    ("can only be changed with ", "names an operation: a form sends only the fields of its operation"),
    ("cannot be completed; use POST ", "translated as a part of the text of the first-contact deadline"),
    ("cannot be deleted, only moved", "translated as a part of the text of the first-contact deadline"),
    ("the first-contact deadline {why}", "translated with each of its two reasons"),
    ("cannot serialize a response", "a fault of the system, which is answered with 500"),
    ("is longer than the {hours} opening hours", "a finding, which has a text of its own by its kind"),
    ("is not set: leads without an eligible user", "a finding, which has a text of its own by its kind"),
    ("is only for partners' systems", "a partner's field"),
    ("is required: as the message attribute", "a partner's message"),
    ("is required: your id of the appointment", "a partner's message"),
    ("must be your id of the appointment", "a partner's message"),
    ("must be the new time of the appointment", "a partner's message"),
    ("must be the time of the reported change", "a partner's message"),
    ("must be the receipt of an enquiry that you sent", "a partner's message"),
    ("telephone and e-mail appointments of a dealer's own system", "a partner's message"),
    ("the appointment is on a later day: the report counts", "a partner's message"),
    ("is the former name of ", "a form has the current names"),
    ("is unknown; ", "a form has the known names"),
    ("must be given once", "a form sends each parameter once"),
    ("must be the ETag of an earlier response", "the console sends the version that it read"),
    ("must be a list", "a form sends the right type"),
    ("must be an object", "a form sends the right type"),
    ("must be text", "a form sends the right type"),
    ("must be {must_be}", "translated with each of the words that a form can cause"),
    ("must be {DATE}", "translated with its words"),
    ("must be {TIME}, or {DATE}", "translated with its words"),
    ("must be {ZONE}", "translated with its words"),
    ("must be {}", "translated with each of the words that a form can cause"),
];
/// The words of the texts that are excepted because they are translated as a whole.
const WHOLE: [&str; 14] = [
    "the first-contact deadline cannot be deleted, only moved",
    "the first-contact deadline cannot be completed; use POST /leads/4829130576/contact-made",
    "must be a date such as 2026-12-24",
    "must be a time with a UTC offset such as 2026-12-24T12:30:00+01:00",
    "must be a time with a UTC offset such as 2026-12-24T12:30:00+01:00, or a date such as 2026-12-24",
    "must be a time zone such as Europe/Berlin",
    "must be a whole number",
    "must be a whole number, 0 or greater",
    "must be a whole number from 0 to 65535",
    "must be a number from 0 to 5000",
    "is not an e-mail address: it has no @",
    "must be an e-mail address",
    "this requires the right 'manage_webhooks', which you do not have",
    "the lead is lost; reopen it first (LEAD-1)",
];

/// Whether a text of a rule, or one without a rule that is about a field, is of a source whose explanations reach a form.
fn reaches_a_form(rule: &str, source: &str, text: &str) -> bool {
    let of_field = ["must ", "is ", "cannot ", "can "].iter().any(|start| text.starts_with(start));
    SOURCES.contains(&source) && (rule != "-" || of_field)
}

/// Returns a text with a number in each of its places.
fn filled(text: &str) -> String {
    let mut filled = String::new();
    let mut rest = text.replace("{{", "(").replace("}}", ")");
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        filled.push('7');
        rest = after.split_once('}').map_or("", |(_, rest)| rest).to_owned();
    }
    filled + &rest
}

/// DESK-4.
#[test]
fn every_explanation_that_a_form_can_show_is_in_german_and_dutch() {
    let snapshot = std::fs::read_to_string(root().join(SNAPSHOT)).unwrap();
    let lines = snapshot.lines().filter_map(|line| {
        let (rule, rest) = line.split_once(' ')?;
        let (source, text) = rest.trim_start().split_once(": ")?;
        reaches_a_form(rule, source, text).then_some(text)
    });
    let (mut missing, mut checked, mut excepted) = (Vec::new(), 0, vec![0; EXCEPTIONS.len()]);
    for text in lines {
        let found =
            EXCEPTIONS.iter().position(|(start, _)| text.starts_with(start) && translated(Language::German, &filled(text)).is_none());
        match found {
            Some(place) => excepted[place] += 1,
            None if translated(Language::German, &filled(text)).is_none() => missing.push(text),
            None => checked += 1,
        }
    }
    assert!(missing.is_empty(), "translate them in functions/console/src/view/texts/details.json: {missing:#?}");
    assert!(checked > 250, "{checked}");
    let unused: Vec<_> = EXCEPTIONS.iter().zip(&excepted).filter(|(_, count)| **count == 0).map(|(exception, _)| exception).collect();
    assert!(unused.is_empty(), "no text begins so: {unused:?}");
    let whole: Vec<_> = WHOLE.iter().filter(|text| translated(Language::Dutch, text).is_none()).collect();
    assert!(whole.is_empty(), "{whole:?}");
}

/// A part that nobody reads is left out.
#[test]
fn a_hidden_part_of_an_explanation_is_not_shown() {
    let english = "the legal hold 0017-x of 2026-11-23 on 482-913-0576 is in force; lift it first (PRV-5)";
    let shown = translated(Language::English, english);
    assert_eq!(shown.as_deref(), Some("the legal hold of 2026-11-23 on 482-913-0576 is in force; lift it first"));
}

/// A value keeps its place, a value with a label has the label, and a part is translated too. The rule is not shown.
#[test]
fn an_explanation_keeps_its_values_and_labels() {
    for (language, english, text) in [
        (Language::German, "must be 2 to 100 characters", "Geben Sie 2 bis 100 Zeichen ein."),
        (Language::Dutch, "must be 1 to 200 characters in one line", "Vul 1 tot 200 tekens op één regel in."),
        (Language::German, "is not an e-mail address: it has no @", "Das ist keine E-Mail-Adresse: das @ fehlt."),
        (
            Language::German,
            "the lead is won; reopen it first (LEAD-1)",
            "Der Lead hat den Status „Gewonnen“. Öffnen Sie ihn zuerst wieder.",
        ),
        (
            Language::English,
            "this requires the right 'manage_webhooks', which you do not have",
            "this requires the right 'manage webhooks', which you do not have",
        ),
        (Language::English, "must be at most 86400 minutes (60 days)", "must be at most 86400 minutes (60 days)"),
    ] {
        assert_eq!(translated(language, english).as_deref(), Some(text));
    }
    assert_eq!(translated(Language::German, "must be the moon"), None);
}

/// The flags of the intake are read on the page of a lead, not in a form.
#[test]
fn every_flag_of_the_intake_is_in_german_and_dutch() {
    for flag in [
        "is unknown; its value is only in the raw input",
        "has 4 more unknown fields",
        "is not the dealer to which the enquiry was sent; it has no effect",
        "contained invisible characters, which were removed",
        "contains a link; letters to the customer leave the name out",
        "3 bytes are not UTF-8 and were read as windows-1252",
        "</contact> closes nothing",
        "<phone> is not closed",
        "unknown interest: lease; read as a wanted vehicle",
        "ignored because it is next to contact: Jana",
        "ignored because it is outside customer: Jana",
        "further contact: Jana",
        "text between the elements: Jana",
        "fax number ignored: 040 123456",
        "further first name: Jana",
        "was read as jana@example.com; received 'mailto:jana@example.com'",
        "the spam check of the mail failed",
        "DMARC failed: the sender's address may be forged",
        "was too long and was cut; the whole text is in the mail",
        "the ADF in the mail cannot be read: <phone> is not closed",
        "forwarded by jana@example.com",
        "forwarded by jana@example.com with the note: please call",
        "has 2 documents, which are in the raw mail: a.pdf, b.pdf",
        "left out, because it is an address of the dealer or of a user: jana@example.com",
        "ignored because it belongs to the dealer or the portal: jana@example.com",
    ] {
        for language in [Language::German, Language::Dutch] {
            assert!(translated(language, flag).is_some(), "{flag}");
        }
    }
    for why in ["is empty", "is a program", "is one too many: the lead already has 50 documents", "has no name that can be shown"] {
        let flag = format!("an attachment is only in the raw mail, because it {why}: rechnung.pdf");
        for language in [Language::German, Language::Dutch] {
            let text = translated(language, &flag).unwrap();
            assert!(text.contains("rechnung.pdf") && !text.contains(why) && !text.contains('{'), "{text}");
        }
    }
    let year = translated(Language::German, "must be a year from 1885 to 2100; received '1066'");
    assert_eq!(year.as_deref(), Some("Geben Sie ein Jahr von 1885 bis 2100 ein. Empfangen: „1066“."));
}

/// INT-3.
#[tokio::test]
async fn a_flag_names_its_field_in_the_language_of_the_reader() {
    let desk = Desk::new().await;
    let mut sent = enquiry("anna");
    sent["colour_wish"] = json!("red");
    let id = desk.world.lead(&sent).await;
    let page = desk.signed_in(ADMIN).await.get(&format!("/desk/leads/{id}")).await;
    let text = translated(Language::German, "is unknown; its value is only in the raw input").unwrap();
    assert!(page.text.contains(&format!("colour_wish: {text}")), "{}", page.text);
}

/// INT-3, INT-7: the checks that the mail of an enquiry failed stand in the header of the lead and beside the enquiry, as those of replies
/// do.
#[tokio::test]
async fn int_7_a_lead_shows_the_checks_that_its_mail_failed() {
    let desk = Desk::new().await;
    let detail = "DMARC failed: the sender's address may be forged";
    let raw = format!("X-SES-DMARC-Verdict: FAIL\r\n{LETTER}");
    let to = format!("{NORDSTERN}.demo-group@in.example.com");
    let (mail, _) = desk.world.system.receive_mail(raw.as_bytes(), &[to]).await.unwrap();
    desk.world.system.step().await;
    let MailOutcome::Leads { leads, .. } = find(&desk.world, &mail, NORDSTERN).await.unwrap().outcome else { panic!("no lead") };
    let id = leads[0];
    let mut browser = desk.signed_in(ADMIN).await;
    let tag = "<span class=\"tag level\">Domain des Absenders (DMARC): Nicht bestanden</span>";
    for (tab, number) in [("details", 1), ("thread", 2)] {
        let page = browser.get(&format!("/desk/leads/{id}?tab={tab}")).await;
        assert_eq!(page.text.matches(tag).count(), number, "{tab}: {}", page.text);
    }
    let page = browser.get(&format!("/desk/leads/{id}")).await;
    let text = translated(Language::German, detail).unwrap();
    assert!(page.text.contains(&format!("E-Mail: {text}")), "{}", page.text);
}

/// CAL-2.
#[tokio::test]
async fn the_leads_that_could_not_be_planned_are_explained_in_the_language_of_the_reader() {
    let desk = Desk::new().await;
    let mut browser = desk.signed_in(ADMIN).await;
    let sent = [("leads", "1234567890"), ("event.title", "Call"), ("event.type", "sms"), ("event.at", "2026-11-24"), ("key", "k")];
    let page = browser.send(&format!("/desk/d/{NORDSTERN}/leads/plan"), &sent).await;
    assert!(page.text.contains(&translated(Language::German, "there is no such lead").unwrap()), "{}", page.text);
}
