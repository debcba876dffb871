//! Enquiries of a known contact (INT-6, DIS-5).

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World};
use serde_json::{Value, json};

fn from(email: &str, id: &str) -> Value {
    json!({"source": "website", "external_id": id, "type": "used_car", "contact": {"last_name": "Petersen", "email": email}, "message": id})
}

async fn send(world: &World, body: &Value) -> Reply {
    world.post("gina.group", &format!("/dealers/{NORDSTERN}/leads"), body).await
}

async fn close(world: &World, lead: &str, status: Value) {
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/status"), &status).await.status, 200);
}

fn lost() -> Value {
    json!({"status": "lost", "reason": "price"})
}

/// INT-6: another enquiry of a contact with a lead in progress is added to this lead, and the owner is notified.
#[tokio::test]
async fn int_6_another_enquiry_is_added_to_the_lead_in_progress_and_the_owner_is_notified() {
    let world = World::new().await;
    let first = send(&world, &from("jana@example.com", "1")).await;
    world.advance_to("2026-11-23T09:30:00Z").await;
    // This enquiry has a telephone number and an e-mail address, so the telephone number is known from now on.
    let mut again = from("Jana@Example.com", "2");
    again["contact"]["phone"] = json!("0171 2345678");
    let added = send(&world, &again).await;
    assert_eq!((added.status, added.text("/id"), added.text("/owner")), (200, first.text("/id"), "anna.vogt"), "{}", added.body);
    assert_eq!(added.text("/deadline"), first.text("/deadline"), "one is running");
    let by_phone = send(&world, &json!({"source": "website", "external_id": "3", "contact": {"phone": "+49 171 2345678"}})).await;
    assert_eq!((by_phone.status, by_phone.text("/id")), (200, first.text("/id")), "{}", by_phone.body);
    assert_eq!(world.list(ADMIN, NORDSTERN).await.len(), 1);
    world.system.settle().await;
    let notices: Vec<String> = world.mails().into_iter().filter(|mail| mail.contains("erneut")).collect();
    assert_eq!(notices.len(), 2, "{:?}", world.mails());
    assert!(notices[0].starts_with("11-23 09:30:00 anna.vogt: Petersen hat erneut angefragt"), "{notices:?}");
    let page = world.get(ADMIN, &format!("/leads/{}", first.text("/id"))).await;
    let events: Vec<&str> = page.body["timeline"].as_array().unwrap().iter().map(|e| e["events"][0]["what"].as_str().unwrap()).collect();
    assert_eq!(events, ["received", "added", "added"]);
    // The added enquiries took no turn in the rotation.
    assert_eq!(send(&world, &from("other@example.com", "4")).await.text("/owner"), "ben.krause");
}

/// INT-5: a repeat of an added enquiry gets the first response and is not added again.
#[tokio::test]
async fn int_5_a_repeat_of_an_added_enquiry_is_not_added_again() {
    let world = World::new().await;
    send(&world, &from("jana@example.com", "1")).await;
    let body = from("jana@example.com", "2");
    let first = send(&world, &body).await;
    let lead = first.text("/id").to_owned();
    world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": "greta.sommer"})).await;
    let again = send(&world, &body).await;
    assert_eq!((again.status, &again.body), (200, &first.body), "the first answer, also after a change of owner");
    assert_eq!(again.headers["idempotent-replay"], "true");
    close(&world, &lead, lost()).await;
    assert_eq!(send(&world, &body).await.body, first.body, "and though the lead is closed by now");
    let mut other = body.clone();
    other["message"] = json!("something else");
    assert_eq!(send(&world, &other).await.status, 422);
    let key = [("content-type", "application/json"), ("idempotency-key", "k")];
    let mut keyed = from("jana@example.com", "");
    keyed.as_object_mut().unwrap().remove("external_id");
    close(&world, &lead, json!({"status": "in_progress"})).await;
    let path = format!("/dealers/{NORDSTERN}/leads");
    for _ in 0..2 {
        let reply = world.call(Request::post("gina.group", &path).headers(&key).body(keyed.to_string().as_bytes())).await;
        assert_eq!((reply.status, reply.text("/id")), (200, lead.as_str()), "{}", reply.body);
    }
    assert_eq!(world.page(lead.parse().unwrap()).await.timeline.iter().filter(|e| format!("{e:?}").contains("Added")).count(), 2);
}

/// INT-6: an enquiry that is added after the seller's reaction starts a new deadline; the first reaction is kept.
#[tokio::test]
async fn int_6_an_enquiry_added_after_the_reaction_starts_a_new_deadline_and_keeps_the_reaction() {
    let world = World::new().await;
    let first = send(&world, &from("jana@example.com", "1")).await;
    let lead = first.text("/id").to_owned();
    world.advance_to("2026-11-23T09:10:00Z").await;
    world.post("anna.vogt", &format!("/leads/{lead}/reactions"), &json!({"kind": "reply"})).await;
    world.advance_to("2026-11-23T13:00:00Z").await;
    let added = send(&world, &from("jana@example.com", "2")).await;
    assert_eq!((added.text("/id"), added.text("/deadline")), (lead.as_str(), "2026-11-23T15:00:00Z"));
    world.advance_to("2026-11-23T15:00:00Z").await;
    let now = world.page(lead.parse().unwrap()).await.lead;
    assert_eq!((now.level(), now.reaction), (1, None));
    assert_eq!(now.first_reaction.unwrap().clock_seconds, 600);
}

