//! Items of another release: their unknown fields and values neither stop a dealer nor get lost.

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, dealer, engine, enquiry};
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_domain::base::LeadId;
use forecourt_domain::settings::Recompute;
use forecourt_local::engine;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::{Value, json};
use std::collections::HashMap;

type ReleaseAttributes = HashMap<String, AttributeValue>;

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// Returns the object at a path of field names.
fn object<'a>(item: &'a mut ReleaseAttributes, path: &[&str]) -> &'a mut ReleaseAttributes {
    path.iter().fold(item, |fields, name| {
        let AttributeValue::M(inner) = fields.entry((*name).to_owned()).or_insert_with(|| AttributeValue::M(HashMap::new())) else {
            panic!("{name} is no object")
        };
        inner
    })
}

/// An item of the table, as another release reads and writes it.
struct Stored<'a>(&'a World, String, &'static str);

impl<'a> Stored<'a> {
    fn dealer(world: &'a World) -> Self {
        Self(world, format!("demo-group#D#{NORDSTERN}"), "@")
    }

    fn lead(world: &'a World, lead: LeadId) -> Self {
        Self(world, format!("demo-group#L#{lead}"), "@")
    }

    async fn read(&self) -> ReleaseAttributes {
        let client = engine::client(engine());
        let get = client.get_item().table_name(&self.0.table).key("pk", text(&self.1)).key("sk", text(self.2)).consistent_read(true);
        get.send().await.unwrap().item.unwrap()
    }

    async fn change(&self, change: impl FnOnce(&mut ReleaseAttributes)) {
        let mut item = self.read().await;
        change(&mut item);
        engine::client(engine()).put_item().table_name(&self.0.table).set_item(Some(item)).send().await.unwrap();
    }
}

fn of_dealer(rest: &str) -> String {
    format!("/dealers/{NORDSTERN}/{rest}")
}

async fn put(world: &World, path: &str, body: &Value) -> Reply {
    let version = world.get(ADMIN, path).await.headers["etag"].to_str().unwrap().to_owned();
    let headers = [("content-type", "application/json"), ("if-match", version.as_str())];
    world.call(Request::put(ADMIN, path).headers(&headers).body(body.to_string().as_bytes())).await
}

async fn broken_rules(world: &World) -> Vec<String> {
    let found = world.get(ADMIN, &of_dealer("settings/findings")).await;
    assert_eq!(found.status, 200, "{}", found.body);
    let found = found.body["findings"].as_array().unwrap().clone();
    found.iter().filter(|finding| finding["kind"] == "breaks_rule").map(|finding| finding["field"].as_str().unwrap().to_owned()).collect()
}

