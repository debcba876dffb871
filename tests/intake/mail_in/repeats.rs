//! The same mail several times, and different mails with one id.

use super::{address, leads, letter, notice, portal, receive, received, record};
use crate::support::world::{NORDSTERN, World, at};
use forecourt_domain::base::MailId;
use forecourt_domain::mail::MailOutcome;
use forecourt_lead_intake::mail_in;
use serde_json::json;

async fn handle(world: &World, body: &str) -> usize {
    let event = serde_json::from_value(json!({"Records": [{"messageId": "1", "body": body}]})).unwrap();
    mail_in::messages(&world.system.platform, event).await.batch_item_failures.len()
}

/// INT-5, INT-7: a doubled notice changes nothing.
#[tokio::test]
async fn int_5_a_doubled_notice_changes_nothing() {
    let world = World::new().await;
    let two = "From: a@autoplaza.example\r\n\r\n<?xml version=\"1.0\"?><adf>\
        <prospect><customer><contact><name part=\"full\">A</name><email>a@example.com</email></contact></customer></prospect>\
        <prospect><customer><contact><name part=\"full\">B</name><email>b@example.com</email></contact></customer></prospect></adf>";
    let news = "From: news@portal.example\r\nList-Unsubscribe: <https://portal.example/u>\r\nList-Id: <news.portal.example>\r\nSubject: Neuigkeiten\r\n\r\nViele Angebote!\n";
    for (name, raw) in [("one", portal("p-1", "jana@example.com")), ("two", two.to_owned()), ("none", news.to_owned())] {
        let object = format!("{}{name}", mail_in::FOLDER);
        world.system.platform.files.put(&object, raw.into_bytes()).await.unwrap();
        let body = notice(&object, &[&address(NORDSTERN)], &json!({}));
        assert_eq!(handle(&world, &body).await, 0);
        let first = record(&world, &MailId::of_object(&object), NORDSTERN).await.unwrap();
        let listed = world.list("ingo.brandt", NORDSTERN).await;
        assert_eq!(handle(&world, &body).await, 0);
        assert_eq!(record(&world, &MailId::of_object(&object), NORDSTERN).await.unwrap(), first, "{name}");
        assert_eq!(world.list("ingo.brandt", NORDSTERN).await, listed, "{name}");
    }
}

/// INT-5: one mail that comes on two ways makes one lead. Mails with one id and different content make two.
#[tokio::test]
async fn int_5_the_content_decides_whether_a_mail_is_the_same() {
    let world = World::new().await;
    let first = received(&world, portal("p-1", "jana@example.com")).await;
    let again =
        received(&world, format!("Received: from elsewhere\r\nX-SES-Spam-Verdict: FAIL\r\n{}", portal("p-1", "jana@example.com"))).await;
    assert_eq!(leads(&first), leads(&again));
    assert_ne!(first.id, again.id);
    assert_eq!(world.page(leads(&first)[0]).await.timeline.len(), 1, "the second mail added nothing");
    let other = received(&world, portal("p-1", "karl@example.com").replace("0171 2345678", "0171 9999999")).await;
    assert_ne!(leads(&first), leads(&other));
}

/// INT-5: an id of a portal that is used again with another content loses no enquiry, and changes no lead.
#[tokio::test]
async fn int_5_an_id_that_is_used_again_loses_no_enquiry() {
    let world = World::new().await;
    let adf = |name: &str, message: &str, resend: &str| {
        format!(
            "From: leads@autoplaza.example\r\nMessage-ID: <{message}@autoplaza.example>\r\n\r\n<?xml version=\"1.0\"?><adf><prospect{resend}>\
             <id source=\"autoplaza\">7</id><customer><contact><name part=\"full\">{name}</name><email>{name}@example.com</email></contact>\
             </customer></prospect></adf>"
        )
    };
    let first = received(&world, adf("anna", "1", "")).await;
    assert_eq!(leads(&received(&world, adf("anna", "2", "")).await), leads(&first), "the id and the content are the same");
    let other = received(&world, adf("berta", "3", "")).await;
    assert_ne!(leads(&other), leads(&first));
    // Anybody can write the id of another enquiry: only a proven sender changes an enquiry.
    let forged = format!("X-SES-DMARC-Verdict: FAIL\r\n{}", adf("carl", "4", " status=\"resend\""));
    assert_ne!(leads(&received(&world, forged).await), leads(&first));
    assert_eq!(world.page(leads(&first)[0]).await.lead.contact, "anna");
    assert_eq!(leads(&received(&world, adf("dora", "5", " status=\"resend\"")).await), leads(&first));
}

