//! Loading a group from a file: it creates missing items, and overwrites only if the operator has seen the changes and confirms them.

use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, NORDSTERN, Request, World, dealer};
use forecourt_domain::base::{GroupId, PartnerId, UserId};
use forecourt_local::{demo, server};
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::json;
use std::path::Path;

#[tokio::test]
async fn set_7_loading_a_file_again_changes_nothing_of_what_people_changed() {
    let world = World::new().await;
    let (group, now) = (demo::group().unwrap(), world.system.clock.now());
    let changed = world.call(Request::put(ADMIN, &of_dealer("escalation")).json(&json!({"level_1": 77})).version(1)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    // A user leaves the dealer, and then the group.
    let leaver = UserId::parse("anna.vogt").unwrap();
    world
        .settings(|settings| {
            settings.members.retain(|member| member.user != leaver);
            settings.members.iter_mut().flat_map(|member| &mut member.absences).for_each(|absence| absence.deputy = None);
        })
        .await;
    let version = world.get("gina.group", &format!("/users/{leaver}")).await.headers["etag"].to_str().unwrap().to_owned();
    let left = world.call(Request::delete("gina.group", &format!("/users/{leaver}")).headers(&[("if-match", &version)])).await;
    assert!(left.status < 300, "{}", left.body);

    let loaded = async || {
        let keys = [Key::Dealer(dealer(NORDSTERN)), Key::User(leaver.clone())];
        world.store.load(&world.scope(), &Load::of(keys)).await.unwrap()
    };
    let state = |loaded: &forecourt_store::Loaded| {
        let dealer = loaded.dealer(&dealer(NORDSTERN)).unwrap();
        (
            dealer.version,
            dealer.settings.escalation.level_1,
            dealer.settings.member(&leaver).is_some(),
            loaded.user(&leaver).unwrap().is_here(),
        )
    };
    assert_eq!(group.load_into(&world.store, now).await.unwrap(), 0);
    assert_eq!(state(&loaded().await), (3, 77, false, false));

    // What an overwrite would change is shown first.
    let shown: Vec<String> = group.differences(&world.store).await.unwrap().iter().map(ToString::to_string).collect();
    let starts = |start: &str| shown.iter().any(|line| line.starts_with(start));
    assert!(starts("user anna.vogt: left: "), "{shown:?}");
    assert!(starts(&format!("dealer {NORDSTERN}: escalation: {{\"level_1\":77,")), "{shown:?}");
    assert!(starts(&format!("dealer {NORDSTERN}: members: ")), "{shown:?}");
    assert_eq!(state(&loaded().await), (3, 77, false, false));
    group.overwrite(&world.store, now).await.unwrap();
    assert_eq!(state(&loaded().await), (4, 120, true, true));
    assert_eq!(group.differences(&world.store).await.unwrap(), []);
}

#[tokio::test]
async fn int_1_loading_creates_a_missing_queue_identity_and_moves_none() {
    let world = World::new().await;
    let mut group = demo::group().unwrap();
    let stored = group.partners[0].clone();
    group.partners[0].partner.id = PartnerId::parse("another-portal").unwrap();
    assert_eq!(group.load_into(&world.store, world.system.clock.now()).await.unwrap(), 1);
    let fresh = world.store.with_seed(1);
    assert_eq!(fresh.sender(&stored.sender_id).await.unwrap().unwrap().partner, stored.partner.id);
    assert!(fresh.partner(&GroupId::parse("demo-group").unwrap(), &group.partners[0].partner.id).await.unwrap().is_some());
}

#[test]
fn set_10_a_file_with_an_unknown_field_or_a_broken_rule_is_refused() {
    let file = include_str!("../../infra/local/src/demo.json");
    let broken = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut json = serde_json::from_str(file).unwrap();
        change(&mut json);
        demo::read(&json.to_string()).unwrap_err().to_string()
    };
    let unknown = broken(&|json| json["dealers"][0]["settings"]["calendar"]["horus"] = json!({}));
    let known = "zone, hours, days_off, special_hours";
    assert_eq!(unknown, format!("dealers[0].settings.calendar.horus is unknown; known fields are {known} (API-1)"));
    let rule = broken(&|json| json["dealers"][0]["settings"]["capacity"] = json!({"step": 7}));
    assert!(rule.contains("capacity.step") && rule.contains("CAL-7"), "{rule}");
    let shared = broken(&|json| json["dealers"][1]["settings"]["lead_address"] = json["dealers"][0]["settings"]["lead_address"].clone());
    assert!(shared.starts_with("dealer ") && shared.contains("lead_address must be unique") && shared.ends_with("(SET-4)"), "{shared}");
}

#[test]
fn set_7_a_file_with_an_unknown_role_or_right_is_refused() {
    let mut json: serde_json::Value = serde_json::from_str(include_str!("../../infra/local/src/demo.json")).unwrap();
    let users = json["users"].as_array_mut().unwrap();
    users[0]["role"] = json!("selller");
    users[1]["rights"] = json!(["read_settings", "fly"]);
    let names = [&users[0], &users[1]].map(|user| user["id"].as_str().unwrap().to_owned());
    let refused = demo::read(&json.to_string()).unwrap_err().to_string();
    let role = "unknown role, known: seller, dealer_admin, group_admin, head_office, contact_centre, operator";
    assert!(refused.contains(&format!("user {}: {role}", names[0])), "{refused}");
    assert!(refused.contains(&format!("user {}: unknown rights, known: submit_leads, ", names[1])), "{refused}");
}

#[test]
fn set_10_a_migration_of_a_folder_without_a_table_names_the_folder_and_the_option() {
    let folder = Path::new("no-folder-of-a-local-run");
    let error = server::open_table(folder).err().unwrap();
    assert_eq!(error.to_string(), "no-folder-of-a-local-run is not a data folder of a local run (name the folder with --data)");
    assert!(!folder.exists());
}