/// Calls what a dealer needs every day.
async fn works(world: &World, name: &str) -> LeadId {
    let lead = world.lead(&enquiry(name)).await;
    let of_dealer = ["leads", "board", "settings", "users", "absences", "settings/history", "settings/findings"].map(of_dealer);
    for path in of_dealer.into_iter().chain(["/overview/leads".to_owned(), "/overview/appointments".to_owned()]) {
        let reply = world.get(ADMIN, &path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    }
    let reaction = world.post(ADMIN, &format!("/leads/{lead}/reactions"), &json!({"kind": "call_reached"})).await;
    assert!(reaction.status < 300, "{}", reaction.body);
    lead
}

#[tokio::test]
async fn set_10_a_setting_of_another_release_stops_nothing_and_survives_changes_of_other_parts() {
    let world = World::new().await;
    let stored = Stored::dealer(&world);
    stored
        .change(|dealer| {
            let settings = object(dealer, &["settings"]);
            settings.insert("new_setting".into(), AttributeValue::Bool(true));
            object(settings, &["capacity"]).insert("buffer_minutes".into(), AttributeValue::N("15".into()));
            let Some(AttributeValue::L(members)) = settings.get_mut("members") else { panic!("no members") };
            let Some(AttributeValue::M(last)) = members.last_mut() else { panic!("no member") };
            last.insert("desk".into(), text("7"));
        })
        .await;
    works(&world, "one").await;
    let changed = put(&world, &of_dealer("escalation"), &json!({"level_1": 100, "reminder": 10, "level_2": 1440})).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let changed = put(&world, &of_dealer("capacity"), &json!({"per_day": 5})).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    // The first member leaves; the last one keeps its desk.
    let settings = world.get(ADMIN, &of_dealer("settings")).await;
    let members = settings.body["settings"]["members"].as_array().unwrap();
    let leaver = members.iter().map(|member| member["user"].as_str().unwrap()).find(|user| {
        let needed = [&settings.body["settings"]["admin_user"], &settings.body["settings"]["fallback_user"]];
        let named = members.iter().any(|member| member["supervisor"] == *user || member["absences"].to_string().contains(user));
        !named && !needed.iter().any(|other| *other == user) && *user != members.last().unwrap()["user"]
    });
    let version = settings.headers["etag"].to_str().unwrap();
    let leaves =
        world.call(Request::delete(ADMIN, &of_dealer(&format!("users/{}", leaver.unwrap()))).headers(&[("if-match", version)])).await;
    assert_eq!(leaves.status, 200, "{}", leaves.body);

    let mut after = stored.read().await;
    assert_eq!(after["version"], AttributeValue::N("4".into()));
    let settings = object(&mut after, &["settings"]);
    assert_eq!(settings["new_setting"], AttributeValue::Bool(true));
    let capacity = object(settings, &["capacity"]);
    assert_eq!((&capacity["buffer_minutes"], &capacity["per_day"]), (&AttributeValue::N("15".into()), &AttributeValue::N("5".into())));
    let AttributeValue::L(kept) = &settings["members"] else { panic!("no members") };
    let desks: Vec<bool> = kept.iter().map(|member| member.as_m().unwrap().contains_key("desk")).collect();
    assert_eq!((desks.len(), desks.iter().filter(|desk| **desk).count(), desks.last()), (members.len() - 1, 1, Some(&true)));
    // The history has it too, so that it shows no change that nobody made.
    let history = Stored(&world, stored.1.clone(), "H#000004").read().await;
    assert_eq!(history["settings"].as_m().unwrap()["new_setting"], AttributeValue::Bool(true));
}

#[tokio::test]
async fn set_8_stored_settings_that_break_a_rule_are_readable_and_the_next_change_of_the_part_must_correct_them() {
    let world = World::new().await;
    Stored::dealer(&world)
        .change(|dealer| {
            let settings = object(dealer, &["settings"]);
            let Some(AttributeValue::L(members)) = settings.get_mut("members") else { panic!("no members") };
            members.push(members[0].clone());
            object(settings, &["capacity"]).insert("step".into(), AttributeValue::N("7".into()));
            let monday = [["13:00", "09:00"], ["08:00", "12:00"], ["11:00", "18:00"]];
            let monday = monday.map(|pair| AttributeValue::L(pair.map(text).to_vec()));
            object(settings, &["calendar", "hours"]).insert("mon".into(), AttributeValue::L(monday.to_vec()));
        })
        .await;
    let lead = works(&world, "two").await;
    let wrong = ["calendar.hours.mon[0]", "calendar.hours.mon[2]", "members[7].user", "capacity.step"];
    let count = world.get(ADMIN, &of_dealer("settings")).await.body["settings"]["members"].as_array().unwrap().len() - 1;
    let wrong = wrong.map(|field| field.replace("members[7]", &format!("members[{count}]")));
    assert_eq!(broken_rules(&world).await, wrong);
    // The clock counts in the hours that make sense: from 08:00 to 18:00.
    let deadline = world.page(lead).await.lead.original_deadline().unwrap();
    assert!(deadline > world.system.clock.now());

    // Other parts can be changed, and their change corrects nothing in silence.
    let changed = put(&world, &of_dealer("escalation"), &json!({"level_1": 100, "reminder": 10, "level_2": 1440})).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(broken_rules(&world).await, wrong);

    // The part itself must be right.
    let refused = put(&world, &of_dealer("capacity"), &json!({"step": 7, "per_day": 5})).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["step CAL-7".to_owned()]), "{}", refused.body);
    let hours = world.get(ADMIN, &of_dealer("opening-hours")).await.body;
    let same = json!({"zone": hours["settings"]["zone"], "hours": hours["settings"]["hours"]});
    let refused = put(&world, &of_dealer("opening-hours"), &same).await;
    assert_eq!(refused.faults(), ["hours.mon[0] SET-1", "hours.mon[2] SET-1"], "{}", refused.body);
    let whole = world.get(ADMIN, &of_dealer("settings")).await.body["settings"].clone();
    let refused = put(&world, &of_dealer("settings"), &whole).await;
    assert_eq!((refused.status, refused.faults().len()), (422, 4), "{}", refused.body);

    assert_eq!(put(&world, &of_dealer("capacity"), &json!({"step": 15, "per_day": 5})).await.status, 200);
    let corrected = json!({"zone": "Europe/Berlin", "hours": {"mon": [["08:00", "18:00"]]}});
    assert_eq!(put(&world, &of_dealer("opening-hours"), &corrected).await.status, 200);
    let member = whole["members"][0].clone();
    let switches =
        json!({"receives_leads": member["receives_leads"], "assignable": member["assignable"], "supervisor": member["supervisor"]});
    let path = of_dealer(&format!("users/{}", member["user"].as_str().unwrap()));
    let once = put(&world, &path, &switches).await;
    assert_eq!(once.status, 200, "{}", once.body);
    assert_eq!(broken_rules(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn set_8_values_of_another_release_in_settings_are_found_and_kept() {
    let world = World::new().await;
    let stored = Stored::dealer(&world);
    stored
        .change(|dealer| {
            let origins = ["showroom_screen", "forecourt", "contact_centre"].map(text);
            object(dealer, &["settings", "appointments"]).insert("origins".into(), AttributeValue::L(origins.to_vec()));
        })
        .await;
    works(&world, "three").await;
    assert_eq!(broken_rules(&world).await, ["appointments.origins"]);
    assert_eq!(put(&world, &of_dealer("capacity"), &json!({"per_day": 5})).await.status, 200);
    let origins = object(&mut stored.read().await, &["settings", "appointments"])["origins"].clone();
    assert!(origins.as_l().unwrap().contains(&text("showroom_screen")), "{origins:?}");
    let refused = put(&world, &of_dealer("appointment-settings"), &json!({"origins": ["showroom_screen"]})).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["origins APT-2".to_owned()]), "{}", refused.body);
}

