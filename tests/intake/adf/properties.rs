//! Properties that hold for any input bytes.

use super::{every_sample, render};
use forecourt_lead_intake::adf;
use proptest::prelude::*;

/// Parts of documents, complete and broken.
const PIECES: [&str; 40] = [
    "<adf>",
    "</adf>",
    "<prospect>",
    "</prospect>",
    "<customer>",
    "</customer>",
    "<vendor>",
    "</vendor>",
    "<contact>",
    "</contact>",
    "<name part=\"full\">",
    "</name>",
    "<email>",
    "</email>",
    "<phone type=“fax”>",
    "<vehicle interest='trade-in'>",
    "</vehicle>",
    "<make>",
    "<comments>",
    "</comments>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?xml version='1.0'?>",
    "&",
    "&amp;",
    "&#x1F600;",
    "<",
    ">",
    "\"",
    "'",
    "’",
    "<br/>",
    "<x:y z=1>",
    "ü",
    "\u{0}",
    " ",
    "<id source=",
    "</",
];

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let samples = every_sample();
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0usize..40, prop::collection::vec(any::<u8>(), 0..6)), 1..8);
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

/// Returns a document as a list of tags and words, in any order. The words show which data belongs to the customer, the vendor and the
/// provider.
fn marked() -> impl Strategy<Value = Vec<String>> {
    let contact = |word: &str| {
        format!(
            "<contact>|<name part='first'>|{word} first|</name>|<name part='last'>|{word} last|</name>|<email>|{word}@x.example|</email>|<phone>|{word} 1|</phone>|<address>|<street>|{word} street|</street>|<city>|{word} city|</city>|</address>|</contact>"
        )
    };
    let vendor = format!("<vendor>|<id>|theirs id|</id>|<vendorname>|theirs name|</vendorname>|{}|</vendor>", contact("theirs"));
    let provider = format!(
        "<provider>|<name>|theirs|</name>|<email>|theirs@p.example|</email>|<phone>|theirs 2|</phone>|{}|</provider>",
        contact("theirs")
    );
    let vehicle = "<vehicle>|<make>|M|</make>|<comments>|theirs|</comments>|</vehicle>".to_owned();
    let comments = "<comments>|own words|</comments>";
    let customer = format!("<customer>|{}|{comments}|</customer>", contact("own"));
    let nested = |inner: &str| format!("<customer>|{}|{inner}|{comments}|</customer>", contact("own"));
    let nested = (nested(&vendor), nested(&provider), nested(&vehicle));
    let customers = prop_oneof![3 => Just(customer), 1 => Just(nested.0), 1 => Just(nested.1), 1 => Just(nested.2)];
    (customers, Just([vendor, provider, vehicle])).prop_flat_map(|(customer, others)| {
        let mut sections = others.to_vec();
        sections.push(customer);
        Just(sections).prop_shuffle().prop_map(|sections| {
            format!("<adf>|<prospect>|{}|</prospect>|</adf>", sections.join("|")).split('|').map(str::to_owned).collect()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// INT-2: the reader accepts or refuses any bytes without a panic.
    #[test]
    fn int_2_any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        render(&adf::read(&bytes));
    }

    /// INT-2: the reader accepts or refuses any sequence of tags and text without a panic.
    #[test]
    fn int_2_any_sequence_of_tags_and_text_is_read_or_refused(pieces in prop::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        if let Ok(document) = adf::read(text.as_bytes()) {
            prop_assert!(!document.prospects.is_empty());
            prop_assert!(document.prospects.iter().all(|prospect| text.contains(&prospect.raw)));
        }
    }

    /// INT-2: the reader accepts or refuses a damaged sample without a panic.
    #[test]
    fn int_2_any_damage_to_a_sample_is_read_or_refused(bytes in mutated()) {
        render(&adf::read(&bytes));
    }

    /// INT-2: data of the vendor or the provider never becomes data of the customer, in any order and if one tag is missing.
    #[test]
    fn int_2_the_vendors_data_never_becomes_the_customers(parts in marked(), lost in any::<Option<prop::sample::Index>>()) {
        let mut parts = parts;
        let whole = lost.is_none();
        if let Some(lost) = lost {
            let tags: Vec<usize> = (2..parts.len() - 2).filter(|at| parts[*at].starts_with('<')).collect();
            parts.remove(tags[lost.index(tags.len())]);
        }
        let text = parts.concat();
        let document = adf::read(text.as_bytes()).unwrap();
        let contact = &document.prospects[0].enquiry.contact;
        prop_assert!(!format!("{contact:?}").contains("theirs"), "{text}\n{contact:?}");
        if whole {
            prop_assert_eq!(&contact.emails, &["own@x.example"]);
            prop_assert_eq!(document.prospects[0].enquiry.message.as_deref(), Some("own words"));
        }
    }

    /// INT-2: if the end tag of the customer and the start tag of the vendor are missing, no data of the vendor becomes the customer's.
    #[test]
    fn int_2_missing_tags_between_customer_and_vendor_leak_no_vendor_data(parts in marked(), which in 0..4usize) {
        let (end, start) = [("</customer>", "<vendor>"), ("</customer>", "<provider>"), ("</contact>", "<vendor>"), ("</contact>", "</customer>")][which];
        let mut parts = parts;
        let customer = parts.iter().position(|part| part == "<customer>").unwrap();
        let at = customer + parts[customer..].iter().position(|part| part == end).unwrap();
        parts.remove(at);
        let at = parts.iter().position(|part| part == start).unwrap();
        parts.remove(at);
        let text = parts.concat();
        let document = adf::read(text.as_bytes()).unwrap();
        let contact = &document.prospects[0].enquiry.contact;
        prop_assert!(!format!("{contact:?}").contains("theirs"), "{text}\n{contact:?}");
    }
}

fn find(bytes: &[u8], word: &str) -> Vec<usize> {
    let lower = bytes.to_ascii_lowercase();
    let wide: Vec<Vec<u8>> = vec![
        word.as_bytes().to_vec(),
        word.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        word.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    ];
    let at = |word: &Vec<u8>| (0..lower.len()).filter(|at| lower[*at..].starts_with(word)).collect::<Vec<_>>();
    wide.iter().map(at).find(|found| !found.is_empty()).unwrap_or_default()
}

/// INT-2: a document that is truncated inside a prospect creates no lead.
#[test]
fn int_2_a_document_truncated_inside_a_prospect_creates_no_lead() {
    for (name, bytes) in every_sample() {
        let words = if name.starts_with("08_") { ["<adf:prospect", "</adf:prospect"] } else { ["<prospect", "</prospect"] };
        let (start, end) = (find(&bytes, words[0])[0], *find(&bytes, words[1]).last().unwrap());
        for cut in (start..end + words[1].len()).step_by(3).chain(end..end + words[1].len()) {
            assert!(adf::read(&bytes[..cut]).is_err(), "{name} cut at {cut}");
        }
    }
}

/// INT-2: a sample gives the same result in every supported encoding.
#[test]
fn int_2_a_sample_gives_the_same_result_in_every_supported_encoding() {
    for (name, bytes) in every_sample() {
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        if text.contains('\0') {
            continue;
        }
        let text = text.trim_start_matches('\u{FEFF}');
        let expected = adf::read(&bytes).unwrap().prospects;
        let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let marked = format!("\u{FEFF}{text}");
        let mut others = vec![little(text), big(text), little(&marked), big(&marked), marked.clone().into_bytes()];
        let is_latin = |c: char| c.is_ascii() || ('\u{A0}'..='\u{FF}').contains(&c);
        if text.chars().all(is_latin) {
            others.push(text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect());
        }
        for (index, other) in others.into_iter().enumerate() {
            assert_eq!(adf::read(&other).unwrap().prospects, expected, "{name}, encoding {index}");
        }
    }
}
