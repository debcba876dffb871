//! Who orders an access file, how often, and how it ends (PRV-4).

use super::{downloaded, file_of, got, location, order, whole};
use crate::privacy::canary::{enquiry as marked_enquiry, has_mark};
use crate::privacy::{GROUP_ADMIN, bucket, erased, minutes_pass, table};
use crate::support::world::{ADMIN, Request, World, enquiry};
use chrono::TimeDelta;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::privacy::AccessFile;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::{Value, json};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

/// Everything that the system keeps about orders has no personal data (PRV-2).
#[tokio::test]
async fn prv_4_the_order_has_no_personal_data_and_is_in_the_access_log() {
    let world = World::new().await;
    let lead = world.lead(&marked_enquiry("hello")).await;
    let (path, entries) = file_of(&world, lead, None).await;
    assert!(has_mark(&whole(&entries)));
    let items = table(&world).await;
    let orders: Vec<&String> =
        items.iter().filter(|item| item.starts_with("demo-group#Z ") || item.starts_with("demo-group#ALOG ")).collect();
    assert!(orders.len() >= 3 && orders.iter().all(|item| !has_mark(item)), "{orders:?}");
    // The log is in the order of its times, and has no order within an instant.
    minutes_pass(&world).await;
    assert_eq!(world.call(Request::delete(GROUP_ADMIN, &path)).await.status, 200);
    let log = world.get(GROUP_ADMIN, "/access-log").await;
    let records = log.body["records"].as_array().unwrap().iter().filter(|record| record["what"] == "access_file");
    let actions: Vec<(&Value, &Value, &Value)> = records.map(|it| (&it["action"], &it["by"], &it["leads"][0])).collect();
    let (by, of) = (json!(format!("user:{GROUP_ADMIN}")), json!(lead.to_string()));
    let expected = ["cancelled", "downloaded", "ordered"].map(|action| json!(action));
    assert_eq!(actions, expected.each_ref().map(|action| (action, &by, &of)), "{}", log.body);
    assert!(log.body.to_string().contains(path.rsplit('/').next().unwrap()), "{}", log.body);
    let operator = world.get("otto.operator", "/access-log").await;
    assert!(
        operator.body.to_string().contains("downloaded") && !operator.body.to_string().contains(&lead.to_string()),
        "{}",
        operator.body
    );
}

#[tokio::test]
async fn prv_4_only_an_administrator_of_the_group_gets_an_access_file() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let (path, _) = file_of(&world, lead, None).await;
    let paths = ["/access-files".to_owned(), path.clone(), format!("{path}/download")];
    for who in ["anna.vogt", ADMIN, "hugo.office", "chris.center", "partner:portal-demo"] {
        let reply = world.post(who, "/access-files", &json!({"lead": lead})).await;
        assert_eq!((reply.status, reply.text("/right")), (403, "manage_users"), "{who}: {}", reply.body);
        for path in &paths {
            assert_eq!(world.get(who, path).await.status, 403, "{who} {path}");
        }
        assert_eq!(world.call(Request::delete(who, &path)).await.status, 403, "{who}");
    }
    let operator = world.post("otto.operator", "/access-files", &json!({"lead": lead})).await;
    assert_eq!((operator.status, operator.text("/right")), (403, "read_leads"), "{}", operator.body);
    // The administrator of another group finds neither the lead nor the file.
    let stranger = "rival.seller";
    assert_eq!(world.post(stranger, "/access-files", &json!({"lead": lead})).await.status, 404);
    for path in [&path, &format!("{path}/download")] {
        assert_eq!(world.get(stranger, path).await.status, 404, "{path}");
    }
    assert_eq!(world.call(Request::delete(stranger, &path)).await.status, 404);
    let none = world.get(stranger, "/access-files").await;
    assert_eq!((none.status, none.body["access_files"].as_array().map(Vec::len)), (200, Some(0)), "{}", none.body);
    // What does not exist, and what cannot be read.
    assert_eq!(world.post(GROUP_ADMIN, "/access-files", &json!({"lead": "100-000-0000"})).await.status, 404);
    assert_eq!(world.get(GROUP_ADMIN, "/access-files/000000000000001-x").await.status, 404);
    assert_eq!(world.get(GROUP_ADMIN, "/access-files/x").await.status, 404);
    let wrong = world.post(GROUP_ADMIN, "/access-files", &json!({"contact": "Jana Petersen"})).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["lead PRV-4".to_owned(), "contact PRV-4".to_owned()]), "{}", wrong.body);
}

