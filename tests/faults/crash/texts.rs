//! The journeys of a customer who answers by text message, and of one who unsubscribes by the link of a mail (MSG-3, PRV-6).

use super::cloud::Cloud;
use super::faults_in_turn_at_every_call;
use super::group::{BOSS, NORTH};
use super::journey::{Journey, enquiry, lead, post, settings, until};
use crate::support::world::{Reply, Request};
use forecourt_domain::access::Scope;
use forecourt_local::text_in::{CustomerText, text_notice};
use http::Method;
use serde_json::json;

/// The number of the dealer.
const OWN: &str = "+4915299999901";
const NORA: &str = "+491712345678";

/// Puts a text message on the queue.
fn receive(cloud: &Cloud, from: &str, text: &str, id: &str) {
    let now = cloud.clock.now();
    let notice = text_notice(&CustomerText { from, to: OWN, text, id }, now).to_string();
    cloud.between().put("text", notice, now);
}

/// A seller writes to Nora, who answers twice, stops text messages and permits them again; each of her messages arrives twice. A stranger
/// asks for a vehicle and then answers, and a text of a service waits in the inbox.
pub async fn texts(cloud: &Cloud) -> Vec<Reply> {
    settings(cloud, NORTH, |settings| settings.text_number = Some(OWN.to_owned())).await;
    let mut with_phone = enquiry("nora");
    with_phone["contact"]["phone"] = json!("0171 2345678");
    let new = lead(cloud, NORTH, "k-1", &with_phone).await;
    let path = format!("/leads/{}/communications", new.text("/id"));
    let written = post(cloud, BOSS, &path, "k-2", &json!({"medium": "sms", "text": "The red one?"})).await;
    until(cloud, "2026-11-23T09:10:00Z").await;
    for id in ["a-1", "a-1", "a-2"] {
        receive(cloud, NORA, "Yes, on Saturday", id);
    }
    receive(cloud, "Telekom", "Your data volume is used up", "b-1");
    until(cloud, "2026-11-23T09:20:00Z").await;
    receive(cloud, NORA, "STOP", "c-1");
    receive(cloud, NORA, "STOP", "c-1");
    until(cloud, "2026-11-23T09:30:00Z").await;
    let refused = post(cloud, BOSS, &path, "k-3", &json!({"medium": "sms", "text": "At ten?"})).await;
    receive(cloud, NORA, "start", "d-1");
    receive(cloud, NORA, "STOP", "c-1");
    until(cloud, "2026-11-23T09:40:00Z").await;
    for _ in 0..2 {
        receive(cloud, "+491712345699", "Is the Corsa still there?", "e-1");
    }
    until(cloud, "2026-11-23T09:50:00Z").await;
    receive(cloud, "+491712345699", "Hello?", "e-2");
    until(cloud, "2026-11-23T10:00:00Z").await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    vec![new, written, refused]
}

/// Nora agrees to advertising with her enquiry. A seller writes a service mail to her. She unsubscribes, twice, subscribes again, and
/// unsubscribes by her mail program.
pub async fn unsubscribe(cloud: &Cloud) -> Vec<Reply> {
    let mut asked = enquiry("nora");
    asked["consents"] = json!([{"channel": "email", "purpose": "advertising", "status": "granted", "text": "I agree."}]);
    let new = lead(cloud, NORTH, "k-1", &asked).await;
    let id = new.text("/id").to_owned();
    let mail = json!({"medium": "email", "subject": "Winter tyres", "text": "It is time", "purpose": "service"});
    let written = post(cloud, BOSS, &format!("/leads/{id}/communications"), "k-2", &mail).await;
    until(cloud, "2026-11-23T09:10:00Z").await;
    let (store, scope) = (cloud.undisturbed(), Scope::keys_only("demo-group".parse().unwrap()));
    let key = store.secret().channel(&scope, "nora@example.com");
    let link = format!("/u/{}", store.secret().sign("unsubscribe", &format!("demo-group/{NORTH}/{}/{id}", key.0)));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let send =
        async |path: String| cloud.request(&Request::new(Method::POST, "", &path).headers(&form).body(b"List-Unsubscribe=One-Click")).await;
    let mut replies = vec![send(link.clone()).await, send(link.clone()).await];
    until(cloud, "2026-11-23T09:20:00Z").await;
    replies.push(send(format!("{link}/resubscription")).await);
    until(cloud, "2026-11-23T09:30:00Z").await;
    replies.push(send(link).await);
    until(cloud, "2026-11-23T09:40:00Z").await;
    replies.extend([new, written]);
    replies
}

/// MSG-3: a text message joins its lead, stops text messages or becomes a lead once, whichever call fails.
#[test]
fn msg_3_text_messages_of_customers_survive_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Texts));
}

/// PRV-6: the link of a mail unsubscribes once, and the consent is as the customer left it, whichever call fails.
#[test]
fn prv_6_unsubscribing_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Unsubscribe));
}