/// ESC-1: the clock counts from when the mail server received the mail.
#[tokio::test]
async fn esc_1_the_clock_of_a_mail_counts_from_its_arrival() {
    let world = World::new().await;
    let id = {
        let (id, _) = world.system.receive_mail(portal("p-1", "jana@example.com").as_bytes(), &[address(NORDSTERN)]).await.unwrap();
        world.system.clock.freeze_at(at("2026-11-23T09:40:00Z"));
        world.system.step().await;
        id
    };
    let mail = record(&world, &id, NORDSTERN).await.unwrap();
    assert_eq!(mail.received, at("2026-11-23T09:00:00Z"));
    let lead = world.page(leads(&mail)[0]).await.lead;
    assert_eq!(lead.deadline(), Some(at("2026-11-23T11:00:00Z")), "two hours after 09:00");
}

/// INT-3, INT-7: an enquiry that a rule refuses is kept with the refusal. A bad number is text with a flag.
#[tokio::test]
async fn int_3_a_bad_number_is_flagged_and_a_refusal_is_recorded() {
    let world = World::new().await;
    let adf = |channels: &str| {
        format!(
            "From: leads@autoplaza.example\r\n\r\n<?xml version=\"1.0\"?><adf><prospect><customer><contact><name part=\"full\">A</name>\
             {channels}</contact></customer></prospect></adf>"
        )
    };
    let mail = received(&world, adf("<email>a@example.com</email><phone>0171 12</phone>")).await;
    let enquiry = world.page(leads(&mail)[0]).await.enquiry.unwrap();
    assert!(enquiry.flags.iter().any(|flag| flag.field.contains("phone")), "{:?}", enquiry.flags);
    let id = receive(&world, &[&address(NORDSTERN)], adf("")).await;
    let refused = record(&world, &id, NORDSTERN).await.unwrap();
    assert!(matches!(&refused.outcome, MailOutcome::Refused { detail } if detail.contains("contact")), "{:?}", refused.outcome);
    assert!(refused.report.is_some() && refused.is_open());
}

/// INT-1: spam and a failed DMARC check flag the lead. The verdicts of the notice count, not the headers of the mail.
#[tokio::test]
async fn int_1_the_verdicts_of_the_mail_server_count() {
    let world = World::new().await;
    let flags = async |more: serde_json::Value, headers: &str| {
        let object = format!("{}{}", mail_in::FOLDER, world.system.platform.ids.next());
        let from = format!("c{}@example.com", object.len() + headers.len());
        world.system.platform.files.put(&object, letter(&from, headers).into_bytes()).await.unwrap();
        assert_eq!(handle(&world, &notice(&object, &[&address(NORDSTERN)], &more)).await, 0);
        let mail = record(&world, &MailId::of_object(&object), NORDSTERN).await.unwrap();
        let page = world.page(leads(&mail)[0]).await;
        let last = page.timeline.iter().rev().find(|entry| entry.raw.is_some()).unwrap().clone();
        (mail.verdicts.clone(), format!("{:?}", last.events))
    };
    let (verdicts, events) =
        flags(json!({"spamVerdict": {"status": "FAIL"}, "dmarcVerdict": {"status": "FAIL"}}), "X-SES-Spam-Verdict: PASS\r\n").await;
    assert_eq!((verdicts.spam.as_str(), verdicts.dmarc.as_str(), verdicts.spf.as_str()), ("fail", "fail", "missing"));
    assert!(events.contains("the spam check of the mail failed") && events.contains("DMARC failed"), "{events}");
    let (verdicts, events) =
        flags(json!({"spamVerdict": {"status": "PASS"}, "dmarcVerdict": {"status": "GRAY"}}), "X-SES-DMARC-Verdict: FAIL\r\n").await;
    assert_eq!((verdicts.spam.as_str(), verdicts.dmarc.as_str()), ("pass", "unclear"));
    assert!(!events.contains("DMARC failed"), "{events}");
}
