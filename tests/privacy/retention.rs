//! Retention: closed leads are erased after the months that the dealer chose (PRV-5).

use super::{GROUP_ADMIN, table};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry};
use forecourt_domain::base::LeadId;
use forecourt_domain::enquiry::Person;
use forecourt_edge::usecase::directory::channels;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::{Value, json};

async fn close(world: &World, lead: LeadId, status: &Value) {
    let closed = world.post(ADMIN, &format!("/leads/{lead}/status"), status).await;
    assert_eq!(closed.status, 200, "{}", closed.body);
}

async fn retention(world: &World) -> Reply {
    let reply = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/retention")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply
}

async fn is_erased(world: &World, lead: LeadId) -> bool {
    world.page(lead).await.lead.erased.is_some()
}

/// Whether the directory has an entry for the e-mail address of an enquiry by this name.
async fn is_known(world: &World, name: &str) -> bool {
    let dealer = world.store.dealer(&world.scope(), &crate::support::world::dealer(NORDSTERN)).await.unwrap().unwrap();
    let emails = vec![forecourt_domain::base::Email::parse(&format!("{name}@example.com")).unwrap()];
    let own = channels(&world.system.platform, &world.scope(), &dealer, &Person { emails, ..Person::default() });
    let keys: Vec<Key> = own.keys().collect();
    let loaded = world.store.load(&world.scope(), &Load::of(keys.clone())).await.unwrap();
    keys.iter().any(|key| loaded.holds(key))
}

/// Sets the months by the API.
async fn keep_for(world: &World, months: Value, dry_run: bool) -> Reply {
    let path = format!("/dealers/{NORDSTERN}/configuration");
    let now = world.get(ADMIN, &path).await;
    let mut body = now.body["settings"].clone();
    body["retention_months"] = months;
    let etag = now.headers["etag"].to_str().unwrap().to_owned();
    let path = if dry_run { format!("{path}?dry_run=true") } else { path };
    let headers = [("content-type", "application/json"), ("if-match", etag.as_str())];
    world.call(Request::put(ADMIN, &path).headers(&headers).body(body.to_string().as_bytes())).await
}

