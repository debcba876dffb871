//! Stops of messages to an address, and sending again after them (MSG-1).

use super::*;

#[tokio::test]
async fn msg_1_a_bounce_stops_mail_is_shown_and_notifies_the_owner_once() {
    for world in [World::new().await, World::delivering_twice().await] {
        let lead = lead_with(&world, DEAD).await;
        wrote(&world, lead).await;
        assert_eq!(state(&world, lead).await, ("bounced".into(), "smtp; 550 5.1.1 user unknown".into()));
        let returned = events(&world, lead, "mail_returned").await;
        assert_eq!((returned.len(), &returned[0]["kind"], &returned[0]["to"]), (1, &json!("bounced"), &json!(DEAD)), "{returned:?}");
        let stopped = stops(&world, lead).await;
        let facts = |stop: &Value| json!([stop["address"], stop["reason"], stop["medium"], stop["by"], stop["may_lift"]]);
        assert_eq!(stopped.iter().map(facts).collect::<Vec<_>>(), [json!([DEAD, "bounced", "email", "system", true])]);
        let notices: Vec<Mail> = world.system.mailbox.mails().into_iter().filter(|mail| mail.text.contains(DEAD)).collect();
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].to.contains("anna") && notices[0].text.contains("+491712345678"), "{}", notices[0].text);
        // Another mail is refused, and does not count as an answer.
        let refused = write(&world, lead, &letter()).await;
        assert_eq!((refused.status, refused.text("/rule")), (409, "MSG-1"), "{}", refused.body);
        assert!(refused.text("/detail").contains("came back"), "{}", refused.body);
        // A new enquiry of the same person does not end the stop.
        assert_eq!(lead_with(&world, DEAD).await, lead);
        assert_eq!(write(&world, lead, &letter()).await.status, 409);
        assert_eq!(write(&world, lead, &json!({"medium": "sms", "text": "Hallo"})).await.status, 201, "the number works");
    }
}

/// Makes a lead of a person at another dealer of the group.
async fn lead_at_harbour(world: &World, email: &str) -> LeadId {
    let contact = json!({"last_name": "Petersen", "email": email, "phone": "+49 171 2345678"});
    let body = json!({"type": "used_car", "source": "website", "contact": contact});
    let made = world.post("gina.group", "/dealers/harbour-cars-demo/leads", &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.text("/id").parse().unwrap()
}

async fn write_as_gina(world: &World, lead: LeadId, body: &Value) -> Reply {
    let reply = world.post("gina.group", &format!("/leads/{lead}/communications"), body).await;
    world.system.settle().await;
    reply
}

/// MSG-1: a bounce stops mail to the address in the whole group, whichever dealer's mail came back.
#[tokio::test]
async fn msg_1_a_bounce_stops_the_mail_of_every_dealer_of_the_group() {
    let world = World::new().await;
    let lead = lead_with(&world, DEAD).await;
    let other = lead_at_harbour(&world, DEAD).await;
    assert_ne!(other, lead);
    wrote(&world, lead).await;
    let refused = write_as_gina(&world, other, &letter()).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "MSG-1"), "{}", refused.body);
    assert!(refused.text("/detail").contains("came back"), "{}", refused.body);
    let shown = world.get("gina.group", &format!("/leads/{other}/stops")).await;
    assert_eq!((shown.text("/stops/0/address"), shown.text("/stops/0/reason")), (DEAD, "bounced"), "{}", shown.body);
    let sent = world.system.mailbox.mails();
    assert_eq!(sent.iter().filter(|mail| mail.to == DEAD).count(), 1, "the mail that came back");
}

/// MSG-1: a customer who wants no text messages of one dealer still gets those of another dealer of the group.
#[tokio::test]
async fn msg_1_a_stop_of_text_messages_concerns_one_dealer() {
    let world = World::new().await;
    // By default a dealer in Britain sends no text messages to Germany.
    world
        .settings_of("harbour-cars-demo", |s| s.limits.text_message_countries = Some(vec![Country::try_from("DE".to_owned()).unwrap()]))
        .await;
    let lead = lead_with(&world, "jana@example.com").await;
    let other = lead_at_harbour(&world, "jana@example.com").await;
    assert_ne!(other, lead);
    let stopped = json!({"address": "+491712345678", "reason": "stopped"});
    assert_eq!(world.post(SELLER, &format!("/leads/{lead}/stops"), &stopped).await.status, 200);
    let text = json!({"medium": "sms", "text": "Hallo"});
    assert_eq!(write(&world, lead, &text).await.status, 409);
    let sent = write_as_gina(&world, other, &text).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    let texts = world.system.mailbox.sms();
    assert_eq!(texts.iter().map(|sms| sms.to.as_str()).collect::<Vec<_>>(), ["+491712345678"]);
    let shown = world.get("gina.group", &format!("/leads/{other}/stops")).await;
    assert_eq!(shown.body["stops"], json!([]), "it is none of this dealer");
}

