//! Letters that wait when an erasure is ordered (PRV-2, MSG-1).

use super::{erased, minutes_pass, named, order};
use crate::support::world::{ADMIN, World, enquiry};
use chrono::{DateTime, Days, Utc};
use forecourt_domain::base::LeadId;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::Lead;
use forecourt_domain::privacy::Erasure;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde_json::json;

async fn write(world: &World, lead: LeadId) {
    let body = json!({"medium": "email", "subject": "Corsa", "text": "Guten Tag"});
    let reply = world.post(ADMIN, &format!("/leads/{lead}/communications"), &body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
}

/// Returns the number of mails to an address.
fn mails(world: &World, to: &str) -> usize {
    world.system.mailbox.mails().iter().filter(|mail| mail.to == to).count()
}

/// The next page of the job is due at this time.
async fn due(world: &World, id: &str, at: DateTime<Utc>) {
    let rule = |loaded: &Loaded, _| {
        let order = Erasure { due: Some(at), ..loaded.erasure(id).unwrap().clone() };
        Ok((Some(Decision::default().with(Item::Erasure(Box::new(order)))), ()))
    };
    world.store.decide(&world.scope(), Load::of([Key::Erasure(id.to_owned())]), rule).await.unwrap();
}

async fn lead(world: &World, id: LeadId) -> Lead {
    world.page(id).await.lead
}

/// PRV-2: from the moment an erasure is ordered nothing more is sent to the contact about the contact's leads, although the job has not
/// begun: not what waits, and not what a user still writes. Others get their letters, and so does the person about a new enquiry.
#[tokio::test]
async fn prv_2_nothing_is_sent_once_an_erasure_is_ordered() {
    let world = World::new().await;
    let (jana, tom) = (world.lead(&named("Jana", "Petersen")).await, world.lead(&named("Tom", "Lindner")).await);
    world.system.settle().await;
    write(&world, jana).await;
    write(&world, tom).await;
    let ordered = order(&world, jana, None).await;
    assert_eq!(ordered.status, 202, "{}", ordered.body);
    let id = ordered.headers["location"].to_str().unwrap().rsplit('/').next().unwrap().to_owned();
    due(&world, &id, world.system.clock.now() + Days::new(1)).await;
    world.system.settle().await;
    assert_eq!((mails(&world, "jana@example.com"), mails(&world, "tom@example.com")), (0, 1));
    assert!(lead(&world, jana).await.erased.is_none(), "the job has not begun");
    write(&world, jana).await;
    let again = world.lead(&named("Jana", "Petersen")).await;
    assert_ne!(again, jana);
    write(&world, again).await;
    world.system.settle().await;
    assert_eq!(mails(&world, "jana@example.com"), 1, "about the new enquiry");
    due(&world, &id, world.system.clock.now()).await;
    world.system.restore_agenda().await.unwrap();
    minutes_pass(&world).await;
    let done = lead(&world, jana).await;
    assert_eq!((done.erased.is_some(), done.erasure), (true, None));
    assert_eq!(mails(&world, "jana@example.com"), 1);
}

/// PRV-2, LEAD-7: the contact who remains in a lead gets letters again once the other one is erased. An order that is done without the
/// lead, because a legal hold came first, stops nothing.
#[tokio::test]
async fn prv_2_the_contact_who_remains_gets_letters() {
    let world = World::new().await;
    let jana = world.lead(&named("Jana", "Petersen")).await;
    let added = json!({"first_name": "Nora", "emails": ["nora@example.com"]});
    let reply = world.post(ADMIN, &format!("/leads/{jana}/contacts"), &added).await;
    assert!((200..300).contains(&reply.status), "{}", reply.body);
    world.system.settle().await;
    let ordered = order(&world, jana, Some("000001")).await;
    assert_eq!((ordered.status, lead(&world, jana).await.erasure.is_some()), (202, true), "{}", ordered.body);
    let id = ordered.headers["location"].to_str().unwrap().rsplit('/').next().unwrap().to_owned();
    minutes_pass(&world).await;
    assert_eq!(lead(&world, jana).await.erasure, None);
    write(&world, jana).await;
    world.system.settle().await;
    assert_eq!((mails(&world, "jana@example.com"), mails(&world, "nora@example.com")), (0, 1));
    let marked = |loaded: &Loaded, _| {
        let lead = Lead { erasure: Some(id.clone()), ..loaded.lead(jana).unwrap().clone() };
        Ok((Some(Decision::default().with(Item::Lead(Box::new(lead)))), ()))
    };
    world.store.decide(&world.scope(), Load::of([Key::Lead(jana)]), marked).await.unwrap();
    write(&world, jana).await;
    world.system.settle().await;
    assert_eq!(mails(&world, "nora@example.com"), 2);
}

/// PRV-2, LEAD-10: a notice about several leads is stored with the first of them. If the contact of that one is erased before the notice is
/// sent, its reader still hears of the others.
#[tokio::test]
async fn prv_2_a_notice_about_many_leads_survives_the_erasure_of_the_first() {
    let world = World::new().await;
    let mut leads = Vec::new();
    for name in ["ada", "bea", "cleo"] {
        leads.push(world.lead(&enquiry(name)).await);
    }
    world.advance_to("2026-11-23T19:00:00Z").await;
    let body = json!({"leads": leads, "reassign": {"user": "david.roth"}});
    let given = world.post(ADMIN, "/bulk-actions", &body).await;
    assert_eq!(given.body["succeeded"], 3, "{}", given.body);
    erased(&world, leads[0], None).await;
    erased(&world, leads[1], None).await;
    world.advance_to("2026-11-24T10:00:00Z").await;
    let mails =
        world.system.mailbox.mails().into_iter().filter(|mail| mail.to.starts_with("david.roth") && mail.subject.contains("zugewiesen"));
    let texts: Vec<String> = mails.map(|mail| mail.subject + &mail.text).collect();
    let about = |lead: &LeadId| texts.iter().filter(|text| text.contains(&lead.spoken())).count();
    assert_eq!((about(&leads[0]), about(&leads[1])), (0, 0), "{texts:?}");
    assert_eq!(about(&leads[2]), 1, "{texts:?} {:?}", world.mails());
}
