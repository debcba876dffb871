//! Orders, previews and receipts; what stays; leads of several contacts (PRV-2).

use super::{GROUP_ADMIN, erased, minutes_pass, named, order, table};
use crate::support::letters::mails_to;
use crate::support::world::{ADMIN, NORDSTERN, PUBLIC_URL, Request, World, enquiry};
use forecourt_domain::base::LeadId;
use http::Method;
use serde_json::json;

#[tokio::test]
async fn prv_2_only_an_administrator_of_the_group_orders_an_erasure() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    for who in ["anna.vogt", ADMIN, "hugo.office", "chris.center", "partner:portal-demo"] {
        let reply = world.post(who, "/erasures", &json!({"lead": lead, "reason": "requested"})).await;
        assert_eq!((reply.status, reply.text("/right")), (403, "manage_users"), "{who}: {}", reply.body);
        assert_eq!(world.get(who, "/erasures").await.status, 403, "{who}");
    }
    // An operator manages users, but may not learn who was a customer.
    let operator = world.post("otto.operator", "/erasures", &json!({"lead": lead, "reason": "requested"})).await;
    assert_eq!((operator.status, operator.text("/right")), (403, "read_leads"), "{}", operator.body);
    // Another group does not find the lead.
    let rival = world.post("rival.seller", "/erasures", &json!({"lead": lead, "reason": "requested"})).await;
    assert_eq!(rival.status, 404, "{}", rival.body);
    assert_eq!(world.page(lead).await.lead.contact, "jana");
}

#[tokio::test]
async fn prv_2_a_request_that_names_no_contact_or_no_reason_is_refused() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let wrong = world.post(GROUP_ADMIN, "/erasures", &json!({"lead": "12", "reason": "because"})).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["lead PRV-2".to_owned(), "reason PRV-2".to_owned()]), "{}", wrong.body);
    let nobody = order(&world, lead, Some("99")).await;
    assert_eq!((nobody.status, nobody.faults()), (422, vec!["contact PRV-2".to_owned()]), "{}", nobody.body);
    let missing = world.post(GROUP_ADMIN, "/erasures", &json!({"lead": "000-000-0001", "reason": "requested"})).await;
    assert_eq!(missing.status, 404, "{}", missing.body);
    assert_eq!(world.get(GROUP_ADMIN, "/erasures/000000000000001-none").await.status, 404);
}

/// PRV-2: a dry run shows what would be erased, and changes nothing.
#[tokio::test]
async fn prv_2_a_dry_run_shows_the_leads_and_changes_nothing() {
    let world = World::new().await;
    let first = world.lead(&enquiry("jana")).await;
    let closed = world.post(ADMIN, &format!("/leads/{first}/status"), &json!({"status": "lost", "reason": "price"})).await;
    assert_eq!(closed.status, 200);
    let second = world.lead(&enquiry("jana")).await;
    let visit = json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-11-25T10:00:00+01:00"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{second}/events"), &visit).await.status, 201);
    let before = table(&world).await;
    let shown = world.post(GROUP_ADMIN, "/erasures?dry_run=true", &json!({"lead": first, "reason": "requested"})).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    let leads: Vec<(&str, &str)> = shown.body["leads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lead| (lead["id"].as_str().unwrap(), lead["status"].as_str().unwrap()))
        .collect();
    assert_eq!(leads.len(), 2, "{}", shown.body);
    assert!(leads.contains(&(&first.to_string(), "lost")) && leads.contains(&(&second.to_string(), "in_progress")), "{leads:?}");
    assert_eq!((shown.body["appointments"].as_u64(), shown.body["cancelled"].as_u64()), (Some(1), Some(1)), "{}", shown.body);
    let unchanged = |items: Vec<String>| items.into_iter().filter(|item| !item.contains("PULSE")).collect::<Vec<_>>();
    assert_eq!(unchanged(table(&world).await), unchanged(before));
}

/// PRV-2, OVR-1: the lead, its times, type, source, owner and state stay, and so do the counts of the past.
#[tokio::test]
async fn prv_2_the_counts_of_the_past_stay_as_they_are() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    world.lead(&enquiry("otto")).await;
    world.system.settle().await;
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/reactions"), &json!({"kind": "reply"})).await.status, 200);
    let visit = json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-11-23T11:00:00+01:00"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/events"), &visit).await.status, 201);
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "won", "appointments": "keep"})).await.status, 200);
    world.advance_to("2026-11-24T09:00:00Z").await;
    let paths = ["/overview/leads", "/overview/appointments?limit=0"];
    let mut before = Vec::new();
    for path in paths {
        before.push(world.get(GROUP_ADMIN, path).await.body);
    }
    let was = world.page(lead).await.lead;
    let receipt = erased(&world, lead, None).await;
    assert_eq!(
        receipt["erased"],
        json!({"leads": 1, "shared_leads": 0, "closed": 0, "appointments": 1, "cancelled": 0, "documents": 0, "mails": 0, "exports": 0,
            "access_files": 0})
    );
    for (path, before) in paths.into_iter().zip(before) {
        assert_eq!(world.get(GROUP_ADMIN, path).await.body, before, "{path}");
    }
    let is = world.page(lead).await.lead;
    assert_eq!(
        (is.id, is.lead_type, &is.source, is.arrived, is.status, &is.owner),
        (was.id, was.lead_type, &was.source, was.arrived, was.status, &was.owner)
    );
    assert_eq!((is.contact.clone(), is.erased.is_some(), is.email), (lead.spoken(), true, None));
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert!(page.status == 200 && !page.body.to_string().contains("jana"), "{}", page.body);
}

