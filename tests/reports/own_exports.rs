//! The exports of a dealer's administrators, and the list of one's exports (EXP-1, EXP-3).

use super::export::{OFFICE, exported, request_export};
use crate::support::stored_appointments::{appointment, save};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at};
use chrono::TimeDelta;
use serde_json::{Value, json};

const HARBOUR: &str = "harbour-cars-demo";

async fn allow(world: &World, who: &str, dealer: &str, own_exports: bool) -> Reply {
    let path = format!("/dealers/{dealer}/configuration");
    let version = world.get(who, &path).await.headers["etag"].to_str().unwrap().to_owned();
    let headers = [("content-type", "application/json"), ("if-match", version.as_str())];
    let body = json!({"own_exports": own_exports}).to_string();
    world.call(Request::put(who, &path).headers(&headers).body(body.as_bytes())).await
}

async fn world_with_two_dealers() -> World {
    let world = World::new().await;
    for (id, dealer) in [("a1", NORDSTERN), ("a2", HARBOUR)] {
        save(&world.store, &world.scope(), &appointment(id, dealer, at("2026-11-20T22:30:00Z"))).await;
    }
    world
}

/// Returns the rows of the export that a user requests.
async fn rows_of(world: &World, who: &str, body: &Value) -> (String, u64) {
    let requested = world.post(who, "/exports", body).await;
    assert_eq!(requested.status, 202, "{}", requested.body);
    world.system.advance_to(world.system.clock.now() + TimeDelta::minutes(1)).await;
    let export = world.get(who, &format!("/exports/{}", requested.text("/id"))).await;
    assert_eq!(export.text("/state"), "done", "{}", export.body);
    (requested.text("/id").to_owned(), export.body["rows"].as_u64().unwrap())
}

/// EXP-1, EXP-2: where a group's admin allows it, an administrator of a dealer exports the records of that dealer and of no other. The
/// download is in the log of head office. Without the permission, also later, nothing can be read.
#[tokio::test]
async fn exp_1_an_administrator_exports_the_own_dealer_where_the_group_allows_it() {
    let world = world_with_two_dealers().await;
    let what = json!({"what": "appointments"});
    let refused = world.post(ADMIN, "/exports", &what).await;
    assert_eq!((refused.status, refused.text("/right"), refused.text("/rule")), (403, "export", "EXP-1"), "{}", refused.body);
    assert!(refused.text("/detail").contains("own_exports"), "{}", refused.body);
    let refused = allow(&world, ADMIN, NORDSTERN, true).await;
    assert_eq!((refused.status, refused.text("/right")), (403, "manage_groups"), "{}", refused.body);
    assert!(refused.body.to_string().contains("own_exports"), "{}", refused.body);
    assert_eq!(allow(&world, "gina.group", NORDSTERN, true).await.status, 200);
    let me = world.get(ADMIN, "/me").await;
    let can: Vec<&Value> = me.body["dealers"].as_array().unwrap().iter().map(|dealer| &dealer["can"]).collect();
    assert!(can.iter().all(|can| can.as_array().unwrap().contains(&json!("export"))), "{}", me.body);
    let (id, rows) = rows_of(&world, ADMIN, &what).await;
    assert_eq!(rows, 1, "only the own dealer's");
    let of = |dealer: &str| json!({"what": "appointments", "filter": {"dealer": [dealer]}});
    assert_eq!(rows_of(&world, ADMIN, &of(NORDSTERN)).await.1, 1);
    assert_eq!(world.post(ADMIN, "/exports", &of(HARBOUR)).await.status, 404);
    // A salesperson of the dealer, its contact centre and the group's admin who allowed it have no right.
    for who in ["anna.vogt", "chris.center", "gina.group"] {
        assert_eq!(world.post(who, "/exports", &of(NORDSTERN)).await.status, 403, "{who}");
        assert_eq!(world.get(who, "/exports").await.status, 403, "{who}");
    }
    let link = world.get(ADMIN, &format!("/exports/{id}/download")).await;
    assert_eq!(link.status, 200, "{}", link.body);
    assert_eq!(world.get(ADMIN, "/exports/log").await.status, 403);
    let log = world.get(OFFICE, "/exports/log").await;
    assert_eq!((log.text("/downloads/0/by"), log.text("/downloads/0/export")), ("user:ingo.brandt", id.as_str()), "{}", log.body);
    // Exports of others do not exist for the administrator.
    let (others, _) = exported(&world, &of(NORDSTERN)).await;
    for path in [format!("/exports/{others}"), format!("/exports/{others}/download"), "/exports/unknown".to_owned()] {
        assert_eq!(world.get(ADMIN, &path).await.status, 404, "{path}");
    }
    assert_eq!(allow(&world, "gina.group", NORDSTERN, false).await.status, 200);
    world.system.advance_to(world.system.clock.now() + TimeDelta::minutes(2)).await;
    for path in [format!("/exports/{id}"), format!("/exports/{id}/download"), "/exports".to_owned()] {
        assert_eq!(world.get(ADMIN, &path).await.status, 403, "{path}");
    }
}

