//! A restore of the table brings erased data back; the ledger erases it again (PRV-3).

use super::{GROUP_ADMIN, erased, table};
use crate::support::world::{World, engine, enquiry};
use aws_sdk_dynamodb::types::AttributeValue;
use forecourt_export::order_again;
use forecourt_local::engine;
use std::collections::HashMap;

pub(super) type Item = HashMap<String, AttributeValue>;

/// Returns all items of the table.
pub(super) async fn backup(world: &World) -> Vec<Item> {
    let client = engine::client(engine());
    let (mut items, mut start) = (Vec::new(), None);
    loop {
        let page = client.scan().table_name(&world.table).set_exclusive_start_key(start).send().await.unwrap();
        items.extend(page.items().iter().cloned());
        start = page.last_evaluated_key;
        if start.is_none() {
            return items;
        }
    }
}

/// Replaces the content of the table.
pub(super) async fn restore(world: &World, items: Vec<Item>) {
    let client = engine::client(engine());
    for item in backup(world).await {
        let key = |name: &str| item[name].clone();
        client.delete_item().table_name(&world.table).key("pk", key("pk")).key("sk", key("sk")).send().await.unwrap();
    }
    for item in items {
        client.put_item().table_name(&world.table).set_item(Some(item)).send().await.unwrap();
    }
    world.system.agenda.lose_everything();
}

#[tokio::test]
async fn prv_3_an_erasure_is_repeated_after_a_restore_of_the_table() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let other = world.lead(&enquiry("otto")).await;
    world.system.settle().await;
    let earlier = backup(&world).await;
    let receipt = erased(&world, lead, None).await;
    restore(&world, earlier).await;
    assert!(table(&world).await.iter().any(|item| item.contains("jana@example.com")), "the restore brought the data back");

    let done = order_again(&world.store, &*world.bucket, world.system.clock.now()).await.unwrap();
    assert_eq!((done.entries, done.ordered, done.unreadable.len()), (1, 1, 0));
    // The sweep finds the orders.
    world.system.restore_agenda().await.unwrap();
    super::minutes_pass(&world).await;
    assert!(!table(&world).await.iter().any(|item| item.contains("jana")), "the data is erased again");
    let again = world.get(GROUP_ADMIN, &format!("/erasures/{}", receipt["id"].as_str().unwrap())).await;
    assert_eq!((again.text("/state"), again.body["erased"]["leads"].as_u64()), ("done", Some(1)), "{}", again.body);
    assert_eq!(again.text("/ordered_again_at"), "2026-11-23T09:05:00Z", "{}", again.body);
    assert_eq!(world.page(other).await.lead.contact, "otto", "nobody else is erased");

    let repeated = order_again(&world.store, &*world.bucket, world.system.clock.now()).await.unwrap();
    assert_eq!((repeated.entries, repeated.ordered), (1, 0), "nothing is ordered twice");
}

/// PRV-3: the ledger has HMACs and numbers, and nothing by which the person is known.
#[tokio::test]
async fn prv_3_the_ledger_has_no_personal_data() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    erased(&world, lead, None).await;
    let files = super::bucket(&world);
    let ledger: Vec<&String> = files.iter().filter(|file| file.contains("/ledger/demo-group/")).collect();
    assert_eq!(ledger.len(), 1, "{files:?}");
    assert!(ledger[0].contains(&lead.to_string()) && !ledger[0].contains("jana"), "{}", ledger[0]);
}

/// PRV-3: an entry that cannot be read is reported and does not stop the others.
#[tokio::test]
async fn prv_3_an_unreadable_entry_of_the_ledger_is_reported() {
    use forecourt_edge::files::Files as _;
    let world = World::new().await;
    world.bucket.put("ledger/demo-group/broken.json", b"{".to_vec()).await.unwrap();
    let done = order_again(&world.store, &*world.bucket, world.system.clock.now()).await.unwrap();
    assert_eq!((done.entries, done.ordered, done.unreadable), (1, 0, vec!["ledger/demo-group/broken.json".to_owned()]));
}
