//! Appointments that move to other dealers with their leads are counted and exported once (OVR-1, EXP-1, EXP-3).

use crate::support::dealers::{create_dealer, move_to_dealer};
use crate::support::stored_appointments::{appointment, save};
use crate::support::world::{NORDSTERN, World, at, enquiry};
use chrono::TimeDelta;
use forecourt_domain::settings::DealerSettings;
use forecourt_export::Exporter;
use serde_json::{Value, json};

const LAKESIDE: &str = "lakeside-motors-demo";

/// Creates a lead at a dealer, with an appointment.
async fn visit(world: &World, dealer: &str, name: &str) -> String {
    let lead = world.post("gina.group", &format!("/dealers/{dealer}/leads"), &enquiry(name)).await;
    let body = json!({"lead": lead.text("/id"), "kind": "showroom", "at": "2027-02-10T10:00:00+01:00"});
    let made = world.post("gina.group", &format!("/dealers/{dealer}/appointments"), &body).await;
    assert_eq!((lead.status, made.status), (201, 201), "{} {}", lead.body, made.body);
    lead.text("/id").to_owned()
}

async fn request_export(world: &World, body: &Value) -> String {
    world.post("hugo.office", "/exports", body).await.text("/id").to_owned()
}

/// Runs an export in slices of `reads` reads, three seconds apart. Calls `after` with the number and the state after each slice. Returns
/// the final state.
async fn run_in_slices(world: &World, id: &str, reads: usize, after: impl AsyncFn(u32, Value)) -> Value {
    let mut exporter = Exporter::new(world.system.platform.of("export"), world.bucket.clone());
    exporter.reads = reads;
    let wake_up = json!({"kind": "export", "group": "demo-group", "dealer": NORDSTERN, "export": id}).to_string();
    for slice in 1..300 {
        world.system.clock.freeze_at(world.system.clock.now() + TimeDelta::seconds(3));
        let event = json!({"Records": [{"messageId": "1", "body": wake_up}]});
        assert!(exporter.messages(serde_json::from_value(event).unwrap()).await.batch_item_failures.is_empty());
        let seen = world.get("hugo.office", &format!("/exports/{id}")).await.body;
        if seen["state"] == "done" {
            return seen;
        }
        after(slice, seen).await;
    }
    panic!("it does not end")
}

/// OVR-1, EXP-1, DIS-7: an appointment that moves with its lead to a dealer created later is counted there, by its own creation time.
#[tokio::test]
async fn ovr_1_an_appointment_older_than_its_new_dealer_is_counted_there() {
    let world = World::new().await;
    let lead = visit(&world, NORDSTERN, "jana").await;
    world.advance_to("2027-01-07T09:00:00Z").await;
    create_dealer(&world, "newsite-demo").await;
    move_to_dealer(&world, &lead, "newsite-demo").await;
    world.advance_to("2027-01-07T09:01:00Z").await;
    for (query, wanted) in [
        ("", 1),
        ("?dealer=newsite-demo", 1),
        ("?dealer=newsite-demo&created_from=2026-11-23&created_to=2026-11-23", 1),
        ("?created_from=2026-11-24", 0),
        ("?created_to=2026-11-22", 0),
        ("?dealer=autohaus-nordstern-demo", 0),
    ] {
        let seen = world.get("gina.group", &format!("/overview/appointments{query}")).await.body;
        assert_eq!((&seen["appointments"]["total"], seen["rows"].as_array().unwrap().len()), (&json!(wanted), wanted), "{query}");
    }
    let id =
        request_export(&world, &json!({"what": "appointments", "filter": {"dealer": "newsite-demo", "created_to": "2026-11-30"}})).await;
    assert_eq!(run_in_slices(&world, &id, 100, async |_, _| ()).await["rows"], 1);
}

