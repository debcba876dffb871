//! JSON bodies.

use super::enquiry::check_strict;
use forecourt_domain::base::Refusal;
use forecourt_domain::settings::DealerSettings;
use forecourt_edge::formats::json::{read, read_as_sent, read_known};
use forecourt_lead_intake::{EnquiryBody, MailLeadBody};
use serde_json::Value;

/// The deepest nesting of a body: that of the JSON reader.
const DEEPEST: usize = 128;

/// INT-1, INT-3: any bytes are read or refused, as an enquiry, as the values of a lead of a mail, and as settings. All readers agree
/// whether the bytes are a JSON object. Settings that are accepted stay the same if they are stored and read.
pub fn json(bytes: &[u8]) {
    let is_malformed = |refusal: &Refusal| match refusal {
        Refusal::Malformed(detail) => {
            assert!(!detail.is_empty() && detail.len() < 2_000 + bytes.len() * 8, "{detail}");
            true
        }
        Refusal::Invalid(faults) => {
            assert!(!faults.is_empty() && faults.iter().all(|fault| !fault.rule.is_empty()), "{faults:?}");
            false
        }
        other => panic!("{other:?}"),
    };
    let value = read::<Value>(bytes);
    let is_object = !value.as_ref().is_err_and(is_malformed);
    if let Ok(value) = &value {
        assert!(value.is_object() && depth(value) <= DEEPEST);
        assert!(serde_json::from_slice::<Value>(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)).is_ok());
    }
    match read_as_sent::<EnquiryBody>(bytes) {
        Ok((body, _)) => {
            let (enquiry, faults) = body.read();
            assert!(is_object && faults.iter().all(|fault| !fault.field.is_empty()));
            check_strict(&enquiry);
        }
        Err(refusal) => assert_eq!(is_malformed(&refusal), !is_object, "{refusal:?}"),
    }
    match read_as_sent::<MailLeadBody>(bytes) {
        Ok((body, _)) => check_strict(&body.read().0),
        Err(refusal) => assert_eq!(is_malformed(&refusal), !is_object, "{refusal:?}"),
    }
    match read_known::<DealerSettings>(bytes) {
        Ok(settings) => {
            if let Ok(checked) = settings.check() {
                let stored = serde_json::to_value(&*checked).unwrap();
                let again: DealerSettings = serde_json::from_value(stored.clone()).unwrap();
                let again = again.check().unwrap_or_else(|faults| panic!("refused when they are sent again: {faults:?}"));
                assert_eq!(stored, serde_json::to_value(&*again).unwrap());
            }
        }
        Err(refusal) => assert_eq!(is_malformed(&refusal), !is_object, "{refusal:?}"),
    }
}

fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(values) => values.iter().map(depth).max(),
        Value::Object(fields) => fields.values().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or_default()
}
