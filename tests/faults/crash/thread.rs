//! The journey of a mail thread: a seller writes, the customer answers with files, and the seller answers in the thread.

use super::cloud::Cloud;
use super::group::{BOSS, NORTH};
use super::journey::{enquiry, lead, post, until};
use crate::support::world::{MAIL_DOMAIN, Reply, Request};
use forecourt_domain::access::Scope;
use forecourt_domain::base::LeadId;
use serde_json::{Value, json};

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

/// A seller writes, the customer answers by a mail with two files and a script that arrives twice, a program answers, and the seller
/// answers in the thread.
pub async fn thread(cloud: &Cloud) -> Vec<Reply> {
    let new = lead(cloud, NORTH, "k-1", &enquiry("nora")).await;
    let path = format!("/leads/{}/communications", new.text("/id"));
    let written = post(cloud, BOSS, &path, "k-2", &json!({"medium": "email", "subject": "Corsa", "text": "The red one?"})).await;
    until(cloud, "2026-11-23T09:10:00Z").await;
    let address = reply_address(cloud, new.text("/id"));
    let files = [("a.txt", "one"), ("b.txt", "two"), ("run.sh", "#!/bin/sh")];
    for name in ["one", "one"] {
        cloud.receive_mail(name, &[&address], answer(&address, "one", &files).as_bytes());
    }
    let automatic = answer(&address, "two", &[]).replacen("MIME-Version", "Auto-Submitted: auto-replied\r\nMIME-Version", 1);
    cloud.receive_mail("automatic", &[&address], automatic.as_bytes());
    // Between the reminder and level 1.
    until(cloud, "2026-11-23T10:00:00Z").await;
    let list = cloud.request(&Request::get(BOSS, &path)).await;
    let is_answer = |element: &&Value| element["received"]["automatic"] == json!(false);
    let received = list.body["elements"].as_array().and_then(|all| all.iter().find(is_answer)).map(|mail| mail["id"].clone());
    let answered = post(cloud, BOSS, &path, "k-3", &json!({"medium": "email", "text": "At ten?", "answers": received})).await;
    until(cloud, "2026-11-23T12:30:00Z").await;
    vec![new, written, answered]
}
