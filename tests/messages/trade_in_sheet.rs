//! The PDF sheet of a trade-in enquiry (INT-8).

use chrono::{DateTime, Utc};
use forecourt_domain::base::{Country, Email, Language, Phone};
use forecourt_domain::enquiry::{Enquiry, LeadType, Person, Vehicle};
use forecourt_send::pdf::{Link, Section, Sheet, written};
use forecourt_send::trade_in::{SheetContext, sheet_of};
use lopdf::{Document, Object};
use proptest::prelude::*;

const URL: &str = "https://leads.example.com/leads/5959221503";

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn at() -> DateTime<Utc> {
    "2026-11-23T01:33:52Z".parse().unwrap()
}

fn golf() -> Enquiry {
    let germany = Country::try_from("DE".to_owned()).unwrap();
    let contact = Person {
        first_name: some("Jürgen"),
        last_name: some("Großmann"),
        emails: vec![Email::parse("juergen@example.com").unwrap()],
        phones: vec![Phone { kind: some("mobil"), ..Phone::read("0171 2345678", germany) }],
        street: some("Weißdornstraße 12"),
        postcode: some("24103"),
        city: some("Kiel"),
        ..Person::default()
    };
    let golf = Vehicle {
        year: Some(2016),
        make: some("Volkswagen"),
        model: some("Golf"),
        trim: some("VII Comfortline"),
        vin: some("WVWZZZAUZGW123456"),
        plate: some("KI-JG 2016"),
        colour: some("Tiefschwarz"),
        mileage: some("98.500 km"),
        price: some("9.800 EUR"),
        remarks: some("Scheckheftgepflegt"),
        ..Vehicle::default()
    };
    Enquiry {
        source: "website".into(),
        provider: None,
        external_id: None,
        lead_type: LeadType::TradeIn,
        contact,
        vehicles: vec![],
        trade_ins: vec![golf],
        message: some("Was würden Sie mir dafür geben?"),
        requested_at: None,
        consents: vec![],
        flags: vec![],
    }
}

fn sheet(enquiry: &Enquiry, language: &str) -> Sheet {
    let language = Language::parse(language).unwrap();
    let (number, dealer, zone) = ("595-922-1503", "Autohaus Nordstern", chrono_tz::Europe::Berlin);
    sheet_of(enquiry, SheetContext { number, dealer, url: URL, language: &language, at: at(), zone })
}

fn document(sheet: &Sheet) -> Document {
    Document::load_mem(&written(sheet).unwrap()).unwrap()
}

