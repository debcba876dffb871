//! The raw input of a lead (INT-2).

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, enquiry, gateway_event, reply_of};
use aws_lambda_events::encodings::Body;
use forecourt_domain::lead::RawStorage;
use http::HeaderMap;
use serde_json::json;

/// Returns status, headers and text of a raw input.
async fn raw(world: &World, who: &str, path: &str) -> (i64, HeaderMap, String) {
    let event = gateway_event(&world.tokens, Request::get(who, path)).unwrap();
    let answer = world.system.http(event).await;
    let Some(Body::Text(text)) = answer.body else { panic!("no body") };
    (answer.status_code, answer.headers, text)
}

async fn refused(world: &World, who: &str, path: &str) -> Reply {
    reply_of(world.system.http(gateway_event(&world.tokens, Request::get(who, path)).unwrap()).await)
}

/// Returns an ADF document with one prospect.
fn adf(status: &str, first: &str, comment: &str) -> String {
    format!(
        "<prospect status=\"{status}\"><id source=\"portal\">77</id><customer><contact><name part=\"first\">{first}</name>\
         <email>jana@example.com</email></contact><comments>{comment}</comments></customer></prospect>"
    )
}

/// INT-2: the raw input is returned as it was sent, to every user who may read the lead and to no other sender.
#[tokio::test]
async fn int_2_only_users_who_may_read_a_lead_get_its_raw_input() {
    let world = World::new().await;
    let body = json!({"unknown": "Gru\u{308}n\u{200B}", "type": "used_car", "contact": {"last_name": "Kim", "email": "kim@example.com"}});
    let id = world.lead(&body).await;
    let path = format!("/leads/{id}/raw");
    let (status, headers, text) = raw(&world, "anna.vogt", &path).await;
    assert_eq!((status, text), (200, body.to_string()));
    assert_eq!(
        [&headers["content-type"], &headers["content-disposition"], &headers["x-content-type-options"]],
        ["application/json", "attachment", "nosniff"]
    );
    assert_eq!(raw(&world, ADMIN, &path).await.0, 200);
    // Another seller, another group and the sender of the enquiry get nothing.
    for (who, status) in [("ben.krause", 404), ("rival.seller", 404), ("partner:portal-demo", 403)] {
        assert_eq!(refused(&world, who, &path).await.status, status, "{who}");
    }
    assert_eq!(refused(&world, ADMIN, "/leads/1234567897/raw").await.status, 404);
}

/// INT-2, INT-5, INT-6: a lead with several inputs returns each of them. The input of its current enquiry is the default.
#[tokio::test]
async fn int_2_each_timeline_entry_with_an_input_has_the_path_of_that_input() {
    let world = World::new().await;
    let first = adf("new", "Jana", "one");
    let made = world.adf(NORDSTERN, format!("<adf>{first}</adf>").as_bytes()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.text("/id").to_owned();
    let path = format!("/leads/{id}/raw");
    let (status, headers, text) = raw(&world, ADMIN, &path).await;
    assert_eq!((status, text), (200, first.clone()));
    assert_eq!(headers["content-type"], "application/adf+xml; charset=utf-8");
    let again = adf("resend", "Jana", "two");
    assert_eq!(world.adf(NORDSTERN, format!("<adf>{again}</adf>").as_bytes()).await.status, 200);
    let mut added = enquiry("jana");
    added["contact"]["email"] = json!("jana@example.com");
    let leads = format!("/dealers/{NORDSTERN}/leads");
    assert_eq!(world.post("gina.group", &leads, &added).await.text("/id"), id);
    assert_eq!(raw(&world, ADMIN, &path).await.2, again);
    let page = world.get(ADMIN, &format!("/leads/{id}")).await;
    let inputs: Vec<String> =
        page.body["timeline"].as_array().unwrap().iter().filter_map(|entry| Some(entry["raw"].as_str()?.to_owned())).collect();
    let mut texts = Vec::new();
    for input in &inputs {
        texts.push(raw(&world, ADMIN, input).await.2);
    }
    assert_eq!(texts, [first, again, added.to_string()], "{inputs:?}");
    // An entry that received no input, and an entry that does not exist.
    world.post(ADMIN, &format!("/leads/{id}/comments"), &json!({"text": "x"})).await;
    for version in [world.page(id.parse().unwrap()).await.lead.version, 9_999] {
        assert_eq!(refused(&world, ADMIN, &format!("{path}?version={version}")).await.status, 404);
    }
    assert_eq!(refused(&world, ADMIN, &format!("{path}?version=x")).await.faults(), ["version INT-2"]);
    assert_eq!(refused(&world, ADMIN, &format!("{path}?v=1")).await.faults(), ["v API-1"]);
}

/// INT-2: large input is returned from the bucket. Once it is deleted there, the answer is 410.
#[tokio::test]
async fn int_2_deleted_raw_input_is_answered_with_410() {
    let world = World::new().await;
    let mut body = enquiry("jana");
    let noise: String = (0..9_000_u32).map(|n| char::from_u32(0x4E00 + n.wrapping_mul(7_919) % 20_000).unwrap()).collect();
    body["message"] = json!(noise);
    let id = world.lead(&body).await;
    let RawStorage::InBucket(name) = world.page(id).await.timeline[0].raw.clone().unwrap().storage else {
        panic!("the input is not in the bucket")
    };
    let path = format!("/leads/{id}/raw");
    assert_eq!(raw(&world, ADMIN, &path).await.2, body.to_string());
    world.system.platform.files.remove(&name).await.unwrap();
    let gone = refused(&world, ADMIN, &path).await;
    assert_eq!((gone.status, gone.text("/type")), (410, "urn:forecourt:problem:gone"), "{}", gone.body);
    assert_eq!(refused(&world, "ben.krause", &path).await.status, 404);
}
