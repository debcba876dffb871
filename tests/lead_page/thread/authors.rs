//! The author of a mail in a thread: a contact, somebody else, a user, a program.

use super::{START, Written, answered_by_anna, notices, receive, receive_as, received, reply_to, to_customer, write};
use crate::support::world::{ADMIN, World, at};
use forecourt_domain::base::Actor;
use forecourt_lead_intake::mail_in::{Answered, NotJoined};
use serde_json::json;

const DMARC: &str = "Authentication-Results: amazonses.com; dmarc=pass header.from=autohaus-nordstern-demo.example";

/// LEAD-3: a colleague of the customer answers a forwarded mail. It joins the lead and is shown as from another address. No message goes to
/// that address before a user makes it a contact's.
#[tokio::test]
async fn lead_3_a_mail_from_another_address_joins_and_gets_no_letter_by_itself() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    let written = Written { from: "Kai <kai@else.example>".into(), ..Written::to(&reply_to(&mail)) };
    assert!(matches!(receive(&world, &written).await, Answered::Joined { .. }));
    let lead = world.page(id).await.lead;
    assert!(lead.clock_runs() && lead.enquirer.is_none() && lead.contacts.is_empty());
    assert_eq!(notices(&world).len(), 1);
    let element = received(&world, id).await.remove(0);
    let shown = &element["received"];
    assert_eq!((&shown["from"], &shown["from_known"], &shown["contact"]), (&json!("kai@else.example"), &json!(false), &json!(null)));
    assert_eq!(element["by"], json!("system"), "nobody knows who wrote it");
    let answer = json!({"medium": "email", "subject": "Hallo", "text": "Gerne", "answers": element["id"]});
    assert_eq!(write(&world, id, &answer).await.status, 201);
    world.system.settle().await;
    let sent = to_customer(&world).pop().unwrap();
    assert_eq!(
        (sent.subject.as_str(), sent.in_reply_to.as_deref()),
        ("Hallo", Some("one@mail.example.com")),
        "to the contact, in the thread"
    );
    assert!(world.system.mailbox.mails().iter().all(|mail| !mail.to.contains("else.example")));
    // A user makes the address a contact's. Then the answer to this mail goes there.
    let made = world.post(ADMIN, &format!("/leads/{id}/contacts"), &json!({"last_name": "Kai", "emails": ["kai@else.example"]})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(write(&world, id, &answer).await.status, 201);
    world.system.settle().await;
    assert_eq!(world.system.mailbox.mails().iter().filter(|mail| mail.to == "kai@else.example").count(), 1);
}

/// INT-6: the next letter goes to the contact who wrote last, at the address that they used.
#[tokio::test]
async fn int_6_the_next_letter_goes_to_the_contact_who_answered() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    world
        .post(ADMIN, &format!("/leads/{id}/contacts"), &json!({"last_name": "Kai", "emails": ["kai@else.example", "kai@work.example"]}))
        .await;
    let written = Written { from: "KAI@work.example".into(), ..Written::to(&reply_to(&mail)) };
    receive(&world, &written).await;
    assert_eq!(received(&world, id).await[0]["received"]["from_known"], json!(true));
    write(&world, id, &json!({"medium": "email", "subject": "Hallo", "text": "Gerne"})).await;
    world.system.settle().await;
    assert_eq!(world.system.mailbox.mails().last().unwrap().to, "kai@work.example");
    let back = Written { id: "two@example.com".into(), ..Written::to(&reply_to(&mail)) };
    receive(&world, &back).await;
    write(&world, id, &json!({"medium": "email", "subject": "Hallo", "text": "Gerne"})).await;
    world.system.settle().await;
    assert_eq!(world.system.mailbox.mails().last().unwrap().to, "petersen@example.com");
}

/// ESC-7: a mail that a user sends from an own mail program joins as the user's. It is a reply only if the mail server confirmed the sender
/// and a contact got it too.
#[tokio::test]
async fn esc_7_a_mail_of_a_user_is_a_reply_only_if_it_is_confirmed_and_went_to_the_contact() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    let address = reply_to(&mail);
    receive(&world, &Written::to(&address)).await;
    let own = |id: &str, to: &str| Written {
        from: "Anna Vogt <anna.vogt@autohaus-nordstern-demo.example>".into(),
        to: to.into(),
        id: id.into(),
        ..Written::to(&address)
    };
    let both = format!("{address}, petersen@example.com");
    // To the lead alone; to both without a confirmation; to both with a failed one.
    let anna = Actor::User("anna.vogt".parse().unwrap());
    for (written, by) in [
        (own("a@x.example", &address).header(DMARC), anna.clone()),
        (own("b@x.example", &both), Actor::System),
        (own("c@x.example", &both).header("Authentication-Results: amazonses.com; dmarc=fail"), Actor::System),
    ] {
        let joined = receive_as(&world, &written, "mail/u", "demo-group").await;
        assert!(matches!(joined, Answered::Joined { is_customers: false, again: false, .. }), "{}: {joined:?}", written.id);
        let page = world.page(id).await;
        assert!(page.lead.clock_runs() && page.lead.reaction.is_none(), "{}", written.id);
        assert_eq!(page.timeline.last().unwrap().by, by, "{}", written.id);
    }
    let joined = receive(&world, &own("d@x.example", &both).header(DMARC)).await;
    assert!(matches!(joined, Answered::Joined { .. }));
    let page = world.page(id).await;
    let reaction = page.lead.reaction.clone().unwrap();
    assert_eq!((reaction.at, page.timeline.last().unwrap().by.clone()), (at("2026-11-23T10:00:00Z"), anna));
    assert_eq!(notices(&world).len(), 1, "only the customer's mail was reported");
    let all = received(&world, id).await;
    assert_eq!(all.iter().filter(|mail| mail["received"]["user"] == json!("anna.vogt")).count(), 4);
    assert!(all.iter().all(|mail| mail["received"]["from_known"] == json!(true)));
    // Nothing is sent on to anybody.
    assert_eq!(to_customer(&world).len(), 1);
}

