//! Reports of the provider: doubled, late, in any order, about an earlier mail, and unusable ones (MSG-1).

use super::*;

/// MSG-1: reports come doubled and in any order; the outcome is the same.
#[tokio::test]
async fn msg_1_the_order_of_reports_makes_no_difference() {
    use MailEvent::{Bounce, Complaint, Delay, Delivery, Reject, TransientBounce};
    let cases: [(&[MailEvent], &str, usize); 6] = [
        (&[Delivery, Bounce], "bounced", 1),
        (&[Delay, TransientBounce, Bounce], "bounced", 1),
        // An automatic answer comes as a transient bounce.
        (&[Delivery, TransientBounce], "delivered", 0),
        (&[Delay, TransientBounce], "returned", 0),
        (&[Delivery, Complaint, Bounce], "complained", 2),
        (&[Delay, Reject], "rejected", 0),
    ];
    for (reports, wanted, stopped) in cases {
        for reversed in [false, true] {
            let world = World::new().await;
            let lead = lead_with(&world, "jana@example.com").await;
            let mail = wrote(&world, lead).await;
            let mut bodies: Vec<String> = reports.iter().map(|report| about(&world, &mail, *report)).collect();
            if reversed {
                bodies.reverse();
            }
            bodies.extend(bodies.clone());
            assert!(deliver(&world, &bodies).await.is_empty());
            assert_eq!(state(&world, lead).await.0, wanted, "{reports:?} {reversed}");
            let listed = undelivered(&world).await.len();
            assert_eq!((stops(&world, lead).await.len(), listed), (stopped, usize::from(wanted != "delivered")), "{reports:?}");
        }
    }
}

/// MSG-1: a report about an earlier mail of a letter leaves the letter as it is, and stops mail to the earlier address only.
#[tokio::test]
async fn msg_1_a_report_about_an_earlier_attempt_leaves_the_letter() {
    let world = World::new().await;
    let lead = lead_with(&world, "jana@example.com").await;
    let mail = wrote(&world, lead).await;
    let earlier = MailEvent::Bounce.about(&mail, "an-earlier-attempt", world.system.clock.now()).to_string();
    assert!(deliver(&world, &[earlier]).await.is_empty());
    assert_eq!((state(&world, lead).await.0.as_str(), stops(&world, lead).await.len()), ("sent", 1));
    let delivery = MailEvent::Delivery.about(&mail, "an-earlier-attempt", world.system.clock.now()).to_string();
    assert!(deliver(&world, &[delivery]).await.is_empty());
    assert_eq!(state(&world, lead).await.0, "sent");
}

/// A provider that reports a bounce before its own answer arrives.
struct Hasty {
    world: Arc<World>,
    went_back: Mutex<Option<usize>>,
}

#[async_trait]
impl Carrier for Hasty {
    async fn carry(&self, mail: &Mail) -> Result<String, Undelivered> {
        let now = self.world.system.clock.now();
        let event = MailEvent::Bounce.about(mail, "hasty", now).to_string();
        *self.went_back.lock().unwrap() = Some(deliver(&self.world, &[event]).await.len());
        Ok("hasty".into())
    }
}

#[tokio::test]
async fn msg_1_a_report_that_is_faster_than_the_answer_waits_in_the_queue() {
    let world = Arc::new(World::new().await);
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    world.system.agenda.lose_everything();
    let hasty = Arc::new(Hasty { world: world.clone(), went_back: Mutex::default() });
    let wake_up = json!({"kind": "deliver", "group": "demo-group", "dealer": NORDSTERN, "home": {"appointment": id}, "letter": "confirmation-0-email"});
    assert!(sender(&world, hasty.clone()).handle(batch(&[wake_up.to_string()])).await.batch_item_failures.is_empty());
    assert_eq!(*hasty.went_back.lock().unwrap(), Some(1));
    assert_eq!(letters(&seen(&world, &id).await)[0], "confirmation email sent");
}

