//! Properties of an enquiry that was read from untrusted data.

use forecourt_domain::base::Country;
use forecourt_domain::base::text::{forbidden, forbidden_in_lines};
use forecourt_domain::enquiry::{RawEnquiry, Tolerance};
use serde_json::Value;

/// The longest text of an enquiry, in characters.
const LONGEST: usize = 10_000;
/// The fields that may have several lines.
const TEXTS: [&str; 2] = ["message", "remarks"];
/// The most bytes of an enquiry as JSON. An item of the table has at most 400 KB.
const MOST_BYTES: usize = 300_000;

/// Checks an enquiry of a lenient format as the intake does. A lead is made, or the only fault is a contact without any channel (INT-3).
pub(super) fn check_lenient(enquiry: &RawEnquiry) {
    for (country, zone) in [("DE", chrono_tz::Europe::Berlin), ("US", chrono_tz::America::New_York)] {
        match enquiry.check(of_country(country), zone, "sender", Tolerance::Lenient) {
            Ok(checked) => check_texts("", &stored(&checked)),
            Err(faults) => {
                let is_channel =
                    |field: &str| field == "contact" || field.starts_with("contact.email") || field.starts_with("contact.phone");
                assert!(!faults.is_empty() && faults.iter().all(|fault| fault.rule == "INT-3" && is_channel(&fault.field)), "{faults:?}");
            }
        }
    }
}

/// Checks an enquiry of a strict format: a lead is made, or each fault names its rule.
pub(super) fn check_strict(enquiry: &RawEnquiry) {
    match enquiry.check(of_country("DE"), chrono_tz::Europe::Berlin, "sender", Tolerance::Strict) {
        Ok(checked) => check_texts("", &stored(&checked)),
        Err(faults) => assert!(!faults.is_empty() && faults.iter().all(|fault| !fault.rule.is_empty()), "{faults:?}"),
    }
}

fn of_country(code: &str) -> Country {
    Country::try_from(code.to_owned()).unwrap()
}

/// Returns an enquiry as it is stored. Reading it again gives the same enquiry.
fn stored(checked: &forecourt_domain::enquiry::Enquiry) -> Value {
    let stored = serde_json::to_string(checked).unwrap();
    assert!(stored.len() <= MOST_BYTES, "an enquiry has {} bytes", stored.len());
    assert_eq!(*checked, serde_json::from_str(&stored).unwrap());
    serde_json::from_str(&stored).unwrap()
}

/// Checks that each text is in the limits and has no control characters, and that only texts of several lines have line ends.
fn check_texts(field: &str, value: &Value) {
    match value {
        Value::String(text) => {
            assert!(text.chars().count() <= LONGEST, "{field} has {} characters", text.chars().count());
            let is_wrong = |c: char| if TEXTS.contains(&field) { forbidden_in_lines(c) } else { forbidden(c) };
            assert!(!text.chars().any(is_wrong), "{field}: {text:?}");
        }
        Value::Array(values) => values.iter().for_each(|value| check_texts(field, value)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| check_texts(name, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
