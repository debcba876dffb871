//! Rules of the ADF reader that no sample covers, and documents that are refused.

use super::{prospect, read};
use forecourt_lead_intake::adf::{self, Unreadable};
use std::time::{Duration, Instant};

/// About twenty times the slowest measured case. A quadratic algorithm would far exceed it.
const LIMIT: Duration = Duration::from_secs(15);

const CONTACT: &str = "<customer><contact><name part='full'>A B</name><email>a@b.example</email></contact></customer>";

#[test]
fn int_1_a_document_over_one_mebibyte_is_refused() {
    let whole = format!("<adf><prospect>{CONTACT}</prospect></adf>");
    let padded = |size: usize| format!("{whole}{}", " ".repeat(size - whole.len()));
    assert!(read(&padded(1_048_576)).is_ok());
    assert_eq!(read(&padded(1_048_577)).unwrap_err(), Unreadable::TooLarge { limit: 1_048_576 });
}

/// INT-2: a DOCTYPE with entity declarations is refused; one without them is accepted.
#[test]
fn int_2_entity_declarations_are_refused_and_a_bare_doctype_is_accepted() {
    let with = |doctype: &str| read(&format!("<?xml version='1.0'?>\n  {doctype}<adf><prospect>{CONTACT}</prospect></adf>"));
    let at = Unreadable::Doctype { line: 2, column: 3 };
    assert_eq!(with("<!DOCTYPE adf [<!ENTITY x 'y'>]>").unwrap_err(), at);
    assert_eq!(with("<!doctype adf SYSTEM \"adf.dtd\" [ ]>").unwrap_err(), at);
    assert_eq!(with("<!ENTITY x SYSTEM 'file:///etc/passwd'>").unwrap_err(), at);
    for harmless in ["<!DOCTYPE adf>", "<!DOCTYPE ADF SYSTEM \"adf.dtd\">", "<!doctype html>"] {
        assert!(with(harmless).is_ok(), "{harmless}");
    }
    // Inside text and comments, declarations are plain text.
    let inside = prospect("<!-- <!DOCTYPE a [ --><customer><comments><![CDATA[<!ENTITY x>]]></comments></customer>");
    assert_eq!(inside.enquiry.message.as_deref(), Some("<!ENTITY x>"));
}

/// INT-2: an unknown entity is kept as written.
#[test]
fn int_2_an_unknown_entity_is_kept_as_written() {
    let read = prospect("<customer><comments>&lol; &#x263A; &#0; &#1; &amp;</comments></customer>");
    assert_eq!(read.enquiry.message.as_deref(), Some("&lol; ☺ &#0; &#1; &"));
}

/// INT-2: a truncated document is refused, and the error states line and column.
#[test]
fn int_2_a_truncated_document_is_refused_with_line_and_column() {
    let cases = [
        ("<adf>\n<prospect><id>1</id>\n", "line 3, column 1: the document is truncated: <prospect> of line 2 is not closed"),
        ("<adf><prospect></prospect>", "line 1, column 27: the document is truncated: <adf> of line 1 is not closed"),
        (
            "<prospect>é<id",
            "line 1, column 12: the document is truncated: <prospect> of line 1 is not closed, and a tag is not closed by >",
        ),
        (
            "<adf>\n<prospect><![CDATA[ x </prospect></adf>",
            "line 2, column 11: the document is truncated: <prospect> of line 2 is not closed, and a CDATA section is not closed by ]]>",
        ),
    ];
    for (text, message) in cases {
        let error = read(text).unwrap_err();
        assert!(matches!(error, Unreadable::Truncated { .. }), "{text}");
        assert_eq!(error.to_string(), message);
    }
    let whole = format!("<adf><prospect>{CONTACT}</prospect></adf>");
    assert!(read(&format!("{whole}{}", &whole[..40])).is_err());
}

/// INT-2: input that is not ADF is refused.
#[test]
fn int_2_input_that_is_not_adf_is_refused() {
    for text in ["", " ", "{\"contact\":{}}", "<html><body>prospect</body></html>", "<adf></adf>", "<ad", "\u{0}\u{0}"] {
        assert!(matches!(read(text).unwrap_err(), Unreadable::NotAdf | Unreadable::NotXml { .. }), "{text}");
    }
    let error = read("hello\n <!-- never closed").unwrap_err();
    assert!(matches!(error, Unreadable::NotXml { line: 2, column: 2, .. }), "{error}");
}

/// INT-2: a document may hold at most a hundred prospects.
#[test]
fn int_2_a_document_has_at_most_a_hundred_prospects() {
    let many = |n: usize| format!("<adf>{}</adf>", format!("<prospect>{CONTACT}</prospect>").repeat(n));
    assert_eq!(read(&many(100)).unwrap().prospects.len(), 100);
    assert_eq!(read(&many(101)).unwrap_err(), Unreadable::TooManyProspects { limit: 100 });
}

/// INT-2: the nesting of tags is limited; tags inside text do not count.
#[test]
fn int_2_nesting_is_limited_and_tags_inside_text_do_not_count() {
    let nested = |n: usize| format!("<adf><prospect>\n{}{}</prospect></adf>", "<x>".repeat(n), "</x>".repeat(n));
    assert!(read(&nested(62)).is_ok());
    assert_eq!(read(&nested(63)).unwrap_err(), Unreadable::TooDeep { line: 2, column: 187, limit: 64 });
    let letter = prospect(&format!("<customer><comments>{}Hello</comments></customer>", "<div><font>".repeat(500)));
    assert_eq!(letter.enquiry.message.as_deref(), Some("Hello"));
}

