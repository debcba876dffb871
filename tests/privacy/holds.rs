//! Legal holds (PRV-5).

use super::{GROUP_ADMIN, erased, minutes_pass, order};
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, engine, enquiry};
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_domain::base::{Actor, LeadId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::{HoldReason, Lead};
use forecourt_domain::privacy::{Erasure, LegalHold};
use forecourt_domain::rules::privacy::placed;
use forecourt_export::order_again;
use forecourt_local::engine as tables;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde_json::{Value, json};

async fn hold(world: &World, lead: LeadId, contact: Option<&str>) -> Reply {
    let mut body = json!({"lead": lead, "reason": "legal_claim"});
    if let Some(contact) = contact {
        body["contact"] = json!(contact);
    }
    let placed = world.post(GROUP_ADMIN, "/legal-holds", &body).await;
    assert_eq!((placed.status, placed.text("/state")), (201, "standing"), "{}", placed.body);
    placed
}

async fn lift(world: &World, hold: &Reply) -> Reply {
    world.call(Request::delete(GROUP_ADMIN, &format!("/legal-holds/{}", hold.text("/id")))).await
}

/// Returns the names of the legal holds' events on the timeline.
async fn events(world: &World, lead: LeadId) -> Vec<Value> {
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    let entries = page.body["timeline"].as_array().unwrap().clone();
    let all = entries.iter().flat_map(|entry| entry["events"].as_array().unwrap().clone());
    all.filter(|event| event["what"].as_str().unwrap().starts_with("legal_hold")).collect()
}

#[tokio::test]
async fn prv_5_a_held_lead_is_not_erased_until_the_hold_is_lifted() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    let updated = world.page(lead).await.lead.updated;
    let held = hold(&world, lead, None).await;
    assert_eq!((held.text("/holds"), held.body["leads"].as_array().unwrap().len()), ("lead", 1), "{}", held.body);
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert_eq!((page.text("/legal_holds/0/id"), page.text("/legal_holds/0/reason")), (held.text("/id"), "legal_claim"), "{}", page.body);
    assert_eq!(world.page(lead).await.lead.updated, updated, "it is no activity on the lead");
    let refused = order(&world, lead, None).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "PRV-5"), "{}", refused.body);
    assert!(refused.text("/detail").contains(held.text("/id")) && !refused.body.to_string().contains("jana"), "{}", refused.body);
    let dry = world.post(GROUP_ADMIN, "/erasures?dry_run=true", &json!({"lead": lead, "reason": "requested"})).await;
    assert_eq!((dry.status, dry.text("/rule")), (409, "PRV-5"), "{}", dry.body);
    assert!(world.page(lead).await.lead.erased.is_none());
    for _ in 0..2 {
        let lifted = lift(&world, &held).await;
        assert_eq!(
            (lifted.status, lifted.text("/state"), lifted.text("/lifted_by")),
            (200, "lifted", "user:gina.group"),
            "{}",
            lifted.body
        );
    }
    let whats: Vec<String> = events(&world, lead).await.iter().map(|event| event["what"].as_str().unwrap().to_owned()).collect();
    assert_eq!(whats.len(), 2, "{whats:?}");
    assert!(whats.contains(&"legal_hold_placed".to_owned()) && whats.contains(&"legal_hold_lifted".to_owned()), "{whats:?}");
    assert!(!json!(events(&world, lead).await).to_string().contains("jana"));
    erased(&world, lead, None).await;
    let again = world.post(GROUP_ADMIN, "/legal-holds", &json!({"lead": lead, "reason": "other"})).await;
    assert_eq!((again.status, again.text("/rule")), (409, "PRV-2"), "{}", again.body);
    let list = world.get(GROUP_ADMIN, "/legal-holds?limit=10").await;
    assert_eq!((list.text("/holds/0/state"), list.body["holds"].as_array().unwrap().len()), ("lifted", 1), "{}", list.body);
}

