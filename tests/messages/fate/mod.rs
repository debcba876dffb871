//! What became of a mail: reports of the provider, stops of messages to an address, and sending again after them (MSG-1).

mod reports;
mod stops;

use crate::support::appointments::{WHEN, appointment, made, seen};
use crate::support::letters::letters;
use crate::support::root;
use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World, at};
use async_trait::async_trait;
use aws_lambda_events::sqs::SqsEvent;
use forecourt_domain::base::{Country, LeadId};
use forecourt_local::mail_events::MailEvent;
use forecourt_send::mail::Mail;
use forecourt_send::texts::Texts;
use forecourt_send::{Carrier, Sender, Undelivered};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const SELLER: &str = "anna.vogt";
/// An address of SES's simulator: each mail to it bounces.
const DEAD: &str = "bounce+jana@simulator.amazonses.com";
const ANNOYED: &str = "complaint+jana@simulator.amazonses.com";

fn letter() -> Value {
    json!({"medium": "email", "subject": "Ihr Angebot", "text": "Guten Tag"})
}

async fn lead_with(world: &World, email: &str) -> LeadId {
    let contact = json!({"last_name": "Petersen", "email": email, "phone": "0171 2345678"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    world.system.settle().await;
    lead
}

async fn write(world: &World, lead: LeadId, body: &Value) -> Reply {
    let reply = world.post(SELLER, &format!("/leads/{lead}/communications"), body).await;
    world.system.settle().await;
    reply
}

async fn wrote(world: &World, lead: LeadId) -> Mail {
    let reply = write(world, lead, &letter()).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    world.system.mailbox.mails().into_iter().rfind(|mail| mail.subject == "Ihr Angebot").unwrap()
}

/// Returns the state of the lead's latest mail and its reason.
async fn state(world: &World, lead: LeadId) -> (String, String) {
    let list = world.get(SELLER, &format!("/leads/{lead}/communications")).await;
    (list.text("/elements/0/fate").to_owned(), list.text("/elements/0/why").to_owned())
}

async fn stops(world: &World, lead: LeadId) -> Vec<Value> {
    let reply = world.get(SELLER, &format!("/leads/{lead}/stops")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["stops"].as_array().unwrap().clone()
}

async fn undelivered(world: &World) -> Vec<Value> {
    let reply = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/undelivered")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["messages"].as_array().unwrap().clone()
}

fn resend(message: &Value) -> String {
    format!("/dealers/{NORDSTERN}/undelivered/{}/resend", message["id"].as_str().unwrap())
}

/// Returns the events of the lead's timeline with this name.
async fn events(world: &World, lead: LeadId, what: &str) -> Vec<Value> {
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    let entries = page.body["timeline"].as_array().unwrap().clone();
    let events = entries.iter().flat_map(|entry| entry["events"].as_array().unwrap().clone());
    events.filter(|event| event["what"] == what).collect()
}

fn batch(bodies: &[String]) -> SqsEvent {
    let records: Vec<_> = bodies.iter().enumerate().map(|(i, body)| json!({"messageId": i.to_string(), "body": body})).collect();
    serde_json::from_value(json!({"Records": records})).unwrap()
}

fn sender(world: &World, carrier: Arc<dyn Carrier>) -> Sender {
    let texts = Arc::new(Texts::new(world.system.platform.console.clone()).unwrap());
    Sender { platform: world.system.platform.of("send"), carrier, texts }
}

/// Delivers messages of the queue. Returns the places of those that go back.
async fn deliver(world: &World, bodies: &[String]) -> Vec<String> {
    let response = sender(world, world.system.mailbox.clone()).handle(batch(bodies)).await;
    response.batch_item_failures.into_iter().map(|failed| failed.item_identifier).collect()
}

/// Returns the body of an event about a mail.
fn about(world: &World, mail: &Mail, event: MailEvent) -> String {
    event.about(mail, &format!("local-{}", mail.id), world.system.clock.now()).to_string()
}