#[tokio::test]
async fn msg_1_a_bounced_letter_is_sent_again_after_the_address_is_corrected() {
    let world = World::new().await;
    let lead = lead_with(&world, DEAD).await;
    wrote(&world, lead).await;
    let listed = undelivered(&world).await;
    assert_eq!((listed.len(), &listed[0]["state"], &listed[0]["to"]), (1, &json!("bounced"), &json!(DEAD)), "{listed:?}");
    let refused = world.post(SELLER, &resend(&listed[0]), &json!({})).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "MSG-1"), "{}", refused.body);
    let page = world.get(SELLER, &format!("/leads/{lead}")).await;
    let contact = format!("/leads/{lead}/contacts/{}", page.text("/contacts/0/id"));
    let corrected = json!({"emails": ["success@simulator.amazonses.com"]});
    assert_eq!(world.call(Request::patch(SELLER, &contact).json(&corrected)).await.status, 200);
    assert!(stops(&world, lead).await.is_empty());
    let again = world.post(SELLER, &resend(&listed[0]), &json!({})).await;
    assert_eq!((again.status, again.text("/state")), (202, "queued"), "{}", again.body);
    world.system.settle().await;
    assert_eq!(state(&world, lead).await, ("delivered".into(), String::new()));
    assert!(undelivered(&world).await.is_empty());
    assert_eq!(world.post(SELLER, &resend(&listed[0]), &json!({})).await.status, 409, "it arrived");
}

#[tokio::test]
async fn msg_1_a_confirmed_address_is_released_and_an_old_report_does_not_stop_it_again() {
    let world = World::new().await;
    let lead = lead_with(&world, "jana@example.com").await;
    let mail = wrote(&world, lead).await;
    let bounce = about(&world, &mail, MailEvent::Bounce);
    assert!(deliver(&world, std::slice::from_ref(&bounce)).await.is_empty());
    let path = format!("/leads/{lead}/stops/{}", stops(&world, lead).await[0]["id"].as_str().unwrap());
    for (who, status) in [("greta.sommer", 404), ("rival.seller", 404), ("hugo.office", 403)] {
        assert_eq!(world.call(Request::delete(who, &path)).await.status, status, "{who}");
    }
    world.advance_to("2026-11-23T09:30:00Z").await;
    let lifted = world.call(Request::delete(SELLER, &path)).await;
    assert_eq!(lifted.status, 200, "{}", lifted.body);
    let released = events(&world, lead, "address_released").await;
    assert_eq!((&released[0]["reason"], &released[0]["to"]), (&json!("bounced"), &json!("jana@example.com")));
    assert_eq!(world.call(Request::delete(SELLER, &path)).await.status, 404, "it is lifted");
    // The queue repeats the report.
    assert!(deliver(&world, &[bounce]).await.is_empty());
    assert!(stops(&world, lead).await.is_empty());
    let listed = undelivered(&world).await;
    assert_eq!(world.post(SELLER, &resend(&listed[0]), &json!({})).await.status, 202);
    world.system.settle().await;
    assert_eq!(state(&world, lead).await.0, "sent");
    // A later bounce stops the address again.
    world.advance_to("2026-11-23T09:40:00Z").await;
    assert!(deliver(&world, &[about(&world, &mail, MailEvent::Bounce)]).await.is_empty());
    assert_eq!((stops(&world, lead).await.len(), events(&world, lead, "mail_returned").await.len()), (1, 2));
}

#[tokio::test]
async fn msg_1_a_complaint_is_lifted_only_by_a_supervisor_or_an_administrator() {
    let world = World::new().await;
    let lead = lead_with(&world, ANNOYED).await;
    wrote(&world, lead).await;
    assert_eq!(state(&world, lead).await.0, "complained");
    let path = format!("/leads/{lead}/stops/{}", stops(&world, lead).await[0]["id"].as_str().unwrap());
    assert_eq!(stops(&world, lead).await[0]["may_lift"], json!(false));
    let refused = world.call(Request::delete(SELLER, &path)).await;
    assert_eq!((refused.status, refused.text("/right")), (403, "change_settings"), "{}", refused.body);
    // A seller who supervises the owner may.
    let supervised = |draft: &mut forecourt_domain::settings::DealerSettings| {
        let anna = draft.members.iter_mut().find(|member| member.user.as_str() == SELLER).unwrap();
        anna.supervisor = Some("ben.krause".parse().unwrap());
    };
    world.settings(supervised).await;
    world.advance_to("2026-11-23T09:05:00Z").await;
    assert_eq!(world.call(Request::delete("ben.krause", &path)).await.status, 200);
    world.advance_to("2026-11-23T09:06:00Z").await;
    wrote(&world, lead).await;
    let path = format!("/leads/{lead}/stops/{}", stops(&world, lead).await[0]["id"].as_str().unwrap());
    assert_eq!(world.call(Request::delete(ADMIN, &path)).await.status, 200);
}

