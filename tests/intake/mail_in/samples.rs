//! Every sample of a mail, through the handler.

use super::{address, record};
use crate::support::world::{NORDSTERN, World};
use forecourt_domain::mail::MailOutcome;
use serde_json::Value;
use std::path::PathBuf;

/// INT-1, INT-7: every sample ends as leads with number, owner and deadline, or as a record with the reason. The raw mail belongs to each
/// lead.
#[tokio::test]
async fn int_1_every_sample_is_a_lead_or_has_a_reason() {
    let world = World::new().await;
    world.settings(|s| s.lead_address = None).await;
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../events/lead-intake/mail"));
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|ending| ending == "eml"));
    names.sort();
    assert!(names.len() >= 40);
    let (mut with_lead, mut without) = (0, 0);
    for path in names {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let raw = std::fs::read(&path).unwrap();
        let expected: Value = serde_json::from_str(&std::fs::read_to_string(path.with_extension("json")).unwrap()).unwrap();
        let id = super::receive(&world, &[&address(NORDSTERN)], &raw).await;
        let mail = record(&world, &id, NORDSTERN).await.unwrap_or_else(|| panic!("{name}: no record"));
        // A mail that failed the virus check is not read.
        let bytes = if mail.verdicts.virus == "fail" { 0 } else { raw.len() as u64 };
        assert_eq!((mail.bytes, mail.dealer.as_str()), (bytes, NORDSTERN), "{name}");
        match (&mail.outcome, expected["enquiries"].as_array()) {
            (MailOutcome::Leads { leads, refused }, Some(enquiries)) => {
                assert_eq!(refused, &None, "{name}");
                assert!((1..=enquiries.len()).contains(&leads.len()), "{name}: {leads:?}");
                for lead in leads {
                    let page = world.page(*lead).await;
                    assert!(page.lead.owner.is_some() && page.lead.deadline().is_some(), "{name}");
                    let raw_of =
                        page.timeline.iter().filter_map(|entry| entry.raw.as_ref()).find(
                            |raw| matches!(&raw.storage, forecourt_domain::lead::RawStorage::InBucket(object) if *object == mail.object),
                        );
                    assert_eq!(raw_of.map(|raw| raw.media_type.as_str()), Some("message/rfc822"), "{name}");
                }
                assert!(mail.report.is_none() && !mail.is_open(), "{name}");
                with_lead += 1;
            }
            (MailOutcome::NoLead { reason, detail }, None) => {
                assert_eq!(
                    (reason.as_str(), detail.as_str()),
                    (expected["not_a_lead"]["reason"].as_str().unwrap(), expected["not_a_lead"]["text"].as_str().unwrap()),
                    "{name}"
                );
                assert!(mail.report.is_some() && mail.is_open(), "{name}");
                without += 1;
            }
            (other, _) => panic!("{name}: {other:?}"),
        }
    }
    assert!(with_lead >= 40 && without >= 10, "{with_lead} {without}");
}
