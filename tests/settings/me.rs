//! The user's own rights, dealers and colleagues (ACC-4), language and notices (ACC-6).

use super::users::ida;
use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, dealer, gateway_event};
use aws_lambda_events::encodings::Body;
use forecourt_domain::settings::DealerSettings;
use forecourt_local::demo;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use http::HeaderMap;
use serde_json::{Value, json};

/// Sends a request with `If-None-Match`. The body of the response may be empty.
pub async fn revalidate(world: &World, who: &str, path: &str, tag: &str) -> (i64, HeaderMap, String) {
    let request = Request::get(who, path).headers(&[("if-none-match", tag)]);
    let answer = world.system.http(gateway_event(&world.tokens, request).unwrap()).await;
    let Some(Body::Text(text)) = answer.body else { panic!("no body") };
    (answer.status_code, answer.headers, text)
}

fn dealers(reply: &Reply) -> Vec<&str> {
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["dealers"].as_array().unwrap().iter().map(|dealer| dealer["id"].as_str().unwrap()).collect()
}

fn has(list: &Value, right: &str) -> bool {
    list.as_array().unwrap().iter().any(|one| one == right)
}

/// Adds sixty dealers to the four of the demo.
async fn sixty_more_dealers(world: &World) {
    let loaded = world.store.load(&world.scope(), &Load::of([Key::Dealer(dealer(NORDSTERN))])).await.unwrap();
    // No two dealers have one lead address (SET-4).
    let settings = (*loaded.dealer(&dealer(NORDSTERN)).unwrap().settings).clone();
    let settings = &DealerSettings { lead_address: None, ..settings }.check().unwrap();
    for number in 0..60 {
        let id = dealer(&format!("site-{number:02}"));
        demo::save(&world.store, &world.scope(), &id, settings, world.system.clock.now()).await.unwrap();
    }
}

#[tokio::test]
async fn acc_4_a_user_reads_own_rights_dealers_and_the_names_of_colleagues() {
    let world = World::new().await;
    let me = world.get("anna.vogt", "/me").await;
    assert_eq!(dealers(&me), [NORDSTERN]);
    for (field, value) in [
        ("id", json!("anna.vogt")),
        ("group", json!("demo-group")),
        ("name", json!("Anna Vogt")),
        ("email", json!("anna.vogt@autohaus-nordstern-demo.example")),
        ("mobile", json!(null)),
        ("language", json!("de")),
        ("role", json!("seller")),
        ("rights", json!([])),
        ("notices", json!(true)),
        ("whole_group", json!(false)),
        ("can", json!([])),
        ("after", json!(null)),
    ] {
        assert_eq!(me.body[field], value, "{field}");
    }
    let here = &me.body["dealers"][0];
    let can = ["submit_leads", "read_leads", "work_leads", "assign_leads", "read_overview", "read_appointments", "work_appointments"];
    assert_eq!(
        (&here["name"], &here["zone"], &here["country"], &here["language"], &here["can"]),
        (&json!("Autohaus Nordstern"), &json!("Europe/Berlin"), &json!("DE"), &json!("de"), &json!(can))
    );
    let people = here["people"].as_array().unwrap();
    assert_eq!((people.len(), &people[0]), (9, &json!({"id": "anna.vogt", "name": "Anna Vogt"})));

    // A user who leaves the dealer is still named, because leads may still be theirs.
    world.settings(|settings| settings.members.retain(|member| member.user.as_str() != "greta.sommer")).await;
    let me = world.get("anna.vogt", "/me").await;
    let people = me.body["dealers"][0]["people"].as_array().unwrap();
    assert_eq!((people.len(), &people[8]), (9, &json!({"id": "greta.sommer", "name": "Greta Sommer", "former": true})));
}

