//! Snapshots of every sample as it is read. Each snapshot was reviewed.

use super::{every_sample, render, sample};
use forecourt_lead_intake::adf;

#[test]
fn int_2_every_sample_matches_its_reviewed_snapshot() {
    let samples = every_sample();
    assert!(samples.len() >= 30);
    for (name, bytes) in samples {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, description => name.clone() }, {
            insta::assert_snapshot!(name, render(&adf::read(&bytes)));
        });
    }
}

#[test]
fn int_2_the_same_document_in_every_encoding_is_the_same_prospect() {
    let expected = adf::read(&sample("31_")).unwrap().prospects;
    for name in ["26_", "27_", "28_", "29_", "30_", "32_"] {
        assert_eq!(adf::read(&sample(name)).unwrap().prospects, expected, "{name}");
    }
    // ISO 8859-1 has no typographic quotes, so the comments differ; everything else is equal.
    let mut latin = adf::read(&sample("25_")).unwrap().prospects.remove(0);
    latin.enquiry.message.clone_from(&expected[0].enquiry.message);
    latin.raw.clone_from(&expected[0].raw);
    assert_eq!(latin, expected[0]);
}