/// MSG-1: a report about a letter whose attempt had no answer shows that it was sent.
#[tokio::test]
async fn msg_1_a_report_settles_an_unclear_letter() {
    struct Silent(Mutex<Option<Mail>>);
    #[async_trait]
    impl Carrier for Silent {
        async fn carry(&self, mail: &Mail) -> Result<String, Undelivered> {
            *self.0.lock().unwrap() = Some(mail.clone());
            Err(Undelivered::Unclear("timed out".into()))
        }
    }
    let world = World::new().await;
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    world.system.agenda.lose_everything();
    let silent = Arc::new(Silent(Mutex::default()));
    let wake_up = json!({"kind": "deliver", "group": "demo-group", "dealer": NORDSTERN, "home": {"appointment": id}, "letter": "confirmation-0-email"});
    assert!(sender(&world, silent.clone()).handle(batch(&[wake_up.to_string()])).await.batch_item_failures.is_empty());
    assert_eq!((letters(&seen(&world, &id).await)[0].as_str(), undelivered(&world).await.len()), ("confirmation email unclear", 1));
    let mail = silent.0.lock().unwrap().clone().unwrap();
    // A report about another address may be about an earlier attempt.
    let other = Mail { to: "karl@example.com".into(), ..mail.clone() };
    assert!(deliver(&world, &[about(&world, &other, MailEvent::Delivery)]).await.is_empty());
    assert_eq!(letters(&seen(&world, &id).await)[0], "confirmation email unclear");
    assert!(deliver(&world, &[about(&world, &mail, MailEvent::Delivery)]).await.is_empty());
    let page = seen(&world, &id).await;
    assert_eq!(
        (letters(&page)[0].as_str(), &page.body["confirmed"]["email"]),
        ("confirmation email delivered", &json!(true)),
        "{}",
        page.body
    );
    assert!(undelivered(&world).await.is_empty());
}

/// MSG-1, PRV-1: what is no event, or is about nothing that we know, changes nothing; what cannot be read goes to the dead letters.
#[tokio::test]
async fn msg_1_reports_that_cannot_be_used_change_nothing() {
    let world = World::new().await;
    let lead = lead_with(&world, "jana@example.com").await;
    let mail = wrote(&world, lead).await;
    let bounce = MailEvent::Bounce.about(&mail, &format!("local-{}", mail.id), world.system.clock.now());
    let with = |pointer: &str, value: Value| {
        let mut event = bounce.clone();
        *event.pointer_mut(pointer).unwrap() = value;
        event.to_string()
    };
    let tag = |text: &str| {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        json!([URL_SAFE_NO_PAD.encode(text)])
    };
    let cause = mail.id.split_once('.').unwrap().1;
    let ignored = [
        "Successfully validated SNS topic for Amazon SES event publishing.".to_owned(),
        with("/mail/tags", json!({})),
        with("/mail/tags/proof", json!(["AAAAAAAAAAAAAAAAAAAAAA"])),
        // The ids of another group, or of another letter, with the proof of this one.
        with("/mail/tags/about", tag(&format!("rival-group/L/{lead}/{cause}"))),
        with("/mail/tags/about", tag(&format!("demo-group/L/{lead}/x"))),
        with("/mail/tags/about", tag("demo-group")),
        with("/mail/tags/about", json!([])),
        with("/mail/tags/about", json!(["not base64!"])),
        with("/mail/destination", json!([])),
        with("/mail/destination", json!(["no address"])),
        with("/eventType", json!("Open")),
        with("/eventType", json!("Complaint")),
    ];
    let before = world.get(ADMIN, &format!("/leads/{lead}")).await.body;
    assert_eq!(deliver(&world, &ignored).await, Vec::<String>::new());
    let unreadable = ["{".to_owned(), "{}".to_owned(), with("/mail", json!({})), with("/bounce/timestamp", json!("yesterday"))];
    assert_eq!(deliver(&world, &unreadable).await.len(), unreadable.len());
    assert_eq!((state(&world, lead).await.0.as_str(), stops(&world, lead).await.len()), ("sent", 0));
    assert_eq!(world.get(ADMIN, &format!("/leads/{lead}")).await.body, before);
    // A report whose recipient corrects a complaint stops nothing.
    let praise = MailEvent::Complaint.about(&mail, &format!("local-{}", mail.id), world.system.clock.now());
    let praise = praise.to_string().replace("\"abuse\"", "\"not-spam\"");
    assert!(deliver(&world, &[praise]).await.is_empty());
    assert!(stops(&world, lead).await.is_empty());
}

