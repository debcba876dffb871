//! What the link of a mail permits again, and what it does not (PRV-6).

use crate::messages::consents::{FORM, JANA, consents, declare, granted, last_mail, lead_of, link_of, one_click, write};
use crate::support::world::{ADMIN, Reply, Request, World};
use http::Method;
use serde_json::json;

pub(super) async fn resubscribe(world: &World, link: &str) -> Reply {
    world.call(Request::new(Method::POST, "", &format!("{link}/resubscription")).headers(&FORM)).await
}

/// PRV-6: the proof of the status after it is a text about subscribing, by a program and on the page.
#[tokio::test]
async fn prv_6_the_proof_of_subscribing_again_is_its_own_text() {
    for (accept, wanted) in [("application/json", "Subscription again"), ("text/html", "If you subscribe again")] {
        let world = World::new().await;
        let lead = lead_of(&world, "Petersen").await;
        declare(&world, lead, &granted("email")).await;
        write(&world, lead, "service", "email").await;
        let link = link_of(&last_mail(&world));
        world.advance_to("2026-11-23T09:20:00Z").await;
        assert_eq!(one_click(&world, &link).await.status, 200);
        world.advance_to("2026-11-23T09:30:00Z").await;
        let headers = [("accept", accept), ("accept-language", "en"), FORM[0]];
        let request = Request::new(Method::POST, "", &format!("{link}/resubscription")).headers(&headers);
        let event = crate::support::world::gateway_event(&world.tokens, request).unwrap();
        assert_eq!(world.system.http(event).await.status_code, 200);
        let listed = consents(&world, lead).await;
        let again = listed.iter().find(|one| one["purpose"] == "advertising").unwrap();
        assert_eq!(again["status"], "granted", "{listed:?}");
        assert!(again["text"].as_str().unwrap().contains(wanted), "{listed:?}");
    }
}

/// PRV-6: a link, which may be forwarded, does not lift a stop that a user recorded.
#[tokio::test]
async fn prv_6_a_link_does_not_lift_the_stop_of_a_user() {
    let world = World::new().await;
    let lead = lead_of(&world, "Petersen").await;
    write(&world, lead, "service", "email").await;
    let link = link_of(&last_mail(&world));
    let stop = json!({"address": JANA, "reason": "unsubscribed"});
    assert_eq!(world.post("anna.vogt", &format!("/leads/{lead}/stops"), &stop).await.status, 200);
    assert_eq!(one_click(&world, &link).await.body["subscribed"], json!(false));
    let back = resubscribe(&world, &link).await;
    assert_eq!((back.status, &back.body["subscribed"]), (200, &json!(false)), "{}", back.body);
    assert_eq!(world.get(ADMIN, &format!("/leads/{lead}/stops")).await.text("/stops/0/by"), "user:anna.vogt");
}

/// PRV-6: a day of clicks is one entry of each kind, also if the customer refused such mails before, and the next day has its own.
#[tokio::test]
async fn prv_6_clicks_do_not_fill_the_timeline() {
    for refused_before in [false, true] {
        let world = World::new().await;
        let lead = lead_of(&world, "Petersen").await;
        write(&world, lead, "service", "email").await;
        let link = link_of(&last_mail(&world));
        for purpose in ["service", "advertising"].iter().filter(|_| refused_before) {
            let refused = json!({"channel": "email", "purpose": purpose, "status": "withdrawn", "source": "telephone"});
            assert_eq!(declare(&world, lead, &refused).await.status, 200);
        }
        let counts = async || {
            let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
            let timeline = page.body["timeline"].to_string();
            (timeline.matches("address_stopped").count(), timeline.matches("address_released").count(), page.body["updated_at"].clone())
        };
        let mut first = None;
        for minute in 10..16 {
            world.advance_to(&format!("2026-11-23T09:{minute}:00Z")).await;
            assert_eq!(one_click(&world, &link).await.body["subscribed"], json!(false));
            world.advance_to(&format!("2026-11-23T09:{minute}:30Z")).await;
            assert_eq!(resubscribe(&world, &link).await.body["subscribed"], json!(true));
            let now = counts().await;
            assert_eq!((now.0, now.1), (1, 1), "{minute} {refused_before}");
            assert_eq!(*first.get_or_insert(now.clone()), now, "{minute}");
        }
        world.advance_to("2026-11-23T09:16:00Z").await;
        assert_eq!(one_click(&world, &link).await.body["subscribed"], json!(false));
        assert_eq!(world.get(ADMIN, &format!("/leads/{lead}/stops")).await.text("/stops/0/by"), "customer", "the stop is there");
        world.advance_to("2026-11-24T09:00:00Z").await;
        assert_eq!(resubscribe(&world, &link).await.body["subscribed"], json!(true));
        assert_eq!((counts().await.0, counts().await.1), (1, 2));
    }
}

/// PRV-6: the problem of a link that is invalid names the rule about such links, and that of an invitation its own.
#[tokio::test]
async fn prv_6_an_invalid_link_names_its_rule() {
    let world = World::new().await;
    for (path, rule) in [("/u/none", "PRV-6"), ("/i/none", "CAL-8")] {
        let refused = world.call(Request::get("", path)).await;
        assert_eq!((refused.status, refused.text("/rule")), (404, rule), "{path}: {}", refused.body);
    }
}
