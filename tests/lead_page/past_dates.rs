//! Dates in the past: quotes that have ended, and test drives before the enquiry.

use super::elements::{drive, patch, quote};
use crate::support::world::{World, enquiry};
use serde_json::json;

/// LEAD-2: a quote that ends before today is refused, in the dealer's time zone. One that ended meanwhile can be changed in other fields.
#[tokio::test]
async fn lead_2_a_quote_that_ends_in_the_past_is_refused() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let path = format!("/leads/{id}/quotes");
    let until = |date: &str| {
        let mut quote = quote();
        quote["valid_until"] = json!(date);
        quote
    };
    let yesterday = world.post("anna.vogt", &path, &until("2026-11-22")).await;
    assert_eq!((yesterday.status, yesterday.faults()), (422, vec!["valid_until LEAD-2".to_owned()]), "{}", yesterday.body);
    let made = world.post("anna.vogt", &path, &until("2026-11-23")).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let at = format!("{path}/{}", made.text("/id"));
    world.advance_to("2026-11-24T09:00:00Z").await;
    assert_eq!(patch(&world, "anna.vogt", &at, &json!({"notes": "Expired"}), None).await.status, 200);
    assert_eq!(patch(&world, "anna.vogt", &at, &json!({"valid_until": "2026-11-22"}), None).await.faults(), ["valid_until LEAD-2"]);
    assert_eq!(patch(&world, "anna.vogt", &at, &json!({"valid_until": "2026-11-24"}), None).await.status, 200);
}

/// ESC-7: a test drive before the enquiry is stored, and stops no clock.
#[tokio::test]
async fn esc_7_a_test_drive_before_the_enquiry_stops_no_clock() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let path = format!("/leads/{id}/test-drives");
    let before = world.post("anna.vogt", &path, &drive("2026-11-20T10:00:00+01:00")).await;
    assert_eq!(before.status, 201, "{}", before.body);
    assert!(world.page(id).await.lead.reaction.is_none());
    let after = world.post("anna.vogt", &path, &drive("2026-11-24T10:00:00+01:00")).await;
    assert_eq!(after.status, 201, "{}", after.body);
    assert!(world.page(id).await.lead.reaction.is_some());
}