/// MSG-1: the events of `events/send`, in the form that SES documents.
#[tokio::test]
async fn msg_1_the_documented_events_are_read() {
    let files = [
        ("ses_bounce", "bounced"),
        ("ses_transient_bounce", "returned"),
        ("ses_complaint", "complained"),
        ("ses_delivery", "delivered"),
        ("ses_reject", "rejected"),
        ("ses_delivery_delay", "sent"),
        ("ses_open", "sent"),
    ];
    for (file, wanted) in files {
        let world = World::new().await;
        let lead = lead_with(&world, "jana@example.com").await;
        let mail = wrote(&world, lead).await;
        let tags = mail.tags.clone().unwrap();
        let text = std::fs::read_to_string(root().join(format!("events/send/{file}.json"))).unwrap();
        let text = text.replace("MESSAGE", &format!("local-{}", mail.id)).replace("ABOUT", &tags.about).replace("PROOF", &tags.proof);
        assert!(deliver(&world, &[text]).await.is_empty(), "{file}");
        assert_eq!(state(&world, lead).await.0, wanted, "{file}");
    }
}

/// MSG-1: a report costs two reads and one transaction; one that adds nothing costs the reads alone. docs/costs.md has these figures.
#[tokio::test]
async fn msg_1_a_report_costs_three_calls() {
    let world = World::new().await;
    let lead = lead_with(&world, "jana@example.com").await;
    let mail = wrote(&world, lead).await;
    let cases = [(MailEvent::Delivery, (3, 4.0, 2.0)), (MailEvent::Bounce, (3, 4.0, 15.0)), (MailEvent::Bounce, (2, 4.0, 0.0))];
    for (event, (calls, reads, writes)) in cases {
        let body = about(&world, &mail, event);
        let before = world.store.spent();
        assert!(deliver(&world, &[body]).await.is_empty());
        let spent = world.store.spent().since(before);
        println!("{event:?}: {spent:?}");
        assert_eq!(spent.calls, calls, "{event:?}");
        assert!(spent.read_units <= reads && spent.write_units <= writes, "{event:?}: {spent:?}");
    }
}

#[tokio::test]
async fn msg_1_a_notice_that_comes_back_is_a_finding_until_one_arrives() {
    let world = World::new().await;
    lead_with(&world, "jana@example.com").await;
    let notice = world.system.mailbox.mails().into_iter().find(|mail| mail.to.starts_with("anna")).unwrap();
    let findings = async || {
        let reply = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/settings/findings")).await;
        let found = reply.body["findings"].as_array().unwrap().clone();
        found.into_iter().filter(|finding| finding["kind"] == "notices_returned").collect::<Vec<_>>()
    };
    assert!(findings().await.is_empty());
    assert!(world.system.mailbox.report(&notice.id, MailEvent::Bounce, world.system.clock.now()));
    world.system.settle().await;
    let found = findings().await;
    assert_eq!((found.len(), &found[0]["field"]), (1, &json!("members[0]")), "{found:?}");
    assert!(found[0]["detail"].as_str().unwrap().contains("Anna Vogt"), "{found:?}");
    // Notices are sent all the same.
    world.advance_to("2026-11-23T09:10:00Z").await;
    lead_with(&world, "karl@example.com").await;
    let again = world.system.mailbox.mails().into_iter().rfind(|mail| mail.to == notice.to).unwrap();
    assert_ne!(again.id, notice.id);
    assert!(world.system.mailbox.report(&again.id, MailEvent::Delivery, at("2026-11-23T09:10:01Z")));
    world.advance_to("2026-11-23T09:11:00Z").await;
    assert!(findings().await.is_empty());
}