/// ACC-4: the rights are those by which the operations decide.
#[tokio::test]
async fn acc_4_the_rights_are_those_that_the_operations_check() {
    let world = World::new().await;
    for (who, can, whole_group, number) in [
        ("anna.vogt", vec![], false, 1),
        (ADMIN, vec!["read_users"], false, 1),
        ("gina.group", vec!["read_users", "manage_users", "manage_webhooks"], true, 4),
        ("hugo.office", vec!["read_users", "export"], true, 4),
        ("chris.center", vec![], true, 4),
        ("otto.operator", vec!["read_users", "manage_users"], true, 4),
    ] {
        let me = world.get(who, "/me").await;
        assert_eq!((&me.body["can"], &me.body["whole_group"], dealers(&me).len()), (&json!(can), &json!(whole_group), number), "{who}");
        let here = me.body["dealers"].as_array().unwrap().iter().find(|dealer| dealer["id"] == NORDSTERN).unwrap();
        for (path, may) in [
            (of_dealer("settings"), has(&here["can"], "read_settings")),
            (of_dealer("leads"), has(&here["can"], "read_leads")),
            (of_dealer("mails"), here["reads_mails"] == true),
            ("/users".to_owned(), has(&me.body["can"], "read_users")),
            ("/webhooks".to_owned(), has(&me.body["can"], "manage_webhooks")),
            ("/access-log".to_owned(), has(&me.body["can"], "manage_users") && me.body["whole_group"] == true),
        ] {
            assert_eq!(world.get(who, &path).await.status, if may { 200 } else { 403 }, "{who} {path}");
        }
    }
    let partner = world.get("partner:portal-demo", "/me").await;
    assert_eq!((partner.status, partner.text("/type")), (403, "urn:forecourt:problem:user-required"));
    assert_eq!(world.get("", "/me").await.status, 401);
}

/// ACC-4, ACC-2: nobody sees dealers or people of another group, or dealers out of reach.
#[tokio::test]
async fn acc_4_only_dealers_within_reach_are_returned() {
    let world = World::new().await;
    let rival = world.get("rival.seller", "/me").await;
    assert_eq!(dealers(&rival), [NORDSTERN, "rival-dealer"]);
    for dealer in rival.body["dealers"].as_array().unwrap() {
        assert_eq!(dealer["people"], json!([{"id": "rival.seller", "name": "Rival"}]));
    }
    for (who, only, status) in [
        ("gina.group", "harbour-cars-demo", 200),
        ("anna.vogt", NORDSTERN, 200),
        ("anna.vogt", "harbour-cars-demo", 404),
        ("rival.seller", "harbour-cars-demo", 404),
        ("gina.group", "rival-dealer", 404),
        ("gina.group", "UPPER", 422),
    ] {
        let reply = world.get(who, &format!("/me?dealer={only}")).await;
        assert_eq!(reply.status, status, "{who} {only}: {}", reply.body);
        if status == 200 {
            assert_eq!(dealers(&reply), [only]);
        }
    }
}

#[tokio::test]
async fn acc_4_an_unchanged_response_is_304_without_a_body() {
    let world = World::new().await;
    let first = world.get("anna.vogt", "/me").await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(first.headers["cache-control"], "private, no-cache");
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
        let (status, headers, body) = revalidate(&world, "anna.vogt", "/me", &known).await;
        assert_eq!((status, body.as_str(), headers["etag"].to_str().unwrap()), (304, "", tag.as_str()));
    }
    assert_eq!(revalidate(&world, "ben.krause", "/me", &tag).await.0, 200, "the tag of another user");
    world.settings(|settings| settings.name = "Nordstern am Ring".into()).await;
    let (status, headers, body) = revalidate(&world, "anna.vogt", "/me", &tag).await;
    assert!(status == 200 && headers["etag"] != tag.as_str() && body.contains("Nordstern am Ring"), "{status} {body}");
}