/// LEAD-3: the mails of programs join without clock, notice and answer, so that two programs that answer each other end here.
#[tokio::test]
async fn lead_3_an_automatic_reply_joins_without_clock_and_notice() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    let before = world.page(id).await.lead;
    let sent = world.system.mailbox.mails().len();
    for (number, header) in
        ["Auto-Submitted: auto-replied", "Return-Path: <>", "X-Autoreply: yes", "Precedence: auto_reply"].iter().enumerate()
    {
        let written = Written { id: format!("{number}@example.com"), body: "Ich bin nicht da.".into(), ..Written::to(&reply_to(&mail)) };
        assert!(matches!(receive(&world, &written.header(header)).await, Answered::Joined { .. }), "{header}");
    }
    let after = world.page(id).await.lead;
    assert_eq!((after.reaction.clone(), after.updated, after.enquirer.clone()), (before.reaction, before.updated, None));
    assert_eq!((world.system.mailbox.mails().len(), after.version), (sent, before.version + 4));
    let all = received(&world, id).await;
    assert!(all.iter().all(|mail| mail["received"]["automatic"] == json!(true) && mail["text"] == json!("Ich bin nicht da.")), "{all:?}");
    // A person's mail with a header that avoids loops is a person's.
    let person = Written { id: "p@example.com".into(), ..Written::to(&reply_to(&mail)) }.header("X-Auto-Response-Suppress: All");
    receive(&world, &person).await;
    assert!(world.page(id).await.lead.clock_runs());
}

/// LEAD-3: a mail with the mark of another program and a delivery report start no clock and notify nobody.
#[tokio::test]
async fn lead_3_a_marked_mail_and_a_delivery_report_start_no_clock() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    let (before, sent) = (world.page(id).await.lead, world.system.mailbox.mails().len());
    let address = reply_to(&mail);
    let looped = Written { id: "loop@example.com".into(), ..Written::to(&address) }.header("X-Loop: robot@example.com");
    let report = Written {
        from: "Mail Delivery Subsystem <mailer-daemon@mta.example>".into(),
        subject: "Undelivered Mail Returned to Sender".into(),
        id: "report@mta.example".into(),
        body: "--dsn\r\nContent-Type: text/plain\r\n\r\n550 5.1.1 User unknown\r\n--dsn\r\nContent-Type: message/delivery-status\r\n\r\n\
               Reporting-MTA: dns; mta.example\r\n\r\nFinal-Recipient: rfc822; petersen@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n--dsn--\r\n"
            .into(),
        ..Written::to(&address)
    };
    let report = report.header("Content-Type: multipart/report; report-type=delivery-status; boundary=dsn");
    for written in [looped, report] {
        let joined = receive(&world, &written).await;
        assert!(matches!(joined, Answered::Joined { is_customers: false, again: false, .. }), "{}: {joined:?}", written.id);
        let lead = world.page(id).await.lead;
        assert!(!lead.clock_runs(), "{}", written.id);
        assert_eq!((&lead.reaction, lead.updated, &lead.enquirer), (&before.reaction, before.updated, &None), "{}", written.id);
        assert_eq!(received(&world, id).await[0]["received"]["automatic"], json!(true), "{}", written.id);
    }
    world.advance_to("2026-11-23T12:00:00Z").await;
    assert_eq!((world.system.mailbox.mails().len(), received(&world, id).await.len()), (sent, 2));
}

/// LEAD-3: spam and a failed DMARC check are shown, and the mail counts. A mail with a virus is not opened.
#[tokio::test]
async fn lead_3_failed_checks_are_shown_and_a_virus_is_not_opened() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    let written = Written::to(&reply_to(&mail)).header("X-SES-Spam-Verdict: FAIL").header("X-SES-DMARC-Verdict: FAIL");
    assert!(matches!(receive(&world, &written).await, Answered::Joined { .. }));
    assert_eq!(received(&world, id).await[0]["received"]["flags"], json!(["spam", "dmarc"]));
    assert!(world.page(id).await.lead.clock_runs());
    let virus = Written { id: "v@example.com".into(), ..Written::to(&reply_to(&mail)) }.header("X-SES-Virus-Verdict: FAIL");
    assert!(matches!(receive(&world, &virus).await, Answered::NotJoined { lead, why: NotJoined::Virus, .. } if lead == id));
    assert_eq!(received(&world, id).await.len(), 1);
}

/// LEAD-3: `answers` must name a received e-mail of the lead, and only such an answer has no subject.
#[tokio::test]
async fn lead_3_an_answer_names_a_received_mail_of_the_lead() {
    let world = World::at(START).await;
    let (id, _) = answered_by_anna(&world).await;
    let own = world.get(ADMIN, &format!("/leads/{id}/communications")).await.text("/elements/0/id").to_owned();
    for (body, fault) in [
        (json!({"medium": "email", "subject": "A", "text": "B", "answers": own}), "answers LEAD-3"),
        (json!({"medium": "email", "text": "B", "answers": "nothing"}), "answers LEAD-3"),
        (json!({"medium": "email", "text": "B", "answers": "Not an id"}), "answers LEAD-3"),
        (json!({"medium": "email", "text": "B"}), "subject LEAD-3"),
        (json!({"medium": "email", "subject": "A\nB", "text": "B", "answers": own}), "subject LEAD-3"),
    ] {
        let refused = write(&world, id, &body).await;
        assert_eq!((refused.status, refused.faults()), (422, vec![fault.to_owned()]), "{body}");
    }
}
