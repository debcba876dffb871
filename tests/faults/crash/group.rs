//! The group of the journeys: four dealers with their users and partners.

use forecourt_local::demo::GroupData;
use serde_json::{Value, json};

/// A dealer that is always open: level 1 after one hour, the reminder 20 minutes before it, level 2 one hour after it.
pub const NORTH: &str = "north";
/// As `NORTH`, with another seller. Customers can book at most one day ahead.
pub const WEST: &str = "west";
/// A dealer that is open from 8 to 18, with one seller.
pub const SOUTH: &str = "south";
/// A dealer that is always open and has a pool. Pia and Paul may claim only its oldest lead.
pub const POND: &str = "pond";
/// The sender's identity on the partner's queue messages.
pub const SENDER: &str = "AIDAPORTAL";
/// The sender's identity on the contact centre system's queue messages.
pub const CENTRE: &str = "AIDACENTRE";
/// The contact centre's system as the caller of HTTP requests.
pub const CENTRES: &str = "partner:centre-demo";
pub const PORTAL: &str = "partner:portal-demo";
pub const BOSS: &str = "boss";

pub fn group() -> GroupData {
    let week = |hours: Value| {
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
            .map(|day| (day.to_owned(), hours.clone()))
            .into_iter()
            .collect::<serde_json::Map<_, _>>()
    };
    let member = |user: &str| json!({"user": user, "receives_leads": true, "assignable": true, "supervisor": BOSS});
    let dealer = |id: &str, hours: Value, escalation: Value, members: &[&str]| {
        let members: Vec<Value> = members.iter().map(|user| member(user)).chain([json!({"user": BOSS})]).collect();
        json!({"id": id, "settings": {"name": id, "country": "DE", "language": "en", "admin_user": BOSS, "members": members,
            "appointments": {"reminder_hours": 1}, "escalation": escalation, "calendar": {"zone": "Europe/Berlin", "hours": week(hours)}}})
    };
    let hourly = json!({"level_1": 60, "reminder": 20, "level_2": 60});
    let always = json!([["00:00", "24:00"]]);
    let user = |id: &str| {
        json!({"id": id, "name": id, "email": format!("{id}@desk.example"), "language": "en", "role": match id { BOSS => "group_admin", "hugo" => "head_office", _ => "seller" },
            "dealers": [NORTH, WEST, SOUTH, POND], "notices": id != "duck"})
    };
    let mut pond = dealer(POND, always.clone(), hourly.clone(), &["pia", "paul"]);
    let settings = &mut pond["settings"];
    for member in settings["members"].as_array_mut().unwrap() {
        member["receives_leads"] = json!(false);
    }
    settings["members"].as_array_mut().unwrap().push(json!({"user": "duck", "supervisor": BOSS}));
    settings["pool"] = json!({"user": "duck", "oldest_only": true});
    let mut west = dealer(WEST, always.clone(), hourly.clone(), &["will"]);
    west["settings"]["capacity"] = json!({"horizon_days": 1, "step": 60});
    west["settings"]["appointments"] = json!({"reminder_hours": 0});
    let users = ["anna", "ben", "cara", "will", "sam", "pia", "paul", "duck", "hugo", BOSS].map(user);
    serde_json::from_value(json!({
        "group": "demo-group",
        "dealers": [
            dealer(NORTH, always, hourly, &["anna", "ben", "cara"]),
            west,
            dealer(SOUTH, json!([["08:00", "18:00"]]), json!({"level_1": 60, "reminder": 0, "level_2": 30}), &["sam"]),
            pond,
        ],
        "users": users,
        "partners": [
            {"partner": {"id": "portal-demo", "dealers": [NORTH, WEST, SOUTH, POND]}, "sender_id": SENDER},
            {"partner": {"id": "centre-demo", "dealers": [NORTH], "kind": "contact_centre"}, "sender_id": CENTRE},
        ],
    }))
    .unwrap()
}