/// Returns the text of all pages as one line.
fn text(document: &Document) -> String {
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    document.extract_text(&pages).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text_of(enquiry: &Enquiry) -> String {
    text(&document(&sheet(enquiry, "en")))
}

#[test]
fn int_8_the_sheet_contains_vehicle_contact_and_message_in_each_language() {
    let expected = [
        ("en", "Trade-in enquiry 595-922-1503", "Mileage 98.500 km", "received Mon 23 Nov 2026 02:33 · website"),
        ("de", "Anfrage zur Inzahlungnahme 595-922-1503", "Kilometerstand 98.500 km", "eingegangen 23.11.2026, 02:33 Uhr · website"),
        ("nl", "Inruilaanvraag 595-922-1503", "Kilometerstand 98.500 km", "ontvangen 23-11-2026 om 02:33 uur · website"),
        ("fr", "Trade-in enquiry 595-922-1503", "Mileage 98.500 km", "received Mon 23 Nov 2026 02:33 · website"),
    ];
    for (language, title, mileage, arrival) in expected {
        let document = document(&sheet(&golf(), language));
        let text = text(&document);
        assert_eq!(document.get_pages().len(), 1);
        let values = ["Autohaus Nordstern", "Volkswagen", "Golf VII Comfortline", "2016", "WVWZZZAUZGW123456", "KI-JG 2016", "Tiefschwarz"];
        let person = ["Jürgen Großmann", "0171 2345678 (mobil)", "juergen@example.com", "Weißdornstraße 12", "24103 Kiel", URL];
        let words = ["9.800 EUR", "Scheckheftgepflegt", "Was würden Sie mir dafür geben?", title, mileage, arrival];
        for value in values.into_iter().chain(person).chain(words) {
            assert!(text.contains(value), "{language}: no «{value}» in {text}");
        }
    }
}

#[test]
fn int_8_unknown_values_have_no_row_and_no_heading() {
    let bare = Enquiry {
        contact: Person::default(),
        message: None,
        trade_ins: vec![Vehicle { make: some("Opel"), ..Vehicle::default() }],
        ..golf()
    };
    let rows: Vec<Section> = sheet(&bare, "en").sections;
    assert_eq!(rows, [Section { heading: "Vehicle offered".into(), rows: vec![("Make".into(), "Opel".into())] }]);
    let two = Enquiry { trade_ins: vec![golf().trade_ins[0].clone(), Vehicle { make: some("Opel"), ..Vehicle::default() }], ..golf() };
    let headings: Vec<String> = sheet(&two, "en").sections.into_iter().map(|s| s.heading).collect();
    assert_eq!(headings, ["Vehicle offered 1", "Vehicle offered 2", "Contact", "Message"]);
}

#[test]
fn int_8_the_sheet_links_to_the_lead() {
    let document = document(&sheet(&golf(), "en"));
    let page = document.get_pages()[&1];
    let links: Vec<_> = document.get_page_annotations(page).unwrap();
    assert_eq!(links.len(), 1);
    assert_eq!(links[0].get(b"Subtype").unwrap().as_name().unwrap(), b"Link");
    let action = document.dereference(links[0].get(b"A").unwrap()).unwrap().1.as_dict().unwrap();
    assert_eq!(action.get(b"URI").unwrap().as_str().unwrap(), URL.as_bytes());
    let place: Vec<f32> = links[0].get(b"Rect").unwrap().as_array().unwrap().iter().map(|n| n.as_float().unwrap()).collect();
    assert!(place[2] - place[0] > 100.0 && place[3] - place[1] > 20.0, "{place:?} is hard to hit");
}

#[test]
fn int_8_the_pdf_metadata_contains_title_language_dealer_and_time() {
    let document = document(&sheet(&golf(), "de"));
    let about = document.dereference(document.trailer.get(b"Info").unwrap()).unwrap().1.as_dict().unwrap();
    let read = |key: &[u8]| lopdf::decode_text_string(about.get(key).unwrap()).unwrap();
    assert_eq!(read(b"Title"), "Anfrage zur Inzahlungnahme 595-922-1503");
    assert_eq!(read(b"Author"), "Autohaus Nordstern");
    assert_eq!(read(b"CreationDate"), "D:20261123013352Z");
    assert_eq!(document.catalog().unwrap().get(b"Lang").unwrap().as_str().unwrap(), b"de");
}

#[test]
fn int_8_a_screen_reader_finds_headings_tables_and_the_link() {
    let document = document(&sheet(&golf(), "en"));
    let marked = document.catalog().unwrap().get(b"MarkInfo").unwrap().as_dict().unwrap();
    assert!(marked.get(b"Marked").unwrap().as_bool().unwrap());
    let kinds: Vec<String> = document
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok()?.get(b"S").ok()?.as_name().ok())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    let count = |kind| kinds.iter().filter(|k| *k == kind).count();
    assert_eq!((count("H1"), count("H2"), count("Table"), count("Link")), (1, 3, 2, 1));
    assert_eq!((count("TH"), count("TD")), (13, 13));
}

#[test]
fn int_8_the_same_enquiry_gives_the_same_document() {
    let once = written(&sheet(&golf(), "de")).unwrap();
    assert_eq!(once, written(&sheet(&golf(), "de")).unwrap());
    assert_ne!(once, written(&Sheet { at: at() + chrono::TimeDelta::seconds(1), ..sheet(&golf(), "de") }).unwrap());
    assert!(once.len() < 40_000, "{} bytes are much for a page", once.len());
}

#[test]
fn int_8_names_in_european_scripts_are_rendered_unchanged() {
    let names = [
        "Jürgen Größe-Äußerst",
        "Łukasz Żółć-Gęślą",
        "Žluťoučký Kůň",
        "Árvíztűrő Tükörfúrógép",
        "Ștefan Țuțuianu",
        "Þórður Ægisson",
        "Ġużeppi Ħaż",
        "Iñaki Çelik Œuvré",
        "İbrahim Işık Şahin",
        "Ģirts Ķēniņš Ūdrys",
        "Nguyễn Thị Ngọc Ánh",
        "Γιώργος Παπαδόπουλος",
        "Олександр Їжакевич",
        "Дмитрий Щукин",
        "Љубиша Ђорђевић Ѓоргиев",
    ];
    for name in names {
        let enquiry = Enquiry { contact: Person { last_name: some(name), ..Person::default() }, ..golf() };
        let text = text_of(&enquiry);
        assert!(text.contains(name), "no «{name}» in {text}");
    }
}

#[test]
fn int_8_a_combining_accent_is_joined_to_its_letter() {
    let enquiry = Enquiry { contact: Person { last_name: some("Mu\u{308}ller-A\u{30A}ngstro\u{308}m"), ..Person::default() }, ..golf() };
    assert!(text_of(&enquiry).contains("Müller-Ångström"));
}

