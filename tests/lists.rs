//! Lists: filters, and words to be found (LEAD-8).

use crate::world::{ADMIN, NORDSTERN, World};
use serde_json::{Value, json};

async fn found(world: &World, who: &str, query: &str) -> Vec<String> {
    let page = world.get(who, &format!("/dealers/{NORDSTERN}/leads?{query}")).await;
    assert_eq!(page.status, 200, "{query}: {}", page.body);
    let mut names: Vec<String> =
        page.body["leads"].as_array().unwrap().iter().map(|row| row["contact"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

fn asked(name: &str, kind: &str, source: &str, phone: &str, plate: &str) -> Value {
    json!({"type": kind, "source": source, "contact": {"last_name": name, "email": format!("{}@example.com", name.to_lowercase()), "phone": phone},
        "trade_in": {"make": "Opel", "plate": plate}})
}

#[tokio::test]
async fn lead_8_lists_are_filtered_and_searched_within_the_askers_scope() {
    let world = World::new().await;
    let first = world.lead(&asked("Petersen", "used_car", "website", "0171 2345678", "KI-JP 4711")).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    world.lead(&asked("Öztürk", "new_car", "Portal", "0171 2345679", "B MW 1")).await;
    world.lead(&asked("Peters", "service", "website", "0171 2345670", "HH-A 99")).await;
    world.advance_to("2026-11-23T11:30:00Z").await;
    for (query, wanted) in [
        ("type=new_car", vec!["Öztürk"]),
        ("source=WEBSITE", vec!["Peters", "Petersen"]),
        ("source=website&type=service", vec!["Peters"]),
        ("from=2026-11-23T09:30:00Z", vec!["Peters", "Öztürk"]),
        ("until=2026-11-23T09:30:00Z", vec!["Petersen"]),
        ("overdue=true", vec!["Petersen"]),
        ("overdue=false", vec!["Peters", "Öztürk"]),
        ("q=peters", vec!["Peters", "Petersen"]),
        ("q=%C3%96ZT", vec!["Öztürk"]),
        ("q=ki%20jp4711", vec!["Petersen"]),
        ("q=%2B49%20171%202345679", vec!["Öztürk"]),
        ("q=0171/2345670", vec!["Peters"]),
        ("q=Petersen@Example.com", vec!["Petersen"]),
        ("q=nobody", vec![]),
    ] {
        assert_eq!(found(&world, ADMIN, query).await, wanted, "{query}");
    }
    for number in [first.to_string(), first.spoken()] {
        assert_eq!(found(&world, ADMIN, &format!("q={number}")).await, ["Petersen"]);
    }
    // A seller finds own leads only.
    assert_eq!(found(&world, "anna.vogt", "q=peters").await, ["Petersen"]);
    assert_eq!(found(&world, "ben.krause", "q=peters").await, Vec::<String>::new());
    for query in ["type=boat", "overdue=maybe", "from=tomorrow", "q=x", "colour=red"] {
        assert_eq!(world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads?{query}")).await.status, 422, "{query}");
    }
}

/// A contact known by several channels is found by each of them, with every lead.
#[tokio::test]
async fn lead_8_a_contact_is_found_by_every_channel() {
    let world = World::new().await;
    let id = world.lead(&asked("Petersen", "used_car", "website", "0171 2345678", "")).await;
    world.post(ADMIN, &format!("/leads/{id}/status"), &json!({"status": "lost", "reason": "price"})).await;
    let mut by_phone = asked("J. Petersen", "used_car", "website", "0171 2345678", "");
    by_phone["contact"].as_object_mut().unwrap().remove("email");
    world.lead(&by_phone).await;
    for query in ["q=petersen@example.com", "q=01712345678"] {
        assert_eq!(found(&world, ADMIN, query).await, ["J. Petersen", "Petersen"], "{query}");
    }
}