/// INT-2: the raw text kept for a lead holds its own prospect only.
#[test]
fn int_2_the_raw_text_of_a_lead_holds_only_its_own_prospect() {
    let text = format!("<adf>x<prospect status=“new”>{CONTACT}<!-- & --></prospect >y</adf>");
    let document = read(&text).unwrap();
    assert_eq!(document.prospects[0].raw, text[6..text.len() - 7]);
}

/// INT-2: a customer outside the prospect is used only if the document has a single prospect.
#[test]
fn int_2_a_customer_outside_the_prospect_is_used_only_with_a_single_prospect() {
    let one = read(&format!("<adf><prospect><id>1</id></prospect>{CONTACT}</adf>")).unwrap();
    assert_eq!(one.prospects[0].enquiry.contact.emails, ["a@b.example"]);
    let two = read(&format!("<adf><prospect><id>1</id></prospect><prospect><id>2</id></prospect>{CONTACT}</adf>")).unwrap();
    assert!(two.prospects.iter().all(|prospect| prospect.enquiry.contact.emails.is_empty()));
}

#[test]
fn int_2_names_are_read_whole_or_in_parts() {
    let name = |inside: &str| {
        let contact = prospect(&format!("<customer><contact>{inside}</contact></customer>")).enquiry.contact;
        [contact.first_name, contact.last_name, contact.company].map(Option::unwrap_or_default)
    };
    assert_eq!(name("<name part=full>Ana  María\n López</name>"), ["Ana María", "López", ""]);
    assert_eq!(name("<name part=first>Ana</name><name part=full>Ana López</name>"), ["Ana", "López", ""]);
    assert_eq!(name("<name part=last>López</name><name>Ana López</name>"), ["Ana", "López", ""]);
    assert_eq!(name("<name part=first>Ana</name><name>Ana</name>"), ["Ana", "", ""]);
    assert_eq!(name("<name><first>Ana</first><last>López</last></name>"), ["Ana", "López", ""]);
    assert_eq!(name("<name part=middle>Ana</name>"), ["Ana", "", ""]);
    assert_eq!(name("<name type=business part=full>López SL</name>"), ["", "", "López SL"]);
}

#[test]
fn int_4_the_lead_type_follows_from_the_vehicles() {
    let kind = |vehicles: &str| prospect(vehicles).enquiry.lead_type.unwrap();
    let vehicle = |attributes: &str| format!("<vehicle {attributes}><make>M</make></vehicle>");
    assert_eq!(kind(""), "other");
    assert_eq!(kind(&vehicle("")), "other");
    assert_eq!(kind(&vehicle("status=New")), "new_car");
    assert_eq!(kind(&vehicle("interest=lease status='used'")), "used_car");
    assert_eq!(kind(&vehicle("interest=sell status=used")), "trade_in");
    assert_eq!(kind(&(vehicle("interest=trade-in status=used") + &vehicle("status=new"))), "new_car");
    assert_eq!(kind(&(vehicle("status=new") + &vehicle("interest=Test-Drive"))), "test_drive");
    assert_eq!(kind(&vehicle("interest=service status=used")), "service");
}

#[test]
fn int_8_a_trade_in_alone_requests_no_vehicle() {
    let enquiry = prospect("<vehicle interest='trade-in'><make>M</make></vehicle><vehicle interest=buy><make/></vehicle>").enquiry;
    assert_eq!(enquiry.lead_type.as_deref(), Some("trade_in"));
    assert!(enquiry.vehicles.is_empty());
    assert_eq!(enquiry.trade_ins.len(), 1);
}

/// INT-2: the reading time is bounded, also for input that could make a parser read the same characters repeatedly.
#[test]
fn int_2_the_reading_time_is_bounded() {
    let pieces = [
        "<",
        "<a",
        "<a ",
        "<a b='",
        "<a b=“",
        "<name b=\"",
        "</",
        "</a",
        "</name ",
        "&",
        "&a;",
        "&#",
        "<!",
        "<!--",
        "<!-- -->",
        "<![CDATA[",
        "<![CDATA[]]>",
        "<?",
        "<? ?>",
        "<!DOCTYPE ",
        "‘=",
        "<a>",
        "<name>",
        "</name>",
        "<email>@</email>",
        "<br>",
        "<comments>",
        "<contact>",
        "<customer>",
        "</vendor>",
        "<vendor><id>1",
        "<vehicle><make>x",
        "<contact><name>x</name>",
        "<phone type=fax>1",
        "<a b c d e f g/>",
    ];
    for piece in pieces {
        for inside in ["", "<customer>", "<customer><contact>", "<customer><comments>", "<customer><comments>a<b>"] {
            let count = (adf::MAX_BYTES / 16) / piece.len();
            let text = format!("<adf><prospect>{inside}{}</prospect></adf>", piece.repeat(count));
            let started = Instant::now();
            let _ = read(&text);
            assert!(started.elapsed() < LIMIT, "{inside} {piece}: {:?}", started.elapsed());
        }
    }
    let numbered = |piece: &str| (0..15_000).map(|n| piece.replace('#', &n.to_string())).collect::<String>();
    for piece in [
        "<email>a#@b.example</email>",
        "<phone>#</phone>",
        "<comments>#</comments>",
        "<name part=first>#</name>",
        "<contact><phone>#</phone></contact>",
    ] {
        let text = format!("<adf><prospect><customer>{}</customer></prospect></adf>", numbered(piece));
        let started = Instant::now();
        let document = read(&text).unwrap();
        assert!(started.elapsed() < LIMIT, "{piece}: {:?}", started.elapsed());
        assert!(document.prospects[0].oddities.len() <= 40);
    }
}