/// ACC-4, ACC-3: a user of many dealers gets them in pages, each once and in order.
#[tokio::test]
async fn acc_4_the_dealers_of_a_large_group_come_in_pages() {
    let world = World::new().await;
    sixty_more_dealers(&world).await;
    let all: Vec<String> = world.store.dealers(&world.scope()).await.unwrap().iter().map(ToString::to_string).collect();
    let mut user = ida();
    user["dealers"] = json!(all);
    assert_eq!(world.call(Request::put("gina.group", "/users/ida.falk").json(&user)).await.status, 201);
    for who in ["hugo.office", "ida.falk"] {
        let first = world.get(who, "/me").await;
        assert_eq!((dealers(&first).len(), first.text("/after")), (50, all[49].as_str()), "{who}");
        let second = world.get(who, &format!("/me?after={}", all[49])).await;
        assert_eq!((dealers(&second).len(), &second.body["after"]), (14, &json!(null)), "{who}");
        assert_eq!([dealers(&first), dealers(&second)].concat(), all, "{who}");
    }
}

/// ACC-4: while user, dealers and people are cached, the response costs nothing, or one query for a user of the whole group. Otherwise they
/// are read together. docs/costs.md has these figures.
#[tokio::test]
async fn acc_4_many_dealers_cost_few_reads() {
    let world = World::new().await;
    sixty_more_dealers(&world).await;
    let cost = async |who: &str| {
        let before = world.store.spent();
        assert_eq!(world.get(who, "/me").await.status, 200);
        world.store.spent().since(before)
    };
    let (first, second) = (cost("anna.vogt").await, cost("anna.vogt").await);
    println!("one dealer: {first:?}\ncached: {second:?}");
    assert_eq!((first.calls, second.calls), (3, 0), "user, dealer, people");
    let (first, second) = (cost("hugo.office").await, cost("hugo.office").await);
    println!("fifty dealers: {first:?}\ncached: {second:?}");
    assert_eq!((first.calls, second.calls), (4, 1), "user, ids, dealers, people");
    assert!(second.read_units <= 1.0, "{second:?}");
}

const ANNA: &str = "anna.vogt";

async fn change(world: &World, who: &str, version: u64, body: &Value) -> Reply {
    world.call(Request::patch(who, "/me").json(body).version(version)).await
}

#[tokio::test]
async fn acc_6_users_change_their_own_language_and_notices_and_the_history_has_it() {
    let world = World::new().await;
    let version = world.get(ANNA, "/me").await.body["version"].as_u64().unwrap();
    let before = world.get("gina.group", "/users/anna.vogt").await.body;
    let changed = change(&world, ANNA, version, &json!({"language": "nl"})).await;
    assert_eq!((changed.status, changed.text("/language"), &changed.body["notices"]), (200, "nl", &json!(true)), "{}", changed.body);
    assert_eq!((dealers(&changed), &changed.body["version"]), (vec![NORDSTERN], &json!(version + 1)));
    assert_eq!(world.get(ANNA, "/me").await.text("/language"), "nl", "at once in this process");
    // A repeat finds the language as requested, even with the former version.
    assert_eq!(change(&world, ANNA, version, &json!({"language": "nl"})).await.body["version"], json!(version + 1));
    let quiet = change(&world, ANNA, version + 1, &json!({"notices": false})).await;
    assert_eq!((quiet.text("/language"), &quiet.body["notices"]), ("nl", &json!(false)), "{}", quiet.body);
    let mut after = world.get("gina.group", "/users/anna.vogt").await.body;
    assert_eq!(after["version"], json!(version + 2));
    // At a dealer, it shows whether notices are sent there.
    assert_eq!(after["at"][NORDSTERN]["notices"], json!(false));
    after["at"][NORDSTERN]["notices"] = json!(true);
    for field in ["version", "language", "notices"] {
        after[field] = before[field].clone();
    }
    assert_eq!(after, before, "nothing else changed");
    let history = world.get("gina.group", "/users/anna.vogt/history").await;
    let first = &history.body["changes"][0];
    assert_eq!(
        (first["by"].as_str(), &first["fields"]),
        (Some("user:anna.vogt"), &json!([{"field": "notices", "before": true, "after": false}]))
    );
    // `null` is the default, as in other changes of users.
    assert_eq!(change(&world, ANNA, version + 2, &json!({"notices": null})).await.body["notices"], json!(true));
}

