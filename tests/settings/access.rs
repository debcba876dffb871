//! Access by role, right and group (ACC-1, ACC-2, LEAD-9).

use crate::support::world::{ADMIN, NORDSTERN, World, enquiry};
use serde_json::json;

#[tokio::test]
async fn acc_1_each_role_has_only_its_own_rights_on_leads() {
    let world = World::new().await;
    let id = world.lead(&enquiry("jana")).await;
    let table = [
        // user, submit, list, read, react
        ("anna.vogt", 201, 200, 200, 200),
        ("ben.krause", 201, 200, 404, 404),
        ("helga.stern", 201, 200, 200, 200),
        ("ingo.brandt", 201, 200, 200, 200),
        ("gina.group", 201, 200, 200, 200),
        ("hugo.office", 403, 200, 200, 403),
        ("chris.center", 201, 403, 403, 403),
        ("otto.operator", 403, 403, 403, 403),
        ("alice.moore", 404, 404, 404, 404),
        ("rival.seller", 201, 200, 404, 404),
        ("partner:portal-demo", 201, 403, 403, 403),
        ("nobody.known", 401, 401, 401, 401),
        ("", 401, 401, 401, 401),
    ];
    for (who, submit, list, read, react) in table {
        let leads = format!("/dealers/{NORDSTERN}/leads");
        let got = [
            world.post(who, &leads, &enquiry(&format!("by-{}", who.replace(':', "-")))).await.status,
            world.get(who, &leads).await.status,
            world.get(who, &format!("/leads/{id}")).await.status,
            world.post(who, &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await.status,
        ];
        assert_eq!(got, [submit, list, read, react], "{who}");
    }
}

#[tokio::test]
async fn lead_9_a_refusal_names_the_missing_right() {
    let world = World::new().await;
    let reply = world.get("chris.center", &format!("/dealers/{NORDSTERN}/leads")).await;
    assert_eq!((reply.status, reply.text("/right"), reply.text("/type")), (403, "read_leads", "urn:forecourt:problem:forbidden"));
}

#[tokio::test]
async fn acc_2_no_request_reaches_another_groups_data_even_with_equal_dealer_names() {
    let world = World::new().await;
    let ours = world.lead(&enquiry("jana")).await;
    // The rival group has a dealer with exactly the same name.
    let theirs = world.post("rival.seller", &format!("/dealers/{NORDSTERN}/leads"), &enquiry("jana")).await;
    assert_eq!(theirs.status, 201, "{}", theirs.body);
    let their_list = world.list("rival.seller", NORDSTERN).await;
    assert_eq!(their_list.len(), 1);
    assert_ne!(their_list[0]["id"], json!(ours.to_string()));
    for (method, path) in
        [("reactions", json!({"kind": "reply"})), ("status", json!({"status": "won"})), ("assignment", json!({"user": "rival.seller"}))]
    {
        assert_eq!(world.post("rival.seller", &format!("/leads/{ours}/{method}"), &path).await.status, 404);
    }
    assert_eq!(world.page(ours).await.lead.version, 1);
}

#[tokio::test]
async fn acc_1_a_seller_lists_own_leads_and_a_dealer_admin_all_leads_of_the_dealer() {
    let world = World::new().await;
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        world.lead(&enquiry(name)).await;
    }
    assert_eq!(world.list("anna.vogt", NORDSTERN).await.len(), 2);
    assert_eq!(world.list("ben.krause", NORDSTERN).await.len(), 1);
    assert_eq!(world.list(ADMIN, NORDSTERN).await.len(), 8);
    assert_eq!(world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads?owner=ben.krause")).await.body["leads"].as_array().unwrap().len(), 1);
    assert_eq!(world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads?status=won")).await.body["leads"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn lead_8_paging_returns_every_lead_once_newest_first_across_months() {
    let world = World::at("2026-08-03T08:00:00Z").await;
    let mut sent = Vec::new();
    for month in ["2026-08-03", "2026-09-01", "2026-11-23"] {
        world.system.clock.freeze_at(crate::support::world::at(&format!("{month}T09:00:00Z")));
        for i in 0..5 {
            world.system.clock.freeze_at(world.system.clock.now() + chrono::TimeDelta::seconds(1));
            sent.push(world.lead(&enquiry(&format!("n{i}{month}"))).await.to_string());
        }
    }
    sent.reverse();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads?limit=4{cursor}")).await;
        seen.extend(page.body["leads"].as_array().unwrap().iter().map(|l| l["id"].as_str().unwrap().to_owned()));
        match page.body["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, sent);
}