#[tokio::test]
async fn dis_5_a_known_contact_goes_to_the_owner_of_the_latest_lead_outside_the_rotation() {
    let world = World::new().await;
    let first = send(&world, &from("jana@example.com", "1")).await;
    assert_eq!(first.text("/owner"), "anna.vogt");
    close(&world, first.text("/id"), lost()).await;
    assert_eq!(send(&world, &from("a@example.com", "2")).await.text("/owner"), "ben.krause");
    let again = send(&world, &from("jana@example.com", "3")).await;
    assert_eq!((again.status, again.text("/owner")), (201, "anna.vogt"));
    assert_eq!(send(&world, &from("b@example.com", "4")).await.text("/owner"), "clara.henning", "the rotation did not move");
    let page = world.get(ADMIN, &format!("/leads/{}", again.text("/id"))).await;
    assert!(page.body.to_string().contains("\"rule\":\"DIS-5\""), "{}", page.body);
}

/// DIS-5: if that owner is absent or not assignable, or if the dealer's setting requires it, the rotation distributes the lead.
#[tokio::test]
async fn dis_5_a_known_contact_is_rotated_without_a_present_assignable_owner_or_by_setting() {
    for who in ["absent", "not assignable", "as configured"] {
        let world = World::new().await;
        let first = send(&world, &from("jana@example.com", "1")).await;
        close(&world, first.text("/id"), lost()).await;
        world
            .settings(|s| match who {
                "absent" => {
                    let away = json!([{"from": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}]);
                    s.members[0].absences = serde_json::from_value(away).unwrap();
                }
                "not assignable" => s.members[0].assignable = false,
                _ => s.existing_contacts_to_rotation = true,
            })
            .await;
        assert_eq!(send(&world, &from("jana@example.com", "2")).await.text("/owner"), "ben.krause", "{who}");
    }
}

/// INT-6, DIS-5: a contact is recognised by the telephone number alone, although the record is stored under the e-mail address.
#[tokio::test]
async fn dis_5_a_contact_is_recognised_by_the_telephone_number_alone() {
    let world = World::new().await;
    let mut both = from("jana@example.com", "1");
    both["contact"]["phone"] = json!("0171 2345678");
    let first = send(&world, &both).await;
    close(&world, first.text("/id"), lost()).await;
    send(&world, &from("a@example.com", "2")).await;
    let by_phone = send(&world, &json!({"source": "website", "external_id": "3", "contact": {"phone": "+49 171 2345678"}})).await;
    assert_eq!((by_phone.status, by_phone.text("/owner")), (201, "anna.vogt"));
    // The contact is unknown at another dealer.
    let elsewhere = world.post("gina.group", "/dealers/harbour-cars-demo/leads", &from("jana@example.com", "9")).await;
    assert_eq!(elsewhere.status, 201);
}

/// INT-6: when a new contact sends several enquiries at the same time, one becomes the lead and the others are added to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn int_6_eight_concurrent_enquiries_of_a_new_contact_make_one_lead() {
    let world = World::new().await;
    let world = &world;
    let replies =
        futures::future::join_all((0..8).map(|i| async move { send(world, &from("jana@example.com", &i.to_string())).await })).await;
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 201]);
    assert_eq!(world.list(ADMIN, NORDSTERN).await.len(), 1);
}

/// INT-5: an ADF `resend` of an enquiry that was added to a lead updates that lead once, and is never dropped.
#[tokio::test]
async fn int_5_a_resend_of_an_added_enquiry_is_on_the_timeline_once() {
    let world = World::new().await;
    let first = send(&world, &from("jana@example.com", "1")).await;
    let adf = |status: &str, comments: &str| {
        format!(
            "<adf><prospect{status}><id source=\"portal\">b-1</id><customer><contact><name>Jana</name><email>jana@example.com</email></contact>\
             <comments>{comments}</comments></customer></prospect></adf>"
        )
    };
    let added = world.adf(NORDSTERN, adf("", "rot").as_bytes()).await;
    assert_eq!((added.status, added.text("/id")), (200, first.text("/id")));
    assert_eq!(world.adf(NORDSTERN, adf("", "blau").as_bytes()).await.status, 422, "another body needs a resend");
    for _ in 0..2 {
        let resent = world.adf(NORDSTERN, adf(" status=\"resend\"", "blau").as_bytes()).await;
        assert_eq!((resent.status, resent.text("/id")), (200, first.text("/id")), "{}", resent.body);
    }
    let page = world.get(ADMIN, &format!("/leads/{}", first.text("/id"))).await;
    let events: Vec<&str> = page.body["timeline"].as_array().unwrap().iter().map(|e| e["events"][0]["what"].as_str().unwrap()).collect();
    assert_eq!(events, ["received", "added", "resent"]);
    assert_eq!(page.text("/enquiry/message"), "blau");
}
