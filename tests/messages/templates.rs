//! The templates of letters: variables only, whatever a dealer or a customer enters (MSG-2).

use chrono::{TimeZone as _, Utc};
use forecourt_domain::base::{Language, LeadId, Medium};
use forecourt_domain::settings::DealerSettings;
use forecourt_domain::texts::{LANGUAGES, Template, TextDraft, TextKind, Values, Variable, Wanted, Written, html_of, local_time, own_text};
use forecourt_local::demo;
use proptest::prelude::*;
use serde_json::json;

fn settings() -> DealerSettings {
    (*demo::group().unwrap().dealers.into_iter().find(|dealer| dealer.id.as_str() == "autohaus-nordstern-demo").unwrap().settings).clone()
}

fn language(code: &str) -> Language {
    Language::parse(code).unwrap()
}

fn draft(kind: &str, subject: &str, text: &str) -> TextDraft {
    TextDraft {
        kind: kind.into(),
        medium: "email".into(),
        language: "en".into(),
        name: "a text".into(),
        subject: subject.into(),
        text: text.into(),
        ..TextDraft::default()
    }
}

/// MSG-2: a mistake is refused with its field, its place and the permitted variables.
#[test]
fn msg_2_a_template_with_anything_but_permitted_variables_is_refused_with_the_place() {
    let permitted = "{{ greeting }}, {{ customer }}, {{ vehicle }}, {{ dealer }}, {{ number }}, {{ hours }}";
    for (text, mistake) in [
        ("Dear\nMs {{ custmer }}", "line 2, character 4: {{ custmer }} is no variable of this text"),
        ("{{ time }}", "line 1, character 1: {{ time }} is no variable of this text"),
        ("äö {{ dealer", "line 1, character 4: the variable is not closed in the same line"),
        ("{{ dealer\n}}", "line 1, character 1: the variable is not closed in the same line"),
        ("a }} b", "line 1, character 3: two closing braces without two opening braces before them"),
        ("{% for x in y %}", "line 1, character 1: {% is not permitted; a text has variables only"),
        ("x {# note #}", "line 1, character 3: {# is not permitted; a text has variables only"),
        ("{{ dealer | upper }}", "line 1, character 1: {{ dealer | upper }} is no variable of this text"),
        ("{{ dealer.name }}", "line 1, character 1: {{ dealer.name }} is no variable of this text"),
        ("{{ }}", "line 1, character 1: {{  }} is no variable of this text"),
    ] {
        let faults = draft("instant_answer", "Hello", text).check().unwrap_err();
        let [fault] = faults.as_slice() else { panic!("{faults:?}") };
        assert_eq!((fault.field.as_str(), fault.detail.as_str()), ("text", format!("{mistake}. Permitted: {permitted}").as_str()));
    }
    let faults = draft("instant_answer", "{{ seller }}", &"{{dealer}} ".repeat(51)).check().unwrap_err();
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["subject", "text"], "{faults:?}");
    assert!(draft("canned", "{{ seller }}", &"{{dealer}} ".repeat(50)).check().is_ok());
    // Every field of a bad draft is named at once.
    let faults =
        TextDraft { medium: "fax".into(), language: "fr".into(), lead_type: Some("boat".into()), ..draft("poem", "a\nb", "") }.check();
    let fields: Vec<String> = faults.unwrap_err().into_iter().map(|fault| fault.field).collect();
    assert_eq!(fields, ["kind", "medium", "language", "lead_type", "subject", "text"]);
    let sms = TextDraft { medium: "sms".into(), ..draft("reminder", "", &"x".repeat(601)) };
    assert_eq!(sms.check().unwrap_err()[0].detail, "must be 1 to 600 characters");
    assert_eq!(
        TextDraft { medium: "sms".into(), ..draft("instant_answer", "a", "b") }.check().unwrap_err()[0].detail,
        "must be one of email"
    );
}

/// MSG-2: a line whose variables are all empty is left out; the other lines stay as they are.
#[test]
fn msg_2_a_line_without_a_value_is_left_out() {
    let template = Template::parse(
        "a\n\n  {{ vehicle }}\n\nb {{ vehicle }}{{ customer }} c\n{{ dealer }}: {{ vehicle }}\n",
        TextKind::Canned.variables(),
    );
    let written = template.unwrap().write(|variable| if variable == Variable::Dealer { "D" } else { "" });
    assert_eq!(written, "a\n\nD:");
}