/// EXP-1: where one of two dealers withdraws the permission, the administrator of both loses the exports with its records, and keeps
/// those of the other dealer.
#[tokio::test]
async fn exp_1_a_withdrawn_permission_ends_the_exports_of_that_dealer_only() {
    let world = world_with_two_dealers().await;
    let user = json!({"id": "dora.both", "name": "Dora", "email": "dora@example.com", "language": "de", "role": "dealer_admin",
        "dealers": [NORDSTERN, HARBOUR], "notices": true});
    world.store.put_user(world.scope().group(), &serde_json::from_value(user).unwrap()).await.unwrap();
    for dealer in [NORDSTERN, HARBOUR] {
        assert_eq!(allow(&world, "gina.group", dealer, true).await.status, 200);
    }
    let of = |dealers: &[&str]| json!({"what": "appointments", "filter": {"dealer": dealers}});
    let (both, rows) = rows_of(&world, "dora.both", &json!({"what": "appointments"})).await;
    assert_eq!(rows, 2);
    let (harbour, _) = rows_of(&world, "dora.both", &of(&[HARBOUR])).await;
    let (nordstern, _) = rows_of(&world, "dora.both", &of(&[NORDSTERN])).await;
    assert_eq!(allow(&world, "gina.group", HARBOUR, false).await.status, 200);
    world.system.advance_to(world.system.clock.now() + TimeDelta::minutes(2)).await;
    let list = world.get("dora.both", "/exports").await;
    let listed: Vec<&Value> = list.body["exports"].as_array().unwrap().iter().map(|export| &export["id"]).collect();
    assert_eq!(listed, [&json!(nordstern)], "{}", list.body);
    for (export, status) in [(&both, 404), (&harbour, 404), (&nordstern, 200)] {
        for path in [format!("/exports/{export}"), format!("/exports/{export}/download")] {
            assert_eq!(world.get("dora.both", &path).await.status, status, "{path}");
        }
    }
    let refused = world.post("dora.both", "/exports", &of(&[NORDSTERN, HARBOUR])).await;
    assert_eq!((refused.status, refused.text("/rule")), (403, "EXP-1"), "{}", refused.body);
}

/// EXP-3: users see their own exports, newest first, also in another browser and after the file is gone.
#[tokio::test]
async fn exp_3_users_list_their_own_exports_newest_first() {
    let world = world_with_two_dealers().await;
    assert_eq!(world.get(OFFICE, "/exports").await.body, json!({"exports": []}));
    let mut ids = Vec::new();
    for what in ["appointments", "leads"] {
        ids.insert(0, exported(&world, &json!({"what": what})).await.0);
    }
    allow(&world, "gina.group", NORDSTERN, true).await;
    rows_of(&world, ADMIN, &json!({"what": "leads"})).await;
    let listed = async |path: &str| {
        let list = world.get(OFFICE, path).await;
        list.body["exports"].as_array().unwrap().iter().map(|one| (one["id"].clone(), one["state"].clone())).collect::<Vec<_>>()
    };
    let with = |state: &str| ids.iter().map(|id| (json!(id), json!(state))).collect::<Vec<_>>();
    assert_eq!(listed("/exports").await, with("done"));
    assert_eq!(listed("/exports?limit=1").await, with("done")[..1]);
    world.system.advance_to(world.system.clock.now() + TimeDelta::hours(25)).await;
    assert_eq!(listed("/exports").await, with("expired"));
    assert_eq!(request_export(&world, "x", &json!({"what": "leads"})).await.status, 202);
    assert_eq!(world.get(OFFICE, "/exports?limit=x").await.status, 422);
}