/// PRV-4, INT-5: one order, whether it is repeated by its key, or given again while the file is written.
#[tokio::test]
async fn prv_4_the_same_order_twice_is_one_file() {
    let world = World::delivering_twice().await;
    let lead = world.lead(&enquiry("jana")).await;
    let body = json!({"lead": lead}).to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "a-1")];
    let request = || Request::post(GROUP_ADMIN, "/access-files").headers(&headers).body(body.as_bytes());
    let first = world.call(request()).await;
    let second = world.call(request()).await;
    let third = order(&world, lead, None).await;
    for again in [&second, &third] {
        assert_eq!((again.status, again.text("/id")), (202, first.text("/id")), "{}", again.body);
        assert_eq!(again.headers["idempotent-replay"], "true");
    }
    minutes_pass(&world).await;
    let fourth = world.call(request()).await;
    assert_eq!((fourth.status, fourth.text("/id"), fourth.text("/state")), (202, first.text("/id"), "done"), "{}", fourth.body);
    assert_eq!(world.get(GROUP_ADMIN, "/access-files").await.body["access_files"].as_array().map(Vec::len), Some(1));
    let other = json!({"lead": lead, "contact": "000001"}).to_string();
    let reused = world.call(Request::post(GROUP_ADMIN, "/access-files").headers(&headers).body(other.as_bytes())).await;
    assert_eq!(reused.status, 422, "{}", reused.body);
    // A new order after the end is a new file.
    let new = order(&world, lead, None).await;
    assert_ne!(new.text("/id"), first.text("/id"));
    minutes_pass(&world).await;
    let list = world.get(GROUP_ADMIN, "/access-files?limit=1").await;
    assert_eq!((list.text("/access_files/0/id"), list.body["cursor"].is_string()), (new.text("/id"), true), "{}", list.body);
    let rest = world.get(GROUP_ADMIN, &format!("/access-files?limit=1&cursor={}", list.text("/cursor"))).await;
    assert_eq!((rest.text("/access_files/0/id"), rest.body["cursor"].is_null()), (first.text("/id"), true), "{}", rest.body);
}

fn access_files(world: &World) -> Vec<String> {
    bucket(world).into_iter().filter(|file| file.contains("/access/")).collect()
}

/// PRV-4: the file is deleted after seven days, or when an administrator cancels it; the order stays as the receipt.
#[tokio::test]
async fn prv_4_a_file_expires_and_can_be_cancelled() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let (path, _) = file_of(&world, lead, None).await;
    let link = world.get(GROUP_ADMIN, &format!("{path}/download")).await;
    assert_eq!(got(&world, link.text("/url")).await.0, 200);
    world.system.advance_to(world.system.clock.now() + TimeDelta::minutes(6)).await;
    assert_eq!(got(&world, link.text("/url")).await.0, 403, "the link is valid for five minutes");
    world.advance_to("2026-11-30T08:59:00Z").await;
    assert_eq!(world.get(GROUP_ADMIN, &path).await.text("/state"), "done");
    world.advance_to("2026-11-30T09:10:00Z").await;
    let expired = world.get(GROUP_ADMIN, &path).await;
    assert_eq!((expired.text("/state"), expired.body["leads"][0] == lead.spoken()), ("expired", true), "{}", expired.body);
    let gone = world.get(GROUP_ADMIN, &format!("{path}/download")).await;
    assert_eq!((gone.status, gone.text("/rule")), (410, "PRV-4"), "{}", gone.body);
    assert!(access_files(&world).is_empty());

    let running = location(&order(&world, lead, None).await);
    let cancelled = world.call(Request::delete(GROUP_ADMIN, &running)).await;
    assert_eq!((cancelled.status, cancelled.text("/state")), (200, "cancelled"), "{}", cancelled.body);
    minutes_pass(&world).await;
    let (done, _) = file_of(&world, lead, None).await;
    assert_eq!(world.call(Request::delete(GROUP_ADMIN, &done)).await.text("/state"), "cancelled");
    assert_eq!(world.call(Request::delete(GROUP_ADMIN, &done)).await.text("/state"), "cancelled", "a repeat changes nothing");
    minutes_pass(&world).await;
    for path in [&running, &done] {
        assert_eq!(world.get(GROUP_ADMIN, path).await.text("/state"), "cancelled");
        assert_eq!(world.get(GROUP_ADMIN, &format!("{path}/download")).await.status, 410);
    }
    assert!(access_files(&world).is_empty());
}

/// PRV-2, PRV-4: an erasure deletes the files of the contact, also one that is being written, and those of nobody else.
#[tokio::test]
async fn prv_4_an_erasure_deletes_the_access_files_of_the_contact() {
    let world = World::new().await;
    let (lead, other) = (world.lead(&enquiry("jana")).await, world.lead(&enquiry("otto")).await);
    let (path, _) = file_of(&world, lead, None).await;
    let (kept, _) = file_of(&world, other, None).await;
    let running = location(&order(&world, lead, None).await);
    let receipt = erased(&world, lead, None).await;
    assert_eq!(receipt["erased"]["access_files"], 2, "{receipt}");
    minutes_pass(&world).await;
    for path in [&path, &running] {
        assert_eq!(world.get(GROUP_ADMIN, path).await.text("/state"), "erased");
        let gone = world.get(GROUP_ADMIN, &format!("{path}/download")).await;
        assert_eq!((gone.status, gone.text("/detail").contains("erased")), (410, true), "{}", gone.body);
    }
    assert!(!bucket(&world).iter().any(|file| file.contains("jana")), "nothing of the contact is left");
    assert!(whole(&downloaded(&world, &kept).await).contains("otto"));
    let again = order(&world, lead, None).await;
    assert_eq!((again.status, again.text("/rule")), (409, "PRV-4"), "{}", again.body);
}

