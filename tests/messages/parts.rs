//! The encoding and the parts of text messages (LEAD-3).

use crate::support::world::{World, enquiry};
use forecourt_domain::messages::{Encoding, TextParts};
use proptest::prelude::*;
use serde_json::json;

fn sizes(text: &str) -> (&'static str, usize, usize) {
    let TextParts { encoding, units, parts, .. } = TextParts::of(text);
    (encoding.name(), units, parts.len())
}

#[test]
fn lead_3_a_text_message_is_divided_as_the_standard_says() {
    let a = |n: usize| "a".repeat(n);
    let z = |n: usize| "ж".repeat(n);
    let cases = [
        (String::new(), ("gsm", 0, 1)),
        (a(160), ("gsm", 160, 1)),
        (a(161), ("gsm", 161, 2)),
        (a(306), ("gsm", 306, 2)),
        (a(307), ("gsm", 307, 3)),
        ("Grüße, ß, Ñ, à, É, Δ, §, ¿, @\n\r".to_owned(), ("gsm", 31, 1)),
        ("€".repeat(80), ("gsm", 160, 1)),
        // The escape and its character stay together: 76 of them fit into 153 septets.
        ("€".repeat(81), ("gsm", 162, 2)),
        ("€".repeat(153), ("gsm", 306, 3)),
        (z(70), ("ucs2", 70, 1)),
        (z(71), ("ucs2", 71, 2)),
        (z(134), ("ucs2", 134, 2)),
        (z(135), ("ucs2", 135, 3)),
        ("😀".repeat(35), ("ucs2", 70, 1)),
        // 33 surrogate pairs fit into 67 units.
        ("😀".repeat(67), ("ucs2", 134, 3)),
        // `ç` and curly quotes are not in the alphabet; `Ç` is.
        ("ç".to_owned(), ("ucs2", 1, 1)),
        ("Ç".to_owned(), ("gsm", 1, 1)),
        ("don’t".to_owned(), ("ucs2", 5, 1)),
    ];
    for (text, wanted) in cases {
        assert_eq!(sizes(&text), wanted, "{text}");
    }
    let forcing: String = TextParts::of("Straße „Ğüneş“ 😀😀").forcing.into_iter().collect();
    assert_eq!(forcing, "Ğş“„😀");
}

proptest! {
    /// LEAD-3: the parts are the text, each fits, and none could take the next character.
    #[test]
    fn lead_3_parts_join_to_the_text_and_are_as_few_as_possible(text in "[a-zäß€\\[{~ €😀жç\n]{0,400}") {
        let divided = TextParts::of(&text);
        prop_assert!(divided.parts.concat() == text);
        let width = |c: char| match divided.encoding {
            Encoding::Gsm => if "€[{~".contains(c) { 2 } else { 1 },
            Encoding::Ucs2 => c.len_utf16(),
        };
        let units = |text: &str| text.chars().map(width).sum::<usize>();
        let (single, part) = divided.encoding.sizes();
        prop_assert_eq!(units(&text), divided.units);
        let room = if divided.parts.len() == 1 { single } else { part };
        for pair in divided.parts.windows(2) {
            let next = pair[1].chars().next().map(width);
            prop_assert!(next.is_some_and(|next| units(&pair[0]) + next > room));
        }
        prop_assert!(divided.parts.iter().all(|part| units(part) <= room));
        prop_assert_eq!(divided.forcing.is_empty(), divided.encoding == Encoding::Gsm);
        prop_assert!(divided.parts.len() == 1 || divided.units > single);
    }
}

#[tokio::test]
async fn lead_3_a_preview_shows_encoding_and_parts_and_sends_nothing() {
    let world = World::new().await;
    let mut body = enquiry("petersen");
    body["contact"]["phone"] = json!("0171 2345678");
    let lead = world.lead(&body).await;
    let path = format!("/leads/{lead}/communications/preview");
    let preview = async |text: &str| world.post("anna.vogt", &path, &json!({"text": text})).await;
    assert_eq!(preview("Bis Freitag!").await.body, json!({"encoding": "gsm", "parts": 1, "units": 12, "room": 160, "forcing": []}));
    let long = format!("ş{}", "a".repeat(70));
    assert_eq!(preview(&long).await.body, json!({"encoding": "ucs2", "parts": 2, "units": 71, "room": 134, "forcing": ["ş"]}));
    for text in ["", &"a".repeat(1_001)] {
        assert_eq!(preview(text).await.status, 422);
    }
    for (who, status) in [("greta.sommer", 404), ("hugo.office", 403)] {
        assert_eq!(world.post(who, &path, &json!({"text": "Hallo"})).await.status, status, "{who}");
    }
    let sent = world.post("anna.vogt", &format!("/leads/{lead}/communications"), &json!({"medium": "sms", "text": long})).await;
    assert_eq!((sent.status, sent.text("/encoding"), &sent.body["parts"]), (201, "ucs2", &json!(2)), "{}", sent.body);
    world.system.settle().await;
    assert_eq!(world.system.mailbox.sms().len(), 1);
}
