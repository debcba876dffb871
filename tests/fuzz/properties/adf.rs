//! The ADF reader.

use super::enquiry::check_lenient;
use forecourt_lead_intake::adf::{self, MAX_PROSPECTS};

/// The most bytes of text for one byte of a document, which can be Windows-1252, with one byte for a sign that needs three in UTF-8.
const EXPANSION: usize = 3;

/// INT-2: any bytes are read or refused. What is read is in the limits, and is in the document.
pub fn adf(bytes: &[u8]) {
    let read = adf::read(bytes);
    let Ok(document) = &read else {
        let reason = read.unwrap_err().to_string();
        return assert!(!reason.is_empty() && reason.len() < 2_000, "{reason}");
    };
    assert!((1..=MAX_PROSPECTS).contains(&document.prospects.len()), "{} prospects", document.prospects.len());
    let raw: usize = document.prospects.iter().map(|prospect| prospect.raw.len()).sum();
    assert!(raw <= bytes.len() * EXPANSION, "{raw} bytes from {}", bytes.len());
    for prospect in &document.prospects {
        let is_short = |(field, detail): &(String, String)| field.chars().count() <= 200 && detail.chars().count() <= 200;
        assert!(prospect.oddities.len() <= 40 && prospect.oddities.iter().all(is_short), "{:?}", prospect.oddities);
        check_lenient(&prospect.enquiry);
    }
    assert_eq!(adf::read(bytes).as_ref(), Ok(document), "read twice");
}
