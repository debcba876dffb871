//! The addresses at which dealers receive mail, and the dealers' own lead addresses.

use crate::support::world::{ADMIN, NORDSTERN, Request, World};
use forecourt_domain::base::{DealerId, GroupId, LeadId, MailDomain, MailTarget};
use serde_json::json;

fn domain() -> MailDomain {
    MailDomain::parse("IN.Example.com").unwrap()
}

/// INT-10: the address of each dealer is read as that dealer, and as no other one and no lead.
#[test]
fn int_10_the_address_of_every_dealer_names_that_dealer() {
    let ids =
        ["a", "a.b", "a-b", "a_b", ".a", "..a", "-", "4829130576", "4829130576-abc", "4829130576-", "4829130576-a-b", "4829130576-a.b"];
    let mut all = Vec::new();
    for group in ["g", "g.h", "4829130576-abc", ".g"] {
        for dealer in ids {
            let (group, dealer): (GroupId, DealerId) = (group.parse().unwrap(), dealer.parse().unwrap());
            let address = domain().dealer_address(&group, &dealer).unwrap().to_string();
            let named = MailTarget::Dealer { group, dealer, tag: None };
            assert_eq!(domain().read(&address), Some(named.clone()), "{address}");
            assert_eq!(domain().read(&address.to_uppercase()), Some(named), "{address}");
            all.push(address);
        }
    }
    all.sort();
    let count = all.len();
    all.dedup();
    assert_eq!(all.len(), count);
}

/// INT-10: the tag is kept as written. Addresses of other domains, and those that no dealer can have, name nobody.
#[test]
fn int_10_an_address_that_nobody_can_have_names_nobody() {
    let tagged = domain().read(" north.g+Mobile.de+x@in.example.com ");
    assert_eq!(
        tagged,
        Some(MailTarget::Dealer { group: "g".parse().unwrap(), dealer: "north".parse().unwrap(), tag: Some("Mobile.de+x".into()) })
    );
    let untagged = domain().read("north.g+@in.example.com");
    assert!(matches!(untagged, Some(MailTarget::Dealer { tag: None, .. })), "{untagged:?}");
    for address in [
        "north.g@example.com",
        "north.g@x.in.example.com",
        "north@in.example.com",
        "a.b.g@in.example.com",
        ".g@in.example.com",
        "north.@in.example.com",
        "n ö.g@in.example.com",
        "a=b.g@in.example.com",
        "@in.example.com",
        "in.example.com",
        "",
        "a/../b.g@in.example.com",
    ] {
        assert_eq!(domain().read(address), None, "{address}");
    }
    let long: DealerId = "d".repeat(63).parse().unwrap();
    assert_eq!(domain().dealer_address(&"g".parse().unwrap(), &long), None, "65 characters");
    assert!(domain().dealer_address(&"g".parse().unwrap(), &"d".repeat(62).parse().unwrap()).is_some());
    for text in ["", "example", "a@example.com", "exa mple.com", "-"] {
        assert!(MailDomain::parse(text).is_err(), "{text}");
    }
    assert!(MailDomain::parse("münchen.example").unwrap().contains("a@MÜNCHEN.example"));
}

/// INT-10: the reply address of a lead is read as the lead with its code.
#[test]
fn int_10_the_reply_address_of_a_lead_names_the_lead() {
    let (group, lead): (GroupId, LeadId) = ("g.h".parse().unwrap(), "0829130576".parse().unwrap());
    let address = domain().lead_address(&group, lead, "k3v9").unwrap().to_string();
    assert_eq!(address, "0829130576-k3v9.g~h@in.example.com");
    assert_eq!(domain().read(&address.to_uppercase()), Some(MailTarget::Lead { group: group.clone(), lead, code: "k3v9".into() }));
    for code in ["", "K3", "a-b", "a.b", "ä"] {
        assert_eq!(domain().lead_address(&group, lead, code), None, "{code}");
    }
}

/// SET-4, INT-10: two dealers of a group cannot have one lead address. A dealer that gives it up leaves it to others.
#[tokio::test]
async fn set_4_two_dealers_cannot_have_one_lead_address() {
    let world = World::new().await;
    let mailbox = async |dealer: &str, address: serde_json::Value| {
        let path = format!("/dealers/{dealer}/mailbox");
        let version = world.get("gina.group", &path).await.body["version"].as_u64().unwrap();
        world.call(Request::put("gina.group", &path).version(version).json(&json!({"lead_address": address}))).await
    };
    let taken = mailbox("harbour-cars-demo", json!("LEADS@autohaus-nordstern-demo.example")).await;
    assert_eq!((taken.status, taken.faults()), (422, vec!["lead_address SET-4".to_owned()]), "{}", taken.body);
    assert!(!taken.body.to_string().contains(NORDSTERN), "it does not name the other dealer: {}", taken.body);
    assert_eq!(mailbox(NORDSTERN, json!("new@nordstern.example")).await.status, 200);
    assert_eq!(mailbox("harbour-cars-demo", json!("leads@autohaus-nordstern-demo.example")).await.status, 200);
    assert_eq!(mailbox(NORDSTERN, json!("leads@autohaus-nordstern-demo.example")).await.status, 422);
    assert_eq!(mailbox("harbour-cars-demo", serde_json::Value::Null).await.status, 200);
    assert_eq!(mailbox(NORDSTERN, json!("leads@autohaus-nordstern-demo.example")).await.status, 200);
}

/// SET-4, INT-10: the mailbox shows the dealer's address and the time of the last mail. Other parts do not.
#[tokio::test]
async fn set_4_the_mailbox_shows_the_address_and_the_last_mail() {
    let world = World::new().await;
    let path = format!("/dealers/{NORDSTERN}/mailbox");
    let before = world.get(ADMIN, &path).await;
    assert_eq!(before.text("/mail_address"), "autohaus-nordstern-demo.demo-group@in.example.com", "{}", before.body);
    assert!(before.body["last_mail_at"].is_null());
    super::received(&world, super::portal("p-1", "jana@example.com")).await;
    assert_eq!(world.get(ADMIN, &path).await.text("/last_mail_at"), "2026-11-23T09:00:00Z");
    let pool = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/pool")).await;
    assert!(pool.body["mail_address"].is_null(), "{}", pool.body);
}