/// EXP-3: an appointment that changes its dealer while an export runs is exported once, whether its old or its new dealer is read first,
/// and also if it returns.
#[tokio::test]
async fn exp_3_an_appointment_that_changes_its_dealer_during_an_export_is_exported_once() {
    for (from, way) in [
        (NORDSTERN, &[(1, LAKESIDE)][..]),
        (NORDSTERN, &[(1, LAKESIDE), (3, NORDSTERN)]),
        (NORDSTERN, &[(9, LAKESIDE), (10, "harbour-cars-demo")]),
        (LAKESIDE, &[(1, NORDSTERN)]),
        (LAKESIDE, &[(1, NORDSTERN), (2, "harbour-cars-demo")]),
        (LAKESIDE, &[(1, "harbour-cars-demo"), (12, LAKESIDE)]),
    ] {
        let world = World::new().await;
        let lead = visit(&world, from, "jana").await;
        visit(&world, from, "kim").await;
        // One dealer's months are already read when the lead moves; another dealer's months are still to be read.
        world.advance_to("2026-11-23T10:00:00Z").await;
        let id = request_export(&world, &json!({"what": "appointments"})).await;
        let moves = async |slice: u32, _: Value| {
            for (_, to) in way.iter().filter(|(after, _)| *after == slice) {
                move_to_dealer(&world, &lead, to).await;
            }
        };
        let done = run_in_slices(&world, &id, 5, moves).await;
        assert_eq!(done["rows"], 2, "{from} {way:?}");
    }
}

/// EXP-3: when the dealer's zone changes while an export by date runs, the months to read change, and no month is skipped.
#[tokio::test]
async fn exp_3_a_zone_change_during_an_export_skips_no_month() {
    let world = World::new().await;
    for (i, made) in ["2026-11-05T09:00:00Z", "2026-11-06T09:00:00Z"].iter().enumerate() {
        save(&world.store, &world.scope(), &appointment(&format!("a{i}"), NORDSTERN, at(made))).await;
    }
    let id = request_export(&world, &json!({"what": "appointments", "filter": {"dealer": NORDSTERN, "created_from": "2026-11-01"}})).await;
    let to_london = async |slice: u32, _: Value| {
        if slice == 1 {
            let zone = |draft: &mut DealerSettings| {
                let mut value = serde_json::to_value(&*draft).unwrap();
                value["calendar"]["zone"] = json!("Europe/London");
                *draft = serde_json::from_value(value).unwrap();
            };
            world.settings(zone).await;
        }
    };
    assert_eq!(run_in_slices(&world, &id, 2, to_london).await["rows"], 2);
}

/// EXP-3: progress also advances within a month, never goes back, and is 100 only when the export is done.
#[tokio::test]
async fn exp_3_progress_advances_within_a_month() {
    let world = World::at("2026-11-30T09:00:00Z").await;
    let notes = "x".repeat(1_900);
    for i in 0..40 {
        let mut one = appointment(&format!("a{i:03}"), NORDSTERN, at("2026-11-02T09:00:00Z") + TimeDelta::hours(16 * i));
        // A page ends at one megabyte.
        one.customer = notes.repeat(40);
        save(&world.store, &world.scope(), &one).await;
    }
    let body = json!({"what": "appointments", "filter": {"dealer": NORDSTERN, "created_from": "2026-11-02", "created_to": "2026-11-29"}});
    let id = request_export(&world, &body).await;
    let shown = std::sync::Mutex::new(Vec::new());
    let done = run_in_slices(&world, &id, 2, async |_, seen: Value| shown.lock().unwrap().push(seen["progress"].as_u64().unwrap())).await;
    let shown = shown.into_inner().unwrap();
    println!("progress: {shown:?}");
    assert_eq!((&done["progress"], &done["rows"]), (&json!(100), &json!(40)));
    assert!(shown.is_sorted() && shown.iter().any(|percent| (10..90).contains(percent)) && shown.iter().all(|percent| *percent < 100));
}
