//! The inbox of a dealer: mails without a lead, and what is sent about mails (INT-7, SET-4).

mod access;
mod decisions;
mod loops;
mod many;
mod notices;
mod sending;
mod trial;
mod waiting;

use crate::support::mails::{LETTER, arrive, find, newsletter, no_lead, record, store};
use crate::support::world::{NORDSTERN, Reply, World};
use aws_lambda_events::encodings::Body;
use forecourt_domain::base::MailId;
use forecourt_domain::mail::IncomingMail;
use forecourt_send::mail::Mail;
use serde_json::{Value, json};

/// The mailbox that gets copies, and the one that gets reports.
const COPIES: &str = "copies@nordstern.example";
const REPORTS: &str = "reports@nordstern.example";
/// The path of the inbox.
const MAILS: &str = "/dealers/autohaus-nordstern-demo/mails";

async fn read(world: &World, id: &str) -> IncomingMail {
    find(world, &MailId::parse(id).unwrap(), NORDSTERN).await.unwrap()
}

/// Sets the addresses of the mailbox.
async fn addresses(world: &World, forward: Option<&str>, report: Option<&str>) {
    world
        .settings(|settings| {
            settings.forward_to = forward.map(|to| to.parse_email());
            settings.unparsed_mail_to = report.map(|to| to.parse_email());
        })
        .await;
}

trait ParseEmail {
    fn parse_email(&self) -> forecourt_domain::base::Email;
}

impl ParseEmail for str {
    fn parse_email(&self) -> forecourt_domain::base::Email {
        forecourt_domain::base::Email::parse(self).unwrap()
    }
}

/// Returns the mails that were sent about mails.
fn sent(world: &World) -> Vec<Mail> {
    world.system.mailbox.mails().into_iter().filter(|mail| mail.id.starts_with("inbox-")).collect()
}

/// Returns the ids of the listed mails.
fn ids(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["mails"].as_array().unwrap().iter().map(|mail| mail["id"].as_str().unwrap().to_owned()).collect()
}

/// Sends a request whose response is no JSON. Returns the status, the headers and the body.
async fn raw(world: &World, who: &str, path: &str) -> (i64, http::HeaderMap, Vec<u8>) {
    use base64::Engine as _;
    let event = crate::support::world::gateway_event(&world.tokens, crate::support::world::Request::get(who, path)).unwrap();
    let answer = world.system.http(event).await;
    let Some(Body::Text(text)) = answer.body else { panic!("no body") };
    let body = if answer.is_base64_encoded { base64::engine::general_purpose::STANDARD.decode(text).unwrap() } else { text.into_bytes() };
    (answer.status_code, answer.headers, body)
}

fn lead_body(last_name: &str) -> Value {
    json!({"type": "used_car", "contact": {"first_name": "Jana", "last_name": last_name, "email": "jana@example.com"}})
}