/// Returns a world with a lead that has a visit, two days ahead. The reminder of the visit waits.
async fn with_visit() -> (World, LeadId) {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let visit = json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-11-25T10:00:00+01:00"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/events"), &visit).await.status, 201);
    world.system.settle().await;
    (world, lead)
}

/// PRV-2, ESC-1, APT-3: an open lead is closed, its visit is cancelled, and nobody is notified of that or of anything later.
#[tokio::test]
async fn prv_2_an_open_lead_is_closed_and_nobody_is_notified() {
    const LATER: &str = "2026-12-01T09:00:00Z";
    // Without an erasure the customer is reminded.
    let (kept, _) = with_visit().await;
    let before = mails_to(&kept, "jana").len();
    kept.advance_to(LATER).await;
    assert_eq!(mails_to(&kept, "jana").len(), before + 1, "{:?}", kept.mails());

    let (world, lead) = with_visit().await;
    let mails = world.mails();
    let ordered = order(&world, lead, None).await;
    assert_eq!(ordered.status, 202, "{}", ordered.body);
    world.advance_to(LATER).await;
    assert_eq!(world.mails()[mails.len()..], Vec::<String>::new());
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert_eq!((page.text("/status"), page.text("/contact")), ("lost", lead.spoken().as_str()), "{}", page.body);
    let reopened = world.post(ADMIN, &format!("/leads/{lead}/status"), &json!({"status": "in_progress"})).await;
    assert_eq!((reopened.status, reopened.text("/rule")), (409, "PRV-2"), "{}", reopened.body);
}

/// PRV-2, INT-6: a new enquiry of the same person is a new contact, also while the erasure runs.
#[tokio::test]
async fn prv_2_a_new_enquiry_after_the_order_makes_a_new_lead_that_stays() {
    let world = World::new().await;
    let old = world.lead(&enquiry("jana")).await;
    assert_eq!(order(&world, old, None).await.status, 202);
    // The job has not begun.
    let new = world.lead(&enquiry("jana")).await;
    assert_ne!(new, old);
    minutes_pass(&world).await;
    assert_eq!((world.page(old).await.lead.contact, world.page(new).await.lead.contact), (old.spoken(), "jana".to_owned()));
    let third = world.lead(&enquiry("jana")).await;
    assert_eq!(third, new, "the new contact is recognised");
}

/// PRV-2, LEAD-7: the other contact of a lead stays, with what is known to be theirs.
#[tokio::test]
async fn prv_2_a_lead_of_two_contacts_keeps_the_other_one() {
    let world = World::new().await;
    let lead = world.lead(&named("Jana", "Petersen")).await;
    let other = json!({"first_name": "Tom", "last_name": "Jansen", "emails": ["tom@example.com"]});
    let added = world.post(ADMIN, &format!("/leads/{lead}/contacts"), &other).await;
    assert_eq!(added.status, 201, "{}", added.body);
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/comments"), &json!({"text": "Jana is ill"})).await.status, 201);
    let missing = order(&world, lead, None).await;
    assert_eq!((missing.status, missing.faults()), (422, vec!["contact PRV-2".to_owned()]), "several contacts: one must be named");
    let receipt = erased(&world, lead, Some("000001")).await;
    assert_eq!((receipt["erased"]["shared_leads"].as_u64(), receipt["erased"]["leads"].as_u64()), (Some(1), Some(0)), "{receipt}");
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert_eq!((page.text("/status"), page.text("/contact")), ("in_progress", "Tom Jansen"), "{}", page.body);
    let items = table(&world).await;
    assert!(!items.iter().any(|item| item.to_lowercase().contains("jana@") || item.contains("Jana")), "Jana is erased");
    assert!(items.iter().any(|item| item.contains("tom@example.com")), "Tom stays");
    // Tom is still recognised.
    assert_eq!(world.lead(&named("Tom", "Jansen")).await, lead);
}