/// Changes an order as the slices before would have.
async fn change(world: &World, id: &str, change: impl Fn(&mut AccessFile)) {
    let rule = |loaded: &forecourt_store::Loaded, _| {
        let mut file = loaded.access_file(id).unwrap().clone();
        change(&mut file);
        Ok((Some(Decision::default().with(Item::AccessFile(Box::new(file)))), ()))
    };
    world.store.decide(&world.scope(), Load::of([Key::AccessFile(id.to_owned())]), rule).await.unwrap();
}

/// PRV-4: programs find the entries of a file of more than four gigabytes.
#[tokio::test]
async fn prv_4_a_file_of_more_than_four_gigabytes_can_be_read() {
    const BEFORE: u64 = 5 << 30;
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let ordered = order(&world, lead, None).await;
    change(&world, ordered.text("/id"), |file| file.written.bytes = BEFORE).await;
    minutes_pass(&world).await;
    let link = world.get(GROUP_ADMIN, &format!("{}/download", location(&ordered))).await;
    let (_, tail) = got(&world, link.text("/url")).await;
    let mut file = tempfile::tempfile().unwrap();
    file.set_len(BEFORE).unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    file.write_all(&tail).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut person = String::new();
    archive.by_name("person.json").unwrap().read_to_string(&mut person).unwrap();
    assert!(archive.len() > 3 && person.contains("jana@example.com"), "{person}");
}

/// PRV-4: the bucket removes unfinished uploads after a day; a file that takes so long is begun again.
#[tokio::test]
async fn prv_4_a_file_whose_upload_becomes_too_old_is_begun_again() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let ordered = order(&world, lead, None).await;
    let old = |file: &mut AccessFile| {
        (file.written.upload, file.written.parts, file.written.bytes) = (Some("gone".into()), vec![(1, "gone".into())], 9_000);
        file.written.upload_since = Some(file.at - TimeDelta::hours(21));
    };
    change(&world, ordered.text("/id"), old).await;
    minutes_pass(&world).await;
    let path = location(&ordered);
    assert_eq!(world.get(GROUP_ADMIN, &path).await.text("/state"), "done");
    assert!(whole(&downloaded(&world, &path).await).contains("jana@example.com"));
}

/// PRV-4, INT-5: a repeat has its first answer, also after the contact was erased.
#[tokio::test]
async fn prv_4_a_repeat_is_answered_after_the_erasure_of_the_contact() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let body = json!({"lead": lead}).to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "a-1")];
    let request = || Request::post(GROUP_ADMIN, "/access-files").headers(&headers).body(body.as_bytes());
    let first = world.call(request()).await;
    assert_eq!(first.status, 202, "{}", first.body);
    minutes_pass(&world).await;
    erased(&world, lead, None).await;
    let again = world.call(request()).await;
    assert_eq!((again.status, again.text("/id"), again.text("/state")), (202, first.text("/id"), "erased"), "{}", again.body);
    assert_eq!(again.headers["idempotent-replay"], "true");
    let new = order(&world, lead, None).await;
    assert_eq!((new.status, new.text("/rule")), (409, "PRV-4"), "{}", new.body);
}

/// PRV-2, PRV-4: a lead of several contacts needs the id of one of them, and the refusal lists the ids.
#[tokio::test]
async fn prv_4_a_lead_of_several_contacts_needs_the_id_of_one() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let added = json!({"first_name": "Nora", "emails": ["nora@example.com"]});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/contacts"), &added).await.status, 201);
    for (path, reason) in [("/access-files", None), ("/erasures", Some("requested"))] {
        for (contact, wanted) in [(Value::Null, "is required"), (json!("000009"), "must be the id")] {
            let mut body = json!({"lead": lead, "contact": contact});
            if let Some(reason) = reason {
                body["reason"] = json!(reason);
            }
            let refused = world.post(GROUP_ADMIN, path, &body).await;
            let detail = refused.text("/errors/0/detail");
            assert_eq!((refused.status, refused.text("/errors/0/field")), (422, "contact"), "{path}: {}", refused.body);
            assert!(detail.starts_with(wanted) && detail.ends_with(": 000001, 000002"), "{path}: {detail}");
        }
    }
}
