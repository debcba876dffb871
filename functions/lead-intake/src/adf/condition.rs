//! Determines whether a vehicle is new or used from its values and its texts (INT-4).

use super::leaves::{Leaf, first};
use forecourt_domain::base::text::letters;

/// The words for each condition, in lower case, without accents, spaces and punctuation.
const NEW: [&str; 8] = ["new", "neu", "neuwagen", "neufahrzeug", "nieuw", "nieuwewagen", "newcar", "brandnew"];
const USED: [&str; 17] = [
    "used",
    "preowned",
    "certified",
    "certifiedpreowned",
    "cpo",
    "usedcar",
    "secondhand",
    "nearlynew",
    "gebraucht",
    "gebrauchtwagen",
    "gebrauchtfahrzeug",
    "jahreswagen",
    "vorfuhrwagen",
    "tageszulassung",
    "gebruikt",
    "tweedehands",
    "occasion",
];
/// The grades in ADF's `condition`. Only used vehicles have a grade.
const GRADES: [&str; 4] = ["excellent", "good", "fair", "poor"];
/// The phrases that show a condition in a longer text. `new` alone does not: `new tyres`.
const NEW_PHRASES: [&str; 6] = ["new car", "new vehicle", "brand new", "neuwagen", "neufahrzeug", "nieuwe auto"];
const USED_PHRASES: [&str; 11] = [
    "used car",
    "used vehicle",
    "pre-owned",
    "preowned",
    "second hand",
    "second-hand",
    "gebrauchtwagen",
    "gebrauchtfahrzeug",
    "jahreswagen",
    "tweedehands",
    "gebruikte auto",
];
/// The elements of a vehicle whose texts are searched for phrases.
const TEXTS: [&str; 6] = ["model", "trim", "bodystyle", "comments", "pricecomments", "description"];
/// The maximum mileage of a new vehicle, in kilometres or miles.
const MAX_MILEAGE_OF_NEW: u64 = 1_000;

/// Returns `new` or `used` if the whole text is a word for it.
pub(crate) fn of_word(text: &str) -> Option<&'static str> {
    let word = letters(text);
    let is = |words: &[&str]| words.contains(&word.as_str());
    if is(&NEW) { Some("new") } else { is(&USED).then_some("used") }
}

/// Returns `new` or `used` if the text contains phrases for exactly one of them.
pub(crate) fn of_text(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    match (has(&NEW_PHRASES), has(&USED_PHRASES)) {
        (true, false) => Some("new"),
        (false, true) => Some("used"),
        _ => None,
    }
}

/// Returns `new` or `used` for a vehicle. The first of these values decides: its condition, its plate, its mileage, its texts.
pub(super) fn of_vehicle(own: &[Leaf<'_>]) -> Option<&'static str> {
    let condition = first(own, "condition");
    let by_condition =
        condition.as_deref().and_then(|text| of_word(text).or_else(|| GRADES.contains(&letters(text).as_str()).then_some("used")));
    let registered = || first(own, "plate").map(|_| "used");
    let driven =
        || first(own, "odometer").filter(|text| distance(text).is_some_and(|distance| distance > MAX_MILEAGE_OF_NEW)).map(|_| "used");
    let texts = || own.iter().filter(|leaf| TEXTS.contains(&leaf.node.name.as_str())).filter_map(Leaf::line);
    by_condition.or_else(registered).or_else(driven).or_else(|| of_text(&texts().collect::<Vec<_>>().join("\n")))
}

/// Returns the whole part of a distance: 74000 for `74.000 km` and for `74,000.5 mi`.
fn distance(text: &str) -> Option<u64> {
    let number: String =
        text.trim().chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | ' ' | '\'' | '’' | '\u{A0}')).collect();
    let number = number.trim();
    // A last group of one or two digits is a fraction.
    let whole = match number.rsplit_once(['.', ',']) {
        Some((whole, part)) if part.len() < 3 => whole,
        _ => number,
    };
    whole.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok()
}