/// PRV-2, INT-5: the same request again orders nothing twice.
#[tokio::test]
async fn prv_2_a_repeated_request_orders_one_erasure() {
    let world = World::delivering_twice().await;
    let lead = world.lead(&enquiry("jana")).await;
    let body = json!({"lead": lead, "reason": "requested"}).to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "e-1")];
    let request = || Request::post(GROUP_ADMIN, "/erasures").headers(&headers).body(body.as_bytes());
    let first = world.call(request()).await;
    let second = world.call(request()).await;
    assert_eq!((first.status, second.status, first.text("/id")), (202, 202, second.text("/id")), "{}", second.body);
    assert_eq!(second.headers["idempotent-replay"], "true");
    minutes_pass(&world).await;
    let third = world.call(request()).await;
    assert_eq!((third.status, third.text("/state"), third.body["progress"].as_u64()), (202, "done", Some(100)), "{}", third.body);
    assert_eq!(third.body["erased"]["leads"], 1, "counted once, although every message was delivered twice");
    let list = world.get(GROUP_ADMIN, "/erasures?limit=10").await;
    assert_eq!(list.body["erasures"].as_array().unwrap().len(), 1, "{}", list.body);
}

/// PRV-2, INT-5: a key that was used before with another contact or reason confirms no erasure.
#[tokio::test]
async fn prv_2_a_key_that_is_used_again_for_another_erasure_is_refused() {
    let world = World::new().await;
    let (lead, other) = (world.lead(&enquiry("jana")).await, world.lead(&enquiry("otto")).await);
    let headers = [("content-type", "application/json"), ("idempotency-key", "e-1")];
    let send = async |body: serde_json::Value| {
        world.call(Request::post(GROUP_ADMIN, "/erasures").headers(&headers).body(body.to_string().as_bytes())).await
    };
    let first = send(json!({"lead": lead, "reason": "requested"})).await;
    assert_eq!(first.status, 202, "{}", first.body);
    for body in [
        json!({"lead": lead, "reason": "unlawful"}),
        json!({"lead": lead, "contact": "000001", "reason": "requested"}),
        json!({"lead": other, "reason": "requested"}),
    ] {
        let refused = send(body).await;
        assert_eq!((refused.status, refused.text("/type")), (422, "urn:forecourt:problem:reused"), "{}", refused.body);
    }
    assert!(world.page(other).await.lead.erased.is_none());
}

/// PRV-2, INT-5: a sender cannot bring the data back by sending the enquiry again.
#[tokio::test]
async fn prv_2_an_erased_enquiry_is_not_changed_by_a_resend() {
    let world = World::new().await;
    let xml = |status: &str, name: &str| {
        format!(
            "<?adf version=\"1.0\"?><adf><prospect status=\"{status}\"><id sequence=\"1\" source=\"x\">77</id>\
             <requestdate>2026-11-23T09:00:00+01:00</requestdate><vehicle><make>Opel</make></vehicle><customer><contact>\
             <name part=\"full\">{name}</name><email>jana@example.com</email></contact></customer></prospect></adf>"
        )
    };
    let first = world.adf(NORDSTERN, xml("new", "Jana Petersen").as_bytes()).await;
    assert!(first.status < 300, "{}", first.body);
    let lead: LeadId = first.text("/leads/0/id").parse().or_else(|_| first.text("/id").parse()).unwrap();
    erased(&world, lead, None).await;
    world.adf(NORDSTERN, xml("resend", "Jana Zwiebelhof").as_bytes()).await;
    assert_eq!(world.page(lead).await.lead.contact, lead.spoken());
    assert!(!table(&world).await.iter().any(|item| item.contains("Zwiebelhof")), "nothing came back");
}

/// PRV-2, PRV-6: the link of a mail about an erased lead still unsubscribes the address, and changes nothing on the lead.
#[tokio::test]
async fn prv_2_unsubscribing_leaves_an_erased_lead_as_it_is() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    let letter = json!({"medium": "email", "subject": "Winter", "text": "Tyres", "purpose": "service"});
    let sent = world.post(ADMIN, &format!("/leads/{lead}/communications"), &letter).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    world.system.settle().await;
    let mail = world.system.mailbox.mails().into_iter().rfind(|mail| mail.unsubscribe.is_some()).unwrap();
    let link = mail.unsubscribe.unwrap().strip_prefix(PUBLIC_URL).unwrap().to_owned();
    erased(&world, lead, None).await;
    let items = async |world: &World| table(world).await.into_iter().filter(|item| item.contains(&lead.to_string())).collect::<Vec<_>>();
    let before = items(&world).await;
    assert!(!before.is_empty());
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for (path, subscribed) in [(link.clone(), false), (format!("{link}/resubscription"), true)] {
        let reply = world.call(Request::new(Method::POST, "", &path).headers(&form).body(b"List-Unsubscribe=One-Click")).await;
        assert_eq!((reply.status, &reply.body["subscribed"]), (200, &json!(subscribed)), "{}", reply.body);
    }
    assert_eq!(items(&world).await, before);
}