/// PRV-5: a hold on a contact holds the other leads, also one that comes later. Another person is erased as before.
#[tokio::test]
async fn prv_5_a_hold_on_a_contact_covers_all_leads_of_the_contact() {
    let world = World::new().await;
    let (first, other) = (world.lead(&enquiry("jana")).await, world.lead(&enquiry("otto")).await);
    let close = async |lead: LeadId| {
        let won = world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "won"})).await;
        assert_eq!(won.status, 200, "{}", won.body);
    };
    close(first).await;
    let second = world.lead(&enquiry("jana")).await;
    assert_ne!(first, second);
    let held = hold(&world, first, Some("000001")).await;
    assert_eq!((held.text("/holds"), held.body["leads"].as_array().unwrap().len()), ("contact", 2), "{}", held.body);
    assert_eq!(world.page(second).await.lead.holds.len(), 1);
    close(second).await;
    let third = world.lead(&enquiry("jana")).await;
    assert!(world.page(third).await.lead.holds.is_empty());
    for lead in [first, second, third] {
        assert_eq!(order(&world, lead, None).await.text("/rule"), "PRV-5", "{lead}");
    }
    erased(&world, other, None).await;
    assert_eq!(lift(&world, &held).await.status, 200);
    assert!(world.page(second).await.lead.holds.is_empty());
    let receipt = erased(&world, third, None).await;
    assert_eq!(receipt["erased"]["leads"], 3, "{receipt}");
}

/// PRV-5: a hold that comes after the order keeps the leads that are not erased yet, and the receipt names them.
#[tokio::test]
async fn prv_5_a_hold_keeps_the_leads_of_an_erasure_that_runs() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    let ordered = order(&world, lead, None).await;
    assert_eq!(ordered.status, 202, "{}", ordered.body);
    hold(&world, lead, None).await;
    minutes_pass(&world).await;
    let receipt = world.get(GROUP_ADMIN, &format!("/erasures/{}", ordered.text("/id"))).await;
    assert_eq!((receipt.text("/state"), receipt.text("/held/0")), ("incomplete", lead.spoken().as_str()), "{}", receipt.body);
    let page = world.page(lead).await.lead;
    assert!(page.erased.is_none() && page.contact == "jana" && page.reaction.is_none(), "{page:?}");
}

/// PRV-3, PRV-5: the ledger does not repeat an erasure while a hold stands.
#[tokio::test]
async fn prv_5_an_erasure_of_the_ledger_waits_for_the_end_of_a_hold() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    let earlier = super::ledger::backup(&world).await;
    erased(&world, lead, None).await;
    super::ledger::restore(&world, earlier).await;
    let held = hold(&world, lead, None).await;
    let again = async || order_again(&world.store, &*world.bucket, world.system.clock.now()).await.unwrap();
    let done = again().await;
    assert_eq!((done.entries, done.ordered, done.held.len()), (1, 0, 1));
    lift(&world, &held).await;
    let done = again().await;
    assert_eq!((done.ordered, done.held.len()), (1, 0));
    world.system.restore_agenda().await.unwrap();
    minutes_pass(&world).await;
    assert!(world.page(lead).await.lead.erased.is_some());
    assert_eq!(again().await.ordered, 0);
}

#[tokio::test]
async fn prv_5_only_an_administrator_of_the_group_places_a_hold_and_a_repeat_places_one() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let body = json!({"lead": lead, "reason": "authority"});
    for who in ["anna.vogt", ADMIN, "hugo.office", "chris.center"] {
        let reply = world.post(who, "/legal-holds", &body).await;
        assert_eq!((reply.status, reply.text("/right")), (403, "manage_users"), "{who}: {}", reply.body);
        assert_eq!(world.get(who, "/legal-holds").await.status, 403, "{who}");
    }
    assert_eq!(world.post("rival.seller", "/legal-holds", &body).await.status, 404);
    let wrong = world.post(GROUP_ADMIN, "/legal-holds", &json!({"lead": lead, "reason": "retention"})).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["reason PRV-2".to_owned()]), "{}", wrong.body);
    let text = body.to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "h-1")];
    let request = || Request::post(GROUP_ADMIN, "/legal-holds").headers(&headers).body(text.as_bytes());
    let (first, second) = (world.call(request()).await, world.call(request()).await);
    assert_eq!((first.status, second.status, first.text("/id")), (201, 201, second.text("/id")), "{}", second.body);
    assert_eq!(second.headers["idempotent-replay"], "true");
    let other = json!({"lead": lead, "contact": "000001", "reason": "authority"}).to_string();
    let reused = world.call(Request::post(GROUP_ADMIN, "/legal-holds").headers(&headers).body(other.as_bytes())).await;
    assert_eq!((reused.status, reused.text("/type")), (422, "urn:forecourt:problem:reused"), "{}", reused.body);
    assert_eq!(world.page(lead).await.lead.holds.len(), 1);
    let read = world.get(GROUP_ADMIN, first.headers["location"].to_str().unwrap()).await;
    assert_eq!((read.status, read.text("/reason")), (200, "authority"), "{}", read.body);
    assert_eq!(world.get(GROUP_ADMIN, "/legal-holds/x").await.status, 404);
    assert_eq!(world.get(ADMIN, &format!("/dealers/{NORDSTERN}/retention")).await.body["months"], Value::Null);
}

