//! The journey of a mail thread: a seller writes, the customer answers with files, and the seller answers in the thread.

use super::between::Message;
use super::cloud::Cloud;
use super::group::{BOSS, NORTH};
use super::journey::{enquiry, lead, post, until};
use crate::support::world::{MAIL_DOMAIN, Reply, Request, at};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse};
use forecourt_domain::access::Scope;
use forecourt_domain::base::LeadId;
use forecourt_edge::Platform;
use forecourt_lead_intake::mail::{self, Layouts};
use forecourt_lead_intake::mail_in::{ArrivedMail, answered_lead};
use serde_json::{Value, json};

/// The queue of mails that arrived.
pub const QUEUE: &str = "mail";
/// When the mail server received the mails.
const RECEIVED: &str = "2026-11-23T09:10:00Z";

/// Handles mails that arrived. Each message is a raw mail.
pub async fn deliver(platform: &Platform, messages: &[Message]) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    let group = "demo-group".parse().unwrap();
    for message in messages {
        let read = mail::read(message.body.as_bytes(), Layouts::standard());
        let arrived = ArrivedMail { group: &group, recipients: &[], mail: &read, object: "mail/one", received: at(RECEIVED) };
        if answered_lead(platform, arrived).await.is_err() {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.id.to_string();
            response.batch_item_failures.push(failure);
        }
    }
    response
}

/// Returns the reply address of a lead, also if the mail that has it was not sent yet.
fn reply_address(cloud: &Cloud, lead: &str) -> String {
    let (scope, lead) = (Scope::keys_only("demo-group".parse().unwrap()), lead.parse::<LeadId>().unwrap());
    format!("{lead}-{}.demo-group@{MAIL_DOMAIN}", cloud.undisturbed().secret().reply_code(&scope, lead))
}

fn answer(to: &str, id: &str, files: &[(&str, &str)]) -> String {
    let head = format!(
        "From: nora@example.com\r\nTo: {to}\r\nSubject: Re: Corsa\r\nMessage-ID: <{id}@example.com>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nYes, on Saturday.\r\n"
    );
    let file = |(name, content): &(&str, &str)| {
        format!("--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename={name}\r\n\r\n{content}\r\n")
    };
    head + &files.iter().map(file).collect::<String>() + "--b--\r\n"
}

/// A seller writes, the customer answers by a mail with two files and a script that arrives twice, a program answers, and the seller answers
/// in the thread.
pub async fn thread(cloud: &Cloud) -> Vec<Reply> {
    let new = lead(cloud, NORTH, "k-1", &enquiry("nora")).await;
    let path = format!("/leads/{}/communications", new.text("/id"));
    let written = post(cloud, BOSS, &path, "k-2", &json!({"medium": "email", "subject": "Corsa", "text": "The red one?"})).await;
    until(cloud, RECEIVED).await;
    let address = reply_address(cloud, new.text("/id"));
    let files = [("a.txt", "one"), ("b.txt", "two"), ("run.sh", "#!/bin/sh")];
    for mail in [answer(&address, "one", &files), answer(&address, "one", &files)] {
        cloud.receive(mail);
    }
    cloud.receive(answer(&address, "two", &[]).replacen("MIME-Version", "Auto-Submitted: auto-replied\r\nMIME-Version", 1));
    // Between the reminder and level 1.
    until(cloud, "2026-11-23T10:00:00Z").await;
    let list = cloud.request(&Request::get(BOSS, &path)).await;
    let is_answer = |element: &&Value| element["received"]["automatic"] == json!(false);
    let received = list.body["elements"].as_array().and_then(|all| all.iter().find(is_answer)).map(|mail| mail["id"].clone());
    let answered = post(cloud, BOSS, &path, "k-3", &json!({"medium": "email", "text": "At ten?", "answers": received})).await;
    until(cloud, "2026-11-23T12:30:00Z").await;
    vec![new, written, answered]
}
