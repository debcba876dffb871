//! Nothing is added to an erased lead (PRV-2).

use super::erased;
use crate::support::world::{ADMIN, World, enquiry};
use serde_json::json;

/// PRV-2: no user adds data to an erased lead.
#[tokio::test]
async fn prv_2_nothing_is_added_to_an_erased_lead() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let comment = world.post(ADMIN, &format!("/leads/{lead}/comments"), &json!({"text": "Calls back"})).await;
    assert_eq!(comment.status, 201, "{}", comment.body);
    erased(&world, lead, None).await;
    let version = world.page(lead).await.lead.version;
    for (path, body) in [
        ("contacts", json!({"first_name": "Jana", "last_name": "Petersen", "emails": ["jana@example.com"]})),
        ("comments", json!({"text": "Jana Petersen called again"})),
        ("communications", json!({"medium": "call", "reached": true})),
        ("events", json!({"title": "Jana", "type": "visit_inbound", "at": "2026-11-25T10:00:00+01:00"})),
        ("tasks", json!({"title": "Call Jana", "start": "2026-11-25T10:00:00+01:00", "minutes": 15})),
    ] {
        let refused = world.post(ADMIN, &format!("/leads/{lead}/{path}"), &body).await;
        assert_eq!((refused.status, refused.text("/rule")), (409, "PRV-2"), "{path}: {}", refused.body);
    }
    assert_eq!(world.page(lead).await.lead.version, version, "nothing is changed");
}
