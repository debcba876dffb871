//! Distribution groups and routing rules (DIS-1, DIS-3, DIS-6).

use crate::support::world::{ADMIN, NORDSTERN, World, enquiry};
use forecourt_domain::settings::DealerSettings;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Gives Nordstern one group for Opel and one for Austria. Anna is in both, Ben and Clara in one each.
async fn grouped(world: &World) {
    world
        .settings(|s| {
            s.distribution_groups = serde_json::from_value(json!(["opel", "austria"])).unwrap();
            s.routing_rules = serde_json::from_value(json!([
                {"group": "opel", "when": {"makes": ["OPEL", "Vauxhall"], "condition": "used"}},
                {"group": "austria", "when": {"postcodes": ["1", "80 1"], "languages": ["de"]}},
            ]))
            .unwrap();
            for (who, groups) in
                [("anna.vogt", json!(["opel", "austria"])), ("ben.krause", json!(["opel"])), ("clara.henning", json!(["austria"]))]
            {
                let member = s.members.iter_mut().find(|m| m.user.as_str() == who).unwrap();
                member.groups = serde_json::from_value(groups).unwrap();
            }
        })
        .await;
}

fn about(name: &str, more: &Value) -> Value {
    let mut body = enquiry(name);
    for (key, value) in more.as_object().unwrap() {
        match body.get_mut(key).and_then(Value::as_object_mut) {
            Some(inner) => inner.extend(value.as_object().unwrap().clone()),
            None => drop(body.as_object_mut().unwrap().insert(key.clone(), value.clone())),
        }
    }
    body
}

async fn owner(world: &World, body: &Value) -> String {
    world.page(world.lead(body).await).await.lead.owner.unwrap().to_string()
}

/// DIS-3: the first matching rule selects the group, and each group has its own position in its rotation.
#[tokio::test]
async fn dis_3_the_first_matching_rule_selects_the_group_and_each_group_has_its_own_position() {
    let world = World::new().await;
    grouped(&world).await;
    let opel = json!({"vehicle": {"make": "opel", "model": "Corsa"}});
    let austrian = json!({"contact": {"postcode": "1010", "language": "de-AT"}});
    let mut owners: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for i in 0..3 {
        owners.entry("opel").or_default().push(owner(&world, &about(&format!("o{i}"), &opel)).await);
        owners.entry("austria").or_default().push(owner(&world, &about(&format!("a{i}"), &austrian)).await);
        owners.entry("all").or_default().push(owner(&world, &about(&format!("n{i}"), &json!({}))).await);
    }
    assert_eq!(owners["opel"], ["anna.vogt", "ben.krause", "anna.vogt"]);
    assert_eq!(owners["austria"], ["anna.vogt", "clara.henning", "anna.vogt"]);
    assert_eq!(owners["all"], ["anna.vogt", "ben.krause", "clara.henning"]);
    // Both rules match: the first one applies. The first rule does not match a new Opel.
    let both = about("both", &json!({"vehicle": {"make": "Opel"}, "contact": {"postcode": "1010", "language": "de"}}));
    assert_eq!(owner(&world, &both).await, "ben.krause");
    let new = about("new", &json!({"type": "new_car", "vehicle": {"make": "Opel"}}));
    assert_eq!(owner(&world, &new).await, "david.roth");
}

/// DIS-6: if all members of the group are absent, the fallback user gets the lead, and the timeline states the reason.
#[tokio::test]
async fn dis_6_if_all_group_members_are_absent_the_fallback_user_is_assigned_with_the_reason() {
    let world = World::new().await;
    grouped(&world).await;
    world
        .settings(|s| {
            for member in s.members.iter_mut().filter(|m| !m.groups.is_empty()) {
                member.absences = serde_json::from_value(
                    json!([{"from": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z", "deputy": "david.roth"}]),
                )
                .unwrap();
            }
        })
        .await;
    let id = world.lead(&about("o", &json!({"vehicle": {"make": "Opel"}}))).await;
    let page = world.get(ADMIN, &format!("/leads/{id}")).await;
    let why = page.body["timeline"][0]["events"].as_array().unwrap().iter().find(|e| e["what"] == "assigned").unwrap()["why"].clone();
    assert_eq!(page.text("/owner"), "helga.stern", "a deputy joins no rotation (DIS-4)");
    assert_eq!(
        (why["rule"].as_str(), why["group"].as_str(), why["passed_over"].as_array().unwrap().len()),
        (Some("DIS-6"), Some("opel"), 2)
    );
}

/// DIS-7, DIS-3: when a lead moves to another dealer, that dealer's routing rules are applied to its enquiry.
#[tokio::test]
async fn dis_7_a_lead_from_another_dealer_follows_the_routing_rules_of_the_new_dealer() {
    let world = World::new().await;
    grouped(&world).await;
    let body = about("o", &json!({"vehicle": {"make": "Opel"}}));
    let reply = world.post("partner:portal-demo", "/dealers/harbour-cars-demo/leads", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let path = format!("/leads/{}/assignment", reply.text("/id"));
    world.post("gina.group", &path, &json!({"dealer": NORDSTERN})).await;
    world.system.settle().await;
    let page = world.get(ADMIN, &format!("/leads/{}", reply.text("/id"))).await;
    let why = page.body.to_string();
    assert_eq!(page.text("/owner"), "anna.vogt");
    assert!(why.contains("\"rule\":\"DIS-3\"") && why.contains("\"group\":\"opel\""), "{why}");
}

/// DIS-3: an unknown group is refused, and the error names the field.
#[test]
fn dis_3_an_unknown_or_repeated_group_is_refused_naming_the_field() {
    let demo = forecourt_local::demo::group().unwrap();
    let mut draft: DealerSettings = (*demo.dealers[0].settings).clone();
    draft.distribution_groups = serde_json::from_value(json!(["opel", "opel"])).unwrap();
    draft.routing_rules = serde_json::from_value(json!([{"group": "opel"}, {"group": "ford"}])).unwrap();
    draft.members[1].groups = serde_json::from_value(json!(["vw"])).unwrap();
    let faults: Vec<String> = draft.check().unwrap_err().iter().map(|f| format!("{} {}", f.field, f.rule)).collect();
    assert_eq!(faults, ["distribution_groups[1] DIS-3", "members[1].groups DIS-3", "routing_rules[1].group DIS-3"]);
}
