//! The settings of follow-ups (FUP-1, FUP-3).

use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, Request, World};
use serde_json::json;

#[tokio::test]
async fn fup_1_a_dealer_sets_job_types_and_their_chains() {
    let world = World::new().await;
    let path = of_dealer("follow-up-settings");
    let read = world.get(ADMIN, &path).await.body["settings"].clone();
    assert_eq!(read["methods"][0], json!({"method": "sms", "lead_days": 28}));
    assert_eq!((&read["job_types"], &read["min_gap_days"], &read["max_attempts"]), (&json!([]), &json!(3), &json!(6)));
    let body = json!({
        "job_types": [{"name": "HU/AU", "methods": [{"method": "email", "lead_days": 30}, {"method": "letter", "lead_days": 14}]}],
        "decline_reasons": ["Fährt nur noch Rad"]
    });
    let saved = world.call(Request::put(ADMIN, &path).json(&body).version(1)).await;
    assert_eq!((saved.status, &saved.body["settings"]["job_types"]), (200, &body["job_types"]), "{}", saved.body);
    let again = world.call(Request::put(ADMIN, &path).json(&saved.body).version(2)).await;
    assert_eq!((again.status, &again.body["version"]), (200, &json!(2)), "{}", again.body);
}

#[tokio::test]
async fn fup_1_3_settings_of_follow_ups_that_contradict_themselves_are_refused() {
    let world = World::new().await;
    let path = of_dealer("follow-up-settings");
    let step = |method: &str, lead_days: u32| json!({"method": method, "lead_days": lead_days});
    for (body, fault) in [
        (json!({"methods": []}), "methods FUP-1"),
        (json!({"methods": [step("sms", 20), step("sms", 10)]}), "methods[1].method FUP-1"),
        (json!({"methods": [step("fax", 20)]}), "methods[0].method FUP-1"),
        (json!({"methods": [step("sms", 10), step("email", 20)]}), "methods[1].lead_days FUP-1"),
        (json!({"methods": [step("sms", 366)]}), "methods[0].lead_days FUP-1"),
        (json!({"job_types": [{"name": "APK"}, {"name": "apk"}]}), "job_types[1].name FUP-1"),
        (json!({"job_types": [{"name": " "}]}), "job_types[0].name FUP-1"),
        (json!({"job_types": [{"name": "APK", "methods": []}]}), "job_types[0].methods FUP-1"),
        (json!({"decline_reasons": ["Price"]}), "decline_reasons[0] FUP-3"),
        (json!({"min_gap_days": 0}), "min_gap_days FUP-1"),
        (json!({"max_attempts": 51}), "max_attempts FUP-1"),
    ] {
        let reply = world.call(Request::put(ADMIN, &path).json(&body).version(1)).await;
        assert_eq!((reply.status, reply.faults()), (422, vec![fault.to_owned()]), "{body}: {}", reply.body);
    }
}

/// FUP-1, ACC-1: dealer admins and the contact centre work on follow-ups, sellers do not.
#[tokio::test]
async fn fup_1_the_right_belongs_to_dealer_admins_and_the_contact_centre() {
    let world = World::new().await;
    let may = async |name: &str| {
        let me = world.get(name, "/me").await.body;
        let dealers = me["dealers"].as_array().cloned().unwrap_or_default();
        dealers.iter().any(|dealer| dealer["can"].as_array().is_some_and(|can| can.contains(&json!("work_follow_ups"))))
    };
    for (name, expected) in [(ADMIN, true), ("chris.center", true), ("anna.vogt", false), ("hugo.office", false)] {
        assert_eq!(may(name).await, expected, "{name}");
    }
}
