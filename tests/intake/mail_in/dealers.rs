//! The dealers of a mail: by the recipients of the delivery, and within their group by the headers.

use super::{address, leads, letter, portal, receive, record};
use crate::support::world::{NORDSTERN, World};
use forecourt_domain::access::Scope;
use forecourt_store::Load;
use forecourt_store::keys::Key;

const HARBOUR: &str = "harbour-cars-demo";

/// INT-10: a mail to two dealers becomes a lead of each.
#[tokio::test]
async fn int_10_each_dealer_of_a_mail_gets_a_lead() {
    let world = World::new().await;
    let to = [address(NORDSTERN), address(HARBOUR), address(NORDSTERN).to_uppercase()];
    let id = receive(&world, &[&to[0], &to[1], &to[2]], letter("jana@example.com", "")).await;
    let (first, second) = (record(&world, &id, NORDSTERN).await.unwrap(), record(&world, &id, HARBOUR).await.unwrap());
    assert_ne!(leads(&first), leads(&second));
    assert_eq!(world.list("ingo.brandt", NORDSTERN).await.len(), 1);
}

/// INT-10: a recipient that names no dealer leaves the mail in the bucket, and is no failure.
#[tokio::test]
async fn int_10_an_unknown_recipient_is_no_failure() {
    let world = World::new().await;
    for to in
        ["nobody.demo-group@in.example.com", "autohaus-nordstern-demo.no-group@in.example.com", "a@elsewhere.example", "x@in.example.com"]
    {
        let id = receive(&world, &[to], letter("jana@example.com", "")).await;
        assert!(world.system.mails.waiting().unwrap().is_empty(), "{to}");
        assert!(world.bucket.path.join("raw/mail").join(id.as_str()).exists(), "{to}");
        assert!(record(&world, &id, NORDSTERN).await.is_none());
    }
    assert!(world.list("ingo.brandt", NORDSTERN).await.is_empty());
}

/// INT-10: the mailboxes of a group can be forwarded to one address. A header with the lead address of another dealer selects that dealer.
#[tokio::test]
async fn int_10_a_header_selects_another_dealer_of_the_group() {
    let world = World::new().await;
    world.settings_of(HARBOUR, |s| s.lead_address = Some(forecourt_domain::base::Email::parse("hello@harbour.example").unwrap())).await;
    for (number, headers) in
        ["Delivered-To: hello@harbour.example\r\n", "X-Forwarded-To: hello@harbour.example\r\n", "To: Hello@harbour.example\r\n"]
            .iter()
            .enumerate()
    {
        let id = receive(&world, &[&address(NORDSTERN)], letter(&format!("c{number}@example.com"), headers)).await;
        assert!(record(&world, &id, HARBOUR).await.is_some(), "{headers}");
        assert!(record(&world, &id, NORDSTERN).await.is_none(), "{headers}");
    }
    // A customer who writes to both dealers has one mail at each of them.
    let both = "To: leads@autohaus-nordstern-demo.example, hello@harbour.example\r\n";
    let id = receive(&world, &[&address(NORDSTERN)], letter("both@example.com", both)).await;
    assert!(record(&world, &id, NORDSTERN).await.is_some() && record(&world, &id, HARBOUR).await.is_none());
    // A dealer that gave the address up is not selected.
    world.settings_of(HARBOUR, |s| s.lead_address = None).await;
    let id = receive(&world, &[&address(NORDSTERN)], letter("late@example.com", "To: hello@harbour.example\r\n")).await;
    assert!(record(&world, &id, NORDSTERN).await.is_some());
}

/// ACC-2, INT-10: no header leads to another group.
#[tokio::test]
async fn acc_2_a_forged_header_does_not_cross_groups() {
    let world = World::new().await;
    let rival = Scope::keys_only("rival-group".parse().unwrap());
    let forged = "Delivered-To: leads@autohaus-nordstern-demo.example\r\nTo: autohaus-nordstern-demo.demo-group@in.example.com\r\n\
        X-Original-To: autohaus-nordstern-demo.demo-group@in.example.com\r\n";
    let lead_address = "leads@autohaus-nordstern-demo.example";
    let by_delivery = format!("Delivered-To: {lead_address}\r\n");
    let by_recipient = format!("To: Leads <{lead_address}>\r\n");
    let by_both = format!("X-Forwarded-To: {lead_address}\r\n{by_delivery}{by_recipient}");
    for (number, headers) in [forged, &by_delivery, &by_recipient, &by_both].into_iter().enumerate() {
        let letter = letter(&format!("jana{number}@example.com"), headers);
        let id = receive(&world, &["rival-dealer.rival-group@in.example.com"], letter).await;
        assert!(record(&world, &id, NORDSTERN).await.is_none(), "{headers}");
        assert!(world.list("ingo.brandt", NORDSTERN).await.is_empty(), "{headers}");
        let stored = |dealer: &str| Key::IncomingMail(id.clone(), dealer.parse().unwrap());
        let (own, other) = (stored("rival-dealer"), stored(NORDSTERN));
        let loaded = world.store.load(&rival, &Load::of([own.clone(), other.clone()])).await.unwrap();
        assert!(loaded.holds(&own) && !loaded.holds(&other), "{headers}");
    }
}

/// INT-4, INT-10: the source is the tag of the address, else the mail's own, else `mail`.
#[tokio::test]
async fn int_4_the_tag_of_the_address_is_the_source() {
    let world = World::new().await;
    let source = async |to: &str, raw: String| {
        let id = receive(&world, &[to], raw).await;
        let mail = record(&world, &id, NORDSTERN).await.unwrap();
        world.page(leads(&mail)[0]).await.enquiry.unwrap().source
    };
    let tagged = "autohaus-nordstern-demo.demo-group+Mobile@in.example.com";
    assert_eq!(source(tagged, portal("p-1", "a@example.com")).await, "Mobile");
    assert_eq!(source(tagged, letter("b@example.com", "")).await, "Mobile");
    assert_eq!(source(&address(NORDSTERN), letter("c@example.com", "")).await, "mail");
}