/// INT-8: an emoji is drawn, and a character that no font has is written in Latin letters or as its code, in brackets.
#[test]
fn int_8_every_character_is_drawn() {
    let enquiry = Enquiry {
        contact: Person { last_name: some("Wang 王"), ..Person::default() },
        message: some("Ist der 🚗 noch da? 👍🏽 \u{E000}"),
        ..golf()
    };
    let document = document(&sheet(&enquiry, "de"));
    let text = text(&document);
    for whole in ["Wang [Wang]", "Ist der 🚗 noch da? 👍 [U+E000]"] {
        assert!(text.contains(whole), "no «{whole}» in {text}");
    }
    let fonts = document.objects.values().filter_map(|object| object.as_dict().ok()?.get(b"FontName").ok()?.as_name().ok());
    let fonts: Vec<String> = fonts.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    assert!(fonts.iter().any(|name| name.contains("Emoji")), "{fonts:?}");
}

#[test]
fn int_8_the_longest_message_flows_over_pages_without_losing_a_word() {
    let message: String = (0..)
        .map(|n| format!("word{n} "))
        .scan(0, |sum, word| {
            *sum += word.len();
            (*sum <= 10_000).then_some(word)
        })
        .collect();
    let document = document(&sheet(&Enquiry { message: Some(message.clone()), ..golf() }, "en"));
    let count = document.get_pages().len();
    assert!((2..=4).contains(&count), "{count} pages");
    let text = text(&document);
    let missing: Vec<&str> = message.split_whitespace().filter(|word| !text.contains(*word)).collect();
    assert_eq!(missing, Vec::<&str>::new());
    for page in 1..=count {
        assert!(text.contains(&format!("{page} / {count}")));
    }
}

#[test]
fn int_8_a_sheet_is_cut_after_five_pages() {
    let document =
        document(&sheet(&Enquiry { message: Some((0..5_000).map(|n| format!("line{n}\n")).collect::<String>()), ..golf() }, "en"));
    assert_eq!(document.get_pages().len(), 5);
    let text = text(&document);
    let shown = (0..5_000).take_while(|n| text.contains(&format!("line{n} "))).count();
    assert!((200..300).contains(&shown) && text.contains(&format!("line{} …", shown - 1)), "{shown} lines: {text}");
    assert!(!text.contains(&format!("line{shown}")));
    let links: usize = document.get_pages().values().map(|page| document.get_page_annotations(*page).map_or(0, |links| links.len())).sum();
    assert_eq!(links, 1);
}

#[test]
fn int_8_a_word_longer_than_its_line_is_broken() {
    let word: String = ('a'..='z').cycle().take(1_000).collect();
    let text = text_of(&Enquiry { message: Some(word.clone()), ..golf() });
    assert!(text.replace(' ', "").contains(&word), "{text}");
}

#[test]
fn int_8_control_and_direction_characters_do_not_break_the_text() {
    let message = "bell\u{7} null\0 turned\u{202E}txet\u{202C} joined\u{200D} 👩🏽‍🔧 שלום محمد \u{FEFF}\u{FFFE}\u{FFFF}\u{E000}\u{10FFFF} tab\tnext\r\nline\u{2028}end";
    let text = text_of(&Enquiry { message: some(message), ..golf() });
    for whole in ["bell null turnedtxet joined", "tab next line end"] {
        assert!(text.contains(whole), "no «{whole}» in {text}");
    }
}

#[test]
fn int_8_an_empty_sheet_is_a_valid_document() {
    let link = Link { text: String::new(), url: String::new() };
    let (empty, sections) = (String::new(), vec![]);
    let sheet = Sheet {
        title: empty.clone(),
        arrival: empty.clone(),
        dealer: empty.clone(),
        language: empty.clone(),
        sections,
        link: Some(link),
        footer: empty,
        at: at(),
    };
    assert_eq!(document(&sheet).get_pages().len(), 1);
}

fn anything() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~äöüßąęλж\n]{0,400}", "(\u{308}|\u{200D}|W|\n|-| |王|\u{202E}){0,3000}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn int_8_a_sheet_of_any_text_is_a_valid_document(
        [title, arrival, dealer, language] in [anything(), anything(), anything(), anything()],
        [text, url, footer] in [anything(), anything(), anything()],
        rows in prop::collection::vec((anything(), prop::collection::vec((anything(), anything()), 0..6)), 0..5),
        seconds in any::<i32>(),
    ) {
        let sections = rows.into_iter().map(|(heading, rows)| Section { heading, rows }).collect();
        let at = DateTime::from_timestamp(i64::from(seconds) * 100, 0).unwrap();
        let sheet = Sheet { title, arrival, dealer, language, sections, link: Some(Link { text, url: url.clone() }), footer, at };
        let document = document(&sheet);
        prop_assert!((1..=5).contains(&document.get_pages().len()));
        let links = document.get_page_annotations(document.get_pages()[&1]).unwrap();
        let action = document.dereference(links[0].get(b"A").unwrap()).unwrap().1.as_dict().unwrap();
        prop_assert_eq!(action.get(b"URI").and_then(Object::as_str).unwrap(), url.as_bytes());
    }
}
