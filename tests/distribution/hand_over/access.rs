//! The access of former members, and who may stand in for others (DIS-12).

use crate::support::world::{ADMIN, NORDSTERN, Request, World};
use serde_json::json;

/// DIS-12, ACC-1: a seller who was removed has no access to appointments any more, not even to those that they made.
#[tokio::test]
async fn dis_12_a_removed_seller_has_no_access_to_appointments_that_they_made() {
    let world = World::new().await;
    let body = json!({"kind": "showroom", "at": "2026-11-27T10:00:00+01:00", "user": "ben.krause",
        "customer": {"name": "Jana", "email": "jana@example.com"}});
    let made = world.post("anna.vogt", &format!("/dealers/{NORDSTERN}/appointments"), &body).await;
    let path = format!("/appointments/{}", made.text("/id"));
    assert_eq!(world.get("anna.vogt", &path).await.status, 200, "{}", made.body);
    let gone = world.call(Request::delete(ADMIN, &format!("/dealers/{NORDSTERN}/users/anna.vogt")).version(1)).await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    assert_eq!(world.get("anna.vogt", &path).await.status, 404);
    assert_eq!(world.post("anna.vogt", &format!("{path}/cancellation"), &json!({})).await.status, 404);
}

/// DIS-12: every kind of substitute can read and work leads.
#[tokio::test]
async fn dis_12_a_weekly_deputy_and_the_target_of_an_absence_must_be_able_to_work_leads() {
    let world = World::new().await;
    let member = format!("/dealers/{NORDSTERN}/users");
    let office =
        json!({"name": "Olga Office", "email": "olga@example.com", "language": "de", "role": "head_office", "dealers": [NORDSTERN]});
    assert_eq!(world.call(Request::put("gina.group", "/users/olga.office").json(&office)).await.status, 201);
    let added = world.call(Request::put(ADMIN, &format!("{member}/olga.office")).version(1).json(&json!({}))).await;
    assert_eq!(added.status, 200, "{}", added.body);
    let weekly = json!({"weekly_absences": [{"day": "mon", "deputy": "olga.office"}]});
    let refused = world.call(Request::put("anna.vogt", &format!("{member}/anna.vogt/availability")).version(2).json(&weekly)).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["weekly_absences[0].deputy DIS-12".to_owned()]), "{}", refused.body);
    let away = |to: &str| json!({"absences": [{"from": "2026-12-01", "until": "2026-12-20", "hand_over": {"to": to}}]});
    let path = format!("{member}/anna.vogt/absences");
    let refused = world.call(Request::put("anna.vogt", &path).version(2).json(&away("user:olga.office"))).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["absences[0].hand_over.to DIS-12".to_owned()]), "{}", refused.body);
    let twice = json!({"absences": [away("distribution")["absences"][0], away("distribution")["absences"][0]]});
    let refused = world.call(Request::put("anna.vogt", &path).version(2).json(&twice)).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["absences[1].from DIS-12".to_owned()]), "{}", refused.body);
}
