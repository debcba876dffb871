//! Which mails answer a lead, and repeats.

use super::{START, Written, answered_by_anna, notices, receive, receive_as, received, reply_to};
use crate::support::world::{NORDSTERN, World};
use forecourt_lead_intake::mail_in::Answered;

/// LEAD-3: the id of the thread is enough, wherever the mail arrives.
#[tokio::test]
async fn lead_3_an_answer_is_recognised_by_the_id_of_its_thread() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    let dealer = format!("{NORDSTERN}.demo-group@in.example.com");
    let written = Written::to(&dealer).header(&format!("References: <other@example.com>\r\n <{}>", mail.references[0]));
    assert!(matches!(receive(&world, &written).await, Answered::Joined { lead, again: false, .. } if lead == id));
    let shouted = Written { id: "two@example.com".into(), ..Written::to(&dealer) };
    let shouted = shouted.header(&format!("In-Reply-To: <{}>", mail.references[0].to_uppercase()));
    assert!(matches!(receive(&world, &shouted).await, Answered::Joined { lead, .. } if lead == id));
}

/// LEAD-3, ACC-2: an invented code, the code of another lead, another domain and another group join nothing.
#[tokio::test]
async fn lead_3_a_mail_with_an_invalid_code_joins_no_lead() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    let address = reply_to(&mail);
    let (local, _) = address.split_once('@').unwrap();
    let forged = format!("{id}-abcdefghjkmn.demo-group@in.example.com");
    let other = world.lead(&crate::support::world::enquiry("kai")).await;
    let moved = address.replace(&id.to_string(), &other.to_string());
    for to in [forged.as_str(), &moved, &format!("{local}@elsewhere.example"), "x@in.example.com"] {
        assert_eq!(receive(&world, &Written::to(to)).await, Answered::No, "{to}");
    }
    let reference = Written::to("x@example.com").header(&format!("In-Reply-To: <{id}.abcdefghjkmn@in.example.com>"));
    assert_eq!(receive(&world, &reference).await, Answered::No);
    // The handler of the other group's mail cannot reach the lead, by the address or by the id.
    let both = Written::to(&address).header(&format!("In-Reply-To: <{}>", mail.references[0]));
    assert_eq!(receive_as(&world, &both, "mail/x", "rival-group").await, Answered::No);
    let foreign = Written::to(&address.replace("demo-group", "rival-group"));
    assert_eq!(receive_as(&world, &foreign, "mail/y", "rival-group").await, Answered::No);
    assert!(received(&world, id).await.is_empty() && received(&world, other).await.is_empty());
}

/// LEAD-3: a repeated mail joins once, whatever the name of its copy; the same id with another content is another mail, so that nobody can
/// suppress a mail by guessing its id.
#[tokio::test]
async fn lead_3_a_repeated_mail_joins_once_and_another_content_again() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    let written = Written::to(&reply_to(&mail));
    assert!(matches!(receive(&world, &written).await, Answered::Joined { again: false, .. }));
    let version = world.page(id).await.lead.version;
    for object in ["mail/one", "mail/two"] {
        let again = receive_as(&world, &written, object, "demo-group").await;
        assert!(matches!(again, Answered::Joined { lead, again: true, .. } if lead == id), "{again:?}");
    }
    // Two copies at once.
    let (one, two) = (Written { id: "both@example.com".into(), ..written.clone() }, "mail/three");
    let both = futures::join!(receive_as(&world, &one, two, "demo-group"), receive_as(&world, &one, two, "demo-group"));
    let news = [&both.0, &both.1].into_iter().filter(|is| matches!(is, Answered::Joined { again: false, .. })).count();
    assert_eq!((news, world.page(id).await.lead.version), (1, version + 1));
    let other = Written { body: "Ich habe es mir anders überlegt.".into(), ..written };
    assert!(matches!(receive(&world, &other).await, Answered::Joined { again: false, .. }));
    assert_eq!(received(&world, id).await.len(), 3);
    world.system.advance_to(crate::support::world::at("2026-11-23T09:05:00Z")).await;
    let later: Vec<String> = world.mails().into_iter().filter(|line| line.starts_with("11-23 09:00:30 anna.vogt")).collect();
    assert_eq!((notices(&world).len(), later.len()), (1, 1), "the second and the third go out together: {:?}", world.mails());
}