#[tokio::test]
async fn lead_1_a_field_of_another_release_in_a_lead_survives_a_reaction() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("four")).await;
    let stored = Stored::lead(&world, lead);
    let tags = AttributeValue::L(vec![text("vip")]);
    stored.change(|lead| drop(lead.insert("tags".into(), tags.clone()))).await;
    let reply = world.post(ADMIN, &format!("/leads/{lead}/reactions"), &json!({"kind": "call_reached"})).await;
    assert!(reply.status < 300, "{}", reply.body);
    let after = stored.read().await;
    assert_eq!((&after["tags"], &after["version"]), (&tags, &AttributeValue::N("2".into())));
}

#[tokio::test]
async fn lead_8_a_lead_with_a_status_of_another_release_is_shown_as_unknown_everywhere() {
    let world = World::new().await;
    let (lead, other) = (world.lead(&enquiry("five")).await, world.lead(&enquiry("six")).await);
    Stored::lead(&world, lead)
        .change(|lead| {
            object(lead, &["row"]).insert("status".into(), text("test_drive_booked"));
            object(lead, &["row"]).insert("type".into(), text("subscription"));
        })
        .await;
    for list in ["leads", "board"] {
        let rows = world.get(ADMIN, &of_dealer(list)).await;
        assert_eq!(rows.status, 200, "{}", rows.body);
        let shown = |id: LeadId| rows.body["leads"].as_array().unwrap().iter().find(|row| row["id"] == id.to_string()).unwrap().clone();
        assert_eq!((&shown(lead)["status"], &shown(lead)["type"]), (&json!("unknown"), &json!("unknown")));
        assert_eq!(shown(other)["status"], "in_progress");
    }
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert_eq!((page.status, page.text("/status")), (200, "unknown"), "{}", page.body);
    let overview = world.get(ADMIN, "/overview/leads").await;
    assert_eq!(overview.status, 200, "{}", overview.body);
    // Its deadline passes; the others' steps happen, and nothing fails.
    world.advance_to("2026-11-25T09:00:00Z").await;
    assert!(world.mails().iter().any(|mail| mail.contains("berf")), "{:?}", world.mails());
    // What it was stays, until somebody reopens it.
    let status = |item: &ReleaseAttributes| item["row"].as_m().unwrap()["status"].clone();
    assert_eq!(status(&Stored::lead(&world, lead).read().await), text("test_drive_booked"));
    let reopened = world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "in_progress"})).await;
    assert!(reopened.status < 300, "{} {}", reopened.status, reopened.body);
    assert_eq!(status(&Stored::lead(&world, lead).read().await), text("in_progress"));
}

#[tokio::test]
async fn set_11_a_recomputation_with_a_cursor_of_another_release_starts_again() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("seven")).await;
    let before = world.page(lead).await.lead.deadline().unwrap();
    let changed = put(&world, &of_dealer("escalation"), &json!({"level_1": 240, "reminder": 10, "level_2": 1440})).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let job = Stored(&world, format!("demo-group#D#{NORDSTERN}"), "J");
    job.change(|job| drop(job.insert("cursor".into(), text("v9:another format")))).await;
    world.advance_to("2026-11-23T09:05:00Z").await;
    assert!(world.page(lead).await.lead.deadline().unwrap() > before);
    let key = Key::Recompute(dealer(NORDSTERN));
    let loaded = world.store.load(&world.scope(), &Load::of([key])).await.unwrap();
    let done = loaded.recompute(&dealer(NORDSTERN)).unwrap();
    assert_eq!(*done, Recompute { due: None, cursor: None, ..done.clone() });
}