/// MSG-2: an empty value leaves no hole: its clause, its sentence, its brackets and a label without a line are left out with it. The
/// commas in values separate nothing.
#[test]
fn msg_2_an_empty_value_leaves_no_hole() {
    let value = |variable: Variable| match variable {
        Variable::Dealer => "Nord, Hamburg",
        Variable::Time => "Monday, 10:00",
        _ => "",
    };
    for (text, wanted) in [
        ("{{ dealer }} ({{ phone }}), {{ time }}", "Nord, Hamburg, Monday, 10:00"),
        ("Tel. {{ phone }}, place: {{ dealer }}.", "place: Nord, Hamburg."),
        ("{{ dealer }}. Tel. {{ phone }}", "Nord, Hamburg."),
        ("We expect you: {{ time }}, {{ salesperson }}.", "We expect you: Monday, 10:00."),
        ("On {{ time }}. You meet {{ salesperson }}. See you!", "On Monday, 10:00. See you!"),
        ("{{ dealer }}  {{ phone }}  {{ time }}", "Nord, Hamburg Monday, 10:00"),
        ("{{ dealer }} · {{ phone }} · {{ time }}", "Nord, Hamburg · Monday, 10:00"),
        ("Call us:\n{{ phone }}\n\nBye", "Bye"),
        ("Hello\n\nCall us:\n{{ phone }}\nBye", "Hello\n\nBye"),
        ("Find us:\n{{ phone }}\n{{ dealer }}\nBye", "Find us:\nNord, Hamburg\nBye"),
        ("Call us:\n{{ phone }}", ""),
        ("a  b (c), d", "a  b (c), d"),
    ] {
        let template = Template::parse(text, TextKind::Reminder.variables()).unwrap();
        assert_eq!(template.write(value), wanted, "{text}");
    }
}

/// MSG-2: a name or vehicle that contains a link is left out of every text, and so is a name without a letter.
#[test]
fn msg_2_values_of_an_enquiry_bring_no_link_into_a_text() {
    let (settings, english) = (settings(), language("en"));
    let text = ("About {{ vehicle }}", "{{ greeting }}\n{{ customer }}\n{{ vehicle }}\n.");
    let written = |customer: &str, vehicle: &str| {
        Written::of(TextKind::Canned, Medium::Email, text, &Values::of(&settings, &english, customer, vehicle)).unwrap()
    };
    let plain = written("Jana Petersen", "Opel Corsa");
    assert_eq!((plain.subject.as_str(), plain.text.as_str()), ("About Opel Corsa", "Dear Jana Petersen,\nJana Petersen\nOpel Corsa\n."));
    let fallback = Written { subject: "About".into(), text: "Hello,\n.".into() };
    for link in ["win.example.com", "https://evil.example", "mail me@evil.example", "www.evil.de now"] {
        let Written { subject, text } = Written::of(
            TextKind::Canned,
            Medium::Email,
            ("About {{ vehicle }} now", "{{ greeting }}\n{{ customer }}\n{{ vehicle }}\n."),
            &Values::of(&settings, &english, link, link),
        )
        .unwrap_or(fallback.clone());
        assert!(!subject.contains("evil") && !subject.contains("win.") && !text.contains("evil") && !text.contains("win."), "{text}");
        assert_eq!(text, "Hello,\n.", "{link}");
    }
    assert!(written("0171 2345678", "Corsa").text.starts_with("Hello,\nCorsa"));
    // Braces of a customer are text, not variables.
    assert!(written("{{ hours }}", "{% raw %}").text.contains("{{ hours }}"));
}

/// MSG-2: Forecourt's own texts in three languages, as a customer gets them.
#[test]
fn msg_2_forecourts_own_texts_in_three_languages() {
    let settings = settings();
    let at = Utc.with_ymd_and_hms(2026, 11, 26, 13, 30, 0).unwrap();
    let mut all = String::new();
    for (name, kind) in TextKind::NAMES {
        for (medium, code) in kind.media().iter().flat_map(|medium| LANGUAGES.map(|code| (*medium, code))) {
            let language = language(code);
            let values = Values::of(&settings, &language, "Jana Petersen", "2021 Opel Corsa").with_lead(LeadId::from_bits(4_829_130_576));
            let values = values.with_appointment("Test drive", local_time(at, settings.calendar.zone(), &language));
            let values = values.with_page("https://desk.example/x", Some(&language).filter(|_| medium == Medium::Email));
            let wanted = Wanted { kind, medium, language: &language, lead_type: None, only_place: false };
            let Some(Written { subject, text }) = wanted.write(None, &values) else {
                assert_eq!(kind, TextKind::Canned);
                continue;
            };
            // Each of them can be saved as a dealer's own text.
            let own = own_text(kind, medium, code).unwrap();
            let copy = TextDraft { medium: medium.name().into(), language: code.into(), ..draft(name, &own.subject, &own.text) };
            assert!(copy.check().is_ok(), "{name} {code}");
            all.push_str(&format!("=== {name} {} {code}\n{subject}\n\n{text}\n", medium.name()));
        }
    }
    insta::assert_snapshot!("own_texts", all);
}