#[tokio::test]
async fn msg_1_an_appointment_is_not_confirmed_by_a_letter_that_came_back() {
    let world = World::new().await;
    let mut body = appointment("jana", WHEN);
    body["customer"]["email"] = json!(DEAD);
    let id = made(&world, ADMIN, &body).await;
    assert_eq!(letters(&seen(&world, &id).await)[0], "confirmation email bounced smtp; 550 5.1.1 user unknown");
    let moved = json!({"at": "2026-11-26T10:00:00+01:00"});
    assert_eq!(world.post(ADMIN, &format!("/appointments/{id}/time"), &moved).await.status, 200);
    let shown = letters(&seen(&world, &id).await);
    assert!(shown.contains(&"moved email suppressed bounced".to_owned()), "{shown:?}");
    let listed = undelivered(&world).await;
    let states: Vec<&str> = listed.iter().map(|message| message["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["suppressed", "bounced"]);
    assert_eq!(world.post(ADMIN, &resend(&listed[0]), &json!({})).await.status, 409);
    // The corrected address gets its confirmation, because it was never notified.
    let corrected = json!({"customer": {"name": "jana", "email": "jana@example.com"}});
    let version = seen(&world, &id).await.body["version"].as_u64().unwrap();
    let reply = world.call(Request::patch(ADMIN, &format!("/appointments/{id}")).version(version).json(&corrected)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let shown = letters(&seen(&world, &id).await);
    assert!(shown.contains(&"confirmation email sent".to_owned()), "{shown:?}");
}

/// MSG-1: the customer wants no text messages of the dealer, or no marketing mail.
#[tokio::test]
async fn msg_1_a_user_records_what_the_customer_does_not_want() {
    let world = World::new().await;
    let lead = lead_with(&world, "jana@example.com").await;
    let path = format!("/leads/{lead}/stops");
    let record = async |body: Value| world.post(SELLER, &path, &body).await;
    for (body, field) in [
        (json!({"address": "+491712345678", "reason": "bounced"}), "reason"),
        (json!({"address": "+491712345678"}), "reason"),
        (json!({"address": "+491712345679", "reason": "stopped"}), "address"),
        (json!({"address": "jana@example.com", "reason": "stopped"}), "address"),
    ] {
        let refused = record(body).await;
        assert_eq!((refused.status, refused.faults()), (422, vec![format!("{field} MSG-1")]), "{}", refused.body);
    }
    let stopped = json!({"address": "+491712345678", "reason": "stopped", "note": "asked on the telephone"});
    assert_eq!(world.post("hugo.office", &path, &stopped).await.status, 403);
    assert_eq!(world.post("greta.sommer", &path, &stopped).await.status, 404);
    let version = async || world.get(SELLER, &format!("/leads/{lead}")).await.body["version"].clone();
    assert_eq!(record(stopped.clone()).await.status, 200);
    let once = version().await;
    assert_eq!((record(stopped).await.status, version().await), (200, once), "a repeat changes nothing");
    assert_eq!(record(json!({"address": "JANA@example.com", "reason": "unsubscribed"})).await.status, 200);
    let shown = stops(&world, lead).await;
    let facts: Vec<Value> = shown.iter().map(|stop| json!([stop["reason"], stop["by"], stop["why"]])).collect();
    let wanted = [json!(["unsubscribed", "user:anna.vogt", null]), json!(["stopped", "user:anna.vogt", "asked on the telephone"])];
    assert_eq!(facts, wanted);
    let refused = write(&world, lead, &json!({"medium": "sms", "text": "Hallo"})).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "MSG-1"), "{}", refused.body);
    assert_eq!(write(&world, lead, &letter()).await.status, 201, "the mail is no marketing");
    // A text message about an appointment is not sent either.
    world.settings(|draft| draft.appointments.media.extend([forecourt_domain::base::Medium::Sms])).await;
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    let shown = letters(&seen(&world, &id).await);
    assert!(shown.contains(&"confirmation sms suppressed stopped".to_owned()), "{shown:?}");
    assert!(world.system.mailbox.sms().is_empty());
    let stop = stops(&world, lead).await[1]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.call(Request::delete(SELLER, &format!("{path}/{stop}"))).await.status, 200);
    assert_eq!(write(&world, lead, &json!({"medium": "sms", "text": "Hallo"})).await.status, 201);
    assert_eq!(world.system.mailbox.sms().len(), 1);
}