#[tokio::test]
async fn prv_5_closed_leads_are_erased_after_the_retention_and_the_counts_stay() {
    let world = World::new().await;
    let won = world.lead(&enquiry("jana")).await;
    let lost = world.lead(&enquiry("zora")).await;
    let held = world.lead(&enquiry("nora")).await;
    let visited = world.lead(&enquiry("karl")).await;
    let reopened = world.lead(&enquiry("rosa")).await;
    world.system.settle().await;
    let visit = json!({"title": "Visit", "type": "visit_inbound", "at": "2027-03-01T10:00:00+01:00"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{visited}/events"), &visit).await.status, 201);
    for lead in [won, held, visited, reopened] {
        close(&world, lead, &json!({"status": "won"})).await;
    }
    close(&world, lost, &json!({"status": "lost", "reason": "other"})).await;
    // Jana is a customer of two leads.
    let later = world.lead(&enquiry("jana")).await;
    close(&world, reopened, &json!({"status": "in_progress"})).await;
    let hold = world.post(GROUP_ADMIN, "/legal-holds", &json!({"lead": held, "reason": "authority"})).await;
    assert_eq!(hold.status, 201, "{}", hold.body);
    world.advance_to("2026-12-22T09:00:00Z").await;
    let young = world.lead(&enquiry("emma")).await;
    close(&world, young, &json!({"status": "won"})).await;
    world.advance_to("2026-12-25T20:00:00Z").await;
    let overview = world.get(GROUP_ADMIN, "/overview/leads").await.body["leads"].clone();
    assert_eq!(retention(&world).await.body, json!({"dealer": NORDSTERN, "months": null, "next_at": null}));

    let dry = keep_for(&world, json!(1), true).await;
    assert_eq!((dry.status, &dry.body["retention_preview"]["leads"]), (200, &json!(2)), "{}", dry.body);
    assert_eq!(dry.body["retention_preview"]["and_more"], false, "{}", dry.body);
    assert!(retention(&world).await.body["next_at"].is_null(), "a dry run changes nothing");
    let saved = keep_for(&world, json!(1), false).await;
    assert_eq!((saved.status, saved.body.get("retention_preview")), (200, None), "{}", saved.body);
    assert_eq!(retention(&world).await.text("/next_at"), "2026-12-26T01:30:00Z");
    let findings = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/settings/findings")).await;
    let of_retention = findings.body["findings"].as_array().unwrap().iter().find(|finding| finding["kind"] == "retention_erases").cloned();
    assert!(
        of_retention
            .is_some_and(|finding| finding["detail"].as_str().unwrap().contains("erases 2 leads that were closed before 2026-11-25")),
        "{}",
        findings.body
    );

    world.advance_to("2026-12-26T02:00:00Z").await;
    let receipt = retention(&world).await;
    let last = &receipt.body["last"];
    assert_eq!(
        (&last["ordered"], &last["held"], &last["planned"], &last["limited"]),
        (&json!(2), &json!(1), &json!(1), &json!(false)),
        "{}",
        receipt.body
    );
    assert_eq!((receipt.text("/next_at"), receipt.body.get("run")), ("2026-12-27T01:30:00Z", None), "{}", receipt.body);
    let order = world.get(GROUP_ADMIN, &format!("/erasures/{}", receipt.text("/last/erasures/0"))).await;
    assert_eq!(
        (order.text("/reason"), order.text("/state"), &order.body["erased"]["leads"]),
        ("retention", "done", &json!(2)),
        "{}",
        order.body
    );
    assert!(is_erased(&world, won).await && is_erased(&world, lost).await);
    for lead in [held, visited, reopened, later, young] {
        assert!(!is_erased(&world, lead).await, "{lead}");
    }
    let items = table(&world).await;
    assert!(!items.iter().any(|item| item.contains("zora")), "Zora is erased");
    assert!(is_known(&world, "jana").await && !is_known(&world, "zora").await, "Jana has another lead");
    let now = world.get(GROUP_ADMIN, "/overview/leads").await.body["leads"].clone();
    for count in ["received", "won", "lost"] {
        assert_eq!(now[count], overview[count], "{count} stays");
    }

    // The event is over, and the hold is lifted.
    assert_eq!(world.call(Request::delete(GROUP_ADMIN, &format!("/legal-holds/{}", hold.text("/id")))).await.status, 200);
    world.advance_to("2026-12-27T02:00:00Z").await;
    assert!(is_erased(&world, held).await && !is_erased(&world, visited).await);
    world.advance_to("2027-03-02T02:00:00Z").await;
    assert!(is_erased(&world, visited).await && is_erased(&world, young).await);
    assert!(!is_erased(&world, later).await && !is_erased(&world, reopened).await, "open leads are kept");
    assert_eq!(keep_for(&world, Value::Null, false).await.status, 200);
    world.advance_to("2027-03-03T09:00:00Z").await;
    assert!(retention(&world).await.body["next_at"].is_null());
}

#[tokio::test]
async fn prv_5_a_retention_has_1_to_240_months() {
    let world = World::new().await;
    for months in [0, 241] {
        let refused = keep_for(&world, json!(months), false).await;
        assert_eq!((refused.status, refused.faults()), (422, vec!["retention_months PRV-5".to_owned()]), "{}", refused.body);
    }
    for months in [1, 240] {
        let saved = keep_for(&world, json!(months), false).await;
        assert_eq!(saved.status, 200, "{}", saved.body);
    }
}

/// PRV-5: more leads than one order takes are erased by several, in one night.
#[tokio::test]
async fn prv_5_a_run_erases_many_leads_page_by_page() {
    let world = World::delivering_twice().await;
    let mut leads = Vec::new();
    for i in 0..45 {
        let lead = world.lead(&enquiry(&format!("visitor{i:02}"))).await;
        close(&world, lead, &json!({"status": "won"})).await;
        leads.push(lead);
        if i % 10 == 9 {
            world.system.advance_to(world.system.clock.now() + chrono::TimeDelta::minutes(1)).await;
        }
    }
    world.advance_to("2026-12-25T20:00:00Z").await;
    assert_eq!(keep_for(&world, json!(1), false).await.status, 200);
    world.advance_to("2026-12-26T02:00:00Z").await;
    let receipt = retention(&world).await;
    assert_eq!(
        (&receipt.body["last"]["ordered"], receipt.body["last"]["erasures"].as_array().unwrap().len()),
        (&json!(45), 3),
        "{}",
        receipt.body
    );
    for lead in leads {
        assert!(is_erased(&world, lead).await, "{lead}");
    }
    assert!(!table(&world).await.iter().any(|item| item.contains("visitor")), "nothing is left");
    world.advance_to("2026-12-27T02:00:00Z").await;
    assert_eq!(retention(&world).await.body["last"]["ordered"], 0, "nothing is erased twice");
}

/// PRV-5: the finding counts until it knows that leads will be erased; a dry run counts them all.
#[tokio::test]
async fn prv_5_the_finding_counts_a_part_and_a_dry_run_counts_all_leads() {
    let world = World::new().await;
    let first = world.lead(&enquiry("jana")).await;
    close(&world, first, &json!({"status": "won"})).await;
    world.advance_to("2029-03-01T09:00:00Z").await;
    let second = world.lead(&enquiry("otto")).await;
    close(&world, second, &json!({"status": "won"})).await;
    world.advance_to("2029-06-01T09:00:00Z").await;
    assert_eq!(keep_for(&world, json!(1), true).await.body["retention_preview"]["leads"], 2);
    assert_eq!(keep_for(&world, json!(1), false).await.status, 200);
    let finding = async || {
        let found = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/settings/findings")).await;
        let found = found.body["findings"].as_array().unwrap().iter().find(|finding| finding["kind"] == "retention_erases").cloned();
        found.map(|finding| finding["detail"].as_str().unwrap().to_owned())
    };
    let detail = finding().await.unwrap();
    assert!(detail.contains("erases 1 leads or more that"), "{detail}");
    world.advance_to("2029-06-02T09:00:00Z").await;
    assert!(is_erased(&world, first).await && is_erased(&world, second).await);
    assert_eq!(finding().await, None);
}