/// MSG-2: the HTML part has the text in paragraphs, and only a line that is nothing but an address is a link.
#[test]
fn msg_2_the_html_part_is_escaped_and_has_paragraphs() {
    let text =
        "Dear <b>Jana</b> & \"Co\",\n\nsee https://a.example now\nhttps://desk.example/x?a=1&b=2\nhttps://a.example\" onclick=\"x\n\nNorth";
    let html = html_of(text, "en", "A <title>", "North");
    let body = html.split_once("ffffff\">\n").unwrap().1;
    assert_eq!(
        body,
        "<p>Dear &lt;b&gt;Jana&lt;/b&gt; &amp; &quot;Co&quot;,</p>\n<p>see https://a.example now<br>\n\
         <a href=\"https://desk.example/x?a=1&amp;b=2\">https://desk.example/x?a=1&amp;b=2</a><br>\n\
         https://a.example&quot; onclick=&quot;x</p>\n<p>North</p>\n</body>\n</html>\n"
    );
    assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">") && html.contains("<title>A &lt;title&gt;</title>"));
    assert!(html_of("Hello", "en", "t", "North").contains("<p>North</p>"), "the sender's name is added");
}

proptest! {
    /// MSG-2: no template and no value makes the writing fail, brings a line break into a subject, or makes the result long.
    #[test]
    fn msg_2_arbitrary_templates_and_values_give_bounded_texts_without_header_breaks(
        parts in prop::collection::vec(prop_oneof![
            "\\PC{0,20}", "[\\r\\n\\t{}%#|. a-z]{0,12}",
            prop::sample::select(vec!["{{ customer }}", "{{vehicle}}", "{{ greeting }}", "{{ hours }}", "{{ page }}", "{{ time }}", "\n"]).prop_map(str::to_owned),
        ], 0..80),
        subject in "[\\PC\\r\\n{}a-z ]{0,60}|\\{\\{ customer \\}\\} [a-z]{0,5}|\\{\\{ page \\}\\}",
        name in "[\\PC\\r\\n\\t\\u{0}\\u{85}\\u{2028}]{0,400}",
        vehicle in "[\\PC\\r\\n\\t]{0,400}",
        kind in prop::sample::select(TextKind::NAMES.map(|(_, kind)| kind).to_vec()),
        medium in prop::sample::select(vec![Medium::Email, Medium::Sms]),
    ) {
        let (settings, english) = (settings(), language("en"));
        let text = parts.concat();
        let values = Values::of(&settings, &english, &name, &vehicle).with_seller(&name).with_appointment(&vehicle, name.replace('\n', " "));
        let values = values.with_page("https://desk.example/x", Some(&english));
        if let Some(written) = Written::of(kind, medium, (&subject, &text), &values) {
            prop_assert!(!written.subject.contains(['\r', '\n']) && written.subject.chars().count() <= 200);
            // At most 50 variables of 400 characters each.
            prop_assert!(written.text.chars().count() <= text.chars().count() + 50 * 400);
            prop_assert!(medium == Medium::Email || written.text.chars().count() <= 1_000);
            let html = html_of(&written.text, "en", &written.subject, "x");
            prop_assert!(html.len() <= written.text.len() * 12 + written.subject.len() * 6 + 800, "{}", html.len());
            for part in html.split('<').skip(1) {
                let tag = part.split(['>', ' ']).next().unwrap();
                prop_assert!(["!DOCTYPE", "html", "/html", "head", "/head", "meta", "title", "/title", "body", "/body", "p", "/p", "br", "a", "/a"].contains(&tag), "{tag}");
            }
        }
        // What is saved can be written, and what cannot be written is refused.
        let draft = TextDraft { medium: medium.name().into(), ..self::draft(kind.name(), &subject, &text) };
        if let Ok(checked) = draft.check() {
            prop_assert!(Template::parse(&checked.text, kind.variables()).is_ok());
            prop_assert!(Template::parse(&checked.subject, kind.variables()).is_ok());
        }
    }

    /// MSG-2: the header of a mail is not broken by a name, a subject or a dealer's name, and both parts are in the mail.
    #[test]
    fn msg_2_no_value_breaks_the_header_of_a_mail(name in "[\\PC\\r\\n]{0,60}", subject in "[\\PC\\r\\n]{1,60}") {
        let (settings, english) = (settings(), language("en"));
        let values = Values::of(&settings, &english, &name, &name);
        let template = "{{ customer }} {{ vehicle }} x";
        let written = Written::of(TextKind::Canned, Medium::Email, (template, "text"), &values).unwrap();
        let mail: forecourt_send::mail::Mail = serde_json::from_value(json!({
            "id": "1", "to_name": name, "to": "jana@example.com", "from_name": settings.name, "at": Utc::now(), "text": "text",
            "subject": format!("{} {}", written.subject, subject.replace(['\r', '\n'], " ")), "html": html_of("text", "en", "s", "d"),
            "auto_reply": true,
        })).unwrap();
        let mime = String::from_utf8(mail.mime("desk@forecourt.example").unwrap()).unwrap();
        let head = mime.split("\r\n\r\n").next().unwrap();
        let known = ["Message-ID", "Date", "From", "To", "Subject", "X-Forecourt-Mail", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type"];
        for line in head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])) {
            prop_assert!(known.iter().any(|name| line.starts_with(&format!("{name}:"))), "{line}");
        }
        prop_assert!(mime.contains("multipart/alternative") && mime.contains("Auto-Submitted: auto-replied") && mime.contains("X-Auto-Response-Suppress: All"));
    }
}
