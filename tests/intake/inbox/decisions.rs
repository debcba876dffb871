//! What users decide about a mail without a lead: a lead, or none (INT-7).

use super::{LETTER, MAILS, arrive, ids, lead_body, newsletter, raw, read, record, store};
use crate::support::world::{ADMIN, Request, World, at};
use forecourt_domain::base::LeadId;
use forecourt_domain::mail::MailOutcome;
use serde_json::{Value, json};

/// INT-7: a lead of a mail takes the sender, the subject and the text from it, counts its clock from now, links the raw mail, and marks the
/// mail as handled.
#[tokio::test]
async fn int_7_a_user_makes_a_lead_of_a_mail() {
    let world = World::new().await;
    arrive(&world, "m1", newsletter()).await;
    world.advance_to("2026-11-24T09:00:00Z").await;
    let made = world.post(ADMIN, &format!("{MAILS}/m1/lead"), &json!({})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id: LeadId = made.text("/id").parse().unwrap();
    assert_eq!(made.headers["location"], format!("/leads/{id}"));
    // Two working hours from now, not from the arrival.
    assert_eq!(at(made.text("/deadline")), at("2026-11-24T11:00:00Z"));
    let page = world.get(ADMIN, &format!("/leads/{id}")).await;
    let text = page.body.to_string();
    assert!(text.contains("jana@example.com") && text.contains("Is the red Corsa still there?"), "{text}");
    let entries = page.body["timeline"].as_array().unwrap();
    let first = entries.iter().find(|entry| entry["raw"].is_string()).unwrap_or_else(|| panic!("{}", page.body));
    assert!(first["events"][0]["flags"].to_string().contains("arrived on 2026-11-23 09:00 UTC; the mail is a newsletter"), "{first}");
    assert_eq!(first["by"], format!("user:{ADMIN}"), "{first}");
    assert_eq!(world.page(id).await.enquiry.unwrap().requested_at, Some(at("2026-11-23T09:00:00Z")));
    let (status, headers, bytes) = raw(&world, ADMIN, first["raw"].as_str().unwrap()).await;
    assert_eq!((status, &headers["content-type"], bytes.as_slice()), (200, &"message/rfc822".parse().unwrap(), LETTER.as_bytes()));
    let mail = world.get(ADMIN, &format!("{MAILS}/m1")).await;
    assert_eq!((mail.text("/state"), mail.text("/handled/by"), mail.text("/handled/lead/id")), ("handled", ADMIN, made.text("/id")));
    assert_eq!(mail.text("/leads/0/number"), id.spoken());
    assert!(mail.body["suggested"].is_null());
    assert_eq!(ids(&world.get(ADMIN, MAILS).await), [""; 0]);
}

/// INT-7, INT-5: a mail makes one lead: for a repeat, for another user with other values, and for two users at once.
#[tokio::test]
async fn int_7_a_mail_makes_one_lead_also_if_two_users_make_it() {
    let world = World::new().await;
    arrive(&world, "m1", newsletter()).await;
    let path = format!("{MAILS}/m1/lead");
    let first = world.post(ADMIN, &path, &lead_body("Petersen")).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let again = world.post(ADMIN, &path, &lead_body("Petersen")).await;
    assert_eq!((again.status, again.text("/id")), (201, first.text("/id")), "{}", again.body);
    assert_eq!(again.headers["idempotent-replay"], "true");
    let other = world.post("gina.group", &path, &lead_body("Peters")).await;
    assert_eq!((other.status, other.text("/id")), (201, first.text("/id")), "{}", other.body);
    arrive(&world, "m2", newsletter()).await;
    let path = format!("{MAILS}/m2/lead");
    let bodies: Vec<Value> = ["Adler", "Busch", "Claus", "Dorn"]
        .map(|name| {
            let mut body = lead_body(name);
            body["contact"]["email"] = json!(format!("{name}@example.com"));
            body
        })
        .into();
    let who = [ADMIN, "helga.stern", "gina.group", ADMIN];
    let replies = futures::future::join_all(who.iter().zip(&bodies).map(|(who, body)| world.post(who, &path, body))).await;
    let made: Vec<&str> = replies.iter().map(|reply| reply.text("/id")).collect();
    assert!(made.iter().all(|id| *id == made[0] && !id.is_empty()), "{replies:?}");
    assert_eq!(read(&world, "m2").await.handled.unwrap().lead.unwrap().to_string(), made[0]);
    assert_eq!(world.list(ADMIN, crate::support::world::NORDSTERN).await.len(), 2);
}

/// INT-7, INT-6: the mail of a contact with a lead in progress is added to that lead.
#[tokio::test]
async fn int_7_a_mail_of_a_known_contact_is_added_to_the_lead_in_progress() {
    let world = World::new().await;
    let known = world
        .lead(&json!({"type": "used_car", "source": "website", "contact": {"last_name": "Petersen", "email": "jana@example.com"}}))
        .await;
    arrive(&world, "m1", newsletter()).await;
    let added = world.post(ADMIN, &format!("{MAILS}/m1/lead"), &json!({})).await;
    assert_eq!((added.status, added.text("/id").to_owned()), (200, known.to_string()), "{}", added.body);
    let again = world.post(ADMIN, &format!("{MAILS}/m1/lead"), &json!({})).await;
    assert_eq!((again.status, again.text("/id").to_owned()), (200, known.to_string()), "{}", again.body);
    assert_eq!(read(&world, "m1").await.handled.unwrap().lead, Some(known));
}

/// INT-7, INT-6: two users give contacts of their own, and one of these has a lead in progress. The mail still makes one lead.
#[tokio::test]
async fn int_7_a_mail_makes_one_lead_with_two_contacts() {
    for order in [["max", "jana"], ["jana", "max"]] {
        let world = World::new().await;
        world.lead(&crate::support::world::enquiry("jana")).await;
        arrive(&world, "m1", newsletter()).await;
        let body = |name: &str| json!({"contact": {"last_name": name, "email": format!("{name}@example.com")}});
        let (first, second) = (body(order[0]), body(order[1]));
        let path = format!("{MAILS}/m1/lead");
        let first = world.post(ADMIN, &path, &first).await;
        let second = world.post("gina.group", &path, &second).await;
        assert!(!first.text("/id").is_empty() && first.text("/id") == second.text("/id"), "{} {}", first.body, second.body);
    }
}

/// INT-7: values of the body replace those of the mail; faults are named, and nothing is stored.
#[tokio::test]
async fn int_7_the_values_of_a_lead_can_be_given() {
    let world = World::new().await;
    let machine = "From: Portal <noreply@portal.example>\r\nSubject: Neue Anfrage\r\n\r\nRuf mich an\r\n";
    store(&world, record("m1", machine.as_bytes(), newsletter(), at("2026-11-23T08:00:00Z")), machine.as_bytes()).await;
    let path = format!("{MAILS}/m1/lead");
    let none = world.post(ADMIN, &path, &json!({})).await;
    assert_eq!(none.faults(), ["contact INT-3"], "{}", none.body);
    let wrong = world.post(ADMIN, &path, &json!({"type": "boat", "contact": {"email": "jana"}})).await;
    assert_eq!(wrong.faults(), ["type INT-4", "contact.email INT-3"], "{}", wrong.body);
    assert!(read(&world, "m1").await.is_open());
    let body = json!({"source": "trade fair", "contact": {"last_name": "Petersen", "phone": "0171 2345678"}, "vehicle": {"make": "Opel"}, "colour": 1});
    let made = world.post(ADMIN, &path, &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert!(made.body["flags"].to_string().contains("colour"), "{}", made.body);
    let page = world.get(ADMIN, &format!("/leads/{}", made.text("/id"))).await.body.to_string();
    assert!(page.contains("trade fair") && page.contains("Ruf mich an") && page.contains("+491712345678"), "{page}");
    let mut automatic = record("m2", LETTER.as_bytes(), newsletter(), at("2026-11-23T08:00:00Z"));
    automatic.outcome = MailOutcome::Leads { leads: vec![made.text("/id").parse().unwrap()], refused: None };
    store(&world, automatic, LETTER.as_bytes()).await;
    for path in ["lead", "completion"] {
        let refused = world.post(ADMIN, &format!("{MAILS}/m2/{path}"), &json!({})).await;
        assert_eq!((refused.status, refused.text("/rule")), (409, "INT-7"), "{}", refused.body);
    }
}

/// INT-7: a mail that needs no lead is marked as handled, once, and can be opened again; one with a lead cannot.
#[tokio::test]
async fn int_7_a_mail_is_handled_without_a_lead_and_opened_again() {
    let world = World::new().await;
    arrive(&world, "m1", newsletter()).await;
    let path = format!("{MAILS}/m1/completion");
    let done = world.post("helga.stern", &path, &json!({})).await;
    assert_eq!((done.status, done.text("/state"), done.text("/handled/by")), (200, "handled", "helga.stern"), "{}", done.body);
    assert_eq!(done.headers["etag"], "\"2\"");
    // The first decision stays.
    let second = world.post(ADMIN, &path, &json!({})).await;
    assert_eq!((second.status, second.text("/handled/by")), (200, "helga.stern"), "{}", second.body);
    let stale = world.call(Request::delete(ADMIN, &path).version(1)).await;
    assert_eq!(stale.status, 412, "{}", stale.body);
    let open = world.call(Request::delete(ADMIN, &path).version(2)).await;
    assert_eq!((open.status, open.text("/state")), (200, "open"), "{}", open.body);
    // A repeat under its key changes nothing after the mail was opened again.
    let keyed = async || world.call(Request::post(ADMIN, &path).headers(&[("idempotency-key", "k")])).await;
    assert_eq!(keyed().await.text("/state"), "handled");
    assert_eq!(world.call(Request::delete(ADMIN, &path)).await.text("/state"), "open");
    let late = keyed().await;
    assert_eq!((late.status, late.text("/state"), &late.headers["idempotent-replay"]), (200, "open", &"true".parse().unwrap()));
    // A user changes their mind: first no lead, then one.
    assert_eq!(world.post(ADMIN, &path, &json!({})).await.status, 200);
    let made = world.post(ADMIN, &format!("{MAILS}/m1/lead"), &json!({})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let kept = world.call(Request::delete(ADMIN, &path)).await;
    assert_eq!((kept.status, kept.text("/rule")), (409, "INT-7"), "{}", kept.body);
}