#[tokio::test]
async fn acc_6_the_version_is_required_and_a_change_in_between_is_not_lost() {
    let world = World::new().await;
    let body = json!({"language": "en"});
    assert_eq!(world.call(Request::patch(ANNA, "/me").json(&body)).await.status, 428);
    let me = world.get(ANNA, "/me").await;
    let version = me.body["version"].as_u64().unwrap();
    let hash = me.headers["etag"].to_str().unwrap().to_owned();
    let with_hash = world.call(Request::patch(ANNA, "/me").json(&body).headers(&[("if-match", &hash)])).await;
    assert_eq!((with_hash.status, with_hash.faults()), (422, vec!["If-Match SET-10".to_owned()]), "{}", with_hash.body);
    let mut anna = world.get("gina.group", "/users/anna.vogt").await.body;
    anna["name"] = json!("Anna Vogt-Klein");
    assert_eq!(world.call(Request::put("gina.group", "/users/anna.vogt").json(&anna).version(version)).await.status, 200);
    let stale = change(&world, ANNA, version, &body).await;
    assert_eq!((stale.status, &stale.body["current_version"]), (412, &json!(version + 1)), "{}", stale.body);
    let changed = change(&world, ANNA, version + 1, &body).await;
    assert_eq!((changed.text("/name"), changed.text("/language")), ("Anna Vogt-Klein", "en"));
}

/// ACC-6, ACC-1: role, rights, address, dealers and subject cannot be changed by any user for themselves.
#[tokio::test]
async fn acc_6_nothing_but_language_notices_and_mobile_number_can_be_changed() {
    let world = World::new().await;
    for who in [ANNA, ADMIN, "gina.group", "hugo.office", "chris.center", "otto.operator"] {
        let version = world.get(who, "/me").await.body["version"].as_u64().unwrap();
        for (field, value) in [
            ("role", json!("operator")),
            ("rights", json!(["export"])),
            ("email", json!("other@example.com")),
            ("name", json!("Somebody Else")),
            ("dealers", json!(["harbour-cars-demo"])),
            ("subject", json!("other")),
        ] {
            let mut body = json!({"language": "nl"});
            body[field] = value;
            let refused = change(&world, who, version, &body).await;
            assert_eq!((refused.status, refused.faults()), (422, vec![format!("{field} API-1")]), "{who}: {}", refused.body);
        }
        for (body, fault) in [(json!({"language": "klingon!"}), "language ACC-6"), (json!({"notices": "no"}), "notices ACC-6")] {
            let refused = change(&world, who, version, &body).await;
            assert_eq!((refused.status, refused.faults()), (422, vec![fault.to_owned()]), "{who}: {}", refused.body);
        }
        assert_eq!(change(&world, who, version, &json!({"language": "nl"})).await.text("/language"), "nl", "{who}");
    }
    let partner = change(&world, "partner:portal-demo", 1, &json!({"language": "nl"})).await;
    assert_eq!((partner.status, partner.text("/type")), (403, "urn:forecourt:problem:user-required"));
}

/// ACC-6: a user who has left changes nothing, even while the token is still known.
#[tokio::test]
async fn acc_6_a_user_who_left_changes_nothing() {
    let world = World::new().await;
    assert_eq!(world.call(Request::put("gina.group", "/users/ida.falk").json(&ida())).await.status, 201);
    assert_eq!(change(&world, "ida.falk", 1, &json!({"language": "nl"})).await.status, 200);
    assert_eq!(world.call(Request::delete("gina.group", "/users/ida.falk").json(&json!({})).version(2)).await.status, 200);
    assert_eq!(change(&world, "ida.falk", 3, &json!({"language": "de"})).await.status, 401);
}