#[tokio::test]
async fn set_11_a_recomputation_leaves_out_leads_and_events_that_cannot_be_read() {
    let world = World::new().await;
    let mut leads = Vec::new();
    for name in ["eight", "nine", "ten"] {
        leads.push(world.lead(&enquiry(name)).await);
    }
    let before = world.page(leads[0]).await.lead.deadline().unwrap();
    let other = world.lead(&enquiry("eleven")).await;
    let call = json!({"title": "Call", "type": "phone_outbound", "at": "2026-11-25T09:00:00Z"});
    let event = world.post(ADMIN, &format!("/leads/{other}/events"), &call).await;
    assert_eq!(event.status, 201, "{}", event.body);
    // A newer release wrote one of the leads, and the event of another one.
    let newer = |item: &mut ReleaseAttributes| drop(item.insert("sv".into(), AttributeValue::N("99".into())));
    Stored::lead(&world, leads[1]).change(newer).await;
    Stored(&world, format!("demo-group#L#{other}"), format!("E#{}", event.text("/id")).leak()).change(newer).await;
    let changed = put(&world, &of_dealer("escalation"), &json!({"level_1": 240, "reminder": 10, "level_2": 1440})).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    world.advance_to("2026-11-23T09:05:00Z").await;
    for lead in [leads[0], leads[2]] {
        assert!(world.page(lead).await.lead.deadline().unwrap() > before);
    }
    let loaded = world.store.load(&world.scope(), &Load::of([Key::Recompute(dealer(NORDSTERN))])).await.unwrap();
    let done = loaded.recompute(&dealer(NORDSTERN)).unwrap();
    assert_eq!((done.due, &done.cursor), (None, &None));
}

#[tokio::test]
async fn lead_1_an_event_and_an_author_of_another_release_are_shown_as_unknown() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("eight")).await;
    Stored(&world, format!("demo-group#L#{lead}"), "T#000001")
        .change(|entry| {
            entry.insert("by".into(), AttributeValue::M([("robot".to_owned(), text("r2"))].into()));
            let Some(AttributeValue::L(events)) = entry.get_mut("events") else { panic!("no events") };
            let scored = [("what".to_owned(), text("scored")), ("points".to_owned(), AttributeValue::N("5".into()))];
            events.push(AttributeValue::M(scored.into()));
        })
        .await;
    let timeline = world.get(ADMIN, &format!("/leads/{lead}/timeline")).await;
    assert_eq!(timeline.status, 200, "{}", timeline.body);
    let first = timeline.body["timeline"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(first["by"], "unknown", "{first}");
    let shown = first["events"].as_array().unwrap().iter().map(|event| event["what"].as_str().unwrap_or_default()).collect::<Vec<_>>();
    assert_eq!((shown.first(), shown.last()), (Some(&"received"), Some(&"unknown")), "{first}");
}

#[tokio::test]
async fn set_10_a_list_shows_the_rest_if_one_entry_cannot_be_read() {
    let world = World::new().await;
    let (lead, other) = (world.lead(&enquiry("eleven")).await, world.lead(&enquiry("twelve")).await);
    // A field has a type that this release cannot read.
    let wrong = || AttributeValue::Bool(true);
    Stored::lead(&world, lead).change(|lead| drop(object(lead, &["row"]).insert("owner".into(), wrong()))).await;
    for list in ["leads", "board"] {
        let shown = world.get(ADMIN, &of_dealer(list)).await;
        let ids: Vec<&str> = shown.body["leads"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
        assert_eq!((shown.status, ids), (200, vec![other.to_string().as_str()]), "{list}: {}", shown.body);
    }

    let reaction = world.post(ADMIN, &format!("/leads/{other}/reactions"), &json!({"kind": "call_reached"})).await;
    assert!(reaction.status < 300, "{}", reaction.body);
    let first = Stored(&world, format!("demo-group#L#{other}"), "T#000001");
    let entries = world.get(ADMIN, &format!("/leads/{other}/timeline")).await.body["timeline"].as_array().unwrap().len();
    first.change(|entry| drop(entry.insert("at".into(), wrong()))).await;
    let timeline = world.get(ADMIN, &format!("/leads/{other}/timeline")).await;
    assert_eq!((timeline.status, timeline.body["timeline"].as_array().unwrap().len()), (200, entries - 1), "{}", timeline.body);
    assert!(entries > 1);

    let users = async || world.get("gina.group", "/users").await.body["users"].as_array().unwrap().len();
    let all = users().await;
    let user = Stored(&world, "demo-group#U#anna.vogt".into(), "@");
    user.change(|user| drop(object(user, &["row"]).insert("name".into(), wrong()))).await;
    assert_eq!(users().await, all - 1);
}
