//! Service follow-ups of an erased contact (PRV-2), and in an access file (PRV-4).

use super::access::file_of_contact;
use super::erased;
use crate::support::world::{NORDSTERN, World, enquiry};
use forecourt_domain::base::{Actor, DealerId, FollowUpId, UserId};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::enquiry::{Person, Vehicle};
use forecourt_domain::follow_up::{ChainEnd, ChainState, FollowUp, FollowUpNote};
use forecourt_domain::rules::follow_up::{NewFollowUp, make};
use forecourt_store::Load;
use forecourt_store::keys::Key;

/// Stores a follow-up of a contact.
async fn stored(world: &World, id: &str, contact: Person) -> FollowUp {
    let dealer = DealerId::parse(NORDSTERN).unwrap();
    let loaded = world.store.load(&world.scope(), &Load::of([Key::Dealer(dealer.clone())])).await.unwrap();
    let (dealer, now) = (loaded.dealer(&dealer).unwrap(), world.system.clock.now());
    let new = NewFollowUp {
        id: FollowUpId::parse(id).unwrap(),
        external_id: Some("DMS-4711".into()),
        contact,
        contact_id: None,
        vehicle: Vehicle { plate: Some("HH-AB 123".into()), make: Some("Opel".into()), ..Vehicle::default() },
        job: "MOT".into(),
        due: dealer.settings.calendar.date_of(now),
        history: Vec::new(),
    };
    let by = Actor::User(UserId::parse("chris.center").unwrap());
    let (follow_up, _) = make(&new, dealer, (None, &[]), &|_| Ok(()), (&by, now)).unwrap().unwrap();
    let notes = vec![FollowUpNote { at: now, by, text: "Jana prefers mornings".into() }];
    FollowUp { notes, ..follow_up }
}

async fn save(world: &World, follow_up: &FollowUp) {
    let decision = Decision::default().with(Item::FollowUp(Box::new(follow_up.clone())));
    let load = Load::of([Key::FollowUp(follow_up.id.clone())]);
    world.store.decide(&world.scope(), load, |_, _| Ok((Some(decision.clone()), ()))).await.unwrap();
}

/// PRV-2: a follow-up of an erased contact is erased too: its type, dates and outcomes stay. Another contact's stays as it is.
#[tokio::test]
async fn prv_2_a_follow_up_of_an_erased_contact_is_erased_too() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let contact_id = world.page(lead).await.lead.contact_id;
    assert!(contact_id.is_some());
    let jana = Person { last_name: Some("Petersen".into()), ..Person::default() };
    let own = FollowUp { contact_id, ..stored(&world, "f1", jana.clone()).await };
    let other = stored(&world, "f2", jana).await;
    save(&world, &own).await;
    save(&world, &other).await;
    erased(&world, lead, None).await;
    let keys = [&own, &other].map(|follow_up| Key::FollowUp(follow_up.id.clone()));
    let loaded = world.store.load(&world.scope(), &Load::of(keys)).await.unwrap();
    let after = loaded.follow_up(&own.id).unwrap();
    assert_eq!((&after.contact, &after.notes, &after.external_id), (&Person::default(), &Vec::new(), &None));
    assert_eq!((&after.contact_id, &after.vehicle), (&None, &Vehicle { make: Some("Opel".into()), ..Vehicle::default() }));
    assert_eq!((after.job.as_str(), after.due, after.created), ("MOT", own.due, own.created));
    assert!(after.erased.is_some() && matches!(&after.chain.state, ChainState::Ended { why: ChainEnd::Erased, .. }), "{after:?}");
    assert_eq!(loaded.follow_up(&other.id), Some(&other));
}

/// PRV-4: an access file has the follow-ups of the contact, and no file of them if there are none.
#[tokio::test]
async fn prv_4_an_access_file_has_the_follow_ups_of_the_contact() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    assert!(!file_of_contact(&world, lead).await.contains_key("follow_ups.json"));
    let contact_id = world.page(lead).await.lead.contact_id;
    let jana = Person { last_name: Some("Petersen".into()), ..Person::default() };
    save(&world, &FollowUp { contact_id, ..stored(&world, "f1", jana.clone()).await }).await;
    save(&world, &stored(&world, "f2", jana).await).await;
    let file = file_of_contact(&world, lead).await;
    let shown: serde_json::Value = serde_json::from_slice(&file["follow_ups.json"]).unwrap();
    let ids: Vec<_> = shown.as_array().unwrap().iter().map(|follow_up| follow_up["id"].as_str().unwrap()).collect();
    assert_eq!((ids, &shown[0]["notes"][0]["text"]), (vec!["f1"], &serde_json::json!("Jana prefers mornings")));
    assert!(!shown.to_string().contains("chris.center"), "employees are not named: {shown}");
}
