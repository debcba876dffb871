//! The header and the paged timeline of a lead's page (LEAD-1, LEAD-2).

use crate::support::world::{ADMIN, NORDSTERN, Request, World, enquiry};
use forecourt_domain::base::{Actor, LeadId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::{Entry, Event, Raw, RawStorage};
use forecourt_store::keys::Key;
use forecourt_store::{Cursor, Load};
use serde_json::{Value, json};

#[tokio::test]
async fn lead_1_the_header_contains_status_deadline_and_next_action() {
    let world = World::new().await;
    let id = world.lead(&enquiry("petersen")).await;
    let path = format!("/leads/{id}");
    world.advance_to("2026-11-23T10:30:00Z").await;
    let page = world.get(ADMIN, &path).await.body;
    for (field, wanted) in [
        ("status", json!("in_progress")),
        ("status_colour", json!("#1F6FB2")),
        ("contact", json!("petersen")),
        ("number", json!(id.spoken())),
        ("owner", json!("anna.vogt")),
        ("type", json!("used_car")),
        ("source", json!("website")),
        ("received_at", json!("2026-11-23T09:00:00Z")),
        ("updated_at", json!("2026-11-23T09:00:00Z")),
        ("age_seconds", json!(5_400)),
        ("next_action_at", json!("2026-11-23T09:00:00Z")),
        ("next_action", Value::Null),
    ] {
        assert_eq!(page[field], wanted, "{field}");
    }
    assert_eq!(page["deadline"]["seconds_left"], 1_800);
    let body = json!({"title": "Call", "type": "phone_outbound", "at": "2026-11-26T09:00:00Z"});
    let event = world.post(ADMIN, &format!("{path}/events"), &body).await;
    world.advance_to("2026-11-23T11:10:00Z").await;
    let page = world.get(ADMIN, &path).await.body;
    assert_eq!((&page["next_action"], &page["next_action_at"]), (&event.body["id"], &json!("2026-11-26T09:00:00Z")));
    let next = &page["next_action_event"];
    assert_eq!((&next["title"], &next["type"], &next["user"]), (&json!("Call"), &json!("phone_outbound"), &page["owner"]));
    assert_eq!(page["deadline"]["seconds_left"], -600, "overdue by ten minutes");
    for (body, colour) in [(json!({"status": "won"}), "#2E7D32"), (json!({"status": "in_progress"}), "#1F6FB2")] {
        assert_eq!(world.post(ADMIN, &format!("{path}/status"), &body).await.body["status_colour"], colour);
    }
    let lost = world.post(ADMIN, &format!("{path}/status"), &json!({"status": "lost", "reason": "price"})).await;
    assert_eq!(lost.body["status_colour"], "#C62828");
}

/// Adds timeline entries with 20 KB of raw input each to a lead.
async fn add_timeline_entries(world: &World, id: LeadId, entries: usize) {
    for _ in 0..entries {
        let rule = |loaded: &forecourt_store::Loaded, _| {
            let lead = loaded.lead(id).unwrap().touched(world.system.clock.now());
            let raw = Raw { media_type: "text/plain".into(), storage: RawStorage::Here(vec![7; 20_000]) };
            let events = vec![Event::CallMissed { note: Some(format!("no. {}", lead.version)) }];
            let entry =
                Entry { lead: id, version: lead.version, at: lead.updated, by: Actor::System, events, raw: Some(raw), receipt: None };
            let decision = Decision::default().with(Item::Lead(Box::new(lead))).with(Item::Entry(Box::new(entry)));
            Ok((Some(decision), ()))
        };
        world.store.decide(&world.scope(), Load::of([Key::Lead(id)]), rule).await.unwrap();
    }
}

/// LEAD-1, LEAD-2: a lead with two megabytes of history. The page needs two round trips and shows the latest entries; its cursor gives
/// the rest. Each entry appears once.
#[tokio::test]
async fn lead_2_a_long_timeline_is_paged_newest_first() {
    let world = World::new().await;
    let id = world.lead(&enquiry("petersen")).await;
    let short = world.get(ADMIN, &format!("/leads/{id}")).await.body;
    assert_eq!((&short["timeline_truncated"], &short["timeline_cursor"]), (&json!(false), &Value::Null));
    add_timeline_entries(&world, id, 110).await;
    let before = world.store.spent();
    let page = world.get(ADMIN, &format!("/leads/{id}")).await.body;
    // The first read shows that there is more; three concurrent reads fetch it.
    assert!(world.store.spent().since(before).calls <= 4, "{:?}", world.store.spent().since(before));
    assert_eq!(page["enquiry"]["contact"]["last_name"], "petersen", "the enquiry is there though its entry is not");
    assert_eq!(page["messages"].as_array().unwrap().len(), 1);
    let notes = |body: &Value| -> Vec<String> {
        let entries = body["timeline"].as_array().unwrap().iter();
        entries.map(|entry| entry["events"][0]["note"].as_str().unwrap_or("received").to_owned()).collect()
    };
    let shown = notes(&page);
    assert_eq!((shown.len(), shown.first().unwrap().as_str(), shown.last().unwrap().as_str()), (50, "no. 62", "no. 111"));
    assert_eq!(page["timeline_truncated"], true);
    let mut all: Vec<String> = shown.into_iter().rev().collect();
    let mut cursor = page["timeline_cursor"].as_str().map(str::to_owned);
    while let Some(before) = cursor {
        let next = world.get(ADMIN, &format!("/leads/{id}/timeline?limit=20&cursor={before}")).await;
        assert_eq!(next.status, 200, "{}", next.body);
        all.extend(notes(&next.body));
        cursor = next.body["cursor"].as_str().map(str::to_owned);
    }
    let wanted: Vec<String> = (2..=111).rev().map(|n| format!("no. {n}")).chain(["received".to_owned()]).collect();
    assert_eq!(all, wanted);
    let first = world.get(ADMIN, &format!("/leads/{id}/timeline")).await.body;
    assert_eq!(notes(&first)[..2], ["no. 111", "no. 110"]);
}

/// INT-5, CAL-3: the page shows a resent enquiry in its latest state and the next planned event, however many timeline entries follow.
#[tokio::test]
async fn int_5_the_page_shows_the_latest_state_of_a_resent_enquiry_at_any_age() {
    let world = World::new().await;
    let sample = |status: &str, model: &str| {
        format!(
            "<?adf version=\"1.0\"?><adf><prospect{status}><id sequence=\"1\" source=\"s\">x-1</id><requestdate>2026-11-23T09:00:00+01:00</requestdate>\
             <vehicle><make>Opel</make><model>{model}</model></vehicle><customer><contact><name>Jana</name><email>j@example.com</email></contact></customer></prospect></adf>"
        )
    };
    let first = world.adf(NORDSTERN, sample("", "Corsa").as_bytes()).await;
    let id: LeadId = first.text("/id").parse().unwrap();
    assert_eq!(world.adf(NORDSTERN, sample(" status=\"resend\"", "Astra").as_bytes()).await.status, 200);
    world.post(ADMIN, &format!("/leads/{id}/events"), &json!({"title": "Call her", "type": "phone_outbound"})).await;
    for more in [0, 110] {
        add_timeline_entries(&world, id, more).await;
        let page = world.get(ADMIN, &format!("/leads/{id}")).await.body;
        assert_eq!(page["enquiry"]["vehicles"][0]["model"], "Astra", "after {more} more");
        assert_eq!(page["next_action_event"]["title"], "Call her", "and so is the next action, after {more} more");
    }
}

/// LEAD-9: the timeline follows the rights on its lead, and invalid queries are refused.
#[tokio::test]
async fn lead_9_the_timeline_follows_the_rights_on_its_lead() {
    let world = World::new().await;
    let id = world.lead(&enquiry("petersen")).await;
    let path = format!("/leads/{id}/timeline");
    for (who, status) in [("anna.vogt", 200), ("ben.krause", 404), ("alice.moore", 404), ("rival.seller", 404), ("chris.center", 403)] {
        assert_eq!(world.get(who, &path).await.status, status, "{who}");
    }
    assert_eq!(world.get(ADMIN, "/leads/0000000000/timeline").await.status, 404);
    for (query, fault) in
        [("limit=0", "limit LEAD-2"), ("limit=101", "limit LEAD-2"), ("cursor=x", "cursor LEAD-2"), ("page=2", "page API-1")]
    {
        assert_eq!(world.get(ADMIN, &format!("{path}?{query}")).await.faults(), [fault]);
    }
    let end = world.get(ADMIN, &format!("{path}?cursor={}", Cursor::new(id, 1).encode())).await;
    assert_eq!((end.status, end.body), (200, json!({"timeline": []})));
    let other = world.lead(&enquiry("karl")).await;
    let cursor = |lead: LeadId, version: &str| Cursor::new(lead, version).encode();
    for forged in [
        cursor(other, "1"),
        cursor(id, "2"),
        cursor(id, "99999999999999999999"),
        cursor(id, ""),
        format!("{id}-1"),
        "1".into(),
        String::new(),
    ] {
        for (list, fault) in [("timeline", "cursor LEAD-2"), ("tasks", "cursor LEAD-4")] {
            let fault = if forged.is_empty() { "cursor API-1" } else { fault };
            assert_eq!(world.get(ADMIN, &format!("/leads/{id}/{list}?cursor={forged}")).await.faults(), [fault], "{forged}");
        }
    }
}

/// LEAD-2: each entry that exists throughout appears on exactly one page. An entry that is added between two pages appears on neither,
/// and a removed element keeps its entries.
#[tokio::test]
async fn lead_2_timeline_pages_show_each_entry_once_despite_changes_in_between() {
    let world = World::new().await;
    let id = world.lead(&enquiry("petersen")).await;
    let mut comments = Vec::new();
    for i in 0..60 {
        let made = world.post(ADMIN, &format!("/leads/{id}/comments"), &json!({"text": format!("no. {i}")})).await;
        comments.push(made.headers["location"].to_str().unwrap().to_owned());
    }
    let page = world.get(ADMIN, &format!("/leads/{id}")).await.body;
    let shown_events = |body: &Value| -> Vec<String> {
        let events = body["timeline"].as_array().unwrap().iter().map(|entry| entry["events"][0].clone());
        events.map(|event| event["text"].as_str().or(event["what"].as_str()).unwrap().to_owned()).collect()
    };
    let (mut shown, mut cursor) = (shown_events(&page), page["timeline_cursor"].as_str().map(str::to_owned));
    shown.reverse();
    let mut gone = comments.iter();
    while let Some(before) = cursor {
        // An old element, whose entries are on later pages, is removed, and a new one is added.
        let removed = world.call(Request::delete(ADMIN, gone.next().unwrap()).headers(&[("if-match", "\"1\"")])).await;
        assert_eq!(removed.status, 200, "{}", removed.body);
        assert_eq!(world.post(ADMIN, &format!("/leads/{id}/comments"), &json!({"text": "another"})).await.status, 201);
        let next = world.get(ADMIN, &format!("/leads/{id}/timeline?limit=4&cursor={before}")).await;
        assert_eq!(next.status, 200, "{}", next.body);
        shown.extend(shown_events(&next.body));
        cursor = next.body["cursor"].as_str().map(str::to_owned);
    }
    let wanted: Vec<String> = (0..60).rev().map(|i| format!("no. {i}")).chain(["received".to_owned()]).collect();
    assert_eq!(shown, wanted);
}
