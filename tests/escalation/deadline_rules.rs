//! Deadlines by source, type and make (ESC-13).

use crate::support::dealers::of_dealer;
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at, enquiry};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{LeadId, StepKind};
use serde_json::{Value, json};

async fn put(world: &World, version: u64, rules: &Value) -> Reply {
    world.call(Request::put(ADMIN, &of_dealer("deadline-rules")).json(&json!({"deadline_rules": rules})).version(version)).await
}

/// A portal's lead: 15 minutes. An enquiry for a new MG: an hour, without reminder, level 2 after four hours. Trade-ins: no deadline.
fn rules() -> Value {
    json!([
        {"when": {"sources": ["Portal"]}, "level_1": 15, "reminder": 5},
        {"when": {"types": ["new_car"], "makes": ["mg"]}, "level_1": 60, "reminder": 0, "level_2": 240},
        {"when": {"types": ["trade_in"]}, "level_1": 0}
    ])
}

fn of(name: &str, source: &str, kind: &str, make: &str) -> Value {
    let mut body = enquiry(name);
    (body["source"], body["type"]) = (json!(source), json!(kind));
    body["vehicle"] = json!({"make": make, "model": "4"});
    body
}

async fn due(world: &World, id: LeadId, step: StepKind) -> Option<DateTime<Utc>> {
    world.page(id).await.lead.plan?.step(step).map(|step| step.due)
}

#[tokio::test]
async fn esc_13_the_first_deadline_rule_that_matches_sets_the_durations_else_the_dealers_apply() {
    let world = World::new().await;
    assert_eq!(put(&world, 1, &rules()).await.status, 200);
    for (name, source, kind, make, steps) in [
        ("a", "portal", "new_car", "MG", ["09:10", "09:15", "24 09:15"]),
        ("b", "website", "new_car", "MG", ["", "10:00", "23 14:00"]),
        ("c", "website", "new_car", "Opel", ["10:30", "11:00", "24 11:00"]),
        ("d", "website", "trade_in", "MG", ["", "", ""]),
    ] {
        let id = world.lead(&of(name, source, kind, make)).await;
        let text = |at: Option<DateTime<Utc>>, form: &str| at.map(|at| at.format(form).to_string()).unwrap_or_default();
        let (reminder, level_1) = (due(&world, id, StepKind::Reminder).await, due(&world, id, StepKind::Level1).await);
        let found = [text(reminder, "%H:%M"), text(level_1, "%H:%M"), text(due(&world, id, StepKind::Level2).await, "%d %H:%M")];
        assert_eq!(found, steps, "{name}");
    }
    // A dry run has the same deadline.
    let dry = world.post(ADMIN, &format!("/dealers/{NORDSTERN}/dry-run"), &json!({"lead": of("e", "portal", "new_car", "MG")})).await;
    assert_eq!(dry.text("/deadlines/level_1/due"), "2026-11-23T09:15:00Z", "{}", dry.body);
}

/// ESC-13, SET-11, DIS-7: open deadlines follow changed rules, and another dealer's rules after a transfer.
#[tokio::test]
async fn esc_13_open_deadlines_follow_changed_rules_and_the_rules_of_another_dealer() {
    let world = World::new().await;
    let (portal, other) = (world.lead(&of("a", "portal", "used_car", "MG")).await, world.lead(&of("b", "website", "used_car", "MG")).await);
    put(&world, 1, &json!([{"when": {"sources": ["portal"]}, "level_1": 45}])).await;
    world.advance_to("2026-11-23T09:05:00Z").await;
    assert_eq!(due(&world, portal, StepKind::Level1).await, Some(at("2026-11-23T09:45:00Z")));
    assert_eq!(due(&world, other, StepKind::Level1).await, Some(at("2026-11-23T11:00:00Z")));
    let rule = json!([{"when": {"makes": ["MG"]}, "level_1": 240}]);
    world.settings_of("harbour-cars-demo", |s| s.deadline_rules = serde_json::from_value(rule).unwrap()).await;
    let moved = world.post(ADMIN, &format!("/leads/{portal}/assignment"), &json!({"dealer": "harbour-cars-demo"})).await;
    assert_eq!(moved.text("/deadline/due"), "2026-11-23T13:00:00Z", "{}", moved.body);
}