/// PRV-5: a stored hold forbids the erasure, also while the lead does not show it yet.
#[tokio::test]
async fn prv_5_a_hold_that_no_lead_shows_yet_stops_an_erasure_that_runs() {
    let world = World::new().await;
    let (lead, other) = (world.lead(&enquiry("jana")).await, world.lead(&enquiry("otto")).await);
    world.system.settle().await;
    let ordered = order(&world, lead, None).await;
    assert_eq!(ordered.status, 202, "{}", ordered.body);
    let now = world.system.clock.now();
    let hold = LegalHold {
        id: Erasure::id_of(now, "early"),
        reason: HoldReason::Authority,
        by: Actor::System,
        at: now,
        leads: [lead].into(),
        channels: [].into(),
        lifted: None,
    };
    let load = Load::of([Key::LegalHold(hold.id.clone())]);
    world.store.decide(&world.scope(), load, |_, _| Ok((Some(placed(hold.clone())), ()))).await.unwrap();
    assert!(world.page(lead).await.lead.holds.is_empty());
    minutes_pass(&world).await;
    let receipt = world.get(GROUP_ADMIN, &format!("/erasures/{}", ordered.text("/id"))).await;
    assert_eq!((receipt.text("/state"), receipt.text("/held/0")), ("incomplete", lead.spoken().as_str()), "{}", receipt.body);
    assert!(world.page(lead).await.lead.erased.is_none());
    erased(&world, other, None).await;
}

/// PRV-5: a hold whose lead was erased before the lead showed it does not say that it holds the lead, also when it is repeated.
#[tokio::test]
async fn prv_5_a_hold_on_a_lead_that_was_erased_meanwhile_is_refused() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    world.system.settle().await;
    let body = json!({"lead": lead, "reason": "authority"}).to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "h-1")];
    let request = || Request::post(GROUP_ADMIN, "/legal-holds").headers(&headers).body(body.as_bytes());
    assert_eq!(world.call(request()).await.status, 201);
    // The request ended after it had stored the hold, and the lead was erased before the repeat.
    let rule = |loaded: &Loaded, _| {
        let erased = Lead { erased: Some(world.system.clock.now()), holds: Vec::new(), ..loaded.lead(lead).unwrap().clone() };
        Ok((Some(Decision::default().with(Item::Lead(Box::new(erased)))), ()))
    };
    world.store.decide(&world.scope(), Load::of([Key::Lead(lead)]), rule).await.unwrap();
    let repeated = world.call(request()).await;
    assert_eq!((repeated.status, repeated.text("/rule")), (409, "PRV-5"), "{}", repeated.body);
    assert!(repeated.text("/detail").contains(&lead.spoken()), "{}", repeated.body);
}

/// PRV-5: a hold that this release cannot read may forbid every erasure: nothing is ordered and nothing is erased until it can be read.
#[tokio::test]
async fn prv_5_a_hold_of_another_release_stops_erasures() {
    let world = World::new().await;
    let (lead, other) = (world.lead(&enquiry("jana")).await, world.lead(&enquiry("otto")).await);
    world.system.settle().await;
    let earlier = super::ledger::backup(&world).await;
    erased(&world, lead, None).await;
    super::ledger::restore(&world, earlier).await;
    let held = hold(&world, lead, None).await;
    let client = tables::client(engine());
    let all = super::ledger::backup(&world).await;
    let stored = all.into_iter().find(|item| item["sk"].as_s().unwrap() == held.text("/id")).unwrap();
    let put = async |item| client.put_item().table_name(&world.table).set_item(Some(item)).send().await.unwrap();
    let mut newer = stored.clone();
    newer.insert("leads".to_owned(), AttributeValue::S("all".to_owned()));
    put(newer).await;
    for lead in [lead, other] {
        let refused = order(&world, lead, None).await;
        assert!(refused.status >= 500, "{}", refused.body);
        assert!(world.page(lead).await.lead.erased.is_none());
    }
    let again = async || order_again(&world.store, &*world.bucket, world.system.clock.now()).await;
    assert!(again().await.is_err());
    let list = world.get(GROUP_ADMIN, "/legal-holds").await;
    assert_eq!((list.status, &list.body["holds"]), (200, &json!([])), "the list shows what can be read: {}", list.body);
    put(stored).await;
    assert_eq!(again().await.unwrap().held.len(), 1);
    erased(&world, other, None).await;
}
