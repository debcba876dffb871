//! Fair distribution under concurrency (DIS-2).

use crate::support::world::{ADMIN, NORDSTERN, World, enquiry};
use futures::{StreamExt as _, stream};
use std::collections::BTreeMap;

async fn share_a_thousand_leads(world: &World) {
    let path = format!("/dealers/{NORDSTERN}/leads");
    let sends = (0..1_000).map(|i| {
        let path = &path;
        async move {
            let reply = world.post("partner:portal-demo", path, &enquiry(&format!("n{i}"))).await;
            assert_eq!(reply.status, 201, "{}", reply.body);
        }
    });
    stream::iter(sends).buffer_unordered(32).collect::<Vec<_>>().await;
    // Leads that met too much contention are distributed a little later.
    world.advance_to("2026-11-23T09:01:00Z").await;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for lead in world.list(ADMIN, NORDSTERN).await {
        *counts.entry(lead["owner"].as_str().expect("every lead has an owner").to_owned()).or_default() += 1;
    }
    assert_eq!((counts.len(), counts.values().sum::<usize>()), (7, 1_000));
    assert!(counts.values().all(|n| [142, 143].contains(n)), "{counts:?}");
    // Each owner was notified once of each lead.
    let notices = world.system.mailbox.mails().iter().map(|mail| mail.text.matches("/leads/").count()).sum::<usize>();
    assert_eq!(notices, 1_000);
}

/// DIS-2: a thousand leads sent by 32 concurrent clients are shared equally.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dis_2_a_thousand_leads_by_32_clients_are_shared_equally() {
    share_a_thousand_leads(&World::new().await).await;
}

/// DIS-2: the shares are also equal if every message is delivered twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dis_2_a_thousand_leads_are_shared_equally_with_double_delivery() {
    share_a_thousand_leads(&World::delivering_twice().await).await;
}