/// ESC-13, ESC-12: a reopened lead has the deadline of its rule. A further enquiry has the deadline of its own source (INT-6).
#[tokio::test]
async fn esc_13_a_reopening_and_a_further_enquiry_follow_the_rules() {
    let world = World::new().await;
    put(&world, 1, &rules()).await;
    let id = world.lead(&of("a", "portal", "used_car", "Opel")).await;
    for status in [json!({"status": "lost", "reason": "other"}), json!({"status": "in_progress"})] {
        world.post(ADMIN, &format!("/leads/{id}/status"), &status).await;
    }
    assert_eq!(due(&world, id, StepKind::Level1).await, Some(at("2026-11-23T09:15:00Z")));
    world.post(ADMIN, &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await;
    world.advance_to("2026-11-23T09:10:00Z").await;
    let mut further = enquiry("a");
    further["external_id"] = json!("second");
    world.send(&further).await;
    assert_eq!(due(&world, id, StepKind::Level1).await, Some(at("2026-11-23T11:10:00Z")), "the website's two hours");
    // A change of the settings keeps this.
    world.settings(|s| s.escalation.level_1 = 180).await;
    world.advance_to("2026-11-23T10:41:00Z").await;
    let seen = due(&world, id, StepKind::Level1).await;
    assert!([Some(at("2026-11-23T11:10:00Z")), Some(at("2026-11-23T13:10:00Z"))].contains(&seen), "not the portal's: {seen:?}");
}

/// ESC-13, SET-10: the rules are checked like routing rules.
#[tokio::test]
async fn esc_13_invalid_deadline_rules_are_refused_by_field() {
    let world = World::new().await;
    for (rules, faults) in [
        (json!([{"level_1": 86_401, "reminder": 86_401, "level_2": 86_401}]), vec!["level_1", "reminder", "level_2"]),
        (json!([{"when": {"types": ["boat"]}, "level_1": 10}]), vec!["when.types"]),
        (json!([{"when": {"condition": "mint"}, "level_1": 10}]), vec!["when.condition"]),
        (json!([{"when": {"sources": [" x"]}, "level_1": 10}]), vec!["when.sources"]),
    ] {
        let reply = put(&world, 1, &rules).await;
        let faults: Vec<String> = faults.iter().map(|field| format!("deadline_rules[0].{field} ESC-13")).collect();
        assert_eq!((reply.status, reply.faults()), (422, faults), "{rules}: {}", reply.body);
    }
    let many: Vec<Value> = (0..201).map(|_| json!({"level_1": 10})).collect();
    assert_eq!(put(&world, 1, &json!(many)).await.faults(), ["deadline_rules ESC-13"]);
    assert_eq!(put(&world, 1, &json!([{"reminder": 10}])).await.status, 422, "level 1 is required");
    assert_eq!(world.call(Request::put("anna.vogt", &of_dealer("deadline-rules")).json(&json!({})).version(1)).await.status, 403);
}

/// SET-8, ESC-2: a reminder that is not shorter than its own level 1 is a finding, at the dealer and in each rule.
#[tokio::test]
async fn set_8_a_reminder_that_is_not_before_its_level_1_is_a_finding() {
    let world = World::new().await;
    put(&world, 1, &json!([{"level_1": 30}, {"level_1": 31}, {"level_1": 20, "reminder": 20}, {"level_1": 0}])).await;
    world.settings(|s| s.escalation.reminder = 30).await;
    let found = world.get(ADMIN, &of_dealer("settings/findings")).await;
    let of = |finding: &Value| format!("{} {}", finding["kind"].as_str().unwrap(), finding["field"].as_str().unwrap());
    let found: Vec<String> = found.body["findings"].as_array().unwrap().iter().map(of).collect();
    let wanted = ["deadline_rules[0].reminder", "deadline_rules[2].reminder"].map(|field| format!("reminder_not_before_level_1 {field}"));
    assert_eq!(found, wanted);
}
